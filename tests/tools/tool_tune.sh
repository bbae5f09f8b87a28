#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# aml-dma tune and aml-dma bench: the file that tune writes is read by programs, both print JSON, and
# refuse what is wrong.
# shellcheck source=tests/build/lib.sh
. "$srcdir/tests/build/lib.sh"

tool=$builddir/tools/aml-dma
file=$work/learnt
python=$(command -v "${PYTHON:-python3}" || :)
unset AML_DMA_TUNE AML_DMA_TUNE_FILE AML_DMA_NUM_THREADS

# One copy of 2 MiB, which has a choice of variants.
shape="--src 512x512:8 --permute 1,0"

# runs ARGUMENT…: the command succeeds, and prints nothing on stderr.
runs()
{
	limited "$tool" "$@" >"$work/said" 2>"$work/errors" && [ ! -s "$work/errors" ] && return
	cat "$work/said" "$work/errors"
	return 1
}

# refuses STATUS TEXT ARGUMENT…: the command exits with the status, and prints one line with the
# text on stderr, and nothing else.
refuses()
{
	status=$1
	text=$2
	shift 2
	limited "$tool" "$@" >"$work/said" 2>"$work/errors"
	[ $? -eq "$status" ] && [ ! -s "$work/said" ] && [ "$(wc -l <"$work/errors")" -eq 1 ] &&
		grep -qF -- "$text" "$work/errors" && return
	cat "$work/said" "$work/errors"
	return 1
}

said()
{
	for text; do
		grep -qF -- "$text" "$work/said" || {
			cat "$work/said"
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

# json CODE ARGUMENT…: the command prints JSON t, for which the code holds.
json()
{
	code=$1
	shift
	runs "$@" --json && "$python" -c "
import json, sys
t = json.load(open(sys.argv[1]))
assert t['schema'] == 1 and t['command'] == sys.argv[2], t
$code" "$work/said" "$1"
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
printf 'something else\n' >"$file"
check "a broken file" tunes --output "$file"
check "it is replaced" classes 1
check "a copy in one way only" runs tune --seconds 1 --src 100:1
check "a copy in one way only: that is said" said "is copied in one way only"

check "a folder that is not there" refuses 1 "cannot be written to the folder" tune \
	--output "$work/none/learnt"
check "no regular file" refuses 1 "not a regular file" tune --output "$work"
check "no name" refuses 2 "--output: '' does not name a file" tune --output ""
check "no time" refuses 2 "--seconds: '0' is not a number from 1 to 3600" tune --seconds 0
check "a destination only" refuses 2 "--dst needs --src" tune --dst 8x8:8
check "a wrong layout" refuses 2 "--src 'x'" tune --src x
check "an argument of tune" refuses 2 "only options are expected" tune "$file"

# shellcheck disable=SC2086
check "a copy is measured" runs bench --quick $shape
check "its rate is printed" said "512x512:8 permuted 1,0" "2.10 MB" "memcpy by one thread"
check "the usual copies are measured" runs bench --quick --workers 1
check "their rates are printed" said "synchronous copy" "post and wait" \
	"1000 posts and a barrier" ", 1 workers"
check "a destination with gaps" runs bench --quick --src 100x100:3 --dst 100x100:3/stride=2,2
check "a source with a negative step" runs bench --quick --src 64x64:8/reverse=0
check "a broadcast" runs bench --quick --src 1000x1000:4/steps=0,0
check "an argument of bench" refuses 2 "only options are expected" bench 64x64:8
check "a permutation only" refuses 2 "--permute needs --src" bench --permute 1,0
check "a wrong permutation" refuses 2 "each number from 0 to 1" bench --src 8x8:8 --permute 1,1
check "workers that are no number" refuses 2 "--workers: 'x'" bench --workers x
check "layouts that do not match" refuses 2 "native dimension" bench --src 8x8:8 --dst 8x9:8
check "more memory than there is" refuses 77 "memory" bench --src 4000000x4000000:8

if [ -n "$python" ]; then
	# shellcheck disable=SC2086
	check "the JSON of tune" json "
c = t['copies'][0]
assert t['file'] is None and t['workers'] == 1 and len(t['copies']) == 1, t
assert c['src'] == '512x512:8' and c['permute'] == '1,0' and c['kind'] == 'transpose', t
assert c['copies'] >= 10 and c['fastest'] in [v['variant'] for v in c['variants']], t
assert c['fastest'] == max(c['variants'], key=lambda v: v['bytes_per_second'])['variant'], t
assert c['gain_ratio'] is None or c['gain_ratio'] >= 1, t
" tune --seconds 1 --workers 1 $shape
	# shellcheck disable=SC2086
	check "the JSON of bench" json "
c = t['copies'][0]
assert t['requests'] == [] and len(t['copies']) == 1 and t['workers'] == 2, t
assert c['size_bytes'] == 2097152 and c['right'] is True and c['dst'] is None, t
assert 0 < c['best_ns'] <= c['median_ns'] and 0 < c['memcpy_best_ns'] <= c['memcpy_median_ns'], t
assert abs(c['best_bytes_per_second'] * c['best_ns'] / 1e9 / c['size_bytes'] - 1) < 1e-6, t
" bench --quick --workers 2 $shape
	check "the JSON of usual copies" json "
assert len(t['copies']) == 5 and len(t['requests']) == 3, t
assert all(c['right'] for c in t['copies'] + t['requests']), t
" bench --quick
else
	echo "no Python: the JSON is not tested"
fi

summary
