/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Copies from and to pads, as boxes: what a pad shares with its target is a strided copy, and
 * what lies outside is dropped where it is copied to, and filled with the neutral element where
 * it is copied from. Dimension by dimension, the outside is the box of what is beyond the
 * target in this one, within it in those before, and anywhere in those after.
 *
 * A plan of boxes is one block: its head, the plans of the boxes one after the other, and the
 * neutral element. The source of a box that has `src_is_neutral` is the neutral element, wherever
 * the block is.
 *
 * Pads over strided layouts come here, and a source's pad over one; what is nested deeper is
 * asked element by element.
 */
#include <string.h>

#include <aml/utils/error.h>

#include "layout/kind.h"
#include "layout/nest.h"
#include "layout/view.h"
#include "plan/boxes.h"
#include "plan/views.h"

/* A block that grows. */
struct growing_block {
	union copy_plan_room *room;
	size_t element_size;
};

/*
 * Add a box: the elements of dst from coordinates `from` up to `to`. Their source is the
 * elements of src with the same coordinates; NULL: the neutral element. -AML_ENOTSUP: there is
 * no room.
 */
static int add_box(struct growing_block *block, const struct view *dst, const size_t *from,
		   const size_t *to, const struct view *src)
{
	struct copy_plan *plan = &block->room->plan;
	struct view d = *dst, s = src != NULL ? *src : *dst;
	union copy_plan_room box;

	for (size_t i = 0; i < dst->nfactors; i++) {
		if (to[i] <= from[i])
			return AML_SUCCESS;
		d.base += (ptrdiff_t)from[i] * d.factors[i].step;
		d.factors[i].extent = to[i] - from[i];
		s.factors[i].extent = to[i] - from[i];
		if (src == NULL)
			s.factors[i].step = 0;
		s.base += (ptrdiff_t)from[i] * s.factors[i].step;
	}
	if (copy_plan_views(&box, &d, &s, block->element_size) != AML_SUCCESS ||
	    plan->boxes.block_bytes + copy_plan_size(&box.plan) > sizeof(*block->room))
		return -AML_ENOTSUP;
	box.plan.src_is_neutral = src == NULL;
	memcpy(block->room->bytes + plan->boxes.block_bytes, &box, copy_plan_size(&box.plan));
	plan->boxes.block_bytes += copy_plan_size(&box.plan);
	plan->boxes.count++;
	return AML_SUCCESS;
}

/* Add the boxes of what is within `to` and not within `inner`, and the neutral element. */
static int add_outer_boxes(struct growing_block *block, const struct view *dst, const size_t *inner,
			   const size_t *to, const void *neutral)
{
	struct copy_plan *plan = &block->room->plan;
	size_t from[NDIMS_MAX] = {0}, end[NDIMS_MAX];

	memcpy(end, to, dst->nfactors * sizeof(*end));
	for (size_t i = 0; i < dst->nfactors; i++) {
		int err;

		from[i] = inner[i];
		end[i] = to[i];
		err = add_box(block, dst, from, end, NULL);
		if (err != AML_SUCCESS)
			return err;
		from[i] = 0;
		end[i] = inner[i];
	}
	if (block->element_size > sizeof(*block->room) - plan->boxes.block_bytes)
		return -AML_ENOTSUP;
	plan->boxes.neutral_offset = plan->boxes.block_bytes;
	memcpy(block->room->bytes + plan->boxes.block_bytes, neutral, block->element_size);
	plan->boxes.block_bytes += block->element_size;
	return AML_SUCCESS;
}

/* The target of a pad, its shape, and the part of `extents` that lies within it. */
static const struct aml_layout *crop_to_target(const struct aml_layout *pad,
					       struct outline *outline, size_t *extents)
{
	const struct aml_layout *target = layout_target(pad, outline);

	for (size_t i = 0; i < outline->ndims; i++)
		extents[i] = min(extents[i], outline->dims[i]);
	return target;
}

/* The view of a side once its pads are taken off, unless they leave nothing. */
static int view_of_target(const struct aml_layout *layout, const struct outline *outline,
			  struct view *view)
{
	int err = layout_view(layout, outline, view);

	return err == AML_SUCCESS && !view->by_dims ? -AML_ENOTSUP : err;
}

/* The same of a destination, of which no more than `extents` is written to. */
static int view_of_written(const struct aml_layout *layout, const struct outline *outline,
			   const size_t *extents, struct view *view)
{
	int err = view_of_target(layout, outline, view);

	if (err != AML_SUCCESS)
		return err;
	for (size_t i = 0; i < view->nfactors; i++)
		view->factors[i].extent = extents[i];
	return view_is_writable(view) ? AML_SUCCESS : -AML_EINVAL;
}

int copy_plan_boxes(union copy_plan_room *room, const struct aml_layout *dst,
		    const struct aml_layout *src, const struct outline *outline)
{
	struct outline own = *outline, from = *outline;
	struct growing_block block = {room, outline->element_size};
	const struct aml_layout_pad *src_pad = layout_pad(src);
	size_t zeros[NDIMS_MAX] = {0}, to[NDIMS_MAX], inner[NDIMS_MAX];
	struct view dst_view, src_view;
	int err = AML_SUCCESS;

	memcpy(to, outline->dims, outline->ndims * sizeof(*to));
	while (layout_pad(dst) != NULL)
		dst = crop_to_target(dst, &own, to);
	if (any_zero(outline->ndims, to))
		return AML_SUCCESS;
	err = view_of_written(dst, &own, to, &dst_view);
	if (err != AML_SUCCESS)
		return err;
	memcpy(inner, to, outline->ndims * sizeof(*to));
	if (src_pad != NULL)
		src = crop_to_target(src, &from, inner);
	room->plan.kind = COPY_BOXES;
	room->plan.boxes.block_bytes = sizeof(room->plan);
	room->plan.boxes.count = 0;
	if (!any_zero(outline->ndims, inner)) {
		err = view_of_target(src, &from, &src_view);
		if (err == AML_SUCCESS)
			err = add_box(&block, &dst_view, zeros, inner, &src_view);
	}
	if (err == AML_SUCCESS && src_pad != NULL)
		err = add_outer_boxes(&block, &dst_view, inner, to, src_pad->neutral);
	return err;
}

void copy_take_box(const struct copy_plan *plan, const struct copy_plan *box,
		   union copy_plan_room *room)
{
	memcpy(room, box, copy_plan_size(box));
	if (box->src_is_neutral)
		room->plan.run.src = (const char *)plan + plan->boxes.neutral_offset;
	room->plan.src_is_neutral = false;
}
