/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Most calls are short. A plan that is one row, or one transposed plane, needs no nest and no
 * stage: a kernel runs all of it.
 */
#include <aml/utils/error.h>

#include "ops/compare.h"
#include "ops/context.h"
#include "ops/simple.h"
#include "plan/part.h"

/* The lines of each row of a plane that are combined at once. */
enum { SIMPLE_LINES = 4 };

struct combine_kernels ops_combination(struct copy_plan *plan)
{
	const union op_context *context = op_context_of(plan);

	if (plan->op == COPY_OPERATOR_REDUCE)
		return context->reduce.combine;
	if (plan->op == COPY_OPERATOR_CONVERT)
		return context->convert.combine;
	return combine_equal(plan->elements.bytes);
}

static bool is_contiguous_in_dst(const struct copy_plan *plan, const struct copy_dim *dim)
{
	return dim->dst.step == (ptrdiff_t)copy_dst_bytes(plan);
}

static bool is_contiguous_in_src(const struct copy_plan *plan, const struct copy_dim *dim)
{
	return dim->src.step == (ptrdiff_t)plan->elements.bytes;
}

static int run_row(struct copy_plan *plan)
{
	union op_context *context = op_context_of(plan);
	char *dst = plan->elements.dst.address, *src = plan->elements.src.address;
	size_t n = copy_const_dims(plan)->extent;
	struct compare_tally tally = {.first = SIZE_MAX};
	const struct compare_row row = {dst, src, plan->elements.bytes, n, 0, 1};

	if (plan->op == COPY_OPERATOR_CONVERT) {
		context->convert.convert(dst, src, n);
		return AML_SUCCESS;
	}
	if (plan->op == COPY_OPERATOR_REDUCE) {
		context->reduce.reduce(dst, src, n, context->reduce.alpha, context->reduce.beta);
		return AML_SUCCESS;
	}
	compare_row(&tally, &row);
	return compare_add(&context->compare, &tally);
}

/* Run a plane: `across` is contiguous in the destination, `along` in the source. */
static bool run_plane(struct copy_plan *plan, const struct copy_dim *across,
		      const struct copy_dim *along, int *code)
{
	combine_fn combine = ops_combination(plan).near;
	union op_context *context = op_context_of(plan);
	bool reduces = plan->op == COPY_OPERATOR_REDUCE;
	size_t bytes = plan->elements.bytes;

	if (combine == NULL || across->extent * bytes < COMBINE_ROWS_BYTES ||
	    along->extent * bytes < COMBINE_COLUMNS_BYTES)
		return false;
	if (!combine(plan->elements.dst.address, along->dst.step, plan->elements.src.address,
		     across->src.step, across->extent, along->extent, SIMPLE_LINES,
		     reduces ? context->reduce.alpha : NULL, reduces ? context->reduce.beta : NULL))
		return false;
	*code = AML_SUCCESS;
	if (plan->op == COPY_OPERATOR_COMPARE) {
		const struct compare_tally tally = {.first = SIZE_MAX,
						    .done = across->extent * along->extent};

		*code = compare_add(&context->compare, &tally);
	}
	return true;
}

bool ops_run_simple(struct copy_plan *plan, int *code)
{
	const struct copy_dim *dims = copy_const_dims(plan);

	if (!copy_sides_are_addresses(plan) || plan->nloops == 0 || plan->nloops > 2 ||
	    copy_plan_payload(plan) >= COPY_PART)
		return false;
	if (plan->nloops == 1) {
		if (!is_contiguous_in_dst(plan, dims) || !is_contiguous_in_src(plan, dims))
			return false;
		*code = run_row(plan);
		return true;
	}
	if (is_contiguous_in_dst(plan, &dims[0]) && is_contiguous_in_src(plan, &dims[1]))
		return run_plane(plan, &dims[0], &dims[1], code);
	if (is_contiguous_in_dst(plan, &dims[1]) && is_contiguous_in_src(plan, &dims[0]))
		return run_plane(plan, &dims[1], &dims[0], code);
	return false;
}
