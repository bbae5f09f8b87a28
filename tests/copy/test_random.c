/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Generated copies between dense layouts, compared with the oracle: direct calls, copies by
 * engines, many copies at once, permuted dimensions, 64 dimensions, and layouts that do not match.
 */
#include <aml.h>
#include <aml/dma/linux.h>
#include <aml/layout/dense.h>

#include "guard.h"
#include "oracle.h"
#include "random.h"
#include "sample.h"
#include "suite.h"

/* Two layouts that match. */
struct sample_pair {
	struct sample dst, src;
};

static void pair_create(struct sample_pair *pair, struct rng *rng, size_t ndims, const size_t *dims)
{
	size_t element_size = sample_element_size(rng);

	sample_create(&pair->dst, rng, 0, element_size, ndims, dims);
	sample_create(&pair->src, rng, SAMPLE_SOURCE, element_size, ndims, dims);
}

/* Make a pair with random extents. */
static void pair_random(struct sample_pair *pair, struct rng *rng)
{
	size_t dims[AML_LAYOUT_NDIMS_MAX], ndims = sample_dims(rng, dims);

	pair_create(pair, rng, ndims, dims);
}

/* Compare the memory of both sides with its expected content, and release the pair. */
static void pair_check(struct sample_pair *pair, const struct rng *rng)
{
	guard_assert(&pair->dst.memory, rng);
	guard_assert(&pair->src.memory, rng);
	sample_destroy(&pair->dst);
	sample_destroy(&pair->src);
}

static void assert_success(int result, const struct rng *rng)
{
	ck_assert_msg(result == AML_SUCCESS, RNG_FORMAT "the copy returns %d", RNG_ARGS(rng),
		      result);
}

/* Contract: COPY-1. */
START_TEST(copies_match_the_oracle)
{
	struct rng rng = {0};

	while (rng_next_case(&rng, 3000)) {
		struct sample_pair pair;

		pair_random(&pair, &rng);
		oracle_copy(&pair.dst.oracle, &pair.src.oracle, &pair.dst.memory);
		assert_success(aml_dma_linux_copy_generic(pair.dst.layout, pair.src.layout, NULL),
			       &rng);
		pair_check(&pair, &rng);
	}
}
END_TEST

/* Contract: COPY-1. */
START_TEST(synchronous_copies_on_engines_match_the_oracle)
{
	struct aml_dma *dma[3] = {NULL};
	struct rng rng = {0};

	for (size_t threads = 0; threads < 3; threads++)
		ck_assert_int_eq(aml_dma_linux_create(&dma[threads], threads), AML_SUCCESS);
	while (rng_next_case(&rng, 600)) {
		struct sample_pair pair;

		pair_random(&pair, &rng);
		oracle_copy(&pair.dst.oracle, &pair.src.oracle, &pair.dst.memory);
		assert_success(
			aml_dma_copy(dma[rng_below(&rng, 3)], pair.dst.layout, pair.src.layout),
			&rng);
		pair_check(&pair, &rng);
	}
	for (size_t threads = 0; threads < 3; threads++)
		ck_assert_int_eq(aml_dma_linux_destroy(&dma[threads]), AML_SUCCESS);
}
END_TEST

#define BURST 20

/* Contract: OWN-5. */
START_TEST(bursts_of_copies_without_their_layouts_match_the_oracle)
{
	struct aml_dma *dma[3] = {NULL};
	struct rng rng = {0};

	for (size_t threads = 0; threads < 3; threads++)
		ck_assert_int_eq(aml_dma_linux_create(&dma[threads], threads), AML_SUCCESS);
	while (rng_next_case(&rng, 40)) {
		struct aml_dma *engine = dma[rng_below(&rng, 3)];
		struct aml_dma_request *requests[BURST] = {NULL};
		struct sample_pair pairs[BURST];
		size_t order[BURST];

		for (size_t i = 0; i < BURST; i++) {
			struct sample_pair *pair = &pairs[i];

			pair_random(pair, &rng);
			oracle_copy(&pair->dst.oracle, &pair->src.oracle, &pair->dst.memory);
			assert_success(aml_dma_async_copy(
					       engine, rng_chance(&rng, 70) ? &requests[i] : NULL,
					       pair->dst.layout, pair->src.layout),
				       &rng);
			aml_layout_destroy(&pair->dst.layout);
			aml_layout_destroy(&pair->src.layout);
		}
		rng_permutation(&rng, BURST, order);
		for (size_t i = 0; i < BURST; i++) {
			if (requests[order[i]])
				assert_success(aml_dma_wait(engine, &requests[order[i]]), &rng);
		}
		assert_success(aml_dma_barrier(engine), &rng);
		for (size_t i = 0; i < BURST; i++)
			pair_check(&pairs[i], &rng);
	}
	for (size_t threads = 0; threads < 3; threads++)
		ck_assert_int_eq(aml_dma_linux_destroy(&dma[threads]), AML_SUCCESS);
}
END_TEST

/* Contract: LAYOUT-1. */
START_TEST(copies_of_64_dimensions_match_the_oracle)
{
	struct rng rng = {0};

	while (rng_next_case(&rng, 60)) {
		size_t dims[AML_LAYOUT_NDIMS_MAX];
		struct sample_pair pair;

		for (size_t i = 0; i < 64; i++)
			dims[i] = 1;
		for (size_t n = rng_below(&rng, 11); n > 0; n--)
			dims[rng_below(&rng, 64)] = 2;
		if (rng_chance(&rng, 5))
			dims[rng_below(&rng, 64)] = 0;
		pair_create(&pair, &rng, 64, dims);
		oracle_copy(&pair.dst.oracle, &pair.src.oracle, &pair.dst.memory);
		assert_success(aml_dma_linux_copy_generic(pair.dst.layout, pair.src.layout, NULL),
			       &rng);
		pair_check(&pair, &rng);
	}
}
END_TEST

/* Contract: COPY-6. */
START_TEST(transforms_match_the_oracle)
{
	struct rng rng = {0};

	while (rng_next_case(&rng, 1500)) {
		size_t dims[AML_LAYOUT_NDIMS_MAX], ndims = sample_dims(&rng, dims);
		size_t permuted[AML_LAYOUT_NDIMS_MAX], target_dims[AML_LAYOUT_NDIMS_MAX];
		size_t element_size = sample_element_size(&rng);
		struct oracle oracle;
		struct sample_pair pair;

		rng_permutation(&rng, ndims, target_dims);
		for (size_t i = 0; i < ndims; i++)
			permuted[i] = dims[target_dims[i]];
		sample_create(&pair.src, &rng, SAMPLE_SOURCE, element_size, ndims, dims);
		sample_create(&pair.dst, &rng, 0, element_size, ndims, permuted);
		oracle_permute(&oracle, &pair.src.oracle, target_dims);
		oracle_copy(&pair.dst.oracle, &oracle, &pair.dst.memory);
		oracle_destroy(&oracle);
		assert_success(aml_copy_layout_transform_generic(pair.dst.layout, pair.src.layout,
								 target_dims),
			       &rng);
		pair_check(&pair, &rng);
	}
}
END_TEST

START_TEST(what_does_not_match_is_refused_and_nothing_is_written)
{
	struct rng rng = {0};

	while (rng_next_case(&rng, 300)) {
		size_t dims[AML_LAYOUT_NDIMS_MAX], ndims = sample_dims(&rng, dims), target_dims[7];
		size_t element_size = sample_element_size(&rng), other_size = element_size;
		size_t other[AML_LAYOUT_NDIMS_MAX], other_ndims = ndims, i = rng_below(&rng, ndims);
		struct sample_pair pair;
		int result;

		memcpy(other, dims, sizeof(dims));
		if (rng_chance(&rng, 25))
			other_size += rng_range(&rng, 1, 20);
		else if (rng_chance(&rng, 25))
			other[other_ndims++] = 1;
		else if (other[i] && rng_chance(&rng, 50))
			other[i]--;
		else
			other[i]++;
		sample_create(&pair.dst, &rng, 0, element_size, ndims, dims);
		sample_create(&pair.src, &rng, SAMPLE_SOURCE, other_size, other_ndims, other);
		result = aml_dma_linux_copy_generic(pair.dst.layout, pair.src.layout, NULL);
		ck_assert_msg(result == -AML_EINVAL, RNG_FORMAT "the copy returns %d",
			      RNG_ARGS(&rng), result);
		result = aml_dma_linux_copy_generic(pair.src.layout, pair.dst.layout, NULL);
		ck_assert_msg(result == -AML_EINVAL, RNG_FORMAT "in reverse, the copy returns %d",
			      RNG_ARGS(&rng), result);
		for (i = 0; i < 7; i++)
			target_dims[i] = i;
		result = aml_copy_layout_transform_generic(pair.dst.layout, pair.src.layout,
							   target_dims);
		ck_assert_msg(result == -AML_EINVAL, RNG_FORMAT "the transform returns %d",
			      RNG_ARGS(&rng), result);
		pair_check(&pair, &rng);
	}
}
END_TEST

START_TEST(flat_copies_of_all_small_sizes)
{
	struct rng rng = {0};

	for (size_t size = 1; size <= 600; size++) {
		struct guard from, to;

		rng_start(&rng, size);
		guard_create(&from, size, &rng);
		guard_create(&to, size, &rng);
		memcpy(to.expected, from.data, size);
		ck_assert_int_eq(aml_dma_linux_memcpy_op((struct aml_layout *)to.data,
							 (struct aml_layout *)from.data,
							 (void *)size),
				 AML_SUCCESS);
		guard_assert(&to, &rng);
		guard_destroy(&to);
		guard_destroy(&from);
	}
}
END_TEST

SUITE("copy/random", copies_match_the_oracle, synchronous_copies_on_engines_match_the_oracle,
      bursts_of_copies_without_their_layouts_match_the_oracle,
      copies_of_64_dimensions_match_the_oracle, transforms_match_the_oracle,
      what_does_not_match_is_refused_and_nothing_is_written, flat_copies_of_all_small_sizes)
