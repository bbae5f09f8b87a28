/* SPDX-License-Identifier: BSD-3-Clause */
/* The normal form of a plan's loops. */
#ifndef PLAN_NORMAL_H
#define PLAN_NORMAL_H

#include "plan/plan.h"

/* Bring the loops of a plan into normal form. Set the kind and the method of the plan. */
void copy_plan_normalise(struct copy_plan *plan);

/* Complete a plan of few elements. Its longest loop becomes the innermost one. */
static inline void copy_plan_complete_tiny(struct copy_plan *plan)
{
	plan->kind = COPY_FLAT;
	if (plan->nloops == 0)
		return;
	plan->kind = COPY_STRIDED;
	plan->method = COPY_BY_ELEMENTS;
	for (uint8_t i = 1; i < plan->nloops; i++) {
		struct copy_loop loop = plan->loops[i];

		if (loop.extent <= plan->loops[0].extent)
			continue;
		plan->loops[i] = plan->loops[0];
		plan->loops[0] = loop;
	}
}

/*
 * Complete a plan of `count` elements, whose loops are in any order and have no extent of 1. The
 * function is inline for the plans of few elements.
 */
static inline void copy_plan_complete(struct copy_plan *plan, size_t count)
{
	size_t bytes = plan->run.bytes;

	if (count <= COPY_TINY_ELEMENTS_MAX && bytes <= COPY_TINY_ELEMENT_BYTES_MAX &&
	    (bytes & (bytes - 1)) == 0)
		copy_plan_complete_tiny(plan);
	else
		copy_plan_normalise(plan);
}

#endif /* PLAN_NORMAL_H */
