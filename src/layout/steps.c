/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Steps layouts: an address, and a step in bytes for each dimension. All data is in native order.
 * The row-major operators reverse their arguments and results. A layout is one block, which free()
 * releases.
 *
 * Invariants, checked when a layout is created:
 *  - The bytes of all elements together do not overflow.
 *  - If the layout has elements, their addresses do not wrap around, do not include NULL, and span
 *    at most PTRDIFF_MAX bytes. Then the step of each dimension with several elements, and its
 *    product with any coordinate, fit ptrdiff_t. No other step is used.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <aml/layout/steps.h>
#include <aml/utils/error.h>

#include "layout/sizes.h"
#include "layout/steps.h"

/* A layout in one block. `arrays` has steps (ndims), then dims (ndims), then any extra bytes. */
struct steps_memory {
	struct aml_layout layout;
	struct aml_layout_steps data;
	ptrdiff_t arrays[];
};

_Static_assert(sizeof(size_t) == sizeof(ptrdiff_t), "dims are stored behind steps");

static const struct aml_layout_steps *steps_data(const struct aml_layout_data *data)
{
	return (const struct aml_layout_steps *)data;
}

static struct aml_layout_steps *steps_of(struct aml_layout *layout)
{
	return (struct aml_layout_steps *)layout->data;
}

/* Allocate a layout whose arrays the caller fills in, with extra bytes. NULL: out of memory. */
static struct aml_layout *steps_allocate(struct aml_layout_ops *ops, void *ptr, size_t element_size,
					 size_t ndims, size_t extra)
{
	size_t bytes = sizeof(struct steps_memory) + 2 * ndims * sizeof(ptrdiff_t);
	struct steps_memory *memory;

	if (__builtin_add_overflow(bytes, extra, &bytes))
		return NULL;
	memory = malloc(bytes);
	if (memory == NULL)
		return NULL;
	memory->layout.ops = ops;
	memory->layout.data = (struct aml_layout_data *)&memory->data;
	memory->data.ptr = ptr;
	memory->data.ndims = ndims;
	memory->data.element_size = element_size;
	memory->data.dims = (size_t *)(memory->arrays + ndims);
	memory->data.steps = memory->arrays;
	return &memory->layout;
}

/* Do the addresses of the elements of a layout that is not empty keep the invariant? */
static bool addresses_are_valid(const struct aml_layout_steps *s)
{
	uintptr_t at = (uintptr_t)s->ptr, end;
	size_t below = 0, above = s->element_size, span;

	for (size_t i = 0; i < s->ndims; i++) {
		size_t *side = s->steps[i] < 0 ? &below : &above, reach;

		if (__builtin_mul_overflow(s->dims[i] - 1, magnitude(s->steps[i]), &reach) ||
		    __builtin_add_overflow(*side, reach, side))
			return false;
	}
	return !__builtin_add_overflow(below, above, &span) && span <= PTRDIFF_MAX && at > below &&
	       !__builtin_add_overflow(at, above, &end);
}

/* Store a layout that keeps the invariants, or free it and return -AML_EINVAL. */
static int steps_finish(struct aml_layout *layout, struct aml_layout **output)
{
	const struct aml_layout_steps *s = steps_of(layout);
	size_t count, bytes;

	if (layout_count(s->ndims, s->dims, &count) != AML_SUCCESS ||
	    __builtin_mul_overflow(count, s->element_size, &bytes) ||
	    (count > 0 && !addresses_are_valid(s))) {
		free(layout);
		return -AML_EINVAL;
	}
	*output = layout;
	return AML_SUCCESS;
}

int steps_make(int order, const struct outline *outline, void *ptr, const ptrdiff_t *steps,
	       struct aml_layout **out)
{
	struct aml_layout *layout = steps_allocate(AML_LAYOUT_ORDER(order) == AML_LAYOUT_ORDER_C
							   ? &aml_layout_steps_row_ops
							   : &aml_layout_steps_column_ops,
						   ptr, outline->element_size, outline->ndims, 0);

	if (layout == NULL)
		return -AML_ENOMEM;
	memcpy(steps_of(layout)->dims, outline->dims, outline->ndims * sizeof(*outline->dims));
	memcpy(steps_of(layout)->steps, steps, outline->ndims * sizeof(*steps));
	return steps_finish(layout, out);
}

int steps_make_constant(const struct outline *outline, const void *element, struct aml_layout **out)
{
	struct aml_layout *layout =
		steps_allocate(&aml_layout_steps_column_ops, NULL, outline->element_size,
			       outline->ndims, outline->element_size);
	struct aml_layout_steps *made;

	if (layout == NULL)
		return -AML_ENOMEM;
	made = steps_of(layout);
	made->ptr = made->dims + outline->ndims;
	memcpy(made->ptr, element, outline->element_size);
	memcpy(made->dims, outline->dims, outline->ndims * sizeof(*outline->dims));
	memset(made->steps, 0, outline->ndims * sizeof(*made->steps));
	return steps_finish(layout, out);
}

/* Create a slice. The arguments are in native order. */
static int slice_steps(const struct aml_layout_steps *s, struct aml_layout_ops *ops,
		       struct aml_layout **output, const size_t *offsets, const size_t *dims,
		       const size_t *strides)
{
	struct aml_layout *layout = steps_allocate(ops, s->ptr, s->element_size, s->ndims, 0);
	struct aml_layout_steps *made;
	bool empty = any_zero(s->ndims, dims);
	ptrdiff_t offset = 0;

	if (layout == NULL)
		return -AML_ENOMEM;
	made = steps_of(layout);
	for (size_t i = 0; i < s->ndims; i++) {
		made->dims[i] = dims[i];
		/* A product overflows only if it is not used: there is no second element. */
		if (strides[i] > PTRDIFF_MAX ||
		    __builtin_mul_overflow(s->steps[i], (ptrdiff_t)strides[i], &made->steps[i]))
			made->steps[i] = s->steps[i];
		/* The offsets of an empty slice have no meaning: there is no first element. */
		if (!empty)
			offset += (ptrdiff_t)offsets[i] * s->steps[i];
	}
	if (offset != 0)
		made->ptr = (char *)s->ptr + offset;
	return steps_finish(layout, output);
}

/* Merge the dimensions that are one in memory. Store their extents and steps, return their number.
 */
static size_t merge_steps(const struct aml_layout_steps *s, size_t *extents, ptrdiff_t *steps)
{
	size_t n = 0;

	for (size_t i = 0; i < s->ndims; i++) {
		if (s->dims[i] == 1)
			continue;
		/* Unsigned, because the end of a dimension can exceed the range of ptrdiff_t. */
		if (n > 0 && (size_t)s->steps[i] == (size_t)steps[n - 1] * extents[n - 1]) {
			extents[n - 1] *= s->dims[i];
		} else {
			extents[n] = s->dims[i];
			steps[n++] = s->steps[i];
		}
	}
	return n;
}

/*
 * Find the steps of the extents of `made`, which has the elements of `s` in native linear order.
 * -AML_EINVAL: there are no such steps. A dimension of one element gets the step that would
 * continue the dimension before it; the first one gets the element size.
 */
static int split_steps(const struct aml_layout_steps *s, struct aml_layout_steps *made)
{
	size_t extents[NDIMS_MAX];
	ptrdiff_t steps[NDIMS_MAX];
	size_t n = merge_steps(s, extents, steps), next = 0;
	size_t rest = 1; /* the part of the present merged dimension that is left to split */
	size_t step = s->element_size;

	for (size_t j = 0; j < made->ndims; j++) {
		size_t extent = made->dims[j];

		if (extent != 1 && rest == 1) {
			if (next == n)
				return -AML_EINVAL;
			rest = extents[next];
			step = (size_t)steps[next++];
		}
		if (rest % extent != 0)
			return -AML_EINVAL;
		made->steps[j] = (ptrdiff_t)step;
		rest /= extent;
		step *= extent;
	}
	return rest == 1 && next == n ? AML_SUCCESS : -AML_EINVAL;
}

/* Create a reshape. The extents are in native order. */
static int reshape_steps(const struct aml_layout_steps *s, struct aml_layout_ops *ops,
			 struct aml_layout **output, size_t ndims, const size_t *dims)
{
	struct aml_layout *layout = steps_allocate(ops, s->ptr, s->element_size, ndims, 0);
	struct aml_layout_steps *made;
	size_t step = s->element_size;

	if (layout == NULL)
		return -AML_ENOMEM;
	made = steps_of(layout);
	memcpy(made->dims, dims, ndims * sizeof(*dims));
	if (any_zero(ndims, dims)) {
		for (size_t j = 0; j < ndims; j++) {
			made->steps[j] = (ptrdiff_t)step;
			step *= dims[j];
		}
	} else if (split_steps(s, made) != AML_SUCCESS) {
		free(layout);
		return -AML_EINVAL;
	}
	return steps_finish(layout, output);
}

static int print_steps(const struct aml_layout_steps *s, int order, FILE *stream,
		       const char *prefix)
{
	bool row = order == AML_LAYOUT_ORDER_C;
	int err = layout_print_kind(stream, prefix, "steps", order);

	if (err == AML_SUCCESS)
		err = layout_print_line(stream, prefix, "  pointer: %p", s->ptr);
	if (err == AML_SUCCESS)
		err = layout_print_line(stream, prefix, "  element size: %zu", s->element_size);
	if (err == AML_SUCCESS)
		err = layout_print_sizes(stream, prefix, "  dims", order, s->ndims, s->dims);
	if (err == AML_SUCCESS)
		err = layout_print_prefix(stream, prefix);
	if (err != AML_SUCCESS)
		return err;
	if (fputs("  steps:", stream) == EOF)
		return -AML_FAILURE;
	for (size_t i = 0; i < s->ndims; i++)
		if (fprintf(stream, " %td", s->steps[row ? s->ndims - 1 - i : i]) < 0)
			return -AML_FAILURE;
	return fputc('\n', stream) == EOF ? -AML_FAILURE : AML_SUCCESS;
}

static void *steps_rawptr(const struct aml_layout_data *data)
{
	return steps_data(data)->ptr;
}

static size_t steps_ndims(const struct aml_layout_data *data)
{
	return steps_data(data)->ndims;
}

static size_t steps_element_size(const struct aml_layout_data *data)
{
	return steps_data(data)->element_size;
}

static int steps_steps_native(const struct aml_layout_data *data, void **base, ptrdiff_t *steps)
{
	const struct aml_layout_steps *s = steps_data(data);

	*base = s->ptr;
	memcpy(steps, s->steps, s->ndims * sizeof(*steps));
	return AML_SUCCESS;
}

int steps_concurrent(const struct aml_layout_data *data)
{
	(void)data;
	return 1;
}

static int steps_duplicate(const struct aml_layout *layout, struct aml_layout **output, void *ptr)
{
	const struct aml_layout_steps *s = steps_data(layout->data);
	struct aml_layout *copy =
		steps_allocate(layout->ops, ptr ? ptr : s->ptr, s->element_size, s->ndims, 0);

	if (copy == NULL)
		return -AML_ENOMEM;
	memcpy(steps_of(copy)->dims, s->dims, s->ndims * sizeof(*s->dims));
	memcpy(steps_of(copy)->steps, s->steps, s->ndims * sizeof(*s->steps));
	return steps_finish(copy, output);
}

static void *steps_column_deref(const struct aml_layout_data *data, const size_t *coords)
{
	const struct aml_layout_steps *s = steps_data(data);
	char *element = s->ptr;

	for (size_t i = 0; i < s->ndims; i++)
		element += (ptrdiff_t)coords[i] * s->steps[i];
	return element;
}

static int steps_column_order(const struct aml_layout_data *data)
{
	(void)data;
	return AML_LAYOUT_ORDER_COLUMN_MAJOR;
}

static int steps_column_dims(const struct aml_layout_data *data, size_t *dims)
{
	memcpy(dims, steps_data(data)->dims, steps_data(data)->ndims * sizeof(*dims));
	return AML_SUCCESS;
}

static int steps_column_reshape(const struct aml_layout_data *data, struct aml_layout **output,
				const size_t ndims, const size_t *dims)
{
	return reshape_steps(steps_data(data), &aml_layout_steps_column_ops, output, ndims, dims);
}

static int steps_column_slice(const struct aml_layout_data *data, struct aml_layout **output,
			      const size_t *offsets, const size_t *dims, const size_t *strides)
{
	return slice_steps(steps_data(data), &aml_layout_steps_column_ops, output, offsets, dims,
			   strides);
}

static int steps_column_fprintf(const struct aml_layout_data *data, FILE *stream,
				const char *prefix)
{
	return print_steps(steps_data(data), AML_LAYOUT_ORDER_COLUMN_MAJOR, stream, prefix);
}

static void *steps_row_deref(const struct aml_layout_data *data, const size_t *coords)
{
	size_t native[NDIMS_MAX];

	layout_reorder(AML_LAYOUT_ORDER_C, steps_data(data)->ndims, native, coords);
	return steps_column_deref(data, native);
}

static int steps_row_order(const struct aml_layout_data *data)
{
	(void)data;
	return AML_LAYOUT_ORDER_ROW_MAJOR;
}

static int steps_row_dims(const struct aml_layout_data *data, size_t *dims)
{
	layout_reorder(AML_LAYOUT_ORDER_C, steps_data(data)->ndims, dims, steps_data(data)->dims);
	return AML_SUCCESS;
}

static int steps_row_reshape(const struct aml_layout_data *data, struct aml_layout **output,
			     const size_t ndims, const size_t *dims)
{
	size_t native[NDIMS_MAX];

	layout_reorder(AML_LAYOUT_ORDER_C, ndims, native, dims);
	return reshape_steps(steps_data(data), &aml_layout_steps_row_ops, output, ndims, native);
}

static int steps_row_slice_native(const struct aml_layout_data *data, struct aml_layout **output,
				  const size_t *offsets, const size_t *dims, const size_t *strides)
{
	return slice_steps(steps_data(data), &aml_layout_steps_row_ops, output, offsets, dims,
			   strides);
}

static int steps_row_slice(const struct aml_layout_data *data, struct aml_layout **output,
			   const size_t *offsets, const size_t *dims, const size_t *strides)
{
	size_t ndims = steps_data(data)->ndims;
	size_t n_offsets[NDIMS_MAX], n_dims[NDIMS_MAX], n_strides[NDIMS_MAX];

	layout_reorder(AML_LAYOUT_ORDER_C, ndims, n_offsets, offsets);
	layout_reorder(AML_LAYOUT_ORDER_C, ndims, n_dims, dims);
	layout_reorder(AML_LAYOUT_ORDER_C, ndims, n_strides, strides);
	return steps_row_slice_native(data, output, n_offsets, n_dims, n_strides);
}

static int steps_row_fprintf(const struct aml_layout_data *data, FILE *stream, const char *prefix)
{
	return print_steps(steps_data(data), AML_LAYOUT_ORDER_ROW_MAJOR, stream, prefix);
}

int aml_layout_steps_create(struct aml_layout **layout, void *ptr, int order, size_t element_size,
			    size_t ndims, const size_t *dims, const ptrdiff_t *steps)
{
	size_t native_dims[NDIMS_MAX];
	ptrdiff_t native_steps[NDIMS_MAX];
	const struct outline outline = {ndims, element_size, native_dims};

	if (layout == NULL || dims == NULL || steps == NULL || element_size == 0 || ndims < 1 ||
	    ndims > NDIMS_MAX)
		return -AML_EINVAL;
	if (ptr == NULL && !any_zero(ndims, dims))
		return -AML_EINVAL;
	layout_reorder(order, ndims, native_dims, dims);
	for (size_t i = 0; i < ndims; i++)
		native_steps[i] =
			steps[AML_LAYOUT_ORDER(order) == AML_LAYOUT_ORDER_C ? ndims - 1 - i : i];
	return steps_make(order, &outline, ptr, native_steps, layout);
}

struct aml_layout_ops aml_layout_steps_column_ops = {
	.deref = steps_column_deref,
	.deref_native = steps_column_deref,
	.rawptr = steps_rawptr,
	.order = steps_column_order,
	.dims = steps_column_dims,
	.dims_native = steps_column_dims,
	.ndims = steps_ndims,
	.element_size = steps_element_size,
	.reshape = steps_column_reshape,
	.slice = steps_column_slice,
	.slice_native = steps_column_slice,
	.fprintf = steps_column_fprintf,
	.duplicate = steps_duplicate,
	.destroy = NULL,
	.steps_native = steps_steps_native,
	.concurrent = steps_concurrent,
};

struct aml_layout_ops aml_layout_steps_row_ops = {
	.deref = steps_row_deref,
	.deref_native = steps_column_deref,
	.rawptr = steps_rawptr,
	.order = steps_row_order,
	.dims = steps_row_dims,
	.dims_native = steps_column_dims,
	.ndims = steps_ndims,
	.element_size = steps_element_size,
	.reshape = steps_row_reshape,
	.slice = steps_row_slice,
	.slice_native = steps_row_slice_native,
	.fprintf = steps_row_fprintf,
	.duplicate = steps_duplicate,
	.destroy = NULL,
	.steps_native = steps_steps_native,
	.concurrent = steps_concurrent,
};
