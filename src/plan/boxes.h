/* SPDX-License-Identifier: BSD-3-Clause */
/* Plans from and to pads. */
#ifndef PLAN_BOXES_H
#define PLAN_BOXES_H

#include <aml/layout.h>

#include "layout/sizes.h"
#include "plan/plan.h"

/*
 * Plan a copy from or to a pad. -AML_ENOTSUP: it cannot be done in boxes, and the room's
 * content is undefined; -AML_EINVAL: what is within a pad cannot be, or not be written to.
 */
int copy_plan_boxes(union copy_plan_room *room, const struct aml_layout *dst,
		    const struct aml_layout *src, const struct outline *outline);

/* A copy of a box of such a plan that can be run. */
void copy_take_box(const struct copy_plan *plan, const struct copy_plan *box,
		   union copy_plan_room *room);

#endif /* PLAN_BOXES_H */
