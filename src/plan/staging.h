/* SPDX-License-Identifier: BSD-3-Clause */
/* Choose which transpositions are staged, and by which of their loops. */
#ifndef PLAN_STAGING_H
#define PLAN_STAGING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plan/plan.h"

enum { STAGE_BYTES_MAX = 32 << 10 };

/*
 * The size of a plan's stage in bytes: two thirds of the first-level cache, within limits, or half
 * of that.
 */
size_t copy_stage_size(const struct copy_plan *plan);

/* The extent of loop `loop` together with loop `more`, which continues it. 0: none. */
size_t copy_staged_extent(const struct copy_plan *plan, uint8_t loop, uint8_t more);

/* The size of a tile's piece in bytes. copy_staged() adapts it to the source runs. */
size_t copy_staged_piece(const struct copy_plan *plan);

/* Should a transposition that streams be staged? If so, fill in its member `staged`. */
bool copy_staged_choose(struct copy_plan *plan);

/* Move the loops that can belong to a staged plane directly behind loops 0 and 1. */
void copy_staged_order(struct copy_plan *plan);

#endif /* PLAN_STAGING_H */
