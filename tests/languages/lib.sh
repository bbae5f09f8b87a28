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
