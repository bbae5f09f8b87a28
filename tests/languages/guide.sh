#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The code in doc/guide/languages.md runs. The first block of C++ is a program with a place for the
# others. The blocks of Python are one program. Each block of Fortran is a program.
# shellcheck source=tests/build/lib.sh
. "$srcdir/tests/build/lib.sh"
# shellcheck source=tests/build/guide_lib.sh
. "$srcdir/tests/build/guide_lib.sh"
# shellcheck source=tests/languages/lib.sh
. "$srcdir/tests/languages/lib.sh"

chapter=$srcdir/doc/guide/languages.md

# The tests of each language skip what is missing. skip() would end this one: it runs in a subshell.
has()
{
	if ! (trap - EXIT && "$1") >"$work/why" 2>&1; then
		cat "$work/why"
		return 1
	fi
	"$1"
}

if has need_cxx; then
	language_blocks "$chapter" cpp 2 >"$work/statements"
	language_blocks "$chapter" cpp | awk '/^}$/ { print; exit } { print }' |
		sed -e "/Statements of the section/r $work/statements" >"$work/guide.cc"
	check "C++: there is code" grep -q 'done.get();' "$work/guide.cc"
	for cxx in $cxx_compilers; do
		can_link_cxx "$cxx" || continue
		check "C++: compiles by $cxx" link_cxx "$cxx" "$work/cxx" -std=c++17 "$work/guide.cc"
		check "C++: runs" limited "$work/cxx"
		break
	done
fi

if has use_python_package; then
	have_python numpy || have_python sys
	language_blocks "$chapter" python >"$work/guide.py"
	check "Python: there is code" grep -q 'asyncio.run' "$work/guide.py"
	check "Python: runs" limited "$python" -X dev "$work/guide.py"
fi

if has need_fortran; then
	language_blocks "$chapter" fortran >"$work/guide.f90"
	check "Fortran: there is code" grep -q '^end program' "$work/guide.f90"
	check "Fortran: compiles" link_fortran "$work/fortran" "$work/guide.f90"
	check "Fortran: runs" limited "$work/fortran"
fi

[ "$checks" -gt 0 ] || skip "none of the languages"
summary
