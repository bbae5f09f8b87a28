#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Threads: test_threads.c, at each level of thread support.
# shellcheck source=mpi/tests/lib.sh
. "$srcdir/mpi/tests/lib.sh"

on_ranks 2 test_threads 1
on_ranks 2 test_threads 3
AML_DMA_MPI_METHOD=rows
export AML_DMA_MPI_METHOD
on_ranks 2 test_threads 0
on_ranks 2 test_threads 2
AML_DMA_MPI_METHOD=pack
on_ranks 2 test_threads 3
summary
