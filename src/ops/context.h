/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The context of an operator that works on pairs of elements: what its parts need beside the plan.
 * It lies in the plan, behind the dimensions, and is moved with it. Several threads use it at once
 * while parts run.
 */
#ifndef OPS_CONTEXT_H
#define OPS_CONTEXT_H

#include <aml/dma/operators.h>

#include "kernels/numbers.h"
#include "plan/plan.h"

/* Of a comparison. Parts add to it by atomic operations. */
struct compare_context {
	struct aml_dma_linux_difference *out; /* NULL: only whether there is a difference */
	size_t count;                         /* of elements that differ */
	size_t first;                         /* the number of the first one, in linear order */
	size_t done;                          /* elements that were compared */
};

struct convert_context {
	convert_fn convert;
	struct combine_kernels combine;
};

struct reduce_context {
	reduce_fn reduce;
	struct combine_kernels combine;
	bool overwrites; /* the destination is not read */
	char alpha[8], beta[8];
};

union op_context {
	struct compare_context compare;
	struct convert_context convert;
	struct reduce_context reduce;
};

_Static_assert(sizeof(union op_context) <= COPY_CONTEXT_BYTES, "a plan has room for a context");
_Static_assert(_Alignof(union op_context) <= _Alignof(struct copy_loop), "behind dimensions");

static inline union op_context *op_context_of(struct copy_plan *plan)
{
	return copy_plan_context(plan);
}

#endif /* OPS_CONTEXT_H */
