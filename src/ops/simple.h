/* SPDX-License-Identifier: BSD-3-Clause */
/* Plans of operators on pairs of elements that are rows, or one plane that a kernel combines. */
#ifndef OPS_SIMPLE_H
#define OPS_SIMPLE_H

#include <stdbool.h>

#include "kernels/numbers.h"
#include "plan/plan.h"

/* The kernels that combine the planes of a plan. */
struct combine_kernels ops_combination(struct copy_plan *plan);

/*
 * Run a plan with a context, if it is simple and stays in the caches. Returns false, without a
 * change, if it is not, or if a comparison found a difference. Otherwise `code` gets the result.
 */
bool ops_run_simple(struct copy_plan *plan, int *code);

#endif /* OPS_SIMPLE_H */
