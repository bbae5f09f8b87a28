/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Copies to and from reshape layouts whose extents do not divide each other. Both sides have the
 * same prime factors, in different orders and groups, with gaps and strides. The test build of the
 * library splits small copies into parts, which begin anywhere in a period.
 */
#include <aml.h>
#include <aml/dma/linux.h>

#include "guard.h"
#include "made.h"
#include "oracle.h"
#include "random.h"
#include "suite.h"

#define COLUMN AML_LAYOUT_ORDER_COLUMN_MAJOR
#define FACTORS_MAX 7

/* A side in native order: a dense layout of these extents. */
struct walk_sample {
	size_t ndims, dims[FACTORS_MAX], stride[FACTORS_MAX], pitch[FACTORS_MAX];
	size_t span;
	struct guard memory;
	struct aml_layout *layout;
	struct oracle oracle;
};

/* Group the factors in random order to extents. Element 0 is contiguous with the next, mostly. */
static void sample_random(struct walk_sample *s, struct rng *rng, size_t size, size_t n,
			  const size_t *factors)
{
	size_t order[FACTORS_MAX], unit = size;

	rng_permutation(rng, n, order);
	s->ndims = 0;
	for (size_t i = 0; i < n; i++) {
		if (i == 0 || rng_chance(rng, 70))
			s->dims[s->ndims++] = factors[order[i]];
		else
			s->dims[s->ndims - 1] *= factors[order[i]];
	}
	s->span = size;
	for (size_t i = 0; i < s->ndims; i++) {
		s->stride[i] = rng_chance(rng, 80) ? 1 : 2;
		s->pitch[i] = s->stride[i] * s->dims[i] + rng_below(rng, 3);
		s->span += (s->dims[i] - 1) * s->stride[i] * unit;
		unit *= s->pitch[i];
	}
	guard_create(&s->memory, s->span, rng);
	s->layout = new_dense(s->memory.data, COLUMN, size, s->ndims, s->dims, s->stride, s->pitch);
	oracle_dense(&s->oracle, s->memory.data, COLUMN, size, s->ndims, s->dims, s->stride,
		     s->pitch);
}

/* Give a side the extents of the other side. */
static void sample_reshape(struct walk_sample *s, const struct walk_sample *like)
{
	struct oracle reshaped;

	s->layout = new_reshape(s->layout, COLUMN, like->ndims, like->dims);
	oracle_reshape(&reshaped, &s->oracle, COLUMN, like->ndims, like->dims);
	oracle_destroy(&s->oracle);
	s->oracle = reshaped;
}

static void sample_end(struct walk_sample *s, const struct rng *rng)
{
	guard_assert(&s->memory, rng);
	guard_destroy(&s->memory);
	oracle_destroy(&s->oracle);
	aml_layout_destroy(&s->layout);
}

/* Some factors that give a few to some thousand elements. */
static size_t random_factors(struct rng *rng, size_t *factors)
{
	static const size_t primes[] = {2, 2, 2, 3, 3, 5, 7, 11, 13};
	size_t n = rng_range(rng, 2, FACTORS_MAX), left = rng_chance(rng, 10) ? 60000 : 4000;

	for (size_t i = 0; i < n; i++) {
		factors[i] = primes[rng_below(rng, sizeof(primes) / sizeof(*primes))];
		if (rng_chance(rng, 15))
			factors[i] = rng_range(rng, 14, 600);
		if (factors[i] > left)
			return i > 1 ? i : 2;
		left /= factors[i];
	}
	return n;
}

static int copy_somehow(struct aml_dma *dma, struct aml_layout *dst, struct aml_layout *src,
			struct rng *rng)
{
	struct aml_dma_request *request;
	int result;

	if (rng_chance(rng, 50))
		return aml_dma_copy(dma, dst, src);
	result = aml_dma_async_copy(dma, &request, dst, src);
	return result == AML_SUCCESS ? aml_dma_wait(dma, &request) : result;
}

/* Copy, compare the result with the oracle, and release both samples. */
static void copy_and_end(struct aml_dma *dma, struct walk_sample *dst, struct walk_sample *src,
			 struct rng *rng)
{
	int result;

	oracle_copy(&dst->oracle, &src->oracle, &dst->memory);
	result = copy_somehow(dma, dst->layout, src->layout, rng);
	ck_assert_msg(result == AML_SUCCESS, RNG_FORMAT "the copy returns %d", RNG_ARGS(rng),
		      result);
	sample_end(dst, rng);
	sample_end(src, rng);
}

/* Contract: COPY-1. */
START_TEST(extents_that_do_not_divide)
{
	static const size_t sizes[] = {1, 2, 3, 4, 4, 8, 8, 12, 16, 24, 40};
	struct aml_dma *dma = new_engine(2);
	struct rng rng = {0};

	while (rng_next_case(&rng, 3000)) {
		size_t size = sizes[rng_below(&rng, sizeof(sizes) / sizeof(*sizes))];
		size_t factors[FACTORS_MAX] = {1, 1}, n = random_factors(&rng, factors);
		struct walk_sample dst, src;

		sample_random(&dst, &rng, size, n, factors);
		sample_random(&src, &rng, size, n, factors);
		if (rng_chance(&rng, 50))
			sample_reshape(&src, &dst);
		else
			sample_reshape(&dst, &src);
		copy_and_end(dma, &dst, &src, &rng);
	}
	destroy_engine(&dma);
}
END_TEST

/* Many periods of each two short rows, and rows of which one is much longer. */
START_TEST(two_factors)
{
	struct aml_dma *dma = new_engine(2);
	struct rng rng = {0};

	while (rng_next_case(&rng, 600)) {
		size_t size = (size_t)1 << rng_below(&rng, 5);
		size_t a = rng_range(&rng, 2, 9), b = rng_range(&rng, 2, 9);
		size_t rows = rng_range(&rng, 1, 200);
		struct walk_sample dst, src;

		if (rng_chance(&rng, 30))
			*(rng_chance(&rng, 50) ? &a : &b) = rng_range(&rng, 100, 900);
		rows = a * b * rows > 40000 ? 1 : rows;
		sample_random(&dst, &rng, size, 2, (size_t[]){a, b * rows});
		sample_random(&src, &rng, size, 2, (size_t[]){b, a * rows});
		sample_reshape(&src, &dst);
		copy_and_end(dma, &dst, &src, &rng);
	}
	destroy_engine(&dma);
}
END_TEST

SUITE("copy/walk", extents_that_do_not_divide, two_factors)
