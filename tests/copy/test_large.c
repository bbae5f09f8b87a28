/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Copies larger than half of most last-level caches, so that the library bypasses the caches. Each
 * copy has many parts, with and without alignment. The results are compared with plain loops. The
 * tests are too slow for valgrind.
 */
#include "random.h"
#include "shape.h"
#include "suite.h"
#include "tool.h"

/* The least number of bytes that a copy moves. */
#define PAYLOAD ((size_t)17 << 20)

/* Copy the shape a few times, each time with other addresses and another way to copy. */
static void run(struct test_shape shape, uint64_t number)
{
	struct rng rng = {0};

	shape_start_engines();
	for (uint64_t i = 0; i < effort(3); i++) {
		rng_start(&rng, 10 * number + i);
		shape_run(&shape, &rng);
	}
	shape_stop_engines();
}

START_TEST(flat)
{
	run((struct test_shape){1, 1, {PAYLOAD + 77}, {1}, {1}}, 0);
}
END_TEST

START_TEST(long_rows)
{
	run((struct test_shape){1, 2, {32768, PAYLOAD / 32768 + 1}, {1, 32768}, {1, 40000}}, 1);
	run((struct test_shape){1, 2, {32001, PAYLOAD / 32001 + 1}, {1, 33000}, {1, 32001}}, 2);
}
END_TEST

START_TEST(short_rows)
{
	run((struct test_shape){4, 2, {25, PAYLOAD / 100 + 1}, {1, 25}, {1, 31}}, 3);
	run((struct test_shape){4, 2, {16, PAYLOAD / 64 + 1}, {1, 16}, {1, 17}}, 4);
}
END_TEST

START_TEST(every_second_element)
{
	run((struct test_shape){8, 1, {PAYLOAD / 8 + 5}, {1}, {2}}, 5);
	run((struct test_shape){8, 1, {PAYLOAD / 8 + 5}, {2}, {1}}, 6);
}
END_TEST

START_TEST(one_field_of_a_structure)
{
	run((struct test_shape){4, 1, {PAYLOAD / 4 + 5}, {1}, {4}}, 7);
	run((struct test_shape){16, 1, {PAYLOAD / 16 + 5}, {1}, {3}}, 8);
}
END_TEST

START_TEST(planes_of_pixels)
{
	const size_t n = PAYLOAD / 3 + 1;

	run((struct test_shape){1, 2, {n, 3}, {1, n}, {3, 1}}, 9);
	run((struct test_shape){1, 2, {n, 3}, {3, 1}, {1, n}}, 10);
}
END_TEST

START_TEST(transpositions_of_small_elements)
{
	run(shape_transposition(1, 4099, 4351, 4099, 4351), 11);
	run(shape_transposition(2, 3000, 3001, 3000, 3001), 12);
}
END_TEST

START_TEST(transpositions_of_words)
{
	run(shape_transposition(4, 2048, 2304, 2048, 2304), 13);
	run(shape_transposition(4, 2111, 2222, 2115, 2223), 14);
	run(shape_transposition(8, 1500, 1501, 1500, 1501), 15);
}
END_TEST

START_TEST(transpositions_of_large_elements)
{
	run(shape_transposition(16, 1024, 1100, 1024, 1100), 16);
	run(shape_transposition(24, 900, 901, 900, 901), 17);
}
END_TEST

START_TEST(reversed_dimensions)
{
	run((struct test_shape){8, 3, {131, 131, 131}, {1, 131, 17161}, {17161, 131, 1}}, 18);
	run((struct test_shape){4, 3, {167, 163, 165}, {1, 167, 27221}, {163, 1, 27221}}, 19);
	run((struct test_shape){8, 4, {39, 39, 39, 39}, {1, 39, 1521, 59319}, {59319, 1521, 39, 1}},
	    20);
}
END_TEST

SUITE("copy/large", flat, long_rows, short_rows, every_second_element, one_field_of_a_structure,
      planes_of_pixels, transpositions_of_small_elements, transpositions_of_words,
      transpositions_of_large_elements, reversed_dimensions)
