/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Finds the elements of nests: pads and reshape layouts on top of each other. Each layout keeps the
 * extents that its target had when the layout was created. layout_shape() rejects nests deeper than
 * AML_LAYOUT_DEPTH_MAX, so the recursion has a bounded depth.
 */
#include <aml/layout/native.h>
#include <aml/layout/pad.h>
#include <aml/layout/reshape.h>

#include "layout/dense.h"
#include "layout/nest.h"
#include "layout/steps.h"

static const struct aml_layout_pad *data_of_pad(const struct aml_layout_data *data)
{
	return (const struct aml_layout_pad *)data;
}

static const struct aml_layout_data_reshape *data_of_reshape(const struct aml_layout_data *data)
{
	return (const struct aml_layout_data_reshape *)data;
}

/* Where an element of a pad lies. */
enum pad_place {
	PAD_OUTSIDE, /* outside of the target */
	PAD_SAME,    /* in the target, at the same coordinates */
	PAD_SHIFTED, /* in the target, at the coordinates less the offsets */
};

static enum pad_place find_in_pad(const struct aml_layout_pad *p, const size_t *coords)
{
	size_t shifted = 0;

	for (size_t i = 0; i < p->ndims; i++) {
		size_t offset = p->offsets[i];

		if (coords[i] < offset || coords[i] - offset >= p->target_dims[i])
			return PAD_OUTSIDE;
		shifted |= offset;
	}
	return shifted == 0 ? PAD_SAME : PAD_SHIFTED;
}

static void shift_coords(const struct aml_layout_pad *p, const size_t *coords, size_t *inner)
{
	for (size_t i = 0; i < p->ndims; i++)
		inner[i] = coords[i] - p->offsets[i];
}

/* Not inlined, so that only pads with offsets use stack for the coordinates. */
__attribute__((noinline)) static void *deref_shifted(const struct aml_layout_pad *p,
						     const size_t *coords)
{
	size_t inner[NDIMS_MAX];

	shift_coords(p, coords, inner);
	return aml_layout_deref_native(p->target, inner);
}

void *pad_deref_native(const struct aml_layout_data *data, const size_t *coords)
{
	const struct aml_layout_pad *p = data_of_pad(data);

	switch (find_in_pad(p, coords)) {
	case PAD_OUTSIDE:
		return p->neutral;
	case PAD_SHIFTED:
		return deref_shifted(p, coords);
	default:
		return aml_layout_deref_native(p->target, coords);
	}
}

/* Compute the native coordinates of an element in the target. The layout must not be empty. */
static void target_coords(const struct aml_layout_data_reshape *r, const size_t *coords,
			  size_t *inner)
{
	size_t index = 0;

	for (size_t i = 0; i < r->ndims; i++)
		index += coords[i] * r->coffsets[i];
	for (size_t i = 0; i < r->target_ndims; i++) {
		inner[i] = index % r->target_dims[i];
		index /= r->target_dims[i];
	}
}

void *reshape_deref_native(const struct aml_layout_data *data, const size_t *coords)
{
	size_t inner[NDIMS_MAX];

	target_coords(data_of_reshape(data), coords, inner);
	return aml_layout_deref_native(data_of_reshape(data)->target, inner);
}

/* Not inlined, as deref_shifted(). */
__attribute__((noinline)) static bool place_shifted(const struct aml_layout_pad *p,
						    const size_t *coords, void **place)
{
	size_t inner[NDIMS_MAX];

	shift_coords(p, coords, inner);
	return layout_place(p->target, inner, place);
}

static bool pad_place(const struct aml_layout_data *data, const size_t *coords, void **place)
{
	const struct aml_layout_pad *p = data_of_pad(data);

	switch (find_in_pad(p, coords)) {
	case PAD_OUTSIDE:
		return false;
	case PAD_SHIFTED:
		return place_shifted(p, coords, place);
	default:
		return layout_place(p->target, coords, place);
	}
}

/* Not inlined, so that only reshape layouts use stack for the coordinates. */
__attribute__((noinline)) static bool reshape_place(const struct aml_layout_data *data,
						    const size_t *coords, void **place)
{
	size_t inner[NDIMS_MAX];

	target_coords(data_of_reshape(data), coords, inner);
	return layout_place(data_of_reshape(data)->target, inner, place);
}

struct aml_layout *layout_target(const struct aml_layout *layout, struct outline *outline)
{
	if (layout == NULL || layout->ops == NULL)
		return NULL;
	if (layout->ops->deref_native == pad_deref_native) {
		const struct aml_layout_pad *pad = data_of_pad(layout->data);

		outline->ndims = pad->ndims;
		outline->dims = pad->target_dims;
		return pad->target;
	}
	if (layout->ops->deref_native == reshape_deref_native) {
		const struct aml_layout_data_reshape *reshape = data_of_reshape(layout->data);

		outline->ndims = reshape->target_ndims;
		outline->dims = reshape->target_dims;
		return reshape->target;
	}
	return NULL;
}

const size_t *layout_offsets(const struct aml_layout *layout)
{
	return layout->ops->deref_native == pad_deref_native ? data_of_pad(layout->data)->offsets
							     : NULL;
}

unsigned layout_depth(const struct aml_layout *layout)
{
	struct outline outline;
	unsigned depth = 0;

	while (depth <= AML_LAYOUT_DEPTH_MAX && (layout = layout_target(layout, &outline)) != NULL)
		depth++;
	return depth;
}

bool layout_is_concurrent(const struct aml_layout *layout)
{
	/* The operators of the library's kinds, each with the deref_native that it belongs to. */
	const struct {
		int (*concurrent)(const struct aml_layout_data *data);
		void *(*deref_native)(const struct aml_layout_data *data, const size_t *coords);
	} owns[] = {
		{dense_concurrent, aml_layout_column_ops.deref_native},
		{steps_concurrent, aml_layout_steps_column_ops.deref_native},
		{pad_concurrent, pad_deref_native},
		{reshape_concurrent, reshape_deref_native},
	};
	const struct aml_layout_ops *ops = layout->ops;

	if (ops->concurrent == NULL)
		return false;
	for (size_t i = 0; i < sizeof(owns) / sizeof(*owns); i++)
		if (ops->concurrent == owns[i].concurrent &&
		    ops->deref_native != owns[i].deref_native)
			return false;
	return ops->concurrent(layout->data) == 1;
}

int pad_concurrent(const struct aml_layout_data *data)
{
	return layout_is_concurrent(data_of_pad(data)->target);
}

int reshape_concurrent(const struct aml_layout_data *data)
{
	return layout_is_concurrent(data_of_reshape(data)->target);
}

bool layout_place(const struct aml_layout *layout, const size_t *coords, void **place)
{
	if (layout->ops->deref_native == pad_deref_native)
		return pad_place(layout->data, coords, place);
	if (layout->ops->deref_native == reshape_deref_native)
		return reshape_place(layout->data, coords, place);
	*place = layout->ops->deref_native(layout->data, coords);
	return true;
}
