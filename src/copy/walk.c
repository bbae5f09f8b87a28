/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two sides whose factors have no common refinement, walked along in linear order: each keeps
 * the iteration of each of its loops, and as many elements are moved at once as both innermost
 * loops have left. Nothing is divided.
 */
#include "copy/walk.h"
#include "copy/strided.h"

/* Where one side stands. */
struct side {
	const struct copy_loop *loops; /* its own; the innermost first */
	uint8_t nloops;
	size_t index[NDIMS_MAX];
	char *address;
};

static ptrdiff_t step(const struct side *side, uint8_t i)
{
	/* The other side's step is 0. */
	return side->loops[i].dst_step + side->loops[i].src_step;
}

static size_t left(const struct side *side)
{
	return side->loops[0].extent - side->index[0];
}

/* Go n elements on, not beyond the innermost loop's end. False: that was the last element. */
static bool advance(struct side *side, size_t n)
{
	side->address += (ptrdiff_t)(n - 1) * step(side, 0);
	side->index[0] += n - 1;
	for (uint8_t i = 0; i < side->nloops; i++) {
		if (++side->index[i] < side->loops[i].extent) {
			side->address += step(side, i);
			return true;
		}
		side->index[i] = 0;
		side->address -= (ptrdiff_t)(side->loops[i].extent - 1) * step(side, i);
	}
	return false;
}

void copy_walk(const struct copy_plan *plan)
{
	struct side dst = {plan->loops, plan->count, {0}, plan->dst.base};
	struct side src = {plan->loops + plan->count,
			   (uint8_t)(plan->nloops - plan->count),
			   {0},
			   plan->src.base};
	row_fn move = copy_row(plan->size);
	size_t n;

	do {
		n = left(&dst) < left(&src) ? left(&dst) : left(&src);
		move(dst.address, src.address, plan->size,
		     &(struct copy_loop){n, step(&dst, 0), step(&src, 0)});
	} while (advance(&dst, n) && advance(&src, n));
}
