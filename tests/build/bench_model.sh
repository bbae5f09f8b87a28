#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The simulation of many threads at one lock: one thread takes as long as the constants say, workers
# with much to do never wait for the lock, the result depends on the constants only, and wrong
# constants are refused. The program that measures the constants prints all that the simulation reads.
# No measured figure is looked at.
# shellcheck source=tests/build/lib.sh
. "$srcdir/tests/build/lib.sh"

if ! command -v python3 >/dev/null; then
	echo "skipped: there is no python3"
	exit 77
fi

simulate()
{
	PYTHONDONTWRITEBYTECODE=1 limited python3 "$srcdir/bench/model/one_lock.py" --ms=0.1 "$@"
}

# ratio NAME: the ratio of the model to the machine in the row of this name.
ratio()
{
	sed -n "s/^$1  .* \([0-9.]*\)$/\1/p" "$work/first"
}

# share LENGTH COLUMN: the share of the time that workers work.
share()
{
	awk -v work="$1" -v column="$2" '/^Share/ { on = 1 } on && $1 " " $2 == work { print $column }' \
		"$work/first"
}

is_near()
{
	awk -v a="$1" -v b="$2" 'BEGIN { exit !(a != "" && a >= 0.97 * b && a <= 1.03 * b) }'
}

repeats()
{
	simulate "$srcdir/bench/model/zen5.txt" >"$work/first" 2>"$work/warnings" &&
		simulate "$srcdir/bench/model/zen5.txt" >"$work/second" 2>"$work/warnings" &&
		cmp "$work/first" "$work/second"
}

one_thread_is_exact()
{
	is_near "$(ratio '1 thread posts')" 1 && is_near "$(ratio '1 thread posts to a multiplexer')" 1 &&
		is_near "$(ratio '1 worker with operators of 2000 ns')" 1
}

# The last columns are of 32 and 128 workers.
long_work_scales()
{
	is_near "$(share '100 us' 3)" 100 && is_near "$(share '100 us' 7)" 98 &&
		[ "$(share '1 us' 8)" -lt 5 ]
}

# refuses WHAT ARGUMENT…: exit status 2, and a message that names what is wrong.
refuses()
{
	what=$1
	shift
	status=0
	simulate "$@" >"$work/out" 2>"$work/error" || status=$?
	[ "$status" -eq 2 ] && grep -q "$what" "$work/error"
}

# The constants of a quick run mean nothing.
constants_suffice()
{
	limited "$builddir/bench/model/constants" --quick >"$work/constants" &&
		sed 's/ [0-9.]*$/ 100/' "$work/constants" >"$work/hundreds" && simulate "$work/hundreds"
}

if [ "$(getconf _NPROCESSORS_ONLN)" -gt 1 ] && has_bench; then
	check "the program prints all constants" constants_suffice
fi
if [ "${AML_TEST_SOURCES-}" != no ]; then
	check "equal constants give equal results" repeats
	check "one thread is as fast as the constants say" one_thread_is_exact
	check "workers with much to do do not wait for the lock" long_work_scales
	grep -v line_ns "$srcdir/bench/model/zen5.txt" >"$work/less"
	echo "lock_ns fast" >"$work/words"
	check "a constant is missing" refuses "there is no line_ns" "$work/less"
	check "a value is no number" refuses "words:1: .*lock_ns fast" "$work/words"
	check "there is no such file" refuses "none.txt: No such file" "$work/none.txt"
	check "no argument" refuses "required: constants"
fi
summary
