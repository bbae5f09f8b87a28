#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copy with the kernels of each instruction set of this machine but the fastest, with which the
# programs run in their own turns. AML_DMA_ISA chooses them. Without Check there are no programs to
# run.
# Contract: ENV-2, COPY-5, OPERATOR-9, OPERATOR-10.
# shellcheck source=tests/build/lib.sh
. "$srcdir/tests/build/lib.sh"

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

# The instruction sets that the library can use here, the fastest first.
unset AML_DMA_ISA
sets=$("$builddir/tools/aml-dma" info | sed -n 's/^kernels .*, of //p')

knows_the_sets()
{
	echo "$sets" | grep -qw portable
}

check "the sets are known: $sets" knows_the_sets
check "an unknown set: every kernel" env AML_DMA_ISA=none-such "$builddir/tests/copy/test_kernels"
# At least one of these is not of this machine.
for isa in avx512vbmi neon; do
	check "$isa, even if the machine lacks it: copies" env AML_DMA_ISA=$isa \
		"$builddir/tests/copy/test_copy"
done
for isa in ${sets#* }; do
	for program in copy/test_kernels copy/test_copy copy/test_stack kernels/test_numbers \
		kernels/test_combine dma/test_compare dma/test_convert dma/test_reduce; do
		check "$isa: $program" env AML_DMA_ISA="$isa" "$builddir/tests/$program"
	done
	check "$isa: its name" env AML_DMA_ISA="$isa" CK_RUN_CASE=fprintf_names_the_kernels \
		"$builddir/tests/dma/test_engine"
	check "$isa: random layouts" passes test_random "$isa" copies_match_the_oracle
	check "$isa: transpositions, dimensions in any order" passes test_shapes "$isa" \
		small_transpositions reversed_and_rotated_dimensions
done
summary
