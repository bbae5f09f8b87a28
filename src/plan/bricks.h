/* SPDX-License-Identifier: BSD-3-Clause */
/* Choose bricks: blocks of iterations of several loops that are copied one after the other. */
#ifndef PLAN_BRICKS_H
#define PLAN_BRICKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "machine/caches.h"
#include "plan/plan.h"

/*
 * The size of a brick, and of its stage. If a brick is shuffled, the shuffles also take room on the
 * stack. Tests build with other sizes.
 */
#ifndef BRICK_BYTES
#define BRICK_BYTES (40 << 10)
#define BRICK_SHUFFLED_BYTES (24 << 10)
#else
#define BRICK_SHUFFLED_BYTES BRICK_BYTES
#endif

enum {
	BRICK_BYTES_MAX = BRICK_BYTES,
	BRICK_SHUFFLED_BYTES_MAX = BRICK_SHUFFLED_BYTES,
	BRICK_STREAM_BYTES_MIN = 2 * CACHE_LINE_BYTES, /* shorter pieces are not streamed */
	BRICK_LOOPS_MAX = 8, /* plans of more loops are not split into bricks */
};

/* A loop around the pieces of a side. */
struct brick_loop {
	size_t extent, step;
};

/* A side of a brick: pieces of consecutive bytes, maybe with small gaps, within loops. */
struct brick_side {
	ptrdiff_t low;  /* from the address of the brick to its first piece */
	size_t bytes;   /* of a piece */
	size_t pieces;  /* their number */
	uint8_t nloops; /* the loops around the pieces; their extents are those of the brick */
	struct brick_loop loops[BRICK_LOOPS_MAX];
};

struct brick_shape {
	size_t extents[BRICK_LOOPS_MAX]; /* the iterations of each loop of the plan in a brick */
	size_t payload;                  /* in bytes */
	size_t padded;                   /* elements are padded to this size; 0: they are not */
	struct brick_side dst, src;
};

/*
 * Can a strided plan or a transposition be split into bricks? If its sides have the same order of
 * steps, bricks have no longer pieces than rows have.
 */
bool copy_bricks_fit(const struct copy_plan *plan);

/* List the loops of a plan by their steps on a side, the smallest first. */
void copy_bricks_order(const struct copy_plan *plan, bool dst, uint8_t *order);

/*
 * Choose the bricks of a plan for which copy_bricks_fit() is true. Its loops are in any order.
 * `most`: the most bytes of a brick, with its padding.
 */
void copy_bricks_choose(const struct copy_plan *plan, size_t most, struct brick_shape *brick);

/* Can a plan be split into bricks whose pieces are long enough to be streamed? */
bool copy_bricks_stream(const struct copy_plan *plan);

/* Can a plan be split into bricks that are expected to be faster than any order of its loops? */
bool copy_bricks_may_win(const struct copy_plan *plan);

#endif /* PLAN_BRICKS_H */
