/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Walks over two sides whose factors have no common refinement, in linear order. Each side keeps
 * the current iteration of each of its loops. Each step copies as many elements as both innermost
 * loops have left. The walk needs no divisions.
 */
#include "copy/walk.h"
#include "copy/strided.h"

/* The position of a side. */
struct walk_side {
	const struct copy_loop *loops; /* of this side, the innermost first */
	uint8_t nloops;
	size_t index[NDIMS_MAX];
	const char *address;
};

static ptrdiff_t step_of_loop(const struct walk_side *side, uint8_t i)
{
	/* The step of the other side is 0. */
	return side->loops[i].dst_step + side->loops[i].src_step;
}

static size_t innermost_left(const struct walk_side *side)
{
	return side->loops[0].extent - side->index[0];
}

/* Advance by n elements, at most to the end of the innermost loop. Returns false after the last. */
static bool advance_side(struct walk_side *side, size_t n)
{
	side->address += (ptrdiff_t)(n - 1) * step_of_loop(side, 0);
	side->index[0] += n - 1;
	for (uint8_t i = 0; i < side->nloops; i++) {
		if (++side->index[i] < side->loops[i].extent) {
			side->address += step_of_loop(side, i);
			return true;
		}
		side->index[i] = 0;
		side->address -= (ptrdiff_t)(side->loops[i].extent - 1) * step_of_loop(side, i);
	}
	return false;
}

void copy_walk(const struct copy_plan *plan)
{
	uint8_t dst_loops = plan->walk.dst_loops;
	struct walk_side dst = {plan->loops, dst_loops, {0}, plan->run.dst};
	struct walk_side src = {
		plan->loops + dst_loops, (uint8_t)(plan->nloops - dst_loops), {0}, plan->run.src};
	row_fn move_row = copy_row(plan->run.bytes);
	size_t n;

	do {
		n = min(innermost_left(&dst), innermost_left(&src));
		move_row((char *)(uintptr_t)dst.address, src.address, plan->run.bytes,
			 &(struct copy_loop){n, step_of_loop(&dst, 0), step_of_loop(&src, 0)});
	} while (advance_side(&dst, n) && advance_side(&src, n));
}
