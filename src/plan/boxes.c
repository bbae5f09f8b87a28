/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Splits copies from and to pads into boxes. Inside the target, elements are copied from layout to
 * layout. Outside the target, writes are dropped, and reads yield the neutral element. The two
 * boxes of the outside in dimension i contain the elements in front of the target, and behind it,
 * in dimension i; inside the target in the dimensions before i; and anywhere in the dimensions
 * after i. All coordinates are those of the outermost layouts.
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

/* A side without its pads. */
struct box_side {
	struct view view;         /* of the innermost target */
	size_t offset[NDIMS_MAX]; /* the coordinates of its element 0; may wrap around if empty */
	struct interval in[NDIMS_MAX]; /* the coordinates that lie inside all pads */
};

/*
 * Add a box: the elements of `dst` with the coordinates `box`. The source is the elements of `src`
 * at the same coordinates. If `src` is NULL, the source is the neutral element. Returns
 * -AML_ENOTSUP if the box cannot be planned or does not fit the block.
 */
static int add_box(struct growing_block *block, const struct box_side *dst,
		   const struct interval *box, const struct box_side *src)
{
	struct copy_plan *plan = &block->room->plan;
	struct view d = dst->view, s = src != NULL ? src->view : dst->view;
	union copy_plan_room room;

	for (size_t i = 0; i < dst->view.nfactors; i++) {
		if (box[i].from >= box[i].to)
			return AML_SUCCESS;
		d.base += (ptrdiff_t)(box[i].from - dst->offset[i]) * d.factors[i].step;
		d.factors[i].extent = box[i].to - box[i].from;
		s.factors[i].extent = box[i].to - box[i].from;
		if (src == NULL)
			s.factors[i].step = 0;
		else
			s.base += (ptrdiff_t)(box[i].from - src->offset[i]) * s.factors[i].step;
	}
	if (copy_plan_views(&room, &d, &s, block->element_size) != AML_SUCCESS ||
	    plan->boxes.block_bytes + copy_plan_size(&room.plan) > sizeof(*block->room))
		return -AML_ENOTSUP;
	room.plan.src_is_neutral = src == NULL;
	memcpy(block->room->bytes + plan->boxes.block_bytes, &room, copy_plan_size(&room.plan));
	plan->boxes.block_bytes += copy_plan_size(&room.plan);
	plan->boxes.count++;
	return AML_SUCCESS;
}

/*
 * Add the boxes of the elements of `dst` that lie outside of `inner`. Then add the neutral element.
 * If `inner` is empty, it is empty at the beginning of `dst` in dimension 0.
 */
static int add_outer_boxes(struct growing_block *block, const struct box_side *dst,
			   const struct interval *inner, const void *neutral)
{
	struct copy_plan *plan = &block->room->plan;
	struct interval box[NDIMS_MAX];

	memcpy(box, dst->in, dst->view.nfactors * sizeof(*box));
	for (size_t i = 0; i < dst->view.nfactors; i++) {
		int err;

		box[i].to = inner[i].from;
		err = add_box(block, dst, box, NULL);
		if (err == AML_SUCCESS) {
			box[i] = (struct interval){inner[i].to, dst->in[i].to};
			err = add_box(block, dst, box, NULL);
		}
		if (err != AML_SUCCESS)
			return err;
		box[i] = inner[i];
	}
	if (block->element_size > sizeof(*block->room) - plan->boxes.block_bytes)
		return -AML_ENOTSUP;
	plan->boxes.neutral_offset = plan->boxes.block_bytes;
	memcpy(block->room->bytes + plan->boxes.block_bytes, neutral, block->element_size);
	plan->boxes.block_bytes += block->element_size;
	return AML_SUCCESS;
}

/*
 * Enter a pad: return its target and store the outline of the target. Crop `side` to the target.
 * The steps through a nest use the coordinates of each layout; `side->in` is in the pad's at first,
 * then in the target's.
 */
static const struct aml_layout *enter_pad(const struct aml_layout *layout, struct outline *outline,
					  struct box_side *side)
{
	const struct aml_layout_pad *pad = layout_pad(layout);
	const struct aml_layout *target = layout_target(layout, outline);

	for (size_t i = 0; i < outline->ndims; i++) {
		side->in[i] = crop_to_target(side->in[i], pad->offsets[i], outline->dims[i]);
		side->offset[i] += pad->offsets[i];
	}
	return target;
}

/* Convert `side->in` from the coordinates of the innermost target. False: it is empty. */
static bool leave_pads(struct box_side *side, size_t ndims)
{
	for (size_t i = 0; i < ndims; i++) {
		if (side->in[i].from >= side->in[i].to)
			return false;
		side->in[i].from += side->offset[i];
		side->in[i].to += side->offset[i];
	}
	return true;
}

/* Make the view of a side without its pads. -AML_ENOTSUP if its factors are not its dimensions. */
static int view_of_target(const struct aml_layout *layout, const struct outline *outline,
			  struct box_side *side)
{
	int err = layout_view(layout, outline, &side->view);

	return err == AML_SUCCESS && !side->view.by_dims ? -AML_ENOTSUP : err;
}

/* Make the view of a destination without its pads, reduced to the extents that are written. */
static int view_of_written(const struct aml_layout *layout, const struct outline *outline,
			   struct box_side *side)
{
	int err = view_of_target(layout, outline, side);

	if (err != AML_SUCCESS)
		return err;
	for (size_t i = 0; i < side->view.nfactors; i++)
		side->view.factors[i].extent = side->in[i].to - side->in[i].from;
	return view_is_writable(&side->view) ? AML_SUCCESS : -AML_EINVAL;
}

/* A side whose layout has this outline, before its pads are entered. */
static void start_side(struct box_side *side, const struct outline *outline)
{
	for (size_t i = 0; i < outline->ndims; i++) {
		side->offset[i] = 0;
		side->in[i] = (struct interval){0, outline->dims[i]};
	}
}

int copy_plan_boxes(union copy_plan_room *room, const struct aml_layout *dst,
		    const struct aml_layout *src, const struct outline *outline)
{
	struct outline own = *outline, from = *outline;
	struct growing_block block = {room, outline->element_size};
	const struct aml_layout_pad *src_pad = layout_pad(src);
	struct box_side to, of;
	struct interval inner[NDIMS_MAX];
	bool overlap;
	int err;

	start_side(&to, outline);
	start_side(&of, outline);
	while (layout_pad(dst) != NULL)
		dst = enter_pad(dst, &own, &to);
	if (!leave_pads(&to, outline->ndims))
		return AML_SUCCESS;
	err = view_of_written(dst, &own, &to);
	if (err != AML_SUCCESS)
		return err;
	if (src_pad != NULL)
		src = enter_pad(src, &from, &of);
	overlap = leave_pads(&of, outline->ndims);
	for (size_t i = 0; i < outline->ndims; i++) {
		inner[i] = intersect(to.in[i], of.in[i]);
		overlap &= inner[i].from < inner[i].to;
	}
	/* Without common elements, all of the destination is behind `inner` in dimension 0. */
	if (!overlap)
		inner[0] = (struct interval){to.in[0].from, to.in[0].from};
	room->plan.kind = COPY_BOXES;
	room->plan.boxes.block_bytes = sizeof(room->plan);
	room->plan.boxes.count = 0;
	if (overlap) {
		err = view_of_target(src, &from, &of);
		if (err == AML_SUCCESS)
			err = add_box(&block, &to, inner, &of);
	}
	if (err == AML_SUCCESS && src_pad != NULL)
		err = add_outer_boxes(&block, &to, inner, src_pad->neutral);
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
