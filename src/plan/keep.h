/* SPDX-License-Identifier: BSD-3-Clause */
/* Plans that outlive the layouts which they ask element by element. */
#ifndef PLAN_KEEP_H
#define PLAN_KEEP_H

#include "plan/plan.h"

/*
 * Make the plan outlive the layouts that it refers to, where they can be duplicated. It is one
 * without a permutation. -AML_ENOMEM, -AML_EINVAL if a duplicate is another layout, or what a
 * layout's operator returned: the plan is as before.
 */
int copy_plan_keep(struct copy_plan *plan);

/* Release what copy_plan_keep() made. Not the plan, whose memory is its holder's. */
void copy_plan_release(struct copy_plan *plan);

#endif /* PLAN_KEEP_H */
