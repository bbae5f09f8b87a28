/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Dense layouts. All data is in native order. The row-major operators reverse their arguments and
 * results.
 *
 * Invariants, checked when a layout is created:
 *  - The bytes of all elements together, and each product stride[i] * cpitch[i], do not overflow.
 *  - If the layout has elements, they span at most PTRDIFF_MAX bytes, and ptr is not NULL.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <aml/layout/dense.h>
#include <aml/utils/error.h>

#include "layout/dense.h"
#include "layout/sizes.h"

/* A layout in one block. `arrays` has dims (ndims), stride (ndims) and cpitch (ndims + 1). */
struct dense_memory {
	struct aml_layout layout;
	struct aml_layout_dense data;
	size_t arrays[];
};

static const struct aml_layout_dense *dense_data(const struct aml_layout_data *data)
{
	return (const struct aml_layout_dense *)data;
}

static struct aml_layout_dense *dense_of(struct aml_layout *layout)
{
	return (struct aml_layout_dense *)layout->data;
}

/* Allocate a layout whose arrays the caller fills in. NULL: out of memory. */
static struct aml_layout *dense_allocate(struct aml_layout_ops *ops, void *ptr, size_t ndims)
{
	struct dense_memory *memory =
		malloc(sizeof(*memory) + (3 * ndims + 1) * sizeof(*memory->arrays));

	if (memory == NULL)
		return NULL;
	memory->layout.ops = ops;
	memory->layout.data = (struct aml_layout_data *)&memory->data;
	memory->data.ptr = ptr;
	memory->data.ndims = ndims;
	memory->data.dims = memory->arrays;
	memory->data.stride = memory->arrays + ndims;
	memory->data.cpitch = memory->arrays + 2 * ndims;
	return &memory->layout;
}

/* Compute cpitch[0 … ndims] from the element size and the pitches. -AML_EINVAL: overflow. */
static int cumulate_pitches(size_t *cpitch, size_t element_size, size_t ndims, const size_t *pitch)
{
	cpitch[0] = element_size;
	for (size_t i = 0; i < ndims; i++)
		if (__builtin_mul_overflow(cpitch[i], pitch[i], &cpitch[i + 1]))
			return -AML_EINVAL;
	return AML_SUCCESS;
}

/* Check the invariants. */
static int dense_check(const struct aml_layout_dense *d)
{
	size_t span = d->cpitch[0], count, bytes;
	bool overflow = false;
	int err = layout_count(d->ndims, d->dims, &count);

	if (err != AML_SUCCESS || __builtin_mul_overflow(count, d->cpitch[0], &bytes))
		return -AML_EINVAL;
	for (size_t i = 0; i < d->ndims; i++) {
		size_t distance, reach;

		if (__builtin_mul_overflow(d->stride[i], d->cpitch[i], &distance))
			return -AML_EINVAL;
		if (d->dims[i] == 0)
			continue;
		overflow |= __builtin_mul_overflow(d->dims[i] - 1, distance, &reach);
		overflow |= __builtin_add_overflow(span, reach, &span);
	}
	return count == 0 || (!overflow && span <= PTRDIFF_MAX) ? AML_SUCCESS : -AML_EINVAL;
}

/* Store a layout that passes its checks, or free it. Return `err`, or the error of the checks. */
static int dense_finish(struct aml_layout *layout, int err, struct aml_layout **output)
{
	if (err == AML_SUCCESS)
		err = dense_check(dense_of(layout));
	if (err == AML_SUCCESS)
		*output = layout;
	else
		free(layout);
	return err;
}

/* Create a slice. The arguments are in native order. */
static int make_slice(const struct aml_layout_dense *d, struct aml_layout_ops *ops,
		      struct aml_layout **output, const size_t *offsets, const size_t *dims,
		      const size_t *strides)
{
	struct aml_layout *layout = dense_allocate(ops, d->ptr, d->ndims);
	struct aml_layout_dense *made;
	size_t offset = 0, distance;

	if (layout == NULL)
		return -AML_ENOMEM;
	made = dense_of(layout);
	for (size_t i = 0; i < d->ndims; i++) {
		made->dims[i] = dims[i];
		/* A stride overflows only if it is not used: there is no second element. */
		if (__builtin_mul_overflow(d->stride[i], strides[i], &made->stride[i]) ||
		    __builtin_mul_overflow(made->stride[i], d->cpitch[i], &distance))
			made->stride[i] = d->stride[i];
		offset += offsets[i] * dense_step(d, i);
	}
	memcpy(made->cpitch, d->cpitch, (d->ndims + 1) * sizeof(*d->cpitch));
	/*
	 * An empty slice may have any offsets. They have no meaning, because there is no first
	 * element. An empty layout may lie at NULL.
	 */
	for (size_t i = 0; i < d->ndims; i++)
		if (dims[i] == 0)
			offset = 0;
	made->ptr = offset > 0 ? (char *)d->ptr + offset : d->ptr;
	return dense_finish(layout, AML_SUCCESS, output);
}

/* Dimensions that are one dimension in memory: its elements are stride × cpitch bytes apart. */
struct group {
	size_t extent, stride, cpitch;
};

/* Merge the dimensions into as few groups as possible. Return the number of groups. */
static size_t merge_dims(const struct aml_layout_dense *d, struct group *groups)
{
	size_t n = 0;

	for (size_t i = 0; i < d->ndims; i++) {
		struct group *last = n > 0 ? &groups[n - 1] : NULL;

		if (d->dims[i] == 1)
			continue;
		if (last != NULL && dense_step(d, i) == last->stride * last->cpitch * last->extent)
			last->extent *= d->dims[i];
		else
			groups[n++] = (struct group){d->dims[i], d->stride[i], d->cpitch[i]};
	}
	return n;
}

/*
 * Split the groups into the extents of `made`. -AML_EINVAL: the extents do not fit the groups. The
 * first dimension of a group keeps the stride and the cpitch of the group. In dimension 0, cpitch
 * must be the element size, and all other cpitches are multiples of it. The next dimensions of a
 * group have stride 1, and their distance as cpitch.
 */
static int split_groups(const struct group *groups, size_t n, struct aml_layout_dense *made)
{
	const struct group *next = groups;
	size_t rest = 1; /* the part of the present group's extent that is left to split */

	for (size_t j = 0; j < made->ndims; j++) {
		size_t extent = made->dims[j];

		made->stride[j] = 1;
		if (extent != 1 && rest == 1) {
			if (next == groups + n)
				return -AML_EINVAL;
			rest = next->extent;
			made->stride[j] = next->stride;
			if (j > 0)
				made->cpitch[j] = next->cpitch;
			else
				made->stride[j] *= next->cpitch / made->cpitch[j];
			next++;
		}
		if (rest % extent != 0)
			return -AML_EINVAL;
		rest /= extent;
		made->cpitch[j + 1] = dense_step(made, j) * extent;
	}
	return rest == 1 && next == groups + n ? AML_SUCCESS : -AML_EINVAL;
}

static int make_reshape(const struct aml_layout_dense *d, struct aml_layout_ops *ops,
			struct aml_layout **output, size_t ndims, const size_t *dims)
{
	struct aml_layout *layout = dense_allocate(ops, d->ptr, ndims);
	struct group groups[NDIMS_MAX];
	struct aml_layout_dense *made;
	size_t count;
	int err;

	if (layout == NULL)
		return -AML_ENOMEM;
	made = dense_of(layout);
	memcpy(made->dims, dims, ndims * sizeof(*dims));
	made->cpitch[0] = d->cpitch[0];
	err = layout_count(ndims, dims, &count);
	if (err == AML_SUCCESS && count > 0) {
		err = split_groups(groups, merge_dims(d, groups), made);
	} else if (err == AML_SUCCESS) {
		for (size_t i = 0; i < ndims; i++)
			made->stride[i] = 1;
		err = cumulate_pitches(made->cpitch, d->cpitch[0], ndims, dims);
	}
	return dense_finish(layout, err, output);
}

static int dense_print(const struct aml_layout_dense *d, int order, FILE *stream,
		       const char *prefix)
{
	int err = layout_print_kind(stream, prefix, "dense", order);

	if (err == AML_SUCCESS)
		err = layout_print_line(stream, prefix, "  pointer: %p", d->ptr);
	if (err == AML_SUCCESS)
		err = layout_print_line(stream, prefix, "  element size: %zu", d->cpitch[0]);
	if (err == AML_SUCCESS)
		err = layout_print_sizes(stream, prefix, "  dims", order, d->ndims, d->dims);
	if (err == AML_SUCCESS)
		err = layout_print_sizes(stream, prefix, "  stride", order, d->ndims, d->stride);
	if (err == AML_SUCCESS)
		err = layout_print_sizes(stream, prefix, "  cpitch", order, d->ndims, d->cpitch);
	return err;
}

static void *dense_rawptr(const struct aml_layout_data *data)
{
	return dense_data(data)->ptr;
}

static int dense_steps_native(const struct aml_layout_data *data, void **base, ptrdiff_t *steps)
{
	const struct aml_layout_dense *d = dense_data(data);

	*base = d->ptr;
	for (size_t i = 0; i < d->ndims; i++)
		steps[i] = (ptrdiff_t)dense_step(d, i);
	return AML_SUCCESS;
}

int dense_concurrent(const struct aml_layout_data *data)
{
	(void)data;
	return 1;
}

static int dense_duplicate(const struct aml_layout *layout, struct aml_layout **output, void *ptr)
{
	const struct aml_layout_dense *d = dense_data(layout->data);
	struct aml_layout *copy = dense_allocate(layout->ops, ptr ? ptr : d->ptr, d->ndims);

	if (copy == NULL)
		return -AML_ENOMEM;
	memcpy(dense_of(copy)->dims, d->dims, d->ndims * sizeof(size_t));
	memcpy(dense_of(copy)->stride, d->stride, d->ndims * sizeof(size_t));
	memcpy(dense_of(copy)->cpitch, d->cpitch, (d->ndims + 1) * sizeof(size_t));
	*output = copy;
	return AML_SUCCESS;
}

size_t aml_layout_dense_ndims(const struct aml_layout_data *data)
{
	return dense_data(data)->ndims;
}

size_t aml_layout_dense_element_size(const struct aml_layout_data *data)
{
	return dense_data(data)->cpitch[0];
}

void *aml_layout_column_deref(const struct aml_layout_data *data, const size_t *coords)
{
	const struct aml_layout_dense *d = dense_data(data);
	char *element = d->ptr;

	for (size_t i = 0; i < d->ndims; i++)
		element += coords[i] * dense_step(d, i);
	return element;
}

int aml_layout_column_order(const struct aml_layout_data *data)
{
	(void)data;
	return AML_LAYOUT_ORDER_COLUMN_MAJOR;
}

static int dense_column_dims(const struct aml_layout_data *data, size_t *dims)
{
	memcpy(dims, dense_data(data)->dims, dense_data(data)->ndims * sizeof(*dims));
	return AML_SUCCESS;
}

int aml_layout_column_reshape(const struct aml_layout_data *data, struct aml_layout **output,
			      const size_t ndims, const size_t *dims)
{
	return make_reshape(dense_data(data), &aml_layout_column_ops, output, ndims, dims);
}

int aml_layout_column_slice(const struct aml_layout_data *data, struct aml_layout **output,
			    const size_t *offsets, const size_t *dims, const size_t *strides)
{
	return make_slice(dense_data(data), &aml_layout_column_ops, output, offsets, dims, strides);
}

static int dense_column_fprintf(const struct aml_layout_data *data, FILE *stream,
				const char *prefix)
{
	return dense_print(dense_data(data), AML_LAYOUT_ORDER_COLUMN_MAJOR, stream, prefix);
}

void *aml_layout_row_deref(const struct aml_layout_data *data, const size_t *coords)
{
	const struct aml_layout_dense *d = dense_data(data);
	char *element = d->ptr;

	for (size_t i = 0; i < d->ndims; i++)
		element += coords[d->ndims - 1 - i] * dense_step(d, i);
	return element;
}

int aml_layout_row_order(const struct aml_layout_data *data)
{
	(void)data;
	return AML_LAYOUT_ORDER_ROW_MAJOR;
}

int aml_layout_row_dims(const struct aml_layout_data *data, size_t *dims)
{
	layout_reorder(AML_LAYOUT_ORDER_C, dense_data(data)->ndims, dims, dense_data(data)->dims);
	return AML_SUCCESS;
}

int aml_layout_row_reshape(const struct aml_layout_data *data, struct aml_layout **output,
			   const size_t ndims, const size_t *dims)
{
	size_t native[NDIMS_MAX];

	layout_reorder(AML_LAYOUT_ORDER_C, ndims, native, dims);
	return make_reshape(dense_data(data), &aml_layout_row_ops, output, ndims, native);
}

int aml_layout_row_slice(const struct aml_layout_data *data, struct aml_layout **output,
			 const size_t *offsets, const size_t *dims, const size_t *strides)
{
	size_t ndims = dense_data(data)->ndims;
	size_t n_offsets[NDIMS_MAX], n_dims[NDIMS_MAX], n_strides[NDIMS_MAX];

	layout_reorder(AML_LAYOUT_ORDER_C, ndims, n_offsets, offsets);
	layout_reorder(AML_LAYOUT_ORDER_C, ndims, n_dims, dims);
	layout_reorder(AML_LAYOUT_ORDER_C, ndims, n_strides, strides);
	return aml_layout_row_slice_native(data, output, n_offsets, n_dims, n_strides);
}

int aml_layout_row_slice_native(const struct aml_layout_data *data, struct aml_layout **output,
				const size_t *offsets, const size_t *dims, const size_t *strides)
{
	return make_slice(dense_data(data), &aml_layout_row_ops, output, offsets, dims, strides);
}

static int dense_row_fprintf(const struct aml_layout_data *data, FILE *stream, const char *prefix)
{
	return dense_print(dense_data(data), AML_LAYOUT_ORDER_ROW_MAJOR, stream, prefix);
}

int aml_layout_dense_create(struct aml_layout **layout, void *ptr, const int order,
			    const size_t element_size, const size_t ndims, const size_t *dims,
			    const size_t *stride, const size_t *pitch)
{
	struct aml_layout_ops *ops = AML_LAYOUT_ORDER(order) == AML_LAYOUT_ORDER_C
					     ? &aml_layout_row_ops
					     : &aml_layout_column_ops;
	struct aml_layout *made;
	struct aml_layout_dense *d;
	size_t native[NDIMS_MAX];

	if (layout == NULL || dims == NULL || element_size == 0 || ndims < 1 || ndims > NDIMS_MAX)
		return -AML_EINVAL;
	if (ptr == NULL && !any_zero(ndims, dims))
		return -AML_EINVAL;
	made = dense_allocate(ops, ptr, ndims);
	if (made == NULL)
		return -AML_ENOMEM;
	d = dense_of(made);
	layout_reorder(order, ndims, d->dims, dims);
	for (size_t i = 0; i < ndims; i++)
		d->stride[i] = 1;
	if (stride != NULL)
		layout_reorder(order, ndims, d->stride, stride);
	layout_reorder(order, ndims, native, pitch ? pitch : dims);
	return dense_finish(made, cumulate_pitches(d->cpitch, element_size, ndims, native), layout);
}

struct aml_layout_ops aml_layout_column_ops = {
	.deref = aml_layout_column_deref,
	.deref_native = aml_layout_column_deref,
	.rawptr = dense_rawptr,
	.order = aml_layout_column_order,
	.dims = dense_column_dims,
	.dims_native = dense_column_dims,
	.ndims = aml_layout_dense_ndims,
	.element_size = aml_layout_dense_element_size,
	.reshape = aml_layout_column_reshape,
	.slice = aml_layout_column_slice,
	.slice_native = aml_layout_column_slice,
	.fprintf = dense_column_fprintf,
	.duplicate = dense_duplicate,
	.destroy = NULL,
	.steps_native = dense_steps_native,
	.concurrent = dense_concurrent,
};

struct aml_layout_ops aml_layout_row_ops = {
	.deref = aml_layout_row_deref,
	.deref_native = aml_layout_column_deref,
	.rawptr = dense_rawptr,
	.order = aml_layout_row_order,
	.dims = aml_layout_row_dims,
	.dims_native = dense_column_dims,
	.ndims = aml_layout_dense_ndims,
	.element_size = aml_layout_dense_element_size,
	.reshape = aml_layout_row_reshape,
	.slice = aml_layout_row_slice,
	.slice_native = aml_layout_row_slice_native,
	.fprintf = dense_row_fprintf,
	.duplicate = dense_duplicate,
	.destroy = NULL,
	.steps_native = dense_steps_native,
	.concurrent = dense_concurrent,
};
