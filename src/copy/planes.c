/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Transposes small planes in the caches: a kernel has all loops around the planes, because a call
 * for each plane would take as long as the plane. plan/planes.c chooses the plans.
 */
#include "copy/planes.h"
#include "kernels/count.h"
#include "kernels/kernels.h"

void copy_planes(const struct copy_plan *plan)
{
	const struct copy_loop *a = &plan->loops[0], *b = &plan->loops[1];
	size_t size = plan->run.bytes;
	planes_fn move = kernels_for_rows(a->extent * size)->planes[__builtin_ctzl(size)];
	struct kernel_loop loops[KERNEL_LOOPS_MAX];
	uint8_t inner = plan->nloops - 2 < KERNEL_LOOPS_MAX ? plan->nloops : 2 + KERNEL_LOOPS_MAX;
	struct copy_place place;

	COUNT(true, "", "planes");
	for (uint8_t i = 2; i < inner; i++)
		loops[i - 2] = (struct kernel_loop){plan->loops[i].extent, plan->loops[i].dst_step,
						    plan->loops[i].src_step};
	copy_first_place(plan, inner, &place);
	do
		move(place.dst, b->dst_step, place.src, a->src_step, b->extent, a->extent, loops,
		     inner - 2u);
	while (copy_next_place(plan, inner, &place));
}
