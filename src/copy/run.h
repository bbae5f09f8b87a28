/* SPDX-License-Identifier: BSD-3-Clause */
/* Run plans. */
#ifndef COPY_RUN_H
#define COPY_RUN_H

#include "plan/plan.h"

/*
 * A copy by one of the library's operators takes no more of a thread's stack than this, from the
 * call that posts, runs or releases it on; what a program's own layouts take in it is not counted.
 */
enum { COPY_STACK_BYTES = 64 << 10 };

/*
 * Run a plan, any number of times. AML_SUCCESS, or -AML_FAILURE if a layout gave no address for
 * an element.
 */
int copy_plan_run(const struct copy_plan *plan);

/* Run one of the parts that a plan is cut into, see plan/part.h. */
void copy_plan_run_part(const struct copy_plan *plan, unsigned part);

#endif /* COPY_RUN_H */
