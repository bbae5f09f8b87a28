#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# aml-dma trace: the numbers and the drawing of traces. The numbers of tests/tools/trace.json were
# computed by hand, from this picture of its 42 us; an f is a flat copy, t a transposition, o an
# operator, and d a copy by deref within the operator:
#
#     main                                 tttttttttt
#     aml-dma/0   ffff ffffffffff    tttttttttt
#     aml-dma/1    ffffffffff ffffffffffffffffffff oddooo
#
# shellcheck source=tests/build/lib.sh
. "$srcdir/tests/build/lib.sh"

tool=$builddir/tools/aml-dma
trace=$srcdir/tests/tools/trace.json

# prints LINE…: the last output has each of these lines, but for spaces.
prints()
{
	sed 's/^ *//; s/  */ /g; s/ $//' "$work/said" >"$work/lines"
	for line; do
		grep -qxF -- "$line" "$work/lines" || {
			echo "this line is missing: $line"
			cat "$work/said"
			return 1
		}
	done
}

sums_up()
{
	limited "$tool" trace "$@" >"$work/said" 2>"$work/errors" && [ ! -s "$work/errors" ]
}

# The place in a message is that of the character after what is wrong.

# refuses STATUS TEXT ARGUMENT…: the command exits with the status, and prints one line with the
# text on stderr, and nothing else.
refuses()
{
	status=$1
	text=$2
	shift 2
	limited "$tool" trace "$@" >"$work/said" 2>"$work/errors"
	[ $? -eq "$status" ] && [ ! -s "$work/said" ] && [ "$(wc -l <"$work/errors")" -eq 1 ] &&
		grep -qF -- "$text" "$work/errors" && return
	cat "$work/said" "$work/errors"
	return 1
}

check "a trace is summed up" sums_up "$trace"
check "the whole" prints "$trace: 9 requests of by_hand in 42.0 us: 214286 a second, 429 MB/s"
check "the counts of each kind" prints \
	"kind requests parts failed cancelled unfinished copied rate" \
	"flat 5 5 0 0 1 10.0 kB 227 MB/s" "transpose 1 2 0 0 0 8.00 kB 533 MB/s" \
	"deref 1 1 0 0 0 16 B 8.00 MB/s" "operator 1 1 1 0 0 0 B -" \
	'tile "7" <&> 1 1 0 1 0 0 B -' "all 9 10 1 1 1 18.0 kB 295 MB/s"
check "the times of each kind" prints \
	"flat 2.00 us 13.0 us 13.0 us 13.0 us 10.0 us 20.0 us 20.0 us 20.0 us" \
	"transpose 10.0 us 10.0 us 10.0 us 10.0 us 15.0 us 15.0 us 15.0 us 15.0 us" \
	"deref 500 ns 500 ns 500 ns 500 ns 2.00 us 2.00 us 2.00 us 2.00 us" \
	"operator 23.0 us 23.0 us 23.0 us 23.0 us 6.50 us 6.50 us 6.50 us 6.50 us" \
	'tile "7" <&> - - - - - - - -' \
	"all 2.00 us 23.0 us 23.0 us 23.0 us 10.0 us 20.0 us 20.0 us 20.0 us"
check "the threads" prints "aml-dma/0 of engine 1 3 24.0 us 57.1 %" \
	"aml-dma/1 of engine 1 4 36.0 us 85.7 %" "main 1 10.0 us 23.8 %"
check "the overlap" prints "0 4.00 us 9.5 %" "1 16.0 us 38.1 %" "2 22.0 us 52.4 %" \
	"0 3.00 us 7.1 %" "1 13.0 us 31.0 %" "2 21.0 us 50.0 %" "3 5.00 us 11.9 %"

# Request i of 200 is queued for i us, and then runs for 2 * i us.
awk 'BEGIN {
	print "[{\"ph\":\"M\",\"name\":\"process_name\",\"pid\":1,\"args\":{\"name\":\"x\"}}"
	for (i = 200; i >= 1; i--) {
		common = "\"cat\":\"request\",\"pid\":1,\"tid\":1,\"id\":\"3." i "\""
		printf ",{\"ph\":\"b\",\"name\":\"flat\",%s,\"ts\":5.0,\"args\":{\"bytes\":3,\"parts\":1}}\n", common
		printf ",{\"ph\":\"n\",\"name\":\"start\",%s,\"ts\":%d}\n", common, 5 + i
		printf ",{\"ph\":\"e\",\"name\":\"flat\",%s,\"ts\":%d.0,\"args\":{\"result\":0}}\n",
			common, 5 + 3 * i
	}
	print "]"
}' >"$work/even.json"
check "200 requests" sums_up "$work/even.json"
check "200 requests: the percentiles" prints \
	"flat 100 us 180 us 198 us 200 us 200 us 360 us 396 us 400 us"

printf '[\n{"ph":"M","name":"process_name","pid":9,"args":{"name":"x"}}\n]\n   \n' >"$work/none.json"
check "a trace without requests" sums_up "$work/none.json"
check "a trace without requests: the whole" prints \
	"$work/none.json: 0 requests of x in 0 ns: 0 a second, 0 B/s"

# The JSON and the drawing, read by parsers that are not ours.
python=$(command -v "${PYTHON:-python3}" || :)
json_has()
{
	sums_up "$@" --json && "$python" - "$work/said" <<'END'
import json, sys
t = json.load(open(sys.argv[1]))
kinds = {k["kind"]: k for k in t["kinds"]}
assert t["schema"] == 1 and t["command"] == "trace" and t["program"] == "by_hand", t
assert t["span_ns"] == 42000 and t["pid"] == 9, t
assert list(kinds) == ["flat", "transpose", "deref", "operator", 'tile "7" <&>'], list(kinds)
assert kinds["flat"]["queued"] == {
    "count": 5, "p50_ns": 2000, "p90_ns": 13000, "p99_ns": 13000, "max_ns": 13000}, kinds
assert kinds["flat"]["run"]["count"] == 4 and kinds["flat"]["copied_bytes"] == 10000, kinds
assert abs(kinds["flat"]["run_bytes_per_second"] - 10000 / 44e-6) < 1, kinds
assert [b["time_ns"] for b in t["workers_busy"]] == [4000, 16000, 22000], t
assert [b["time_ns"] for b in t["threads_busy"]] == [3000, 13000, 21000, 5000], t
assert abs(sum(b["share"] for b in t["threads_busy"]) - 1) < 1e-6, t
assert [(s["name"], s["worker"], s["slices"]) for s in t["threads"]] == [
    ("aml-dma/0 of engine 1", True, 3), ("aml-dma/1 of engine 1", True, 4),
    ("main", False, 1)], t
assert t["all"]["cancelled"] == t["all"]["failed"] == t["all"]["unfinished"] == 1, t
END
}
# draws TEXT…: the drawing is XML, with these texts.
draws()
{
	"$python" - "$work/line.svg" "$@" <<'END'
import sys, xml.etree.ElementTree as tree
texts = [t.text or "" for t in tree.parse(sys.argv[1]).iter()]
for text in sys.argv[2:]:
    assert text in texts, (text, texts)
END
}
cuts()
{
	sums_up --svg "$work/line.svg" --from 0.04 --to 0.0415 "$trace" && draws "flat" "queued" &&
		! grep -q transpose "$work/line.svg"
}
prints_svg()
{
	sums_up --svg - --caption 'a <b> & "c"' "$trace" && mv "$work/said" "$work/line.svg" &&
		draws 'a <b> & "c"' main
}
if [ -n "$python" ]; then
	check "JSON" json_has "$trace"
	check "a drawing" sums_up --svg "$work/line.svg" "$trace"
	check "a drawing: the numbers are printed, too" prints "main 1 10.0 us 23.8 %"
	check "a drawing: its texts" draws "aml-dma/0 of engine 1" "aml-dma/1 of engine 1" main \
		queued flat transpose deref operator 'tile "7" <&>' \
		'tile "7" <&> 1.7, 500 bytes: queued 1.00 us, cancelled' \
		'transpose 1.5, part 1: 10.0 us' "flat 1.4: 20.0 us"
	check "a part of the time is drawn" cuts
	check "the drawing is printed" prints_svg
else
	echo "no Python: the JSON and the drawing are not tested"
fi

check "no request at these times" refuses 1 "no request at these times" --svg "$work/line.svg" \
	--from 1 "$trace"
check "a trace without requests cannot be drawn" refuses 1 "no request at these times" \
	--svg "$work/line.svg" "$work/none.json"
check "a drawing that cannot be written" refuses 1 "No such file" --svg "$work/none/line.svg" \
	"$trace"
[ ! -c /dev/full ] || check "a full disk" refuses 1 "No space left" --svg /dev/full "$trace"

# broken TEXT JSON: a file of this text is refused, with the text in the message.
broken()
{
	printf '%s' "$2" >"$work/broken.json"
	refuses 1 "$work/broken.json: $1" "$work/broken.json"
}
post='{"ph":"b","cat":"request","name":"flat","pid":1,"tid":1,"ts":9.0,"id":"1.1","args":{"bytes":1,"parts":1}}'
start='{"ph":"n","cat":"request","name":"start","pid":1,"tid":1,"ts":9.5,"id":"1.1"}'
end='{"ph":"e","cat":"request","name":"flat","pid":1,"tid":1,"ts":8.0,"id":"1.1","args":{"result":0}}'
slice='{"ph":"X","cat":"request","name":"flat","pid":1,"tid":1,"ts":8.0,"dur":1.0,"args":{"request":"1.1"}}'
check "an empty file" broken "line 1, byte 1: the file is empty" ""
check "no array" broken "line 1, byte 1: '#' where '[' should be" "# README"
check "no event" broken "line 1, byte 2: ']' where '{' should be" "[]"
check "two arrays" broken "line 1, byte $((3 + ${#post})): '[' where the end of the file should be" \
	"[$post][]"
check "another program's trace" broken \
	'line 1, byte 11: an event of phase "B": not a trace of this library' \
	'[{"ph":"B","name":"x","pid":1,"tid":1,"ts":1}]'
check "another category" broken 'line 1, byte 23: an event of category "gpu"' \
	'[{"ph":"b","cat":"gpu","name":"x","pid":1,"tid":1,"ts":1,"id":"1.1"}]'
check "another identifier" broken 'line 1, byte 23: "0x7f" does not name a request' \
	'[{"ph":"b","id":"0x7f"}]'
check "no time" broken 'line 1, byte 70: an event without "ts": not a trace of this library' \
	'[{"ph":"n","cat":"request","name":"start","pid":1,"tid":1,"id":"1.1"}]'
check "a negative time" broken 'line 1, byte 21: the time -3.5' '[{"ph":"n","ts":-3.5}]'
check "two posts" broken "line 2, byte $((4 + 2 * ${#post})): request 1.1 is posted twice" \
	"[$post,
$post]"
check "a start before the post" broken "line 1, byte" "[$start,$post]"
check "a start before the post is named" grep -qF "request 1.1 was not posted" "$work/errors"
check "an end before the start" broken "line 1, byte" "[$post,$start,$end]"
check "an end before the start is named" grep -qF "request 1.1 ends before it begins" "$work/errors"
check "a slice before the start" broken "line 1, byte" "[$post,$start,$slice]"
check "a slice before the start is named" grep -qF "request 1.1 runs before its start" \
	"$work/errors"
check "deep nesting" broken "line 1, byte" \
	"[{\"other\":$(head -c 100000 /dev/zero | tr '\000' '[')"
check "a control character" broken "line 1, byte 4: byte 0x0a where the rest of a string" '[{"
'
check "no file" refuses 1 "No such file" "$work/none"
check "a folder" refuses 1 "Is a directory" "$work"
check "binary data" refuses 1 "where '[' should be" "$tool"

# A trace that is cut at any place is refused, with a place at or before the cut.
cut_anywhere()
{
	size=$(wc -c <"$trace")
	for bytes in $(awk -v n="$size" 'BEGIN { for (i = 1; i < n - 2; i += 137) print i
			print n - 3 }'); do
		head -c "$bytes" "$trace" >"$work/cut.json"
		refuses 1 "$work/cut.json: line " "$work/cut.json" || return 1
		at=$(sed 's/.* byte \([0-9]*\):.*/\1/' "$work/errors")
		if [ "$at" -gt $((bytes + 1)) ]; then
			echo "cut after $bytes bytes:"
			cat "$work/errors"
			return 1
		fi
	done
}
check "cut anywhere" cut_anywhere

check "no argument" refuses 2 "no trace is named"
check "two traces" refuses 2 "only one trace" "$trace" "$trace"
check "a time that is no number" refuses 2 "--from: '1x' is not a number" --svg - --from 1x "$trace"
check "no time to draw" refuses 2 "--to: 1 ms is not after 2 ms" --svg - --from 2 --to 1 "$trace"
check "times without a drawing" refuses 2 "need --svg OUT" --from 1 "$trace"
check "two outputs in one" refuses 2 "need two outputs" --svg - --json "$trace"

summary
