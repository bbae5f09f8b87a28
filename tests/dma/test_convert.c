/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * aml_dma_linux_convert(): numbers of all types by layouts of every kind, compared with exact
 * arithmetic for each element. The library for tests has small parts, so that many of the requests
 * have several.
 */
#include <aml.h>
#include <aml/dma/completion.h>
#include <aml/dma/linux.h>
#include <aml/dma/operators.h>
#include <limits.h>
#include <string.h>

#include "made.h"
#include "number_sides.h"
#include "suite.h"
#include "user_layout.h"
#include "ways.h"

#define ROW AML_LAYOUT_ORDER_ROW_MAJOR

typedef struct aml_dma_linux_convert_arg conversion;

static conversion random_types(struct rng *rng)
{
	return (conversion){(int)rng_below(rng, EXACT_TYPES), (int)rng_below(rng, EXACT_TYPES)};
}

/* Expect the numbers of the source in the destination. */
static void expect_converted(struct sample *dst, const struct sample *src, const conversion *types)
{
	for (size_t n = 0; n < dst->oracle.count; n++)
		number_side_expect(dst, types->dst_type, n,
				   exact_convert(types->dst_type, types->src_type,
						 number_side_load(src, types->src_type, n)));
}

/*
 * Convert in a random way, and compare both sides. The source may be the destination. The arguments
 * are overwritten once the request is posted, and the layouts are destroyed.
 */
static void convert_pair(struct sample *dst, struct sample *src, struct rng *rng,
			 const conversion *types)
{
	conversion arg = *types;
	struct ways_run run = {.way = (enum run_way)rng_below(rng, WAYS),
			       .dma = engines[rng_below(rng, 3)],
			       .dst = dst->layout,
			       .src = src->layout,
			       .op = aml_dma_linux_convert,
			       .arg = &arg,
			       .copied = {{&arg, sizeof(arg)}}};
	int result;

	if (!dst->must_stay && !src->must_stay) {
		run.gone[0] = dst;
		run.gone[1] = src;
	}
	result = ways_run(&run);
	ck_assert_msg(result == AML_SUCCESS, RNG_FORMAT "%s to %s by way %d: the result is %d",
		      RNG_ARGS(rng), exact_name(types->src_type), exact_name(types->dst_type),
		      (int)run.way, result);
	number_side_assert(dst, types->dst_type, rng);
	if (src != dst)
		guard_assert(&src->memory, rng);
}

/* Contract: OPERATOR-1, OPERATOR-9. */
START_TEST(conversions_match_exact_arithmetic)
{
	struct rng rng = {0};

	engines_up();
	while (rng_next_case(&rng, 4000)) {
		size_t dims[AML_LAYOUT_NDIMS_MAX], ndims = sample_dims(&rng, dims);
		conversion types = random_types(&rng);
		struct sample dst, src;

		sample_create(&dst, &rng, SAMPLE_NESTED, exact_bytes(types.dst_type), ndims, dims);
		sample_create(&src, &rng, SAMPLE_SOURCE | SAMPLE_NESTED,
			      exact_bytes(types.src_type), ndims, dims);
		number_side_fill(&src, types.src_type, &rng);
		expect_converted(&dst, &src, &types);
		convert_pair(&dst, &src, &rng, &types);
		sample_destroy(&dst);
		sample_destroy(&src);
	}
	engines_down();
}
END_TEST

/* Contract: OPERATOR-1, OPERATOR-9. */
START_TEST(large_permuted_conversions_match_exact_arithmetic)
{
	struct rng rng = {0};

	engines_up();
	while (rng_next_case(&rng, 150)) {
		size_t dims[3] = {rng_range(&rng, 1, 300), rng_range(&rng, 1, 40),
				  rng_range(&rng, 1, 12)};
		conversion types = random_types(&rng);
		struct sample dst, src;

		number_side_nest_any(&dst, &rng, exact_bytes(types.dst_type), 3, dims);
		number_side_nest_any(&src, &rng, exact_bytes(types.src_type), 3, dims);
		number_side_fill(&src, types.src_type, &rng);
		expect_converted(&dst, &src, &types);
		convert_pair(&dst, &src, &rng, &types);
		sample_destroy(&dst);
		sample_destroy(&src);
	}
	engines_down();
}
END_TEST

/* Contract: OPERATOR-12. */
START_TEST(numbers_convert_in_place)
{
	struct rng rng = {0};

	engines_up();
	while (rng_next_case(&rng, 2000)) {
		size_t dims[AML_LAYOUT_NDIMS_MAX], ndims = sample_dims(&rng, dims);
		conversion types = random_types(&rng);
		struct sample dst, twin;

		if (exact_bytes(types.dst_type) != exact_bytes(types.src_type))
			types.src_type = types.dst_type;
		sample_create(&dst, &rng, SAMPLE_NESTED, exact_bytes(types.dst_type), ndims, dims);
		number_side_fill(&dst, types.src_type, &rng);
		expect_converted(&dst, &dst, &types);
		twin = dst;
		/* The same layout, or another one of the same elements. */
		if (rng_chance(&rng, 50) &&
		    aml_layout_duplicate(dst.layout, &twin.layout, NULL) == AML_SUCCESS) {
			twin.memory = dst.memory;
			convert_pair(&dst, &twin, &rng, &types);
			aml_layout_destroy(&twin.layout);
		} else {
			dst.must_stay = true;
			convert_pair(&dst, &dst, &rng, &types);
		}
		sample_destroy(&dst);
	}
	engines_down();
}
END_TEST

/* Contract: OPERATOR-13. */
START_TEST(a_cancelled_conversion_leaves_whole_numbers)
{
	enum { COUNT = 4096 };
	static float from[COUNT];
	static double to[COUNT];
	size_t n = COUNT, last = 0;
	conversion arg = {AML_DMA_F64, AML_DMA_F32};
	struct aml_layout *src = new_dense(from, ROW, sizeof(*from), 1, &n, NULL, NULL);
	struct aml_layout *dst = new_dense(to, ROW, sizeof(*to), 1, &n, NULL, NULL);

	engines_up();
	for (size_t i = 0; i < COUNT; i++)
		from[i] = (float)i + 0.5f;
	for (size_t parts = 0; parts < 5; parts++) {
		struct aml_dma_request *req;
		size_t ran, done = 0;

		memset(to, 0, sizeof(to));
		ck_assert_int_eq(aml_dma_async_copy_custom(engines[0], &req, dst, src,
							   aml_dma_linux_convert, &arg),
				 AML_SUCCESS);
		ck_assert_int_eq(aml_dma_progress(engines[0], parts, &ran), AML_SUCCESS);
		ck_assert_uint_eq(ran, parts);
		ck_assert_int_eq(aml_dma_cancel(engines[0], &req), AML_SUCCESS);
		for (size_t i = 0; i < COUNT; i++) {
			done += to[i] != 0;
			if (to[i] != 0 && to[i] != (double)from[i])
				ck_abort_msg("element %zu is %a", i, to[i]);
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

/* Expect a conversion to be refused, and no write to the destination. */
static void expect_wrong_types(struct aml_layout *dst, struct aml_layout *src, int dst_type,
			       int src_type)
{
	conversion arg = {dst_type, src_type};

	ways_expect(-AML_EINVAL, dst, src, aml_dma_linux_convert, &arg);
}

/* Contract: OPERATOR-14. */
START_TEST(wrong_conversions_are_refused)
{
	size_t dims[] = {2, 3}, turned[] = {3, 2}, six = 6, none = 0, stride[] = {0, 1};
	float from[6] = {1, 2, 3, 4, 5, 6};
	double to[6] = {0};
	const double zeros[6] = {0};
	conversion right = {AML_DMA_F64, AML_DMA_F32};
	struct aml_layout *src = new_dense(from, ROW, 4, 2, dims, NULL, NULL);
	struct aml_layout *dst = new_dense(to, ROW, 8, 2, dims, NULL, NULL);
	struct aml_layout *others[] = {
		new_dense(to, ROW, 8, 2, dims, stride, NULL),
		new_reshape(new_dense(to, ROW, 8, 2, dims, stride, NULL), ROW, 2, dims),
		new_dense(to, ROW, 8, 2, turned, NULL, NULL),
		new_dense(to, ROW, 8, 1, &six, NULL, NULL),
		new_dense(to, ROW, 8, 1, &none, NULL, NULL),
		new_dense(to, ROW, 4, 2, dims, NULL, NULL),
		&user_layout_with_hole(to, 8, 6, 6)->layout,
		NULL,
	};
	static const int unknown[] = {-1, EXACT_TYPES, INT_MAX, INT_MIN};

	engines_up();
	ways_expect(-AML_EINVAL, dst, src, aml_dma_linux_convert, NULL);
	for (size_t i = 0; i < sizeof(unknown) / sizeof(*unknown); i++) {
		expect_wrong_types(dst, src, unknown[i], AML_DMA_F32);
		expect_wrong_types(dst, src, AML_DMA_F64, unknown[i]);
	}
	/* The types of the sides are exchanged, or one has another size. */
	expect_wrong_types(dst, src, AML_DMA_F32, AML_DMA_F64);
	expect_wrong_types(dst, src, AML_DMA_F64, AML_DMA_F64);
	expect_wrong_types(dst, src, AML_DMA_F32, AML_DMA_F32);
	expect_wrong_types(dst, src, AML_DMA_I64, AML_DMA_BF16);
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		ways_expect(-AML_EINVAL, others[i], src, aml_dma_linux_convert, &right);
	ways_expect(-AML_EINVAL, dst, NULL, aml_dma_linux_convert, &right);
	ways_expect_lacking(dst, src, aml_dma_linux_convert, &right);
	ck_assert_mem_eq(to, zeros, sizeof(to));
	ways_expect(AML_SUCCESS, dst, src, aml_dma_linux_convert, &right);
	ck_assert_double_eq(to[5], 6);
	engines_down();
	for (size_t i = 0; i + 1 < sizeof(others) / sizeof(*others); i++)
		destroy_layout(others[i]);
	destroy_layout(dst);
	destroy_layout(src);
}
END_TEST

/* Contract: OPERATOR-14. */
START_TEST(a_missing_address_fails_a_conversion)
{
	enum { COUNT = 600 };
	static int16_t from[COUNT];
	static int64_t to[COUNT], wanted[COUNT];
	conversion arg = {AML_DMA_I64, AML_DMA_I16};
	struct ways_numbers numbers = {from, to, sizeof(*from), sizeof(*to), wanted, COUNT};

	for (size_t i = 0; i < COUNT; i++)
		wanted[i] = from[i] = (int16_t)(i + 1);
	engines_up();
	ways_expect_holes(&numbers, aml_dma_linux_convert, &arg);
	engines_down();
}
END_TEST

SUITE("dma/convert", conversions_match_exact_arithmetic,
      large_permuted_conversions_match_exact_arithmetic, numbers_convert_in_place,
      a_cancelled_conversion_leaves_whole_numbers, wrong_conversions_are_refused,
      a_missing_address_fails_a_conversion)
