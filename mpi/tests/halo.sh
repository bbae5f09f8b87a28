#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The exchange of halos: test_halo.c, in 1 to 4 processes, and by MPI.
# shellcheck source=mpi/tests/lib.sh
. "$srcdir/mpi/tests/lib.sh"

on_ranks 1 test_halo
on_ranks 2 test_halo
on_ranks 3 test_halo 3
on_ranks 4 test_halo
for AML_DMA_MPI_METHOD in pack datatype; do
	export AML_DMA_MPI_METHOD
	on_ranks 4 test_halo 3
done
summary
