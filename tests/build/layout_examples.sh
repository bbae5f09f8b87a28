#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Run those programs of doc/examples that show pads, reshapes, operators, layouts, engines and
# schedulers, and compare their output with that of awk, wc and sort.
# shellcheck source=tests/build/lib.sh
. "$srcdir/tests/build/lib.sh"
# shellcheck source=tests/build/programs_lib.sh
. "$srcdir/tests/build/programs_lib.sh"

blur=$builddir/doc/examples/08-blur
tiles=$builddir/doc/examples/09-tiles
packed=$builddir/doc/examples/10-packed
words=$builddir/doc/examples/11-words
sort=$builddir/doc/examples/12-sort

# make_picture WIDTH HEIGHT: make $work/input, a picture, and $work/pixels, its pixels as numbers.
make_picture()
{
	awk -v n=$(($1 * $2)) 'BEGIN { for (i = 0; i < n; i++) print (i * i + 7 * i) % 251 }' >"$work/pixels"
	printf 'P5\n%d %d\n255\n' "$1" "$2" >"$work/input"
	while read -r pixel; do
		# The format is an octal escape.
		# shellcheck disable=SC2059
		printf "\\$(printf %03o "$pixel")"
	done <"$work/pixels" >>"$work/input"
}

# blurs WIDTH HEIGHT: 08-blur makes the picture that awk computes.
blurs()
{
	limited "$blur" <"$work/input" >"$work/output.pgm" 2>"$work/stderr" || return 1
	[ ! -s "$work/stderr" ] && [ "$(head -n 3 "$work/output.pgm" | tr '\n' ' ')" = "P5 $1 $2 255 " ] || return 1
	awk -v w="$1" -v h="$2" '
		{ pixel[NR - 1] = $1 }
		function at(x, y) { return x < 0 || y < 0 || x >= w || y >= h ? 0 : pixel[y * w + x] }
		END {
			for (y = 0; y < h; y++)
				for (x = 0; x < w; x++) {
					sum = 0
					for (i = 0; i < 9; i++)
						sum += at(x - 1 + i % 3, y - 1 + int(i / 3))
					print int(sum / 9)
				}
		}' "$work/pixels" >"$work/expected"
	tail -c $(($1 * $2)) "$work/output.pgm" | od -An -v -tu1 | tr -s ' ' '\n' | sed '/^$/d' |
		diff - "$work/expected"
}

for size in '1 1' '3 2' '7 33' '40 70'; do
	# The size is two words.
	# shellcheck disable=SC2086
	make_picture $size
	for threads in 0 1 2; do
		AML_DMA_NUM_THREADS=$threads
		export AML_DMA_NUM_THREADS
		# shellcheck disable=SC2086
		check "08-blur $size, $threads workers" blurs $size
	done
done
unset AML_DMA_NUM_THREADS
printf 'P5 2 2 255 abc' >"$work/input"
check "08-blur, a truncated picture" refuses 'standard input: truncated' "$blur"
printf 'P2 2 2 255 1 2 3 4' >"$work/input"
check "08-blur, another kind of picture" refuses 'no binary PGM picture' "$blur"
printf 'P5 0 2 255 ' >"$work/input"
check "08-blur, a picture without pixels" refuses 'no pixels' "$blur"
check "08-blur, an argument" refuses 'usage: 08-blur' "$blur" x
: >"$work/input"

# print_tiles ROWS COLUMNS TILE: what 09-tiles prints for a matrix of 1, 2, 3 …
print_tiles()
{
	awk -v rows="$1" -v columns="$2" -v tile="$3" 'BEGIN {
		for (i = 0; i < rows; i += tile)
			for (k = 0; k < columns; k += tile) {
				printf "tile %d:\n", tiles++
				for (y = i; y < i + tile; y++) {
					for (x = k; x < k + tile; x++)
						printf "%4d", x < columns && y < rows ? y * columns + x + 1 : 0
					print ""
				}
			}
		printf "%d tiles, there and back\n.", tiles
	}'
}

for threads in 0 1 2; do
	AML_DMA_NUM_THREADS=$threads
	export AML_DMA_NUM_THREADS
	for shape in '6 5 3' '6 6 3' '1 1 1' '4 6 2' '3 3 4' '16 16 5'; do
		# The command substitution would remove the last end of line.
		# shellcheck disable=SC2086
		expected=$(print_tiles $shape)
		# shellcheck disable=SC2086
		check "09-tiles $shape, $threads workers" prints "${expected%.}" "$tiles" $shape
	done
	check "09-tiles, a large matrix, $threads workers" prints "4154 tiles, there and back
" "$tiles" 1200 1111 18
done
unset AML_DMA_NUM_THREADS
expected=$(print_tiles 6 5 3)
check "09-tiles without arguments" prints "${expected%.}" "$tiles"
for arguments in '1' '1 2' '0 1 1' '1 x 1' '1 1 -1' '10001 1 1' '1 2 3 4'; do
	# The arguments are several words.
	# shellcheck disable=SC2086
	check "09-tiles $arguments" refuses 'usage: 09-tiles' "$tiles" $arguments
done

# print_symmetric N: what 10-packed prints.
print_symmetric()
{
	awk -v n="$1" 'BEGIN {
		printf "from: layout: packed, %d x %d\n", n, n
		for (i = 0; n <= 10 && i < n; i++) {
			for (k = 0; k < n; k++) {
				row = i > k ? i : k
				printf "%4d", row * (row + 1) / 2 + i + k - row + 1
			}
			print ""
		}
		printf "%d elements of %d stored ones\n.", n * n, n * (n + 1) / 2
	}'
}

for threads in 0 1 2; do
	AML_DMA_NUM_THREADS=$threads
	export AML_DMA_NUM_THREADS
	for n in 1 2 5 10 11 300; do
		expected=$(print_symmetric $n)
		check "10-packed $n, $threads workers" prints "${expected%.}" "$packed" $n
	done
done
unset AML_DMA_NUM_THREADS
for argument in '' 0 -1 5x 5001; do
	check "10-packed '$argument'" refuses 'usage: 10-packed' "$packed" "$argument"
done

# counts WORKERS: 11-words counts as wc does.
counts()
{
	limited "$words" "$1" <"$work/input" >"$work/stdout" 2>"$work/stderr" || return 1
	[ ! -s "$work/stderr" ] && [ "$(cat "$work/stdout")" -eq "$(wc -w <"$work/input")" ]
}

# sorts WORKERS: 12-sort sorts as sort does.
sorts()
{
	limited "$sort" "$1" <"$work/input" >"$work/stdout" 2>"$work/stderr" || return 1
	[ ! -s "$work/stderr" ] && sort "$work/input" | cmp - "$work/stdout"
}

# The words of the long text lie across the ends of blocks.
cat "$srcdir"/src/dma/*.c "$srcdir"/src/plan/*.c >"$work/long"
for text in /dev/null "$srcdir/NEWS" "$work/long"; do
	cp "$text" "$work/input"
	for workers in 0 1 2 5; do
		check "11-words, ${text##*/}, $workers workers" counts $workers
		check "12-sort, ${text##*/}, $workers workers" sorts $workers
	done
done
printf 'b\n\na\nb' >"$work/input"
check "12-sort, the last line does not end" prints '
a
b
b
' "$sort"
check "11-words, the last word does not end" prints '3
' "$words"
for argument in '' -1 5x 65; do
	check "11-words '$argument'" refuses 'usage: 11-words' "$words" "$argument"
	check "12-sort '$argument'" refuses 'usage: 12-sort' "$sort" "$argument"
done

printf 'P5 1 1 255 x' >"$work/input"
for program in "$blur" "$tiles" "$packed" "$words" "$sort"; do
	full()
	{
		limited "$program" <"$work/input" >/dev/full 2>"$work/stderr"
		[ $? -eq 1 ] && grep -q 'standard output cannot be written: No space' "$work/stderr"
	}
	[ ! -c /dev/full ] || check "a full disk: ${program##*/}" full
done
for program in "$blur" "$tiles" "$packed"; do
	many_workers()
	{
		limited env AML_DMA_NUM_THREADS=many "$program" <"$work/input" 2>"$work/stderr" >"$work/stdout"
		[ $? -eq 1 ] && grep -q 'aml_init: .*is AML_DMA_NUM_THREADS a number?' "$work/stderr"
	}
	check "a wrong number of workers: ${program##*/}" many_workers
done

summary
