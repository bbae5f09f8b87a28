/* SPDX-License-Identifier: BSD-3-Clause */
/* Make plans from two views. */
#ifndef PLAN_VIEWS_H
#define PLAN_VIEWS_H

#include <stdbool.h>
#include <stddef.h>

#include "layout/view.h"
#include "plan/plan.h"

/*
 * Plan a copy from view to view. The elements of both views have `size` bytes and the same linear
 * order. The function modifies both views. Returns -AML_EINVAL if the numbers of elements differ,
 * if they are 0, or if they overflow.
 */
int copy_plan_views(union copy_plan_room *room, struct view *dst, struct view *src, size_t size);

/*
 * Store loops over both views, in linear order, in a plan. Neither view is empty. The function
 * modifies both views. Returns false if the views have no common refinement.
 */
bool copy_pair_views(struct copy_plan *plan, struct view *dst, struct view *src);

#endif /* PLAN_VIEWS_H */
