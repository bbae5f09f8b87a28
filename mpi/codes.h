/* SPDX-License-Identifier: BSD-3-Clause */
/* Codes of MPI and of the library, and the agreement of processes on one. */
#ifndef MPI_CODES_H
#define MPI_CODES_H

#include <mpi.h>

/* The code of the library for one that an MPI function returned. */
int mpi_code(int code);

/*
 * Agree on a code: each process passes AML_SUCCESS or its own negative code, and all get the least,
 * which is AML_SUCCESS only if all passed that. Collective.
 */
int mpi_agree(MPI_Comm comm, int code);

#endif /* MPI_CODES_H */
