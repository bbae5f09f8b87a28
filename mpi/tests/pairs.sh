#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Generated pairs of layouts: test_pairs.c, each method by force, at the highest and the lowest level
# of thread support.
# shellcheck source=mpi/tests/lib.sh
. "$srcdir/mpi/tests/lib.sh"

AML_DMA_MPI_METHOD=shared
export AML_DMA_MPI_METHOD
on_ranks 2 test_pairs
for AML_DMA_MPI_METHOD in pack rows datatype; do
	export AML_DMA_MPI_METHOD
	on_ranks 2 test_pairs
done
unset AML_DMA_MPI_METHOD
on_ranks 3 test_pairs 3
summary
