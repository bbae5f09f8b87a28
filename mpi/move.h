/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The calls of MPI that put and get. Each function returns a code of the library, and leaves it to
 * the caller to flush, also after an error.
 */
#ifndef MPI_MOVE_H
#define MPI_MOVE_H

#include <mpi.h>
#include <stdbool.h>
#include <stddef.h>

#include "runs.h"
#include "shape.h"

/* The other side. */
struct far_target {
	MPI_Win win;
	int rank;
	bool is_put; /* else a get */
};

/* Put or get `bytes` at an address and a displacement, either way as a whole. */
int move_run(const struct far_target *t, char *near, size_t at, size_t bytes);

/* Move each run of a section by a call of its own. */
int move_rows(const struct far_target *t, const struct far_shape *section,
	      const struct far_runs *runs);

/* Move all runs of a section by one call, with a datatype for each side. */
int move_types(const struct far_target *t, const struct far_shape *section,
	       const struct far_runs *runs);

#endif /* MPI_MOVE_H */
