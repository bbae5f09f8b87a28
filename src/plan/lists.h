/* SPDX-License-Identifier: BSD-3-Clause */
/* Choose which transpositions are copied by lists of rows, and by which of their loops. */
#ifndef PLAN_LISTS_H
#define PLAN_LISTS_H

#include <stdbool.h>

#include "plan/plan.h"

/* The maximum number of listed rows, and of listed columns. Tests build with another one. */
#ifndef LIST_LENGTH_MAX
#define LIST_LENGTH_MAX 256
#endif
enum { COPY_LIST_MAX = LIST_LENGTH_MAX };

/* The size of the stage of a listed transposition that streams. */
enum { COPY_LIST_STAGE_BYTES = 24 << 10 };

/* Split a loop evenly into blocks of at most `most` iterations: the iterations of a block. */
static inline size_t copy_lists_block(size_t extent, size_t most)
{
	size_t blocks = (extent + most - 1) / most;

	return (extent + blocks - 1) / blocks;
}

/* The loop of the rows that may be split into blocks: the last of them. */
static inline uint8_t copy_lists_row_loop(const struct copy_plan *plan)
{
	uint8_t loop = 0;

	for (uint8_t i = 2; i < plan->listed.plane_loops; i++)
		if (plan->listed.row_loops >> i & 1)
			loop = i;
	return loop;
}

/*
 * Should a transposition in the caches be copied by lists? If so, fill in its member `listed`. If
 * `order` is true, move the loops of a plane to the front first. A part keeps the order.
 */
bool copy_lists_choose(struct copy_plan *plan, bool order);

/* The estimated time of a transposition by the lists that were chosen, in quarters of a cycle. */
uint64_t copy_lists_cost(const struct copy_plan *plan);

/*
 * Can a transposition that streams be copied by lists, and are the contiguous bytes of its
 * destination long enough? If so, fill in its member `listed`. Moves the loops of a plane to the
 * front.
 */
bool copy_lists_choose_stream(struct copy_plan *plan);

/* What copy_lists_choose_stream() would return. */
bool copy_lists_fit_stream(const struct copy_plan *plan);

#endif /* PLAN_LISTS_H */
