/* SPDX-License-Identifier: BSD-3-Clause */
/* Which transpositions are staged, and by which of their loops. */
#ifndef PLAN_STAGING_H
#define PLAN_STAGING_H

#include <stddef.h>
#include <stdint.h>

#include "plan/plan.h"

/* The largest stage, in bytes. */
enum { STAGE = 32 << 10 };

/* The stage, in bytes: two thirds of the first cache. */
size_t copy_stage_size(void);

/* The loop that goes on with the rows, and the one with the runs; or 0. */
struct roles {
	uint8_t rows, runs;
	uint8_t loops; /* of a plane */
};

struct roles copy_staged_roles(const struct copy_plan *plan);

/* The extent of a loop and of `more`, which goes on with it; more == 0: of the loop. */
size_t copy_staged_extent(const struct copy_plan *plan, uint8_t loop, uint8_t more);

/* What a tile has of a run, in bytes. */
size_t copy_staged_piece(const struct copy_plan *plan);

/* How many loops of a transposition copy_staged() takes for a plane; 0: it is not staged. */
uint8_t copy_staged_loops(const struct copy_plan *plan);

/* Put the loops that copy_staged() likes behind the first two. */
void copy_staged_order(struct copy_plan *plan);

#endif /* PLAN_STAGING_H */
