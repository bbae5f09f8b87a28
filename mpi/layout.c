/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Remote layouts. Each has within it a steps layout of the core library, whose addresses are, if
 * the memory is shared, those of the elements in this process; else they are displacements, with a
 * bias because no address is NULL, and nobody gets to see them. All questions go to this inner
 * layout.
 *
 * There are two tables of operators. The one for memory that is not shared lacks all operators that
 * give addresses, so that aml_layout_deref() reports AML_ENOTSUP, and every engine but this one
 * refuses the layout.
 *
 * A remote layout owns its inner layout. Its elements lie within the part of its process: that is
 * checked when it is created, and holds for slices and reshapes.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <aml/dma/mpi.h>
#include <aml/layout/dense.h>
#include <aml/layout/native.h>
#include <aml/layout/steps.h>
#include <aml/utils/error.h>

#include "layout.h"

/* The address of displacement 0 in memory that is not shared. */
#define REMOTE_BIAS ((size_t)4096)

struct remote_layout {
	struct aml_layout layout;
	struct aml_dma_mpi_window *window;
	struct aml_layout *inner; /* a steps layout */
	int rank;
};

static struct aml_layout_ops shared_ops, far_ops;

static const struct remote_layout *remote_of(const struct aml_layout_data *data)
{
	return (const struct remote_layout *)data;
}

bool layout_is_remote(const struct aml_layout *layout)
{
	return layout != NULL && (layout->ops == &shared_ops || layout->ops == &far_ops);
}

/* The address that the inner layouts of a part have for displacement 0. */
static char *part_start(const struct aml_dma_mpi_window *win, int rank)
{
	char *address = win->addresses[rank];

	/* Never dereferenced. */
	return address != NULL ? address : (char *)REMOTE_BIAS; // NOLINT
}

void layout_remote_view(const struct aml_layout *layout, struct remote_view *view)
{
	const struct remote_layout *remote = remote_of(layout->data);
	const struct aml_layout_steps *s =
		(const struct aml_layout_steps *)(const void *)remote->inner->data;

	view->window = remote->window;
	view->rank = remote->rank;
	view->shared = layout->ops == &shared_ops;
	view->element_size = s->element_size;
	view->ndims = s->ndims;
	view->at = (uintptr_t)s->ptr - (uintptr_t)part_start(remote->window, remote->rank);
	memcpy(view->dims, s->dims, s->ndims * sizeof(*s->dims));
	memcpy(view->steps, s->steps, s->ndims * sizeof(*s->steps));
}

/* Make a remote layout of an inner layout, which it takes; on an error the inner layout is gone. */
static int remote_wrap(struct aml_dma_mpi_window *win, int rank, struct aml_layout_ops *ops,
		       struct aml_layout *inner, struct aml_layout **out)
{
	struct remote_layout *remote = malloc(sizeof(*remote));

	if (remote == NULL) {
		aml_layout_destroy(&inner);
		return -AML_ENOMEM;
	}
	remote->layout.ops = ops;
	remote->layout.data = (struct aml_layout_data *)remote;
	remote->window = win;
	remote->inner = inner;
	remote->rank = rank;
	*out = &remote->layout;
	return AML_SUCCESS;
}

/* Finish an operator that made an inner layout, or failed. */
static int remote_follow(const struct remote_layout *remote, int err, struct aml_layout *inner,
			 struct aml_layout **out)
{
	return err != AML_SUCCESS
		       ? err
		       : remote_wrap(remote->window, remote->rank, remote->layout.ops, inner, out);
}

static void *remote_deref(const struct aml_layout_data *data, const size_t *coords)
{
	return aml_layout_deref(remote_of(data)->inner, coords);
}

static void *remote_deref_native(const struct aml_layout_data *data, const size_t *coords)
{
	return aml_layout_deref_native(remote_of(data)->inner, coords);
}

static void *remote_rawptr(const struct aml_layout_data *data)
{
	return aml_layout_rawptr(remote_of(data)->inner);
}

static int remote_order(const struct aml_layout_data *data)
{
	return aml_layout_order(remote_of(data)->inner);
}

static int remote_dims(const struct aml_layout_data *data, size_t *dims)
{
	return aml_layout_dims(remote_of(data)->inner, dims);
}

static int remote_dims_native(const struct aml_layout_data *data, size_t *dims)
{
	return aml_layout_dims_native(remote_of(data)->inner, dims);
}

static size_t remote_ndims(const struct aml_layout_data *data)
{
	return aml_layout_ndims(remote_of(data)->inner);
}

static size_t remote_element_size(const struct aml_layout_data *data)
{
	return aml_layout_element_size(remote_of(data)->inner);
}

static int remote_reshape(const struct aml_layout_data *data, struct aml_layout **output,
			  const size_t ndims, const size_t *dims)
{
	struct aml_layout *inner = NULL;
	int err = aml_layout_reshape(remote_of(data)->inner, &inner, ndims, dims);

	return remote_follow(remote_of(data), err, inner, output);
}

static int remote_slice(const struct aml_layout_data *data, struct aml_layout **output,
			const size_t *offsets, const size_t *dims, const size_t *strides)
{
	struct aml_layout *inner = NULL;
	int err = aml_layout_slice(remote_of(data)->inner, &inner, offsets, dims, strides);

	return remote_follow(remote_of(data), err, inner, output);
}

static int remote_slice_native(const struct aml_layout_data *data, struct aml_layout **output,
			       const size_t *offsets, const size_t *dims, const size_t *strides)
{
	struct aml_layout *inner = NULL;
	int err = aml_layout_slice_native(remote_of(data)->inner, &inner, offsets, dims, strides);

	return remote_follow(remote_of(data), err, inner, output);
}

/* Another address would be one of no window. */
static int remote_duplicate(const struct aml_layout *layout, struct aml_layout **output, void *ptr)
{
	struct aml_layout *inner = NULL;
	int err;

	if (ptr != NULL)
		return -AML_ENOTSUP;
	err = aml_layout_duplicate(remote_of(layout->data)->inner, &inner, NULL);
	return remote_follow(remote_of(layout->data), err, inner, output);
}

static int print_sizes(FILE *stream, size_t n, const size_t *sizes, const ptrdiff_t *steps)
{
	for (size_t i = 0; i < n; i++)
		if ((sizes != NULL ? fprintf(stream, " %zu", sizes[i])
				   : fprintf(stream, " %td", steps[i])) < 0)
			return -AML_FAILURE;
	return fputc('\n', stream) == EOF ? -AML_FAILURE : AML_SUCCESS;
}

/* Extents and steps are printed in native order. */
static int remote_fprintf(const struct aml_layout_data *data, FILE *stream, const char *prefix)
{
	const char *colon = *prefix != '\0' ? ": " : "";
	struct remote_view view;
	int err;

	layout_remote_view(&remote_of(data)->layout, &view);
	if (fprintf(stream, "%s%slayout: mpi: rank %d, displacement %zu%s\n", prefix, colon,
		    view.rank, view.at, view.shared ? ", shared" : "") < 0 ||
	    fprintf(stream, "%s%s  element size: %zu\n", prefix, colon, view.element_size) < 0 ||
	    fprintf(stream, "%s%s  native dims:", prefix, colon) < 0)
		return -AML_FAILURE;
	err = print_sizes(stream, view.ndims, view.dims, NULL);
	if (err != AML_SUCCESS || fprintf(stream, "%s%s  native steps:", prefix, colon) < 0)
		return -AML_FAILURE;
	return print_sizes(stream, view.ndims, NULL, view.steps);
}

static void remote_destroy(struct aml_layout *layout)
{
	struct remote_layout *remote = (struct remote_layout *)layout->data;

	aml_layout_destroy(&remote->inner);
	free(remote);
}

static int remote_steps_native(const struct aml_layout_data *data, void **base, ptrdiff_t *steps)
{
	const struct aml_layout *inner = remote_of(data)->inner;

	return inner->ops->steps_native(inner->data, base, steps);
}

static int remote_concurrent(const struct aml_layout_data *data)
{
	(void)data;
	return 1;
}

static struct aml_layout_ops shared_ops = {
	.deref = remote_deref,
	.deref_native = remote_deref_native,
	.rawptr = remote_rawptr,
	.order = remote_order,
	.dims = remote_dims,
	.dims_native = remote_dims_native,
	.ndims = remote_ndims,
	.element_size = remote_element_size,
	.reshape = remote_reshape,
	.slice = remote_slice,
	.slice_native = remote_slice_native,
	.fprintf = remote_fprintf,
	.duplicate = remote_duplicate,
	.destroy = remote_destroy,
	.steps_native = remote_steps_native,
	.concurrent = remote_concurrent,
};

static struct aml_layout_ops far_ops = {
	.order = remote_order,
	.dims = remote_dims,
	.dims_native = remote_dims_native,
	.ndims = remote_ndims,
	.element_size = remote_element_size,
	.reshape = remote_reshape,
	.slice = remote_slice,
	.slice_native = remote_slice_native,
	.fprintf = remote_fprintf,
	.duplicate = remote_duplicate,
	.destroy = remote_destroy,
};

/* What aml_layout_mpi_create() asks a shape for. */
struct asked_shape {
	int order;
	size_t ndims, element_size;
	void *first; /* the address of element 0 */
	bool empty;
	/* In native order. */
	size_t dims[AML_LAYOUT_NDIMS_MAX];
	ptrdiff_t steps[AML_LAYOUT_NDIMS_MAX];
};

bool layout_has_fast_path(const struct aml_layout *layout)
{
	const struct aml_layout_ops *ops = layout->ops;
	static const struct aml_layout_ops *const known[] = {&aml_layout_column_ops,
							     &aml_layout_steps_column_ops};

	if (ops->steps_native == NULL)
		return false;
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (ops->steps_native == known[i]->steps_native)
			return ops->deref_native == known[i]->deref_native &&
			       ops->ndims == known[i]->ndims &&
			       ops->dims_native == known[i]->dims_native &&
			       ops->element_size == known[i]->element_size;
	return true;
}

static int ask_shape(const struct aml_layout *shape, struct asked_shape *asked)
{
	int err;

	if (!layout_has_fast_path(shape) || shape->ops->ndims == NULL ||
	    shape->ops->dims_native == NULL || shape->ops->element_size == NULL ||
	    shape->ops->order == NULL)
		return -AML_ENOTSUP;
	asked->order = aml_layout_order(shape);
	asked->ndims = aml_layout_ndims(shape);
	asked->element_size = aml_layout_element_size(shape);
	if (asked->order < 0 || asked->ndims < 1 || asked->ndims > AML_LAYOUT_NDIMS_MAX ||
	    asked->element_size == 0)
		return -AML_EINVAL;
	memset(asked->dims, 0, sizeof(asked->dims));
	memset(asked->steps, 0, sizeof(asked->steps));
	asked->first = NULL;
	err = aml_layout_dims_native(shape, asked->dims);
	if (err != AML_SUCCESS)
		return err;
	if (shape->ops->steps_native(shape->data, &asked->first, asked->steps) != AML_SUCCESS)
		return -AML_ENOTSUP;
	asked->empty = false;
	for (size_t i = 0; i < asked->ndims; i++)
		asked->empty |= asked->dims[i] == 0;
	return asked->first != NULL || asked->empty ? AML_SUCCESS : -AML_EINVAL;
}

/* Do all elements lie in a part of `bytes`, if the first one has the displacement `at`? */
static bool elements_fit(const struct asked_shape *asked, size_t at, size_t bytes)
{
	size_t below = 0, above = asked->element_size, end;

	for (size_t i = 0; i < asked->ndims; i++) {
		const ptrdiff_t step = asked->steps[i];
		const size_t distance = step < 0 ? 0 - (size_t)step : (size_t)step;
		size_t *side = step < 0 ? &below : &above, reach;

		if (__builtin_mul_overflow(asked->dims[i] - 1, distance, &reach) ||
		    __builtin_add_overflow(*side, reach, side))
			return false;
	}
	return below <= at && !__builtin_add_overflow(at, above, &end) && end <= bytes;
}

int aml_layout_mpi_create(struct aml_layout **out, struct aml_dma_mpi_window *win, int rank,
			  const struct aml_layout *shape, const void *base)
{
	struct asked_shape asked;
	struct aml_layout *inner;
	size_t dims[AML_LAYOUT_NDIMS_MAX], at;
	ptrdiff_t steps[AML_LAYOUT_NDIMS_MAX];
	int err;

	if (out == NULL || win == NULL || shape == NULL || shape->ops == NULL || rank < 0 ||
	    rank >= win->engine->size)
		return -AML_EINVAL;
	err = ask_shape(shape, &asked);
	if (err != AML_SUCCESS)
		return err;
	/* Unsigned: an element before the base has a displacement that no part has. */
	at = (uintptr_t)asked.first - (uintptr_t)(base != NULL ? base : win->own);
	if (!asked.empty && !elements_fit(&asked, at, win->sizes[rank]))
		return -AML_EINVAL;
	/* aml_layout_steps_create() takes arrays in user order. */
	for (size_t i = 0; i < asked.ndims; i++) {
		const size_t native = asked.order == AML_LAYOUT_ORDER_C ? asked.ndims - 1 - i : i;

		dims[i] = asked.dims[native];
		steps[i] = asked.steps[native];
	}
	err = aml_layout_steps_create(&inner, part_start(win, rank) + (asked.empty ? 0 : at),
				      asked.order, asked.element_size, asked.ndims, dims, steps);
	if (err != AML_SUCCESS)
		return err;
	return remote_wrap(win, rank, win->addresses[rank] != NULL ? &shared_ops : &far_ops, inner,
			   out);
}
