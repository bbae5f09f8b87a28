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
# shellcheck source=tests/tools/lib.sh
. "$srcdir/tests/tools/lib.sh"

trace=$srcdir/tests/tools/trace.json

# has LINE…: the last output has each of these lines, but for spaces.
has()
{
	sed 's/^ *//; s/  */ /g; s/ $//' "$work/out" >"$work/lines"
	for line; do
		grep -qxF -e "$line" "$work/lines" || {
			echo "this line is missing: $line"
			cat "$work/out"
			return 1
		}
	done
}

sums_up()
{
	exits 0 trace "$@" && [ ! -s "$work/err" ]
}

# fails TEXT ARGUMENT…: status 1, and one line with the text.
fails()
{
	text=$1
	shift
	exits 1 trace "$@" && says "$text" && [ ! -s "$work/out" ]
}

# A place in a message is that of the character after what is wrong.

check "a trace is summed up" sums_up "$trace"
check "the whole" has "$trace: 9 requests of by_hand in 42.0 us: 214286 a second, 429 MB/s"
check "the counts of each kind" has \
	"kind requests parts failed cancelled unfinished copied rate" \
	"flat 6 6 0 1 1 10.0 kB 227 MB/s" "transpose 1 2 0 0 0 8.00 kB 533 MB/s" \
	"deref 1 1 0 0 0 16 B 8.00 MB/s" "operator 1 1 1 0 0 0 B -" \
	"label requests parts failed cancelled unfinished copied rate" \
	'tile "7" <&> 1 1 0 1 0 0 B -' "all 9 10 1 1 1 18.0 kB 295 MB/s"
check "the times of each kind" has \
	"flat 2.00 us 13.0 us 13.0 us 13.0 us 10.0 us 20.0 us 20.0 us 20.0 us" \
	"transpose 10.0 us 10.0 us 10.0 us 10.0 us 15.0 us 15.0 us 15.0 us 15.0 us" \
	"deref 500 ns 500 ns 500 ns 500 ns 2.00 us 2.00 us 2.00 us 2.00 us" \
	"operator 23.0 us 23.0 us 23.0 us 23.0 us 6.50 us 6.50 us 6.50 us 6.50 us" \
	'tile "7" <&> - - - - - - - -' \
	"all 2.00 us 23.0 us 23.0 us 23.0 us 10.0 us 20.0 us 20.0 us 20.0 us"
check "the threads" has "aml-dma/0 of engine 1 3 24.0 us 57.1 %" \
	"aml-dma/1 of engine 1 4 36.0 us 85.7 %" "main 1 10.0 us 23.8 %"
check "the overlap" has "0 4.00 us 9.5 %" "1 16.0 us 38.1 %" "2 22.0 us 52.4 %" \
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
check "200 requests: the percentiles" has \
	"flat 100 us 180 us 198 us 200 us 200 us 360 us 396 us 400 us"

printf '[\n{"ph":"M","name":"process_name","pid":9,"args":{"name":"x"}}\n]\n   \n' >"$work/none.json"
check "a trace without requests" sums_up "$work/none.json"
check "a trace without requests: the whole" has \
	"$work/none.json: 0 requests of x in 0 ns: 0 a second, 0 B/s"

# The JSON and the drawing, read by parsers that are not ours.
json_has()
{
	sums_up "$@" --json && "$parser" - "$work/out" <<'END'
import json, sys
t = json.load(open(sys.argv[1]))
kinds = {k["kind"]: k for k in t["kinds"]}
assert t["schema"] == 1 and t["command"] == "trace" and t["program"] == "by_hand", t
assert t["span_ns"] == 42000 and t["pid"] == 9, t
assert list(kinds) == ["flat", "transpose", "deref", "operator"], list(kinds)
assert [(l["label"], l["requests"], l["cancelled"], l["queued"], l["run"]) for l in t["labels"]] == [
    ('tile "7" <&>', 1, 1, {"count": 0}, {"count": 0})], t["labels"]
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
