/* SPDX-License-Identifier: BSD-3-Clause */
/* Which transpositions are staged, and by which of their loops. */
#ifndef PLAN_STAGING_H
#define PLAN_STAGING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plan/plan.h"

enum { STAGE_BYTES_MAX = 32 << 10 };

/* The stage, in bytes: two thirds of the first cache. */
size_t copy_stage_size(void);

/* The extent of a loop and of `more`, which continues it; 0: there is no such one. */
size_t copy_staged_extent(const struct copy_plan *plan, uint8_t loop, uint8_t more);

/* What a tile has of a run, in bytes. */
size_t copy_staged_piece(const struct copy_plan *plan);

/* Is a transposition past the caches to be staged? Then its member `staged` is filled in. */
bool copy_staged_choose(struct copy_plan *plan);

/* Put the loops that a plane of a staged transposition may have behind the first two. */
void copy_staged_order(struct copy_plan *plan);

#endif /* PLAN_STAGING_H */
