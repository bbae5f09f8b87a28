/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Splits copies from and to pads into boxes. Inside the target, elements are copied from layout to
 * layout. Outside the target, writes are dropped, and reads yield the neutral element. The box of
 * the outside in dimension i contains the elements beyond the target in dimension i, inside the
 * target in the dimensions before i, and anywhere in the dimensions after i.
 *
 * A plan of boxes is one block of memory: struct copy_plan, the plans of the boxes, and the neutral
 * element. A box with `src_is_neutral` reads the neutral element in the block. The block can be
 * moved, so such a box has no source address.
 *
 * The planner handles nested pads of the destination, and one pad of the source. Other nests are
 * copied element by element.
 */
#include <string.h>

#include <aml/utils/error.h>

#include "layout/kind.h"
#include "layout/nest.h"
#include "layout/view.h"
#include "plan/boxes.h"
#include "plan/views.h"

/* A plan of boxes that add_box() extends. */
struct growing_block {
	union copy_plan_room *room;
	size_t element_size;
};

/*
 * Add a box: the elements of `dst` from coordinates `from` up to, but not including, `to`. The
 * source is the elements of `src` at the same coordinates. If `src` is NULL, the source is the
 * neutral element. Returns -AML_ENOTSUP if the box cannot be planned or does not fit the block.
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

/* Add the boxes of the elements inside `to` and outside `inner`. Then add the neutral element. */
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

/* Return the target of a pad, and its outline. Reduce `extents` to the target's extents. */
static const struct aml_layout *crop_to_target(const struct aml_layout *pad,
					       struct outline *outline, size_t *extents)
{
	const struct aml_layout *target = layout_target(pad, outline);

	for (size_t i = 0; i < outline->ndims; i++)
		extents[i] = min(extents[i], outline->dims[i]);
	return target;
}

/* Make the view of a side without its pads. -AML_ENOTSUP if its factors are not its dimensions. */
static int view_of_target(const struct aml_layout *layout, const struct outline *outline,
			  struct view *view)
{
	int err = layout_view(layout, outline, view);

	return err == AML_SUCCESS && !view->by_dims ? -AML_ENOTSUP : err;
}

/* Make the view of a destination without its pads, reduced to the extents that are written. */
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
