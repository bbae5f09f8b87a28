# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=sh
# Functions that the tests of other languages share. Source tests/build/lib.sh first.

# skip WHY: end the test as skipped.
skip()
{
	echo "skipped: $1"
	exit 77
}

# Set $cxx_compilers to the names of the C++ compilers: g++, clang++, and $CXX if it is another one
# of a single word. Skip the test if there is none.
need_cxx()
{
	cxx_compilers=
	for compiler in "${CXX%% *}" g++ clang++; do
		case " $cxx_compilers " in
		*" $compiler "*) continue ;;
		esac
		command -v "$compiler" >/dev/null 2>&1 || continue
		cxx_compilers="$cxx_compilers $compiler"
	done
	[ -n "$cxx_compilers" ] || skip "no C++ compiler"
}

# Set $python to a Python 3.9 or later that has the modules: the one of $PYTHON or of the path, or
# the system's. Return 1 if there is none.
have_python()
{
	modules=$1
	for python in "${PYTHON-}" python3 /usr/bin/python3; do
		[ -n "$python" ] && command -v "$python" >/dev/null 2>&1 || continue
		"$python" -c "import sys, ctypes, $modules; sys.exit(sys.version_info < (3, 9))" \
			>/dev/null 2>&1 && return 0
	done
	return 1
}

# Set the environment with which Python finds the package in the sources and the library in the
# build folder. Skip the test if the library is not shared, or if Python cannot load it.
use_python_package()
{
	AML_DMA_LIBRARY=$builddir/.libs/libaml-dma.so.1
	PYTHONPATH=$srcdir/python
	PYTHONDONTWRITEBYTECODE=1
	AML_TEST_FOLDER=$work
	export AML_DMA_LIBRARY PYTHONPATH PYTHONDONTWRITEBYTECODE AML_TEST_FOLDER
	[ -f "$AML_DMA_LIBRARY" ] || skip "the library was built without --enable-shared"
	case "$CFLAGS $LDFLAGS" in
	*-fsanitize*) skip "Python cannot load a library with a sanitizer" ;;
	esac
	have_python sys || skip "no Python 3.9 or later"
	"$python" -c 'import ctypes, os; ctypes.CDLL(os.environ["AML_DMA_LIBRARY"])' ||
		skip "Python cannot load the library"
}

# Skip the test if there is no Fortran compiler that makes programs with the module.
need_fortran()
{
	[ -n "${FC-}" ] && command -v "${FC%% *}" >/dev/null 2>&1 || skip "no Fortran compiler"
	case "$CFLAGS $LDFLAGS" in
	*-fsanitize* | *--coverage*) skip "a sanitizer of C is not linked with Fortran" ;;
	esac
	printf 'program p\n  use, intrinsic :: iso_c_binding\n  call s(1)\ncontains\n' \
		>"$work/probe.f90"
	printf '  subroutine s(a)\n    type(*), dimension(..), intent(in) :: a\n' \
		>>"$work/probe.f90"
	printf '    if (rank(a) > 0) stop 1\n  end subroutine s\nend program p\n' \
		>>"$work/probe.f90"
	# The variable holds several words.
	# shellcheck disable=SC2086
	(cd "$work" && $FC -std=f2018 -o probe probe.f90 && ./probe) ||
		skip "$FC has no arguments of assumed rank"
}

# link_fortran PROGRAM SOURCE…: compile the module and the sources, without a warning, and link them
# with the library in the build folder. The compiler writes its files to $work.
link_fortran()
{
	program=$1
	shift
	# The variables hold several words each.
	# shellcheck disable=SC2086
	(cd "$work" && $LIBTOOL --quiet --tag=CC --mode=link $FC -std=f2018 -g -Wall -Werror \
		-fcheck=all $LDFLAGS -no-install -o "$program" "$srcdir/fortran/aml_dma.f90" "$@" \
		"$builddir/libaml-dma.la" -pthread)
}

# cxx_standards COMPILER YEAR…: print the options' values of those standards that the compiler
# knows. Compilers called C++23 c++2b before they had all of it.
cxx_standards()
{
	compiler=$1
	shift
	echo 'int main() { return 0; }' >"$work/standard.cc"
	for year; do
		for name in "c++$year" $([ "$year" != 23 ] || echo c++2b); do
			if "$compiler" -std="$name" -fsyntax-only "$work/standard.cc" 2>/dev/null; then
				echo "$name"
				break
			fi
		done
	done
}

# cxx_checks COMPILER ARGUMENT…: check a source with every warning that the headers promise to pass.
cxx_checks()
{
	compiler=$1
	shift
	# The variable holds several words.
	# shellcheck disable=SC2086
	"$compiler" $CPPFLAGS -I"$srcdir/include" -Wall -Wextra -Wpedantic -Wconversion -Wshadow \
		-Werror -fsyntax-only "$@"
}

# link_cxx COMPILER PROGRAM ARGUMENT…: compile and link a C++ program against the library in the
# build folder, with the same warnings.
link_cxx()
{
	compiler=$1
	program=$2
	shift 2
	# The variables hold several words each.
	# shellcheck disable=SC2086
	$LIBTOOL --quiet --tag=CC --mode=link $compiler -I"$srcdir/include" $CPPFLAGS $CFLAGS \
		$LDFLAGS -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -UNDEBUG -no-install \
		-o "$program" "$@" "$builddir/libaml-dma.la" -pthread
}

# Can programs of this compiler be linked with the library's flags? Two compilers' sanitizers do
# not go together. ThreadSanitizer does not see the reference counts of exceptions inside the C++
# library, and reports their release as a race.
can_link_cxx()
{
	case "$CFLAGS $LDFLAGS" in
	*-fsanitize=thread*) return 1 ;;
	*-fsanitize* | *--coverage*)
		case "$CC/$1" in
		*clang*/clang* | *gcc*/g++) ;;
		*) return 1 ;;
		esac
		;;
	esac
}
