/* SPDX-License-Identifier: BSD-3-Clause */
/* Choose which plans are copied by shuffled vectors, and by which of their loops. */
#ifndef PLAN_SHUFFLING_H
#define PLAN_SHUFFLING_H

#include <stdbool.h>
#include <stddef.h>

#include "plan/plan.h"

enum {
	SHUFFLE_VECTORS_MAX = 12, /* of a unit */
	/* A loop of fewer pieces is kept in a table. */
	SHUFFLE_PIECES_MAX = 512, /* elements of a unit */
};

/* The smallest copy that is shuffled. Tests build with another size. */
#ifndef SHUFFLE_PAYLOAD_MIN
#define SHUFFLE_PAYLOAD_MIN 1024
#endif

/* May a plan of `payload` bytes in runs of `run_bytes` bytes be shuffled? */
bool copy_shuffle_takes(size_t run_bytes, uint64_t payload);

/*
 * If the plan is copied faster by shuffles, set its kind, its method and the unit in `shuffled`,
 * and return true. The plan is in normal form, and its loops are still sorted by the destination's
 * step. `other_cost` is the estimated time, in quarters of a cycle, of another way to copy it.
 */
bool copy_shuffle_choose(struct copy_plan *plan, uint64_t other_cost);

/*
 * Complete `shuffled`: move the row loop and the loops inside of a section behind the loops of a
 * unit. The plan has its final `stream`.
 */
void copy_shuffle_order(struct copy_plan *plan);

/*
 * Is a unit contiguous in the destination, and does its last loop continue it? Then a section of
 * that loop is contiguous as well.
 */
bool copy_shuffle_is_dense(const struct copy_plan *plan);

/* Does the last loop of a unit have enough units to be the row loop? */
bool copy_shuffle_row_is_long(const struct copy_plan *plan);

#endif /* PLAN_SHUFFLING_H */
