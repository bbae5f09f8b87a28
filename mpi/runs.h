/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs: bytes that are contiguous over there and here, in loops. */
#ifndef MPI_RUNS_H
#define MPI_RUNS_H

#include <stddef.h>

#include "shape.h"
#include "types.h"

struct far_runs {
	size_t run; /* in bytes */
	size_t n;
	/* The same loops with the steps of each side. Loop 0 is the innermost. */
	struct type_loop far[AML_LAYOUT_NDIMS_MAX];
	struct type_loop near[AML_LAYOUT_NDIMS_MAX];
};

/* Find the longest runs of a shape, whose local side has the steps of its axes. */
void runs_make(struct far_runs *runs, const struct far_shape *shape);

#endif /* MPI_RUNS_H */
