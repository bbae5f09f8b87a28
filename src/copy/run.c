/* SPDX-License-Identifier: BSD-3-Clause */
/* Run a copy plan. */
#include <string.h>

#include <aml/utils/error.h>

#include "copy/plan.h"

int copy_plan_run(const struct copy_plan *plan)
{
	switch ((enum copy_kind)plan->kind) {
	case COPY_EMPTY:
		break;
	case COPY_FLAT:
		memcpy(plan->dst.base, plan->src.base, plan->size);
		break;
	case COPY_STRIDED:
		copy_strided(plan);
		break;
	case COPY_DEREF:
		return copy_deref(plan);
	}
	return AML_SUCCESS;
}
