/* SPDX-License-Identifier: BSD-3-Clause */
/* Plans from two views. */
#ifndef PLAN_VIEWS_H
#define PLAN_VIEWS_H

#include <stddef.h>

#include "layout/view.h"
#include "plan/plan.h"

/*
 * Plan a copy from view to view, whose elements, of `size` bytes, have the same linear order. Both
 * views are changed on the way. -AML_EINVAL if they have not as many elements, or none.
 */
int copy_plan_views(union copy_plan_room *room, struct view *dst, struct view *src, size_t size);

#endif /* PLAN_VIEWS_H */
