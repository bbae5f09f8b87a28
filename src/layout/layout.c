/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The generic layout interface. Each function checks its arguments, then calls the layout's
 * operator. Operators receive only valid arguments. A layout that an operator makes is stored only
 * on success, even if a custom operator stores an output on failure.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <aml/layout.h>
#include <aml/layout/native.h>
#include <aml/utils/error.h>

#include "layout/layout.h"
#include "layout/sizes.h"

/* AML_SUCCESS if `layout` is valid and has the operator, else the negative error code. */
#define CHECK_OPERATOR(layout, op)                                \
	((layout) == NULL || (layout)->ops == NULL ? -AML_EINVAL  \
	 : (layout)->ops->op == NULL               ? -AML_ENOTSUP \
						   : AML_SUCCESS)

static void *null_with(int err)
{
	aml_errno = -err;
	return NULL;
}

static size_t zero_with(int err)
{
	aml_errno = -err;
	return 0;
}

/* Get the number of dimensions. -AML_EINVAL if it is out of range. */
static int checked_ndims(const struct aml_layout *layout, size_t *ndims)
{
	int err = CHECK_OPERATOR(layout, ndims);

	if (err != AML_SUCCESS)
		return err;
	*ndims = layout->ops->ndims(layout->data);
	return *ndims >= 1 && *ndims <= NDIMS_MAX ? AML_SUCCESS : -AML_EINVAL;
}

int layout_checked_dims(const struct aml_layout *layout, bool native, size_t *ndims, size_t *dims)
{
	int err = checked_ndims(layout, ndims);

	if (err != AML_SUCCESS)
		return err;
	memset(dims, 0, *ndims * sizeof(*dims));
	return native ? aml_layout_dims_native(layout, dims) : aml_layout_dims(layout, dims);
}

void *aml_layout_deref(const struct aml_layout *layout, const size_t *coords)
{
	int err = CHECK_OPERATOR(layout, deref);

	if (err != AML_SUCCESS || coords == NULL)
		return null_with(err ? err : -AML_EINVAL);
	return layout->ops->deref(layout->data, coords);
}

void *aml_layout_deref_native(const struct aml_layout *layout, const size_t *coords)
{
	int err = CHECK_OPERATOR(layout, deref_native);

	if (err != AML_SUCCESS || coords == NULL)
		return null_with(err ? err : -AML_EINVAL);
	return layout->ops->deref_native(layout->data, coords);
}

void *aml_layout_deref_safe(const struct aml_layout *layout, const size_t *coords)
{
	size_t ndims, dims[NDIMS_MAX];
	int err = layout_checked_dims(layout, false, &ndims, dims);

	if (err != AML_SUCCESS || coords == NULL)
		return null_with(err ? err : -AML_EINVAL);
	for (size_t i = 0; i < ndims; i++)
		if (coords[i] >= dims[i])
			return null_with(-AML_EINVAL);
	return aml_layout_deref(layout, coords);
}

void *aml_layout_rawptr(const struct aml_layout *layout)
{
	int err = CHECK_OPERATOR(layout, rawptr);

	return err ? null_with(err) : layout->ops->rawptr(layout->data);
}

int aml_layout_order(const struct aml_layout *layout)
{
	int err = CHECK_OPERATOR(layout, order);

	return err ? err : layout->ops->order(layout->data);
}

int aml_layout_dims(const struct aml_layout *layout, size_t *dims)
{
	int err = CHECK_OPERATOR(layout, dims);

	if (err != AML_SUCCESS || dims == NULL)
		return err ? err : -AML_EINVAL;
	return layout->ops->dims(layout->data, dims);
}

int aml_layout_dims_native(const struct aml_layout *layout, size_t *dims)
{
	int err = CHECK_OPERATOR(layout, dims_native);

	if (err != AML_SUCCESS || dims == NULL)
		return err ? err : -AML_EINVAL;
	return layout->ops->dims_native(layout->data, dims);
}

size_t aml_layout_ndims(const struct aml_layout *layout)
{
	int err = CHECK_OPERATOR(layout, ndims);

	return err ? zero_with(err) : layout->ops->ndims(layout->data);
}

size_t aml_layout_element_size(const struct aml_layout *layout)
{
	int err = CHECK_OPERATOR(layout, element_size);

	return err ? zero_with(err) : layout->ops->element_size(layout->data);
}

int aml_layout_reshape(const struct aml_layout *layout, struct aml_layout **output,
		       const size_t ndims, const size_t *dims)
{
	size_t old_ndims, old_dims[NDIMS_MAX], old_count, count;
	struct aml_layout *made;
	int err = CHECK_OPERATOR(layout, reshape);

	if (err != AML_SUCCESS)
		return err;
	if (output == NULL || dims == NULL || ndims < 1 || ndims > NDIMS_MAX)
		return -AML_EINVAL;
	err = layout_checked_dims(layout, false, &old_ndims, old_dims);
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

/* Is every element of the slice within the extents? An empty slice always fits. */
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

/* Slice a layout in user order or native order. `op` is the operator for the order. */
static int slice_in_order(const struct aml_layout *layout, bool native,
			  int (*op)(const struct aml_layout_data *, struct aml_layout **,
				    const size_t *, const size_t *, const size_t *),
			  struct aml_layout **output, const size_t *offsets, const size_t *dims,
			  const size_t *strides)
{
	size_t ndims, extents[NDIMS_MAX], zeros[NDIMS_MAX], ones[NDIMS_MAX];
	struct aml_layout *made;
	int err;

	if (output == NULL || dims == NULL)
		return -AML_EINVAL;
	err = layout_checked_dims(layout, native, &ndims, extents);
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
	int err = CHECK_OPERATOR(layout, slice);

	if (err != AML_SUCCESS)
		return err;
	return slice_in_order(layout, false, layout->ops->slice, output, offsets, dims, strides);
}

int aml_layout_slice_native(const struct aml_layout *layout, struct aml_layout **output,
			    const size_t *offsets, const size_t *dims, const size_t *strides)
{
	int err = CHECK_OPERATOR(layout, slice_native);

	if (err != AML_SUCCESS)
		return err;
	return slice_in_order(layout, true, layout->ops->slice_native, output, offsets, dims,
			      strides);
}

int aml_layout_fprintf(FILE *stream, const char *prefix, const struct aml_layout *layout)
{
	int err = CHECK_OPERATOR(layout, fprintf), cancel_state;

	if (err != AML_SUCCESS || stream == NULL)
		return err ? err : -AML_EINVAL;
	/* Writing would be a cancellation point; in parentheses, since fprintf may be a macro. */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
	err = (layout->ops->fprintf)(layout->data, stream, prefix ? prefix : "");
	pthread_setcancelstate(cancel_state, NULL);
	return err;
}

int aml_layout_duplicate(const struct aml_layout *src, struct aml_layout **out, void *ptr)
{
	struct aml_layout *made;
	int err = CHECK_OPERATOR(src, duplicate);

	if (err != AML_SUCCESS || out == NULL)
		return err ? err : -AML_EINVAL;
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
