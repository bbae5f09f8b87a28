#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Each promise of doc/contract.md names the tests that hold it, and each of these is there: in the
# file named, and in the list of those that the file runs.
# shellcheck source=tests/build/lib.sh
. "$srcdir/tests/build/lib.sh"
of_the_sources

contract=$srcdir/doc/contract.md

# The first lines of items without a name of a test.
without_test()
{
	awk '
		/^- / || /^#/ { if (item != "" && !held) print item; item = ""; held = 0 }
		/^- / { item = $0 }
		/^  `tests\// { held = 1 }
		END { if (item != "" && !held) print item }' "$contract"
}

each_has_a_test()
{
	without_test >"$work/without"
	cat "$work/without"
	[ ! -s "$work/without" ]
}

# $1: a file of tests; $2: the name of one.
holds()
{
	grep -qxF "START_TEST($2)" "$srcdir/$1" &&
		sed -n '/^SUITE(/,$p; /^Suite .make_suite/,$p' "$srcdir/$1" | grep -qw "$2"
}

# One a line: a shell test, or a file and a name. The backquotes are Markdown's.
# shellcheck disable=SC2016
sed -n 's/^  `\(tests\/[^`]*\)`,\{0,1\}$/\1/p' "$contract" | sort -u >"$work/named"

check "doc/contract.md names tests" [ -s "$work/named" ]
check "each promise has a test" each_has_a_test
while read -r file name; do
	if [ -n "$name" ]; then
		check "$file $name" holds "${file%:}" "$name"
	else
		check "$file" [ -f "$srcdir/$file" ]
	fi
done <"$work/named"

# What looks like the name of a test, wherever it stands, was looked at.
mentions()
{
	grep -o 'tests/[a-z_0-9/]*\.c: [a-z_0-9]*' "$contract" | sort -u >"$work/mentioned"
	grep -F '.c: ' "$work/named" | diff "$work/mentioned" -
}
check "no name was passed over" mentions

summary
