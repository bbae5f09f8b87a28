#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Waits, barriers and cancels: test_waits.c, with shared memory and without it, with one thread that
# calls MPI and with all, and with a multiplexer as the engine `local`.
# shellcheck source=mpi/tests/lib.sh
. "$srcdir/mpi/tests/lib.sh"

# An operator that blocks leaves a worker for the others.
AML_DMA_NUM_THREADS=2
export AML_DMA_NUM_THREADS
on_ranks 2 test_waits
on_ranks 1 test_waits 3
AML_DMA_MPI_METHOD=datatype
export AML_DMA_MPI_METHOD
on_ranks 2 test_waits
on_ranks 2 test_waits 3
AML_TEST_LOCAL=multiplexer
export AML_TEST_LOCAL
on_ranks 2 test_waits
on_ranks 2 test_waits 3
summary
