/* SPDX-License-Identifier: BSD-3-Clause */
/* Queries and checks the shape of a layout. */
#include <string.h>

#include <aml/utils/error.h>

#include "layout/layout.h"
#include "layout/nest.h"
#include "layout/plain.h"
#include "layout/shape.h"

/* Query the shape of a layout from its operators. */
static int reported_shape(const struct aml_layout *layout, struct shape *shape)
{
	int err = layout_checked_dims(layout, true, &shape->ndims, shape->dims);

	if (err != AML_SUCCESS)
		return err;
	if (layout->ops->element_size == NULL || layout->ops->deref_native == NULL)
		return -AML_ENOTSUP;
	shape->element_size = layout->ops->element_size(layout->data);
	return AML_SUCCESS;
}

int layout_shape(const struct aml_layout *layout, struct shape *shape)
{
	struct plain_layout plain;
	size_t count, size;
	int err;

	if (layout_plain(layout, &plain)) {
		/* The shape was checked when the layout was created. */
		shape->ndims = plain.ndims;
		shape->element_size = plain.element_size;
		for (size_t i = 0; i < plain.ndims; i++)
			shape->dims[i] = plain.dims[i];
		return AML_SUCCESS;
	}
	/* Check the depth first: the operators recurse through the whole nest. */
	if (layout_depth(layout) > AML_LAYOUT_DEPTH_MAX)
		return -AML_EINVAL;
	err = reported_shape(layout, shape);
	if (err != AML_SUCCESS)
		return err;
	err = layout_count(shape->ndims, shape->dims, &count);
	if (err != AML_SUCCESS)
		return err;
	if (shape->element_size == 0 || __builtin_mul_overflow(count, shape->element_size, &size))
		return -AML_EINVAL;
	return AML_SUCCESS;
}

/* Not inlined, so that its stack use does not add up when layouts duplicate their targets. */
__attribute__((noinline)) int layout_is(const struct aml_layout *layout,
					const struct outline *outline)
{
	struct shape shape;
	int err = layout_shape(layout, &shape);

	if (err != AML_SUCCESS)
		return err;
	if (shape.ndims != outline->ndims || shape.element_size != outline->element_size ||
	    memcmp(shape.dims, outline->dims, shape.ndims * sizeof(*shape.dims)) != 0)
		return -AML_EINVAL;
	return AML_SUCCESS;
}

int layout_duplicate_as(const struct aml_layout *layout, const struct outline *outline,
			struct aml_layout **out, void *ptr)
{
	struct aml_layout *copy;
	int err = aml_layout_duplicate(layout, &copy, ptr);

	if (err != AML_SUCCESS)
		return err;
	if (layout_is(copy, outline) != AML_SUCCESS) {
		aml_layout_destroy(&copy);
		return -AML_EINVAL;
	}
	*out = copy;
	return AML_SUCCESS;
}
