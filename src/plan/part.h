/* SPDX-License-Identifier: BSD-3-Clause */
/* Large plans in parts. */
#ifndef PLAN_PART_H
#define PLAN_PART_H

#include <stdbool.h>
#include <stddef.h>

#include "plan/plan.h"

/* What a part moves, in bytes, if it can be cut so. Tests build with less. */
#ifndef COPY_PART
#define COPY_PART (512 << 10)
#endif

/* How many parts a plan is worth being cut into that moves 4 * COPY_PART bytes or more. */
unsigned copy_plan_large_parts(const struct copy_plan *plan);

/* The same for any plan: 1 but for large copies of the library's own. */
static inline unsigned copy_plan_parts(const struct copy_plan *plan)
{
	return copy_plan_payload(plan) < 4 * COPY_PART ? 1 : copy_plan_large_parts(plan);
}

/*
 * Make the plan of one of these parts. Together they do what the plan does, each element once.
 * False: nothing is left for this part, and the room's content is undefined.
 */
bool copy_plan_part(const struct copy_plan *plan, unsigned part, union copy_plan_room *room);

#endif /* PLAN_PART_H */
