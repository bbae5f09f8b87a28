/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The normal form of a plan's loops. It changes the order in which elements are moved, never which
 * goes where:
 *
 *  1. no loop has one iteration only, as no factor of a merged view has;
 *  2. the destination's steps are positive (a loop may run backwards instead);
 *  3. the loops stand in the order of the destination's steps, the smallest innermost;
 *  4. no two neighbours could be one loop, and the innermost is not a contiguous run.
 *
 * A transposition's loops are then put into another order: see choose_kind() and order_planes().
 */
#include <string.h>

#include "layout/sizes.h"
#include "machine/caches.h"
#include "plan/method.h"
#include "plan/normal.h"
#include "plan/staging.h"

/* Rule 2. */
static void make_steps_positive(struct copy_plan *plan)
{
	for (uint8_t i = 0; i < plan->nloops; i++) {
		struct copy_loop *loop = &plan->loops[i];

		if (loop->dst_step >= 0)
			continue;
		plan->run.dst += (ptrdiff_t)(loop->extent - 1) * loop->dst_step;
		plan->run.src += (ptrdiff_t)(loop->extent - 1) * loop->src_step;
		loop->dst_step = -loop->dst_step;
		loop->src_step = -loop->src_step;
	}
}

/* Rule 3, by insertion: there are few loops, and most layouts have them in order. */
static void sort_loops(struct copy_plan *plan)
{
	for (uint8_t i = 1; i < plan->nloops; i++) {
		struct copy_loop loop = plan->loops[i];
		uint8_t j = i;

		while (j > 0 && plan->loops[j - 1].dst_step > loop.dst_step) {
			plan->loops[j] = plan->loops[j - 1];
			j--;
		}
		plan->loops[j] = loop;
	}
}

/* Does a loop with this step continue where `extent` steps of the last one end? */
static bool loop_continues(ptrdiff_t step, ptrdiff_t last_step, size_t extent)
{
	/* Unsigned, since the end of the last loop may be out of ptrdiff_t's range. */
	return (size_t)step == (size_t)last_step * extent;
}

/* Rule 4. */
static void merge_loops(struct copy_plan *plan)
{
	uint8_t n = 0;

	for (uint8_t i = 0; i < plan->nloops; i++) {
		const struct copy_loop *loop = &plan->loops[i];
		struct copy_loop *last = n > 0 ? &plan->loops[n - 1] : NULL;
		ptrdiff_t size = (ptrdiff_t)plan->run.bytes;

		if (last == NULL && loop->dst_step == size && loop->src_step == size)
			plan->run.bytes *= loop->extent;
		else if (last != NULL &&
			 loop_continues(loop->dst_step, last->dst_step, last->extent) &&
			 loop_continues(loop->src_step, last->src_step, last->extent))
			last->extent *= loop->extent;
		else
			plan->loops[n++] = *loop;
	}
	plan->nloops = n;
}

/*
 * The kind of a plan in normal form; a transposition's loop over the source's runs becomes
 * number 1.
 */
static enum copy_kind choose_kind(struct copy_plan *plan)
{
	ptrdiff_t size = (ptrdiff_t)plan->run.bytes;

	if (plan->nloops == 0)
		return COPY_FLAT;
	for (uint8_t i = 1; i < plan->nloops && plan->loops[0].dst_step == size; i++) {
		struct copy_loop loop = plan->loops[i];

		if (loop.src_step != size)
			continue;
		memmove(&plan->loops[2], &plan->loops[1], (i - 1u) * sizeof(loop));
		plan->loops[1] = loop;
		return COPY_TRANSPOSE;
	}
	return COPY_STRIDED;
}

/*
 * From memory, planes follow each other as they stand in the source, whose lines are read ahead;
 * those of the destination are written whole anywhere.
 */
static void order_planes(struct copy_plan *plan)
{
	for (uint8_t i = 3; i < plan->nloops; i++) {
		struct copy_loop loop = plan->loops[i];
		uint8_t j = i;

		while (j > 2 && magnitude(plan->loops[j - 1].src_step) > magnitude(loop.src_step)) {
			plan->loops[j] = plan->loops[j - 1];
			j--;
		}
		plan->loops[j] = loop;
	}
}

void copy_plan_normalise(struct copy_plan *plan)
{
	make_steps_positive(plan);
	sort_loops(plan);
	merge_loops(plan);
	plan->kind = (uint8_t)choose_kind(plan);
	plan->stream = copy_plan_payload(plan) >= caches()->last_bytes / 2;
	if (plan->kind == COPY_TRANSPOSE && plan->stream) {
		order_planes(plan);
		copy_staged_order(plan);
	}
	copy_plan_choose_method(plan);
}
