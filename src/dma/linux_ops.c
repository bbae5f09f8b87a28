/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The operators as functions: each plans its copy and runs the plan at once. The engine does not
 * call these functions. It plans the copy when the copy is posted, see linux_plan().
 */
#include <string.h>

#include <aml/dma/linux.h>
#include <aml/dma/operators.h>
#include <aml/utils/error.h>

#include "copy/run.h"
#include "dma/linux_ops.h"
#include "ops/plan.h"
#include "ops/run.h"
#include "plan/fill.h"
#include "plan/keep.h"
#include "plan/orders.h"

enum linux_operator linux_other_operator_of(aml_dma_operator op)
{
	if (op == aml_dma_linux_fill)
		return LINUX_OPERATOR_FILL;
	if (op == aml_dma_linux_transform)
		return LINUX_OPERATOR_TRANSFORM;
	if (op == aml_dma_linux_copy_user)
		return LINUX_OPERATOR_USER;
	if (op == aml_dma_linux_compare)
		return LINUX_OPERATOR_COMPARE;
	if (op == aml_dma_linux_convert)
		return LINUX_OPERATOR_CONVERT;
	if (op == aml_dma_linux_reduce)
		return LINUX_OPERATOR_REDUCE;
	return op == linux_run_planned ? LINUX_OPERATOR_PLANNED : LINUX_OPERATOR_FOREIGN;
}

/* The plan of a copy is for this operator. */
static int plan_is_for(union copy_plan_room *room, enum copy_operator op, int err)
{
	if (err == AML_SUCCESS)
		room->plan.op = (uint8_t)(op & COPY_OPERATOR_MASK);
	return err;
}

int linux_plan_other(enum linux_operator which, union copy_plan_room *room, struct aml_layout *dst,
		     const struct aml_layout *src, void *arg)
{
	if (which == LINUX_OPERATOR_PLANNED) {
		memcpy(room, arg, copy_plan_size(arg));
		return AML_SUCCESS;
	}
	if (which == LINUX_OPERATOR_FILL)
		return plan_is_for(room, COPY_OPERATOR_FILL, copy_plan_fill(room, dst, src));
	if (which == LINUX_OPERATOR_TRANSFORM)
		return plan_is_for(room, COPY_OPERATOR_TRANSFORM,
				   arg != NULL ? copy_plan_layouts(room, dst, src, arg)
					       : -AML_EINVAL);
	if (which == LINUX_OPERATOR_USER)
		return plan_is_for(room, COPY_OPERATOR_USER, copy_plan_user(room, dst, src));
	if (which == LINUX_OPERATOR_COMPARE)
		return ops_plan_compare(room, dst, src, arg);
	if (which == LINUX_OPERATOR_CONVERT)
		return ops_plan_convert(room, dst, src, arg);
	return ops_plan_reduce(room, dst, src, arg);
}

/* Run the plan in `room`, unless planning failed with `err`. */
static int run_planned(const union copy_plan_room *room, int err)
{
	return err == AML_SUCCESS ? copy_plan_run(&room->plan) : err;
}

/* The same for an operator that is not one of AML's. */
static int run_other(enum linux_operator which, struct aml_layout *dst,
		     const struct aml_layout *src, void *arg)
{
	union copy_plan_room room;
	int err = linux_plan_other(which, &room, dst, src, arg);

	if (err != AML_SUCCESS)
		return err;
	err = ops_run(&room.plan);
	copy_plan_release(&room.plan);
	return err;
}

int linux_run_planned(struct aml_layout *dst, const struct aml_layout *src, void *plan)
{
	(void)dst;
	(void)src;
	return copy_plan_run(plan);
}

int aml_dma_linux_copy_1D(struct aml_layout *dst, const struct aml_layout *src, void *arg)
{
	union copy_plan_room room;

	(void)arg;
	return run_planned(&room, copy_plan_1d(&room, dst, src));
}

int aml_dma_linux_memcpy_op(struct aml_layout *dst, const struct aml_layout *src, void *arg)
{
	union copy_plan_room room;

	return run_planned(&room, copy_plan_bytes(&room, dst, src, (size_t)arg));
}

int aml_dma_linux_copy_generic(struct aml_layout *dst, const struct aml_layout *src, void *arg)
{
	union copy_plan_room room;

	(void)arg;
	return run_planned(&room, copy_plan_layouts(&room, dst, src, NULL));
}

int aml_dma_linux_transform(struct aml_layout *dst, const struct aml_layout *src, void *arg)
{
	return run_other(LINUX_OPERATOR_TRANSFORM, dst, src, arg);
}

int aml_dma_linux_copy_user(struct aml_layout *dst, const struct aml_layout *src, void *arg)
{
	(void)arg;
	return run_other(LINUX_OPERATOR_USER, dst, src, NULL);
}

int aml_dma_linux_fill(struct aml_layout *dst, const struct aml_layout *src, void *arg)
{
	(void)arg;
	return run_other(LINUX_OPERATOR_FILL, dst, src, NULL);
}

int aml_dma_linux_compare(struct aml_layout *dst, const struct aml_layout *src, void *arg)
{
	return run_other(LINUX_OPERATOR_COMPARE, dst, src, arg);
}

int aml_dma_linux_convert(struct aml_layout *dst, const struct aml_layout *src, void *arg)
{
	return run_other(LINUX_OPERATOR_CONVERT, dst, src, arg);
}

int aml_dma_linux_reduce(struct aml_layout *dst, const struct aml_layout *src, void *arg)
{
	return run_other(LINUX_OPERATOR_REDUCE, dst, src, arg);
}
