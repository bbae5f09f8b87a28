/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which transpositions are staged, and by which of their loops.
 *
 * A plane has the loops 0 and 1 and up to two more. If one goes on where loop 0 ends in the
 * destination, its rows are taken together with those of loop 0: the destination's rows are as long
 * as both. If one goes on where loop 1 ends in the source, and loop 1 is short, a row of the source
 * has the runs of both.
 */
#include <string.h>

#include "copy/machine.h"
#include "layout/sizes.h"
#include "plan/staging.h"

enum {
	SMALL_STAGE = 16 << 10,
	PIECE = 1 << 10,  /* what a tile has of a row of the source, in bytes, */
	LEAST = 2 * LINE, /* if it can have these of a row of the destination, at least */
	MOST = 4 * LINE,  /* and at most */
	SHORT = 512,      /* a run or a row, in bytes */
};

size_t copy_stage_size(void)
{
	size_t size = machine()->sets * machine()->ways * LINE / 3 * 2;

	return size < SMALL_STAGE ? SMALL_STAGE : min(size, STAGE);
}

size_t copy_staged_piece(const struct copy_plan *plan)
{
	size_t stage = copy_stage_size(), least = stage / MOST * plan->size;

	return min(least > PIECE ? least : PIECE, stage / LEAST * plan->size);
}

static bool rows_go_on(const struct copy_plan *plan, const struct copy_loop *loop)
{
	return loop->dst_step == (ptrdiff_t)(plan->loops[0].extent * plan->size);
}

/* Are rows of the destination better left alone: are they in lines, or long? */
static bool rows_stand_alone(const struct copy_plan *plan, const struct copy_loop *loop)
{
	size_t row = plan->loops[0].extent * plan->size;
	bool aligned = (size_t)plan->dst.base % LINE == 0;

	return (loop->dst_step | plan->loops[1].dst_step) % LINE == 0 &&
	       row >= (aligned ? 2 * machine()->kernels->width : SHORT);
}

/* Where rows go on, too, as in an array of three dimensions reversed, only short runs. */
static bool runs_go_on(const struct copy_plan *plan, const struct copy_loop *loop)
{
	size_t run = plan->loops[1].extent * plan->size;

	if (run > copy_staged_piece(plan) || loop->src_step != (ptrdiff_t)run)
		return false;
	return !rows_go_on(plan, loop) || (run <= SHORT && rows_stand_alone(plan, loop));
}

struct roles copy_staged_roles(const struct copy_plan *plan)
{
	struct roles r = {.loops = 2};

	if (r.loops < plan->nloops && rows_go_on(plan, &plan->loops[r.loops]) &&
	    !runs_go_on(plan, &plan->loops[r.loops]))
		r.rows = r.loops++;
	if (r.loops < plan->nloops && runs_go_on(plan, &plan->loops[r.loops]))
		r.runs = r.loops++;
	return r;
}

void copy_staged_order(struct copy_plan *plan)
{
	uint8_t n = 2;

	for (int runs = 0; runs < 2; runs++) {
		for (uint8_t i = n; i < plan->nloops; i++) {
			struct copy_loop loop = plan->loops[i];

			if (runs_go_on(plan, &loop) != runs || (!runs && !rows_go_on(plan, &loop)))
				continue;
			memmove(&plan->loops[n + 1u], &plan->loops[n],
				(size_t)(i - n) * sizeof(loop));
			plan->loops[n++] = loop;
			break;
		}
	}
}

size_t copy_staged_extent(const struct copy_plan *plan, uint8_t loop, uint8_t more)
{
	return plan->loops[loop].extent * (more > 0 ? plan->loops[more].extent : 1);
}

uint8_t copy_staged_loops(const struct copy_plan *plan)
{
	struct roles r;

	if (!plan->stream || plan->size > TILE_BYTES || (plan->size & (plan->size - 1)) != 0)
		return 0;
	r = copy_staged_roles(plan);
	if (copy_staged_extent(plan, 0, r.rows) * plan->size < 2 * machine()->kernels->width ||
	    plan->loops[1].extent * plan->size < TILE_BYTES ||
	    copy_staged_extent(plan, 1, r.runs) * plan->size < 2 * LINE)
		return 0;
	/* Long rows of the destination that are not in lines are better written tile by tile. */
	return r.rows > 0 || plan->loops[1].dst_step % LINE == 0 ? r.loops : 0;
}
