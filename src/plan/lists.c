/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Chooses which transpositions in the caches are copied by lists.
 *
 * In a plane, the source rows are listed by their offsets, and the elements of a source row by
 * their offsets in the destination. So the rows of both sides can consist of several loops: loops
 * that continue where loop 0 ends in the destination, and loops that continue where loop 1 ends in
 * the source. Planes of few short rows become larger planes, which waste less of a tile.
 */
#include <string.h>

#include "kernels/kernels.h"
#include "layout/sizes.h"
#include "plan/lists.h"
#include "plan/planes.h"

enum {
	LIST_ROW_BYTES = 256, /* rows and source rows of this size are long enough */
	LIST_LOOPS_MAX = 8,   /* of a plane: the bits of `row_loops` */
	/* A plane of two loops is too small for tiles with this number of pieces: */
	LIST_PIECES_MAX = 6,      /* of a source row */
	LIST_TILES_MAX = 12,      /* of all tiles */
	LIST_SEGMENT_BYTES = 512, /* the least contiguous bytes that are streamed from a stage */
};

/* A plane, as far as it is chosen. */
struct listed_plane {
	size_t rows, columns; /* the iterations of the loops of each side */
	struct copy_listed_plane loops;
};

static bool list_continues(size_t length, ptrdiff_t step, size_t size)
{
	return length * size < LIST_ROW_BYTES && step == (ptrdiff_t)(length * size);
}

/*
 * Add loop `i` to the plane as its next loop, if it continues the rows or the source rows, and if
 * these are short. If it continues both, it continues the shorter ones.
 */
static bool plane_takes(const struct copy_plan *plan, struct listed_plane *plane, uint8_t i)
{
	const struct copy_loop *loop = &plan->loops[i];
	size_t size = plan->run.bytes;
	/* A loop that continues the rows can be split into blocks. After it, they are long. */
	bool row = list_continues(plane->rows, loop->dst_step, size) &&
		   plane->rows <= COPY_LIST_MAX / 2;
	bool column = list_continues(plane->columns, loop->src_step, size) &&
		      loop->extent <= COPY_LIST_MAX / plane->columns;

	if (!row && !column)
		return false;
	if (row && (!column || plane->rows <= plane->columns)) {
		plane->rows *= copy_lists_block(loop->extent, COPY_LIST_MAX / plane->rows);
		plane->loops.row_loops |= (uint8_t)(1u << plane->loops.plane_loops);
	} else {
		plane->columns *= loop->extent;
	}
	plane->loops.plane_loops++;
	return true;
}

/* Find the next loop of the plane, and move it behind the others. */
static bool plane_grows(struct copy_plan *plan, struct listed_plane *plane, bool order)
{
	uint8_t n = plane->loops.plane_loops;

	for (uint8_t i = n; i < (order ? plan->nloops : n + 1); i++) {
		struct copy_loop loop;

		if (i >= plan->nloops || !plane_takes(plan, plane, i))
			continue;
		loop = plan->loops[i];
		memmove(&plan->loops[n + 1u], &plan->loops[n], (size_t)(i - n) * sizeof(loop));
		plan->loops[n] = loop;
		return true;
	}
	return false;
}

/*
 * Is it faster to copy planes of only loops 0 and 1? It is if a tile fits, and if lists do not make
 * the planes larger, or need not.
 */
static bool tiles_are_better(const struct copy_plan *plan, bool lists_are_larger)
{
	size_t size = plan->run.bytes, row = plan->loops[0].extent * size,
	       source_row = plan->loops[1].extent * size, width = kernels()->width,
	       pieces = (source_row + TILE_BYTES - 1) / TILE_BYTES;

	if (row < width || source_row < TILE_BYTES)
		return false;
	return !lists_are_larger ||
	       (pieces > LIST_PIECES_MAX && (row + width - 1) / width * pieces > LIST_TILES_MAX);
}

/* Can lists of these lengths be copied? */
static bool lists_fit(size_t rows, size_t columns, size_t size)
{
	const struct kernels *set = kernels_for_rows(rows * size);

	return rows * size >= (set->masks ? TILE_BYTES : set->width) &&
	       columns * size >= TILE_BYTES;
}

static bool size_is_listed(size_t size)
{
	return size <= TILE_BYTES && (size & (size - 1)) == 0;
}

/* The estimated time of the lists. */
static uint64_t cost_of_lists(const struct copy_plan *plan, size_t rows, size_t columns)
{
	uint64_t planes = copy_plan_payload(plan) / (rows * columns * plan->run.bytes);

	return copy_planes_listed_cost(plan->run.bytes, rows, columns, planes);
}

uint64_t copy_lists_cost(const struct copy_plan *plan)
{
	size_t rows = plan->loops[0].extent, columns = plan->loops[1].extent;

	for (uint8_t i = 2; i < plan->listed.plane_loops; i++)
		if (plan->listed.row_loops >> i & 1)
			rows *= plan->loops[i].extent;
		else
			columns *= plan->loops[i].extent;
	return cost_of_lists(plan, rows, columns);
}

bool copy_lists_choose(struct copy_plan *plan, bool order)
{
	struct listed_plane plane = {.rows = plan->loops[0].extent,
				     .columns = plan->loops[1].extent,
				     .loops = {.plane_loops = 2}};

	if (!size_is_listed(plan->run.bytes))
		return false;
	while (plane.loops.plane_loops < LIST_LOOPS_MAX && plane_grows(plan, &plane, order))
		;
	if (plane.rows > COPY_LIST_MAX || plane.columns > COPY_LIST_MAX ||
	    !lists_fit(plane.rows, plane.columns, plan->run.bytes))
		return false;
	if (tiles_are_better(plan, plane.loops.plane_loops > 2))
		return false;
	if ((plane.columns == plan->loops[1].extent || !copy_planes_waste_lines(plan)) &&
	    copy_planes_cost(plan) <= cost_of_lists(plan, plane.rows, plane.columns))
		return false;
	plan->listed = plane.loops;
	return true;
}

/* Move the loop that continues a side where `bytes` bytes end to index `to`. False: none. */
static bool move_loop_that_continues(struct copy_plan *plan, bool dst, size_t bytes, size_t most,
				     uint8_t to)
{
	for (uint8_t i = to; i < plan->nloops; i++) {
		struct copy_loop loop = plan->loops[i];

		if ((dst ? loop.dst_step : loop.src_step) != (ptrdiff_t)bytes || loop.extent > most)
			continue;
		memmove(&plan->loops[to + 1u], &plan->loops[to], (size_t)(i - to) * sizeof(loop));
		plan->loops[to] = loop;
		return true;
	}
	return false;
}

bool copy_lists_choose_stream(struct copy_plan *plan)
{
	size_t size = plan->run.bytes, rows = plan->loops[0].extent,
	       columns = plan->loops[1].extent, segment;
	struct copy_listed_plane plane = {.plane_loops = 2};

	if (!size_is_listed(size))
		return false;
	while (plane.plane_loops < LIST_LOOPS_MAX && rows < COPY_LIST_MAX &&
	       move_loop_that_continues(plan, true, rows * size, COPY_LIST_MAX / rows,
					plane.plane_loops)) {
		plane.row_loops |= (uint8_t)(1u << plane.plane_loops);
		rows *= plan->loops[plane.plane_loops++].extent;
	}
	/* The last loop of the rows is split into blocks. */
	if (rows <= COPY_LIST_MAX / 2 && plane.plane_loops < LIST_LOOPS_MAX &&
	    move_loop_that_continues(plan, true, rows * size, SIZE_MAX, plane.plane_loops)) {
		plane.row_loops |= (uint8_t)(1u << plane.plane_loops);
		rows = copy_lists_block(plan->loops[plane.plane_loops++].extent,
					COPY_LIST_MAX / rows) *
		       rows;
	} else if (rows > COPY_LIST_MAX) {
		rows = copy_lists_block(rows, COPY_LIST_MAX);
	}
	columns = min(columns, COPY_LIST_STAGE_BYTES / (rows * size));
	columns = min(columns, COPY_LIST_MAX);
	if (!lists_fit(rows, columns, size))
		return false;
	segment = rows * size;
	if (plan->loops[1].dst_step == (ptrdiff_t)segment)
		segment *= columns;
	/* `rows` and `columns` may be those of a block. */
	if (segment == rows * columns * size && columns == plan->loops[1].extent)
		plane.group =
			move_loop_that_continues(plan, true, segment, SIZE_MAX, plane.plane_loops);
	if (plane.group)
		segment *= plan->loops[plane.plane_loops].extent;
	plan->listed = plane;
	return segment >= LIST_SEGMENT_BYTES;
}

bool copy_lists_fit_stream(const struct copy_plan *plan)
{
	union copy_plan_room room;

	memcpy(&room, plan, copy_plan_size(plan));
	return copy_lists_choose_stream(&room.plan);
}
