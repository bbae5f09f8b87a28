# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=sh
# Functions that the shell tests share. The build sets $srcdir and $builddir (both absolute), the
# tools $CC $CXX $NM $OBJDUMP $PKG_CONFIG $MAKE $LIBTOOL, and the flags $CFLAGS $CPPFLAGS $LDFLAGS
# with which the library was built. Write a test like this:
#
#	. "$srcdir/tests/build/lib.sh"
#	check "what is expected" command argument…
#	summary
#
# A check passes if its command exits with 0. The output of a failed check is printed. $work is an
# empty folder for the test, which is removed at the end. summary prints the same last line as a
# program of Check, so that build-aux/test-totals can add up both.
set -u

checks=0
failures=0

# Tests of other folders may have the same name, and run at the same time.
work=$builddir/tests/build/$(basename "$(dirname "$0")")-$(basename "$0" .sh).tmp
rm -rf "$work"
mkdir -p "$work" || exit 99
trap 'rm -rf "$work"' EXIT

check()
{
	what=$1
	shift
	checks=$((checks + 1))
	if "$@" >"$work/output" 2>&1; then
		echo "ok: $what"
	else
		failures=$((failures + 1))
		echo "FAILED: $what"
		echo "command: $*"
		cat "$work/output"
	fi
}

# limited COMMAND…: run the command with a time limit, if the tool timeout exists.
# CK_TIMEOUT_MULTIPLIER multiplies the limit for slow tools, as it does for programs of Check.
limited()
{
	if command -v timeout >/dev/null 2>&1; then
		timeout $((120 * ${CK_TIMEOUT_MULTIPLIER:-1})) "$@"
	else
		"$@"
	fi
}

# installing COMMAND…: run a command that installs from the build folder. libtool then links
# libaml-dma-mpi again, in its place, so no test starts MPI programs meanwhile: they share the lock.
installing()
{
	if command -v flock >/dev/null 2>&1; then
		flock --close "$builddir/config.status" "$@"
	else
		"$@"
	fi
}

# has_bench: configure was not told to leave out the benchmark.
has_bench()
{
	! grep -q '^enable_bench = no' "$builddir/Makefile"
}

# The result of a test of the sources does not depend on the build. AML_TEST_SOURCES=no skips it.
of_the_sources()
{
	[ "${AML_TEST_SOURCES-}" = no ] || return 0
	echo "AML_TEST_SOURCES=no: the sources are not tested"
	exit 77
}

# link_built PROGRAM ARGUMENT…: compile and link a program against the library in the build folder.
# The arguments are sources and flags.
link_built()
{
	program=$1
	shift
	# The variables hold several words each.
	# shellcheck disable=SC2086
	$LIBTOOL --quiet --tag=CC --mode=link $CC -I"$srcdir/include" $CPPFLAGS $CFLAGS $LDFLAGS \
		-no-install -o "$program" "$@" "$builddir/libaml-dma.la" -pthread
}

summary()
{
	percent=0
	[ "$checks" -eq 0 ] || percent=$((100 * (checks - failures) / checks))
	echo "$percent%: Checks: $checks, Failures: $failures, Errors: 0"
	[ "$checks" -gt 0 ] && [ "$failures" -eq 0 ]
	exit
}
