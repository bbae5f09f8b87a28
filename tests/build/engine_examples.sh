#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Run those programs of doc/examples that show engines over engines.
# shellcheck source=tests/build/lib.sh
. "$srcdir/tests/build/lib.sh"
# shellcheck source=tests/build/programs_lib.sh
. "$srcdir/tests/build/programs_lib.sh"

nodes=$builddir/doc/examples/16-nodes

for size in 1 3 20; do
	for threads in 0 1 3; do
		AML_DMA_NUM_THREADS=$threads
		export AML_DMA_NUM_THREADS
		check "16-nodes $size, $threads workers" prints "8 blocks of $((16 * size)) rows: the copy is equal
" "$nodes" $size
	done
done
unset AML_DMA_NUM_THREADS
check "16-nodes" prints "8 blocks of 1024 rows: the copy is equal
" "$nodes"
for size in '' 0 -1 x 5x 4097; do
	check "16-nodes '$size'" refuses 'usage: 16-nodes' "$nodes" "$size"
done

full()
{
	limited "$nodes" 1 >/dev/full 2>"$work/stderr"
	[ $? -eq 1 ] && grep -q 'standard output cannot be written: No space' "$work/stderr"
}
[ ! -c /dev/full ] || check "a full disk" full

many_workers()
{
	limited env AML_DMA_NUM_THREADS=many "$nodes" 1 2>"$work/stderr" >"$work/stdout"
	[ $? -eq 1 ] && grep -q 'is AML_DMA_NUM_THREADS a number?' "$work/stderr"
}
check "a wrong number of workers" many_workers

summary
