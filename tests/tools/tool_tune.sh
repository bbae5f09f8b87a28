#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# aml-dma tune and aml-dma bench: the file that tune writes is read by programs, both print JSON, and
# refuse what is wrong.
# shellcheck source=tests/tools/lib.sh
. "$srcdir/tests/tools/lib.sh"

file=$work/learnt

# One copy of 2 MiB, which has a choice of variants.
shape="--src 512x512:8 --permute 1,0"

# runs ARGUMENT…: the command succeeds, and prints nothing on stderr.
runs()
{
	exits 0 "$@" && [ ! -s "$work/err" ]
}

# fails STATUS TEXT ARGUMENT…: the command fails, with one line that has the text.
fails()
{
	status=$1
	text=$2
	shift 2
	exits "$status" "$@" && says "$text" && [ ! -s "$work/out" ]
}

said()
{
	for text; do
		grep -qF -- "$text" "$work/out" || {
			cat "$work/out"
			echo "not printed: $text"
			return 1
		}
	done
}

# The library itself reads the file, in another process.
is_loaded()
{
	AML_DMA_TUNE_FILE=$file runs info && said "transpose of 2^21 B"
}

only_one_file()
{
	[ "$(find "$work" -name 'learnt*' | wc -l)" -eq 1 ]
}

# classes N: the file has so many.
classes()
{
	[ "$(sed 1,2d "$file" | wc -l)" -eq "$1" ] && return
	cat "$file"
	return 1
}

# shellcheck disable=SC2086 # the shape is several arguments
tunes()
{
	runs tune --seconds 1 $shape "$@"
}

check "a copy is learnt" tunes --output "$file"
check "the variant is printed" said "512x512:8 permuted 1,0" "first choice" \
	"written: for programs with AML_DMA_TUNE_FILE=$file"
check "the file has its class" classes 1
check "it is loaded" is_loaded
check "no temporary is left" only_one_file
check "another copy is learnt" runs tune --seconds 1 --output "$file" --src 512x512:4/stride=1,2
check "the first one stays" classes 2
check "the variable names the file" env AML_DMA_TUNE_FILE="$file" "$tool" tune --seconds 1 \
	--src 4096x2048:2 --permute 1,0
check "the file has three classes" classes 3
check "AML_DMA_TUNE=off does not matter" env AML_DMA_TUNE=off "$tool" tune --seconds 1 \
	--src 640x640:16 --permute 1,0 --output "$file"
check "the file has four classes" classes 4
check "no file" tunes
check "no file: that is said" said "nothing was written"
printf 'aml-dma-tune 1\nsomething else\n' >"$file"
check "a broken file" tunes --output "$file"
check "it is replaced" classes 1
check "a copy in one way only" runs tune --seconds 1 --src 100:1
check "a copy in one way only: that is said" said "is copied in one way only"

check "a folder that is not there" fails 1 "cannot be written to the folder" tune \
	--output "$work/none/learnt"
printf 'something else\n' >"$work/notes"
check "another file" fails 1 "is not a tuning file, and stays as it is" tune --output "$work/notes"
check "it stays" grep -qx "something else" "$work/notes"
check "no regular file" fails 1 "not a regular file" tune --output "$work"
check "no name" refuses "--output: '' does not name a file" tune --output ""
check "no time" refuses "--seconds: '0' is not a number from 1 to 3600" tune --seconds 0
check "a destination only" refuses "--dst needs --src" tune --dst 8x8:8
check "a wrong layout" refuses "--src 'x'" tune --src x
check "an argument of tune" refuses "only options are expected" tune "$file"

# shellcheck disable=SC2086
check "a copy is measured" runs bench --quick $shape
check "its rate is printed" said "512x512:8 permuted 1,0" "2.10 MB" "memcpy by one thread"
check "the usual copies are measured" runs bench --quick --workers 1
check "their rates are printed" said "synchronous copy" "post and wait" \
	"1000 posts and a barrier" ", 1 workers"
check "a destination with gaps" runs bench --quick --src 100x100:3 --dst 100x100:3/stride=2,2
check "a source with a negative step" runs bench --quick --src 64x64:8/reverse=0
check "a broadcast" runs bench --quick --src 1000x1000:4/steps=0,0
check "an argument of bench" refuses "only options are expected" bench 64x64:8
check "a permutation only" refuses "--permute needs --src" bench --permute 1,0
check "a wrong permutation" refuses "each number from 0 to 1" bench --src 8x8:8 --permute 1,1
check "workers that are no number" refuses "--workers: 'x'" bench --workers x
check "layouts that do not match" refuses "dimension 1 of the destination has 9" bench --src 8x8:8 --dst 8x9:8
check "more memory than there is" fails 77 "memory" bench --src 4000000x4000000:8

if has_parser; then
	# shellcheck disable=SC2086
	check "the JSON of tune" finds "d['schema'] == 1 and d['command'] == 'tune' and
		d['file'] is None and d['workers'] == 1 and len(d['copies']) == 1 and
		all(c['src'] == '512x512:8' and c['permute'] == '1,0' and c['copies'] >= 10 and
			c['kind'] == 'transpose' and c['fastest'] == max(c['variants'],
				key=lambda v: v['bytes_per_second'])['variant'] and
			(c['gain_ratio'] is None or c['gain_ratio'] >= 1) for c in d['copies'])" \
		tune --seconds 1 --workers 1 $shape
	# shellcheck disable=SC2086
	check "the JSON of bench" finds "d['schema'] == 1 and d['command'] == 'bench' and
		d['requests'] == [] and len(d['copies']) == 1 and d['workers'] == 2 and
		all(c['size_bytes'] == 2097152 and c['right'] is True and c['dst'] is None and
			0 < c['best_ns'] <= c['median_ns'] and
			0 < c['memcpy_best_ns'] <= c['memcpy_median_ns'] and
			abs(c['best_bytes_per_second'] * c['best_ns'] / 1e9 / c['size_bytes'] - 1) < 1e-6
			for c in d['copies'])" bench --quick --workers 2 $shape
	check "the JSON of usual copies" finds "len(d['copies']) == 5 and len(d['requests']) == 3 and
		all(c['right'] for c in d['copies'] + d['requests'])" bench --quick
else
	echo "no python3: the JSON is not tested"
fi

summary
