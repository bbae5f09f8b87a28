/* SPDX-License-Identifier: BSD-3-Clause */
/* Lowering: from a layout to numbers. */
#include <stdint.h>

#include <aml/utils/error.h>

#include "copy/lower.h"

/* Do the elements lie within reach of each other, as those of one object do? */
static bool spans(const struct view *view, size_t element_size)
{
	size_t span = element_size, reach;

	for (size_t i = 0; i < view->nfactors; i++)
		if (__builtin_mul_overflow(view->factors[i].extent - 1,
					   magnitude(view->factors[i].step), &reach) ||
		    __builtin_add_overflow(span, reach, &span))
			return false;
	return span <= PTRDIFF_MAX;
}

/* What the fast path of a layout says of this shape. */
static int told_view(const struct aml_layout *layout, const struct shape *shape, struct view *view)
{
	ptrdiff_t steps[NDIMS_MAX];
	void *base;

	if (layout_steps(layout, &base, steps) != AML_SUCCESS)
		return -AML_ENOTSUP;
	view->base = base;
	for (size_t i = 0; i < shape->ndims; i++)
		view->factors[i] = (struct factor){shape->dims[i], steps[i]};
	return spans(view, shape->element_size) ? AML_SUCCESS : -AML_EINVAL;
}

int copy_lower(const struct aml_layout *layout, const struct shape *shape, struct view *view)
{
	const struct aml_layout_data_reshape *reshape;
	struct shape inner; /* a shape is large: the given one is not copied for nothing */
	const struct aml_layout_dense *d;

	view->by_dims = true;
	while ((reshape = layout_reshape(layout)) != NULL) {
		int err = layout_shape(reshape->target, &inner);

		if (err != AML_SUCCESS)
			return err;
		shape = &inner;
		view->by_dims = false;
		layout = reshape->target;
	}
	view->nfactors = shape->ndims;
	d = layout_dense(layout);
	if (d == NULL)
		return told_view(layout, shape, view);
	view->base = d->ptr;
	for (size_t i = 0; i < shape->ndims; i++)
		view->factors[i] = (struct factor){shape->dims[i], (ptrdiff_t)dense_step(d, i)};
	return AML_SUCCESS;
}

bool copy_view_is_writable(const struct view *view)
{
	for (size_t i = 0; i < view->nfactors; i++)
		if (view->factors[i].step == 0 && view->factors[i].extent > 1)
			return false;
	return true;
}

bool copy_is_writable(const struct aml_layout *layout, const struct shape *shape)
{
	struct shape reached;
	ptrdiff_t steps[NDIMS_MAX];
	void *base;

	for (;;) {
		const struct aml_layout_pad *pad = layout_pad(layout);
		const struct aml_layout_data_reshape *reshape = layout_reshape(layout);

		if (pad != NULL) {
			if (shape != &reached)
				reached = *shape;
			shape = &reached;
			for (size_t i = 0; i < reached.ndims; i++)
				if (pad->target_dims[i] < reached.dims[i])
					reached.dims[i] = pad->target_dims[i];
			layout = pad->target;
		} else if (reshape != NULL) {
			if (layout_shape(reshape->target, &reached) != AML_SUCCESS)
				return true;
			shape = &reached;
			layout = reshape->target;
		} else {
			break;
		}
	}
	if (layout_steps(layout, &base, steps) != AML_SUCCESS)
		return true;
	for (size_t i = 0; i < shape->ndims; i++)
		if (shape->dims[i] == 0)
			return true;
	for (size_t i = 0; i < shape->ndims; i++)
		if (shape->dims[i] > 1 && steps[i] == 0)
			return false;
	return true;
}

/* Unsigned, since the end of a factor may be out of ptrdiff_t's range. */
static bool follows(const struct factor *next, const struct factor *last)
{
	return (size_t)next->step == (size_t)last->step * last->extent;
}

void copy_view_merge(struct view *view)
{
	size_t n = 0;

	for (size_t i = 0; i < view->nfactors; i++) {
		const struct factor factor = view->factors[i];

		if (factor.extent == 1)
			continue;
		if (n > 0 && follows(&factor, &view->factors[n - 1]))
			view->factors[n - 1].extent *= factor.extent;
		else
			view->factors[n++] = factor;
	}
	view->nfactors = n;
}
