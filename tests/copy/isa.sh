#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copy with the kernels of each instruction set, which AML_DMA_ISA chooses. If the machine does not
# have the instruction set, the library uses the kernels that it has. Without Check there are no
# programs to run. AML_TEST_KERNELS=no skips everything, for builds that add nothing to what other
# builds show of a kernel.
# Contract: ENV-2, COPY-5, OPERATOR-9, OPERATOR-10.
# shellcheck source=tests/build/lib.sh
. "$srcdir/tests/build/lib.sh"

if [ "${AML_TEST_KERNELS-}" = no ]; then
	echo "AML_TEST_KERNELS=no: the kernels of each instruction set are not tested"
	exit 77
fi
if [ ! -x "$builddir/tests/copy/test_kernels" ]; then
	echo "skipped: the test programs were not built"
	exit 77
fi

# passes PROGRAM ISA TEST…: these tests of the program pass with the kernels for this instruction
# set.
passes()
{
	program=$builddir/tests/copy/$1
	isa=$2
	shift 2
	for name; do
		AML_DMA_ISA=$isa CK_RUN_CASE=$name "$program" || return
	done
}

# Longer tests run with the fastest kernels, in the programs' own turns.
unset AML_TEST_LONG

# $CC may be several words.
# shellcheck disable=SC2086
case $($CC -dumpmachine) in
x86_64*) all='portable sse2 avx2 avx512 avx512vbmi' most='portable sse2 avx2 avx512' ;;
aarch64*) all='portable neon' most='portable neon' ;;
*) all=portable most=portable ;;
esac

for isa in $all none-such; do
	check "$isa: every kernel" env AML_DMA_ISA="$isa" "$builddir/tests/copy/test_kernels"
done
for isa in $all; do
	check "$isa: numbers" env AML_DMA_ISA="$isa" "$builddir/tests/kernels/test_numbers"
	check "$isa: planes of numbers" env AML_DMA_ISA="$isa" "$builddir/tests/kernels/test_combine"
	for name in compare convert reduce; do
		check "$isa: $name" env AML_DMA_ISA="$isa" "$builddir/tests/dma/test_$name"
	done
	check "$isa: the stack" env AML_DMA_ISA="$isa" "$builddir/tests/copy/test_stack"
done
# These programs link the installed form of the library, not the test build. Their other tests use
# the fastest kernels.
for isa in $most; do
	check "$isa: its name" env AML_DMA_ISA="$isa" CK_RUN_CASE=fprintf_names_the_kernels \
		"$builddir/tests/dma/test_engine"
	check "$isa: copies" env AML_DMA_ISA="$isa" "$builddir/tests/copy/test_copy"
	check "$isa: random layouts" passes test_random $isa copies_match_the_oracle
	check "$isa: transpositions, dimensions in any order" passes test_shapes $isa \
		small_transpositions reversed_and_rotated_dimensions
done
summary
