/* SPDX-License-Identifier: BSD-3-Clause */
/* Make plans from layouts or from addresses. */
#ifndef PLAN_MAKE_H
#define PLAN_MAKE_H

#include <stddef.h>

#include <aml/layout.h>

#include "plan/plan.h"

/*
 * Plan a copy from layout to layout. Dimension i of `dst` is dimension `permutation[i]` of `src`,
 * in native order. If `permutation` is NULL, it is dimension i. Returns -AML_EINVAL if the layouts
 * do not match or one is invalid, -AML_ENOTSUP if a layout lacks an operator, or the error of a
 * layout's operator.
 */
int copy_plan_layouts(union copy_plan_room *room, struct aml_layout *dst,
		      const struct aml_layout *src, const size_t *permutation);

/*
 * Plan a copy from layout to layout that asks the layouts for the address of each element, also
 * where there is a faster way. Both have the same shape, and are not empty. The errors are those of
 * copy_plan_layouts().
 */
int copy_plan_elements(union copy_plan_room *room, struct aml_layout *dst,
		       const struct aml_layout *src);

/*
 * Plan a copy between contiguous layouts of one dimension. Returns -AML_EINVAL for other layouts,
 * or an error of copy_plan_layouts().
 */
int copy_plan_1d(union copy_plan_room *room, struct aml_layout *dst, const struct aml_layout *src);

/* Plan a copy of bytes. Returns -AML_EINVAL if an address is NULL and `size` is not 0. */
int copy_plan_bytes(union copy_plan_room *room, void *dst, const void *src, size_t size);

#endif /* PLAN_MAKE_H */
