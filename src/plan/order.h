/* SPDX-License-Identifier: BSD-3-Clause */
/* Order the loops of a strided plan that is copied by runs through the caches. */
#ifndef PLAN_ORDER_H
#define PLAN_ORDER_H

#include <stdbool.h>

#include "plan/plan.h"

/* Is the order of the source's steps another one than that of the destination's steps? */
bool copy_order_differs(const struct copy_plan *plan);

/*
 * Sort the loops by the steps that the plan's variant asks for, the smallest step first. Then
 * choose the row loop.
 */
void copy_order_loops(struct copy_plan *plan);

#endif /* PLAN_ORDER_H */
