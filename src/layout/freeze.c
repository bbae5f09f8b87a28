/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Makes copies of layouts for posted requests. In native order, a copy describes the same elements
 * as the original. It does not need the original. The copy of a layout with the fast path is a
 * strided layout, which is plain data. The copy of a pad or a reshape layout has a copy of the
 * target. Any other layout is copied by its operator duplicate.
 */
#include <stdlib.h>
#include <string.h>

#include <aml/utils/error.h>

#include "layout/freeze.h"
#include "layout/kind.h"
#include "layout/nest.h"
#include "layout/pad.h"
#include "layout/reshape.h"
#include "layout/shape.h"

/* A layout in one block of memory: the result of another layout's fast path. */
struct strided_layout {
	struct aml_layout layout;
	struct shape shape;
	void *base;
	ptrdiff_t steps[NDIMS_MAX];
};

static const struct strided_layout *strided_data(const struct aml_layout_data *data)
{
	return (const struct strided_layout *)data;
}

static void *strided_deref_native(const struct aml_layout_data *data, const size_t *coords)
{
	const struct strided_layout *s = strided_data(data);
	char *element = s->base;

	for (size_t i = 0; i < s->shape.ndims; i++)
		element += (ptrdiff_t)coords[i] * s->steps[i];
	return element;
}

static int strided_dims_native(const struct aml_layout_data *data, size_t *dims)
{
	memcpy(dims, strided_data(data)->shape.dims,
	       strided_data(data)->shape.ndims * sizeof(*dims));
	return AML_SUCCESS;
}

static size_t strided_ndims(const struct aml_layout_data *data)
{
	return strided_data(data)->shape.ndims;
}

static size_t strided_element_size(const struct aml_layout_data *data)
{
	return strided_data(data)->shape.element_size;
}

static struct aml_layout_ops strided_ops = {
	.deref_native = strided_deref_native,
	.dims_native = strided_dims_native,
	.ndims = strided_ndims,
	.element_size = strided_element_size,
};

static int freeze_strided(const struct aml_layout *layout, const struct outline *outline,
			  struct aml_layout **out)
{
	struct strided_layout *s;
	int err;

	if (layout->ops->steps_native == NULL)
		return -AML_ENOTSUP;
	s = malloc(sizeof(*s));
	if (s == NULL)
		return -AML_ENOMEM;
	s->layout.ops = &strided_ops;
	s->layout.data = (struct aml_layout_data *)s;
	s->shape.ndims = outline->ndims;
	s->shape.element_size = outline->element_size;
	memcpy(s->shape.dims, outline->dims, outline->ndims * sizeof(*outline->dims));
	err = layout_steps(layout, outline, &s->base, s->steps);
	if (err == AML_SUCCESS)
		*out = &s->layout;
	else
		free(s);
	return err;
}

static int freeze_nest(const struct aml_layout *layout, const struct outline *outline,
		       struct aml_layout **out)
{
	const struct aml_layout_data_reshape *reshape = layout_reshape(layout);
	const struct aml_layout_pad *pad = layout_pad(layout);
	struct outline inner = *outline;
	struct aml_layout *target;
	int err;

	if (pad == NULL && reshape == NULL) {
		err = freeze_strided(layout, outline, out);
		return err == -AML_ENOTSUP ? aml_layout_duplicate(layout, out, NULL) : err;
	}
	err = freeze_nest(layout_target(layout, &inner), &inner, &target);
	if (err != AML_SUCCESS)
		return err;
	err = pad != NULL ? pad_over(pad, target, out) : reshape_over(reshape, target, out);
	if (err != AML_SUCCESS)
		aml_layout_destroy(&target);
	return err;
}

int layout_freeze(const struct aml_layout *layout, const struct outline *outline,
		  struct aml_layout **out)
{
	struct aml_layout *frozen;
	int err = freeze_nest(layout, outline, &frozen);

	if (err != AML_SUCCESS)
		return err;
	/* A duplicate operator may have made a different layout, or too deep a nest. */
	if (layout_is(frozen, outline) != AML_SUCCESS ||
	    layout_check_targets(frozen, outline) != AML_SUCCESS) {
		aml_layout_destroy(&frozen);
		return -AML_EINVAL;
	}
	*out = frozen;
	return AML_SUCCESS;
}
