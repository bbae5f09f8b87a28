/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Copies of shapes that are common in programs: transpositions, rows, fields and planes. The
 * special kernels make these copies. Some copies are small; others are large enough to be split
 * among workers. The results are compared with plain loops.
 */
#include "random.h"
#include "shape.h"
#include "suite.h"
#include "tool.h"

static const size_t element_sizes[] = {1, 2, 4, 8, 16, 3, 6, 12, 24, 32};

#define ELEMENT_SIZES (sizeof(element_sizes) / sizeof(*element_sizes))

START_TEST(small_transpositions)
{
	struct rng rng = {0};

	shape_start_engines();
	while (rng_next_case(&rng, 2000)) {
		size_t h = rng_range(&rng, 1, rng_chance(&rng, 80) ? 40 : 200);
		size_t w = rng_range(&rng, 1, 40);
		struct test_shape shape =
			shape_transposition(element_sizes[rng_below(&rng, ELEMENT_SIZES)], h, w,
					    h + rng_below(&rng, 4), w + rng_below(&rng, 4));

		shape_run(&shape, &rng);
	}
	shape_stop_engines();
}
END_TEST

/* Contract: COPY-1. */
START_TEST(large_transpositions)
{
	/* Tall and wide; extents that are powers of two, and others. */
	static const size_t sizes[][2] = {
		{1024, 1024}, {1000, 1031}, {64, 8192}, {8192, 64},  {100000, 3},
		{3, 100000},  {100001, 2},  {4, 99999}, {517, 1025}, {2048, 65},
	};
	struct rng rng = {0};

	shape_start_engines();
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		for (size_t e = 0; e < 6; e++) {
			struct test_shape shape =
				shape_transposition(element_sizes[e], sizes[i][0], sizes[i][1],
						    sizes[i][0], sizes[i][1]);

			if (!effort_has(6 * i + e, 60))
				continue;
			rng_start(&rng, 10 * i + e);
			shape_run(&shape, &rng);
		}
	}
	shape_stop_engines();
}
END_TEST

/* Up to some more elements than are copied one by one, with gaps and in any order. */
START_TEST(few_elements)
{
	struct rng rng = {0};

	shape_start_engines();
	while (rng_next_case(&rng, 3000)) {
		struct test_shape shape = {.element_size =
						   element_sizes[rng_below(&rng, ELEMENT_SIZES)],
					   .ndims = rng_range(&rng, 1, SHAPE_NDIMS)};
		size_t *const sides[] = {shape.dst, shape.src};
		size_t left = rng_chance(&rng, 50) ? 24 : 200;

		for (size_t i = 0; i < shape.ndims; i++) {
			size_t most = rng_chance(&rng, 80) ? 6 : 20;

			shape.dims[i] = rng_range(&rng, 1, left < most ? left : most);
			left /= shape.dims[i];
		}
		for (size_t k = 0; k < 2; k++) {
			size_t order[SHAPE_NDIMS], unit = rng_range(&rng, 1, 3);

			rng_permutation(&rng, shape.ndims, order);
			for (size_t i = 0; i < shape.ndims; i++) {
				sides[k][order[i]] = unit;
				unit = unit * shape.dims[order[i]] + rng_below(&rng, 2);
			}
		}
		shape_run(&shape, &rng);
	}
	shape_stop_engines();
}
END_TEST

START_TEST(reversed_and_rotated_dimensions)
{
	struct rng rng = {0};

	shape_start_engines();
	while (rng_next_case(&rng, 250)) {
		size_t ndims = rng_range(&rng, 3, 4), permutation[SHAPE_NDIMS], unit = 1;
		bool large = rng_chance(&rng, 5);
		struct test_shape shape = {.element_size =
						   element_sizes[rng_below(&rng, ELEMENT_SIZES)],
					   .ndims = ndims};

		for (size_t i = 0; i < ndims; i++) {
			shape.dims[i] = rng_range(&rng, 1, large ? 150 / ndims : 14);
			shape.dst[i] = unit;
			unit *= shape.dims[i] + (rng_chance(&rng, 20) ? 1 : 0);
			permutation[i] = ndims - 1 - i;
		}
		if (rng_chance(&rng, 60))
			rng_permutation(&rng, ndims, permutation);
		unit = 1;
		for (size_t i = 0; i < ndims; i++) {
			shape.src[permutation[i]] = unit;
			unit *= shape.dims[permutation[i]] + (rng_chance(&rng, 20) ? 1 : 0);
		}
		shape_run(&shape, &rng);
	}
	shape_stop_engines();
}
END_TEST

START_TEST(flat_copies_around_the_sizes_of_parts_and_caches)
{
	static const size_t sizes[] = {1 << 12, 1 << 16, 1 << 18, 1 << 19,
				       1 << 20, 3 << 20, 1 << 23};
	struct rng rng = {0};

	shape_start_engines();
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		for (size_t k = 0; k < 5; k++) {
			struct test_shape shape = {1, 1, {sizes[i] + k - 2}, {1}, {1}};

			if (!effort_has(5 * i + k, 35))
				continue;
			rng_start(&rng, 10 * i + k);
			if (k == 4)
				shape.dims[0] += rng_below(&rng, 4096);
			shape_run(&shape, &rng);
		}
	}
	shape_stop_engines();
}
END_TEST

/* Contract: COPY-1. */
START_TEST(rows_of_a_wider_array)
{
	static const size_t rows[] = {1,  2,   3,   4,   5,   7,    8,    9,    12,
				      16, 17,  24,  31,  32,  33,   48,   63,   64,
				      65, 100, 127, 128, 255, 1000, 4096, 20000};
	struct rng rng = {0};

	shape_start_engines();
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		for (size_t k = 0; k < 6; k++) {
			struct test_shape shape = {1, 2, {rows[i]}, {1}, {1}};

			if (!effort_has(6 * i + k, 156))
				continue;
			rng_start(&rng, 10 * i + k);
			shape.dims[1] = rng_range(&rng, 1, k < 4 ? 50 : 1000000 / rows[i] + 1);
			shape.dst[1] = rows[i] + rng_below(&rng, 70);
			shape.src[1] = rows[i] + rng_below(&rng, 70);
			/* Rows of the source overlap. */
			if (k == 3)
				shape.src[1] = rng_below(&rng, rows[i]);
			shape_run(&shape, &rng);
		}
	}
	shape_stop_engines();
}
END_TEST

START_TEST(few_long_rows)
{
	struct rng rng = {0};

	/* There are fewer rows than parts in a row. */
	shape_start_engines();
	while (rng_next_case(&rng, 12)) {
		size_t width = rng_range(&rng, 600000, 1500000), gap = rng_below(&rng, 100);
		struct test_shape shape = {1,
					   2,
					   {width, rng_range(&rng, 2, 5)},
					   {1, width + gap},
					   {1, width + rng_below(&rng, 100)}};

		shape_run(&shape, &rng);
	}
	shape_stop_engines();
}
END_TEST

/* Contract: COPY-1. */
START_TEST(strided_elements)
{
	struct rng rng = {0};

	shape_start_engines();
	while (rng_next_case(&rng, 600)) {
		size_t n = rng_range(&rng, 1, rng_chance(&rng, 95) ? 300 : 300000);
		struct test_shape shape = {
			element_sizes[rng_below(&rng, ELEMENT_SIZES)], 1, {n}, {1}, {1}};

		/* Steps in the source, in the destination, or in both; now and then large steps. */
		if (rng_chance(&rng, 66))
			shape.src[0] = rng_below(&rng, 9);
		if (rng_chance(&rng, 50))
			shape.dst[0] = rng_range(&rng, 1, 8);
		if (rng_chance(&rng, 10) && n <= 300)
			shape.src[0] = rng_range(&rng, 500, 600);
		shape_run(&shape, &rng);
	}
	shape_stop_engines();
}
END_TEST

/* Contract: COPY-1. */
START_TEST(fields_of_structures)
{
	struct rng rng = {0};

	/* From n structures with w fields to w arrays, and back. */
	shape_start_engines();
	while (rng_next_case(&rng, 600)) {
		size_t n = rng_range(&rng, 1, rng_chance(&rng, 95) ? 200 : 100000);
		size_t w = rng_range(&rng, 2, 9);
		struct test_shape shape = {element_sizes[rng_below(&rng, ELEMENT_SIZES)],
					   2,
					   {n, w},
					   {1, n + rng_below(&rng, 2)},
					   {w + rng_below(&rng, 2), 1}};

		if (rng_chance(&rng, 50)) {
			struct test_shape there = shape;

			memcpy(shape.dst, there.src, sizeof(shape.dst));
			memcpy(shape.src, there.dst, sizeof(shape.src));
		}
		shape_run(&shape, &rng);
	}
	shape_stop_engines();
}
END_TEST

SUITE("copy/shapes", few_elements, small_transpositions, large_transpositions,
      reversed_and_rotated_dimensions, flat_copies_around_the_sizes_of_parts_and_caches,
      rows_of_a_wider_array, few_long_rows, strided_elements, fields_of_structures)
