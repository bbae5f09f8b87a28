#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# aml-dma explain: its plans are those that were computed by hand for these layouts, and its errors
# say what does not match. test_layout_text.c has the errors in the text of a layout.
# shellcheck source=tests/tools/lib.sh
. "$srcdir/tests/tools/lib.sh"

explains()
{
	expression=$1
	shift
	finds "$expression" explain "$@"
}

check "--src is missing" refuses "--src is missing" explain
check "--src is wrong" refuses "--src '4:f63': 'f63' is not a type: did you mean 'f64'?" \
	explain --src 4:f63
check "--dst is wrong" refuses "--dst '4:f64/slice=0:9': slice: '0:9' is not within the extent 4" \
	explain --src 4:f64 --dst 4:f64/slice=0:9
check "other extents" refuses \
	"dimension 1 of the destination has 5 elements, dimension 1 of the source 4" \
	explain --src 3x4:f64 --dst 3x5:f64
check "other orders" refuses "the orders differ, so native coordinates count" \
	explain --src 3x4:f64 --dst 3x4:f64/order=column
check "other numbers of dimensions" refuses \
	"the numbers of dimensions differ: 1 in the destination, 2 in the source" \
	explain --src 3x4:f64 --dst 12:f64
check "other elements" refuses "elements of the destination have 4 bytes, of the source 8" \
	explain --src 4:f64 --dst 4:f32
check "a destination of one element" refuses "a step of 0 in the destination" \
	explain --src 4:f64 --dst 4:f64/stride=0
check "a permutation of another length" refuses \
	"--permute '1': one number for each dimension is needed: 2, not 1" explain --src 3x4:f64 --permute 1
check "a permutation with a number twice" refuses \
	"--permute '1,1': each number from 0 to 1 must be there once" \
	explain --src 3x4:f64 --permute 1,1
check "a permutation with a large number" refuses "each number from 0 to 1 must be there once" \
	explain --src 3x4:f64 --permute 0,2
check "a permutation that is no number" refuses "--permute: 'a' is not a number" \
	explain --src 3x4:f64 --permute a,b
check "a permuted destination that does not fit" refuses \
	"dimension 1 of the destination has 4 elements, dimension 0 of the source 3" \
	explain --src 3x4:f64 --permute 1,0 --dst 3x4:f64
no_such_memory()
{
	exits 77 explain --src 1073741824x1048576:u8 --measure && says "not enough free memory"
}
no_such_addresses()
{
	exits 77 explain --src 1073741824x1073741824:u8 && says "addresses here"
}
if $OBJDUMP -f "$tool" | grep -q 'file format elf64'; then
	check "a size that is not there: 77" no_such_memory
	check "addresses that are not there: 77" no_such_addresses
fi
wrong_workers()
{
	AML_DMA_NUM_THREADS=abc exits 2 explain --src 4:f64 && says AML_DMA_NUM_THREADS
}
check "AML_DMA_NUM_THREADS is wrong" wrong_workers
check "text for people" prints "plan         flat, 19200 bytes" explain --src 60x40:f64
check "nothing is known of the rate" prints "rate         unknown: nothing was learnt" \
	explain --src 6x4:f64
check "a note on orders" prints "so this does not transpose" \
	explain --src 3x4:f64 --dst 4x3:f64/order=column

# The documents name each key, and their examples work. A measurement is left out.
documents_name_keys()
{
	[ "${AML_TEST_SOURCES-}" != no ] || return 0
	"$tool" explain --help | sed -n 's/^  \([a-z]*\)=.*/\1/p' >"$work/keys"
	[ "$(wc -l <"$work/keys")" -eq 9 ] || return
	while read -r key; do
		grep -q "/$key=" "$srcdir/doc/guide/tool.md" || return
		grep -q "^\.It Cm $key Ns = " "$srcdir/doc/man/aml-dma.1" || return
	done <"$work/keys"
}
examples_work()
{
	[ "${AML_TEST_SOURCES-}" != no ] || return 0
	{
		sed -n 's/^ *\(\.Dl \)\{0,1\}\$ aml-dma \(explain .*\)/\2/p' "$srcdir/doc/guide/tool.md" \
			"$srcdir/doc/man/aml-dma.1"
		sed -n 's/^| `\([0-9][^`]*\)` |.*/explain --src \1/p' "$srcdir/doc/guide/tool.md"
	} | sed 's/ --measure//' >"$work/examples"
	[ "$(wc -l <"$work/examples")" -ge 16 ] || return
	while read -r line; do
		# The words of a command.
		# shellcheck disable=SC2086
		exits 0 $line || return
	done <"$work/examples"
}
check "the documents name each key" documents_name_keys
check "the documents' examples work" examples_work

if ! has_parser; then
	echo "not checked: JSON, because there is no python3"
	summary
fi

# The steps of the loops, as a set: (extent, destination step, source step).
loops='sorted((l["extent"], l["destination_step_bytes"], l["source_step_bytes"]) for l in d["plan"]["loops"])'

check "the schema comes first" explains \
	'list(d)[:2] == ["schema", "command"] and d["schema"] == 1 and d["command"] == "explain"' --src 4:f64
check "both layouts" explains 'd["source"] == {"layout": "3x4:f64/pitch=3,6", "order": "row",
	"element_bytes": 8, "extents": [3, 4], "memory_bytes": 128} and
	d["destination"]["layout"] == "4x3:f64" and d["destination"]["extents"] == [4, 3] and
	d["destination"]["memory_bytes"] == 96 and d["permutation"] == [1, 0]' \
	--src 3x4:f64/pitch=3,6 --permute 1,0
check "contiguous: one run" explains 'd["plan"]["kind"] == "flat" and d["plan"]["run_bytes"] == 9600 and
	d["plan"]["loops"] == [] and d["plan"]["payload_bytes"] == 9600 and d["parts"]["count"] == 1 and
	d["plan"]["kernel"] == "memcpy" and d["plan"]["variant"] is None' --src 60x40:f32
# Rows of 64 doubles are 512 bytes; those of the array are 80 doubles, 640 bytes, apart.
check "a block of rows" explains "d['plan']['kind'] == 'strided' and d['plan']['run_bytes'] == 512 and
	$loops == [(100, 512, 640)] and d['plan']['payload_bytes'] == 51200 and
	d['plan']['kernel'] == 'memcpy'" --src 100x64:f64/pitch=100,80
# Source rows of 48 × 8 bytes, destination rows of 64 × 8.
check "a transpose" explains "d['plan']['kind'] == 'transpose' and d['plan']['run_bytes'] == 8 and
	$loops == [(48, 512, 8), (64, 8, 384)] and d['plan']['payload_bytes'] == 24576" \
	--src 64x48:f64 --permute 1,0
# The same, described by the steps of the destination.
check "a transpose by steps" explains "d['plan']['kind'] == 'transpose' and
	$loops == [(48, 512, 8), (64, 8, 384)]" --src 64x48:f64 --dst 64x48:f64/steps=8,512
check "a transpose by orders" explains "$loops == [(48, 512, 8), (64, 8, 384)]" \
	--src 48x64:f64/order=column/reshape=48x64 --permute 0,1 --dst 48x64:f64
# 20 × 30 × 40 floats: source steps 4800, 160, 4; destination 40 × 30 × 20: 2400, 80, 4.
check "three dimensions reversed" explains "d['plan']['kind'] == 'transpose' and
	$loops == [(20, 4, 4800), (30, 80, 160), (40, 2400, 4)]" --src 20x30x40:f32 --permute 2,1,0
# dst[k][i][j] = src[i][j][k]: i and j, side by side in both, are one loop of 20 × 30.
check "a cyclic permutation" explains "d['destination']['extents'] == [40, 20, 30] and
	$loops == [(40, 2400, 4), (600, 4, 160)]" --src 20x30x40:f32 --permute 2,0,1
# dst[j][i][k] = src[i][j][k]: rows of 40 floats stay.
check "a permutation of rows" explains "d['plan']['kind'] == 'strided' and
	d['destination']['extents'] == [30, 20, 40] and d['plan']['run_bytes'] == 160 and
	$loops == [(20, 160, 4800), (30, 3200, 160)]" --src 20x30x40:f32 --permute 1,0,2
check "backwards" explains "$loops == [(1000, 4, -4)] and d['plan']['run_bytes'] == 4" \
	--src 1000:f32/reverse=0
check "every second row" explains "d['plan']['run_bytes'] == 128 and $loops == [(64, 128, 256)]" \
	--src 128x128:u8/slice=::2,:
check "every third element of a part" explains "$loops == [(200, 8, 24)] and
	d['plan']['payload_bytes'] == 1600" --src 1000:f64/slice=100:700:3
check "scattered elements" explains "$loops == [(500, 64, 8)]" --src 500:f64 --dst 500:f64/stride=8
check "rows that lie backwards" explains "$loops == [(50, 400, -512)] and d['plan']['run_bytes'] == 400" \
	--src 50x100:f32/steps=-512,4
check "one element again and again" explains "$loops == [(1000, 8, 0)] and
	d['plan']['kernel'] == 'repeat'" --src 1000:f64/stride=0
# The layout begins at row 1 and column 2. Its rows of 2400 bytes lie in rows of 2560.
check "a pad: boxes" explains 'd["plan"]["kind"] == "boxes" and d["plan"]["payload_bytes"] == 256 * 320 * 8 and
	sum(b["payload_bytes"] for b in d["plan"]["boxes"]) == 256 * 320 * 8 and
	[(b["payload_bytes"], b["run_bytes"], b["loops"]) for b in d["plan"]["boxes"] if not b["neutral"]] ==
	[(480000, 2400, [{"extent": 200, "destination_step_bytes": 2560, "source_step_bytes": 2400}])]' \
	--src 200x300:f64/pad=256x320@1,2
check "a small pad: rows" explains 'd["plan"]["kind"] == "boxes" and [(n["extent"], n["source_extent"], n["source_from"])
	for n in d["plan"]["dimensions"]] == [(24, 20, 3), (12, 10, 1)]' --src 10x20:u8/pad=12x24@1,3
# Rows of 10 elements become rows of 15, with gaps on both sides: 5 elements are contiguous on both.
check "a walk" explains 'd["plan"]["kind"] == "walk" and d["plan"]["run_bytes"] == 20 and
	[(l["extent"], l["destination_step_bytes"]) for l in d["plan"]["destination_loops"]] == [(3, 20), (400, 68)] and
	[(l["extent"], l["source_step_bytes"]) for l in d["plan"]["source_loops"]] == [(2, 20), (600, 44)]' \
	--src 600x10:f32/pitch=600,11/reshape=400x15 --dst 400x15:f32/pitch=400,17
check "element by element" explains 'd["plan"]["kind"] == "deref" and d["plan"]["run_bytes"] == 4 and
	[(n["extent"], n["destination_step_bytes"], n["source_step_bytes"]) for n in d["plan"]["dimensions"]] ==
	[(60, 4, None), (40, 240, None)]' --src 30x70:f32/pad=30x80/reshape=40x60
check "an empty layout" explains 'd["plan"]["kind"] == "empty" and d["plan"]["payload_bytes"] == 0' \
	--src 0x5:f64
check "below 2 MiB: one part" explains 'd["parts"] == {"count": 1, "smallest_bytes": 1048576,
	"largest_bytes": 1048576}' --src 1048576:u8
check "64 MiB: parts of at most 2 MiB" explains 'd["parts"]["count"] >= 32 and
	d["parts"]["largest_bytes"] <= 2 << 20 and
	d["parts"]["smallest_bytes"] * d["parts"]["count"] <= 64 << 20 <=
	d["parts"]["largest_bytes"] * d["parts"]["count"]' --src 16777216:f32
check "the stack is limited" explains 'd["stack"] == {"limit_bytes": 65536, "measured_bytes": None}' \
	--src 4:f64
check "workers" explains 'd["workers"] == 5' --src 4:f64 --workers 5
check "nothing is learnt" explains 'd["learnt"] == {"bytes_per_second_per_worker": None, "samples": 0} and
	d["measured"] is None' --src 64x48:f64 --permute 1,0

# tuned RULES EXPRESSION ARGUMENT…
tuned()
{
	rules=$1
	shift
	(
		AML_DMA_TUNE=$rules
		export AML_DMA_TUNE
		explains "$@"
	)
}
check "a forced variant" tuned flat=stream 'd["plan"]["variant"] == "stream" and
	d["plan"]["choice"] == "forced" and d["plan"]["streams"] and d["plan"]["kernel"] == "stream"' \
	--src 1048576:f64
check "the other one" tuned flat=cached 'd["plan"]["variant"] == "cached" and
	d["plan"]["choice"] == "forced" and not d["plan"]["streams"] and d["plan"]["kernel"] == "memcpy"' \
	--src 1048576:f64
check "the first choice" tuned off 'd["plan"]["choice"] == "first"' --src 33554432:f64

# Each kind is copied, and the result compared, with and without workers.
for case in "4096:f64" "300x200:f32 --permute 1,0" "64x64:u8/steps=-100,1" "50x60:3/pad=64x64@3,4" \
	"7x5x3:f64 --permute 2,0,1 --dst 3x7x5:f64/pitch=4,8,6" "600x10:f32/pitch=600,11/reshape=400x15"; do
	for workers in 0 2; do
		# A case is several words.
		# shellcheck disable=SC2086
		check "measured, $workers workers: $case" explains 'd["measured"]["right"] is True and
			d["measured"]["copies"] >= 3 and 0 < d["measured"]["best_ns"] <= d["measured"]["median_ns"] and
			abs(d["measured"]["best_bytes_per_second"] * d["measured"]["best_ns"] / 1e9 /
			d["plan"]["payload_bytes"] - 1) < 1e-6' \
			--src $case --measure --workers $workers
	done
done
check "elements that share bytes are found" exits 1 explain --src 100:f64 --dst 100:f64/steps=4 --measure
check "a destination with a pad is not compared" explains 'd["measured"]["right"] is None' \
	--src 8x8:f64 --dst 4x4:f64/pad=8x8 --measure

summary
