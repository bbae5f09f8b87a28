/* SPDX-License-Identifier: BSD-3-Clause */
/* Run a copy plan, or a part of it. */
#include <string.h>

#include <aml/utils/error.h>

#include "copy/plan.h"
#include "kernels/count.h"
#include "kernels/kernels.h"

static void run_strided(const struct copy_plan *plan)
{
	struct copy_place place;

	copy_first(plan, 1, &place);
	do
		copy_strided(plan, place.dst, place.src);
	while (copy_next(plan, 1, &place));
}

/* One contiguous run of bytes. */
static void copy_flat(const struct copy_plan *plan)
{
	if (plan->stream)
		kernels()->stream(plan->dst.base, plan->src.base, plan->size);
	else
		memcpy(plan->dst.base, plan->src.base, plan->size);
}

int copy_plan_run(const struct copy_plan *plan)
{
	switch ((enum copy_kind)plan->kind) {
	case COPY_EMPTY:
		COUNT(true, "", "empty");
		return AML_SUCCESS;
	case COPY_FLAT:
		COUNT(true, "", "flat");
		copy_flat(plan);
		break;
	case COPY_STRIDED:
		COUNT(true, "", "strided");
		run_strided(plan);
		break;
	case COPY_TRANSPOSE:
		COUNT(true, "", "transpose");
		if (copy_staged_loops(plan) > 0)
			copy_staged(plan);
		else
			copy_transpose(plan);
		break;
	case COPY_WALK:
		COUNT(true, "", "walk");
		copy_walk(plan);
		break;
	case COPY_BOXES:
		COUNT(true, "", "boxes");
		copy_boxes(plan);
		return AML_SUCCESS;
	case COPY_DEREF:
		COUNT(true, "", "deref");
		return copy_deref(plan);
	}
	if (plan->stream)
		kernels()->drain();
	return AML_SUCCESS;
}
