/* SPDX-License-Identifier: BSD-3-Clause */
/* Plans that outlive their layouts, and what a plan owns. */
#ifndef PLAN_KEEP_H
#define PLAN_KEEP_H

#include "plan/plan.h"

/*
 * Replace the layouts of a plan, and the element of a fill, with copies that the plan owns. A
 * layout that cannot be copied stays, and must outlive the plan. Returns -AML_ENOMEM, -AML_EINVAL
 * if a copy differs from its layout, or the error of a layout's operator. On an error, the plan is
 * released.
 */
int copy_plan_keep(union copy_plan_room *room);

/*
 * Destroy the layouts that the plan owns: copies, and the source of a fill. The memory of the plan
 * belongs to the caller.
 */
void copy_plan_release(struct copy_plan *plan);

#endif /* PLAN_KEEP_H */
