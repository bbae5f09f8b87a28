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

#include "layout/dense.h"
#include "layout/kind.h"
#include "layout/nest.h"
#include "layout/view.h"
#include "plan/boxes.h"
#include "plan/normal.h"

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
 * Plan a box: the elements of `dst` with the coordinates `box`. The source is the elements of `src`
 * at the same coordinates. If `src` is NULL, the source is the neutral element. False: the box has
 * no elements.
 */
static bool plan_box(struct copy_plan *plan, size_t element_size, const struct box_side *dst,
		     const struct interval *box, const struct box_side *src)
{
	size_t count = 1;

	*plan = (struct copy_plan){
		.kind = COPY_EMPTY,
		.src_is_neutral = src == NULL,
		.run = {element_size, dst->view.base,
			src != NULL ? src->view.base : dst->view.base},
	};
	for (size_t i = 0; i < dst->view.nfactors; i++) {
		struct copy_loop loop = {box[i].to - box[i].from, dst->view.factors[i].step,
					 src != NULL ? src->view.factors[i].step : 0};

		if (box[i].from >= box[i].to)
			return false;
		plan->run.dst += (ptrdiff_t)(box[i].from - dst->offset[i]) * loop.dst_step;
		if (src != NULL)
			plan->run.src += (ptrdiff_t)(box[i].from - src->offset[i]) * loop.src_step;
		count *= loop.extent;
		if (loop.extent > 1)
			plan->loops[plan->nloops++] = loop;
	}
	copy_plan_complete(plan, count);
	return true;
}

/* Add a box of plan_box(). Returns -AML_ENOTSUP if it does not fit the block. */
static int add_box(struct growing_block *block, const struct box_side *dst,
		   const struct interval *box, const struct box_side *src)
{
	struct copy_plan *plan = &block->room->plan;
	char *end = block->room->bytes + plan->boxes.block_bytes;
	size_t left = sizeof(*block->room) - plan->boxes.block_bytes, bytes;
	union copy_plan_room room;
	struct copy_plan *made = (struct copy_plan *)(void *)end;

	/* A plan can have fewer loops than dimensions, so it can fit even so. */
	if (sizeof(*made) + dst->view.nfactors * sizeof(*made->loops) > left)
		made = &room.plan;
	if (!plan_box(made, block->element_size, dst, box, src))
		return AML_SUCCESS;
	bytes = copy_plan_size(made);
	if (bytes > left)
		return -AML_ENOTSUP;
	if (made == &room.plan)
		memcpy(end, made, bytes);
	plan->boxes.block_bytes += bytes;
	plan->boxes.count++;
	return AML_SUCCESS;
}

/* Add the neutral element to a block that has room for it. */
static void add_neutral(struct copy_plan *plan, const void *neutral, size_t element_size)
{
	plan->boxes.neutral_offset = plan->boxes.block_bytes;
	memcpy((char *)plan + plan->boxes.block_bytes, neutral, element_size);
	plan->boxes.block_bytes += element_size;
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
	add_neutral(plan, neutral, block->element_size);
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

/*
 * Find the coordinates `inner` inside of both sides. False: there are none, and `inner` is empty at
 * the beginning of `dst` in dimension 0.
 */
static bool find_inner(const struct box_side *dst, const struct box_side *src, size_t ndims,
		       bool overlap, struct interval *inner)
{
	for (size_t i = 0; i < ndims; i++) {
		inner[i] = intersect(dst->in[i], src->in[i]);
		overlap &= inner[i].from < inner[i].to;
	}
	if (!overlap)
		inner[0] = (struct interval){dst->in[0].from, dst->in[0].from};
	return overlap;
}

/*
 * Plan the boxes of a copy. `src` is NULL if none of its elements is copied. `neutral` is NULL if
 * the source is not a pad.
 */
static int plan_boxes(union copy_plan_room *room, size_t element_size, const struct box_side *dst,
		      const struct box_side *src, const struct interval *inner, const void *neutral)
{
	struct growing_block block = {room, element_size};
	int err = AML_SUCCESS;

	/* One box without a neutral element needs no block. */
	if (neutral == NULL) {
		if (!plan_box(&room->plan, element_size, dst, inner, src))
			copy_plan_start(room, element_size);
		return AML_SUCCESS;
	}
	copy_plan_start(room, 0)->kind = COPY_BOXES;
	room->plan.boxes.block_bytes = sizeof(room->plan);
	room->plan.boxes.count = 0;
	if (src != NULL)
		err = add_box(&block, dst, inner, src);
	return err == AML_SUCCESS ? add_outer_boxes(&block, dst, inner, neutral) : err;
}

/* Reorder the dimensions of a source, apart from its view, to those of the destination. */
static void permute_side(struct box_side *side, size_t ndims, const size_t *permutation)
{
	const struct box_side old = *side;

	for (size_t i = 0; i < ndims; i++) {
		side->offset[i] = old.offset[permutation[i]];
		side->in[i] = old.in[permutation[i]];
	}
}

/*
 * Enter the pads of a destination. Store its view, reduced to the elements that are written. False:
 * there are none, or `*err` says why not.
 */
static bool enter_destination(const struct aml_layout *dst, const struct outline *outline,
			      struct box_side *to, int *err)
{
	struct outline own = *outline;

	*err = AML_SUCCESS;
	start_side(to, outline);
	while (layout_pad(dst) != NULL)
		dst = enter_pad(dst, &own, to);
	if (!leave_pads(to, outline->ndims))
		return false;
	*err = view_of_written(dst, &own, to);
	return *err == AML_SUCCESS;
}

int copy_plan_boxes(union copy_plan_room *room, const struct aml_layout *dst,
		    const struct aml_layout *src, const struct outline *outline,
		    const struct outline *src_outline, const size_t *permutation)
{
	const struct aml_layout_pad *src_pad = layout_pad(src);
	const void *neutral = src_pad != NULL ? src_pad->neutral : NULL;
	struct outline from = *src_outline;
	struct box_side to, of;
	struct interval inner[NDIMS_MAX];
	bool overlap;
	int err;

	if (!enter_destination(dst, outline, &to, &err))
		return err;
	start_side(&of, src_outline);
	if (src_pad != NULL)
		src = enter_pad(src, &from, &of);
	overlap = leave_pads(&of, outline->ndims);
	if (permutation != NULL)
		permute_side(&of, outline->ndims, permutation);
	overlap = find_inner(&to, &of, outline->ndims, overlap, inner);
	if (overlap)
		err = view_of_target(src, &from, &of);
	if (err != AML_SUCCESS)
		return err;
	if (overlap && permutation != NULL)
		view_permute(&of.view, permutation);
	return plan_boxes(room, outline->element_size, &to, overlap ? &of : NULL, inner, neutral);
}

/* Make a side of a whole layout with a view, whose factors need not be the layout's dimensions. */
static int make_whole_side(struct box_side *side, const struct aml_layout *layout,
			   const struct outline *outline)
{
	int err = layout_view(layout, outline, &side->view);

	if (err != AML_SUCCESS)
		return err;
	for (size_t i = 0; i < side->view.nfactors; i++) {
		side->offset[i] = 0;
		side->in[i] = (struct interval){0, side->view.factors[i].extent};
	}
	return view_is_writable(&side->view) ? AML_SUCCESS : -AML_EINVAL;
}

/* Plan a fill without pads as one box that is in no block, and reads `element` itself. */
static int plan_whole_fill(union copy_plan_room *room, const struct aml_layout *dst,
			   const struct outline *outline, const void *element)
{
	struct box_side to;
	int err = make_whole_side(&to, dst, outline);

	if (err != AML_SUCCESS)
		return err;
	(void)plan_box(&room->plan, outline->element_size, &to, to.in, NULL);
	room->plan.run.src = element;
	return AML_SUCCESS;
}

int copy_plan_fill_boxes(union copy_plan_room *room, const struct aml_layout *dst,
			 const struct outline *outline, const void *element)
{
	struct interval inner[NDIMS_MAX];
	struct box_side to;
	int err;

	if (outline->element_size > COPY_FILL_BYTES_MAX)
		return -AML_ENOTSUP;
	if (layout_pad(dst) == NULL)
		return plan_whole_fill(room, dst, outline, element);
	if (!enter_destination(dst, outline, &to, &err))
		return err;
	memcpy(inner, to.in, to.view.nfactors * sizeof(*inner));
	inner[0].to = inner[0].from;
	return plan_boxes(room, outline->element_size, &to, NULL, inner, element);
}

void copy_plan_keep_fill(union copy_plan_room *room)
{
	const size_t bytes = copy_plan_size(&room->plan), element_size = room->plan.run.bytes;
	const char *element = room->plan.run.src;
	struct copy_plan *plan = &room->plan;

	memmove(room->bytes + sizeof(*plan), room, bytes);
	*plan = (struct copy_plan){
		.kind = COPY_BOXES,
		.op = plan->op,
		.boxes = {.block_bytes = sizeof(*plan) + bytes, .count = 1},
	};
	add_neutral(plan, element, element_size);
}

/*
 * Make a side of a layout that is dense or a pad over a dense layout. Store the outline of the
 * layout, and the pad or NULL. False: it is neither, it is empty, or its target was changed.
 */
static bool make_dense_side(struct box_side *side, const struct aml_layout *layout,
			    struct outline *outline, const struct aml_layout_pad **pad)
{
	const struct aml_layout_dense *d = layout_dense(layout);
	const struct aml_layout_pad *p = NULL;

	if (d == NULL && layout->ops != NULL)
		p = layout_pad(layout);
	if (p != NULL)
		d = layout_dense(p->target);
	if (d == NULL || d->ptr == NULL)
		return false;
	*pad = p;
	*outline = (struct outline){d->ndims, d->cpitch[0], p != NULL ? p->dims : d->dims};
	if (p != NULL && (p->ndims != d->ndims || p->element_size != d->cpitch[0]))
		return false;
	side->view.base = d->ptr;
	side->view.nfactors = d->ndims;
	for (size_t i = 0; i < d->ndims; i++) {
		size_t extent = d->dims[i], offset = p != NULL ? p->offsets[i] : 0;
		struct interval in = {0, outline->dims[i]};

		if (extent == 0 || in.to == 0 || (p != NULL && p->target_dims[i] != extent))
			return false;
		side->view.factors[i] = (struct factor){extent, (ptrdiff_t)dense_step(d, i)};
		side->offset[i] = offset;
		if (p != NULL)
			in = crop_to_target(in, offset, extent);
		/* Nothing of the target lies inside: the general way. */
		if (in.from >= in.to)
			return false;
		side->in[i] = (struct interval){in.from + offset, in.to + offset};
	}
	return true;
}

bool copy_plan_dense_boxes(union copy_plan_room *room, const struct aml_layout *dst,
			   const struct aml_layout *src)
{
	const struct aml_layout_pad *dst_pad, *src_pad;
	struct outline own, from;
	struct box_side to, of;
	struct interval inner[NDIMS_MAX];
	bool overlap;

	if (!make_dense_side(&to, dst, &own, &dst_pad) ||
	    !make_dense_side(&of, src, &from, &src_pad) || own.ndims != from.ndims ||
	    own.element_size != from.element_size)
		return false;
	for (size_t i = 0; i < own.ndims; i++)
		if (own.dims[i] != from.dims[i] ||
		    (to.view.factors[i].step == 0 && to.in[i].to - to.in[i].from > 1))
			return false;
	overlap = find_inner(&to, &of, own.ndims, true, inner);
	return plan_boxes(room, own.element_size, &to, overlap ? &of : NULL, inner,
			  src_pad != NULL ? src_pad->neutral : NULL) == AML_SUCCESS;
}

void copy_take_box(const struct copy_plan *plan, const struct copy_plan *box,
		   union copy_plan_room *room)
{
	memcpy(room, box, copy_plan_size(box));
	if (box->src_is_neutral)
		room->plan.run.src = (const char *)plan + plan->boxes.neutral_offset;
	room->plan.src_is_neutral = false;
}
