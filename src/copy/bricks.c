/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Copies by bricks: see plan/bricks.c. All bricks of a plan have the same extents, so one plan,
 * with other addresses, copies each of them. The last brick along a loop overlaps the one before.
 *
 * If the plan streams and the destination has long pieces, a brick is copied to a stage in the
 * first-level cache, or little more, and its pieces are streamed from there. Meanwhile, the source
 * lines of the next brick are prefetched. Else a brick is copied to its place.
 */
#include "copy/bricks.h"
#include "kernels/count.h"
#include "kernels/kernels.h"
#include "layout/sizes.h"
#include "machine/caches.h"
#include "plan/bricks.h"
#include "plan/normal.h"

/* The bricks of a plan. */
struct brick_walk {
	const struct copy_plan *plan;
	struct brick_shape shape;
	/* The loops by their steps on each side. */
	uint8_t dst_order[BRICK_LOOPS_MAX], order[BRICK_LOOPS_MAX];
	size_t at[BRICK_LOOPS_MAX]; /* the first iteration of the current brick */
};

/* The addresses of a brick. */
struct brick_place {
	char *dst;
	const char *src;
};

/* The pieces of the source of a brick that are not prefetched yet. */
struct brick_ahead {
	const struct brick_side *side;
	const char *piece;
	size_t at, left; /* the byte of the piece, and the pieces left */
	size_t index[BRICK_LOOPS_MAX];
};

static struct brick_place place_of_brick(const struct brick_walk *walk)
{
	struct brick_place place = {walk->plan->run.dst, walk->plan->run.src};

	for (uint8_t i = 0; i < walk->plan->nloops; i++) {
		const struct copy_loop *loop = &walk->plan->loops[i];
		size_t at = min(walk->at[i], loop->extent - walk->shape.extents[i]);

		place.dst += (ptrdiff_t)at * loop->dst_step;
		place.src += (ptrdiff_t)at * loop->src_step;
	}
	return place;
}

/* Advance to the next brick: along the source first. Returns false after the last. */
static bool next_brick(struct brick_walk *walk)
{
	for (uint8_t k = 0; k < walk->plan->nloops; k++) {
		uint8_t i = walk->order[k];

		walk->at[i] += walk->shape.extents[i];
		if (walk->at[i] < walk->plan->loops[i].extent)
			return true;
		walk->at[i] = 0;
	}
	return false;
}

/* Advance the index to the next piece of a side. Return the distance to it. */
static ptrdiff_t next_piece(const struct brick_side *side, size_t *index)
{
	ptrdiff_t distance = 0;

	for (uint8_t i = 0; i < side->nloops; i++) {
		const struct brick_loop *loop = &side->loops[i];

		distance += (ptrdiff_t)loop->step;
		if (++index[i] < loop->extent)
			break;
		distance -= (ptrdiff_t)(loop->extent * loop->step);
		index[i] = 0;
	}
	return distance;
}

static struct brick_ahead ahead_of_brick(const struct brick_side *side, const char *src)
{
	return (struct brick_ahead){.side = side, .piece = src + side->low, .left = side->pieces};
}

/* Prefetch `lines` lines. */
static void prefetch_pieces(struct brick_ahead *ahead, size_t lines)
{
	for (; lines > 0 && ahead->left > 0; lines--) {
		/* The last line of a piece may be a part of it only. */
		__builtin_prefetch(ahead->piece + min(ahead->at, ahead->side->bytes - 1), 0, 3);
		ahead->at += CACHE_LINE_BYTES;
		if (ahead->at < ahead->side->bytes + CACHE_LINE_BYTES - 1)
			continue;
		ahead->at = 0;
		if (--ahead->left == 0)
			return;
		ahead->piece += next_piece(ahead->side, ahead->index);
	}
}

/* Room for a plan of a brick. */
union brick_room {
	struct copy_plan plan;
	char bytes[sizeof(struct copy_plan) + BRICK_LOOPS_MAX * sizeof(struct copy_loop)];
};

/*
 * The plans that copy a brick, one after the other. If elements are padded: `gather` spreads those
 * of the source, `move` changes their order, and `pack` removes the padding. Else only `move`.
 */
struct brick_plans {
	struct copy_plan *gather, *move, *pack;
};

static void start_brick_plan(struct copy_plan *plan, size_t size, char *dst, const char *src)
{
	*plan = (struct copy_plan){.kind = COPY_EMPTY,
				   .run = {.bytes = size, .dst = dst, .src = src}};
}

static void add_brick_loop(struct copy_plan *plan, size_t extent, ptrdiff_t dst_step,
			   ptrdiff_t src_step)
{
	if (extent > 1)
		plan->loops[plan->nloops++] = (struct copy_loop){extent, dst_step, src_step};
}

/* The steps in a stage that has the elements of a brick in the order of a side. */
static void steps_in_stage(const struct brick_walk *walk, const uint8_t *order, bool dst,
			   size_t size, ptrdiff_t *steps)
{
	for (uint8_t k = 0; k < walk->plan->nloops; k++) {
		uint8_t i = order[k];

		/* Elements that the source repeats are staged once. */
		steps[i] = 0;
		if (!dst && walk->plan->loops[i].src_step == 0)
			continue;
		steps[i] = (ptrdiff_t)size;
		size *= walk->shape.extents[i];
	}
}

/*
 * Make the plans of a brick at a place. `stage`: where its bytes are contiguous in the order of the
 * destination before they are streamed; NULL: the destination. `near` and `far`: stages of padded
 * elements.
 */
static void plan_brick(const struct brick_plans *plans, const struct brick_walk *walk,
		       const struct brick_place *place, char *stage, char *near, char *far)
{
	ptrdiff_t dst_steps[BRICK_LOOPS_MAX], near_steps[BRICK_LOOPS_MAX],
		far_steps[BRICK_LOOPS_MAX];
	size_t size = walk->plan->run.bytes, padded = walk->shape.padded;
	char *dst = stage != NULL ? stage : place->dst;

	steps_in_stage(walk, walk->dst_order, true, size, dst_steps);
	steps_in_stage(walk, walk->order, false, padded, near_steps);
	steps_in_stage(walk, walk->dst_order, true, padded, far_steps);
	start_brick_plan(plans->gather, size, near, place->src);
	start_brick_plan(plans->move, padded > 0 ? padded : size, padded > 0 ? far : dst,
			 padded > 0 ? near : place->src);
	start_brick_plan(plans->pack, size, dst, far);
	for (uint8_t i = 0; i < walk->plan->nloops; i++) {
		const struct copy_loop *loop = &walk->plan->loops[i];
		ptrdiff_t dst_step = stage != NULL ? dst_steps[i] : loop->dst_step;
		size_t n = walk->shape.extents[i];

		if (padded == 0) {
			add_brick_loop(plans->move, n, dst_step, loop->src_step);
			continue;
		}
		if (loop->src_step != 0)
			add_brick_loop(plans->gather, n, near_steps[i], loop->src_step);
		add_brick_loop(plans->move, n, far_steps[i], near_steps[i]);
		add_brick_loop(plans->pack, n, dst_step, far_steps[i]);
	}
	copy_plan_normalise_near(plans->move);
	if (padded > 0) {
		copy_plan_normalise_near(plans->gather);
		copy_plan_normalise_near(plans->pack);
	}
}

/* Stream the stage to the pieces of a brick, and prefetch the next brick. */
static void stream_brick(const struct brick_side *side, char *dst, const char *stage,
			 struct brick_ahead *ahead)
{
	size_t lines = ahead->side->pieces * (ahead->side->bytes / CACHE_LINE_BYTES + 2);
	size_t index[BRICK_LOOPS_MAX] = {0};

	lines = lines / side->pieces + 1;
	for (size_t n = side->pieces;; stage += side->bytes) {
		kernels()->stream(dst, stage, side->bytes);
		prefetch_pieces(ahead, lines);
		if (--n == 0)
			return;
		dst += next_piece(side, index);
	}
}

/* Has the destination of bricks pieces that are long enough to be streamed? */
static bool bricks_are_staged(const struct brick_walk *walk)
{
	return walk->plan->stream && walk->shape.dst.bytes >= BRICK_STREAM_BYTES_MIN;
}

static bool is_shuffled(const struct copy_plan *plan)
{
	return plan->kind == COPY_STRIDED && plan->method == COPY_BY_SHUFFLE;
}

/* Are the elements of bricks shuffled? `padded`: by three plans. */
static bool bricks_are_shuffled(const struct brick_plans *plans, bool padded)
{
	return is_shuffled(plans->move) ||
	       (padded && (is_shuffled(plans->gather) || is_shuffled(plans->pack)));
}

/*
 * Copy all bricks, with a stage of `stage_bytes`. Returns false, and copies nothing, if elements
 * are shuffled and `may_shuffle` is false.
 */
__attribute__((noinline)) static bool move_bricks(struct brick_walk *walk, char *stage,
						  size_t stage_bytes, bool may_shuffle,
						  brick_run_fn run)
{
	struct brick_place first = place_of_brick(walk), now, next = first;
	bool padded = walk->shape.padded > 0, more, staged = bricks_are_staged(walk);
	union brick_room gather, order, pack;
	const struct brick_plans plans = {&gather.plan, &order.plan, &pack.plan};
	struct copy_plan *reads = padded ? plans.gather : plans.move;
	struct copy_plan *writes = padded ? plans.pack : plans.move;
	const char *src;
	char *dst;

	/* The stage of padded elements is free when the padding is removed. */
	plan_brick(&plans, walk, &first, staged ? stage : NULL, stage, stage + stage_bytes / 2);
	if (!may_shuffle && bricks_are_shuffled(&plans, padded))
		return false;
	COUNT(staged, "", "bricks by a stage");
	COUNT(!staged, "", "bricks");
	COUNT(padded, "masks", "bricks of padded elements");
	dst = writes->run.dst;
	src = reads->run.src;
	do {
		struct brick_ahead ahead;

		now = next;
		more = next_brick(walk);
		if (more)
			next = place_of_brick(walk);
		ahead = ahead_of_brick(&walk->shape.src, next.src);
		if (!more)
			ahead.left = 0;
		reads->run.src = src + (now.src - first.src);
		if (!staged) {
			writes->run.dst = dst + (now.dst - first.dst);
			prefetch_pieces(&ahead, SIZE_MAX);
		}
		if (padded)
			run(plans.gather);
		run(plans.move);
		if (padded)
			run(plans.pack);
		if (staged)
			stream_brick(&walk->shape.dst, now.dst, stage, &ahead);
	} while (more);
	return true;
}

/* Not inlined, because only one of the stages may be on the stack. */
__attribute__((noinline)) static bool move_large_bricks(struct brick_walk *walk, brick_run_fn run)
{
	_Alignas(CACHE_LINE_BYTES) char stage[BRICK_BYTES_MAX];

	copy_bricks_choose(walk->plan, sizeof(stage), &walk->shape);
	/* Padding is added and removed by shuffles. */
	return walk->shape.padded == 0 && move_bricks(walk, stage, sizeof(stage), false, run);
}

__attribute__((noinline)) static void move_shuffled_bricks(struct brick_walk *walk,
							   brick_run_fn run)
{
	_Alignas(CACHE_LINE_BYTES) char stage[BRICK_SHUFFLED_BYTES_MAX];

	COUNT(true, "shuffle", "bricks that are shuffled");
	copy_bricks_choose(walk->plan, sizeof(stage), &walk->shape);
	move_bricks(walk, stage, sizeof(stage), true, run);
}

void copy_bricks(const struct copy_plan *plan, brick_run_fn run)
{
	struct brick_walk walk = {.plan = plan};

	copy_bricks_order(plan, true, walk.dst_order);
	copy_bricks_order(plan, false, walk.order);
	if (!move_large_bricks(&walk, run))
		move_shuffled_bricks(&walk, run);
}
