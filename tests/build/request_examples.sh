#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Run those programs of doc/examples that post with attributes, as a user would.
# shellcheck source=tests/build/lib.sh
. "$srcdir/tests/build/lib.sh"
# shellcheck source=tests/build/programs_lib.sh
. "$srcdir/tests/build/programs_lib.sh"

pipeline=$builddir/doc/examples/04-pipeline
event_loop=$builddir/doc/examples/05-event-loop
stencil=$builddir/doc/examples/06-stencil
batch=$builddir/doc/examples/07-batch

# frame COLUMN: append a frame of 128 rows of 256 bytes that is bright in one column.
frame()
{
	{
		head -c "$1" /dev/zero
		printf '\377'
		head -c $((255 - $1)) /dev/zero
	} >"$work/rows"
	for doubling in 1 2 3 4 5 6 7; do
		cat "$work/rows" "$work/rows" >"$work/rows.$doubling"
		mv "$work/rows.$doubling" "$work/rows"
	done
	cat "$work/rows" >>"$work/frames"
}

newline='
'
expected=
number=0
for column in 0 255 7 100 101 33 1 2 3 254; do
	frame $column
	expected="${expected}frame $number: column $column$newline"
	number=$((number + 1))
done
reads_a_pipe()
{
	# The program reads from a pipe in pieces that are smaller than a frame.
	# shellcheck disable=SC2002
	cat "$work/frames" | limited "$pipeline" - >"$work/stdout" && printf '%s' "$expected" |
		diff "$work/stdout" -
}

for threads in 0 1 2 5; do
	AML_DMA_NUM_THREADS=$threads
	export AML_DMA_NUM_THREADS
	check "04-pipeline, $threads workers" prints "$expected" "$pipeline" "$work/frames"
	check "04-pipeline from a pipe, $threads workers" reads_a_pipe
done
unset AML_DMA_NUM_THREADS
check "no frame at all" prints '' "$pipeline" "$work/input"
head -c 100000 "$work/frames" >"$work/cut"
check "a cut frame" refuses 'ends within a frame: frames have 32768 bytes' "$pipeline" "$work/cut"
check "a folder" refuses 'cannot be read: Is a directory' "$pipeline" "$work"
check "no such file" refuses 'cannot be opened: No such file' "$pipeline" "$work/missing"
check "no argument" refuses 'usage: 04-pipeline' "$pipeline"

# The event loop prints the pictures in the order in which they finish. epoll needs a pipe.
serves_lines()
{
	# shellcheck disable=SC2002
	cat "$work/lines" | limited "$event_loop" >"$work/stdout" 2>"$work/stderr"
	status=$?
	cat "$work/stderr"
	[ $status -eq 0 ] && [ ! -s "$work/stderr" ] || return 1
	sed 's/ / x /' "$work/lines" | sort >"$work/expected"
	sort "$work/stdout" | diff - "$work/expected"
}
# More pictures than the program has at once, some of several parts.
awk 'BEGIN { for (i = 1; i <= 300; i++) print i % 37 + 1, i % 50 == 0 ? 2000 : i }' >"$work/lines"
for threads in 0 1 2; do
	AML_DMA_NUM_THREADS=$threads
	export AML_DMA_NUM_THREADS
	check "05-event-loop, $threads workers" serves_lines
done
unset AML_DMA_NUM_THREADS

# rejects TEXT INPUT: the program reads the input from a pipe, and reports it.
rejects()
{
	printf '%b' "$2" | limited "$event_loop" >"$work/stdout" 2>"$work/stderr"
	status=$?
	echo "exit status $status, stderr:"
	cat "$work/stderr"
	[ $status -eq 1 ] && grep -qF -- "$1" "$work/stderr"
}
check "a picture without height" rejects 'a line is "7"; it must have a width and a height' '7\n'
check "a picture of width 0" rejects 'a line is "0 7"' '0 7\n'
check "a picture that is too large" rejects 'a line is "1 4097"' '1 4097\n'
check "a negative width" rejects 'a line is "-1 5"' '-1 5\n'
check "a line with more" rejects 'a line is "1 5 x"' '1 5 x\n'
check "the input ends within a line" rejects 'ends within a line' '1 5\n6 '
long=$(head -c 100 /dev/zero | tr '\000' ' ')
check "a line that is too long" rejects 'more than' "$long\n"
good_pictures_are_served()
{
	rejects 'a line is "x"' '3 4\nx\n5 6\n' && [ "$(sort "$work/stdout")" = "3 x 4${newline}5 x 6" ]
}
check "what is right around what is wrong" good_pictures_are_served
check "a file as input" refuses 'must be a pipe, a socket' "$event_loop"
check "an argument too many" refuses 'usage: PROGRAM | 05-event-loop' "$event_loop" x

for threads in 0 1 2 5; do
	AML_DMA_NUM_THREADS=$threads
	export AML_DMA_NUM_THREADS
	for steps in 0 1 2 5 40; do
		check "06-stencil $steps, $threads workers" \
			prints "$steps steps of 4 x 4 blocks: as computed by a plain loop$newline" \
			"$stencil" $steps
	done
done
unset AML_DMA_NUM_THREADS
for steps in '' -1 x 5x 10001; do
	check "06-stencil '$steps'" refuses "STEPS is a number from 0 to 10000, not '$steps'" \
		"$stencil" "$steps"
done

# gathers N: 07-batch prints three lines.
gathers()
{
	limited "$batch" "$1" >"$work/stdout" 2>"$work/stderr" || return 1
	cat "$work/stdout" "$work/stderr"
	[ ! -s "$work/stderr" ] && [ "$(wc -l <"$work/stdout")" -eq 3 ] &&
		grep -q "^$1 records of 40 to 104 bytes, all of them right$" "$work/stdout" &&
		[ "$(grep -cE '^posted (one by one|as a batch): +[0-9]+\.[0-9] ns a record$' \
			"$work/stdout")" -eq 2 ]
}
for threads in 0 1 2; do
	AML_DMA_NUM_THREADS=$threads
	export AML_DMA_NUM_THREADS
	for n in 1 2 33 1000 20000; do
		check "07-batch $n, $threads workers" gathers $n
	done
done
unset AML_DMA_NUM_THREADS
for n in '' 0 -1 x 5x 1000001; do
	check "07-batch '$n'" refuses "COPIES is a number from 1 to 1000000, not '$n'" "$batch" "$n"
done

for program in "$pipeline $work/frames" "$stencil 1" "$batch 10"; do
	full()
	{
		# The program and its argument are two words.
		# shellcheck disable=SC2086
		limited $program >/dev/full 2>"$work/stderr"
		[ $? -eq 1 ] && grep -q 'standard output cannot be written: No space' "$work/stderr"
	}
	[ ! -c /dev/full ] || check "a full disk: $program" full
	many_workers()
	{
		# shellcheck disable=SC2086
		limited env AML_DMA_NUM_THREADS=many $program 2>"$work/stderr" >"$work/stdout"
		[ $? -eq 1 ] && grep -q 'aml_init: .*; is AML_DMA_NUM_THREADS a number?' "$work/stderr"
	}
	check "a wrong number of workers: $program" many_workers
done

summary
