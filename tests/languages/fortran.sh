#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The Fortran module compiles without a warning as Fortran 2018, its test and its example run, and
# what must not compile does not.
# shellcheck source=tests/build/lib.sh
. "$srcdir/tests/build/lib.sh"
# shellcheck source=tests/languages/lib.sh
. "$srcdir/tests/languages/lib.sh"

need_fortran

prints()
{
	limited "$2" >"$work/stdout" 2>&1
	status=$?
	cat "$work/stdout"
	[ "$status" -eq 0 ] && grep -q "$1" "$work/stdout"
}

does_not()
{
	! "$@"
}

# object SOURCE: compile only.
object()
{
	(cd "$work" && $FC -std=f2018 -Wall -Werror -c "$1")
}

check "the module compiles" object "$srcdir/fortran/aml_dma.f90"
check "the test builds" link_fortran "$work/test" "$srcdir/tests/languages/fortran_sections.f90"
check "the test passes" prints '^passed$' "$work/test"
check "the example builds" link_fortran "$work/section" "$srcdir/fortran/section.f90"
check "the example runs" prints '^The section of 9702 elements has arrived' "$work/section"

# program STATEMENT: a program with this statement, in $work/program.f90.
program()
{
	cat >"$work/program.f90" <<END_OF_PROGRAM
program p
  use, intrinsic :: iso_c_binding
  use aml_dma
  implicit none
  integer(c_int), target, asynchronous :: a(4) = 1
  type(c_ptr) :: layout
  $1
end program p
END_OF_PROGRAM
}

program 'print *, aml_layout_of(layout, a(::2))'
check "a section compiles" object program.f90
program 'print *, aml_layout_of(layout, a + 1)'
check "an expression does not" does_not object program.f90
program 'print *, aml_layout_of(layout, a([1, 3, 2]))'
check "a vector subscript does not" does_not object program.f90

summary
