/* SPDX-License-Identifier: BSD-3-Clause */
/* Plans that outlive the layouts which they ask element by element. */
#include <aml/utils/error.h>

#include "layout/freeze.h"
#include "plan/keep.h"

/* Replace a layout by a copy; one that cannot be copied stays, and is its owner's to keep. */
static int keep(const struct copy_plan *plan, union copy_side *side, bool is_layout, bool *is_owned)
{
	size_t dims[NDIMS_MAX];
	const struct outline planned = {plan->nloops, plan->size, dims};
	int err;

	if (!is_layout)
		return AML_SUCCESS;
	for (uint8_t i = 0; i < plan->nloops; i++)
		dims[i] = plan->loops[i].extent;
	err = layout_freeze(side->layout, &planned, &side->layout);
	*is_owned = err == AML_SUCCESS;
	return err == -AML_ENOTSUP ? AML_SUCCESS : err;
}

int copy_plan_keep(struct copy_plan *plan)
{
	struct aml_layout *dst = plan->dst.layout;
	int err = keep(plan, &plan->dst, plan->dst_is_layout, &plan->dst_is_owned);

	if (err != AML_SUCCESS)
		return err;
	err = keep(plan, &plan->src, plan->src_is_layout, &plan->src_is_owned);
	if (err != AML_SUCCESS) {
		copy_plan_release(plan);
		plan->dst.layout = dst;
	}
	return err;
}

void copy_plan_release(struct copy_plan *plan)
{
	if (plan->dst_is_owned)
		aml_layout_destroy(&plan->dst.layout);
	if (plan->src_is_owned)
		aml_layout_destroy(&plan->src.layout);
	plan->dst_is_owned = false;
	plan->src_is_owned = false;
}
