/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Copies of layouts for posted requests: they look the same in native order, and do not need
 * the original. What has the fast path becomes a strided layout, which is plain data; pads and
 * reshape layouts are made again over such a copy of their target; anything else duplicates
 * itself.
 */
#include <stdlib.h>
#include <string.h>

#include <aml/layout/pad.h>
#include <aml/layout/reshape.h>
#include <aml/utils/error.h>

#include "layout/layout.h"

/* A layout in one piece: the answers of another one's fast path. */
struct strided {
	struct aml_layout layout;
	struct shape shape;
	void *base;
	ptrdiff_t steps[NDIMS_MAX];
};

static const struct strided *strided(const struct aml_layout_data *data)
{
	return (const struct strided *)data;
}

static void *deref_native(const struct aml_layout_data *data, const size_t *coords)
{
	const struct strided *s = strided(data);
	char *element = s->base;

	for (size_t i = 0; i < s->shape.ndims; i++)
		element += (ptrdiff_t)coords[i] * s->steps[i];
	return element;
}

static int dims_native(const struct aml_layout_data *data, size_t *dims)
{
	memcpy(dims, strided(data)->shape.dims, strided(data)->shape.ndims * sizeof(*dims));
	return AML_SUCCESS;
}

static size_t ndims(const struct aml_layout_data *data)
{
	return strided(data)->shape.ndims;
}

static size_t element_size(const struct aml_layout_data *data)
{
	return strided(data)->shape.element_size;
}

static struct aml_layout_ops strided_ops = {
	.deref_native = deref_native,
	.dims_native = dims_native,
	.ndims = ndims,
	.element_size = element_size,
};

static int freeze_strided(const struct aml_layout *layout, struct aml_layout **out)
{
	struct strided *s = malloc(sizeof(*s));
	int err;

	if (s == NULL)
		return -AML_ENOMEM;
	s->layout.ops = &strided_ops;
	s->layout.data = (struct aml_layout_data *)s;
	err = layout_steps(layout, &s->base, s->steps);
	if (err == AML_SUCCESS)
		err = layout_shape(layout, &s->shape);
	if (err == AML_SUCCESS)
		*out = &s->layout;
	else
		free(s);
	return err;
}

static int freeze_pad(const struct aml_layout_pad *pad, struct aml_layout **out)
{
	struct aml_layout *target;
	int err = layout_freeze(pad->target, &target);

	if (err != AML_SUCCESS)
		return err;
	err = aml_layout_pad_create(out, AML_LAYOUT_ORDER_COLUMN_MAJOR, target, pad->dims,
				    pad->neutral);
	if (err != AML_SUCCESS)
		aml_layout_destroy(&target);
	return err;
}

static int freeze_reshape(const struct aml_layout_data_reshape *reshape, struct aml_layout **out)
{
	struct aml_layout *target;
	int err = layout_freeze(reshape->target, &target);

	if (err != AML_SUCCESS)
		return err;
	err = aml_layout_reshape_create(out, target, AML_LAYOUT_ORDER_COLUMN_MAJOR, reshape->ndims,
					reshape->dims);
	if (err != AML_SUCCESS)
		aml_layout_destroy(&target);
	return err;
}

int layout_freeze(const struct aml_layout *layout, struct aml_layout **out)
{
	int err;

	if (layout_pad(layout) != NULL)
		return freeze_pad(layout_pad(layout), out);
	if (layout_reshape(layout) != NULL)
		return freeze_reshape(layout_reshape(layout), out);
	err = layout->ops->steps_native != NULL ? freeze_strided(layout, out) : -AML_ENOTSUP;
	return err == AML_SUCCESS || err == -AML_ENOMEM ? err
							: aml_layout_duplicate(layout, out, NULL);
}
