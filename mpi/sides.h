/* SPDX-License-Identifier: BSD-3-Clause */
/* The two sides of a put or get, and whether they match. */
#ifndef MPI_SIDES_H
#define MPI_SIDES_H

#include <stdbool.h>

#include <aml/dma.h>

#include "layout.h"
#include "state.h"

struct request_sides {
	struct remote_view far;
	struct aml_layout *local;
	bool is_put;
	bool empty;
};

/* Does an operator put or get if a side is remote? The others go to `local` as they are. */
bool sides_are_copied(aml_dma_operator op);

/*
 * Find and check the sides of a put or get, of which one is remote at least, before any call of
 * MPI. Returns -AML_ENOTSUP, -AML_EINVAL, or -AML_EPERM if the calling thread may not call MPI.
 */
int sides_find(const struct mpi_engine *engine, struct aml_layout *dest, struct aml_layout *src,
	       aml_dma_operator op, struct request_sides *sides);

#endif /* MPI_SIDES_H */
