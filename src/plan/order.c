/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Orders the loops of strided plans. If the steps of the two sides have different orders, one side
 * is copied line by line, and the other side by as many lines as a loop has iterations. Which side
 * should be the former depends on the machine and on the extents, so it is a variant.
 */
#include "plan/order.h"
#include "layout/sizes.h"
#include "plan/rows.h"
#include "plan/variant.h"

bool copy_order_differs(const struct copy_plan *plan)
{
	for (uint8_t i = 0; i < plan->nloops; i++) {
		const struct copy_loop *a = &plan->loops[i];

		for (uint8_t j = 0; j < plan->nloops; j++) {
			const struct copy_loop *b = &plan->loops[j];

			if (a->dst_step < b->dst_step &&
			    magnitude(a->src_step) > magnitude(b->src_step))
				return true;
		}
	}
	return false;
}

static size_t step_of(const struct copy_loop *loop, bool by_src)
{
	return by_src ? magnitude(loop->src_step) : (size_t)loop->dst_step;
}

void copy_order_loops(struct copy_plan *plan)
{
	bool by_src = copy_variant_of(plan)->by_src;

	for (uint8_t i = 1; i < plan->nloops; i++) {
		struct copy_loop loop = plan->loops[i];
		uint8_t j = i;

		for (; j > 0 && step_of(&plan->loops[j - 1], by_src) > step_of(&loop, by_src); j--)
			plan->loops[j] = plan->loops[j - 1];
		plan->loops[j] = loop;
	}
	copy_rows_choose(plan);
}
