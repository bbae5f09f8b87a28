/* SPDX-License-Identifier: BSD-3-Clause */
/* The two layouts of a plan: what the planner asks them, and plans of copies element by element. */
#include <aml/utils/error.h>

#include "layout/kind.h"
#include "layout/nest.h"
#include "plan/ends.h"

int layout_end_ask(struct layout_end *end, const struct aml_layout *layout)
{
	int err = layout_shape(layout, &end->shape);

	end->layout = layout;
	end->outline = outline_of(&end->shape);
	return err == AML_SUCCESS ? layout_check_targets(layout, &end->outline) : err;
}

int layout_end_view(struct layout_end *end)
{
	int err = layout_view(end->layout, &end->outline, &end->view);

	end->has_view = err == AML_SUCCESS;
	return err == -AML_ENOTSUP ? AML_SUCCESS : err;
}

/*
 * Fill in a side of a deref plan. `paces[i]` is the pace of the side's native dimension i. Clear
 * `*concurrent` if only one thread may ask the side for addresses.
 */
static int fill_in_side(const struct layout_end *from, bool is_written, union copy_end *end,
			uint8_t *side, union copy_pace *paces, bool *concurrent)
{
	if (from->has_view && from->view.by_dims) {
		*side = COPY_SIDE_ADDRESS;
		end->address = from->view.base;
		for (size_t i = 0; i < from->shape.ndims; i++)
			paces[i].step = from->view.factors[i].step;
		return AML_SUCCESS;
	}
	*side = COPY_SIDE_BORROWED;
	/* The field is not const because a destination is written. A source is only read. */
	end->layout = (struct aml_layout *)(uintptr_t)from->layout;
	for (size_t i = 0; i < from->shape.ndims; i++)
		paces[i].dim = i;
	*concurrent &= layout_is_concurrent(from->layout);
	return layout_check_elements(from->layout, &from->outline, is_written);
}

int copy_plan_deref(union copy_plan_room *room, const struct layout_end *dst,
		    const struct layout_end *src, const size_t *permutation, bool is_written)
{
	struct copy_plan *plan = copy_plan_start(room, 0);
	union copy_pace dst_paces[NDIMS_MAX], src_paces[NDIMS_MAX];
	struct copy_dim *dims = copy_dims(plan);
	bool concurrent = true;
	int err = fill_in_side(dst, is_written, &plan->elements.dst, &plan->sides.dst, dst_paces,
			       &concurrent);

	if (err == AML_SUCCESS)
		err = fill_in_side(src, false, &plan->elements.src, &plan->sides.src, src_paces,
				   &concurrent);
	if (err != AML_SUCCESS)
		return err;
	plan->kind = COPY_DEREF;
	plan->sides.concurrent = concurrent;
	plan->elements.bytes = dst->shape.element_size;
	plan->nloops = (uint8_t)dst->shape.ndims;
	for (size_t i = 0; i < dst->shape.ndims; i++)
		dims[i] = (struct copy_dim){dst->shape.dims[i], dst_paces[i],
					    src_paces[permutation ? permutation[i] : i]};
	return AML_SUCCESS;
}
