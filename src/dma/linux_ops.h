/* SPDX-License-Identifier: BSD-3-Clause */
/* The operators of the library, as the engine sees them: ways to make a copy plan. */
#ifndef DMA_LINUX_OPS_H
#define DMA_LINUX_OPS_H

#include <stdbool.h>

#include <aml/dma.h>
#include <aml/dma/linux.h>

#include "plan/make.h"

enum linux_operator {
	LINUX_OPERATOR_LAYOUTS, /* aml_dma_linux_copy_generic() or NULL */
	LINUX_OPERATOR_1D,
	LINUX_OPERATOR_BYTES,
	LINUX_OPERATOR_TRANSFORM,
	LINUX_OPERATOR_USER,
	LINUX_OPERATOR_FILL,
	LINUX_OPERATOR_COMPARE,
	LINUX_OPERATOR_CONVERT,
	LINUX_OPERATOR_REDUCE,
	LINUX_OPERATOR_PLANNED, /* linux_run_planned() */
	LINUX_OPERATOR_FOREIGN, /* a custom operator */
};

/*
 * The operator of a copy that another engine of the library has planned. The argument is the plan.
 * This engine takes over the plan in the posting call: it copies the plan, and releases what the
 * plan owns, also on an error. Called as a function, the operator runs a plan that owns nothing,
 * and may run it again. The layouts are not used.
 */
int linux_run_planned(struct aml_layout *dst, const struct aml_layout *src, void *plan);

/* linux_operator_of() for an operator that is not one of AML's. */
enum linux_operator linux_other_operator_of(aml_dma_operator op);

static inline enum linux_operator linux_operator_of(aml_dma_operator op)
{
	if (op == NULL || op == aml_dma_linux_copy_generic)
		return LINUX_OPERATOR_LAYOUTS;
	if (op == aml_dma_linux_memcpy_op)
		return LINUX_OPERATOR_BYTES;
	return op == aml_dma_linux_copy_1D ? LINUX_OPERATOR_1D : linux_other_operator_of(op);
}

/* Report whether the operator accepts NULL with this argument: only a copy of no bytes does. */
static inline bool linux_accepts_null(aml_dma_operator op, const void *arg)
{
	return op == aml_dma_linux_memcpy_op && arg == NULL;
}

/* linux_plan() for an operator that is not one of AML's. */
int linux_plan_other(enum linux_operator which, union copy_plan_room *room, struct aml_layout *dst,
		     const struct aml_layout *src, void *arg);

/*
 * Plan the copy of one of the library's operators, which is not LINUX_OPERATOR_FOREIGN. An error is
 * the error of the posting call. The plan may own memory: see plan/keep.h.
 */
static inline int linux_plan(enum linux_operator which, union copy_plan_room *room,
			     struct aml_layout *dst, const struct aml_layout *src, void *arg)
{
	if (which == LINUX_OPERATOR_LAYOUTS)
		return copy_plan_layouts(room, dst, src, NULL);
	if (which == LINUX_OPERATOR_BYTES)
		return copy_plan_bytes(room, dst, src, (size_t)arg);
	if (which == LINUX_OPERATOR_1D)
		return copy_plan_1d(room, dst, src);
	return linux_plan_other(which, room, dst, src, arg);
}

#endif /* DMA_LINUX_OPS_H */
