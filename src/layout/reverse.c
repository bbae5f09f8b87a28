/* SPDX-License-Identifier: BSD-3-Clause */
/* Layouts with one dimension in reverse order: steps layouts, made by the fast path of a layout. */
#include <aml/layout.h>
#include <aml/utils/error.h>

#include "layout/kind.h"
#include "layout/shape.h"
#include "layout/sizes.h"
#include "layout/steps.h"

/* Let the elements of native dimension `dim` of a layout follow each other in reverse order. */
static void *reverse_steps(const struct outline *outline, size_t dim, void *base, ptrdiff_t *steps)
{
	ptrdiff_t step = steps[dim];

	/* Unsigned: a step that is not used may be PTRDIFF_MIN. */
	steps[dim] = (ptrdiff_t) - (size_t)step;
	if (any_zero(outline->ndims, outline->dims) || outline->dims[dim] == 1)
		return base;
	return (char *)base + (ptrdiff_t)(outline->dims[dim] - 1) * step;
}

int aml_layout_reverse(const struct aml_layout *layout, struct aml_layout **output, size_t dim)
{
	struct shape shape;
	struct outline outline;
	ptrdiff_t steps[NDIMS_MAX];
	void *base;
	int err, order;

	if (layout == NULL || layout->ops == NULL || output == NULL)
		return -AML_EINVAL;
	if (layout->ops->order == NULL)
		return -AML_ENOTSUP;
	err = layout_shape(layout, &shape);
	if (err != AML_SUCCESS)
		return err;
	outline = outline_of(&shape);
	err = layout_steps(layout, &outline, &base, steps);
	if (err != AML_SUCCESS)
		return err;
	if (dim >= shape.ndims)
		return -AML_EINVAL;
	order = layout->ops->order(layout->data);
	if (order < 0)
		return order;
	if (AML_LAYOUT_ORDER(order) == AML_LAYOUT_ORDER_C)
		dim = shape.ndims - 1 - dim;
	base = reverse_steps(&outline, dim, base, steps);
	return steps_make(order, &outline, base, steps, output);
}
