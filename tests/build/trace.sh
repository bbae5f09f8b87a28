#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Test traces and static probes. The program tests/trace/acts makes traces of everything that can be
# traced. The program tests/trace/reader, which does not use the library, checks the traces.
# Contract: ENV-3, OPERATOR-6, POST-6, TRACE-1, TRACE-2, TRACE-3, TRACE-4, TRACE-5, TRACE-6,
# TRACE-7, TRACE-8, TRACE-9.
# shellcheck source=tests/build/lib.sh
. "$srcdir/tests/build/lib.sh"

acts=$builddir/tests/trace/acts
reader=$builddir/tests/trace/reader
trace=$work/trace.json

# act NAME ARGUMENT…: run this act with a trace. It succeeds and prints nothing.
act()
{
	rm -f "$trace"
	options=${ASAN_OPTIONS-}
	# Leaks cannot be detected in a child that exits, because the parent's threads are missing.
	[ "$1" != fork ] || options=$options:detect_leaks=0
	ASAN_OPTIONS=$options AML_DMA_TRACE=$trace limited "$acts" "$@" >"$work/said" 2>&1
	status=$?
	cat "$work/said"
	[ "$status" -eq 0 ] && [ ! -s "$work/said" ]
}

# has LINE…: the reader accepts the trace, and prints each of these lines, "what: number".
has()
{
	"$reader" "$trace" >"$work/read" || return 1
	for line; do
		if ! grep -qxF "$line" "$work/read"; then
			echo "this line is missing: $line"
			cat "$work/read"
			return 1
		fi
	done
}

# number WHAT: the number of WHAT in the trace.
number()
{
	sed -n "s/^$1: //p" "$work/read"
}

# has_at_least WHAT N: the trace has at least N of WHAT.
has_at_least()
{
	has && [ "$(number "$1")" -ge "$2" ]
}

# labelled NAME N: N slices of requests have this name, as the trace writes it.
labelled()
{
	grep -F "\"$1\"" "$trace"
	[ "$(grep -cF "\"$1\"" "$trace")" -ge "$2" ]
}

for workers in 0 1 2; do
	w="with $workers workers"
	check "every kind, $w" act kinds $workers
	check "every kind, $w: the trace" has "requests: 17" "started: 17" "finished: 17" \
		"failed: 1" "cancelled: 0" "nested: 0" "workers: $workers" "flat: 2" "strided: 2" \
		"transpose: 2" "walk: 2" "boxes: 2" "deref: 2" "empty: 2" "operator: 3" \
		"slices: 17" "bytes: $((4 * 2 * (5 * 480 + 783)))"
	check "every operator, $w" act operators $workers
	check "every operator, $w: the trace" has "requests: 12" "finished: 12" \
		"slices: 12" "transform: 2" "copy_user: 2" "fill: 2" "compare: 2" "convert: 2" \
		"reduce: 2" "bytes: $((4 * 12 * 480))"
	check "operators that post and wait, $w" act nested $workers
	check "operators that post and wait, $w: the trace" has "requests: 160" "finished: 160" \
		"slices: 160" "operator: 160" "cancelled: 0"
	check "operators that post and wait, $w: slices within slices" has_at_least nested 1
	check "cancelled, $w" act cancel $workers
	check "cancelled, $w: the trace" has "requests: $((20 + workers))" "cancelled: 10" \
		"started: $((10 + workers))" "finished: $((10 + workers))" "flat: 20"
	check "large copies, $w" act divisible $workers
	check "large copies, $w: the trace" has "requests: 16" "parts: $((16 * 22))" "flat: 16" \
		"bytes: $((16 * 8388608))"
	check "large copies, $w: all have an end" \
		[ "$(number finished)" -eq $((16 - $(number cancelled))) ]
	check "large copies, $w: the parts are slices" [ "$(number slices)" -ge 128 ]
	check "a program's own threads, $w" act threads $workers
	check "a program's own threads, $w: the trace" has "requests: 400" "finished: 400"
	check "more than a buffer, $w" act many $workers
	check "more than a buffer, $w: the trace" has "requests: 5000" "finished: 5000" \
		"slices: 5000" "bytes: 320000"
	check "labels, $w" act labels $workers
	check "labels, $w: the trace" has "requests: 5" "finished: 5" "labelled: 5"
	check "labels, $w: a label is the name" labelled 'tile 7' 2
	check "labels, $w: it is escaped" labelled 'a \"b\" \\ \u000a' 1
	check "labels, $w: the kind is an argument" grep -qF '"kind":"operator"' "$trace"
	check "labels, $w: it is cut" labelled "$(head -c 63 /dev/zero | tr '\000' x)" 1
	check "exit without aml_finalize, $w" act exit $workers
	check "exit without aml_finalize, $w: the trace" has "requests: 500" "flat: 500" \
		"cancelled: 0"
	check "exit with threads at work, $w" act running $workers
	check "exit with threads at work, $w: the trace" has_at_least requests 300
	check "a fork, $w" act fork $workers
	check "a fork, $w: the trace is the parent's" has "requests: 30" "finished: 30"
	dies()
	{
		! act killed $workers
	}
	check "killed, $w" dies
	check "killed, $w: the trace is whole" has_at_least requests 4000
done

# The file is valid wherever a write is interrupted.
rounds=30
[ -z "${AML_TEST_LONG-}" ] || rounds=250
end_at_random()
{
	# ThreadSanitizer's _exit() sleeps for a second by default.
	TSAN_OPTIONS=${TSAN_OPTIONS-}:atexit_sleep_ms=0 \
		"$builddir/tests/trace/kills" "$trace" "$reader" "$rounds" "$1"
}
for workers in 0 2; do
	check "ended at random moments, with $workers workers" end_at_random $workers
done

check "before main()" env ACTS_EARLY=1 AML_DMA_TRACE="$trace" "$acts" none 1
check "before main(): the trace" has "requests: 3" "finished: 3"

# The program closes the descriptor of the trace, and opens its own file under the same number.
check "descriptors closed by the program" act closed 1 "$work/own"
check "descriptors closed by the program: the trace is whole" has_at_least requests 1000
its_own()
{
	echo mine | cmp - "$work/own"
}
check "descriptors closed by the program: its file is unchanged" its_own

# The system refuses one of the calls that replace the end of the JSON array in one step.
for call in open mmap process_vm_readv; do
	if "$acts" refused 1 $call >/dev/null 2>&1; then
		check "$call is refused" act refused 1 $call
		check "$call is refused: the trace" has "requests: 5000" "finished: 5000"
	else
		echo "calls cannot be refused here: a refused $call is not tested"
	fi
done

check "a file that others cut while it is written" act truncated 1 "$trace"

# Without standard output, printed text is lost. It does not go into the trace.
without_output()
{
	rm -f "$trace"
	AML_DMA_TRACE=$trace limited "$acts" print 1 >&-
}
check "without standard output" without_output
check "without standard output: the trace" has "requests: 100" "finished: 100"

# The unit of ulimit -f is 512 or 1024 bytes, depending on the shell.
limited_file()
{
	rm -f "$trace"
	(
		ulimit -f 200 && AML_DMA_TRACE=$trace limited "$acts" many 1
	)
}
check "a file that may not grow" limited_file
check "a file that may not grow: the trace is whole" has_at_least requests 100

# A disk of 200 KiB in a mount namespace, if the system allows one.
mkdir "$work/disk"
# shellcheck disable=SC2016 # the inner shell expands the variables
fills='mount -t tmpfs -o size=200k none "$1/disk" && AML_DMA_TRACE=$1/disk/trace.json "$2" many 1 &&
	cp "$1/disk/trace.json" "$3"'
full_disk()
{
	rm -f "$trace"
	limited unshare -rm sh -c "$fills" - "$work" "$acts" "$trace" && has_at_least requests 300 &&
		[ "$(number requests)" -lt 5000 ]
}
if unshare -rm mount -t tmpfs none "$work/disk" >/dev/null 2>&1; then
	check "a disk that becomes full: the trace is whole" full_disk
else
	echo "no disk in a mount namespace (unshare, mount): a disk that becomes full is not tested"
fi

# If the trace cannot be written, the program works as without a trace.
goes_on()
{
	AML_DMA_TRACE=$1 AML_DMA_STATS='' limited "$acts" print 1 >"$work/said" 2>&1
	status=$?
	cat "$work/said"
	[ "$status" -eq 0 ] && grep -q '^  trace: not written: ' "$work/said"
}
check "a missing folder" goes_on "$work/none/trace.json"
check "a folder in the place of the file" goes_on "$work"
mkfifo "$work/pipe"
check "a pipe that nobody reads" goes_on "$work/pipe"
[ ! -c /dev/full ] || check "a full disk" goes_on /dev/full

taken()
{
	rm -f "$trace"
	: >"$trace"
	flock -n "$trace" env AML_DMA_TRACE="$trace" "$acts" print 1 >"$work/said" &&
		grep -q '^  trace: not written: ' "$work/said" && [ ! -s "$trace" ]
}
! command -v flock >/dev/null 2>&1 || check "another process writes to the file" taken

# aml_dma_fprintf() prints times and the state of the trace, if the environment asks for them.
tells()
{
	env "$@" "$acts" print 1 >"$work/said" 2>&1 || return 1
	cat "$work/said"
	grep -q '^  time queued: p50 below [0-9.]* [num]*s, p99 below [0-9.]* [num]*s$' \
		"$work/said" &&
		grep -q '^  time run: p50 below ' "$work/said" &&
		# Each request is in both histograms.
		[ "$(awk '/^    below / { n += $NF } END { print n }' "$work/said")" -eq 200 ]
}
unset AML_DMA_TRACE AML_DMA_STATS
check "AML_DMA_STATS=1" tells AML_DMA_STATS=1
check "a trace has the times too" tells AML_DMA_TRACE="$trace"
check "the state of the trace is printed" grep -qx '  trace: being written' "$work/said"
silent()
{
	"$acts" print 1 >"$work/said" && [ "$(wc -l <"$work/said")" -eq 8 ] &&
		! grep -q 'time\|trace' "$work/said"
}
check "without the variables, neither is printed" silent

# The command reads what the library writes, and the script draws by the command.
summed_up()
{
	AML_DMA_TRACE=$trace "$acts" "$1" 2 && "$builddir/tools/aml-dma" trace "$trace" >"$work/said" ||
		return 1
	shift
	tr -s ' ' <"$work/said" >"$work/lines"
	for line; do
		grep -q "^ $line " "$work/lines" || {
			cat "$work/said"
			echo "no line: $line"
			return 1
		}
	done
}
draws()
{
	AML_DMA_TRACE=$trace "$acts" kinds 1 &&
		PATH=$builddir/tools:$PATH "$srcdir/doc/timeline" "$@" "$trace" >"$work/line.svg" ||
		return 1
	for text in '<svg' '</svg>' aml-dma/0 queued flat strided transpose walk boxes deref operator; do
		grep -qF "$text" "$work/line.svg" || {
			echo "no $text"
			return 1
		}
	done
}
does_not_draw()
{
	! PATH=$builddir/tools:$PATH "$srcdir/doc/timeline" "$@" >"$work/line.svg" 2>"$work/said" &&
		[ -s "$work/said" ] && [ ! -s "$work/line.svg" ]
}
check "every kind is summed up" summed_up kinds "all 17 17 1 0 0" "operator 3 3 1 0 0" \
	"flat 2 2 0 0 0" "deref 2 2 0 0 0"
check "cancelled requests are summed up" summed_up cancel "flat 20 20 0 10 0"
check "nested requests are summed up" summed_up nested "operator 160 160 0 0 0"
check "parts are summed up" summed_up divisible "flat 16 352 0"
check "a trace is drawn" draws
check "a part of a trace is drawn" draws -f 0 -t 1000000 -c 'a caption'
check "no file to draw" does_not_draw "$work/none"
check "a file that is no trace" does_not_draw "$srcdir/README.md"
check "times without requests" does_not_draw -f 1000000 "$trace"
check "a time that is not a number" does_not_draw -f 1x "$trace"
check "no argument" does_not_draw

# Test the probes if the library was configured with them.
probes()
{
	readelf -n "$library" >"$work/notes" 2>&1 || return 1
	for name in post start finish cancel; do
		awk -v name="$name" '
			/Provider: aml_dma/ { mine = 1; next }
			mine && $1 == "Name:" { found = $2 == name; mine = 0; next }
			/Arguments:/ && found { exit !(NF == 3) }
			END { exit !found }' "$work/notes" || return 1
	done
}
library=$builddir/.libs/libaml-dma.so
if [ -n "$SDT_CPPFLAGS" ] && [ -f "$library" ] && command -v readelf >/dev/null 2>&1; then
	check "the probes post, start, finish, cancel have two arguments" probes
else
	echo "no sys/sdt.h, no shared library or no readelf: the probes are not tested"
fi

summary
