/* SPDX-License-Identifier: BSD-3-Clause */
/* Choose how the runs of a plan are copied. */
#ifndef PLAN_METHOD_H
#define PLAN_METHOD_H

#include "kernels/kernels.h"
#include "plan/lists.h"
#include "plan/plan.h"

/* Is there a tile kernel for the element size of a transposition, and does a tile fit a plane? */
static inline bool copy_plan_has_tiles(const struct copy_plan *plan)
{
	size_t bytes = plan->run.bytes;

	return bytes <= TILE_BYTES && (bytes & (bytes - 1)) == 0 &&
	       plan->loops[1].extent * bytes >= TILE_BYTES &&
	       plan->loops[0].extent * bytes >= kernels_narrow()->width;
}

/* Has a strided plan a method that streams? Others write each run through the caches. */
bool copy_strided_streams(const struct copy_plan *plan);

/* copy_plan_choose_method() for a plan that streams. */
void copy_plan_choose_stream_method(struct copy_plan *plan);

/* copy_plan_choose_method() for a transposition in the caches. `order`: see copy_lists_choose(). */
static inline void copy_plan_choose_cached_method(struct copy_plan *plan, bool order)
{
	if (copy_lists_choose(plan, order))
		plan->method = COPY_BY_LISTS;
	else
		plan->method = copy_plan_has_tiles(plan) ? COPY_BY_TILES : COPY_BY_BLOCKS;
}

/*
 * Choose the method of a flat plan, a strided plan, or a transposition. The plan is in normal form,
 * or a part of such a plan. The function is inline because planning takes a large share of the time
 * of a small copy. Code for large copies only is in method.c.
 */
static inline void copy_plan_choose_method(struct copy_plan *plan)
{
	if (plan->stream)
		copy_plan_choose_stream_method(plan);
	else if (plan->kind == COPY_TRANSPOSE)
		copy_plan_choose_cached_method(plan, false);
}

#endif /* PLAN_METHOD_H */
