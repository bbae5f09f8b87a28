/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Brings the loops of a plan into normal form. This changes only the order in which elements are
 * copied. The normal form has four rules:
 *
 *  1. No loop has only one iteration. The callers ensure this rule.
 *  2. The destination's steps are positive. If necessary, a loop is reversed.
 *  3. The loops are sorted by the destination's step. The innermost loop has the smallest step.
 *  4. No two neighbouring loops can be merged, and the innermost loop is not a contiguous run.
 *
 * The loops of a transposition are then reordered: see choose_kind(), order_planes() and
 * copy_staged_order(). So are the loops of a strided plan: see rows.h and shuffling.h.
 */
#include <string.h>

#include "layout/sizes.h"
#include "machine/caches.h"
#include "plan/choose.h"
#include "plan/lists.h"
#include "plan/method.h"
#include "plan/normal.h"
#include "plan/planes.h"
#include "plan/rows.h"
#include "plan/shuffling.h"
#include "plan/staging.h"
#include "plan/stepped.h"

/* Planes of at most this size may be shuffled instead of being tiled. */
enum { SMALL_PLANE_BYTES = 256 };

/* Plans with loops, without tiles and of at most this size are copied element by element. */
enum { FEW_ELEMENTS = 160, FEW_BYTES = 1024 };

/* Shorter rows of few elements are copied element by element. */
enum { ROWS_ROW_BYTES = 32 };

/* Apply rule 2. */
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

/*
 * Apply rule 3 by insertion sort: there are few loops, and most are already sorted. A loop that
 * stays in its place is not copied, because the CPU cannot load at once what was just stored in
 * parts.
 */
static void sort_loops(struct copy_plan *plan)
{
	for (uint8_t i = 1; i < plan->nloops; i++) {
		struct copy_loop loop;
		uint8_t j = i;

		if (plan->loops[i - 1].dst_step <= plan->loops[i].dst_step)
			continue;
		loop = plan->loops[i];
		while (j > 0 && plan->loops[j - 1].dst_step > loop.dst_step) {
			plan->loops[j] = plan->loops[j - 1];
			j--;
		}
		plan->loops[j] = loop;
	}
}

/* Does a loop with step `step` continue where a loop with `extent` steps of `last_step` ends? */
static bool loop_continues(ptrdiff_t step, ptrdiff_t last_step, size_t extent)
{
	/* Unsigned, because the end of the last loop can exceed the range of ptrdiff_t. */
	return (size_t)step == (size_t)last_step * extent;
}

/* Apply rule 4. */
static void merge_loops(struct copy_plan *plan)
{
	uint8_t n = 0;

	for (uint8_t i = 0; i < plan->nloops; i++) {
		const struct copy_loop *loop = &plan->loops[i];
		struct copy_loop *last = n > 0 ? &plan->loops[n - 1] : NULL;
		ptrdiff_t size = (ptrdiff_t)plan->run.bytes;

		if (last == NULL && copy_loop_is_contiguous(loop, (size_t)size))
			plan->run.bytes *= loop->extent;
		else if (last != NULL &&
			 loop_continues(loop->dst_step, last->dst_step, last->extent) &&
			 loop_continues(loop->src_step, last->src_step, last->extent))
			last->extent *= loop->extent;
		else if (n++ < i)
			plan->loops[n - 1] = *loop;
	}
	plan->nloops = n;
}

/*
 * The index of the loop that is contiguous in the source, if the innermost loop is contiguous in
 * the destination, and does not fill its rows. Else 0.
 */
static uint8_t source_row_loop(const struct copy_plan *plan)
{
	ptrdiff_t size = (ptrdiff_t)plan->run.bytes;

	bool tiles = plan->run.bytes <= TILE_BYTES && (size & (size - 1)) == 0;

	if (copy_rows_fill(plan) || (!tiles && copy_rows_looped(plan)))
		return 0;
	for (uint8_t i = 1; i < plan->nloops && plan->loops[0].dst_step == size; i++)
		if (plan->loops[i].src_step == size)
			return i;
	return 0;
}

/*
 * Is the plan a batch of planes of few elements, without tiles? Then a row of elements of many
 * planes is longer than any row of a plane.
 */
static bool is_batch(const struct copy_plan *plan, uint8_t row)
{
	size_t a = plan->loops[0].extent, b = plan->loops[row].extent;

	if (a >= ROW_ITERATIONS_ENOUGH || b >= ROW_ITERATIONS_ENOUGH ||
	    a * b * plan->run.bytes > 2 * SMALL_PLANE_BYTES)
		return false;
	for (uint8_t i = 1; i < plan->nloops; i++)
		if (plan->loops[i].extent > a && plan->loops[i].extent > b)
			return true;
	return false;
}

/* Move loop `row`, which is contiguous in the source, to index 1. */
static enum copy_kind order_transposition(struct copy_plan *plan, uint8_t row)
{
	struct copy_loop loop;

	/* See sort_loops(). */
	if (row == 1)
		return COPY_TRANSPOSE;
	loop = plan->loops[row];
	memmove(&plan->loops[2], &plan->loops[1], (row - 1u) * sizeof(loop));
	plan->loops[1] = loop;
	return COPY_TRANSPOSE;
}

/* Return the kind of a plan with loops in normal form. Order the loops of a transposition. */
static enum copy_kind choose_kind(struct copy_plan *plan, uint8_t row)
{
	if (row == 0 || is_batch(plan, row))
		return COPY_STRIDED;
	return order_transposition(plan, row);
}

/* Is the plan a transposition of planes with room for tiles, and larger than a few vectors? */
static bool takes_tiles(const struct copy_plan *plan, uint8_t row)
{
	return row > 0 &&
	       copy_plan_tiles_fit(plan->run.bytes, plan->loops[0].extent,
				   plan->loops[row].extent) &&
	       plan->loops[0].extent * plan->loops[row].extent * plan->run.bytes >
		       SMALL_PLANE_BYTES;
}

/*
 * The estimated time of a transposition of small planes in the caches, in quarters of a cycle.
 * UINT64_MAX: there is no way to transpose them. `row` is the loop that is contiguous in the
 * source.
 */
static uint64_t cost_of_planes(const struct copy_plan *plan, uint8_t row, uint64_t bytes)
{
	union copy_plan_room room;

	if (row == 0 || bytes >= caches()->stream_bytes)
		return UINT64_MAX;
	memcpy(&room, plan, copy_plan_size(plan));
	order_transposition(&room.plan, row);
	if (copy_lists_choose(&room.plan, true))
		return copy_lists_cost(&room.plan);
	return copy_planes_cost(&room.plan);
}

/*
 * Is a plan without tiles copied element by element? All other ways to copy short rows begin with
 * some work.
 */
static bool takes_elements(const struct copy_plan *plan, uint64_t bytes)
{
	return bytes < FEW_BYTES && copy_is_tiny(1, plan->run.bytes) &&
	       bytes <= plan->run.bytes * FEW_ELEMENTS;
}

/*
 * Are the rows of both sides of a plane at least a line long? The tiles of shorter rows waste a
 * part of the vectors. From memory, these planes are staged.
 */
static bool has_wide_rows(const struct copy_plan *plan, uint8_t row)
{
	return plan->loops[0].extent * plan->run.bytes >= CACHE_LINE_BYTES &&
	       plan->loops[row].extent * plan->run.bytes >= CACHE_LINE_BYTES;
}

/* Choose between shuffles and the other ways to copy a plan with loops. */
static void choose_way(struct copy_plan *plan, uint64_t bytes)
{
	uint8_t row;
	uint64_t planes = UINT64_MAX;
	bool tiles, wide;

	if (copy_stepped_choose(plan, bytes))
		return;
	row = source_row_loop(plan);
	tiles = takes_tiles(plan, row);
	if (!tiles && plan->nloops > 1 && takes_elements(plan, bytes)) {
		plan->kind = COPY_STRIDED;
		plan->method = COPY_BY_ELEMENTS;
		return;
	}
	wide = tiles && (has_wide_rows(plan, row) || bytes >= copy_choice_bytes(COPY_STRIDED));
	if (!wide) {
		planes = cost_of_planes(plan, row, bytes);
		if ((!tiles || planes < UINT64_MAX) && copy_shuffle_choose(plan, planes))
			return;
	}
	plan->kind = (uint8_t)(tiles || planes < UINT64_MAX ? order_transposition(plan, row)
							    : choose_kind(plan, row));
}

/*
 * Sort the planes of a copy from memory by the source's step, because the CPU prefetches
 * neighbouring lines of the source. The order of the destination does not matter: its lines are
 * written whole.
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

/* Choose the variant of a plan that is large enough to have one. */
__attribute__((noinline)) static void choose_variant(struct copy_plan *plan, uint64_t bytes)
{
	copy_choose_route(plan, bytes);
	if (plan->kind == COPY_TRANSPOSE && plan->stream) {
		order_planes(plan);
		copy_staged_order(plan);
	}
	copy_choose_variant(plan, bytes);
}

/* Make a loop the only loop of a plan. See sort_loops(): the compiler must not combine the loads.
 */
static void keep_loop(struct copy_plan *plan, uint8_t i)
{
	const volatile struct copy_loop *loop = &plan->loops[i];

	plan->loops[0].extent = loop->extent;
	plan->loops[0].dst_step = loop->dst_step;
	plan->loops[0].src_step = loop->src_step;
	plan->nloops = 1;
}

/* Complete a plan of one loop, which fills a row. */
static bool complete_fill(struct copy_plan *plan, size_t bytes)
{
	if (!copy_rows_fill(plan) || bytes >= copy_choice_bytes(COPY_STRIDED))
		return false;
	plan->kind = COPY_STRIDED;
	return true;
}

/* Complete a plan of one loop, which is contiguous and has `bytes` bytes. */
static bool complete_run(struct copy_plan *plan, size_t bytes)
{
	if (bytes >= copy_choice_bytes(COPY_FLAT))
		return false;
	plan->kind = COPY_FLAT;
	plan->nloops = 0;
	plan->run.bytes = bytes;
	return true;
}

bool copy_plan_complete_rows(struct copy_plan *plan, bool tiny)
{
	const struct copy_loop *outer = &plan->loops[1];
	size_t bytes = plan->run.bytes * plan->loops[0].extent, payload;

	if (plan->loops[0].src_step != (ptrdiff_t)plan->run.bytes)
		return plan->nloops == 1 && complete_fill(plan, bytes);
	if (plan->nloops == 1)
		return complete_run(plan, bytes);
	payload = bytes * outer->extent;
	if (outer->dst_step <= 0 || copy_loop_is_contiguous(outer, bytes) ||
	    payload >= copy_choice_bytes(COPY_STRIDED) || copy_shuffle_takes(bytes, payload) ||
	    (tiny && bytes < ROWS_ROW_BYTES))
		return false;
	keep_loop(plan, 1);
	plan->kind = COPY_STRIDED;
	plan->run.bytes = bytes;
	return true;
}

/* Bring the loops into normal form, and choose the kind. Returns the payload. */
__attribute__((always_inline)) static inline uint64_t begin_normal_form(struct copy_plan *plan)
{
	uint64_t bytes;

	make_steps_positive(plan);
	sort_loops(plan);
	merge_loops(plan);
	plan->kind = plan->nloops > 0 ? COPY_STRIDED : COPY_FLAT;
	bytes = copy_plan_payload(plan);
	if (plan->nloops > 0)
		choose_way(plan, bytes);
	return bytes;
}

/* Choose the method, and the order of the loops. */
__attribute__((always_inline)) static inline void end_normal_form(struct copy_plan *plan)
{
	if (plan->method == COPY_BY_ELEMENTS || plan->method == COPY_BY_STEPPED)
		return;
	if (plan->method == COPY_BY_SHUFFLE)
		copy_shuffle_order(plan);
	else if (plan->kind == COPY_TRANSPOSE && !plan->stream)
		copy_plan_choose_cached_method(plan, true);
	else
		copy_plan_choose_method(plan);
}

void copy_plan_normalise(struct copy_plan *plan)
{
	uint64_t bytes = begin_normal_form(plan);

	if (bytes >= copy_choice_bytes(plan->kind))
		choose_variant(plan, bytes);
	end_normal_form(plan);
}

void copy_plan_normalise_near(struct copy_plan *plan)
{
	begin_normal_form(plan);
	end_normal_form(plan);
}
