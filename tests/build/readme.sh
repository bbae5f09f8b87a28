#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The first C program in README.md compiles as printed, runs, and prints what README.md says. The
# document is short.
# shellcheck source=tests/build/lib.sh
. "$srcdir/tests/build/lib.sh"

# block KIND: the first fenced block of this kind.
block()
{
	awk -v fence="^\`\`\`$1[ \t]*\$" '$0 ~ fence { inside = 1; next } /^```/ && inside { exit } inside' \
		"$srcdir/README.md"
}

program_is_there()
{
	grep -q 'int main' "$work/first.c"
}

prints_as_documented()
{
	limited "$work/first" >"$work/printed" && [ -s "$work/printed" ] &&
		diff "$work/documented" "$work/printed"
}

is_short()
{
	[ "$(wc -l <"$srcdir/README.md")" -lt 120 ]
}

block c >"$work/first.c"
block text >"$work/documented"
check "README.md has a program" program_is_there
check "it compiles without a warning" \
	link_built "$work/first" -Wall -Wextra -Werror "$work/first.c"
check "it runs, and prints what README.md says" prints_as_documented
check "README.md has less than 120 lines" is_short

summary
