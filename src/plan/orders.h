/* SPDX-License-Identifier: BSD-3-Clause */
/* Plans of copies by coordinates in the order of each layout. */
#ifndef PLAN_ORDERS_H
#define PLAN_ORDERS_H

#include <aml/layout.h>

#include "plan/plan.h"

/*
 * Plan a copy from layout to layout. User dimension i of `dst` is user dimension i of `src`.
 * Returns -AML_ENOTSUP if a layout has no order, or an error of copy_plan_layouts().
 */
int copy_plan_user(union copy_plan_room *room, struct aml_layout *dst,
		   const struct aml_layout *src);

#endif /* PLAN_ORDERS_H */
