/* SPDX-License-Identifier: BSD-3-Clause */
/* Plans for copies from and to pads, and for fills. */
#ifndef PLAN_BOXES_H
#define PLAN_BOXES_H

#include <aml/layout.h>

#include "layout/sizes.h"
#include "plan/plan.h"

/*
 * Plan a copy from or to a pad. `outline` is the destination's. Dimension i of the destination is
 * dimension `permutation[i]` of the source or, if `permutation` is NULL, dimension i. Returns
 * -AML_ENOTSUP if the copy cannot be split into boxes; the contents of `room` are then undefined.
 * Returns -AML_EINVAL if the target of a pad is invalid or cannot be written to.
 */
int copy_plan_boxes(union copy_plan_room *room, const struct aml_layout *dst,
		    const struct aml_layout *src, const struct outline *outline,
		    const struct outline *src_outline, const size_t *permutation);

/*
 * Plan to set every element of a layout, of a pad those of its target, to `element`, which must
 * stay until the plan has run, or copy_plan_keep_fill() was called. The errors are those of
 * copy_plan_boxes(). -AML_ENOTSUP: also if the element has more than COPY_FILL_BYTES_MAX.
 */
int copy_plan_fill_boxes(union copy_plan_room *room, const struct aml_layout *dst,
			 const struct outline *outline, const void *element);

/*
 * Of a plan of copy_plan_fill_boxes() that is one box in no block (`src_is_neutral`), make a plan
 * of boxes, which has a copy of the element.
 */
void copy_plan_keep_fill(union copy_plan_room *room);

/*
 * Plan a copy between a dense layout and a pad over one, or between two such pads. Returns false if
 * the layouts are others, if they do not match, or if the copy cannot be planned; the contents of
 * `room` are then undefined. The general way, copy_plan_boxes(), needs many queries, which take
 * longer than a small copy.
 */
bool copy_plan_dense_boxes(union copy_plan_room *room, const struct aml_layout *dst,
			   const struct aml_layout *src);

/*
 * Copy `box`, a box of `plan`, to `room` as a plan that can run. The copy may refer to the neutral
 * element in the block of `plan`.
 */
void copy_take_box(const struct copy_plan *plan, const struct copy_plan *box,
		   union copy_plan_room *room);

#endif /* PLAN_BOXES_H */
