/* SPDX-License-Identifier: BSD-3-Clause */
/* Run the plans of all of the library's operators. */
#ifndef OPS_RUN_H
#define OPS_RUN_H

#include "plan/plan.h"

/*
 * Run a plan, and end it. A plan with a context can be run once. Returns what the operator returns:
 * -AML_FAILURE if a layout returned NULL for an element, or if a comparison without a structure
 * found a difference.
 */
int ops_run(struct copy_plan *plan);

/*
 * Run part number `part` of a plan. See plan/part.h. Several threads may run parts at once. The
 * result is that of the part.
 */
int ops_run_part(struct copy_plan *plan, unsigned part);

/*
 * After the last part has run: end a plan whose parts have the result `code`. Returns the result of
 * the plan. If some parts did not run, nothing is stored.
 */
int ops_end(struct copy_plan *plan, int code);

#endif /* OPS_RUN_H */
