# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=sh
# What the shell tests share. The build hands them $srcdir and $builddir (both absolute), the
# tools $CC $CXX $NM $OBJDUMP $PKG_CONFIG $MAKE $LIBTOOL, and the flags $CFLAGS $CPPFLAGS
# $LDFLAGS that the library was built with. A test begins and ends so:
#
#	. "$srcdir/tests/build/lib.sh"
#	check "what is expected" command argument…
#	summary
#
# Each check passes if its command exits with 0; the output of one that fails is shown. $work
# is an empty folder of the test's own, removed when it ends. The last line is that of
# Check's programs, so that all can be added up alike.
set -u

checks=0
failures=0

work=$builddir/tests/build/$(basename "$0" .sh).tmp
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

# Run a command; a hang is a failure too, where there is timeout to tell it. Slow tools stretch the
# time as they do that of the programs of Check.
limited()
{
	if command -v timeout >/dev/null 2>&1; then
		timeout $((120 * ${CK_TIMEOUT_MULTIPLIER:-1})) "$@"
	else
		"$@"
	fi
}

# A test of the sources, which is the same whatever the library was built with, may be left out.
of_the_sources()
{
	[ "${AML_TEST_SOURCES-}" = no ] || return 0
	echo "AML_TEST_SOURCES=no: the sources are not tested"
	exit 77
}

# Compile a program against the library as it lies in the build folder.
# $1: the program; the rest: its sources, and flags.
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
