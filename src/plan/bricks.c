/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Chooses bricks.
 *
 * If the steps of the two sides have different orders, any order of the loops reads or writes a few
 * bytes here and a few bytes there, and comes back to a line or a page only after it has left the
 * caches. A brick has some iterations of several loops: those that make the pieces of the source
 * long, and those that make the pieces of the destination long. So each line is read and written
 * only once, or twice at the ends of pieces.
 *
 * The choice tries several lengths of the pieces on either side. Of the bricks that have at most a
 * given size, it takes the one that makes a byte cheapest. A brick is about as large as the
 * first-level cache. Larger ones would have longer pieces still, but no room on a thread's stack.
 */
#include <string.h>

#include "kernels/kernels.h"
#include "layout/sizes.h"
#include "machine/caches.h"
#include "plan/bricks.h"

/* What a piece costs besides its bytes, in bytes. */
enum {
	PIECE_COST_READ = CACHE_LINE_BYTES, /* a page; the next brick reads on from its end */
	PIECE_COST_WRITTEN = 4 * CACHE_LINE_BYTES, /* its ends, whose lines are read, too; a page */
};

enum {
	BRICK_RUNS_MIN = 4,
	/* Fewer contiguous elements on either side are not worth padding. */
	PADDED_ELEMENTS_MIN = 8,
	PIECE_BYTES_MAX = 4 << 10, /* longer pieces are not better */
};

/* Bricks are expected to win if a byte costs less by this factor than in the best order. */
#define BRICK_GAIN_MIN 1.25

/* The loops of a plan by their steps on each side, the smallest first. */
struct brick_orders {
	uint8_t dst[BRICK_LOOPS_MAX], src[BRICK_LOOPS_MAX];
};

static size_t step_on_side(const struct copy_loop *loop, bool dst)
{
	return magnitude(dst ? loop->dst_step : loop->src_step);
}

void copy_bricks_order(const struct copy_plan *plan, bool dst, uint8_t *order)
{
	for (uint8_t i = 0; i < plan->nloops; i++) {
		size_t step = step_on_side(&plan->loops[i], dst);
		uint8_t j = i;

		for (; j > 0 && step_on_side(&plan->loops[order[j - 1]], dst) > step; j--)
			order[j] = order[j - 1];
		order[j] = i;
	}
}

/* Find the pieces of a side. Gaps of up to `gap` bytes do not end a piece. */
static void find_pieces(const struct copy_plan *plan, const size_t *extents, const uint8_t *order,
			bool dst, size_t gap, struct brick_side *side)
{
	*side = (struct brick_side){.bytes = plan->run.bytes, .pieces = 1};
	for (uint8_t k = 0; k < plan->nloops; k++) {
		const struct copy_loop *loop = &plan->loops[order[k]];
		size_t n = extents[order[k]], step = step_on_side(loop, dst);

		if (n == 1 || step == 0)
			continue;
		if (!dst && loop->src_step < 0)
			side->low += (ptrdiff_t)(n - 1) * loop->src_step;
		if (step <= side->bytes + gap) {
			side->bytes += (n - 1) * step;
			continue;
		}
		side->loops[side->nloops++] = (struct brick_loop){n, step};
		side->pieces *= n;
	}
}

/* The bytes of a side of a brick, with `more` for what each piece costs besides. */
static size_t cost_of_side(const struct copy_plan *plan, const size_t *extents,
			   const uint8_t *order, bool dst, size_t more)
{
	size_t bytes = plan->run.bytes, pieces = 1;

	for (uint8_t k = 0; k < plan->nloops; k++) {
		size_t n = extents[order[k]], step;

		if (n == 1)
			continue;
		step = step_on_side(&plan->loops[order[k]], dst);
		if (step <= bytes + CACHE_LINE_BYTES)
			bytes += (n - 1) * step;
		else
			pieces *= n;
	}
	return pieces * (bytes + more);
}

/* The cost of a byte of a brick: the bytes on both sides, and what their pieces cost besides. */
static double cost_of_brick(const struct copy_plan *plan, const struct brick_orders *orders,
			    const size_t *extents, size_t payload)
{
	size_t cost = cost_of_side(plan, extents, orders->dst, true, PIECE_COST_WRITTEN) +
		      cost_of_side(plan, extents, orders->src, false, PIECE_COST_READ);

	return (double)cost / (double)payload;
}

/* The cost of a byte if the loops run in this order. */
static double cost_in_order(const struct copy_plan *plan, const struct brick_orders *orders,
			    const uint8_t *order, size_t most)
{
	size_t extents[BRICK_LOOPS_MAX] = {0}, payload = plan->run.bytes;

	for (uint8_t k = 0; k < plan->nloops; k++) {
		size_t left = most / payload > 0 ? most / payload : 1;

		extents[order[k]] = min(plan->loops[order[k]].extent, left);
		payload *= extents[order[k]];
	}
	return cost_of_brick(plan, orders, extents, payload);
}

/*
 * The next power of two, if elements are better transposed with padding: no tile kernel takes them,
 * and some of them are contiguous on each side, but not the same ones. Else 0.
 */
static size_t padded_size(const struct copy_plan *plan)
{
	size_t size = plan->run.bytes, padded = 1;
	bool dst = false, src = false;

	if (!kernels()->shuffle_masks || (size & (size - 1)) == 0 || size > TILE_BYTES)
		return 0;
	while (padded < size)
		padded *= 2;
	for (uint8_t i = 0; i < plan->nloops; i++) {
		const struct copy_loop *loop = &plan->loops[i];

		if (loop->extent < PADDED_ELEMENTS_MIN || loop->extent * padded < TILE_BYTES)
			continue;
		dst |= loop->dst_step == (ptrdiff_t)size;
		src |= loop->src_step == (ptrdiff_t)size;
	}
	return dst && src ? padded : 0;
}

/* The most bytes of a brick whose stage, or two stages with padding, have `most` bytes. */
static size_t brick_bytes_max(const struct copy_plan *plan, size_t most, size_t padded)
{
	if (padded == 0)
		return most;
	return most / 2 / padded * plan->run.bytes;
}

/* Split a loop evenly into bricks of at most about `n` iterations: those of a brick. */
static size_t even_extent(size_t extent, size_t n)
{
	size_t bricks = (extent + n - 1) / n;

	return (extent + bricks - 1) / bricks;
}

/* Give a brick as many iterations as make the pieces of a side about `target` bytes long. */
static void lengthen_pieces(const struct copy_plan *plan, const uint8_t *order, bool dst,
			    size_t target, size_t *extents)
{
	size_t bytes = plan->run.bytes;

	for (uint8_t k = 0; k < plan->nloops && bytes < target; k++) {
		size_t n = plan->loops[order[k]].extent, *chosen = &extents[order[k]];
		size_t step = step_on_side(&plan->loops[order[k]], dst);

		if (step == 0)
			continue;
		if (step > bytes + CACHE_LINE_BYTES)
			return;
		/* A loop that is a little too long is not split. */
		if (bytes + (n - 1) * step > target + target / 2)
			n = even_extent(n, (target - bytes) / step + 1);
		*chosen = n > *chosen ? n : *chosen;
		bytes += (*chosen - 1) * step;
	}
}

static size_t brick_payload(const struct copy_plan *plan, const size_t *extents)
{
	size_t bytes = plan->run.bytes;

	for (uint8_t i = 0; i < plan->nloops; i++)
		bytes *= extents[i];
	return bytes;
}

/* Fill a brick that is small: more iterations in the order of the source. */
static void fill_brick(const struct copy_plan *plan, const struct brick_orders *orders, size_t most,
		       struct brick_shape *brick)
{
	for (uint8_t k = 0; k < plan->nloops && brick->payload <= most / 2; k++) {
		uint8_t i = orders->src[k];
		size_t extent = plan->loops[i].extent,
		       n = most / brick->payload * brick->extents[i];

		brick->payload /= brick->extents[i];
		brick->extents[i] = extent <= n ? extent : even_extent(extent, n);
		brick->payload *= brick->extents[i];
	}
}

/* Try lengths of the pieces of both sides, and choose those that make a byte cheapest. */
static void choose_extents(const struct copy_plan *plan, const struct brick_orders *orders,
			   size_t stage_bytes, struct brick_shape *brick)
{
	size_t padded = padded_size(plan), most = brick_bytes_max(plan, stage_bytes, padded),
	       payload;
	size_t extents[BRICK_LOOPS_MAX] = {0};
	double least = -1, cost;

	brick->padded = padded;
	for (size_t to = CACHE_LINE_BYTES; to <= PIECE_BYTES_MAX; to *= 2) {
		for (size_t from = CACHE_LINE_BYTES; from <= PIECE_BYTES_MAX; from *= 2) {
			for (uint8_t i = 0; i < plan->nloops; i++)
				extents[i] = 1;
			lengthen_pieces(plan, orders->dst, true, to, extents);
			lengthen_pieces(plan, orders->src, false, from, extents);
			payload = brick_payload(plan, extents);
			if (payload > most)
				break;
			cost = cost_of_brick(plan, orders, extents, payload);
			if (least >= 0 && cost >= least)
				continue;
			least = cost;
			brick->payload = payload;
			memcpy(brick->extents, extents, sizeof(extents));
		}
	}
	if (least < 0) {
		/* Many elements overlap in the source. */
		brick->payload = plan->run.bytes;
		for (uint8_t i = 0; i < plan->nloops; i++)
			brick->extents[i] = 1;
	}
	fill_brick(plan, orders, most, brick);
}

static void find_orders(const struct copy_plan *plan, struct brick_orders *orders)
{
	copy_bricks_order(plan, true, orders->dst);
	copy_bricks_order(plan, false, orders->src);
}

void copy_bricks_choose(const struct copy_plan *plan, size_t most, struct brick_shape *brick)
{
	struct brick_orders orders;

	find_orders(plan, &orders);
	choose_extents(plan, &orders, most, brick);
	/* Contiguous bytes can be streamed. */
	find_pieces(plan, brick->extents, orders.dst, true, 0, &brick->dst);
	find_pieces(plan, brick->extents, orders.src, false, CACHE_LINE_BYTES, &brick->src);
}

bool copy_bricks_fit(const struct copy_plan *plan)
{
	struct brick_orders orders;

	if (plan->nloops < 2 || plan->nloops > BRICK_LOOPS_MAX ||
	    plan->run.bytes > BRICK_BYTES_MAX / BRICK_RUNS_MIN)
		return false;
	find_orders(plan, &orders);
	return memcmp(orders.dst, orders.src, plan->nloops) != 0;
}

bool copy_bricks_stream(const struct copy_plan *plan)
{
	struct brick_shape brick;

	if (!copy_bricks_fit(plan))
		return false;
	copy_bricks_choose(plan, BRICK_BYTES_MAX, &brick);
	return brick.dst.bytes >= BRICK_STREAM_BYTES_MIN;
}

bool copy_bricks_may_win(const struct copy_plan *plan)
{
	struct brick_orders orders;
	struct brick_shape brick;
	double cost, by_dst, by_src;

	if (!copy_bricks_fit(plan))
		return false;
	find_orders(plan, &orders);
	choose_extents(plan, &orders, BRICK_BYTES_MAX, &brick);
	if (brick.padded > 0)
		return true;
	cost = cost_of_brick(plan, &orders, brick.extents, brick.payload);
	by_dst = cost_in_order(plan, &orders, orders.dst, BRICK_BYTES_MAX);
	by_src = cost_in_order(plan, &orders, orders.src, BRICK_BYTES_MAX);
	return cost * BRICK_GAIN_MIN < (by_dst < by_src ? by_dst : by_src);
}
