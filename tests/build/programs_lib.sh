# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=sh
# Functions to test programs by their output. Include this file after lib.sh. The programs read
# $work/input, which is empty at first.

# The messages of the system must be in English.
LC_ALL=C
export LC_ALL

# prints TEXT PROGRAM ARGUMENT…: the program succeeds, and prints the text on standard output and
# nothing on stderr. It reads $work/input.
prints()
{
	printf '%s' "$1" >"$work/expected"
	shift
	limited "$@" <"$work/input" >"$work/stdout" 2>"$work/stderr"
	status=$?
	echo "exit status $status"
	cat "$work/stderr"
	[ $status -eq 0 ] && [ ! -s "$work/stderr" ] && diff "$work/stdout" "$work/expected"
}

# refuses TEXT PROGRAM ARGUMENT…: the program exits with 1, and its only line on stderr contains the
# text. It reads $work/input.
refuses()
{
	text=$1
	shift
	limited "$@" <"$work/input" >"$work/stdout" 2>"$work/stderr"
	status=$?
	echo "exit status $status, stderr:"
	cat "$work/stderr"
	[ $status -eq 1 ] && [ "$(wc -l <"$work/stderr")" -eq 1 ] && grep -qF -- "$text" "$work/stderr"
}
: >"$work/input"
