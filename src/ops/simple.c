/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Most calls are short. A plan of rows, or of one transposed plane, needs no nest and no stage. A
 * comparison that finds a difference runs again as any other plan.
 */
#include <aml/utils/error.h>

#include "kernels/kernels.h"
#include "ops/compare.h"
#include "ops/context.h"
#include "ops/simple.h"
#include "plan/part.h"

/* Shorter rows are staged. */
enum { SIMPLE_ROW_BYTES_MIN = 128 };

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

/* Is a dimension contiguous on both sides? */
static bool is_contiguous(const struct copy_plan *plan, const struct copy_dim *dim)
{
	return is_contiguous_in_dst(plan, dim) && is_contiguous_in_src(plan, dim);
}

/* Count equal elements. Returns the result of the comparison. */
static int add_equal(struct copy_plan *plan, size_t n)
{
	const struct compare_tally tally = {.first = SIZE_MAX, .done = n};

	return compare_add(&op_context_of(plan)->compare, &tally);
}

/* Run the rows of a plan, which are contiguous on both sides. */
static bool run_rows(struct copy_plan *plan, const struct copy_dim *row,
		     const struct copy_dim *rows, int *code)
{
	const union op_context *context = op_context_of(plan);
	char *dst = plan->elements.dst.address, *src = plan->elements.src.address;

	*code = AML_SUCCESS;
	if (plan->op == COPY_OPERATOR_COMPARE) {
		if (!kernels()->equal(dst, rows->dst.step, src, rows->src.step,
				      row->extent * plan->elements.bytes, rows->extent))
			return false;
		*code = add_equal(plan, row->extent * rows->extent);
		return true;
	}
	for (size_t i = 0; i < rows->extent; i++, dst += rows->dst.step, src += rows->src.step) {
		if (plan->op == COPY_OPERATOR_CONVERT)
			context->convert.convert(dst, src, row->extent);
		else
			context->reduce.reduce(dst, src, row->extent, context->reduce.alpha,
					       context->reduce.beta);
	}
	return true;
}

/* Run a plane: `across` is contiguous in the destination, `along` in the source. */
static bool run_plane(struct copy_plan *plan, const struct copy_dim *across,
		      const struct copy_dim *along, int *code)
{
	combine_fn combine = ops_combination(plan).near;
	const union op_context *context = op_context_of(plan);

	if (combine == NULL || !combine_fits(across->extent, along->extent, plan->elements.bytes))
		return false;
	/* Other operators than reductions ignore the factors. */
	if (!combine(plan->elements.dst.address, along->dst.step, plan->elements.src.address,
		     across->src.step, across->extent, along->extent, COMBINE_LINES,
		     context->reduce.alpha, context->reduce.beta))
		return false;
	*code = plan->op == COPY_OPERATOR_COMPARE ? add_equal(plan, across->extent * along->extent)
						  : AML_SUCCESS;
	return true;
}

bool ops_run_simple(struct copy_plan *plan, int *code)
{
	static const struct copy_dim once = {.extent = 1};
	const struct copy_dim *dims = copy_const_dims(plan);

	if (!copy_sides_are_addresses(plan) || plan->nloops == 0 || plan->nloops > 2 ||
	    copy_plan_payload(plan) >= COPY_PART)
		return false;
	if (plan->nloops == 1)
		return is_contiguous(plan, dims) && run_rows(plan, dims, &once, code);
	for (int i = 0; i < 2; i++) {
		const struct copy_dim *dim = &dims[i], *other = &dims[1 - i];

		if (is_contiguous(plan, dim) &&
		    dim->extent * plan->elements.bytes >= SIMPLE_ROW_BYTES_MIN)
			return run_rows(plan, dim, other, code);
		if (is_contiguous_in_dst(plan, dim) && is_contiguous_in_src(plan, other))
			return run_plane(plan, dim, other, code);
	}
	return false;
}
