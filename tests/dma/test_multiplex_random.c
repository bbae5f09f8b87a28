/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Generated copies through multiplexers, compared with the oracle: layouts of every kind, random
 * weights, engines of the library and of the test's own, and multiplexers over multiplexers. The
 * library for tests splits copies from 2 KiB on, and the parts again.
 */
#include <aml.h>
#include <aml/dma/multiplex.h>
#include <aml/dma/operators.h>

#include "made.h"
#include "random.h"
#include "sample.h"
#include "suite.h"
#include "toy.h"
#include "ways.h"

static struct toy toy;

/* Make a multiplexer over two or three engines with random weights, which are not all 0. */
static struct aml_dma *random_multiplexer(struct rng *rng, struct aml_dma *const *inner, size_t n)
{
	size_t weights[3];
	const struct aml_dma *list[3];
	struct aml_dma *dma;

	for (size_t i = 0; i < n; i++) {
		list[i] = inner[i];
		weights[i] = rng_below(rng, 5);
	}
	weights[rng_below(rng, n)]++;
	ck_assert_int_eq(
		aml_dma_multiplex_create(&dma, n, list, rng_chance(rng, 20) ? NULL : weights), 0);
	return dma;
}

/* Run an operator through a multiplexer. `gone`: the layouts may be destroyed once it is posted. */
static int run_through(struct aml_dma *dma, struct rng *rng, struct sample *dst, struct sample *src,
		       bool gone, aml_dma_operator op, void *arg)
{
	enum run_way way = (enum run_way)rng_range(rng, COPY, NO_HANDLE);
	struct ways_run run = {
		way,
		dma,
		dst->layout,
		src->layout,
		op,
		arg,
		{gone && !dst->must_stay ? dst : NULL, gone && !src->must_stay ? src : NULL},
		{{0}}};

	return ways_run(&run);
}

/* Copy a random pair, with permuted dimensions now and then, and compare the result. */
static void copy_pair(struct aml_dma *dma, struct rng *rng, bool gone)
{
	size_t dims[AML_LAYOUT_NDIMS_MAX], order[AML_LAYOUT_NDIMS_MAX];
	size_t permuted[AML_LAYOUT_NDIMS_MAX];
	size_t ndims = sample_dims(rng, dims), element_size = sample_element_size(rng);
	bool transforms = rng_chance(rng, 40);
	struct oracle wanted;
	struct sample dst, src;
	int err;

	rng_permutation(rng, ndims, order);
	for (size_t i = 0; i < ndims; i++) {
		order[i] = transforms ? order[i] : i;
		permuted[i] = dims[order[i]];
	}
	sample_create(&dst, rng, rng_chance(rng, 30) ? SAMPLE_NESTED : 0, element_size, ndims,
		      permuted);
	sample_create(&src, rng, SAMPLE_SOURCE | (rng_chance(rng, 30) ? SAMPLE_NESTED : 0),
		      element_size, ndims, dims);
	oracle_permute(&wanted, &src.oracle, order);
	oracle_copy(&dst.oracle, &wanted, &dst.memory);
	oracle_destroy(&wanted);
	err = run_through(dma, rng, &dst, &src, gone, transforms ? aml_dma_linux_transform : NULL,
			  order);
	ck_assert_msg(err == 0, RNG_FORMAT "the copy returns %d", RNG_ARGS(rng), err);
	guard_assert(&dst.memory, rng);
	guard_assert(&src.memory, rng);
	sample_destroy(&dst);
	sample_destroy(&src);
}

/* Contract: MULTI-3, MULTI-5, COPY-1. */
START_TEST(copies_over_engines_of_the_library_match_the_oracle)
{
	struct rng rng = {0};

	engines_up();
	while (rng_next_case(&rng, 2500)) {
		struct aml_dma *dma = random_multiplexer(&rng, engines, 3);

		copy_pair(dma, &rng, true);
		ck_assert_int_eq(aml_dma_multiplex_destroy(&dma), 0);
	}
	engines_down();
}
END_TEST

/* Contract: MULTI-3, MULTI-5, MULTI-15, COPY-1. */
START_TEST(copies_over_engines_of_all_kinds_match_the_oracle)
{
	struct rng rng = {0};

	engines_up();
	toy_init(&toy, 'a', true);
	while (rng_next_case(&rng, 1500)) {
		struct aml_dma *both[] = {&toy.dma, engines[rng_below(&rng, 3)]};
		struct aml_dma *inner = random_multiplexer(&rng, both, 2);
		struct aml_dma *all[] = {inner, engines[rng_below(&rng, 3)]};
		struct aml_dma *dma = random_multiplexer(&rng, all, 2);

		copy_pair(dma, &rng, false);
		ck_assert_int_eq(aml_dma_multiplex_destroy(&dma), 0);
		ck_assert_int_eq(aml_dma_multiplex_destroy(&inner), 0);
		ck_assert_uint_eq(atomic_load(&toy.live), 0);
	}
	ck_assert_uint_eq(atomic_load(&toy.barriers), 0);
	engines_down();
}
END_TEST

/* Contract: MULTI-3, OPERATOR-1. */
START_TEST(fills_through_a_multiplexer_match_the_oracle)
{
	struct rng rng = {0};

	engines_up();
	while (rng_next_case(&rng, 1000)) {
		size_t dims[AML_LAYOUT_NDIMS_MAX], ndims = sample_dims(&rng, dims);
		unsigned char element[SAMPLE_ELEMENT_MAX], copy[SAMPLE_ELEMENT_MAX];
		struct aml_dma *dma = random_multiplexer(&rng, engines, 3);
		struct sample dst;
		struct ways_run run = {(enum run_way)rng_range(&rng, COPY, NO_HANDLE),
				       dma,
				       NULL,
				       ways_value(copy),
				       aml_dma_linux_fill,
				       NULL,
				       {NULL},
				       {{copy, sizeof(copy)}}};

		sample_create(&dst, &rng, SAMPLE_NESTED, sample_element_size(&rng), ndims, dims);
		rng_bytes(&rng, element, sizeof(element));
		memcpy(copy, element, sizeof(copy));
		for (size_t n = 0; n < dst.oracle.count; n++)
			if (!dst.oracle.cells[n].neutral)
				memcpy(dst.memory.expected +
					       (dst.oracle.cells[n].at - dst.memory.data),
				       element, dst.oracle.element_size);
		run.dst = dst.layout;
		run.gone[0] = dst.must_stay ? NULL : &dst;
		ck_assert_int_eq(ways_run(&run), 0);
		guard_assert(&dst.memory, &rng);
		sample_destroy(&dst);
		ck_assert_int_eq(aml_dma_multiplex_destroy(&dma), 0);
	}
	engines_down();
}
END_TEST

/* Contract: MULTI-3, COPY-2. */
START_TEST(what_the_library_refuses_is_refused)
{
	const size_t dims[] = {10, 10}, other[] = {10, 11};
	unsigned char to[110], from[110];
	struct aml_layout *dst = new_dense(to, AML_LAYOUT_ORDER_C, 1, 2, dims, NULL, NULL);
	struct aml_layout *src = new_dense(from, AML_LAYOUT_ORDER_C, 1, 2, other, NULL, NULL);
	struct aml_dma_request *req = NULL;
	struct rng rng = {0};
	struct aml_dma *dma;

	rng_start(&rng, 0);
	engines_up();
	dma = random_multiplexer(&rng, engines, 3);
	for (int i = 0; i < 10; i++) {
		ck_assert_int_eq(aml_dma_copy(dma, dst, src), -AML_EINVAL);
		ck_assert_int_eq(aml_dma_async_copy(dma, &req, dst, src), -AML_EINVAL);
		ck_assert_int_eq(aml_dma_async_copy(dma, NULL, dst, src), -AML_EINVAL);
		ck_assert_int_eq(
			aml_dma_async_copy_custom(dma, &req, dst, src, aml_dma_linux_reduce, NULL),
			-AML_EINVAL);
		ck_assert_ptr_null(req);
		/* No bytes at no address. */
		ck_assert_int_eq(
			aml_dma_copy_custom(dma, NULL, NULL, aml_dma_linux_memcpy_op, NULL), 0);
		ck_assert_int_eq(aml_dma_copy(dma, NULL, src), -AML_EINVAL);
	}
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	ck_assert_int_eq(aml_dma_multiplex_destroy(&dma), 0);
	engines_down();
	destroy_layout(dst);
	destroy_layout(src);
}
END_TEST

SUITE("multiplex_random", copies_over_engines_of_the_library_match_the_oracle,
      copies_over_engines_of_all_kinds_match_the_oracle,
      fills_through_a_multiplexer_match_the_oracle, what_the_library_refuses_is_refused)
