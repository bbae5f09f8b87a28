/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Plans of fills. A fill is a copy from a source whose elements are all the same. If the
 * destination has a view, the fill is a box of the neutral element, as in a copy from a pad without
 * a target. Until the plan is kept, a single box needs no block, and reads the program's element.
 * If the destination has no view, or if the element is too large for a plan, the source is a layout
 * whose steps are 0. The plan owns this layout, which has the element in its own block.
 */
#include <aml/utils/error.h>

#include "layout/kind.h"
#include "layout/shape.h"
#include "layout/steps.h"
#include "plan/boxes.h"
#include "plan/fill.h"
#include "plan/make.h"

/* Plan a fill element by element. */
static int fill_elements(union copy_plan_room *room, struct aml_layout *dst,
			 const struct outline *outline, const void *element)
{
	struct copy_dim *dims = copy_dims(&room->plan);
	struct aml_layout *source;
	int err = steps_make_constant(outline, element, &source);

	if (err != AML_SUCCESS)
		return err;
	err = copy_plan_elements(room, dst, source);
	if (err != AML_SUCCESS) {
		aml_layout_destroy(&source);
		return err;
	}
	room->plan.sides.src = COPY_SIDE_DUPLICATE;
	room->plan.elements.src.layout = source;
	for (uint8_t i = 0; i < room->plan.nloops; i++)
		dims[i].src.dim = i;
	return AML_SUCCESS;
}

int copy_plan_fill(union copy_plan_room *room, struct aml_layout *dst, const void *element)
{
	struct outline outline;
	struct shape shape;
	int err;

	if (element == NULL)
		return -AML_EINVAL;
	err = layout_shape(dst, &shape);
	if (err != AML_SUCCESS)
		return err;
	outline = outline_of(&shape);
	err = layout_check_targets(dst, &outline);
	if (err != AML_SUCCESS)
		return err;
	copy_plan_start(room, shape.element_size);
	if (any_zero(shape.ndims, shape.dims))
		return AML_SUCCESS;
	err = copy_plan_fill_boxes(room, dst, &outline, element);
	return err == -AML_ENOTSUP ? fill_elements(room, dst, &outline, element) : err;
}
