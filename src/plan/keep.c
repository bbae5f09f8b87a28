/* SPDX-License-Identifier: BSD-3-Clause */
/* Plans that outlive their layouts. */
#include <aml/utils/error.h>

#include "layout/freeze.h"
#include "layout/nest.h"
#include "plan/boxes.h"
#include "plan/keep.h"

/* Replace a layout with a copy. A layout that cannot be copied stays; its owner must keep it. */
static int duplicate_side(struct copy_plan *plan, union copy_end *end, uint8_t *side, bool is_dst)
{
	const struct copy_dim *dims = copy_const_dims(plan);
	size_t extents[NDIMS_MAX];
	size_t bytes = is_dst ? copy_dst_bytes(plan) : plan->elements.bytes;
	const struct outline planned = {plan->nloops, bytes, extents};
	int err;

	if (*side != COPY_SIDE_BORROWED)
		return AML_SUCCESS;
	for (uint8_t i = 0; i < plan->nloops; i++)
		extents[is_dst ? dims[i].dst.dim : dims[i].src.dim] = dims[i].extent;
	err = layout_freeze(end->layout, &planned, &end->layout);
	if (err == AML_SUCCESS) {
		*side = COPY_SIDE_DUPLICATE;
		/* The operator duplicate may have made a layout of another kind. */
		plan->sides.concurrent &= layout_is_concurrent(end->layout);
	}
	return err == -AML_ENOTSUP ? AML_SUCCESS : err;
}

static void release_side(union copy_end *end, uint8_t *side)
{
	if (*side != COPY_SIDE_DUPLICATE)
		return;
	aml_layout_destroy(&end->layout);
	*side = COPY_SIDE_BORROWED;
}

int copy_plan_keep(union copy_plan_room *room)
{
	struct copy_plan *plan = &room->plan;
	int err;

	if (plan->kind != COPY_DEREF) {
		if (plan->src_is_neutral)
			copy_plan_keep_fill(room);
		return AML_SUCCESS;
	}
	err = duplicate_side(plan, &plan->elements.dst, &plan->sides.dst, true);
	if (err == AML_SUCCESS)
		err = duplicate_side(plan, &plan->elements.src, &plan->sides.src, false);
	if (err != AML_SUCCESS)
		copy_plan_release(plan);
	return err;
}

void copy_plan_release(struct copy_plan *plan)
{
	if (plan->kind != COPY_DEREF)
		return;
	release_side(&plan->elements.dst, &plan->sides.dst);
	release_side(&plan->elements.src, &plan->sides.src);
}
