! SPDX-License-Identifier: BSD-3-Clause
!
! The Fortran module: layouts of arrays and sections of several types and ranks, copies that are
! waited for in each way, errors. Expected contents come from Fortran's own assignments.
module fortran_operators
  use, intrinsic :: iso_c_binding
  implicit none
contains

  integer(c_int) function fails(dst, src, arg) bind(c)
    type(c_ptr), value :: dst, src, arg
    integer(c_int), pointer :: code

    call c_f_pointer(arg, code)
    fails = merge(code, 0, c_associated(dst) .and. c_associated(src))
  end function fails

end module fortran_operators

program fortran_sections
  use, intrinsic :: iso_c_binding
  use aml_dma
  use fortran_operators
  implicit none
  type, bind(c) :: point
     integer(c_int8_t) :: tag(3)
     real(c_double) :: x, y
  end type point
  type :: base
     integer(c_int) :: x = 0
  end type base
  type, extends(base) :: extended
     integer(c_int) :: z = 0
  end type extended
  type(c_ptr) :: dma = c_null_ptr
  integer :: threads

  do threads = 0, 2
     call expect(aml_dma_linux_create(dma, int(threads, c_size_t)) == 0, "create")
     call numbers()
     call other_types()
     call ranks()
     call pointers_and_bounds()
     call nothing_and_one()
     call strings()
     call polymorphic()
     call no_memory()
     call several_requests()
     call errors()
     call expect(aml_dma_linux_destroy(dma) == 0, "destroy")
     call expect(.not. c_associated(dma), "destroy")
  end do
  call the_library()
  print '(a)', "passed"

contains

  subroutine expect(condition, what)
    logical, intent(in) :: condition
    character(len=*), intent(in) :: what

    if (condition) return
    print '(3a, i0, a)', "wrong: ", what, ", with ", threads, " workers"
    error stop 1
  end subroutine expect

  ! Copy through the layouts, asynchronously, and release them before the wait.
  subroutine copied(to, from, what)
    type(c_ptr), intent(inout) :: to, from
    character(len=*), intent(in) :: what
    type(c_ptr) :: request

    request = c_null_ptr
    call expect(aml_dma_async_copy(dma, request, to, from) == 0, what // ": post")
    call aml_layout_destroy(to)
    call aml_layout_destroy(from)
    call expect(.not. c_associated(to), what // ": destroyed")
    call expect(aml_dma_wait(dma, request) == 0, what)
    call expect(.not. c_associated(request), what // ": released")
  end subroutine copied

  subroutine made(err, what)
    integer(c_int), intent(in) :: err
    character(len=*), intent(in) :: what

    call expect(err == AML_SUCCESS, what // ": layout")
  end subroutine made

  ! The compiler passed the size, or the layout was refused.
  subroutine right_or_refused(err, layout, bytes, what)
    integer(c_int), intent(in) :: err
    type(c_ptr), intent(inout) :: layout
    integer(c_size_t), intent(in) :: bytes
    character(len=*), intent(in) :: what

    if (err == AML_SUCCESS) then
       call expect(aml_layout_element_size(layout) == bytes, what // ": another size")
       call aml_layout_destroy(layout)
    else
       call expect(err == -AML_EINVAL, what // ": refused")
       call expect(.not. c_associated(layout), what // ": refused")
    end if
  end subroutine right_or_refused

  subroutine numbers()
    real(c_float), target, asynchronous :: a(10, 20), b(10, 20), expected(10, 20)
    type(c_ptr) :: to, from
    integer :: i

    a = reshape([(real(i, c_float), i=1, 200)], [10, 20])
    b = -1
    call made(aml_layout_of(to, b), "whole")
    call made(aml_layout_of_source(from, a), "whole")
    call expect(aml_layout_ndims(to) == 2 .and. aml_layout_element_size(to) == 4, "shape")
    call copied(to, from, "whole")
    call expect(all(transfer(a, 1, 200) == transfer(b, 1, 200)), "whole, contents")

    ! Sections of both sides, backwards too. What lies between is not touched.
    b = -1
    expected = -1
    expected(2:8:3, 18:2:-4) = a(10:8:-1, 1:5)
    call made(aml_layout_of(to, b(2:8:3, 18:2:-4)), "sections")
    call made(aml_layout_of(from, a(10:8:-1, 1:5)), "sections")
    call copied(to, from, "sections")
    call expect(all(transfer(expected, 1, 200) == transfer(b, 1, 200)), "sections, contents")

    ! A row, which is not contiguous, to a column.
    expected(:, 3) = a(4, :10)
    call made(aml_layout_of(to, b(:, 3)), "row")
    call made(aml_layout_of(from, a(4, :10)), "row")
    call copied(to, from, "row")
    call expect(all(transfer(expected, 1, 200) == transfer(b, 1, 200)), "row, contents")
  end subroutine numbers

  subroutine other_types()
    complex(c_double_complex), target, asynchronous :: z(6), w(3)
    character(len=5), target, asynchronous :: words(4), kept(2)
    logical(c_bool), target, asynchronous :: yes(5), no(5)
    integer(c_int8_t), target, asynchronous :: bytes(7), seven(7)
    type(point), target, asynchronous :: points(3, 3), row(3)
    real(c_double), target, asynchronous :: x(3, 3)
    integer(c_ptrdiff_t) :: size_of_point
    type(c_ptr) :: to, from
    integer :: i, k

    z = [(cmplx(i, -i, c_double_complex), i=1, 6)]
    call made(aml_layout_of(to, w), "complex")
    call made(aml_layout_of(from, z(6:1:-2)), "complex")
    call copied(to, from, "complex")
    call expect(all(nint(real(w)) == [6, 4, 2] .and. nint(aimag(w)) == [-6, -4, -2]), "complex")

    words = ["north", "east ", "south", "west "]
    call made(aml_layout_of(to, kept), "words")
    call made(aml_layout_of(from, words(2::2)), "words")
    call copied(to, from, "words")
    call expect(kept(1) == "east" .and. kept(2) == "west", "words, contents")

    yes = [(mod(i, 2) == 0, i=1, 5)]
    no = .false.
    call made(aml_layout_of(to, no(5:1:-1)), "logical")
    call made(aml_layout_of(from, yes), "logical")
    call copied(to, from, "logical")
    call expect(logical(all(no(5:1:-1) .eqv. yes)), "logical, contents")

    bytes = [(int(i, c_int8_t), i=1, 7)]
    call made(aml_layout_of(to, seven), "bytes")
    call made(aml_layout_of(from, bytes), "bytes")
    call copied(to, from, "bytes")
    call expect(all(seven == bytes), "bytes, contents")

    ! Derived types, and one component of each element.
    do i = 1, 3
       do k = 1, 3
          points(i, k) = point([1_c_int8_t, int(i, c_int8_t), int(k, c_int8_t)], i, 10 * k)
       end do
    end do
    call made(aml_layout_of(to, row), "derived")
    call made(aml_layout_of(from, points(2, :)), "derived")
    call copied(to, from, "derived")
    call expect(all(nint(row%y) == [10, 20, 30]) .and. all(row%tag(2) == 2), "derived, contents")
    call made(aml_layout_of(to, x), "component")
    ! gfortran 12 would pass a temporary copy of points%y.
    size_of_point = c_sizeof(points(1, 1))
    call made(aml_layout_steps_create(from, c_loc(points(1, 1)%y), AML_LAYOUT_ORDER_FORTRAN, &
         8_c_size_t, 2_c_size_t, [3_c_size_t, 3_c_size_t], [size_of_point, 3 * size_of_point]), &
         "component")
    call copied(to, from, "component")
    call expect(all(nint(x) == nint(points%y)), "component, contents")
  end subroutine other_types

  subroutine ranks()
    integer(c_int64_t), target, asynchronous :: a(3, 4, 2, 3, 2, 2, 3), b(3, 4, 2, 3, 2, 2, 3)
    integer(c_int64_t), target, asynchronous :: line(24), block(2, 3, 4)
    integer(c_size_t) :: dims(3)
    type(c_ptr) :: to, from, other
    integer :: i

    a = reshape([(int(i, c_int64_t), i=1, size(a))], shape(a))
    b = 0
    call made(aml_layout_of(to, b), "rank 7")
    call made(aml_layout_of(from, a(3:1:-1, :, :, ::1, 2:1:-1, :, :)), "rank 7")
    call copied(to, from, "rank 7")
    call expect(all(b == a(3:1:-1, :, :, :, 2:1:-1, :, :)), "rank 7, contents")

    ! Other shapes of the same elements, as Fortran orders them; slices, whose offsets begin at 0.
    line = [(int(i, c_int64_t), i=1, 24)]
    block = 0
    call made(aml_layout_of(to, block), "reshape")
    call made(aml_layout_of(other, line), "reshape")
    call expect(aml_layout_reshape(other, from, 3_c_size_t, int([2, 3, 4], c_size_t)) == 0, &
         "reshape")
    call made(aml_layout_dims(from, dims), "dims")
    call expect(all(dims == [2, 3, 4]), "dims")
    call aml_layout_destroy(other)
    call copied(to, from, "reshape")
    call expect(all(block == reshape(line, [2, 3, 4])), "reshape, contents")

    line = 0
    call made(aml_layout_of(to, line(1:4)), "slice")
    call made(aml_layout_of(other, block), "slice")
    call expect(aml_layout_slice(other, from, int([1, 1, 0], c_size_t), int([1, 2, 2], c_size_t), &
         int([1, 1, 3], c_size_t)) == 0, "slice")
    call aml_layout_destroy(other)
    other = from
    call expect(aml_layout_reshape(other, from, 1_c_size_t, [4_c_size_t]) == -AML_EINVAL, &
         "a reshape that the steps do not allow")
    call aml_layout_destroy(to)
    call expect(aml_layout_reverse(other, from, 2_c_size_t) == 0, "reverse")
    call aml_layout_destroy(other)
    call made(aml_layout_of(to, block(1:1, 1:2, 1:2)), "reverse")
    a(:1, :2, :2, 1, 1, 1, 1) = block(2:2, 2:3, 4:1:-3)
    call copied(to, from, "reverse")
    call expect(all(block(1:1, 1:2, 1:2) == a(:1, :2, :2, 1, 1, 1, 1)), "reverse, contents")
  end subroutine ranks

  subroutine pointers_and_bounds()
    real(c_double), allocatable, target, asynchronous :: a(:, :)
    real(c_double), pointer, asynchronous :: p(:, :)
    real(c_double), target, asynchronous :: b(3, 2)
    type(c_ptr) :: to, from
    integer :: i

    allocate (a(-5:4, 0:9))
    a = reshape([(real(i, c_double), i=1, 100)], [10, 10])
    p(7:, 8:) => a(4:-4:-3, 1:9:5)
    call made(aml_layout_of(to, b), "pointer")
    call made(aml_layout_of(from, p), "pointer")
    call copied(to, from, "pointer")
    call expect(all(nint(b) == nint(a(4:-4:-3, 1:9:5))), "pointer, contents")
    call made(aml_layout_of(to, b), "bounds")
    call made(aml_layout_of(from, a(-5:-3, :1)), "bounds")
    call copied(to, from, "bounds")
    call expect(all(nint(b) == nint(a(-5:-3, :1))), "bounds, contents")
    call assumed(a(::2, 5), b)
  end subroutine pointers_and_bounds

  ! Dummy arguments of assumed shape are sections of what the caller has.
  subroutine assumed(from_array, to_array)
    real(c_double), intent(in), target, asynchronous :: from_array(:)
    real(c_double), intent(inout), target, asynchronous :: to_array(:, :)
    type(c_ptr) :: to, from

    call made(aml_layout_of(to, to_array(:, 2)), "assumed shape")
    call made(aml_layout_of_source(from, from_array(2:4)), "assumed shape")
    call copied(to, from, "assumed shape")
    call expect(all(nint(to_array(:, 2)) == nint(from_array(2:4))), "assumed shape, contents")
  end subroutine assumed

  subroutine nothing_and_one()
    integer(c_int), target, asynchronous :: a(4, 4), b(4, 4), one, other
    type(c_ptr) :: to, from

    a = 1
    b = 2
    call made(aml_layout_of(to, b(:, 3:2)), "nothing")
    call made(aml_layout_of(from, a(:, 1:0)), "nothing")
    call copied(to, from, "nothing")
    call expect(all(b == 2), "nothing, contents")
    one = 5
    other = 0
    call made(aml_layout_of(to, other), "scalar")
    call made(aml_layout_of(from, one), "scalar")
    call copied(to, from, "scalar")
    call expect(other == 5, "scalar, contents")
  end subroutine nothing_and_one

  ! gfortran describes a part of a string as if it had the length of the whole.
  subroutine strings()
    character(len=8), target, asynchronous :: s(2), t(2)
    character(len=:), allocatable, target, asynchronous :: long, other
    character(len=3), pointer, asynchronous :: pointed
    character(len=1), target, asynchronous :: letter
    type(c_ptr) :: to, from
    integer :: i

    s = "ABCDEFGH"
    t = "--------"
    to = c_null_ptr
    from = c_null_ptr
    i = 2
    call right_or_refused(aml_layout_of(to, t(1)(i:4)), to, 3_c_size_t, "part")
    call right_or_refused(aml_layout_of_source(to, s(1)(2:4)), to, 3_c_size_t, "part")
    call made(aml_layout_of(to, t(1)(i:4), len(t(1)(i:4), c_size_t)), "part")
    call made(aml_layout_of_source(from, s(1)(2:4), 3_c_size_t), "part")
    call copied(to, from, "part")
    call expect(t(1) == "-BCD----" .and. t(2) == "--------", "part, contents")

    pointed => t(2)(6:8)
    call made(aml_layout_of(to, pointed, 3_c_size_t), "pointer to a part")
    call made(aml_layout_of(from, s(2)(1:3), 3_c_size_t), "pointer to a part")
    call copied(to, from, "pointer to a part")
    call expect(t(1) == "-BCD----" .and. t(2) == "-----ABC", "pointer to a part, contents")

    long = repeat("x", 1000)
    other = repeat("y", 998)
    call made(aml_layout_of(to, long(3:), 998_c_size_t), "long")
    call made(aml_layout_of(from, other, 998_c_size_t), "long")
    call copied(to, from, "long")
    call expect(long == "xx" // repeat("y", 998), "long, contents")

    ! One letter has no part.
    call made(aml_layout_of(to, letter), "letter")
    call aml_layout_destroy(to)
    ! A size that the elements do not have room for, and none.
    call expect(aml_layout_of(to, t, 9_c_size_t) == -AML_EINVAL, "elements that overlap")
    call expect(aml_layout_of(to, t(2:1:-1), 9_c_size_t) == -AML_EINVAL, "elements that overlap")
    call expect(aml_layout_of(to, letter, 0_c_size_t) == -AML_EINVAL, "no size")
    ! A part of each element.
    call made(aml_layout_of(to, t, 3_c_size_t), "beginnings")
    call made(aml_layout_of(from, s, 3_c_size_t), "beginnings")
    call copied(to, from, "beginnings")
    call expect(t(1) == "ABCD----" .and. t(2) == "ABC--ABC", "beginnings, contents")
  end subroutine strings

  subroutine polymorphic()
    type(extended), target, asynchronous :: f(4), g(4)
    character(len=5), target, asynchronous :: v(3)
    integer(c_int16_t), target, asynchronous :: narrow(3)
    complex(c_double_complex), target, asynchronous :: wide(3)
    type(c_ptr), target, asynchronous :: addresses(4), others(2)
    type(c_ptr) :: to, from
    integer :: i

    f = [(extended(i, 10 * i), i=1, 4)]
    g = extended(0, 0)
    call copied_class(g, f)
    call expect(all(g%x == f%x) .and. all(g%z == f%z), "class, contents")
    g = extended(0, 0)
    call copied_class(g(4:1:-2), f(1:2))
    call expect(all(g%x == [0, 2, 0, 1]) .and. all(g%z == [0, 20, 0, 10]), "class, strided")
    v = "abcde"
    narrow = 1
    wide = 1
    call refused(v)
    call refused(narrow)
    call refused(narrow(3:1:-2))
    call refused(wide)
    call refused(wide(::2))
    call refused(f)

    ! gfortran describes addresses as it describes class(*): name the size.
    to = c_null_ptr
    from = c_null_ptr
    addresses = [(c_loc(f(i)), i=1, 4)]
    others = c_null_ptr
    call right_or_refused(aml_layout_of(from, addresses), from, c_sizeof(from), "addresses")
    call made(aml_layout_of(from, addresses(4:1:-2), c_sizeof(addresses(1))), "addresses")
    call made(aml_layout_of(to, others, c_sizeof(others(1))), "addresses")
    call copied(to, from, "addresses")
    call expect(c_associated(others(1), addresses(4)) .and. c_associated(others(2), &
         addresses(2)), "addresses, contents")
  end subroutine polymorphic

  ! The size of the dynamic type, in both ways.
  subroutine copied_class(to_array, from_array)
    class(base), intent(inout), target, asynchronous :: to_array(:)
    class(base), intent(in), target, asynchronous :: from_array(:)
    type(c_ptr) :: to, from

    to = c_null_ptr
    from = c_null_ptr
    call made(aml_layout_of(to, to_array, storage_size(to_array, c_size_t) / 8), "class")
    select type (from_array)
    type is (extended)
       call made(aml_layout_of_source(from, from_array), "class")
    class default
       error stop "the dynamic type"
    end select
    call copied(to, from, "class")
  end subroutine copied_class

  ! The size is that of the elements, or there is no layout. Inside select type it is right.
  subroutine refused(array)
    class(*), intent(inout), target, asynchronous :: array(:)
    type(c_ptr) :: layout
    integer(c_size_t) :: bytes

    bytes = storage_size(array, c_size_t) / 8
    layout = c_null_ptr
    call right_or_refused(aml_layout_of(layout, array), layout, bytes, "class(*)")
    call right_or_refused(aml_layout_of(layout, array(1)), layout, bytes, "class(*), scalar")
    select type (array)
    type is (character(len=*))
       call made(aml_layout_of(layout, array), "select type")
       bytes = len(array, c_size_t)
    type is (complex(c_double_complex))
       call made(aml_layout_of(layout, array), "select type")
    type is (extended)
       call made(aml_layout_of(layout, array), "select type")
    class default
       return
    end select
    call expect(aml_layout_element_size(layout) == bytes, "select type, size")
    call aml_layout_destroy(layout)
  end subroutine refused

  ! What is not allocated or associated lies nowhere, whatever extents its descriptor has.
  subroutine no_memory()
    real(c_double), pointer :: nowhere(:), empty(:)
    real(c_double), target :: nothing(0)
    type(c_ptr) :: layout

    layout = c_null_ptr
    call c_f_pointer(c_null_ptr, nowhere, [3])
    call expect(aml_layout_of(layout, nowhere) == -AML_EINVAL, "no memory")
    call c_f_pointer(c_null_ptr, nowhere, [0])
    call expect(aml_layout_of(layout, nowhere) == -AML_EINVAL, "no memory, empty")
    call expect(.not. c_associated(layout), "no memory")
    call made(aml_layout_of(layout, nothing), "empty")
    call aml_layout_destroy(layout)
    allocate (empty(0))
    call made(aml_layout_of_source(layout, empty), "empty")
    call aml_layout_destroy(layout)
    deallocate (empty)
  end subroutine no_memory

  subroutine several_requests()
    integer(c_int), target, asynchronous :: a(1000, 5), b(1000, 5)
    type(c_ptr) :: to, from, reqs(5)
    integer(c_int) :: results(5), code
    integer :: i

    a = reshape([(i, i=1, 5000)], [1000, 5])
    b = 0
    reqs = c_null_ptr
    do i = 1, 5
       call made(aml_layout_of(to, b(1000:1:-1, i)), "several")
       call made(aml_layout_of(from, a(:, 6 - i)), "several")
       call expect(aml_dma_async_copy(dma, reqs(i), to, from) == 0, "several, post")
       call aml_layout_destroy(to)
       call aml_layout_destroy(from)
    end do
    do
       code = aml_dma_test(dma, reqs(5), results(5))
       if (code /= -AML_EBUSY) exit
    end do
    call expect(code == 0 .and. results(5) == 0, "test")
    code = aml_dma_wait_until(dma, reqs(4), AML_DMA_NO_DEADLINE, results(4))
    call expect(code == 0 .and. results(4) == 0, "wait until")
    call expect(aml_dma_wait_all(dma, 5_c_size_t, reqs, results) == 0, "wait all")
    call expect(all(results == 0) .and. all([(.not. c_associated(reqs(i)), i=1, 5)]), "wait all")
    call expect(aml_dma_barrier(dma) == 0, "barrier")
    call expect(all(b(1000:1:-1, 5:1:-1) == a), "several, contents")

    call made(aml_layout_of(to, b), "cancel")
    call made(aml_layout_of(from, a), "cancel")
    call expect(aml_dma_async_copy(dma, reqs(1), to, from) == 0, "cancel, post")
    call expect(aml_dma_cancel(dma, reqs(1)) == 0, "cancel")
    call expect(.not. c_associated(reqs(1)), "cancel")
    call expect(aml_dma_copy(dma, to, from) == 0, "synchronous")
    call expect(all(a == b), "synchronous")
    call aml_layout_destroy(to)
    call aml_layout_destroy(from)
  end subroutine several_requests

  subroutine errors()
    integer(c_int), target, asynchronous :: a(3), b(4)
    integer(c_int), target :: code
    real(c_double), target, asynchronous :: wide(3)
    type(c_ptr) :: to, from, other, request

    b = 7
    request = c_null_ptr
    call made(aml_layout_of(to, b), "errors")
    call made(aml_layout_of(from, a), "errors")
    call made(aml_layout_of(other, wide), "errors")
    call expect(aml_dma_copy(dma, to, from) == -AML_EINVAL, "shapes that differ")
    call expect(aml_dma_async_copy(dma, request, from, other) == -AML_EINVAL, "types that differ")
    call expect(.not. c_associated(request), "types that differ")
    call expect(all(b == 7), "nothing is written")
    call expect(aml_dma_wait(dma, request) == -AML_EINVAL, "no request")
    code = -AML_EDOM
    call expect(aml_dma_async_copy_custom(dma, request, to, from, c_funloc(fails), c_loc(code)) &
         == 0, "operator, post")
    call expect(aml_dma_wait(dma, request) == -AML_EDOM, "operator")
    call aml_layout_destroy(to)
    call aml_layout_destroy(from)
    call aml_layout_destroy(other)
    call aml_layout_destroy(other)
    call expect(index(aml_error_text(-AML_ENOMEM), "memory") > 0, "text")
    call expect(aml_error_text(AML_EDOM) == aml_error_text(-AML_EDOM), "text of either sign")
  end subroutine errors

  subroutine the_library()
    call expect(.not. c_associated(aml_dma_linux), "no engine yet")
    call expect(aml_init(c_null_ptr, c_null_ptr) == 0, "init")
    call expect(c_associated(aml_dma_linux), "the engine")
    dma = aml_dma_linux
    call numbers()
    call expect(aml_finalize() == 0, "finalize")
    call expect(.not. c_associated(aml_dma_linux), "finalize")
    call expect(aml_finalize() == -AML_EINVAL, "finalize again")
  end subroutine the_library

end program fortran_sections
