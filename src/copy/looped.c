/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Copies runs of a few vectors in the caches: a kernel has all loops of the plan, because a call
 * for each row would take as long as the row. plan/rows.c chooses the plans. Rows of short elements
 * are copied in the same way, by another kernel: plan/stepped.c chooses their plans.
 */
#include "copy/looped.h"
#include "kernels/count.h"
#include "kernels/kernels.h"
#include "layout/sizes.h"
#include "machine/caches.h"

/* A longer row is cut, if the next loop uses the same lines of a side. */
enum { LOOPED_BLOCK_RUNS = 128 };

/* Do the rows use more lines than stay in the first-level cache until they are used again? */
static bool rows_are_cut(const struct copy_plan *plan)
{
	const struct copy_loop *row = &plan->loops[0], *next = &plan->loops[1];

	if (plan->nloops < 2 || row->extent <= LOOPED_BLOCK_RUNS)
		return false;
	return (magnitude(row->src_step) >= CACHE_LINE_BYTES &&
		magnitude(next->src_step) < CACHE_LINE_BYTES) ||
	       (row->dst_step >= CACHE_LINE_BYTES && next->dst_step < CACHE_LINE_BYTES);
}

/* Copy blocks of a row, with the second loop. */
static void copy_looped_in_blocks(const struct copy_plan *plan, struct kernel_loop *loops)
{
	const struct copy_loop *row = &plan->loops[0];
	struct copy_place place;

	COUNT(true, "", "looped in blocks");
	copy_first_place(plan, 2, &place);
	do {
		for (size_t i = 0; i < row->extent; i += LOOPED_BLOCK_RUNS) {
			loops[0].n = min(row->extent - i, LOOPED_BLOCK_RUNS);
			kernels()->looped(place.dst + (ptrdiff_t)i * row->dst_step,
					  place.src + (ptrdiff_t)i * row->src_step, plan->run.bytes,
					  loops, 2);
		}
	} while (copy_next_place(plan, 2, &place));
}

/* Take the loops that a kernel has. Returns their number. */
static uint8_t take_kernel_loops(const struct copy_plan *plan, struct kernel_loop *loops)
{
	uint8_t count = plan->nloops < KERNEL_LOOPS_MAX ? plan->nloops : KERNEL_LOOPS_MAX;

	for (uint8_t i = 0; i < count; i++)
		loops[i] = (struct kernel_loop){plan->loops[i].extent, plan->loops[i].dst_step,
						plan->loops[i].src_step};
	return count;
}

/* Run a kernel in the loops that it does not have itself. */
static void run_loops_kernel(const struct copy_plan *plan, const struct kernel_loop *loops,
			     uint8_t count, looped_fn kernel)
{
	struct copy_place place;

	copy_first_place(plan, count, &place);
	do
		kernel(place.dst, place.src, plan->run.bytes, loops, count);
	while (copy_next_place(plan, count, &place));
}

void copy_looped(const struct copy_plan *plan)
{
	struct kernel_loop loops[KERNEL_LOOPS_MAX];
	uint8_t count = take_kernel_loops(plan, loops);

	COUNT(true, "", "looped");
	if (rows_are_cut(plan))
		copy_looped_in_blocks(plan, loops);
	else
		run_loops_kernel(plan, loops, count, kernels()->looped);
}

void copy_stepped(const struct copy_plan *plan)
{
	struct kernel_loop loops[KERNEL_LOOPS_MAX];
	uint8_t count = take_kernel_loops(plan, loops);

	COUNT(true, "stepped", "stepped");
	run_loops_kernel(plan, loops, count, kernels()->stepped);
}
