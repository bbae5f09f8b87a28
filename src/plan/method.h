/* SPDX-License-Identifier: BSD-3-Clause */
/* Choose how the runs of a plan are copied. */
#ifndef PLAN_METHOD_H
#define PLAN_METHOD_H

#include "kernels/kernels.h"
#include "plan/lists.h"
#include "plan/order.h"
#include "plan/plan.h"
#include "plan/planes.h"
#include "plan/rows.h"
#include "plan/variant.h"

/* Is there a tile kernel for elements of `bytes` bytes, and does a tile fit a plane? */
static inline bool copy_plan_tiles_fit(size_t bytes, size_t dst_extent, size_t src_extent)
{
	return bytes <= TILE_BYTES && (bytes & (bytes - 1)) == 0 &&
	       src_extent * bytes >= TILE_BYTES && dst_extent * bytes >= kernels_narrow()->width;
}

/* Does a transposition have tiles? */
static inline bool copy_plan_has_tiles(const struct copy_plan *plan)
{
	return copy_plan_tiles_fit(plan->run.bytes, plan->loops[0].extent, plan->loops[1].extent);
}

/* The largest elements that are copied by columns. */
enum { COLUMNS_ELEMENT_BYTES_MAX = 1024 };

/* Can a transposition that streams be copied by columns? */
static inline bool copy_plan_has_columns(const struct copy_plan *plan)
{
	return plan->run.bytes <= COLUMNS_ELEMENT_BYTES_MAX && !copy_plan_has_tiles(plan);
}

/* Has a strided plan a method that streams? Others write each run through the caches. */
bool copy_strided_streams(const struct copy_plan *plan);

/* copy_plan_choose_method() for a plan that streams. */
void copy_plan_choose_stream_method(struct copy_plan *plan);

/* Is a transposition one plane, with room for the widest tiles? Then it has nothing to list. */
static inline bool copy_plan_is_wide_plane(const struct copy_plan *plan)
{
	size_t bytes = plan->run.bytes;

	return plan->nloops == 2 && plan->loops[0].extent * bytes >= kernels()->width &&
	       copy_plan_has_tiles(plan);
}

/* Choose the method of planes. The order of the loops does not matter to a part. */
static inline void copy_plan_choose_planes(struct copy_plan *plan)
{
	plan->method = COPY_BY_PLANES;
	copy_planes_order(plan);
}

/* copy_plan_choose_method() for a transposition in the caches. `order`: see copy_lists_choose(). */
static inline void copy_plan_choose_cached_method(struct copy_plan *plan, bool order)
{
	if (copy_plan_is_wide_plane(plan))
		plan->method = copy_planes_cost(plan) < UINT64_MAX ? COPY_BY_PLANES : COPY_BY_TILES;
	else if (copy_lists_choose(plan, order))
		plan->method = COPY_BY_LISTS;
	else if (copy_planes_cost(plan) < UINT64_MAX)
		copy_plan_choose_planes(plan);
	else
		plan->method = copy_plan_has_tiles(plan) ? COPY_BY_TILES : COPY_BY_BLOCKS;
}

/*
 * Choose the method of a flat plan, a strided plan, or a transposition that is not shuffled, and
 * the row loop of a strided plan. The plan is in normal form. The function is inline because
 * planning takes a large share of the time of a small copy. Code for large copies only is in
 * method.c.
 */
static inline void copy_plan_choose_method(struct copy_plan *plan)
{
	if (plan->stream)
		copy_plan_choose_stream_method(plan);
	else if (plan->kind == COPY_TRANSPOSE)
		copy_plan_choose_cached_method(plan, false);
	else if (plan->kind == COPY_STRIDED && plan->variant != VARIANT_NONE)
		copy_order_loops(plan);
	else if (plan->kind == COPY_STRIDED)
		copy_rows_choose(plan);
}

/* Choose the method of a part: one loop of the plan it is cut from has fewer iterations. */
void copy_plan_choose_part_method(struct copy_plan *plan);

#endif /* PLAN_METHOD_H */
