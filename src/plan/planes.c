/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Estimates how long it takes to transpose planes in the caches: by lists of rows, or each plane by
 * itself, in one call for all planes. The estimates count the pieces of tiles. What is left over
 * counts as a whole piece. Lists make large planes of small ones, so less is left over. But a tile
 * takes longer, because the kernel reads an offset for each row.
 */
#include "plan/planes.h"
#include "kernels/kernels.h"
#include "layout/sizes.h"
#include "machine/caches.h"

enum {
	/* Planes of which both sides are longer are copied in blocks. */
	PLANES_SIDE_BYTES_MAX = 2 * CACHE_LINE_BYTES,
	/* Shorter source rows are too short for tiles that read half lines. */
	PLANES_HALVES_BYTES = 3 * CACHE_LINE_BYTES / 2,
	PLANES_PLAN_BYTES_MAX = 1 << 20, /* larger plans do not fit the second-level cache */
	/* In a plane that has more than a line of rows, shorter source rows waste lines. */
	PLANES_COLUMN_BYTES = 48,
};

/* Estimates, in quarters of a cycle. */
enum {
	COST_PIECE = 8,        /* to begin a piece of a tile */
	COST_PIECE_VECTOR = 6, /* for each of its vectors */
	COST_PLANE = 12,       /* to begin a plane in the kernel */
	COST_LISTED_CALL = 40, /* to begin a plane by a call */
	COST_LISTED_ROW = 2,   /* to list a row or a column */
};

/* Transpose a plane by the tiles of a set. */
static uint64_t cost_of_pieces(const struct kernels *set, size_t size, size_t rows, size_t columns)
{
	uint64_t strips = (rows * size + set->width - 1) / set->width;
	uint64_t pieces = (columns * size + TILE_BYTES - 1) / TILE_BYTES;

	return strips * pieces * (COST_PIECE + COST_PIECE_VECTOR * TILE_BYTES / size);
}

uint64_t copy_planes_listed_cost(size_t size, size_t rows, size_t columns, uint64_t count)
{
	uint64_t plane = cost_of_pieces(kernels_for_rows(rows * size), size, rows, columns);

	return count * (plane * 4 / 3 + COST_LISTED_CALL) + (rows + columns) * COST_LISTED_ROW;
}

/*
 * Are long rows better tiled plane by plane? The tiles of the widest sets read half a line of a
 * source row at once, and are faster if these reads leave little over.
 */
static bool tiles_read_halves(const struct kernels *set, size_t size, size_t rows, size_t columns)
{
	return (size == 2 || size == 4) && set->width == CACHE_LINE_BYTES &&
	       rows * size > PLANES_SIDE_BYTES_MAX && columns * size >= PLANES_HALVES_BYTES &&
	       columns * size % (CACHE_LINE_BYTES / 2) <= TILE_BYTES;
}

uint64_t copy_planes_cost(const struct copy_plan *plan)
{
	size_t size = plan->run.bytes, rows = plan->loops[0].extent,
	       columns = plan->loops[1].extent;
	const struct kernels *set = kernels_for_rows(rows * size);
	/* Strips of large elements have few rows. Whole pieces of several are better line by line.
	 */
	bool few = rows * size<set->width, lines = size> 4 && rows * size > set->width &&
		   columns * size % TILE_BYTES == 0;
	uint64_t count = 1;

	/* Elements of a whole piece are not shuffled. Tiles of few rows are worth it even for them.
	 */
	if (size > TILE_BYTES / (few ? 1 : 2) || (size & (size - 1)) != 0 ||
	    min(rows, columns) * size < TILE_BYTES || (few && (!set->masks || size < 4)) || lines ||
	    min(rows, columns) * size > PLANES_SIDE_BYTES_MAX ||
	    copy_plan_payload(plan) > PLANES_PLAN_BYTES_MAX ||
	    tiles_read_halves(set, size, rows, columns))
		return UINT64_MAX;
	for (uint8_t i = 2; i < plan->nloops; i++)
		count *= plan->loops[i].extent;
	return count * (cost_of_pieces(set, size, rows, columns) + COST_PLANE);
}

bool copy_planes_waste_lines(const struct copy_plan *plan)
{
	const struct copy_loop *a = &plan->loops[0], *b = &plan->loops[1];

	return b->extent * plan->run.bytes < PLANES_COLUMN_BYTES &&
	       a->extent * plan->run.bytes > CACHE_LINE_BYTES &&
	       magnitude(a->src_step) > 2 * CACHE_LINE_BYTES;
}

/* The distance of two planes on the side that matters: they share lines, or are written in order.
 */
static size_t distance_of_planes(const struct copy_loop *loop)
{
	size_t dst = (size_t)loop->dst_step, src = magnitude(loop->src_step);

	return src < CACHE_LINE_BYTES ? min(dst, src) : dst;
}

void copy_planes_order(struct copy_plan *plan)
{
	for (uint8_t i = 3; i < plan->nloops; i++) {
		struct copy_loop loop = plan->loops[i];
		uint8_t j = i;

		for (; j > 2 && distance_of_planes(&plan->loops[j - 1]) > distance_of_planes(&loop);
		     j--)
			plan->loops[j] = plan->loops[j - 1];
		plan->loops[j] = loop;
	}
}
