#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Remote layouts: test_remote.c, with memory that is shared, and memory that is not.
# shellcheck source=mpi/tests/lib.sh
. "$srcdir/mpi/tests/lib.sh"

on_ranks 1 test_remote
on_ranks 3 test_remote
AML_DMA_MPI_METHOD=pack
export AML_DMA_MPI_METHOD
on_ranks 2 test_remote
summary
