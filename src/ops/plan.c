/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Plans of the operators on pairs of elements: compare, convert and reduce. Their plans are deref
 * plans, also between two addresses: those have both sides' steps for each dimension, and know no
 * common size of both elements. Nothing is decided about the order of the elements: each part does
 * that for itself, see nest.h.
 */
#include <string.h>

#include <aml/utils/error.h>

#include "ops/context.h"
#include "ops/plan.h"
#include "plan/pairs.h"

/* Complete a plan of copy_plan_pairs(): set its operator and its context. */
static int give_context(union copy_plan_room *room, enum copy_operator op,
			const union op_context *context)
{
	room->plan.op = (uint8_t)(op & COPY_OPERATOR_MASK);
	if (copy_plan_has_context(&room->plan))
		memcpy(copy_plan_context(&room->plan), context, sizeof(*context));
	return AML_SUCCESS;
}

/* Check the size of the structure that a comparison fills in. */
static int check_difference(const struct aml_dma_linux_difference *out)
{
	return out != NULL && out->size < sizeof(*out) ? -AML_EINVAL : AML_SUCCESS;
}

int ops_plan_compare(union copy_plan_room *room, struct aml_layout *dst,
		     const struct aml_layout *src, void *arg)
{
	const union op_context context = {.compare = {.out = arg, .first = SIZE_MAX}};
	const struct copy_use use = {.is_written = false};
	int err = check_difference(arg);

	if (err == AML_SUCCESS)
		err = copy_plan_pairs(room, dst, src, &use);
	return err == AML_SUCCESS ? give_context(room, COPY_OPERATOR_COMPARE, &context) : err;
}

int ops_plan_convert(union copy_plan_room *room, struct aml_layout *dst,
		     const struct aml_layout *src, const void *arg)
{
	const struct aml_dma_linux_convert_arg *types = arg;
	union op_context context;
	struct copy_use use = {.is_written = true};
	int err;

	if (types == NULL)
		return -AML_EINVAL;
	context.convert.convert = numbers_convert(types->dst_type, types->src_type);
	if (context.convert.convert == NULL)
		return -AML_EINVAL;
	context.convert.combine = combine_convert(types->dst_type, types->src_type);
	use.dst_bytes = number_bytes(types->dst_type);
	use.src_bytes = number_bytes(types->src_type);
	err = copy_plan_pairs(room, dst, src, &use);
	return err == AML_SUCCESS ? give_context(room, COPY_OPERATOR_CONVERT, &context) : err;
}

/* Is a number of a type 0? */
static bool is_zero_number(const void *number, int type)
{
	static const char zeros[8];
	size_t bytes = number_bytes(type);
	char copy[8] = {0};

	memcpy(copy, number, bytes);
	/* The sign of a float is in its highest byte. */
	if (number_is_float(type)) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
		copy[bytes - 1] &= 0x7f;
#else
		copy[0] &= 0x7f;
#endif
	}
	return memcmp(copy, zeros, bytes) == 0;
}

/* Fill in the context of a reduction. */
static int make_reduce_context(struct reduce_context *context,
			       const struct aml_dma_linux_reduce_arg *arg)
{
	bool has_factors = arg->operation == AML_DMA_REDUCE_AXPBY;
	size_t bytes = number_bytes(arg->type);

	*context = (struct reduce_context){.reduce = NULL};
	if (bytes == 0 || (has_factors && (arg->alpha == NULL || arg->beta == NULL)))
		return -AML_EINVAL;
	if (has_factors) {
		memcpy(context->alpha, arg->alpha, bytes);
		memcpy(context->beta, arg->beta, bytes);
		context->overwrites = is_zero_number(arg->beta, arg->type);
	}
	context->reduce = numbers_reduce(arg->type, arg->operation, context->overwrites);
	context->combine = combine_reduce(arg->type, arg->operation, context->overwrites);
	return context->reduce != NULL ? AML_SUCCESS : -AML_EINVAL;
}

int ops_plan_reduce(union copy_plan_room *room, struct aml_layout *dst,
		    const struct aml_layout *src, const void *arg)
{
	const struct aml_dma_linux_reduce_arg *reduce = arg;
	union op_context context;
	struct copy_use use = {.is_written = true};
	int err = reduce != NULL ? make_reduce_context(&context.reduce, reduce) : -AML_EINVAL;

	if (err != AML_SUCCESS)
		return err;
	use.dst_bytes = use.src_bytes = number_bytes(reduce->type);
	err = copy_plan_pairs(room, dst, src, &use);
	return err == AML_SUCCESS ? give_context(room, COPY_OPERATOR_REDUCE, &context) : err;
}
