/* SPDX-License-Identifier: BSD-3-Clause */
/* The normal form of a plan's loops. */
#ifndef PLAN_NORMAL_H
#define PLAN_NORMAL_H

#include "plan/plan.h"

/* Bring the loops of a plan into normal form. Set the kind and the method of the plan. */
void copy_plan_normalise(struct copy_plan *plan);

/* The same for a plan in the caches, which gets no variant, whatever its size. */
void copy_plan_normalise_near(struct copy_plan *plan);

/*
 * Complete a plan of few elements. The longest of its loops is the innermost one. The longer of two
 * loops is found when the plan runs: moving loops that were just stored takes long.
 */
static inline void copy_plan_complete_tiny(struct copy_plan *plan)
{
	plan->kind = COPY_FLAT;
	if (plan->nloops == 0)
		return;
	plan->kind = COPY_STRIDED;
	plan->method = COPY_BY_ELEMENTS;
	for (uint8_t i = 1; i < plan->nloops && plan->nloops > 2; i++) {
		struct copy_loop loop = plan->loops[i];

		if (loop.extent <= plan->loops[0].extent)
			continue;
		plan->loops[i] = plan->loops[0];
		plan->loops[0] = loop;
	}
}

/* Is a loop contiguous on both sides? */
static inline bool copy_loop_is_contiguous(const struct copy_loop *loop, size_t bytes)
{
	return loop->dst_step == (ptrdiff_t)bytes && loop->src_step == (ptrdiff_t)bytes;
}

/* At most this number of elements in rows are copied one by one. */
enum { COPY_ROWS_ELEMENTS_MIN = 16 };

/*
 * Complete a small plan of one or two loops, whose first loop is contiguous in the destination.
 * Returns false, and changes nothing, if the plan has a choice, or may be copied faster in another
 * way: if it is `tiny`, element by element.
 */
bool copy_plan_complete_rows(struct copy_plan *plan, bool tiny);

/*
 * Complete a plan of `count` elements, whose loops are in any order and have no extent of 1. The
 * function is inline for the plans of few elements.
 */
static inline void copy_plan_complete(struct copy_plan *plan, size_t count)
{
	bool tiny = copy_is_tiny(count, plan->run.bytes);
	/* Very few elements in rows are copied one by one. */
	uint8_t rows = tiny && count <= COPY_ROWS_ELEMENTS_MIN ? 1 : 2;

	if (plan->nloops - 1u < rows && plan->loops[0].dst_step == (ptrdiff_t)plan->run.bytes &&
	    copy_plan_complete_rows(plan, tiny))
		return;
	if (tiny)
		copy_plan_complete_tiny(plan);
	else
		copy_plan_normalise(plan);
}

#endif /* PLAN_NORMAL_H */
