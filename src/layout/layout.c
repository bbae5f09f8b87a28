/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The generic interface of layouts: checks what a caller passed, then calls the layout's
 * operator. Operators see only valid arguments; outputs are stored only on success, whatever a
 * user-defined operator does to them on failure.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <aml/layout/dense.h>
#include <aml/layout/native.h>
#include <aml/layout/pad.h>
#include <aml/layout/reshape.h>
#include <aml/utils/error.h>

#include "layout/layout.h"

/* AML_SUCCESS if `layout` is one and has the operator, else the positive code. */
#define lacks(layout, op)                                        \
	((layout) == NULL || (layout)->ops == NULL ? AML_EINVAL  \
	 : (layout)->ops->op == NULL               ? AML_ENOTSUP \
						   : AML_SUCCESS)

static void *null_with(int err)
{
	aml_errno = err;
	return NULL;
}

static size_t zero_with(int err)
{
	aml_errno = err;
	return 0;
}

/* The number of dimensions, if it is one that a layout may have. */
static int checked_ndims(const struct aml_layout *layout, size_t *ndims)
{
	int err = lacks(layout, ndims);

	if (err != AML_SUCCESS)
		return -err;
	*ndims = layout->ops->ndims(layout->data);
	return *ndims >= 1 && *ndims <= NDIMS_MAX ? AML_SUCCESS : -AML_EINVAL;
}

/*
 * Number and extents of the dimensions, in user or native order. Extents that the layout leaves out
 * are 0.
 */
static int checked_dims(const struct aml_layout *layout, bool native, size_t *ndims, size_t *dims)
{
	int err = checked_ndims(layout, ndims);

	if (err != AML_SUCCESS)
		return err;
	memset(dims, 0, *ndims * sizeof(*dims));
	return native ? aml_layout_dims_native(layout, dims) : aml_layout_dims(layout, dims);
}

int layout_count(size_t ndims, const size_t *dims, size_t *count)
{
	size_t n = 1;
	bool overflow = false;

	for (size_t i = 0; i < ndims; i++) {
		if (dims[i] == 0) {
			*count = 0;
			return AML_SUCCESS;
		}
		overflow |= __builtin_mul_overflow(n, dims[i], &n);
	}
	if (overflow)
		return -AML_EINVAL;
	*count = n;
	return AML_SUCCESS;
}

/* What a layout's operators say of its shape. */
static int told_shape(const struct aml_layout *layout, struct shape *shape)
{
	int err = checked_dims(layout, true, &shape->ndims, shape->dims);

	if (err != AML_SUCCESS)
		return err;
	err = lacks(layout, element_size);
	if (err == AML_SUCCESS)
		err = lacks(layout, deref_native);
	if (err != AML_SUCCESS)
		return -err;
	shape->element_size = layout->ops->element_size(layout->data);
	return AML_SUCCESS;
}

int layout_shape(const struct aml_layout *layout, struct shape *shape)
{
	const struct aml_layout_dense *d = layout_dense(layout);
	size_t count, size;
	int err;

	if (d != NULL) {
		/* All is checked when it is made. */
		shape->ndims = d->ndims;
		shape->element_size = d->cpitch[0];
		for (size_t i = 0; i < d->ndims; i++)
			shape->dims[i] = d->dims[i];
		return AML_SUCCESS;
	}
	/* Asking goes through the whole nest already. */
	if (layout_depth(layout) > AML_LAYOUT_DEPTH_MAX)
		return -AML_EINVAL;
	err = told_shape(layout, shape);
	if (err != AML_SUCCESS)
		return err;
	err = layout_count(shape->ndims, shape->dims, &count);
	if (err != AML_SUCCESS)
		return err;
	if (shape->element_size == 0 || __builtin_mul_overflow(count, shape->element_size, &size))
		return -AML_EINVAL;
	return AML_SUCCESS;
}

void layout_reorder(int order, size_t n, size_t *to, const size_t *from)
{
	for (size_t i = 0; i < n; i++)
		to[i] = AML_LAYOUT_ORDER(order) == AML_LAYOUT_ORDER_C ? from[n - 1 - i] : from[i];
}

/*
 * Does a table that has an operator of this library's kind still speak the same language? Not
 * if it is a copy in which one of these was replaced.
 */
static bool speaks_for(const struct aml_layout_ops *ops, const struct aml_layout_ops *own)
{
	return ops->deref_native == own->deref_native && ops->ndims == own->ndims &&
	       ops->dims_native == own->dims_native && ops->element_size == own->element_size;
}

/* Do the elements lie within reach of each other, as those of one object do? */
static bool spans(const struct outline *outline, const ptrdiff_t *steps)
{
	size_t span = outline->element_size, reach;

	for (size_t i = 0; i < outline->ndims; i++)
		if (__builtin_mul_overflow(outline->dims[i] - 1, magnitude(steps[i]), &reach) ||
		    __builtin_add_overflow(span, reach, &span))
			return false;
	return span <= PTRDIFF_MAX;
}

int layout_steps(const struct aml_layout *layout, const struct outline *outline, void **base,
		 ptrdiff_t *steps)
{
	const struct aml_layout_ops *ops = layout->ops;
	const struct aml_layout_ops *own = &aml_layout_column_ops;

	if (ops->steps_native == NULL)
		return -AML_ENOTSUP;
	if (ops->steps_native == own->steps_native && !speaks_for(ops, own))
		return -AML_ENOTSUP;
	/* What it leaves out is nothing. */
	*base = NULL;
	memset(steps, 0, outline->ndims * sizeof(*steps));
	if (ops->steps_native(layout->data, base, steps) != AML_SUCCESS)
		return -AML_ENOTSUP;
	if (any_zero(outline->ndims, outline->dims))
		return AML_SUCCESS;
	return *base != NULL && spans(outline, steps) ? AML_SUCCESS : -AML_EINVAL;
}

const struct aml_layout_data_reshape *layout_reshape(const struct aml_layout *layout)
{
	if (!speaks_for(layout->ops, &aml_layout_reshape_row_ops))
		return NULL;
	return (const struct aml_layout_data_reshape *)layout->data;
}

const struct aml_layout_pad *layout_pad(const struct aml_layout *layout)
{
	if (!speaks_for(layout->ops, &aml_layout_pad_row_ops))
		return NULL;
	return (const struct aml_layout_pad *)layout->data;
}

int layout_print_sizes(FILE *stream, const char *prefix, const char *label, int order, size_t n,
		       const size_t *sizes)
{
	size_t user[NDIMS_MAX];

	layout_reorder(order, n, user, sizes);
	if (fprintf(stream, "%s%s:", prefix, label) < 0)
		return -AML_FAILURE;
	for (size_t i = 0; i < n; i++)
		if (fprintf(stream, " %zu", user[i]) < 0)
			return -AML_FAILURE;
	return fputc('\n', stream) == EOF ? -AML_FAILURE : AML_SUCCESS;
}

void *aml_layout_deref(const struct aml_layout *layout, const size_t *coords)
{
	int err = lacks(layout, deref);

	if (err != AML_SUCCESS || coords == NULL)
		return null_with(err ? err : AML_EINVAL);
	return layout->ops->deref(layout->data, coords);
}

void *aml_layout_deref_native(const struct aml_layout *layout, const size_t *coords)
{
	int err = lacks(layout, deref_native);

	if (err != AML_SUCCESS || coords == NULL)
		return null_with(err ? err : AML_EINVAL);
	return layout->ops->deref_native(layout->data, coords);
}

void *aml_layout_deref_safe(const struct aml_layout *layout, const size_t *coords)
{
	size_t ndims, dims[NDIMS_MAX];
	int err = checked_dims(layout, false, &ndims, dims);

	if (err != AML_SUCCESS || coords == NULL)
		return null_with(err ? -err : AML_EINVAL);
	for (size_t i = 0; i < ndims; i++)
		if (coords[i] >= dims[i])
			return null_with(AML_EINVAL);
	return aml_layout_deref(layout, coords);
}

void *aml_layout_rawptr(const struct aml_layout *layout)
{
	int err = lacks(layout, rawptr);

	return err ? null_with(err) : layout->ops->rawptr(layout->data);
}

int aml_layout_order(const struct aml_layout *layout)
{
	int err = lacks(layout, order);

	return err ? -err : layout->ops->order(layout->data);
}

int aml_layout_dims(const struct aml_layout *layout, size_t *dims)
{
	int err = lacks(layout, dims);

	if (err != AML_SUCCESS || dims == NULL)
		return err ? -err : -AML_EINVAL;
	return layout->ops->dims(layout->data, dims);
}

int aml_layout_dims_native(const struct aml_layout *layout, size_t *dims)
{
	int err = lacks(layout, dims_native);

	if (err != AML_SUCCESS || dims == NULL)
		return err ? -err : -AML_EINVAL;
	return layout->ops->dims_native(layout->data, dims);
}

size_t aml_layout_ndims(const struct aml_layout *layout)
{
	int err = lacks(layout, ndims);

	return err ? zero_with(err) : layout->ops->ndims(layout->data);
}

size_t aml_layout_element_size(const struct aml_layout *layout)
{
	int err = lacks(layout, element_size);

	return err ? zero_with(err) : layout->ops->element_size(layout->data);
}

int aml_layout_reshape(const struct aml_layout *layout, struct aml_layout **output,
		       const size_t ndims, const size_t *dims)
{
	size_t old_ndims, old_dims[NDIMS_MAX], old_count, count;
	struct aml_layout *made;
	int err = lacks(layout, reshape);

	if (err != AML_SUCCESS)
		return -err;
	if (output == NULL || dims == NULL || ndims < 1 || ndims > NDIMS_MAX)
		return -AML_EINVAL;
	err = checked_dims(layout, false, &old_ndims, old_dims);
	if (err == AML_SUCCESS)
		err = layout_count(old_ndims, old_dims, &old_count);
	if (err == AML_SUCCESS)
		err = layout_count(ndims, dims, &count);
	if (err == AML_SUCCESS && count != old_count)
		err = -AML_EINVAL;
	if (err == AML_SUCCESS)
		err = layout->ops->reshape(layout->data, &made, ndims, dims);
	if (err == AML_SUCCESS)
		*output = made;
	return err;
}

/* Does every element of the slice lie within the extents? An empty slice has none. */
static bool slice_fits(size_t ndims, const size_t *extents, const size_t *offsets,
		       const size_t *dims, const size_t *strides)
{
	for (size_t i = 0; i < ndims; i++)
		if (dims[i] == 0)
			return true;
	for (size_t i = 0; i < ndims; i++) {
		size_t last;

		if (__builtin_mul_overflow(dims[i] - 1, strides[i], &last) ||
		    __builtin_add_overflow(offsets[i], last, &last) || last >= extents[i])
			return false;
	}
	return true;
}

/* What both orders' slices do; `op` is the operator for the order. */
static int slice(const struct aml_layout *layout, bool native,
		 int (*op)(const struct aml_layout_data *, struct aml_layout **, const size_t *,
			   const size_t *, const size_t *),
		 struct aml_layout **output, const size_t *offsets, const size_t *dims,
		 const size_t *strides)
{
	size_t ndims, extents[NDIMS_MAX], zeros[NDIMS_MAX], ones[NDIMS_MAX];
	struct aml_layout *made;
	int err;

	if (output == NULL || dims == NULL)
		return -AML_EINVAL;
	err = checked_dims(layout, native, &ndims, extents);
	if (err != AML_SUCCESS)
		return err;
	for (size_t i = 0; i < ndims; i++) {
		zeros[i] = 0;
		ones[i] = 1;
	}
	if (offsets == NULL)
		offsets = zeros;
	if (strides == NULL)
		strides = ones;
	if (!slice_fits(ndims, extents, offsets, dims, strides))
		return -AML_EINVAL;
	err = op(layout->data, &made, offsets, dims, strides);
	if (err == AML_SUCCESS)
		*output = made;
	return err;
}

int aml_layout_slice(const struct aml_layout *layout, struct aml_layout **output,
		     const size_t *offsets, const size_t *dims, const size_t *strides)
{
	int err = lacks(layout, slice);

	if (err != AML_SUCCESS)
		return -err;
	return slice(layout, false, layout->ops->slice, output, offsets, dims, strides);
}

int aml_layout_slice_native(const struct aml_layout *layout, struct aml_layout **output,
			    const size_t *offsets, const size_t *dims, const size_t *strides)
{
	int err = lacks(layout, slice_native);

	if (err != AML_SUCCESS)
		return -err;
	return slice(layout, true, layout->ops->slice_native, output, offsets, dims, strides);
}

int aml_layout_fprintf(FILE *stream, const char *prefix, const struct aml_layout *layout)
{
	int err = lacks(layout, fprintf), cancel_state;

	if (err != AML_SUCCESS || stream == NULL)
		return err ? -err : -AML_EINVAL;
	/* Writing would be a cancellation point; in parentheses, since fprintf may be a macro. */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
	err = (layout->ops->fprintf)(layout->data, stream, prefix ? prefix : "");
	pthread_setcancelstate(cancel_state, NULL);
	return err;
}

int aml_layout_duplicate(const struct aml_layout *src, struct aml_layout **out, void *ptr)
{
	struct aml_layout *made;
	int err = lacks(src, duplicate);

	if (err != AML_SUCCESS || out == NULL)
		return err ? -err : -AML_EINVAL;
	err = src->ops->duplicate(src, &made, ptr);
	if (err == AML_SUCCESS)
		*out = made;
	return err;
}

void aml_layout_destroy(struct aml_layout **layout)
{
	struct aml_layout *gone;

	if (layout == NULL || *layout == NULL)
		return;
	gone = *layout;
	*layout = NULL;
	if (gone->ops != NULL && gone->ops->destroy != NULL)
		gone->ops->destroy(gone);
	else
		free(gone);
}
