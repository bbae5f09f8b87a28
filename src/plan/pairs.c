/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Plans that visit the pairs of elements with the same native coordinates. They are deref plans,
 * also if both sides are addresses. Nothing is decided about the order of the elements.
 */
#include <aml/utils/error.h>

#include "layout/plain.h"
#include "plan/ends.h"
#include "plan/pairs.h"
#include "plan/views.h"

/* Both sides of a deref plan are addresses. */
static void set_addresses(struct copy_plan *plan)
{
	plan->sides.dst = COPY_SIDE_ADDRESS;
	plan->sides.src = COPY_SIDE_ADDRESS;
	plan->sides.concurrent = true;
}

/*
 * Make a deref plan of which both sides are addresses, from two views. `keeps_dims`: its dimensions
 * must be those of the layouts. Returns false if it cannot be made.
 */
static bool plan_addresses(struct copy_plan *plan, const struct layout_end *dst,
			   const struct layout_end *src, bool keeps_dims)
{
	struct view to, from;

	if (!dst->has_view || !src->has_view)
		return false;
	plan->elements.dst.address = dst->view.base;
	plan->elements.src.address = src->view.base;
	if (dst->view.by_dims && src->view.by_dims) {
		plan->nloops = (uint8_t)dst->shape.ndims;
		for (size_t i = 0; i < dst->shape.ndims; i++)
			plan->loops[i] =
				(struct copy_loop){dst->shape.dims[i], dst->view.factors[i].step,
						   src->view.factors[i].step};
	} else {
		to = dst->view;
		from = src->view;
		if (keeps_dims || !copy_pair_views(plan, &to, &from))
			return false;
	}
	set_addresses(plan);
	return plan->nloops <= NDIMS_MAX;
}

/* Plan the pairs of two layouts of the same dimensions, which are not empty. */
static int plan_pairs(union copy_plan_room *room, struct layout_end *dst, struct layout_end *src,
		      bool is_written)
{
	int err = layout_end_view(dst);

	if (err == AML_SUCCESS && is_written && dst->has_view && !view_is_writable(&dst->view))
		return -AML_EINVAL;
	if (err == AML_SUCCESS)
		err = layout_end_view(src);
	if (err == AML_SUCCESS && !plan_addresses(&room->plan, dst, src, !is_written))
		err = copy_plan_deref(room, dst, src, NULL, is_written);
	return err;
}

/* Plan the pairs of two empty layouts that are only read: a comparison ends, too. */
static void plan_no_pairs(struct copy_plan *plan)
{
	plan->nloops = 1;
	plan->loops[0] = (struct copy_loop){0, 0, 0};
}

/* Complete a plan of pairs whose dimensions and sides are filled in. */
static int complete_pairs(struct copy_plan *plan, size_t dst_bytes, size_t src_bytes)
{
	plan->kind = COPY_DEREF;
	plan->elements.bytes = src_bytes;
	if (dst_bytes != src_bytes)
		plan->sides.dst_bytes = (uint8_t)(dst_bytes & 15);
	return AML_SUCCESS;
}

/* Are the sizes of the elements those of the operator? */
static bool sizes_match(const struct copy_use *use, size_t dst_bytes, size_t src_bytes)
{
	if (use->dst_bytes == 0)
		return dst_bytes == src_bytes;
	return dst_bytes == use->dst_bytes && src_bytes == use->src_bytes;
}

/* Does a loop continue the last loop of a plan on both sides? */
static bool continues_last(const struct copy_plan *plan, const struct copy_loop *loop)
{
	const struct copy_loop *last = &plan->loops[plan->nloops - 1];

	return (size_t)loop->dst_step == (size_t)last->dst_step * last->extent &&
	       (size_t)loop->src_step == (size_t)last->src_step * last->extent;
}

/* Plan the pairs of two plain layouts, which were checked when they were created. */
static int pair_plain(struct copy_plan *plan, const struct plain_layout *dst,
		      const struct plain_layout *src, const struct copy_use *use)
{
	bool writable = true, empty = false;

	if (dst->ndims != src->ndims || !sizes_match(use, dst->element_size, src->element_size))
		return -AML_EINVAL;
	for (size_t i = 0; i < dst->ndims; i++) {
		struct copy_loop loop = {dst->dims[i], plain_step(dst, i), plain_step(src, i)};

		if (loop.extent != src->dims[i])
			return -AML_EINVAL;
		writable &= loop.dst_step != 0 || loop.extent <= 1;
		empty |= loop.extent == 0;
		if (use->is_written && i > 0 && continues_last(plan, &loop))
			plan->loops[plan->nloops - 1].extent *= loop.extent;
		else
			plan->loops[plan->nloops++] = loop;
	}
	if (empty && use->is_written) {
		plan->nloops = 0;
		return AML_SUCCESS;
	}
	if (!writable && use->is_written)
		return -AML_EINVAL;
	if (empty)
		plan_no_pairs(plan);
	plan->elements.dst.address = dst->ptr;
	plan->elements.src.address = src->ptr;
	set_addresses(plan);
	return complete_pairs(plan, dst->element_size, src->element_size);
}

int copy_plan_pairs(union copy_plan_room *room, struct aml_layout *dst,
		    const struct aml_layout *src, const struct copy_use *use)
{
	struct copy_plan *plan = copy_plan_start(room, 0);
	struct plain_layout plain_dst, plain_src;
	struct layout_end to, from;
	int err;

	if (dst != NULL && src != NULL && layout_plain(dst, &plain_dst) &&
	    layout_plain(src, &plain_src))
		return pair_plain(plan, &plain_dst, &plain_src, use);
	err = layout_end_ask(&to, dst);
	if (err == AML_SUCCESS)
		err = layout_end_ask(&from, src);
	if (err != AML_SUCCESS)
		return err;
	if (to.shape.ndims != from.shape.ndims ||
	    !sizes_match(use, to.shape.element_size, from.shape.element_size))
		return -AML_EINVAL;
	for (size_t i = 0; i < to.shape.ndims; i++)
		if (to.shape.dims[i] != from.shape.dims[i])
			return -AML_EINVAL;
	if (any_zero(to.shape.ndims, to.shape.dims)) {
		if (use->is_written)
			return AML_SUCCESS;
		plan_no_pairs(plan);
		set_addresses(plan);
	} else {
		err = plan_pairs(room, &to, &from, use->is_written);
		if (err != AML_SUCCESS)
			return err;
	}
	return complete_pairs(plan, to.shape.element_size, from.shape.element_size);
}
