#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Engines and windows: test_engine.c, in 1 to 4 processes.
# shellcheck source=mpi/tests/lib.sh
. "$srcdir/mpi/tests/lib.sh"

on_ranks 1 test_engine
on_ranks 4 test_engine
AML_DMA_MPI_METHOD=rows
export AML_DMA_MPI_METHOD
on_ranks 2 test_engine
summary
