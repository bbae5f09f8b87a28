! SPDX-License-Identifier: BSD-3-Clause
!
! libaml-dma for Fortran 2018: the functions of the C interface that programs need, under their own
! names, and layouts of Fortran arrays and sections of any type, kind and rank.
!
! Compile this file with the program, by the program's own compiler: the files that compilers make
! of modules differ. Link with -laml-dma.
!
! Handles are of type(c_ptr), as in C: engines, layouts and requests. Functions return AML_SUCCESS
! or a negative code; aml_error_text() returns its text. The C headers describe each function.
!
! Ownership. A layout describes memory and does not own it. aml_layout_destroy() releases a layout,
! a wait or aml_dma_cancel() a request, aml_dma_linux_destroy() an engine. The layouts of a copy may
! be destroyed as soon as it was posted. The arrays must stay until it has finished.
!
! Arrays. Declare each array of an asynchronous copy with the attributes TARGET and ASYNCHRONOUS,
! where it is declared and in every scope that uses it while the copy runs. Otherwise the compiler
! may pass a temporary copy, or keep elements in registers across the wait. Do not use the
! destination, and do not change the source, from the post to the wait.
!
! gfortran also passes a temporary copy, which is gone before the copy runs, of
!   - one component of an array of derived type (points%x), a part of a complex array (z%re), and a
!     part of each string of an array (words(:)(2:3));
!   - an array pointer, in each scope that associates it with one of these (p => points%x). In a
!     procedure that has such a pointer or array as an argument, there is no temporary copy.
! Its option -Warray-temporaries reports each place. Make such a layout by
! aml_layout_steps_create() from c_loc(points(1)%x).
!
! Threads. As in C: any thread may use any engine.
module aml_dma
  use, intrinsic :: iso_c_binding, only: c_ptr, c_null_ptr, c_funptr, c_int, &
       c_size_t, c_ptrdiff_t, c_intptr_t, c_int8_t, c_int16_t, c_int64_t, c_char, c_sizeof, c_f_pointer, &
       c_associated
  implicit none
  public
  private :: make_layout, address_of, descriptor_begin, begin_of, size_may_be_wrong

  ! The begin of a C descriptor. The standard prescribes the order of the first three members, and
  ! gfortran has the others in this order.
  type, bind(c) :: descriptor_begin
     type(c_ptr) :: base_addr
     integer(c_size_t) :: elem_len
     integer(c_int) :: version
     integer(c_int8_t) :: rank, attribute
     integer(c_int16_t) :: type
  end type descriptor_begin

  integer(c_int), parameter :: AML_SUCCESS = 0, AML_FAILURE = 1, AML_ENOMEM = 2, AML_EINVAL = 3, &
       AML_EDOM = 4, AML_ENOTSUP = 5, AML_EBUSY = 6, AML_EPERM = 7
  integer(c_int), parameter :: AML_LAYOUT_ORDER_FORTRAN = 0, AML_LAYOUT_ORDER_C = 1
  ! A deadline that never passes: all bits are 1.
  integer(c_int64_t), parameter :: AML_DMA_NO_DEADLINE = -1

  ! The engine that aml_init() makes.
  type(c_ptr), bind(c, name="aml_dma_linux") :: aml_dma_linux

  interface
     ! Pass c_null_ptr twice.
     integer(c_int) function aml_init(argc, argv) bind(c)
       import :: c_int, c_ptr
       type(c_ptr), value :: argc, argv
     end function aml_init

     integer(c_int) function aml_finalize() bind(c)
       import :: c_int
     end function aml_finalize

     integer(c_int) function aml_dma_linux_create(dma, num_threads) bind(c)
       import :: c_int, c_ptr, c_size_t
       type(c_ptr), intent(inout) :: dma
       integer(c_size_t), value :: num_threads
     end function aml_dma_linux_create

     integer(c_int) function aml_dma_linux_destroy(dma) bind(c)
       import :: c_int, c_ptr
       type(c_ptr), intent(inout) :: dma
     end function aml_dma_linux_destroy

     ! Steps in bytes. aml_layout_of() computes them.
     integer(c_int) function aml_layout_steps_create(layout, ptr, order, element_size, ndims, &
          dims, steps) bind(c)
       import :: c_int, c_ptr, c_size_t, c_ptrdiff_t
       type(c_ptr), intent(inout) :: layout
       type(c_ptr), value :: ptr
       integer(c_int), value :: order
       integer(c_size_t), value :: element_size, ndims
       integer(c_size_t), intent(in) :: dims(*)
       integer(c_ptrdiff_t), intent(in) :: steps(*)
     end function aml_layout_steps_create

     ! Offsets begin at 0.
     integer(c_int) function aml_layout_slice(layout, output, offsets, dims, strides) bind(c)
       import :: c_int, c_ptr, c_size_t
       type(c_ptr), value :: layout
       type(c_ptr), intent(inout) :: output
       integer(c_size_t), intent(in) :: offsets(*), dims(*), strides(*)
     end function aml_layout_slice

     integer(c_int) function aml_layout_reshape(layout, output, ndims, dims) bind(c)
       import :: c_int, c_ptr, c_size_t
       type(c_ptr), value :: layout
       type(c_ptr), intent(inout) :: output
       integer(c_size_t), value :: ndims
       integer(c_size_t), intent(in) :: dims(*)
     end function aml_layout_reshape

     ! Dimensions begin at 0.
     integer(c_int) function aml_layout_reverse(layout, output, dim) bind(c)
       import :: c_int, c_ptr, c_size_t
       type(c_ptr), value :: layout
       type(c_ptr), intent(inout) :: output
       integer(c_size_t), value :: dim
     end function aml_layout_reverse

     integer(c_size_t) function aml_layout_ndims(layout) bind(c)
       import :: c_ptr, c_size_t
       type(c_ptr), value :: layout
     end function aml_layout_ndims

     integer(c_int) function aml_layout_dims(layout, dims) bind(c)
       import :: c_int, c_ptr, c_size_t
       type(c_ptr), value :: layout
       integer(c_size_t), intent(inout) :: dims(*)
     end function aml_layout_dims

     integer(c_size_t) function aml_layout_element_size(layout) bind(c)
       import :: c_ptr, c_size_t
       type(c_ptr), value :: layout
     end function aml_layout_element_size

     subroutine aml_layout_destroy(layout) bind(c)
       import :: c_ptr
       type(c_ptr), intent(inout) :: layout
     end subroutine aml_layout_destroy

     integer(c_int) function aml_dma_copy(dma, dest, src) bind(c)
       import :: c_int, c_ptr
       type(c_ptr), value :: dma, dest, src
     end function aml_dma_copy

     integer(c_int) function aml_dma_async_copy(dma, req, dest, src) bind(c)
       import :: c_int, c_ptr
       type(c_ptr), value :: dma, dest, src
       type(c_ptr), intent(inout) :: req
     end function aml_dma_async_copy

     ! An operator of the program's own: c_funloc of a bind(c) function, and its argument.
     integer(c_int) function aml_dma_async_copy_custom(dma, req, dest, src, op, op_arg) bind(c)
       import :: c_int, c_ptr, c_funptr
       type(c_ptr), value :: dma, dest, src, op_arg
       type(c_funptr), value :: op
       type(c_ptr), intent(inout) :: req
     end function aml_dma_async_copy_custom

     integer(c_int) function aml_dma_wait(dma, req) bind(c)
       import :: c_int, c_ptr
       type(c_ptr), value :: dma
       type(c_ptr), intent(inout) :: req
     end function aml_dma_wait

     integer(c_int) function aml_dma_test(dma, req, result) bind(c)
       import :: c_int, c_ptr
       type(c_ptr), value :: dma
       type(c_ptr), intent(inout) :: req
       integer(c_int), intent(inout) :: result
     end function aml_dma_test

     integer(c_int) function aml_dma_wait_until(dma, req, deadline, result) bind(c)
       import :: c_int, c_ptr, c_int64_t
       type(c_ptr), value :: dma
       type(c_ptr), intent(inout) :: req
       integer(c_int64_t), value :: deadline
       integer(c_int), intent(inout) :: result
     end function aml_dma_wait_until

     integer(c_int) function aml_dma_wait_all(dma, n, reqs, results) bind(c)
       import :: c_int, c_ptr, c_size_t
       type(c_ptr), value :: dma
       integer(c_size_t), value :: n
       type(c_ptr), intent(inout) :: reqs(*)
       integer(c_int), intent(inout) :: results(*)
     end function aml_dma_wait_all

     integer(c_int) function aml_dma_barrier(dma) bind(c)
       import :: c_int, c_ptr
       type(c_ptr), value :: dma
     end function aml_dma_barrier

     integer(c_int) function aml_dma_cancel(dma, req) bind(c)
       import :: c_int, c_ptr
       type(c_ptr), value :: dma
       type(c_ptr), intent(inout) :: req
     end function aml_dma_cancel

     type(c_ptr) function aml_strerror(err) bind(c)
       import :: c_int, c_ptr
       integer(c_int), value :: err
     end function aml_strerror
  end interface

contains

  ! Make a layout of an array or a section: of its own elements, whatever their type, also
  ! backwards. It may be the destination or the source of copies. Expressions and sections with
  ! vector subscripts do not compile. The elements must have no allocatable or pointer components.
  !
  ! element_size, in bytes, replaces the size that the compiler passes. gfortran passes a wrong size
  ! for these arguments:
  !   - A scalar that is a part of a string has the size of the whole string. Without element_size,
  !     every scalar string of more than one letter is -AML_EINVAL. For s(2:4), pass 3_c_size_t or
  !     len(s(2:4), c_size_t).
  !   - class(*) has the size 8, and looks like type(c_ptr). Without element_size, both are
  !     -AML_EINVAL. Use class(*) inside select type, where the size is right. For an array of
  !     type(c_ptr), pass c_sizeof(array(1)).
  !   - class(t) has the size of t, even if the dynamic type extends t. The library cannot detect
  !     this: the layout lacks the components that t lacks. Use class(t) inside type is, or pass
  !     storage_size(array, c_size_t) / 8.
  !
  ! Returns AML_SUCCESS or -AML_ENOMEM; or -AML_EINVAL for elements of no size, elements that would
  ! overlap, the arguments above, and an array that is not allocated or associated, or whose address
  ! is null.
  integer(c_int) function aml_layout_of(layout, array, element_size) result(err)
    type(c_ptr), intent(inout) :: layout
    type(*), dimension(..), intent(inout), target, asynchronous :: array
    integer(c_size_t), intent(in), optional :: element_size

    err = make_layout(layout, array, element_size)
  end function aml_layout_of

  ! The same for the source of copies only: also for arrays that may not be changed. Do not pass an
  ! expression or a section with a vector subscript: it is gone before the copy.
  integer(c_int) function aml_layout_of_source(layout, array, element_size) result(err)
    type(c_ptr), intent(inout) :: layout
    type(*), dimension(..), intent(in), target, asynchronous :: array
    integer(c_size_t), intent(in), optional :: element_size

    err = make_layout(layout, array, element_size)
  end function aml_layout_of_source

  integer(c_int) function make_layout(layout, array, element_size) result(err)
    type(c_ptr), intent(inout) :: layout
    type(*), dimension(..), intent(in), target, asynchronous :: array
    integer(c_size_t), intent(in), optional :: element_size
    interface
       ! The address of an element; subscripts begin at 0. The compiler's library has it.
       type(c_ptr) function element_address(array, subscripts) bind(c, name="CFI_address")
         import :: c_ptr, c_ptrdiff_t
         type(*), dimension(..), intent(in) :: array
         integer(c_ptrdiff_t), intent(in) :: subscripts(*)
       end function element_address
    end interface
    type(descriptor_begin) :: begin
    integer(c_size_t) :: bytes, dims(max(1, rank(array)))
    integer(c_ptrdiff_t) :: steps(max(1, rank(array))), subscripts(max(1, rank(array)))
    integer(c_intptr_t) :: first
    integer :: i

    err = -AML_EINVAL
    begin = begin_of(array)
    ! Of an array that is not allocated, the extents may be any numbers.
    if (.not. c_associated(begin%base_addr)) return
    bytes = begin%elem_len
    if (present(element_size)) bytes = element_size
    if (size_may_be_wrong(begin, rank(array), bytes, present(element_size))) return

    dims = 1
    do i = 1, rank(array)
       dims(i) = size(array, i, c_size_t)
    end do
    steps = int(bytes, c_ptrdiff_t)
    first = address_of(begin%base_addr)
    do i = 1, rank(array)
       ! There is a second element to measure the distance to.
       if (dims(i) > 1 .and. all(dims > 0)) then
          subscripts = 0
          subscripts(i) = 1
          steps(i) = address_of(element_address(array, subscripts)) - first
          ! No elements of Fortran overlap: this size is wrong.
          if (abs(steps(i)) < bytes) return
       end if
    end do
    err = aml_layout_steps_create(layout, begin%base_addr, AML_LAYOUT_ORDER_FORTRAN, &
         bytes, size(dims, kind=c_size_t), dims, steps)
  end function make_layout

  type(descriptor_begin) function begin_of(array) result(begin)
    type(*), dimension(..), intent(in), target, asynchronous :: array
    interface
       ! memcpy: an argument of assumed rank arrives in C as the address of its descriptor.
       type(c_ptr) function read_descriptor(begin, array, bytes) bind(c, name="memcpy")
         import :: c_ptr, c_size_t, descriptor_begin
         type(descriptor_begin), intent(out) :: begin
         type(*), dimension(..), intent(in) :: array
         integer(c_size_t), value :: bytes
       end function read_descriptor
    end interface
    type(c_ptr) :: unused

    unused = read_descriptor(begin, array, c_sizeof(begin))
  end function begin_of

  ! Has this compiler's descriptor a size that may be another than that of the elements? gfortran
  ! gives a part of a string the length of the whole, and class(*) the type and size of an address.
  ! Two small arguments show whether the compiler of this program does so. `named`: the program has
  ! named the size.
  logical function size_may_be_wrong(begin, rank_of_array, bytes, named) result(wrong)
    type(descriptor_begin), intent(in) :: begin
    integer, intent(in) :: rank_of_array
    integer(c_size_t), intent(in) :: bytes
    logical, intent(in) :: named
    integer(c_int16_t), parameter :: kinds = 256
    character(len=2), target :: letters
    integer(c_int8_t), target :: byte
    class(*), pointer :: anything
    type(descriptor_begin) :: part, unlimited
    integer :: last

    letters = "ab"
    last = len(letters)
    byte = 0
    anything => byte
    part = begin_of(letters(last:))
    unlimited = begin_of(anything)
    wrong = .false.
    ! A type is a number and 256 times the kind, which is the size of a letter.
    if (part%elem_len /= 1 .and. mod(begin%type, kinds) == mod(part%type, kinds)) &
         wrong = rank_of_array == 0 .and. begin%elem_len > begin%type / kinds .and. .not. named
    if (unlimited%elem_len /= 1 .and. begin%type == unlimited%type) &
         wrong = bytes /= unlimited%elem_len .or. .not. named
  end function size_may_be_wrong

  pure integer(c_intptr_t) function address_of(pointer)
    type(c_ptr), intent(in) :: pointer

    address_of = transfer(pointer, address_of)
  end function address_of

  ! The text of a code, positive or negative.
  function aml_error_text(err) result(text)
    integer(c_int), intent(in) :: err
    character(len=:), allocatable :: text
    interface
       integer(c_size_t) function c_text_length(text) bind(c, name="strlen")
         import :: c_ptr, c_size_t
         type(c_ptr), value :: text
       end function c_text_length
    end interface
    character(kind=c_char), pointer :: letters(:)
    type(c_ptr) :: pointer
    integer :: i

    pointer = aml_strerror(err)
    call c_f_pointer(pointer, letters, [c_text_length(pointer)])
    allocate (character(len=size(letters)) :: text)
    do i = 1, size(letters)
       text(i:i) = letters(i)
    end do
  end function aml_error_text

end module aml_dma
