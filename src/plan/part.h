/* SPDX-License-Identifier: BSD-3-Clause */
/* Split large plans into parts. */
#ifndef PLAN_PART_H
#define PLAN_PART_H

#include <stdbool.h>
#include <stddef.h>

#include "plan/plan.h"

/* The size of a part in bytes, if the plan can be split so. Tests build with smaller parts. */
#ifndef COPY_PART
#define COPY_PART (512 << 10)
#endif

/* copy_plan_parts() for a deref plan, and for a plan that copies at least 4 * COPY_PART bytes. */
unsigned copy_plan_large_parts(const struct copy_plan *plan);

/*
 * The number of parts to split a plan with a payload of `bytes` into. Small plans have 1, and so
 * have deref plans whose sides do not allow several threads.
 */
static inline unsigned copy_plan_parts_of(const struct copy_plan *plan, uint64_t bytes)
{
	return bytes < 4 * COPY_PART && plan->kind != COPY_DEREF ? 1 : copy_plan_large_parts(plan);
}

static inline unsigned copy_plan_parts(const struct copy_plan *plan)
{
	return copy_plan_parts_of(plan, copy_plan_payload(plan));
}

/*
 * Make the plan of part number `part` of copy_plan_parts() in `room`. The parts together copy each
 * element once. Returns false if the part is empty; the contents of `room` are then undefined. Not
 * for a walk, and not for a deref plan: see section.h.
 */
bool copy_plan_part(const struct copy_plan *plan, unsigned part, union copy_plan_room *room);

/*
 * A walk has no plans of its parts. Store the number of the first element of a part, in linear
 * order, and the count of elements, which may be 0.
 */
void copy_plan_walk_part(const struct copy_plan *plan, unsigned part, size_t *first, size_t *count);

/* Can a plan be reduced to a share by copy_plan_share()? Its copy is large enough for two parts. */
static inline bool copy_plan_has_shares(const struct copy_plan *plan, uint64_t bytes)
{
	return bytes >= 4 * COPY_PART &&
	       (plan->kind == COPY_FLAT || plan->kind == COPY_STRIDED ||
		plan->kind == COPY_TRANSPOSE) &&
	       copy_plan_large_parts(plan) > 1;
}

/* The largest `of` of copy_plan_share(). */
enum { COPY_SHARES_MAX = 1 << 16 };

/*
 * Reduce a plan for which copy_plan_has_shares() to the share from `from` to `to`, of `of`. It is
 * cut like a part, and can itself be split into parts. Shares that follow each other copy each
 * element once. Returns false if the share is empty; the contents of the plan are then undefined.
 */
bool copy_plan_share(struct copy_plan *plan, size_t from, size_t to, size_t of);

#endif /* PLAN_PART_H */
