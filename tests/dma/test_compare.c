/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * aml_dma_linux_compare(): generated pairs of layouts of every kind, which are nearly equal. The
 * expected differences are counted by a loop over the addresses of the elements. The library for
 * tests has small parts, so that many of the requests have several.
 */
#include <aml.h>
#include <aml/dma/completion.h>
#include <aml/dma/linux.h>
#include <aml/dma/operators.h>
#include <aml/layout/pad.h>
#include <string.h>

#include "made.h"
#include "number_sides.h"
#include "suite.h"
#include "user_layout.h"
#include "ways.h"

#define ROW AML_LAYOUT_ORDER_ROW_MAJOR

typedef struct aml_dma_linux_difference difference;

/* A structure that no comparison has written. */
static difference unwritten(void)
{
	difference d = AML_DMA_LINUX_DIFFERENCE_INIT;

	d.count = 77;
	for (size_t i = 0; i < AML_LAYOUT_NDIMS_MAX; i++)
		d.coords[i] = 1000 + i;
	return d;
}

static bool is_unwritten(const difference *d)
{
	difference wanted = unwritten();

	return memcmp(d, &wanted, sizeof(wanted)) == 0;
}

/* Compare the elements of two oracles. */
static difference expected_difference(const struct oracle *a, const struct oracle *b)
{
	difference d = AML_DMA_LINUX_DIFFERENCE_INIT;
	size_t coords[AML_LAYOUT_NDIMS_MAX] = {0};

	for (size_t n = 0; n < a->count; n++) {
		if (memcmp(a->cells[n].at, b->cells[n].at, a->element_size) != 0 && d.count++ == 0)
			memcpy(d.coords, coords, a->ndims * sizeof(*coords));
		next_coords(a->ndims, a->dims, coords);
	}
	return d;
}

static void assert_difference(const difference *got, const difference *wanted,
			      const struct rng *rng)
{
	ck_assert_msg(got->size == sizeof(*got) && got->count == wanted->count,
		      RNG_FORMAT "%ju differences, not %ju", RNG_ARGS(rng), (uintmax_t)got->count,
		      (uintmax_t)wanted->count);
	for (size_t i = 0; i < AML_LAYOUT_NDIMS_MAX && wanted->count > 0; i++)
		ck_assert_msg(got->coords[i] == wanted->coords[i],
			      RNG_FORMAT "coordinate %zu is %zu, not %zu", RNG_ARGS(rng), i,
			      got->coords[i], wanted->coords[i]);
}

/* Make the elements of two samples equal as far as they have memory of their own. */
static void make_equal(struct sample *a, struct sample *b)
{
	for (size_t n = 0; n < a->oracle.count; n++) {
		const struct cell *p = &a->oracle.cells[n], *q = &b->oracle.cells[n];

		if (!q->neutral)
			memcpy(q->at, p->at, a->oracle.element_size);
		else if (!p->neutral)
			memcpy(p->at, q->at, a->oracle.element_size);
	}
}

/* Change bytes of some elements of a sample. */
static void make_differences(struct sample *sample, struct rng *rng)
{
	const struct oracle *oracle = &sample->oracle;
	size_t n = rng_chance(rng, 30) ? 0 : rng_below(rng, rng_chance(rng, 50) ? 4 : 40);

	while (oracle->count > 0 && n-- > 0) {
		const struct cell *cell = &oracle->cells[rng_below(rng, oracle->count)];

		if (!cell->neutral)
			cell->at[rng_below(rng, oracle->element_size)] ^=
				(unsigned char)(1 << rng_below(rng, 8));
	}
}

/* Neither side is to be changed from here on. */
static void keep_content(struct sample *sample)
{
	memcpy(sample->memory.expected, sample->memory.data, sample->memory.size);
}

/* Compare two samples in a random way, and destroy them. */
static void compare_pair(struct sample *a, struct sample *b, struct rng *rng)
{
	difference out = unwritten(), wanted = expected_difference(&a->oracle, &b->oracle);
	bool has_out = rng_chance(rng, 75), may_go = !a->must_stay && !b->must_stay;
	struct ways_run run = {.way = (enum run_way)rng_below(rng, WAYS),
			       .dma = engines[rng_below(rng, 3)],
			       .dst = a->layout,
			       .src = b->layout,
			       .op = aml_dma_linux_compare,
			       .arg = has_out ? &out : NULL,
			       .gone = {may_go ? a : NULL, may_go ? b : NULL}};
	int code = has_out || wanted.count == 0 ? AML_SUCCESS : -AML_FAILURE, result;

	keep_content(a);
	keep_content(b);
	result = ways_run(&run);
	ck_assert_msg(result == code, RNG_FORMAT "by way %d the result is %d, not %d (%s/ %s)",
		      RNG_ARGS(rng), (int)run.way, result, code, a->made, b->made);
	if (has_out)
		assert_difference(&out, &wanted, rng);
	guard_assert(&a->memory, rng);
	guard_assert(&b->memory, rng);
	sample_destroy(a);
	sample_destroy(b);
}

/* Contract: OPERATOR-1, OPERATOR-7, OPERATOR-8. */
START_TEST(comparisons_match_the_oracle)
{
	struct rng rng = {0};

	engines_up();
	while (rng_next_case(&rng, 5000)) {
		size_t dims[AML_LAYOUT_NDIMS_MAX], ndims = sample_dims(&rng, dims);
		size_t element_size = sample_element_size(&rng);
		struct sample a, b;

		sample_create(&a, &rng, SAMPLE_SOURCE | SAMPLE_NESTED, element_size, ndims, dims);
		sample_create(&b, &rng, SAMPLE_SOURCE | SAMPLE_NESTED, element_size, ndims, dims);
		make_equal(&a, &b);
		make_differences(&b, &rng);
		compare_pair(&a, &b, &rng);
	}
	engines_down();
}
END_TEST

/* Contract: OPERATOR-7, OPERATOR-8. */
START_TEST(large_permuted_comparisons_match_the_oracle)
{
	struct rng rng = {0};

	engines_up();
	while (rng_next_case(&rng, 400)) {
		size_t dims[4] = {rng_range(&rng, 1, 200), rng_range(&rng, 1, 30),
				  rng_range(&rng, 1, 8), rng_range(&rng, 1, 3)};
		size_t element_size = (size_t)1 << rng_below(&rng, 5);
		struct sample a, b;

		number_side_nest_any(&a, &rng, element_size, 4, dims);
		number_side_nest_any(&b, &rng, element_size, 4, dims);
		make_equal(&a, &b);
		make_differences(rng_chance(&rng, 50) ? &a : &b, &rng);
		compare_pair(&a, &b, &rng);
	}
	engines_down();
}
END_TEST

/* Contract: OPERATOR-7, OPERATOR-8. */
START_TEST(elements_of_any_size_compare)
{
	static const size_t sizes[] = {7, 100, 5000, 16384, 16385, 40000};
	struct rng rng = {0};

	engines_up();
	while (rng_next_case(&rng, 200)) {
		size_t dims[3] = {rng_range(&rng, 1, 5), rng_range(&rng, 1, 3),
				  rng_range(&rng, 1, 2)};
		size_t element_size = sizes[rng_below(&rng, sizeof(sizes) / sizeof(*sizes))];
		struct sample a, b;

		number_side_nest_any(&a, &rng, element_size, 3, dims);
		number_side_nest_any(&b, &rng, element_size, 3, dims);
		make_equal(&a, &b);
		make_differences(&a, &rng);
		compare_pair(&a, &b, &rng);
	}
	engines_down();
}
END_TEST

/* Elements that are larger than what is staged, of layouts that give addresses one by one. */
enum { LARGE_BYTES = 20000, LARGE_ELEMENTS = 6 };
static unsigned char spread[2 * LARGE_ELEMENTS][LARGE_BYTES], packed[LARGE_ELEMENTS][LARGE_BYTES];

/* Compare two layouts of large elements, which differ from element 3 on. */
static void compare_large(struct aml_layout *a, struct aml_layout *b, uint64_t count)
{
	difference out = unwritten();

	ways_expect(-AML_FAILURE, a, b, aml_dma_linux_compare, NULL);
	ways_expect(-AML_FAILURE, b, a, aml_dma_linux_compare, NULL);
	for (int turn = 0; turn < 2; turn++) {
		ways_expect(AML_SUCCESS, turn ? a : b, turn ? b : a, aml_dma_linux_compare, &out);
		ck_assert_uint_eq(out.count, count);
		ck_assert_uint_eq(out.coords[0], 3);
		ck_assert_uint_eq(out.coords[1], 0);
		out = unwritten();
	}
}

/* Contract: OPERATOR-7, OPERATOR-8, OPERATOR-14. */
START_TEST(large_elements_of_any_layout_compare)
{
	size_t n = LARGE_ELEMENTS, less = n - 2, two = 2;
	struct aml_layout *a = new_dense(spread, ROW, LARGE_BYTES, 1, &n, &two, NULL), *pad;
	struct user_layout *b = user_layout_with_hole(packed, LARGE_BYTES, n, n);
	struct user_layout *hole = user_layout_with_hole(packed, LARGE_BYTES, n, 2);
	difference out = unwritten();

	ck_assert_int_eq(
		aml_layout_pad_create(&pad, ROW,
				      new_dense(packed, ROW, LARGE_BYTES, 1, &less, NULL, NULL), &n,
				      packed[0]),
		AML_SUCCESS);
	engines_up();
	ways_expect(AML_SUCCESS, a, &b->layout, aml_dma_linux_compare, NULL);
	ways_expect(AML_SUCCESS, pad, &b->layout, aml_dma_linux_compare, NULL);
	ways_expect(AML_SUCCESS, &b->layout, &b->layout, aml_dma_linux_compare, NULL);
	spread[6][LARGE_BYTES - 1] = 1;
	spread[10][0] = 1;
	compare_large(a, &b->layout, 2);
	compare_large(a, pad, 2);
	packed[3][7] = 1;
	compare_large(a, &b->layout, 2);
	ways_expect(-AML_FAILURE, a, &hole->layout, aml_dma_linux_compare, &out);
	ways_expect(-AML_FAILURE, &hole->layout, a, aml_dma_linux_compare, &out);
	ck_assert(is_unwritten(&out));
	engines_down();
	destroy_layout(a);
	destroy_layout(pad);
	destroy_layout(&b->layout);
	destroy_layout(&hole->layout);
}
END_TEST

/* Contract: OPERATOR-7. */
START_TEST(numbers_are_compared_as_bytes)
{
	double a[] = {0.0, 1.0, 0.0, 3.0}, b[] = {-0.0, 1.0, 0.0, 3.0};
	const uint64_t signalling = 0x7ff0000000000001;
	size_t n = 4;
	difference out = unwritten();
	struct aml_layout *one = new_dense(a, ROW, 8, 1, &n, NULL, NULL);
	struct aml_layout *other = new_dense(b, ROW, 8, 1, &n, NULL, NULL);

	memcpy(&a[2], &signalling, sizeof(signalling));
	memcpy(&b[2], &signalling, sizeof(signalling));
	ck_assert_int_eq(aml_dma_linux_compare(one, other, &out), AML_SUCCESS);
	ck_assert_uint_eq(out.count, 1);
	ck_assert_uint_eq(out.coords[0], 0);
	destroy_layout(one);
	destroy_layout(other);
}
END_TEST

/* Contract: OPERATOR-7. */
START_TEST(steps_of_zero_compare_on_both_sides)
{
	size_t dims[] = {300, 7}, rows[] = {1, 0}, columns[] = {0, 1}, none[] = {0, 0};
	int a[300], b[300] = {0}, seven = 7;
	struct aml_layout *one, *other, *single = new_dense(&seven, ROW, 4, 2, dims, none, NULL);
	difference out = unwritten();

	for (int i = 0; i < 300; i++)
		a[i] = 7;
	b[3] = 7;
	one = new_dense(a, ROW, 4, 2, dims, rows, (size_t[]){300, 1});
	other = new_dense(b, ROW, 4, 2, dims, columns, NULL);
	engines_up();
	ways_expect(AML_SUCCESS, one, single, aml_dma_linux_compare, NULL);
	ways_expect(AML_SUCCESS, single, single, aml_dma_linux_compare, NULL);
	ways_expect(AML_SUCCESS, single, one, aml_dma_linux_compare, &out);
	ck_assert_uint_eq(out.count, 0);
	ways_expect(-AML_FAILURE, single, other, aml_dma_linux_compare, NULL);
	ways_expect(AML_SUCCESS, other, single, aml_dma_linux_compare, &out);
	/* In column 3, the numbers are equal. */
	ck_assert_uint_eq(out.count, 300 * 6);
	ck_assert_uint_eq(out.coords[0], 0);
	ck_assert_uint_eq(out.coords[1], 0);
	engines_down();
	destroy_layout(single);
	destroy_layout(one);
	destroy_layout(other);
}
END_TEST

/* Contract: OPERATOR-7. */
START_TEST(a_pad_has_its_neutral_element_in_a_comparison)
{
	size_t small[] = {20, 30}, large[] = {25, 40};
	static int target[20][30], whole[25][40];
	struct aml_layout *inner = new_dense(target, ROW, 4, 2, small, NULL, NULL);
	struct aml_layout *pad = new_int_pad(inner, ROW, large, 9);
	struct aml_layout *dense = new_dense(whole, ROW, 4, 2, large, NULL, NULL);
	difference out = unwritten();

	for (int i = 0; i < 25; i++)
		for (int j = 0; j < 40; j++)
			whole[i][j] = i < 20 && j < 30 ? 0 : 9;
	engines_up();
	ways_expect(AML_SUCCESS, pad, dense, aml_dma_linux_compare, NULL);
	ways_expect(AML_SUCCESS, dense, pad, aml_dma_linux_compare, NULL);
	whole[24][39] = 0;
	whole[3][35] = 8;
	whole[21][2] = 1;
	ways_expect(-AML_FAILURE, pad, dense, aml_dma_linux_compare, NULL);
	ways_expect(AML_SUCCESS, pad, dense, aml_dma_linux_compare, &out);
	ck_assert_uint_eq(out.count, 3);
	ck_assert_uint_eq(out.coords[0], 35);
	ck_assert_uint_eq(out.coords[1], 3);
	engines_down();
	destroy_layout(pad);
	destroy_layout(dense);
}
END_TEST

/* Contract: OPERATOR-7, OPERATOR-8. */
START_TEST(empty_layouts_are_equal)
{
	size_t dims[] = {3, 0, 2};
	int number = 0;
	struct aml_layout *a = new_dense(&number, ROW, 4, 3, dims, NULL, NULL);
	struct user_layout *b = user_layout_with_hole(&number, 4, 0, 0);
	struct aml_layout *flat = new_dense(&number, ROW, 4, 1, &dims[1], NULL, NULL);
	difference out = unwritten();

	engines_up();
	ways_expect(AML_SUCCESS, a, a, aml_dma_linux_compare, NULL);
	ways_expect(AML_SUCCESS, &b->layout, flat, aml_dma_linux_compare, NULL);
	ways_expect(AML_SUCCESS, a, a, aml_dma_linux_compare, &out);
	ck_assert_uint_eq(out.count, 0);
	engines_down();
	destroy_layout(a);
	destroy_layout(flat);
	destroy_layout(&b->layout);
}
END_TEST

enum { COUNT = 20000 };
static int ones[COUNT], twos[COUNT];

/* Contract: OPERATOR-8. */
START_TEST(the_structure_is_written_at_the_end)
{
	size_t n = COUNT;
	struct aml_layout *a = new_dense(ones, ROW, 4, 1, &n, NULL, NULL);
	struct aml_layout *b = new_dense(twos, ROW, 4, 1, &n, NULL, NULL);

	engines_up();
	twos[5] = twos[COUNT - 1] = 1;
	for (size_t parts = 0; parts < 6; parts++) {
		difference out = unwritten();
		struct aml_dma_request *req;
		size_t ran;

		ck_assert_int_eq(aml_dma_async_copy_custom(engines[0], &req, a, b,
							   aml_dma_linux_compare, &out),
				 AML_SUCCESS);
		ck_assert_int_eq(aml_dma_progress(engines[0], parts, &ran), AML_SUCCESS);
		ck_assert_uint_eq(ran, parts);
		ck_assert(is_unwritten(&out));
		if (parts % 2 == 0) {
			ck_assert_int_eq(aml_dma_cancel(engines[0], &req), AML_SUCCESS);
			ck_assert(is_unwritten(&out));
			continue;
		}
		ck_assert_int_eq(aml_dma_wait(engines[0], &req), AML_SUCCESS);
		ck_assert_uint_eq(out.count, 2);
		ck_assert_uint_eq(out.coords[0], 5);
		ck_assert_uint_eq(out.coords[1], 0);
	}
	engines_down();
	destroy_layout(a);
	destroy_layout(b);
}
END_TEST

/* Contract: OPERATOR-8. */
START_TEST(a_comparison_that_is_cancelled_by_its_engine_writes_nothing)
{
	size_t n = COUNT, count;
	difference out = unwritten();
	struct aml_dma_request *req;
	struct aml_layout *a = new_dense(ones, ROW, 4, 1, &n, NULL, NULL);
	struct aml_layout *b = new_dense(twos, ROW, 4, 1, &n, NULL, NULL);

	engines_up();
	ck_assert_int_eq(
		aml_dma_async_copy_custom(engines[0], &req, a, b, aml_dma_linux_compare, &out),
		AML_SUCCESS);
	ck_assert_int_eq(aml_dma_cancel_all(engines[0], &count), AML_SUCCESS);
	ck_assert_uint_eq(count, 1);
	ck_assert_int_eq(aml_dma_wait(engines[0], &req), -AML_FAILURE);
	ck_assert(is_unwritten(&out));
	engines_down();
	destroy_layout(a);
	destroy_layout(b);
}
END_TEST

/* Contract: OPERATOR-8, OPERATOR-14. */
START_TEST(a_missing_address_fails_a_comparison)
{
	enum { SOME = 900 };
	size_t n = SOME;
	struct aml_layout *a = new_dense(ones, ROW, 4, 1, &n, NULL, NULL);

	engines_up();
	for (size_t hole = 0; hole < SOME; hole += 299) {
		difference out = unwritten();
		struct user_layout *with_hole = user_layout_with_hole(twos, 4, n, hole);

		twos[0] = twos[SOME - 1] = 3;
		ways_expect(-AML_FAILURE, a, &with_hole->layout, aml_dma_linux_compare, &out);
		ways_expect(-AML_FAILURE, &with_hole->layout, a, aml_dma_linux_compare, &out);
		ck_assert(is_unwritten(&out));
		twos[0] = twos[SOME - 1] = 0;
		ways_expect(-AML_FAILURE, a, &with_hole->layout, aml_dma_linux_compare, NULL);
		destroy_layout(&with_hole->layout);
	}
	engines_down();
	destroy_layout(a);
}
END_TEST

/* Contract: OPERATOR-14. */
START_TEST(wrong_comparisons_are_refused)
{
	size_t dims[] = {2, 3}, turned[] = {3, 2}, six = 6, none = 0;
	int a[6] = {1, 2, 3, 4, 5, 6}, b[6] = {1, 2, 3, 4, 5, 7};
	difference out = unwritten();
	struct aml_layout *src = new_dense(a, ROW, 4, 2, dims, NULL, NULL);
	struct aml_layout *dst = new_dense(b, ROW, 4, 2, dims, NULL, NULL);
	struct aml_layout *others[] = {
		new_dense(a, ROW, 4, 2, turned, NULL, NULL),
		new_dense(a, ROW, 4, 1, &six, NULL, NULL),
		new_dense(a, ROW, 4, 1, &none, NULL, NULL),
		new_dense(a, ROW, 2, 2, dims, NULL, NULL),
		&user_layout_with_hole(a, 4, 6, 6)->layout,
		new_int_pad(new_dense(a, ROW, 4, 2, dims, NULL, NULL), ROW, turned, 0),
		NULL,
	};
	const size_t n = sizeof(others) / sizeof(*others);

	engines_up();
	for (size_t i = 0; i < n; i++) {
		ways_expect(-AML_EINVAL, others[i], src, aml_dma_linux_compare, &out);
		ways_expect(-AML_EINVAL, dst, others[i], aml_dma_linux_compare, &out);
		ways_expect(-AML_EINVAL, dst, others[i], aml_dma_linux_compare, NULL);
	}
	ways_expect_lacking(dst, src, aml_dma_linux_compare, &out);
	ck_assert(is_unwritten(&out));
	for (size_t size = 0; size < sizeof(out); size += sizeof(out) - 1) {
		out.size = size;
		ways_expect(-AML_EINVAL, dst, src, aml_dma_linux_compare, &out);
		out.size = sizeof(out);
		ck_assert(is_unwritten(&out));
	}
	engines_down();
	for (size_t i = 0; i + 1 < n; i++)
		destroy_layout(others[i]);
	destroy_layout(dst);
	destroy_layout(src);
}
END_TEST

/* Contract: OPERATOR-8. */
START_TEST(a_larger_structure_is_written_as_far_as_it_is_known)
{
	struct {
		difference known;
		uint64_t more[4];
	} later = {unwritten(), {0, 0, 0, 0}};
	const uint64_t zeros[4] = {0};
	size_t six = 6;
	int a[6] = {1, 2, 3, 4, 5, 6}, b[6] = {1, 2, 3, 4, 5, 7};
	struct aml_layout *src = new_dense(a, ROW, 4, 1, &six, NULL, NULL);
	struct aml_layout *dst = new_dense(b, ROW, 4, 1, &six, NULL, NULL);

	later.known.size = sizeof(later);
	engines_up();
	ways_expect(AML_SUCCESS, dst, src, aml_dma_linux_compare, &later);
	ck_assert_uint_eq(later.known.size, sizeof(later));
	ck_assert_uint_eq(later.known.count, 1);
	ck_assert_uint_eq(later.known.coords[0], 5);
	ck_assert_mem_eq(later.more, zeros, sizeof(zeros));
	engines_down();
	destroy_layout(dst);
	destroy_layout(src);
}
END_TEST

SUITE("dma/compare", comparisons_match_the_oracle, large_permuted_comparisons_match_the_oracle,
      elements_of_any_size_compare, large_elements_of_any_layout_compare,
      numbers_are_compared_as_bytes, steps_of_zero_compare_on_both_sides,
      a_pad_has_its_neutral_element_in_a_comparison, empty_layouts_are_equal,
      the_structure_is_written_at_the_end,
      a_comparison_that_is_cancelled_by_its_engine_writes_nothing,
      a_missing_address_fails_a_comparison, wrong_comparisons_are_refused,
      a_larger_structure_is_written_as_far_as_it_is_known)
