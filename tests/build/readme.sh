#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The first C program in README.md compiles as printed, and runs.
# shellcheck source=tests/build/lib.sh
. "$srcdir/tests/build/lib.sh"

program_is_there()
{
	grep -q 'int main' "$work/first.c"
}

awk '/^```c[ \t]*$/ { inside = 1; next } /^```/ && inside { exit } inside' \
	"$srcdir/README.md" >"$work/first.c"
check "README.md has a program" program_is_there
check "it compiles without a warning" \
	link_built "$work/first" -Wall -Wextra -Werror "$work/first.c"
check "it runs" "$work/first"

summary
