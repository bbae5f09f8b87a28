#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Each promise of doc/contract.md has an id, such as WAIT-3, and a test that names the id in a line
# "Contract: WAIT-3, …". Each id that a test names exists, and each test that names an id runs.
# shellcheck source=tests/build/lib.sh
. "$srcdir/tests/build/lib.sh"
of_the_sources

contract=$srcdir/doc/contract.md
id='[A-Z][A-Z]*-[0-9][0-9]*'

# The ids of the promises, in document order.
sed -n "s/^- \*\*\($id\)\*\* .*/\1/p" "$contract" >"$work/promised"

# The ids that tests name. In a shell test, the list of ids may span several lines, up to a full
# stop.
find "$srcdir/tests" "$srcdir/mpi/tests" -name '*.c' -exec sed -n '/^\/\* Contract: /p' {} + >"$work/lines"
find "$srcdir/tests" "$srcdir/mpi/tests" -name '*.sh' -exec sed -n '/^# Contract: /,/\.$/p' {} + >>"$work/lines"
grep -o "$id" "$work/lines" | sort -u >"$work/tested"

each_promise_has_an_id()
{
	! grep -n '^- ' "$contract" | grep -v "^[0-9]*:- \*\*$id\*\* " && [ -s "$work/promised" ]
}

no_id_is_there_twice()
{
	sort "$work/promised" | uniq -d >"$work/twice"
	cat "$work/twice"
	[ ! -s "$work/twice" ]
}

each_promise_has_a_test()
{
	sort -u "$work/promised" | comm -23 - "$work/tested" >"$work/untested"
	cat "$work/untested"
	[ ! -s "$work/untested" ]
}

each_id_is_of_a_promise()
{
	sort -u "$work/promised" | comm -13 - "$work/tested" >"$work/unknown"
	cat "$work/unknown"
	[ ! -s "$work/unknown" ]
}

# tests_run FILE: after each line with ids comes a test, and the file's suite names that test.
tests_run()
{
	awk '/^\/\* Contract: / { due = 1; next }
		due && /^START_TEST\(/ { sub(/^START_TEST\(/, ""); sub(/\).*/, ""); print; due = 0; next }
		due { print "line " FNR ": no test follows the ids"; due = 0 }' "$1" >"$work/named"
	sed -n '/^SUITE(/,$p; /^Suite .make_suite/,$p' "$1" >"$work/suite"
	bad=0
	while read -r name; do
		grep -qw "$name" "$work/suite" || {
			echo "$1: $name: not in the suite"
			bad=1
		}
	done <"$work/named"
	return $bad
}

each_test_with_an_id_runs()
{
	grep -rl --include='*.c' '^/\* Contract: ' "$srcdir/tests" "$srcdir/mpi/tests" >"$work/files"
	bad=0
	while read -r file; do
		tests_run "$file" || bad=1
	done <"$work/files"
	return $bad
}

check "each promise has an id" each_promise_has_an_id
check "no id occurs twice" no_id_is_there_twice
check "each promise has a test" each_promise_has_a_test
check "each id in the tests belongs to a promise" each_id_is_of_a_promise
check "each test with an id runs" each_test_with_an_id_runs

summary
