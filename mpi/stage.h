/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Stages: contiguous buffers that elements pass through. A pool keeps a few of them, because a new
 * one costs as much as copying its bytes.
 */
#ifndef MPI_STAGE_H
#define MPI_STAGE_H

#include <stddef.h>

#include "util/lock.h"

/* The size of a stage that the pool keeps. */
#define STAGE_BYTES ((size_t)512 << 10)
/* The most stages that a pool keeps. */
#define STAGES_KEPT 8

struct stage_pool {
	struct lock lock;
	/* Guarded by the lock. */
	void *kept[STAGES_KEPT];
	size_t nkept;
};

/* Get a stage of at least `bytes`. NULL: out of memory. Give it back with the same size. */
void *stage_get(struct stage_pool *pool, size_t bytes);
void stage_put(struct stage_pool *pool, void *stage, size_t bytes);

void stage_pool_make(struct stage_pool *pool);
/* Free the stages. All must have been given back. */
void stage_pool_destroy(struct stage_pool *pool);

#endif /* MPI_STAGE_H */
