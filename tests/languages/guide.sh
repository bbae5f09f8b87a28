#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The code in doc/guide/languages.md runs. The first block of C++ is a program with a place for the
# others. The blocks of Python are one program. Each block of Fortran is a program. The block of NumPy
# in doc/guide/transposes.md transposes its matrix, with the strides that the layouts beside it have.
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

# This block needs no library, only NumPy.
if have_python numpy; then
	{
		cat <<'END'
import numpy

a = numpy.array([[10.0 * i + k for k in range(7)] for i in range(5)])
b = numpy.zeros((7, 5))
END
		language_blocks "$srcdir/doc/guide/transposes.md" python
		cat <<'END'
assert a.T.shape == b.shape == (7, 5)
assert a.T.strides == (8, 56) and b.strides == (40, 8)
for i in range(5):
    for k in range(7):
        assert b[k, i] == 10.0 * i + k
END
	} >"$work/strides.py"
	check "NumPy: there is code" grep -q '^b\[' "$work/strides.py"
	check "NumPy: transposes" limited "$python" "$work/strides.py"
else
	echo "no NumPy: its block is not run"
fi

[ "$checks" -gt 0 ] || skip "none of the languages"
summary
