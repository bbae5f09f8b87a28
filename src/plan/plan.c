/* SPDX-License-Identifier: BSD-3-Clause */
/* What a plan reports of itself. */
#include "plan/plan.h"

const char *copy_kind_name(uint8_t kind)
{
	static const char *const names[] = {
		[COPY_EMPTY] = "empty",         [COPY_FLAT] = "flat", [COPY_STRIDED] = "strided",
		[COPY_TRANSPOSE] = "transpose", [COPY_WALK] = "walk", [COPY_BOXES] = "boxes",
		[COPY_DEREF] = "deref",
	};

	return names[kind];
}

const struct copy_plan *copy_box(const struct copy_plan *plan, const struct copy_plan *last)
{
	return last == NULL ? (const struct copy_plan *)(const void *)plan->loops
			    : (const struct copy_plan *)(const void *)((const char *)last +
								       copy_plan_size(last));
}

size_t copy_plan_size(const struct copy_plan *plan)
{
	if (plan->kind == COPY_BOXES)
		return plan->size;
	return sizeof(*plan) + plan->nloops * sizeof(*plan->loops);
}

uint64_t copy_loops_payload(const struct copy_plan *plan)
{
	uint64_t bytes = plan->kind == COPY_EMPTY || plan->kind == COPY_BOXES ? 0 : plan->size;
	uint8_t n = plan->kind == COPY_WALK ? plan->count : plan->nloops;
	const struct copy_plan *box = NULL;

	for (uint8_t i = 0; i < n; i++)
		bytes *= plan->loops[i].extent;
	for (uint8_t i = 0; plan->kind == COPY_BOXES && i < plan->count; i++) {
		box = copy_box(plan, box);
		bytes += copy_plan_payload(box);
	}
	return bytes;
}
