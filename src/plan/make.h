/* SPDX-License-Identifier: BSD-3-Clause */
/* Plans from layouts, and from addresses. */
#ifndef PLAN_MAKE_H
#define PLAN_MAKE_H

#include <stddef.h>

#include <aml/layout.h>

#include "plan/plan.h"

/*
 * Plan to copy layout to layout: dimension i of `dst` is dimension `permutation[i]` of `src`,
 * all in native order; NULL: dimension i. -AML_EINVAL if they do not match,
 * -AML_ENOTSUP if one lacks an operator.
 */
int copy_plan_layouts(union copy_plan_room *room, struct aml_layout *dst,
		      const struct aml_layout *src, const size_t *permutation);

/* The same for contiguous layouts of one dimension; all others are -AML_EINVAL. */
int copy_plan_1d(union copy_plan_room *room, struct aml_layout *dst, const struct aml_layout *src);

/* Plan to copy bytes. -AML_EINVAL if an address is NULL and the size is not 0. */
int copy_plan_bytes(union copy_plan_room *room, void *dst, const void *src, size_t size);

#endif /* PLAN_MAKE_H */
