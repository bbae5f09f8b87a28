/* SPDX-License-Identifier: BSD-3-Clause */
/* Run a copy plan, or a part of it. */
#include <aml/utils/error.h>

#include "copy/machine.h"
#include "copy/plan.h"

/* Runs the innermost loops of a plan from these addresses. */
typedef void (*body_fn)(const struct copy_plan *plan, char *dst, const char *src);

/* Run the loops from number `inner` on around the body. */
static void run_loops(const struct copy_plan *plan, uint8_t inner, body_fn body)
{
	const struct copy_loop *loops = plan->loops;
	char *dst = plan->dst.base;
	const char *src = plan->src.base;
	size_t index[NDIMS_MAX];
	uint8_t i;

	for (i = inner; i < plan->nloops; i++)
		index[i] = 0;
	do {
		body(plan, dst, src);
		for (i = inner; i < plan->nloops; i++) {
			if (++index[i] < loops[i].extent) {
				dst += loops[i].dst_step;
				src += loops[i].src_step;
				break;
			}
			index[i] = 0;
			dst -= (ptrdiff_t)(loops[i].extent - 1) * loops[i].dst_step;
			src -= (ptrdiff_t)(loops[i].extent - 1) * loops[i].src_step;
		}
	} while (i < plan->nloops);
}

int copy_plan_run(const struct copy_plan *plan)
{
	switch ((enum copy_kind)plan->kind) {
	case COPY_EMPTY:
		return AML_SUCCESS;
	case COPY_FLAT:
		run_loops(plan, 0, copy_flat);
		break;
	case COPY_STRIDED:
		run_loops(plan, 1, copy_strided);
		break;
	case COPY_TRANSPOSE:
		run_loops(plan, 2, copy_transpose);
		break;
	case COPY_WALK:
		copy_walk(plan);
		break;
	case COPY_BOXES:
		copy_boxes(plan);
		return AML_SUCCESS;
	case COPY_DEREF:
		return copy_deref(plan);
	}
	if (plan->stream)
		machine()->kernels->drain();
	return AML_SUCCESS;
}
