/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * aml_dma_linux_reduce(): every operation on numbers of all types, by layouts of every kind,
 * compared with exact arithmetic for each element. The library for tests has small parts, so that
 * many of the requests have several.
 */
#include <aml.h>
#include <aml/dma/completion.h>
#include <aml/dma/linux.h>
#include <aml/dma/operators.h>
#include <aml/layout/steps.h>
#include <limits.h>
#include <math.h>
#include <string.h>

#include "made.h"
#include "number_sides.h"
#include "suite.h"
#include "user_layout.h"
#include "ways.h"

#define ROW AML_LAYOUT_ORDER_ROW_MAJOR

/* A reduction, and its factors. */
struct reduction {
	int type, operation;
	uint64_t alpha, beta;
};

static struct reduction random_reduction(struct rng *rng)
{
	struct reduction r = {.type = (int)rng_below(rng, EXACT_TYPES)};

	do
		r.operation = (int)rng_below(rng, EXACT_OPERATIONS);
	while (!exact_has_operation(r.type, r.operation));
	r.alpha = exact_random(r.type, rng);
	r.beta = rng_chance(rng, 40) ? 0 : exact_random(r.type, rng);
	return r;
}

/* Expect the results in the destination. */
static void expect_reduced(struct sample *dst, const struct sample *src, const struct reduction *r)
{
	for (size_t n = 0; n < dst->oracle.count; n++)
		number_side_expect(
			dst, r->type, n,
			exact_reduce(r->type, r->operation, number_side_load(dst, r->type, n),
				     number_side_load(src, r->type, n), r->alpha, r->beta));
}

/*
 * Reduce in a random way, and compare both sides. The source may be the destination. The argument
 * and the factors are overwritten once the request is posted, and the layouts are destroyed.
 */
static void reduce_pair(struct sample *dst, struct sample *src, struct rng *rng,
			const struct reduction *r)
{
	unsigned char alpha[9], beta[9];
	struct aml_dma_linux_reduce_arg arg = {r->type, r->operation, NULL, NULL};
	struct ways_run run = {.way = (enum run_way)rng_below(rng, WAYS),
			       .dma = engines[rng_below(rng, 3)],
			       .dst = dst->layout,
			       .src = src->layout,
			       .op = aml_dma_linux_reduce,
			       .arg = &arg,
			       .copied = {{&arg, sizeof(arg)}, {alpha, 9}, {beta, 9}}};
	int result;

	/* The factors may be at any address, and are not looked at without need. */
	exact_store(r->type, alpha + 1, r->alpha);
	exact_store(r->type, beta + 1, r->beta);
	if (r->operation == AML_DMA_REDUCE_AXPBY) {
		arg.alpha = alpha + 1;
		arg.beta = beta + 1;
	}
	if (!dst->must_stay && !src->must_stay) {
		run.gone[0] = dst;
		run.gone[1] = src;
	}
	result = ways_run(&run);
	ck_assert_msg(result == AML_SUCCESS, RNG_FORMAT "%s of %s by way %d: the result is %d",
		      RNG_ARGS(rng), exact_operation_name(r->operation), exact_name(r->type),
		      (int)run.way, result);
	number_side_assert(dst, r->type, rng);
	if (src != dst)
		guard_assert(&src->memory, rng);
}

/* Contract: OPERATOR-1, OPERATOR-10, OPERATOR-11. */
START_TEST(reductions_match_exact_arithmetic)
{
	struct rng rng = {0};

	engines_up();
	while (rng_next_case(&rng, 4000)) {
		size_t dims[AML_LAYOUT_NDIMS_MAX], ndims = sample_dims(&rng, dims);
		struct reduction r = random_reduction(&rng);
		struct sample dst, src;

		sample_create(&dst, &rng, SAMPLE_NESTED, exact_bytes(r.type), ndims, dims);
		sample_create(&src, &rng, SAMPLE_SOURCE | SAMPLE_NESTED, exact_bytes(r.type), ndims,
			      dims);
		number_side_fill(&dst, r.type, &rng);
		number_side_fill(&src, r.type, &rng);
		expect_reduced(&dst, &src, &r);
		reduce_pair(&dst, &src, &rng, &r);
		sample_destroy(&dst);
		sample_destroy(&src);
	}
	engines_down();
}
END_TEST

/* Contract: OPERATOR-1, OPERATOR-10, OPERATOR-11. */
START_TEST(large_permuted_reductions_match_exact_arithmetic)
{
	struct rng rng = {0};

	engines_up();
	while (rng_next_case(&rng, 150)) {
		size_t dims[3] = {rng_range(&rng, 1, 300), rng_range(&rng, 1, 40),
				  rng_range(&rng, 1, 12)};
		struct reduction r = random_reduction(&rng);
		struct sample dst, src;

		number_side_nest_any(&dst, &rng, exact_bytes(r.type), 3, dims);
		number_side_nest_any(&src, &rng, exact_bytes(r.type), 3, dims);
		number_side_fill(&dst, r.type, &rng);
		number_side_fill(&src, r.type, &rng);
		expect_reduced(&dst, &src, &r);
		reduce_pair(&dst, &src, &rng, &r);
		sample_destroy(&dst);
		sample_destroy(&src);
	}
	engines_down();
}
END_TEST

/* Contract: OPERATOR-12. */
START_TEST(an_array_reduces_with_itself)
{
	struct rng rng = {0};

	engines_up();
	while (rng_next_case(&rng, 2000)) {
		size_t dims[AML_LAYOUT_NDIMS_MAX], ndims = sample_dims(&rng, dims);
		struct reduction r = random_reduction(&rng);
		struct sample dst, twin;

		sample_create(&dst, &rng, SAMPLE_NESTED, exact_bytes(r.type), ndims, dims);
		number_side_fill(&dst, r.type, &rng);
		expect_reduced(&dst, &dst, &r);
		twin = dst;
		/* The same layout, or another one of the same elements. */
		if (rng_chance(&rng, 50) &&
		    aml_layout_duplicate(dst.layout, &twin.layout, NULL) == AML_SUCCESS) {
			reduce_pair(&dst, &twin, &rng, &r);
			aml_layout_destroy(&twin.layout);
		} else {
			dst.must_stay = true;
			reduce_pair(&dst, &dst, &rng, &r);
		}
		sample_destroy(&dst);
	}
	engines_down();
}
END_TEST

/* Contract: OPERATOR-11. */
START_TEST(a_factor_of_zero_hides_the_destination)
{
	static const uint64_t hidden[] = {0x7ff0000000000001, 0xfff8000000000000,
					  0x7ff0000000000000};
	enum { ROWS = 40, COLUMNS = 50 };
	static double from[ROWS * COLUMNS], to[ROWS * COLUMNS];
	size_t dims[] = {ROWS, COLUMNS};
	double alpha = -2, zeros[] = {0.0, -0.0};
	struct aml_layout *src = new_dense(from, ROW, 8, 2, dims, NULL, NULL);
	struct aml_layout *rows = new_dense(to, ROW, 8, 2, dims, NULL, NULL), *columns;
	ptrdiff_t turned[] = {8, ROWS * 8};

	ck_assert_int_eq(aml_layout_steps_create(&columns, to, ROW, 8, 2, dims, turned),
			 AML_SUCCESS);
	engines_up();
	for (size_t i = 0; i < ROWS * COLUMNS; i++)
		from[i] = (double)i;
	for (int i = 0; i < 12; i++) {
		struct aml_dma_linux_reduce_arg arg = {AML_DMA_F64, AML_DMA_REDUCE_AXPBY, &alpha,
						       &zeros[i % 2]};

		for (size_t n = 0; n < ROWS * COLUMNS; n++)
			memcpy(&to[n], &hidden[(size_t)i / 2 % 3], sizeof(*to));
		ck_assert_int_eq(aml_dma_copy_custom(engines[2], i < 6 ? rows : columns, src,
						     aml_dma_linux_reduce, &arg),
				 AML_SUCCESS);
		for (size_t n = 0; n < ROWS * COLUMNS; n++) {
			size_t at = i < 6 ? n : n % COLUMNS * ROWS + n / COLUMNS;

			if (to[at] != -2 * from[n] || signbit(to[at]) == 0)
				ck_abort_msg("element %zu is %a", n, to[at]);
		}
	}
	engines_down();
	destroy_layout(columns);
	destroy_layout(rows);
	destroy_layout(src);
}
END_TEST

/* Contract: OPERATOR-13. */
START_TEST(a_cancelled_reduction_leaves_whole_numbers)
{
	enum { COUNT = 8192 };
	static uint32_t from[COUNT], to[COUNT];
	size_t n = COUNT, last = 0;
	struct aml_dma_linux_reduce_arg arg = {AML_DMA_U32, AML_DMA_REDUCE_SUM, NULL, NULL};
	struct aml_layout *src = new_dense(from, ROW, sizeof(*from), 1, &n, NULL, NULL);
	struct aml_layout *dst = new_dense(to, ROW, sizeof(*to), 1, &n, NULL, NULL);

	engines_up();
	for (size_t i = 0; i < COUNT; i++)
		from[i] = (uint32_t)((2 * i + 1) * 0x01010101);
	for (size_t parts = 0; parts < 5; parts++) {
		struct aml_dma_request *req;
		size_t ran, done = 0;

		for (size_t i = 0; i < COUNT; i++)
			to[i] = (uint32_t)i;
		ck_assert_int_eq(aml_dma_async_copy_custom(engines[0], &req, dst, src,
							   aml_dma_linux_reduce, &arg),
				 AML_SUCCESS);
		ck_assert_int_eq(aml_dma_progress(engines[0], parts, &ran), AML_SUCCESS);
		ck_assert_uint_eq(ran, parts);
		ck_assert_int_eq(aml_dma_cancel(engines[0], &req), AML_SUCCESS);
		for (size_t i = 0; i < COUNT; i++) {
			bool reduced = to[i] == (uint32_t)i + from[i];

			done += reduced;
			if (!reduced && to[i] != (uint32_t)i)
				ck_abort_msg("element %zu is %#x", i, (unsigned)to[i]);
		}
		ck_assert_uint_lt(done, COUNT);
		ck_assert(parts == 0 ? done == 0 : done > last);
		last = done;
	}
	engines_down();
	destroy_layout(dst);
	destroy_layout(src);
}
END_TEST

/* Expect an argument to be refused. */
static void expect_wrong(struct aml_layout *dst, struct aml_layout *src, int type, int operation,
			 const void *alpha, const void *beta)
{
	struct aml_dma_linux_reduce_arg arg = {type, operation, alpha, beta};

	ways_expect(-AML_EINVAL, dst, src, aml_dma_linux_reduce, &arg);
}

/* Contract: OPERATOR-14. */
START_TEST(wrong_arguments_of_reductions_are_refused)
{
	static const int unknown[] = {-1, EXACT_TYPES, INT_MAX, INT_MIN};
	size_t dims[] = {2, 3};
	float from[6] = {1, 2, 3, 4, 5, 6}, to[6] = {0};
	const float zeros[6] = {0}, one = 1;
	struct aml_layout *src = new_dense(from, ROW, 4, 2, dims, NULL, NULL);
	struct aml_layout *dst = new_dense(to, ROW, 4, 2, dims, NULL, NULL);

	engines_up();
	ways_expect(-AML_EINVAL, dst, src, aml_dma_linux_reduce, NULL);
	for (size_t i = 0; i < sizeof(unknown) / sizeof(*unknown); i++) {
		expect_wrong(dst, src, unknown[i], AML_DMA_REDUCE_SUM, &one, &one);
		expect_wrong(dst, src, AML_DMA_F32, unknown[i], &one, &one);
		expect_wrong(dst, src, AML_DMA_I32, unknown[i], &one, &one);
	}
	expect_wrong(dst, src, AML_DMA_F32, EXACT_OPERATIONS, &one, &one);
	expect_wrong(dst, src, AML_DMA_F32, AML_DMA_REDUCE_AND, NULL, NULL);
	expect_wrong(dst, src, AML_DMA_F32, AML_DMA_REDUCE_OR, NULL, NULL);
	expect_wrong(dst, src, AML_DMA_F32, AML_DMA_REDUCE_XOR, NULL, NULL);
	expect_wrong(dst, src, AML_DMA_F32, AML_DMA_REDUCE_AXPBY, NULL, NULL);
	expect_wrong(dst, src, AML_DMA_F32, AML_DMA_REDUCE_AXPBY, &one, NULL);
	expect_wrong(dst, src, AML_DMA_F32, AML_DMA_REDUCE_AXPBY, NULL, &one);
	/* The elements have another size than the type. */
	expect_wrong(dst, src, AML_DMA_F64, AML_DMA_REDUCE_SUM, NULL, NULL);
	expect_wrong(dst, src, AML_DMA_I16, AML_DMA_REDUCE_SUM, NULL, NULL);
	ck_assert_mem_eq(to, zeros, sizeof(to));
	engines_down();
	destroy_layout(dst);
	destroy_layout(src);
}
END_TEST

/* Contract: OPERATOR-14. */
START_TEST(wrong_layouts_of_reductions_are_refused)
{
	size_t dims[] = {2, 3}, turned[] = {3, 2}, six = 6, none = 0, stride[] = {0, 1};
	int from[6] = {1, 2, 3, 4, 5, 6}, to[6] = {0};
	const int zeros[6] = {0};
	struct aml_dma_linux_reduce_arg arg = {AML_DMA_I32, AML_DMA_REDUCE_SUM, NULL, NULL};
	struct aml_layout *src = new_dense(from, ROW, 4, 2, dims, NULL, NULL);
	struct aml_layout *dst = new_dense(to, ROW, 4, 2, dims, NULL, NULL);
	struct aml_layout *others[] = {
		new_dense(to, ROW, 4, 2, dims, stride, NULL),
		new_reshape(new_dense(to, ROW, 4, 2, dims, stride, NULL), ROW, 2, dims),
		new_dense(to, ROW, 4, 2, turned, NULL, NULL),
		new_dense(to, ROW, 4, 1, &six, NULL, NULL),
		new_dense(to, ROW, 4, 1, &none, NULL, NULL),
		new_dense(to, ROW, 8, 2, dims, NULL, NULL),
		new_dense(to, ROW, 2, 2, dims, NULL, NULL),
		&user_layout_with_hole(to, 4, 6, 6)->layout,
		NULL,
	};
	const size_t n = sizeof(others) / sizeof(*others);

	engines_up();
	for (size_t i = 0; i < n; i++) {
		ways_expect(-AML_EINVAL, others[i], src, aml_dma_linux_reduce, &arg);
		/* A source may have a step of 0, as the first two have. */
		if (i > 1)
			ways_expect(-AML_EINVAL, dst, others[i], aml_dma_linux_reduce, &arg);
	}
	ways_expect_lacking(dst, src, aml_dma_linux_reduce, &arg);
	ck_assert_mem_eq(to, zeros, sizeof(to));
	ways_expect(AML_SUCCESS, dst, src, aml_dma_linux_reduce, &arg);
	ck_assert_int_eq(to[5], WAYS * 6);
	engines_down();
	for (size_t i = 0; i + 1 < n; i++)
		destroy_layout(others[i]);
	destroy_layout(dst);
	destroy_layout(src);
}
END_TEST

/* Contract: OPERATOR-14. */
START_TEST(a_missing_address_fails_a_reduction)
{
	enum { COUNT = 600 };
	static uint64_t from[COUNT], to[COUNT];
	struct aml_dma_linux_reduce_arg arg = {AML_DMA_U64, AML_DMA_REDUCE_OR, NULL, NULL};
	struct ways_numbers numbers = {from, to, sizeof(*from), sizeof(*to), from, COUNT};

	for (size_t i = 0; i < COUNT; i++)
		from[i] = i + 1;
	engines_up();
	ways_expect_holes(&numbers, aml_dma_linux_reduce, &arg);
	engines_down();
}
END_TEST

SUITE("dma/reduce", reductions_match_exact_arithmetic,
      large_permuted_reductions_match_exact_arithmetic, an_array_reduces_with_itself,
      a_factor_of_zero_hides_the_destination, a_cancelled_reduction_leaves_whole_numbers,
      wrong_arguments_of_reductions_are_refused, wrong_layouts_of_reductions_are_refused,
      a_missing_address_fails_a_reduction)
