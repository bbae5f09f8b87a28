/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Chooses which transpositions are staged, and by which of their loops.
 *
 * A plane has loops 0 and 1, and up to two more loops. A loop that continues where loop 0 ends in
 * the destination makes the destination rows longer: a row then has the iterations of both loops.
 * If a loop continues where loop 1 ends in the source, and loop 1 is short, a source row has the
 * source runs of all iterations of that loop.
 */
#include <string.h>

#include "kernels/kernels.h"
#include "layout/sizes.h"
#include "machine/caches.h"
#include "plan/staging.h"
#include "plan/variant.h"

enum {
	STAGE_BYTES_MIN = 16 << 10,
	/* The smallest piece, unless it makes a tile's rows shorter than STAGED_ROW_BYTES_MIN. */
	STAGED_PIECE_BYTES_MIN = 1 << 10,
	STAGED_ROW_BYTES_MIN = 2 * CACHE_LINE_BYTES,
	STAGED_ROW_BYTES_MAX = 4 * CACHE_LINE_BYTES,
	STAGED_SHORT_BYTES = 512, /* source runs and rows up to this size are short */
};

size_t copy_stage_size(const struct copy_plan *plan)
{
	size_t size = caches()->first_sets * caches()->first_ways * CACHE_LINE_BYTES / 3 * 2;

	size = size < STAGE_BYTES_MIN ? STAGE_BYTES_MIN : min(size, STAGE_BYTES_MAX);
	return copy_variant_of(plan)->half ? size / 2 : size;
}

size_t copy_staged_piece(const struct copy_plan *plan)
{
	size_t stage = copy_stage_size(plan),
	       least = stage / STAGED_ROW_BYTES_MAX * plan->run.bytes;

	return min(least > STAGED_PIECE_BYTES_MIN ? least : STAGED_PIECE_BYTES_MIN,
		   stage / STAGED_ROW_BYTES_MIN * plan->run.bytes);
}

static bool row_continues(const struct copy_plan *plan, const struct copy_loop *loop)
{
	return loop->dst_step == (ptrdiff_t)(plan->loops[0].extent * plan->run.bytes);
}

/*
 * Is it faster not to lengthen the destination rows? It is if their steps are whole lines and the
 * rows are long enough. Rows that begin at a line may be shorter.
 */
static bool row_stands_alone(const struct copy_plan *plan, const struct copy_loop *loop)
{
	size_t row = plan->loops[0].extent * plan->run.bytes;
	bool aligned = (size_t)plan->run.dst % CACHE_LINE_BYTES == 0;

	return (loop->dst_step | plan->loops[1].dst_step) % CACHE_LINE_BYTES == 0 &&
	       row >= (aligned ? 2 * kernels()->width : STAGED_SHORT_BYTES);
}

/*
 * Does the loop continue the source runs? If the loop also continues the destination rows, as in
 * the reversal of three dimensions, it continues only short source runs.
 */
static bool run_continues(const struct copy_plan *plan, const struct copy_loop *loop)
{
	size_t run = plan->loops[1].extent * plan->run.bytes;

	if (run > copy_staged_piece(plan) || loop->src_step != (ptrdiff_t)run)
		return false;
	return !row_continues(plan, loop) ||
	       (run <= STAGED_SHORT_BYTES && row_stands_alone(plan, loop));
}

static struct copy_staged_plane plane_of(const struct copy_plan *plan)
{
	struct copy_staged_plane plane = {.plane_loops = 2};

	if (plane.plane_loops < plan->nloops &&
	    row_continues(plan, &plan->loops[plane.plane_loops]) &&
	    !run_continues(plan, &plan->loops[plane.plane_loops]))
		plane.row_loop = plane.plane_loops++;
	if (plane.plane_loops < plan->nloops &&
	    run_continues(plan, &plan->loops[plane.plane_loops]))
		plane.run_loop = plane.plane_loops++;
	return plane;
}

void copy_staged_order(struct copy_plan *plan)
{
	uint8_t n = 2;

	for (int runs = 0; runs < 2; runs++) {
		for (uint8_t i = n; i < plan->nloops; i++) {
			struct copy_loop loop = plan->loops[i];

			if (run_continues(plan, &loop) != runs ||
			    (!runs && !row_continues(plan, &loop)))
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

bool copy_staged_choose(struct copy_plan *plan)
{
	size_t bytes = plan->run.bytes;
	struct copy_staged_plane plane;

	if (bytes > TILE_BYTES || (bytes & (bytes - 1)) != 0)
		return false;
	plane = plane_of(plan);
	if (copy_staged_extent(plan, 0, plane.row_loop) * bytes < 2 * kernels()->width ||
	    plan->loops[1].extent * bytes < TILE_BYTES ||
	    copy_staged_extent(plan, 1, plane.run_loop) * bytes < 2 * CACHE_LINE_BYTES)
		return false;
	/* Long destination rows that do not begin at lines are faster to write tile by tile. */
	if (plane.row_loop == 0 && plan->loops[1].dst_step % CACHE_LINE_BYTES != 0)
		return false;
	plan->staged = plane;
	return true;
}
