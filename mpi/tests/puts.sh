#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Puts and gets: test_puts.c, by each method.
# shellcheck source=mpi/tests/lib.sh
. "$srcdir/mpi/tests/lib.sh"

on_ranks 1 test_puts
on_ranks 4 test_puts
AML_DMA_NUM_THREADS=0
export AML_DMA_NUM_THREADS
on_ranks 2 test_puts 3
unset AML_DMA_NUM_THREADS
for AML_DMA_MPI_METHOD in pack rows datatype; do
	export AML_DMA_MPI_METHOD
	on_ranks 2 test_puts
done
summary
