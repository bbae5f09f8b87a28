/* SPDX-License-Identifier: BSD-3-Clause */
/* Run a copy plan, or a part of it. */
#include <string.h>

#include <aml/utils/error.h>

#include "copy/count.h"
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

/* One contiguous run of bytes. */
static void copy_flat(const struct copy_plan *plan)
{
	if (plan->stream)
		machine()->kernels->stream(plan->dst.base, plan->src.base, plan->size);
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
		run_loops(plan, 1, copy_strided);
		break;
	case COPY_TRANSPOSE:
		COUNT(true, "", "transpose");
		run_loops(plan, 2, copy_transpose);
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
		machine()->kernels->drain();
	return AML_SUCCESS;
}
