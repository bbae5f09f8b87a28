/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reshape layouts: the elements of a target, in native linear order, with other extents. All data
 * is in native order. A reshape layout owns its target from its creation on.
 */
#include <stdlib.h>
#include <string.h>

#include <aml/layout/native.h>
#include <aml/layout/reshape.h>
#include <aml/utils/error.h>

#include "layout/nest.h"
#include "layout/reshape.h"
#include "layout/shape.h"
#include "layout/sizes.h"

/* A layout in one block. `arrays` has dims (ndims), coffsets (ndims) and target_dims. */
struct reshape_memory {
	struct aml_layout layout;
	struct aml_layout_data_reshape data;
	size_t arrays[];
};

static const struct aml_layout_data_reshape *reshape_data(const struct aml_layout_data *data)
{
	return (const struct aml_layout_data_reshape *)data;
}

/* Create a reshape layout over a target of these extents. NULL: out of memory. */
static struct aml_layout *reshape_allocate(struct aml_layout_ops *ops, struct aml_layout *target,
					   size_t ndims, const size_t *dims, size_t target_ndims,
					   const size_t *target_dims)
{
	size_t count = 2 * ndims + target_ndims, offset = 1;
	struct reshape_memory *memory = malloc(sizeof(*memory) + count * sizeof(*memory->arrays));

	if (memory == NULL)
		return NULL;
	memory->layout.ops = ops;
	memory->layout.data = (struct aml_layout_data *)&memory->data;
	memory->data.target = target;
	memory->data.ndims = ndims;
	memory->data.target_ndims = target_ndims;
	memory->data.dims = memory->arrays;
	memory->data.coffsets = memory->arrays + ndims;
	memory->data.target_dims = memory->arrays + 2 * ndims;
	for (size_t i = 0; i < ndims; i++) {
		memory->data.dims[i] = dims[i];
		memory->data.coffsets[i] = offset;
		offset *= dims[i];
	}
	memcpy(memory->data.target_dims, target_dims, target_ndims * sizeof(*target_dims));
	return &memory->layout;
}

static void *reshape_row_deref(const struct aml_layout_data *data, const size_t *coords)
{
	size_t native[NDIMS_MAX];

	layout_reorder(AML_LAYOUT_ORDER_C, reshape_data(data)->ndims, native, coords);
	return reshape_deref_native(data, native);
}

static void *reshape_rawptr(const struct aml_layout_data *data)
{
	return aml_layout_rawptr(reshape_data(data)->target);
}

static int reshape_row_order(const struct aml_layout_data *data)
{
	(void)data;
	return AML_LAYOUT_ORDER_ROW_MAJOR;
}

static int reshape_column_order(const struct aml_layout_data *data)
{
	(void)data;
	return AML_LAYOUT_ORDER_COLUMN_MAJOR;
}

static int reshape_row_dims(const struct aml_layout_data *data, size_t *user)
{
	layout_reorder(AML_LAYOUT_ORDER_C, reshape_data(data)->ndims, user,
		       reshape_data(data)->dims);
	return AML_SUCCESS;
}

static int reshape_dims_native(const struct aml_layout_data *data, size_t *native)
{
	memcpy(native, reshape_data(data)->dims, reshape_data(data)->ndims * sizeof(*native));
	return AML_SUCCESS;
}

static size_t reshape_ndims(const struct aml_layout_data *data)
{
	return reshape_data(data)->ndims;
}

static size_t reshape_element_size(const struct aml_layout_data *data)
{
	return aml_layout_element_size(reshape_data(data)->target);
}

static int reshape_print(const struct aml_layout_data *data, int order, FILE *stream,
			 const char *prefix)
{
	const struct aml_layout_data_reshape *r = reshape_data(data);
	int err = layout_print_kind(stream, prefix, "reshape", order);

	if (err == AML_SUCCESS)
		err = layout_print_sizes(stream, prefix, "  dims", order, r->ndims, r->dims);
	if (err == AML_SUCCESS)
		err = layout_print_line(stream, prefix, "  target:");
	return err == AML_SUCCESS ? aml_layout_fprintf(stream, prefix, r->target) : err;
}

static int reshape_row_fprintf(const struct aml_layout_data *data, FILE *stream, const char *prefix)
{
	return reshape_print(data, AML_LAYOUT_ORDER_ROW_MAJOR, stream, prefix);
}

static int reshape_column_fprintf(const struct aml_layout_data *data, FILE *stream,
				  const char *prefix)
{
	return reshape_print(data, AML_LAYOUT_ORDER_COLUMN_MAJOR, stream, prefix);
}

/* Create a reshape layout like `r` over another target. */
static int make_reshape_like(const struct aml_layout_data_reshape *r, struct aml_layout_ops *ops,
			     struct aml_layout *target, struct aml_layout **output)
{
	struct aml_layout *copy =
		reshape_allocate(ops, target, r->ndims, r->dims, r->target_ndims, r->target_dims);

	if (copy == NULL)
		return -AML_ENOMEM;
	*output = copy;
	return AML_SUCCESS;
}

int reshape_over(const struct aml_layout_data_reshape *reshape, struct aml_layout *target,
		 struct aml_layout **out)
{
	return make_reshape_like(reshape, &aml_layout_reshape_column_ops, target, out);
}

static int reshape_duplicate(const struct aml_layout *layout, struct aml_layout **output, void *ptr)
{
	const struct aml_layout_data_reshape *r = reshape_data(layout->data);
	const struct outline inner = {r->target_ndims, aml_layout_element_size(r->target),
				      r->target_dims};
	struct aml_layout *target;
	int err = layout_duplicate_as(r->target, &inner, &target, ptr);

	if (err != AML_SUCCESS)
		return err;
	err = make_reshape_like(r, layout->ops, target, output);
	if (err != AML_SUCCESS)
		aml_layout_destroy(&target);
	return err;
}

void aml_layout_reshape_destroy(struct aml_layout *layout)
{
	if (layout == NULL)
		return;
	aml_layout_destroy(&((struct aml_layout_data_reshape *)layout->data)->target);
	free(layout);
}

int aml_layout_reshape_create(struct aml_layout **layout, struct aml_layout *target,
			      const int order, const size_t ndims, const size_t *dims)
{
	struct shape inner;
	size_t native[NDIMS_MAX], count, target_count;
	struct aml_layout *made;
	int err;

	if (layout == NULL || target == NULL || dims == NULL || ndims < 1 || ndims > NDIMS_MAX)
		return -AML_EINVAL;
	err = layout_shape(target, &inner);
	if (err != AML_SUCCESS)
		return err;
	if (layout_depth(target) >= AML_LAYOUT_DEPTH_MAX)
		return -AML_EINVAL;
	layout_reorder(order, ndims, native, dims);
	err = layout_count(ndims, native, &count);
	if (err == AML_SUCCESS)
		err = layout_count(inner.ndims, inner.dims, &target_count);
	if (err != AML_SUCCESS || count != target_count)
		return -AML_EINVAL;
	made = reshape_allocate(AML_LAYOUT_ORDER(order) == AML_LAYOUT_ORDER_C
					? &aml_layout_reshape_row_ops
					: &aml_layout_reshape_column_ops,
				target, ndims, native, inner.ndims, inner.dims);
	if (made == NULL)
		return -AML_ENOMEM;
	*layout = made;
	return AML_SUCCESS;
}

struct aml_layout_ops aml_layout_reshape_row_ops = {
	.deref = reshape_row_deref,
	.deref_native = reshape_deref_native,
	.rawptr = reshape_rawptr,
	.order = reshape_row_order,
	.dims = reshape_row_dims,
	.dims_native = reshape_dims_native,
	.ndims = reshape_ndims,
	.element_size = reshape_element_size,
	.fprintf = reshape_row_fprintf,
	.duplicate = reshape_duplicate,
	.destroy = aml_layout_reshape_destroy,
	.concurrent = reshape_concurrent,
};

struct aml_layout_ops aml_layout_reshape_column_ops = {
	.deref = reshape_deref_native,
	.deref_native = reshape_deref_native,
	.rawptr = reshape_rawptr,
	.order = reshape_column_order,
	.dims = reshape_dims_native,
	.dims_native = reshape_dims_native,
	.ndims = reshape_ndims,
	.element_size = reshape_element_size,
	.fprintf = reshape_column_fprintf,
	.duplicate = reshape_duplicate,
	.destroy = aml_layout_reshape_destroy,
	.concurrent = reshape_concurrent,
};
