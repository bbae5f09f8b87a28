/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The kernels that combine a transposed source with the destination, compared with exact
 * arithmetic: planes of any extents and steps, for the caches and for memory. tests/copy/isa.sh
 * runs them with each instruction set. A set without such kernels has nothing to test.
 */
#include <string.h>

#include <aml/dma/operators.h>

#include "guard.h"
#include "kernels/kernels.h"
#include "kernels/numbers.h"
#include "numbers.h"
#include "random.h"
#include "suite.h"

#define ROWS_MAX 150
#define COLUMNS_MAX 40
#define GAP_MAX 3     /* elements between rows */
#define LINE_BYTES 64 /* that `far` kernels stream */

/* A plane of random numbers. Column c of row r of the source is element r of row c of the
 * destination. */
struct plane {
	struct guard dst, src;
	int dst_type, src_type;
	size_t dst_bytes, src_bytes, rows, columns;
	char *first_dst, *first_src;
	ptrdiff_t dst_step, src_step;
};

/* Random numbers, not only random bits. */
static void fill_plane(struct guard *memory, int type, struct rng *rng)
{
	size_t bytes = exact_bytes(type);

	for (size_t i = 0; i + bytes <= memory->size; i += bytes)
		exact_store(type, memory->data + i, exact_random(type, rng));
	memcpy(memory->expected, memory->data, memory->size);
}

/* The step between rows of n elements, with gaps; negative in some cases. */
static ptrdiff_t random_step(size_t n, size_t bytes, struct rng *rng)
{
	ptrdiff_t step = (ptrdiff_t)((n + rng_below(rng, GAP_MAX + 1)) * bytes);

	return rng_chance(rng, 25) ? -step : step;
}

/* The bytes from the lowest to the highest row, of n rows. */
static size_t span_of(ptrdiff_t step, size_t n)
{
	return (size_t)(step < 0 ? -step : step) * (n - 1);
}

/* `far`: the rows of the destination begin at lines. */
static void make_plane(struct plane *plane, int dst_type, int src_type, bool far, struct rng *rng)
{
	size_t lines = LINE_BYTES / exact_bytes(dst_type), dst_row, src_row;
	size_t least = COMBINE_ROWS_BYTES / exact_bytes(src_type);

	plane->dst_type = dst_type;
	plane->src_type = src_type;
	plane->dst_bytes = exact_bytes(dst_type);
	plane->src_bytes = exact_bytes(src_type);
	plane->rows = rng_range(rng, least, ROWS_MAX);
	plane->columns = rng_range(rng, COMBINE_COLUMNS_BYTES / plane->src_bytes, COLUMNS_MAX);
	plane->src_step = random_step(plane->columns, plane->src_bytes, rng);
	plane->dst_step = random_step(far ? (plane->rows + lines - 1) / lines * lines : plane->rows,
				      plane->dst_bytes, rng);
	if (far)
		plane->dst_step -= plane->dst_step % LINE_BYTES;
	dst_row = plane->rows * plane->dst_bytes;
	src_row = plane->columns * plane->src_bytes;
	guard_create(&plane->src, span_of(plane->src_step, plane->rows) + src_row, rng);
	/* A line more, so that rows can begin at lines. */
	guard_create(&plane->dst,
		     span_of(plane->dst_step, plane->columns) + dst_row + (far ? LINE_BYTES : 0),
		     rng);
	fill_plane(&plane->src, src_type, rng);
	fill_plane(&plane->dst, dst_type, rng);
	plane->first_src = (char *)plane->src.data;
	if (plane->src_step < 0)
		plane->first_src += span_of(plane->src_step, plane->rows);
	plane->first_dst = (char *)plane->dst.data;
	if (far)
		plane->first_dst += -(size_t)plane->dst.data % LINE_BYTES;
	if (plane->dst_step < 0)
		plane->first_dst += span_of(plane->dst_step, plane->columns);
}

static void destroy_plane(struct plane *plane)
{
	guard_destroy(&plane->dst);
	guard_destroy(&plane->src);
}

static char *dst_at(const struct plane *plane, size_t row, size_t column)
{
	return plane->first_dst + (ptrdiff_t)column * plane->dst_step + row * plane->dst_bytes;
}

static char *src_at(const struct plane *plane, size_t row, size_t column)
{
	return plane->first_src + (ptrdiff_t)row * plane->src_step + column * plane->src_bytes;
}

/* Where the number at `at` in the destination is in the expected content. */
static void *expected_at(const struct plane *plane, const char *at)
{
	return plane->dst.expected + (at - (const char *)plane->dst.data);
}

static bool run(const struct plane *plane, combine_fn combine, const void *alpha, const void *beta,
		struct rng *rng)
{
	return combine(plane->first_dst, plane->dst_step, plane->first_src, plane->src_step,
		       plane->rows, plane->columns, rng_range(rng, 1, 9), alpha, beta);
}

/* A right result may be any quiet NaN instead of another. */
static void settle(struct plane *plane, struct rng *rng)
{
	for (size_t c = 0; c < plane->columns; c++)
		for (size_t r = 0; r < plane->rows; r++) {
			char *got = dst_at(plane, r, c);

			ck_assert_msg(exact_settle(plane->dst_type, expected_at(plane, got), got),
				      RNG_FORMAT "%s from %s: row %zu of %zu, column %zu of %zu",
				      RNG_ARGS(rng), exact_name(plane->dst_type),
				      exact_name(plane->src_type), r, plane->rows, c,
				      plane->columns);
		}
	guard_assert(&plane->dst, rng);
	guard_assert(&plane->src, rng);
}

static void convert_plane(int dst_type, int src_type, bool far, struct rng *rng)
{
	struct combine_kernels combine = combine_convert(dst_type, src_type);
	struct plane plane;

	if (far ? combine.far == NULL : combine.near == NULL)
		return;
	make_plane(&plane, dst_type, src_type, far, rng);
	for (size_t c = 0; c < plane.columns; c++)
		for (size_t r = 0; r < plane.rows; r++)
			exact_store(dst_type, expected_at(&plane, dst_at(&plane, r, c)),
				    exact_convert(dst_type, src_type,
						  exact_load(src_type, src_at(&plane, r, c))));
	ck_assert(run(&plane, far ? combine.far : combine.near, NULL, NULL, rng));
	settle(&plane, rng);
	destroy_plane(&plane);
}

/* Contract: OPERATOR-9. */
START_TEST(planes_convert)
{
	struct rng rng = {0};

	while (rng_next_case(&rng, 10 * EXACT_TYPES * EXACT_TYPES))
		convert_plane((int)(rng.number % EXACT_TYPES),
			      (int)(rng.number / EXACT_TYPES % EXACT_TYPES), rng_chance(&rng, 50),
			      &rng);
}
END_TEST

static void reduce_plane(int type, int operation, bool overwrites, bool far, struct rng *rng)
{
	struct combine_kernels combine = combine_reduce(type, operation, overwrites);
	bool has_factors = operation == AML_DMA_REDUCE_AXPBY;
	uint64_t alpha = exact_random(type, rng), beta = overwrites ? 0 : exact_random(type, rng);
	unsigned char numbers[2][9];
	struct plane plane;

	if (far ? combine.far == NULL : combine.near == NULL)
		return;
	if (exact_is_zero(type, beta) != overwrites)
		return;
	make_plane(&plane, type, type, far, rng);
	/* At odd addresses. */
	exact_store(type, numbers[0] + 1, alpha);
	exact_store(type, numbers[1] + 1, beta);
	for (size_t c = 0; c < plane.columns; c++)
		for (size_t r = 0; r < plane.rows; r++) {
			void *expected = expected_at(&plane, dst_at(&plane, r, c));

			exact_store(type, expected,
				    exact_reduce(type, operation, exact_load(type, expected),
						 exact_load(type, src_at(&plane, r, c)), alpha,
						 beta));
		}
	ck_assert(run(&plane, far ? combine.far : combine.near, has_factors ? numbers[0] + 1 : NULL,
		      has_factors ? numbers[1] + 1 : NULL, rng));
	settle(&plane, rng);
	destroy_plane(&plane);
}

/* Contract: OPERATOR-10. */
START_TEST(planes_reduce)
{
	struct rng rng = {0};

	while (rng_next_case(&rng, 20 * EXACT_TYPES * EXACT_OPERATIONS)) {
		int operation = (int)(rng.number / EXACT_TYPES % EXACT_OPERATIONS);
		bool overwrites = operation == AML_DMA_REDUCE_AXPBY && rng_chance(&rng, 50);

		reduce_plane((int)(rng.number % EXACT_TYPES), operation, overwrites,
			     overwrites && rng_chance(&rng, 50), &rng);
	}
}
END_TEST

/* Equal planes, but for one byte in some cases. Contract: OPERATOR-6. */
START_TEST(planes_compare)
{
	static const int types[] = {AML_DMA_U8, AML_DMA_U16, AML_DMA_U32, AML_DMA_U64};
	struct rng rng = {0};

	while (rng_next_case(&rng, 1200)) {
		int type = types[rng.number % 4];
		combine_fn combine = combine_equal(exact_bytes(type)).near;
		bool differs = rng_chance(&rng, 60);
		struct plane plane;

		if (combine == NULL)
			continue;
		make_plane(&plane, type, type, false, &rng);
		for (size_t c = 0; c < plane.columns; c++)
			for (size_t r = 0; r < plane.rows; r++)
				memcpy(dst_at(&plane, r, c), src_at(&plane, r, c), plane.dst_bytes);
		if (differs)
			*(dst_at(&plane, rng_below(&rng, plane.rows),
				 rng_below(&rng, plane.columns)) +
			  rng_below(&rng, plane.dst_bytes)) ^= (char)(1 << rng_below(&rng, 7));
		memcpy(plane.dst.expected, plane.dst.data, plane.dst.size);
		ck_assert_msg(run(&plane, combine, NULL, NULL, &rng) != differs,
			      RNG_FORMAT "%zu rows, %zu columns of %zu bytes", RNG_ARGS(&rng),
			      plane.rows, plane.columns, plane.dst_bytes);
		guard_assert(&plane.dst, &rng);
		destroy_plane(&plane);
	}
}
END_TEST

/* Rows of any length, equal but for one byte in some cases. Contract: OPERATOR-6. */
START_TEST(rows_compare)
{
	struct rng rng = {0};

	while (rng_next_case(&rng, 2000)) {
		size_t bytes = rng_below(&rng, 700), rows = rng_below(&rng, 8);
		size_t dst_step = bytes + rng_below(&rng, 70),
		       src_step = bytes + rng_below(&rng, 70);
		bool differs = bytes * rows > 0 && rng_chance(&rng, 60);
		size_t all = rows > 0 ? rows - 1 : 0;
		struct guard dst, src;

		guard_create(&dst, all * dst_step + bytes, &rng);
		guard_create(&src, all * src_step + bytes, &rng);
		for (size_t i = 0; i < rows; i++)
			memcpy(dst.data + i * dst_step, src.data + i * src_step, bytes);
		if (differs)
			dst.data[rng_below(&rng, rows) * dst_step + rng_below(&rng, bytes)] ^=
				(unsigned char)(1 << rng_below(&rng, 8));
		memcpy(dst.expected, dst.data, dst.size);
		ck_assert_msg(kernels()->equal((const char *)dst.data, (ptrdiff_t)dst_step,
					       (const char *)src.data, (ptrdiff_t)src_step, bytes,
					       rows) != differs,
			      RNG_FORMAT "%zu rows of %zu bytes", RNG_ARGS(&rng), rows, bytes);
		guard_assert(&dst, &rng);
		guard_destroy(&dst);
		guard_destroy(&src);
	}
}
END_TEST

START_TEST(there_is_no_kernel_for_what_is_unknown)
{
	ck_assert(combine_convert(-1, AML_DMA_F32).near == NULL);
	ck_assert(combine_convert(AML_DMA_F32, EXACT_TYPES).near == NULL);
	ck_assert(combine_reduce(-1, AML_DMA_REDUCE_SUM, false).near == NULL);
	ck_assert(combine_reduce(EXACT_TYPES, AML_DMA_REDUCE_SUM, false).near == NULL);
	ck_assert(combine_reduce(AML_DMA_F32, -1, false).near == NULL);
	ck_assert(combine_reduce(AML_DMA_F32, AML_DMA_REDUCE_AND, false).near == NULL);
	ck_assert(combine_equal(3).near == NULL);
	ck_assert(combine_equal(16).near == NULL);
}
END_TEST

SUITE("kernels/combine", planes_convert, planes_reduce, planes_compare, rows_compare,
      there_is_no_kernel_for_what_is_unknown)
