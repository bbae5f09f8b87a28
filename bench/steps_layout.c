/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Layouts of steps, see steps_layout.h. A layout is one allocation, which free() releases, so its
 * table has no destroy operation.
 */
#include <stdlib.h>
#include <string.h>

#include <aml.h>

#include "shape.h"
#include "steps_layout.h"

struct steps_data {
	struct aml_layout layout;
	char *base;
	size_t element_size, ndims;
	size_t dims[SHAPE_NDIMS];
	ptrdiff_t steps[SHAPE_NDIMS];
};

static const struct steps_data *steps_data(const struct aml_layout_data *data)
{
	return (const struct steps_data *)data;
}

static void *deref_native(const struct aml_layout_data *data, const size_t *coords)
{
	const struct steps_data *steps = steps_data(data);
	char *at = steps->base;

	for (size_t i = 0; i < steps->ndims; i++)
		at += (ptrdiff_t)coords[i] * steps->steps[i];
	return at;
}

static int dims_native(const struct aml_layout_data *data, size_t *dims)
{
	memcpy(dims, steps_data(data)->dims, steps_data(data)->ndims * sizeof(*dims));
	return AML_SUCCESS;
}

static size_t ndims_of(const struct aml_layout_data *data)
{
	return steps_data(data)->ndims;
}

static size_t element_size_of(const struct aml_layout_data *data)
{
	return steps_data(data)->element_size;
}

static int steps_native(const struct aml_layout_data *data, void **base, ptrdiff_t *steps)
{
	*base = steps_data(data)->base;
	memcpy(steps, steps_data(data)->steps, steps_data(data)->ndims * sizeof(*steps));
	return AML_SUCCESS;
}

static struct aml_layout_ops steps_ops = {
	.deref_native = deref_native,
	.dims_native = dims_native,
	.ndims = ndims_of,
	.element_size = element_size_of,
	.steps_native = steps_native,
};

int steps_layout_create(struct aml_layout **layout, void *base, size_t element_size, size_t ndims,
			const size_t *dims, const ptrdiff_t *steps)
{
	struct steps_data *made;

	if (ndims > SHAPE_NDIMS)
		return -AML_EINVAL;
	made = calloc(1, sizeof(*made));
	if (made == NULL)
		return -AML_ENOMEM;
	made->layout.ops = &steps_ops;
	made->layout.data = (struct aml_layout_data *)made;
	made->base = base;
	made->element_size = element_size;
	made->ndims = ndims;
	memcpy(made->dims, dims, ndims * sizeof(*dims));
	memcpy(made->steps, steps, ndims * sizeof(*steps));
	*layout = &made->layout;
	return AML_SUCCESS;
}
