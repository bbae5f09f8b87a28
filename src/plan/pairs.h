/* SPDX-License-Identifier: BSD-3-Clause */
/* Plans that visit pairs of elements, for operators that do more than copy. */
#ifndef PLAN_PAIRS_H
#define PLAN_PAIRS_H

#include <stdbool.h>
#include <stddef.h>

#include <aml/layout.h>

#include "plan/plan.h"

/*
 * How an operator uses its destination, and the sizes of the elements. A size of 0: that of the
 * other side.
 */
struct copy_use {
	bool is_written;
	size_t dst_bytes, src_bytes;
};

/*
 * Plan to visit the pairs of elements with the same native coordinates: a COPY_DEREF plan with room
 * for a context, and at most NDIMS_MAX dimensions. If both layouts have views, both sides are
 * addresses, and the dimensions may be others than those of the layouts, in the same linear order.
 * If the destination is only read, they are those of the layouts, also of empty ones. The errors
 * are those of copy_plan_layouts().
 */
int copy_plan_pairs(union copy_plan_room *room, struct aml_layout *dst,
		    const struct aml_layout *src, const struct copy_use *use);

#endif /* PLAN_PAIRS_H */
