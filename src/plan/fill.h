/* SPDX-License-Identifier: BSD-3-Clause */
/* Plans that set every element to one value. */
#ifndef PLAN_FILL_H
#define PLAN_FILL_H

#include <aml/layout.h>

#include "plan/plan.h"

/*
 * Plan to set every element of a layout to `element`, which must stay until the plan has run, or
 * until copy_plan_keep() has copied it. The plan may own memory, see keep.h. Returns -AML_ENOMEM,
 * or an error of copy_plan_layouts().
 */
int copy_plan_fill(union copy_plan_room *room, struct aml_layout *dst, const void *element);

#endif /* PLAN_FILL_H */
