/* SPDX-License-Identifier: BSD-3-Clause */
/* Run copy plans. */
#ifndef COPY_RUN_H
#define COPY_RUN_H

#include "plan/plan.h"

/*
 * The maximum stack use of a copy by one of the library's operators, measured from the call that
 * posts, runs or releases it. The stack use of a program's own layouts is not included.
 */
enum { COPY_STACK_BYTES = 64 << 10 };

/*
 * Run a plan. A plan can be run any number of times. Returns -AML_FAILURE if a layout returned NULL
 * for an element, else AML_SUCCESS.
 */
int copy_plan_run(const struct copy_plan *plan);

/*
 * Run part number `part` of a plan. See plan/part.h. Returns -AML_FAILURE if a layout returned NULL
 * for an element of the part, else AML_SUCCESS.
 */
int copy_plan_run_part(const struct copy_plan *plan, unsigned part);

#endif /* COPY_RUN_H */
