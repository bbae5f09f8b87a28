/* SPDX-License-Identifier: BSD-3-Clause */
/* How the runs of a plan are moved. */
#ifndef PLAN_METHOD_H
#define PLAN_METHOD_H

#include "kernels/kernels.h"
#include "plan/plan.h"

/* Is there a tile for the elements of a transposition, and does a plane have room for one? */
static inline bool copy_plan_has_tiles(const struct copy_plan *plan)
{
	size_t bytes = plan->run.bytes;

	return bytes <= TILE_BYTES && (bytes & (bytes - 1)) == 0 &&
	       plan->loops[1].extent * bytes >= TILE_BYTES &&
	       plan->loops[0].extent * bytes >= kernels_narrow()->width;
}

/* copy_plan_choose_method() for a plan whose lines go past the caches. */
void copy_plan_choose_stream_method(struct copy_plan *plan);

/*
 * Choose the method of a flat or strided plan, or of a transposition, in normal form or a part of
 * one. Inline, since small copies spend a good part of their time on their plan; what only large
 * ones need stands apart.
 */
static inline void copy_plan_choose_method(struct copy_plan *plan)
{
	if (plan->stream)
		copy_plan_choose_stream_method(plan);
	else if (plan->kind == COPY_TRANSPOSE)
		plan->method = copy_plan_has_tiles(plan) ? COPY_BY_TILES : COPY_BY_BLOCKS;
}

#endif /* PLAN_METHOD_H */
