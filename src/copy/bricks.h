/* SPDX-License-Identifier: BSD-3-Clause */
/* Copies by bricks. */
#ifndef COPY_BRICKS_H
#define COPY_BRICKS_H

#include "plan/plan.h"

/* Runs the plan of a brick, which is small and has no variant. */
typedef int (*brick_run_fn)(const struct copy_plan *brick);

/* Run a plan for which copy_bricks_fit() is true. */
void copy_bricks(const struct copy_plan *plan, brick_run_fn run);

#endif /* COPY_BRICKS_H */
