/* SPDX-License-Identifier: BSD-3-Clause */
/* Make plans from two views. */
#ifndef PLAN_VIEWS_H
#define PLAN_VIEWS_H

#include <stddef.h>

#include "layout/view.h"
#include "plan/plan.h"

/*
 * Plan a copy from view to view. The elements of both views have `size` bytes and the same linear
 * order. The function modifies both views. Returns -AML_EINVAL if the numbers of elements differ,
 * if they are 0, or if they overflow.
 */
int copy_plan_views(union copy_plan_room *room, struct view *dst, struct view *src, size_t size);

#endif /* PLAN_VIEWS_H */
