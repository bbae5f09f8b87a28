/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The kernels of numbers, compared with exact arithmetic: every conversion and every reduction,
 * with edges of every type, with all numbers of 8 and 16 bits, and with arrays of any length and
 * alignment. tests/copy/isa.sh runs them with each instruction set.
 */
#include <float.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <aml/dma/operators.h>

#include "guard.h"
#include "kernels/numbers.h"
#include "numbers.h"
#include "random.h"
#include "suite.h"
#include "tool.h"

/* The longest array of a generated case, in numbers. */
#define LENGTH_MAX 70

/* All numbers of 16 bits. */
#define HALVES 65536

static const int unknown[] = {-1, EXACT_TYPES, INT_MAX, INT_MIN};

START_TEST(each_type_has_its_size)
{
	for (int type = 0; type < EXACT_TYPES; type++) {
		ck_assert_uint_eq(number_bytes(type), exact_bytes(type));
		ck_assert_int_eq(number_is_float(type), exact_is_float(type));
	}
	for (size_t i = 0; i < sizeof(unknown) / sizeof(*unknown); i++) {
		ck_assert_uint_eq(number_bytes(unknown[i]), 0);
		ck_assert(!number_is_float(unknown[i]));
		ck_assert(numbers_convert(unknown[i], AML_DMA_F32) == NULL);
		ck_assert(numbers_convert(AML_DMA_F32, unknown[i]) == NULL);
		for (int overwrites = 0; overwrites < 2; overwrites++) {
			ck_assert(numbers_reduce(unknown[i], AML_DMA_REDUCE_SUM, overwrites) ==
				  NULL);
			ck_assert(numbers_reduce(AML_DMA_I8, unknown[i], overwrites) == NULL);
		}
	}
	for (int type = 0; type < EXACT_TYPES; type++)
		for (int operation = 0; operation < EXACT_OPERATIONS; operation++)
			ck_assert_int_eq(numbers_reduce(type, operation, false) != NULL,
					 exact_has_operation(type, operation));
}
END_TEST

/* Whether the compiler's arithmetic has no excess precision, so that it can be compared with. */
#if defined(FLT_EVAL_METHOD) && FLT_EVAL_METHOD == 0
#define COMPILER_IS_EXACT 1
#else
#define COMPILER_IS_EXACT 0
#endif

static double double_of(uint64_t bits)
{
	double number;

	memcpy(&number, &bits, sizeof(number));
	return number;
}

static float float_of(uint64_t bits)
{
	uint32_t low = (uint32_t)bits;
	float number;

	memcpy(&number, &low, sizeof(number));
	return number;
}

static void expect_double(double number, uint64_t bits)
{
	uint64_t got;

	memcpy(&got, &number, sizeof(got));
	if (!exact_same(AML_DMA_F64, got, bits))
		ck_abort_msg("%a is not %a", number, double_of(bits));
}

static void expect_float(float number, uint64_t bits)
{
	uint32_t got;

	memcpy(&got, &number, sizeof(got));
	if (!exact_same(AML_DMA_F32, got, bits))
		ck_abort_msg("%a is not %a", (double)number, (double)float_of(bits));
}

static void compare_oracle(struct rng *rng)
{
	uint64_t a = exact_random(AML_DMA_F64, rng), b = exact_random(AML_DMA_F64, rng);
	uint64_t c = exact_random(AML_DMA_F32, rng), d = exact_random(AML_DMA_F32, rng);
	uint64_t n = exact_random(AML_DMA_I64, rng);
	volatile double x = double_of(a), y = double_of(b);
	volatile float v = float_of(c), w = float_of(d);

	expect_double(x + y, exact_reduce(AML_DMA_F64, AML_DMA_REDUCE_SUM, a, b, 0, 0));
	expect_double(x * y, exact_reduce(AML_DMA_F64, AML_DMA_REDUCE_PROD, a, b, 0, 0));
	expect_float(v + w, exact_reduce(AML_DMA_F32, AML_DMA_REDUCE_SUM, c, d, 0, 0));
	expect_float(v * w, exact_reduce(AML_DMA_F32, AML_DMA_REDUCE_PROD, c, d, 0, 0));
	expect_float((float)x, exact_convert(AML_DMA_F32, AML_DMA_F64, a));
	expect_double((double)v, exact_convert(AML_DMA_F64, AML_DMA_F32, c));
	expect_double((double)(int64_t)n, exact_convert(AML_DMA_F64, AML_DMA_I64, n));
	expect_double((double)n, exact_convert(AML_DMA_F64, AML_DMA_U64, n));
	expect_float((float)(int64_t)n, exact_convert(AML_DMA_F32, AML_DMA_I64, n));
	expect_float((float)n, exact_convert(AML_DMA_F32, AML_DMA_U64, n));
	if (x > -0x1p63 && x < 0x1p63 &&
	    (uint64_t)(int64_t)x != exact_convert(AML_DMA_I64, AML_DMA_F64, a))
		ck_abort_msg("%a as an integer", x);
	if (v > -1 && v < 0x1p64f && (uint64_t)v != exact_convert(AML_DMA_U64, AML_DMA_F32, c))
		ck_abort_msg("%a as an integer", (double)v);
}

/* The oracle is right where the compiler can compute the same. */
START_TEST(the_oracle_agrees_with_the_compiler)
{
	struct rng rng = {0};

	while (COMPILER_IS_EXACT && rng_next_case(&rng, 300000))
		compare_oracle(&rng);
}
END_TEST

/* The oracle's results that the compiler cannot compute, written out. */
START_TEST(the_oracle_knows_short_numbers)
{
	static const struct {
		int dst_type, src_type;
		uint64_t dst, src;
	} known[] = {
		{AML_DMA_F16, AML_DMA_U32, 0x7bff, 65519},
		{AML_DMA_F16, AML_DMA_U32, 0x7c00, 65520},
		{AML_DMA_F16, AML_DMA_I32, 0xfbff, (uint32_t)-65519},
		{AML_DMA_F16, AML_DMA_I32, 0xfc00, (uint32_t)-65520},
		{AML_DMA_F16, AML_DMA_U16, 0x6800, 2048},
		{AML_DMA_F16, AML_DMA_U16, 0x6800, 2049},
		{AML_DMA_F16, AML_DMA_U16, 0x6802, 2051},
		{AML_DMA_F16, AML_DMA_F32, 0x0000, 0x33000000},
		{AML_DMA_F16, AML_DMA_F32, 0x0001, 0x33000001},
		{AML_DMA_F16, AML_DMA_F32, 0x8002, 0xb3c00000},
		{AML_DMA_BF16, AML_DMA_F32, 0x3f80, 0x3f808000},
		{AML_DMA_BF16, AML_DMA_F32, 0x3f81, 0x3f808001},
		{AML_DMA_BF16, AML_DMA_F32, 0x3f82, 0x3f818000},
		{AML_DMA_BF16, AML_DMA_F32, 0x7f80, 0x7f7fffff},
		/* 1 + 2^-8 + 2^-53 is not halfway between two numbers, but is if rounded to f32. */
		{AML_DMA_BF16, AML_DMA_F64, 0x3f81, 0x3ff0100000000001},
		{AML_DMA_F16, AML_DMA_F64, 0x3c01, 0x3ff0020000000001},
		{AML_DMA_BF16, AML_DMA_U64, 0x5f01, 0x8080000000000001},
		{AML_DMA_F32, AML_DMA_F16, 0x33800000, 0x0001},
		{AML_DMA_F32, AML_DMA_BF16, 0x80010000, 0x8001},
		{AML_DMA_I8, AML_DMA_F16, 0x80, 0xfc00},
		{AML_DMA_U8, AML_DMA_F16, 0, 0xfc00},
		{AML_DMA_U8, AML_DMA_F64, 0, 0xbfefffffffffffff},
		{AML_DMA_U64, AML_DMA_F32, UINT64_MAX, 0x7f800000},
		{AML_DMA_I64, AML_DMA_F32, INT64_MAX, 0x5f000000},
		{AML_DMA_I64, AML_DMA_BF16, 0, 0x7f81},
		{AML_DMA_I8, AML_DMA_I64, 0x80, (uint64_t)-129},
		{AML_DMA_U64, AML_DMA_I8, 0, 0xff},
		{AML_DMA_I32, AML_DMA_U32, INT32_MAX, UINT32_MAX},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		ck_assert_msg(exact_convert(known[i].dst_type, known[i].src_type, known[i].src) ==
				      known[i].dst,
			      "known result %zu", i);
}
END_TEST

/* Random numbers of a type. */
static void fill_numbers(struct guard *memory, int type, struct rng *rng)
{
	for (size_t at = 0; at < memory->size; at += exact_bytes(type))
		exact_store(type, memory->data + at, exact_random(type, rng));
	memcpy(memory->expected, memory->data, memory->size);
}

/* Convert n numbers from `src` to `dst`, and compare each. The arrays may be the same. */
static void convert_numbers(int dst_type, int src_type, void *dst, const void *src, size_t n)
{
	convert_fn convert = numbers_convert(dst_type, src_type);
	unsigned char *copy = malloc(n * exact_bytes(src_type) + 1);

	ck_assert(convert != NULL && copy != NULL);
	memcpy(copy, src, n * exact_bytes(src_type));
	convert(dst, src, n);
	for (size_t i = 0; i < n; i++) {
		uint64_t number = exact_load(src_type, copy + i * exact_bytes(src_type));
		uint64_t wanted = exact_convert(dst_type, src_type, number);
		uint64_t got =
			exact_load(dst_type, (unsigned char *)dst + i * exact_bytes(dst_type));

		/* Check's assertions are slow, so that they are only called for a failure. */
		if (!exact_same(dst_type, wanted, got))
			ck_abort_msg("%s of %s %#jx is %#jx, not %#jx", exact_name(dst_type),
				     exact_name(src_type), (uintmax_t)number, (uintmax_t)got,
				     (uintmax_t)wanted);
	}
	free(copy);
}

/* Contract: OPERATOR-9. */
START_TEST(edges_convert)
{
	static uint64_t edges[EXACT_EDGES_MAX];
	static unsigned char src[8 * EXACT_EDGES_MAX], dst[8 * EXACT_EDGES_MAX];

	for (int src_type = 0; src_type < EXACT_TYPES; src_type++) {
		size_t n = exact_edges(src_type, edges);

		for (size_t i = 0; i < n; i++)
			exact_store(src_type, src + i * exact_bytes(src_type), edges[i]);
		for (int dst_type = 0; dst_type < EXACT_TYPES; dst_type++)
			convert_numbers(dst_type, src_type, dst, src, n);
	}
}
END_TEST

/* Contract: OPERATOR-9. */
START_TEST(all_short_numbers_convert_and_back)
{
	static unsigned char src[2 * HALVES], dst[8 * HALVES], back[2 * HALVES];

	for (int src_type = 0; src_type < EXACT_TYPES; src_type++) {
		size_t size = exact_bytes(src_type), n = size == 1 ? 256 : HALVES;

		if (size > 2)
			continue;
		for (size_t i = 0; i < n; i++)
			exact_store(src_type, src + i * size, i);
		for (int dst_type = 0; dst_type < EXACT_TYPES; dst_type++) {
			if (!effort_has((size_t)dst_type, EXACT_TYPES))
				continue;
			convert_numbers(dst_type, src_type, dst, src, n);
			convert_numbers(src_type, dst_type, back, dst, n);
		}
	}
}
END_TEST

/* The longest array of all in numbers. */
#define ARRAY_MAX 3000

/* The guarded memory of a test, which its cases share. */
static struct guard to, from;

static void create_memory(struct rng *rng)
{
	rng_start(rng, 0);
	guard_create(&to, 8 * ARRAY_MAX, rng);
	guard_create(&from, 8 * ARRAY_MAX, rng);
	rng->started = false;
}

static void destroy_memory(void)
{
	guard_destroy(&to);
	guard_destroy(&from);
}

/* Convert random numbers in guarded memory. `in_place`: from the memory to itself. */
static void convert_guarded(struct rng *rng, int dst_type, int src_type, size_t n, bool in_place)
{
	const struct guard *source = in_place ? &to : &from;

	guard_replace(&to, n * exact_bytes(dst_type), rng);
	guard_replace(&from, n * exact_bytes(src_type), rng);
	fill_numbers(in_place ? &to : &from, src_type, rng);
	for (size_t i = 0; i < n; i++)
		exact_store(dst_type, to.expected + i * exact_bytes(dst_type),
			    exact_convert(dst_type, src_type,
					  exact_load(src_type,
						     source->data + i * exact_bytes(src_type))));
	numbers_convert(dst_type, src_type)(to.data, source->data, n);
	for (size_t at = 0; at < to.size; at += exact_bytes(dst_type))
		(void)exact_settle(dst_type, to.expected + at, to.data + at);
	ck_assert_msg(guard_intact(&to), RNG_FORMAT "%zu numbers, %s to %s: %s", RNG_ARGS(rng), n,
		      exact_name(src_type), exact_name(dst_type), guard_report(&to));
	guard_assert(&from, rng);
}

/* Contract: OPERATOR-9. */
START_TEST(arrays_of_any_length_convert)
{
	struct rng rng = {0};

	create_memory(&rng);
	while (rng_next_case(&rng, EXACT_TYPES * EXACT_TYPES * (LENGTH_MAX + 1))) {
		/* Each pair of types with each length: the number of lengths is prime. */
		uint64_t pair = rng.number % (EXACT_TYPES * EXACT_TYPES);
		uint64_t round = rng.number / (EXACT_TYPES * EXACT_TYPES);

		convert_guarded(&rng, (int)(pair % EXACT_TYPES), (int)(pair / EXACT_TYPES),
				(size_t)((31 * round + pair) % (LENGTH_MAX + 1)), false);
	}
	destroy_memory();
}
END_TEST

/* Contract: OPERATOR-9. */
START_TEST(long_arrays_convert)
{
	struct rng rng = {0};

	create_memory(&rng);
	while (rng_next_case(&rng, 4 * EXACT_TYPES * EXACT_TYPES))
		convert_guarded(&rng, (int)(rng.number % EXACT_TYPES),
				(int)(rng.number / EXACT_TYPES % EXACT_TYPES),
				rng_range(&rng, LENGTH_MAX, ARRAY_MAX), false);
	destroy_memory();
}
END_TEST

/* Contract: OPERATOR-9. */
START_TEST(arrays_convert_in_place)
{
	struct rng rng = {0};

	create_memory(&rng);
	while (rng_next_case(&rng, 30 * EXACT_TYPES * EXACT_TYPES)) {
		int dst_type = (int)(rng.number % EXACT_TYPES);
		int src_type = (int)(rng.number / EXACT_TYPES % EXACT_TYPES);

		if (exact_bytes(dst_type) == exact_bytes(src_type))
			convert_guarded(&rng, dst_type, src_type, rng_below(&rng, LENGTH_MAX + 1),
					true);
	}
	destroy_memory();
}
END_TEST

/* A reduction, and the operands beside the arrays. */
struct array_reduction {
	int type, operation;
	uint64_t alpha, beta;
};

static bool is_axpby(const struct array_reduction *r)
{
	return r->operation == AML_DMA_REDUCE_AXPBY;
}

/* Whether the reduction does not read its destination. */
static bool overwrites(const struct array_reduction *r)
{
	return is_axpby(r) && exact_is_zero(r->type, r->beta);
}

/* Reduce n numbers. alpha and beta lie at odd addresses. */
static void reduce_numbers(const struct array_reduction *r, void *dst, const void *src, size_t n)
{
	unsigned char alpha[9], beta[9];
	reduce_fn reduce = numbers_reduce(r->type, r->operation, overwrites(r));

	ck_assert(reduce != NULL);
	exact_store(r->type, alpha + 1, r->alpha);
	exact_store(r->type, beta + 1, r->beta);
	reduce(dst, src, n, is_axpby(r) ? alpha + 1 : NULL, is_axpby(r) ? beta + 1 : NULL);
}

static uint64_t expected_reduction(const struct array_reduction *r, uint64_t dst, uint64_t src)
{
	return exact_reduce(r->type, r->operation, dst, src, r->alpha, r->beta);
}

/* Combine each edge with `number`. */
static void reduce_edges(const struct array_reduction *r, const uint64_t *edges, size_t n,
			 uint64_t number)
{
	static unsigned char dst[8 * EXACT_EDGES_MAX], src[8 * EXACT_EDGES_MAX];
	size_t size = exact_bytes(r->type);

	for (size_t i = 0; i < n; i++) {
		exact_store(r->type, dst + i * size, edges[i]);
		exact_store(r->type, src + i * size, number);
	}
	reduce_numbers(r, dst, src, n);
	for (size_t i = 0; i < n; i++) {
		uint64_t wanted = expected_reduction(r, edges[i], number);
		uint64_t got = exact_load(r->type, dst + i * size);

		if (!exact_same(r->type, wanted, got))
			ck_abort_msg(
				"%s %s of %#jx and %#jx (alpha %#jx, beta %#jx) is %#jx, not %#jx",
				exact_name(r->type), exact_operation_name(r->operation),
				(uintmax_t)edges[i], (uintmax_t)number, (uintmax_t)r->alpha,
				(uintmax_t)r->beta, (uintmax_t)got, (uintmax_t)wanted);
	}
}

/* Combine pairs of edges; `most` of the second ones. */
static void reduce_pairs(const struct array_reduction *r, struct rng *rng, size_t most)
{
	static uint64_t edges[EXACT_EDGES_MAX];
	size_t n = exact_edges(r->type, edges);

	for (size_t i = 0; i < (n < most ? n : most); i++)
		reduce_edges(r, edges, n, edges[most < n ? rng_below(rng, n) : i]);
}

/* Contract: OPERATOR-10. */
START_TEST(pairs_of_edges_reduce)
{
	struct rng rng = {0};

	while (rng_next_case(&rng, EXACT_TYPES * EXACT_OPERATIONS)) {
		struct array_reduction r = {
			.type = (int)(rng.number % EXACT_TYPES),
			.operation = (int)(rng.number / EXACT_TYPES % EXACT_OPERATIONS)};

		if (exact_has_operation(r.type, r.operation) && !is_axpby(&r))
			reduce_pairs(&r, &rng, EXACT_EDGES_MAX);
	}
}
END_TEST

/* A factor: often 0, -0, 1 or -1. */
static uint64_t random_factor(int type, struct rng *rng)
{
	uint64_t zero = 0;

	switch (rng_below(rng, 6)) {
	case 0:
		return zero;
	case 1:
		/* -0, if there is one: the product of -1 and 0. */
		return exact_reduce(type, AML_DMA_REDUCE_PROD, zero,
				    exact_convert(type, AML_DMA_I8, 0xff), 0, 0);
	case 2:
		return exact_convert(type, AML_DMA_I8, rng_chance(rng, 50) ? 1 : 0xff);
	default:
		return exact_random(type, rng);
	}
}

/* Contract: OPERATOR-10. */
START_TEST(pairs_of_edges_reduce_with_factors)
{
	struct rng rng = {0};

	while (rng_next_case(&rng, 40 * EXACT_TYPES)) {
		struct array_reduction r = {.type = (int)(rng.number % EXACT_TYPES),
					    .operation = AML_DMA_REDUCE_AXPBY};

		r.alpha = random_factor(r.type, &rng);
		r.beta = random_factor(r.type, &rng);
		reduce_pairs(&r, &rng, 20);
	}
}
END_TEST

/* Reduce random numbers in guarded memory. `in_place`: the source is the destination. */
static void reduce_guarded(struct rng *rng, const struct array_reduction *r, size_t n,
			   bool in_place)
{
	size_t size = exact_bytes(r->type);

	guard_replace(&to, n * size, rng);
	guard_replace(&from, n * size, rng);
	fill_numbers(&to, r->type, rng);
	fill_numbers(&from, r->type, rng);
	for (size_t at = 0; at < to.size; at += size) {
		uint64_t old = exact_load(r->type, to.data + at);
		uint64_t other = in_place ? old : exact_load(r->type, from.data + at);

		exact_store(r->type, to.expected + at, expected_reduction(r, old, other));
	}
	reduce_numbers(r, to.data, in_place ? to.data : from.data, n);
	for (size_t at = 0; at < to.size; at += size)
		(void)exact_settle(r->type, to.expected + at, to.data + at);
	ck_assert_msg(guard_intact(&to), RNG_FORMAT "%zu numbers, %s of %s: %s", RNG_ARGS(rng), n,
		      exact_operation_name(r->operation), exact_name(r->type), guard_report(&to));
	guard_assert(&from, rng);
}

/* Contract: OPERATOR-10. */
START_TEST(arrays_of_any_length_reduce)
{
	struct rng rng = {0};

	create_memory(&rng);
	while (rng_next_case(&rng, 2 * EXACT_TYPES * EXACT_OPERATIONS * (LENGTH_MAX + 1))) {
		struct array_reduction r = {.type = (int)(rng.number % EXACT_TYPES)};
		uint64_t rest = rng.number / EXACT_TYPES;

		r.operation = (int)(rest % EXACT_OPERATIONS);
		rest /= EXACT_OPERATIONS;
		r.alpha = random_factor(r.type, &rng);
		r.beta = random_factor(r.type, &rng);
		if (exact_has_operation(r.type, r.operation))
			reduce_guarded(&rng, &r,
				       (size_t)((31 * rest + rng.number) % (LENGTH_MAX + 1)),
				       rng_chance(&rng, 25));
	}
	destroy_memory();
}
END_TEST

/* Contract: OPERATOR-10. */
START_TEST(long_arrays_reduce)
{
	struct rng rng = {0};

	create_memory(&rng);
	while (rng_next_case(&rng, 5 * EXACT_TYPES * EXACT_OPERATIONS)) {
		struct array_reduction r = {
			.type = (int)(rng.number % EXACT_TYPES),
			.operation = (int)(rng.number / EXACT_TYPES % EXACT_OPERATIONS)};

		r.alpha = random_factor(r.type, &rng);
		r.beta = random_factor(r.type, &rng);
		if (exact_has_operation(r.type, r.operation))
			reduce_guarded(&rng, &r, rng_range(&rng, LENGTH_MAX, ARRAY_MAX),
				       rng_chance(&rng, 25));
	}
	destroy_memory();
}
END_TEST

SUITE("kernels/numbers", each_type_has_its_size, the_oracle_agrees_with_the_compiler,
      the_oracle_knows_short_numbers, edges_convert, all_short_numbers_convert_and_back,
      arrays_of_any_length_convert, long_arrays_convert, arrays_convert_in_place,
      pairs_of_edges_reduce, pairs_of_edges_reduce_with_factors, arrays_of_any_length_reduce,
      long_arrays_reduce)
