/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Copies runs of a few vectors in the caches: a kernel has all loops of the plan, because a call
 * for each row would take as long as the row. plan/rows.c chooses the plans.
 */
#include "copy/nest.h"
#include "kernels/count.h"
#include "kernels/kernels.h"

void copy_nest(const struct copy_plan *plan)
{
	struct kernel_loop loops[KERNEL_LOOPS_MAX];
	uint8_t count = plan->nloops < KERNEL_LOOPS_MAX ? plan->nloops : KERNEL_LOOPS_MAX;
	struct copy_place place;

	COUNT(true, "", "nest");
	for (uint8_t i = 0; i < count; i++)
		loops[i] = (struct kernel_loop){plan->loops[i].extent, plan->loops[i].dst_step,
						plan->loops[i].src_step};
	copy_first_place(plan, count, &place);
	do
		kernels()->nest(place.dst, place.src, plan->run.bytes, loops, count);
	while (copy_next_place(plan, count, &place));
}
