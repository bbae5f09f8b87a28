/* SPDX-License-Identifier: BSD-3-Clause */
/* Who may call. */
#ifndef MPI_GUARD_H
#define MPI_GUARD_H

#include <stdbool.h>

#include "state.h"

/* The engine of a handle that a program passes. NULL: it is another kind of engine, or none. */
struct mpi_engine *engine_of(const struct aml_dma *dma);

/* AML_SUCCESS if the calling thread may call MPI, else -AML_EPERM. Calls no function of MPI. */
int engine_may_call(const struct mpi_engine *engine);

/* Is the calling thread inside an operator that the engine `local` runs, as far as that can tell?
 */
bool engine_is_inside(const struct mpi_engine *engine);

/*
 * Does a test of a request of `local` in this thread run no operator, and never sleep? False: it
 * may, or `local` is no engine of the core.
 */
bool engine_tests_quietly(const struct mpi_engine *engine);

/* The operations of every engine of this kind. They are in operations.c. */
extern struct aml_dma_ops mpi_engine_ops;

#endif /* MPI_GUARD_H */
