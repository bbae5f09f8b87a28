/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The operators of aml/dma/operators.h: generated requests by layouts of every kind, compared with
 * the oracle, and what the operators refuse. The library for tests has small parts, so that many of
 * the requests have several.
 */
#include <aml.h>
#include <aml/dma/linux.h>
#include <aml/dma/operators.h>
#include <aml/layout/dense.h>
#include <aml/layout/pad.h>
#include <aml/layout/steps.h>

#include "guard.h"
#include "made.h"
#include "oracle.h"
#include "random.h"
#include "sample.h"
#include "suite.h"
#include "user_layout.h"
#include "ways.h"

#define ROW AML_LAYOUT_ORDER_ROW_MAJOR
#define COLUMN AML_LAYOUT_ORDER_COLUMN_MAJOR

/* Run an operator. `gone`: the destination's layout may be destroyed once it is posted. */
static int run(enum run_way way, struct aml_dma *dma, struct sample *dst, struct aml_layout *src,
	       bool gone, aml_dma_operator op, void *arg)
{
	struct ways_run ways = {way, dma, dst->layout, src, op, arg, {gone ? dst : NULL}, {{0}}};

	return ways_run(&ways);
}

static void assert_success(int result, const struct rng *rng)
{
	ck_assert_msg(result == AML_SUCCESS, RNG_FORMAT "the operator returns %d", RNG_ARGS(rng),
		      result);
}

/* The expected content after a fill: `element` in each place that may be written. */
static void expect_filled(struct sample *dst, const unsigned char *element)
{
	const struct oracle *oracle = &dst->oracle;

	for (size_t n = 0; n < oracle->count; n++)
		if (!oracle->cells[n].neutral)
			memcpy(dst->memory.expected + (oracle->cells[n].at - dst->memory.data),
			       element, oracle->element_size);
}

/* Contract: OPERATOR-1, OPERATOR-4. */
START_TEST(fills_match_the_oracle)
{
	struct rng rng = {0};

	engines_up();
	while (rng_next_case(&rng, 3000)) {
		size_t dims[AML_LAYOUT_NDIMS_MAX], ndims = sample_dims(&rng, dims);
		unsigned char element[SAMPLE_ELEMENT_MAX], copy[SAMPLE_ELEMENT_MAX];
		enum run_way way = (enum run_way)rng_below(&rng, WAYS);
		struct sample dst;

		sample_create(&dst, &rng, SAMPLE_NESTED, sample_element_size(&rng), ndims, dims);
		rng_bytes(&rng, element, sizeof(element));
		expect_filled(&dst, element);
		memcpy(copy, element, sizeof(copy));
		assert_success(run(way, engines[rng_below(&rng, 3)], &dst, ways_value(copy),
				   !dst.must_stay, aml_dma_linux_fill, NULL),
			       &rng);
		guard_assert(&dst.memory, &rng);
		sample_destroy(&dst);
	}
	engines_down();
}
END_TEST

/* Run an operator in a random way, compare both sides with what is expected, and release them. */
static void run_pair(struct sample *dst, struct sample *src, struct rng *rng, aml_dma_operator op,
		     void *arg)
{
	enum run_way way = (enum run_way)rng_below(rng, WAYS);

	assert_success(
		run(way, engines[rng_below(rng, 3)], dst, src->layout, !dst->must_stay, op, arg),
		rng);
	guard_assert(&dst->memory, rng);
	guard_assert(&src->memory, rng);
	sample_destroy(dst);
	sample_destroy(src);
}

/* Make the source, and the oracle of its elements in the order of the destination. */
static void make_permuted(struct sample *src, struct oracle *permuted, struct rng *rng,
			  size_t element_size, const size_t *dims, size_t ndims,
			  const size_t *target_dims)
{
	sample_create(src, rng, SAMPLE_SOURCE | SAMPLE_NESTED, element_size, ndims, dims);
	oracle_permute(permuted, &src->oracle, target_dims);
}

/* Contract: OPERATOR-1, OPERATOR-2. */
START_TEST(transforms_match_the_oracle)
{
	struct rng rng = {0};

	engines_up();
	while (rng_next_case(&rng, 3000)) {
		size_t dims[AML_LAYOUT_NDIMS_MAX], ndims = sample_dims(&rng, dims);
		size_t permuted[AML_LAYOUT_NDIMS_MAX], target_dims[AML_LAYOUT_NDIMS_MAX];
		size_t element_size = sample_element_size(&rng);
		struct sample dst, src;
		struct oracle oracle;

		rng_permutation(&rng, ndims, target_dims);
		for (size_t i = 0; i < ndims; i++)
			permuted[i] = dims[target_dims[i]];
		make_permuted(&src, &oracle, &rng, element_size, dims, ndims, target_dims);
		sample_create(&dst, &rng, SAMPLE_NESTED, element_size, ndims, permuted);
		oracle_copy(&dst.oracle, &oracle, &dst.memory);
		oracle_destroy(&oracle);
		run_pair(&dst, &src, &rng, aml_dma_linux_transform, target_dims);
	}
	engines_down();
}
END_TEST

/*
 * Make a destination that matches the user coordinates of `src`: of the same order with the extents
 * `dims`, or of the other one with `reversed`. Return whether the orders are the same.
 */
static bool make_matching(struct sample *dst, struct rng *rng, const struct sample *src,
			  size_t element_size, size_t ndims, const size_t *dims,
			  const size_t *reversed)
{
	for (;;) {
		bool same = rng_chance(rng, 50);

		sample_create(dst, rng, SAMPLE_NESTED, element_size, ndims, same ? dims : reversed);
		if ((dst->order == src->order) == same)
			return same;
		sample_destroy(dst);
	}
}

/* Contract: OPERATOR-1, OPERATOR-3. */
START_TEST(copies_by_user_coordinates_match_the_oracle)
{
	struct rng rng = {0};

	engines_up();
	while (rng_next_case(&rng, 3000)) {
		size_t dims[AML_LAYOUT_NDIMS_MAX], ndims = sample_dims(&rng, dims);
		size_t reversed[AML_LAYOUT_NDIMS_MAX], target_dims[AML_LAYOUT_NDIMS_MAX];
		size_t element_size = sample_element_size(&rng);
		struct sample dst, src;
		struct oracle oracle;
		bool same;

		for (size_t i = 0; i < ndims; i++) {
			target_dims[i] = ndims - 1 - i;
			reversed[i] = dims[target_dims[i]];
		}
		make_permuted(&src, &oracle, &rng, element_size, dims, ndims, target_dims);
		same = make_matching(&dst, &rng, &src, element_size, ndims, dims, reversed);
		oracle_copy(&dst.oracle, same ? &src.oracle : &oracle, &dst.memory);
		oracle_destroy(&oracle);
		run_pair(&dst, &src, &rng, aml_dma_linux_copy_user, NULL);
	}
	engines_down();
}
END_TEST

/* Contract: OPERATOR-3. */
START_TEST(a_matrix_of_either_order_is_the_same_matrix_after_a_copy)
{
	size_t dims[] = {2, 3};
	int rows[2][3] = {{1, 2, 3}, {4, 5, 6}}, columns[3][2];
	const int wanted[3][2] = {{1, 4}, {2, 5}, {3, 6}};
	struct aml_layout *src = new_dense(rows, ROW, sizeof(int), 2, dims, NULL, NULL);
	struct aml_layout *dst = new_dense(columns, COLUMN, sizeof(int), 2, dims, NULL, NULL);

	ck_assert_int_eq(aml_dma_linux_copy_generic(dst, src, NULL), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_linux_copy_user(dst, src, NULL), AML_SUCCESS);
	ck_assert_mem_eq(columns, wanted, sizeof(wanted));
	destroy_layout(dst);
	destroy_layout(src);
}
END_TEST

/* Larger than the room for a plan. */
#define LARGE 5000

/* Contract: OPERATOR-4. */
START_TEST(an_element_of_any_size_fills)
{
	static unsigned char memory[8 * LARGE], element[LARGE], wanted[8 * LARGE];
	ptrdiff_t steps[] = {-LARGE};
	size_t dims[] = {7};
	struct sample dst = {0};

	engines_up();
	for (size_t i = 0; i < LARGE; i++)
		element[i] = (unsigned char)(i * 7 + i / 256);
	memset(wanted, 0, sizeof(wanted));
	for (size_t i = 1; i < 8; i++)
		memcpy(wanted + i * LARGE, element, LARGE);
	for (enum run_way way = CALL; way < WAYS; way++) {
		memset(memory, 0, sizeof(memory));
		ck_assert_int_eq(aml_layout_steps_create(&dst.layout, memory + 7 * LARGE, ROW,
							 LARGE, 1, dims, steps),
				 AML_SUCCESS);
		ck_assert_int_eq(run(way, engines[2], &dst, ways_value(element), false,
				     aml_dma_linux_fill, NULL),
				 AML_SUCCESS);
		ck_assert_mem_eq(memory, wanted, sizeof(wanted));
		aml_layout_destroy(&dst.layout);
	}
	engines_down();
}
END_TEST

/* Contract: OPERATOR-5. */
START_TEST(a_missing_address_fails_the_request)
{
	int numbers[8] = {0}, seven = 7;
	struct sample dst = {0};

	engines_up();
	for (enum run_way way = CALL; way < WAYS; way++) {
		dst.layout = &user_layout_with_hole(numbers, sizeof(int), 8, 7)->layout;
		ck_assert_int_eq(run(way, engines[1], &dst, ways_value(&seven), true,
				     aml_dma_linux_fill, NULL),
				 -AML_FAILURE);
		aml_layout_destroy(&dst.layout);
		/* A barrier has reported the failure of a request without a handle. */
		ck_assert_int_eq(aml_dma_barrier(engines[1]), AML_SUCCESS);
	}
	engines_down();
}
END_TEST

/* Contract: OPERATOR-5. */
START_TEST(wrong_arguments_are_refused_and_nothing_is_written)
{
	size_t dims[] = {2, 3}, swap[] = {1, 0}, same[] = {0, 1}, twice[] = {1, 1}, far[] = {0, 2};
	size_t stride[] = {0, 1};
	int from[6] = {1, 2, 3, 4, 5, 6}, to[6] = {0};
	const int zeros[6] = {0};
	struct aml_layout *src = new_dense(from, ROW, sizeof(int), 2, dims, NULL, NULL);
	struct aml_layout *dst = new_dense(to, ROW, sizeof(int), 2, dims, NULL, NULL);
	struct aml_layout *flat = new_dense(to, ROW, sizeof(int), 2, dims, stride, NULL);

	engines_up();
	ways_expect(-AML_EINVAL, dst, src, aml_dma_linux_transform, NULL);
	ways_expect(-AML_EINVAL, dst, src, aml_dma_linux_transform, swap);
	ways_expect(-AML_EINVAL, dst, src, aml_dma_linux_transform, twice);
	ways_expect(-AML_EINVAL, dst, src, aml_dma_linux_transform, far);
	ways_expect(-AML_EINVAL, flat, src, aml_dma_linux_transform, same);
	ways_expect(-AML_EINVAL, flat, src, aml_dma_linux_copy_user, NULL);
	ways_expect(-AML_EINVAL, flat, ways_value(from), aml_dma_linux_fill, NULL);
	ways_expect(-AML_EINVAL, NULL, src, aml_dma_linux_transform, same);
	ways_expect(-AML_EINVAL, dst, NULL, aml_dma_linux_transform, same);
	ways_expect(-AML_EINVAL, NULL, src, aml_dma_linux_copy_user, NULL);
	ways_expect(-AML_EINVAL, dst, NULL, aml_dma_linux_copy_user, NULL);
	ways_expect(-AML_EINVAL, NULL, ways_value(from), aml_dma_linux_fill, NULL);
	ways_expect(-AML_EINVAL, dst, NULL, aml_dma_linux_fill, NULL);
	ck_assert_mem_eq(to, zeros, sizeof(to));
	engines_down();
	destroy_layout(flat);
	destroy_layout(dst);
	destroy_layout(src);
}
END_TEST

/* Contract: OPERATOR-3, OPERATOR-5. */
START_TEST(user_coordinates_need_an_order)
{
	size_t n = 4;
	int numbers[4] = {1, 2, 3, 4}, other[4] = {0};
	const int zeros[4] = {0};
	struct user_layout *custom = user_layout_with_hole(numbers, sizeof(int), n, n - 1);
	struct aml_layout *dense = new_dense(other, ROW, sizeof(int), 1, &n, NULL, NULL);

	engines_up();
	custom->ops.order = NULL;
	ways_expect(-AML_ENOTSUP, dense, &custom->layout, aml_dma_linux_copy_user, NULL);
	ways_expect(-AML_ENOTSUP, &custom->layout, dense, aml_dma_linux_copy_user, NULL);
	ck_assert_mem_eq(other, zeros, sizeof(other));
	engines_down();
	destroy_layout(&custom->layout);
	destroy_layout(dense);
}
END_TEST

/* Contract: OPERATOR-1. */
START_TEST(a_fill_copies_its_value_when_it_is_posted)
{
	enum { COUNT = 1 << 16 };
	static double numbers[COUNT];
	double one = 1;
	size_t n = COUNT;
	struct aml_layout *dst = new_dense(numbers, ROW, sizeof(double), 1, &n, NULL, NULL);
	struct aml_dma_request *req;

	engines_up();
	ck_assert_int_eq(aml_dma_async_copy_custom(engines[0], &req, dst, ways_value(&one),
						   aml_dma_linux_fill, NULL),
			 AML_SUCCESS);
	one = 2;
	destroy_layout(dst);
	ck_assert_int_eq(aml_dma_wait(engines[0], &req), AML_SUCCESS);
	for (size_t i = 0; i < COUNT; i++)
		ck_assert_double_eq(numbers[i], 1.0);
	engines_down();
}
END_TEST

SUITE("dma/more operators", fills_match_the_oracle, transforms_match_the_oracle,
      copies_by_user_coordinates_match_the_oracle,
      a_matrix_of_either_order_is_the_same_matrix_after_a_copy, an_element_of_any_size_fills,
      a_missing_address_fails_the_request, wrong_arguments_are_refused_and_nothing_is_written,
      user_coordinates_need_an_order, a_fill_copies_its_value_when_it_is_posted)
