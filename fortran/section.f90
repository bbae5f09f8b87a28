! SPDX-License-Identifier: BSD-3-Clause
!
! A section of an array is copied asynchronously: every second column of the inner part of a field,
! from the last row to the first, while the program computes something else.
!
!     gfortran aml_dma.f90 section.f90 $(pkg-config --libs aml-dma) && ./a.out
program section
  use, intrinsic :: iso_c_binding
  use aml_dma
  implicit none
  ! TARGET and ASYNCHRONOUS: the engine reads and writes the arrays while this program runs.
  real(c_double), allocatable, target, asynchronous :: field(:, :), packed(:, :)
  type(c_ptr) :: from = c_null_ptr, to = c_null_ptr, request = c_null_ptr
  real(c_double) :: other
  integer :: i

  allocate (field(100, 200), packed(98, 99))
  field = reshape([(real(i, c_double), i=1, size(field))], shape(field))
  packed = 0

  ! Start the library and its engine.
  call check("aml_init", aml_init(c_null_ptr, c_null_ptr))

  ! A layout describes where elements lie; the engine copies from one to another of the same shape.
  call check("from", aml_layout_of(from, field(99:2:-1, 2:198:2)))
  call check("to", aml_layout_of(to, packed))

  ! From here to the end of the wait, the program must not use `packed`, nor change `field`.
  call check("post", aml_dma_async_copy(aml_dma_linux, request, to, from))
  call aml_layout_destroy(from)
  call aml_layout_destroy(to)
  other = sum([(sqrt(real(i, c_double)), i=1, 1000)])
  call check("wait", aml_dma_wait(aml_dma_linux, request))
  call check("aml_finalize", aml_finalize())

  if (any(packed /= field(99:2:-1, 2:198:2))) error stop "the copy differs from the section"
  print '(a, i0, a, f0.1)', "The section of ", size(packed), &
       " elements has arrived. Computed meanwhile: ", other

contains

  subroutine check(what, err)
    character(len=*), intent(in) :: what
    integer(c_int), intent(in) :: err

    if (err == AML_SUCCESS) return
    print '(4a)', "section: ", what, ": ", aml_error_text(err)
    error stop 1
  end subroutine check

end program section
