#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Run those programs of doc/examples that show conversions, reductions, comparisons and reversed
# layouts, and compare their output with that of awk.
# shellcheck source=tests/build/lib.sh
. "$srcdir/tests/build/lib.sh"
# shellcheck source=tests/build/programs_lib.sh
. "$srcdir/tests/build/programs_lib.sh"

mixed=$builddir/doc/examples/13-mixed-precision
mirror=$builddir/doc/examples/14-mirror
sandpile=$builddir/doc/examples/15-sandpile

# print_errors N: what 13-mixed-precision prints for N numbers. A number from 1 to 1000 is rounded
# to a number of bits: it is scaled to an integer of as many bits, which awk's doubles have.
print_errors()
{
	awk -v n="$1" '
		function rounded(x, bits,    scale, whole, rest) {
			for (scale = 1; x * scale < 2 ^ (bits - 1); scale *= 2)
				;
			for (; x * scale >= 2 ^ bits; scale /= 2)
				;
			whole = int(x * scale)
			rest = x * scale - whole
			if (rest > 0.5 || (rest == 0.5 && whole % 2 == 1))
				whole++
			return whole / scale
		}
		function report(name, bytes, bits,    i, error, largest) {
			for (i = 0; i < n; i++) {
				error = (rounded(x[i], bits) - x[i]) / x[i]
				error = error < 0 ? -error : error
				largest = error > largest ? error : largest
			}
			printf "%s: %d bytes instead of 8, largest relative error %.3e of %.3e\n",
				name, bytes, largest, 2 ^ -bits
		}
		BEGIN {
			for (i = 0; i < n; i++) {
				x[i] = 1 + 999 * (i * 7919 % 2 ^ 24) / 2 ^ 24
				sum += x[i]
			}
			printf "%d doubles, their mean is %.6g\n", n, sum / n
			report("float", 4, 24)
			report("binary16", 2, 11)
			report("bfloat16", 2, 8)
			printf "."
		}'
}

for n in 1 2 1000 70000; do
	expected=$(print_errors $n)
	for threads in 0 1 2; do
		AML_DMA_NUM_THREADS=$threads
		export AML_DMA_NUM_THREADS
		# The command substitution would remove the last end of line.
		check "13-mixed-precision $n, $threads workers" prints "${expected%.}" "$mixed" $n
	done
done
unset AML_DMA_NUM_THREADS
for n in '' 0 -1 x 5x 16777217; do
	check "13-mixed-precision '$n'" refuses 'usage: 13-mixed-precision' "$mixed" "$n"
done

# mirrors: 14-mirror prints its picture, and makes the others of it.
mirrors()
{
	limited "$mirror" >"$work/stdout" 2>"$work/stderr" || return 1
	[ ! -s "$work/stderr" ] || return 1
	awk '
		function reversed(text,    i, out) {
			for (i = length(text); i > 0; i--)
				out = out substr(text, i, 1)
			return out
		}
		/:$/ { pictures++; next }
		pictures == 1 { row[rows++] = $0 }
		END {
			print "the picture:"
			for (i = 0; i < rows; i++)
				print row[i]
			print "mirrored:"
			for (i = 0; i < rows; i++)
				print reversed(row[i])
			print "upside down:"
			for (i = rows - 1; i >= 0; i--)
				print row[i]
			print "half a turn:"
			for (i = rows - 1; i >= 0; i--)
				print reversed(row[i])
		}' "$work/stdout" | diff - "$work/stdout"
}
for threads in 0 1 2; do
	AML_DMA_NUM_THREADS=$threads
	export AML_DMA_NUM_THREADS
	check "14-mirror, $threads workers" mirrors
done
unset AML_DMA_NUM_THREADS
check "14-mirror, an argument" refuses 'usage: 14-mirror' "$mirror" x

# print_sand GRAINS: what 15-sandpile prints. The table is not cut into blocks here.
print_sand()
{
	awk -v grains="$1" 'BEGIN {
		side = 27
		for (y = 1; y <= side; y++)
			for (x = 1; x <= side; x++)
				cell[y, x] = 0
		cell[14, 14] = grains
		for (steps = 0; ; steps++) {
			changed = 0
			for (y = 1; y <= side; y++)
				for (x = 1; x <= side; x++) {
					quarter[y, x] = int(cell[y, x] / 4)
					changed += quarter[y, x]
				}
			if (!changed)
				break
			for (y = 1; y <= side; y++)
				for (x = 1; x <= side; x++)
					cell[y, x] += quarter[y - 1, x] + quarter[y + 1, x] + \
						quarter[y, x - 1] + quarter[y, x + 1] - 4 * quarter[y, x]
		}
		printf "after %d steps:\n", steps
		for (y = 1; y <= side; y++) {
			line = ""
			for (x = 1; x <= side; x++)
				line = line substr(" .o#", cell[y, x] + 1, 1)
			print line
		}
		printf "."
	}'
}
for grains in 0 3 4 1000 5000; do
	expected=$(print_sand $grains)
	for threads in 0 1 2; do
		AML_DMA_NUM_THREADS=$threads
		export AML_DMA_NUM_THREADS
		check "15-sandpile $grains, $threads workers" prints "${expected%.}" "$sandpile" $grains
	done
done
unset AML_DMA_NUM_THREADS
for grains in '' -1 x 5x 5001; do
	check "15-sandpile '$grains'" refuses 'usage: 15-sandpile' "$sandpile" "$grains"
done

for program in "$mixed" "$mirror" "$sandpile"; do
	full()
	{
		limited "$program" >/dev/full 2>"$work/stderr"
		[ $? -eq 1 ] && grep -q 'standard output cannot be written: No space' "$work/stderr"
	}
	[ ! -c /dev/full ] || check "a full disk: ${program##*/}" full
	many_workers()
	{
		limited env AML_DMA_NUM_THREADS=many "$program" 2>"$work/stderr" >"$work/stdout"
		[ $? -eq 1 ] && grep -q 'aml_init: .*is AML_DMA_NUM_THREADS a number?' "$work/stderr"
	}
	check "a wrong number of workers: ${program##*/}" many_workers
done

summary
