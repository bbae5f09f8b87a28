/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Copies of pads and reshape layouts in both directions: over each other, over dense layouts and
 * slices, and over custom layouts. Some cases are fixed, others are generated and compared with the
 * oracle.
 */
#include <aml.h>
#include <aml/dma/linux.h>
#include <aml/layout/dense.h>
#include <aml/layout/pad.h>
#include <aml/layout/reshape.h>

#include "guard.h"
#include "made.h"
#include "oracle.h"
#include "random.h"
#include "sample.h"
#include "suite.h"
#include "user_layout.h"

#define COLUMN AML_LAYOUT_ORDER_COLUMN_MAJOR
#define ROW AML_LAYOUT_ORDER_ROW_MAJOR

static struct aml_layout *row_major_ints(int *numbers, size_t ndims, const size_t *dims)
{
	struct aml_layout *layout = NULL;

	ck_assert_int_eq(aml_layout_dense_create(&layout, numbers, ROW, sizeof(int), ndims, dims,
						 NULL, NULL),
			 AML_SUCCESS);
	return layout;
}

static void assert_copied(struct aml_layout *dst, const struct aml_layout *src)
{
	ck_assert_int_eq(aml_dma_linux_copy_generic(dst, src, NULL), AML_SUCCESS);
}

/* Contract: COPY-7. */
START_TEST(a_pad_as_source_gives_the_neutral_value)
{
	int from[2][3] = {{1, 2, 3}, {4, 5, 6}}, to[3][5];
	const int wanted[3][5] = {{1, 2, 3, -7, -7}, {4, 5, 6, -7, -7}, {-7, -7, -7, -7, -7}};
	struct aml_layout *src = new_int_pad(row_major_ints(from[0], 2, (size_t[]){2, 3}), ROW,
					     (size_t[]){3, 5}, -7);
	struct aml_layout *dst = row_major_ints(to[0], 2, (size_t[]){3, 5});

	memset(to, 0, sizeof(to));
	assert_copied(dst, src);
	ck_assert_mem_eq(to, wanted, sizeof(to));
	/* The pad may have another order than its target. */
	destroy_layout(src);
	src = new_int_pad(row_major_ints(from[0], 2, (size_t[]){2, 3}), COLUMN, (size_t[]){5, 3},
			  -7);
	memset(to, 0, sizeof(to));
	assert_copied(dst, src);
	ck_assert_mem_eq(to, wanted, sizeof(to));
	destroy_layout(src);
	destroy_layout(dst);
}
END_TEST

/* Contract: COPY-7. */
START_TEST(a_pad_as_destination_drops_what_falls_outside)
{
	int from[3][5], to[2][3] = {{0}};
	const int wanted[2][3] = {{1, 2, 3}, {6, 7, 8}};
	struct aml_layout *src = row_major_ints(from[0], 2, (size_t[]){3, 5});
	struct aml_layout *dst =
		new_int_pad(row_major_ints(to[0], 2, (size_t[]){2, 3}), ROW, (size_t[]){3, 5}, -7);

	for (int i = 0; i < 15; i++)
		from[i / 5][i % 5] = 1 + i;
	assert_copied(dst, src);
	ck_assert_mem_eq(to, wanted, sizeof(to));
	/* The neutral element is unchanged. */
	for (size_t i = 0; i < 3; i++)
		ck_assert_int_eq(*(int *)aml_layout_deref(dst, (size_t[]){i, 4}), -7);
	destroy_layout(src);
	destroy_layout(dst);
}
END_TEST

/* A row-major pad whose target begins at the offsets. */
static struct aml_layout *pad_at(struct aml_layout *target, const size_t *dims, int neutral,
				 const size_t *offsets)
{
	struct aml_layout *layout = NULL;

	ck_assert_int_eq(aml_layout_pad_create_at(&layout, ROW, target, dims, &neutral, offsets),
			 AML_SUCCESS);
	return layout;
}

/* Contract: COPY-7, LAYOUT-23. */
START_TEST(a_pad_in_front_as_source_gives_the_neutral_value_there_too)
{
	int from[2][3] = {{1, 2, 3}, {4, 5, 6}}, to[4][5];
	const int around[4][5] = {
		{-7, -7, -7, -7, -7}, {-7, 1, 2, 3, -7}, {-7, 4, 5, 6, -7}, {-7, -7, -7, -7, -7}};
	const int cropped[4][5] = {{-7, -7, -7, -7, -7},
				   {-7, -7, -7, -7, -7},
				   {-7, -7, -7, -7, -7},
				   {-7, -7, -7, 1, 2}};
	const int outside[4][5] = {{-7, -7, -7, -7, -7},
				   {-7, -7, -7, -7, -7},
				   {-7, -7, -7, -7, -7},
				   {-7, -7, -7, -7, -7}};
	const size_t offsets[][2] = {{1, 1}, {3, 3}, {4, 0}, {1, SIZE_MAX}};
	const void *const wanted[] = {around, cropped, outside, outside};

	for (size_t k = 0; k < 4; k++) {
		struct aml_layout *src = pad_at(row_major_ints(from[0], 2, (size_t[]){2, 3}),
						(size_t[]){4, 5}, -7, offsets[k]);
		struct aml_layout *dst = row_major_ints(to[0], 2, (size_t[]){4, 5});

		memset(to, 0, sizeof(to));
		assert_copied(dst, src);
		ck_assert_mem_eq(to, wanted[k], sizeof(to));
		destroy_layout(src);
		destroy_layout(dst);
	}
}
END_TEST

/* Contract: COPY-7, LAYOUT-23. */
START_TEST(a_pad_in_front_as_destination_drops_what_falls_outside)
{
	int from[4][5], to[2][3];
	const int around[2][3] = {{7, 8, 9}, {12, 13, 14}},
		  cropped[2][3] = {{19, 20, 0}, {0, 0, 0}}, outside[2][3] = {{0}};
	const size_t offsets[][2] = {{1, 1}, {3, 3}, {4, 0}, {1, SIZE_MAX}};
	const void *const wanted[] = {around, cropped, outside, outside};

	for (int i = 0; i < 20; i++)
		from[i / 5][i % 5] = 1 + i;
	for (size_t k = 0; k < 4; k++) {
		struct aml_layout *src = row_major_ints(from[0], 2, (size_t[]){4, 5});
		struct aml_layout *dst = pad_at(row_major_ints(to[0], 2, (size_t[]){2, 3}),
						(size_t[]){4, 5}, -7, offsets[k]);

		memset(to, 0, sizeof(to));
		assert_copied(dst, src);
		ck_assert_mem_eq(to, wanted[k], sizeof(to));
		/* The neutral element is unchanged. */
		ck_assert_int_eq(*(int *)aml_layout_deref(dst, (size_t[]){0, 0}), -7);
		destroy_layout(src);
		destroy_layout(dst);
	}
}
END_TEST

/* Contract: LAYOUT-23. */
START_TEST(offsets_of_pads_over_pads_add_up)
{
	int two[2] = {1, 2}, from[4] = {11, 12, 13, 14}, to[8] = {0}, eight[8], four[4] = {0};
	/* The inner pad is -7, 1, 2, -7, -7; the outer one shows its elements from index 2 on. */
	const int wanted[8] = {-8, -8, -7, 1, 2, -7, -7, -8};
	struct aml_layout *nested = pad_at(
		pad_at(row_major_ints(two, 1, (size_t[]){2}), (size_t[]){5}, -7, (size_t[]){1}),
		(size_t[]){8}, -8, (size_t[]){2});
	struct aml_layout *dst = row_major_ints(to, 1, (size_t[]){8}), *src;

	assert_copied(dst, nested);
	ck_assert_mem_eq(to, wanted, sizeof(to));
	destroy_layout(nested);
	/* Both sides are pads: the elements that both have are 11 to 13. */
	nested = pad_at(
		pad_at(row_major_ints(four, 1, (size_t[]){4}), (size_t[]){5}, -7, (size_t[]){1}),
		(size_t[]){8}, -8, (size_t[]){2});
	src = pad_at(row_major_ints(from, 1, (size_t[]){4}), (size_t[]){8}, -9, (size_t[]){4});
	assert_copied(nested, src);
	ck_assert_mem_eq(four, ((int[]){-9, 11, 12, 13}), sizeof(four));
	destroy_layout(src);
	/* They have none in common. */
	src = pad_at(row_major_ints(from, 1, (size_t[]){3}), (size_t[]){8}, -5, (size_t[]){0});
	assert_copied(nested, src);
	ck_assert_mem_eq(four, ((int[]){-5, -5, -5, -5}), sizeof(four));
	destroy_layout(src);
	for (int i = 0; i < 8; i++)
		eight[i] = 20 + i;
	src = row_major_ints(eight, 1, (size_t[]){8});
	assert_copied(nested, src);
	ck_assert_mem_eq(four, ((int[]){23, 24, 25, 26}), sizeof(four));
	destroy_layout(nested);
	destroy_layout(src);
	destroy_layout(dst);
}
END_TEST

START_TEST(a_cropping_pad_leaves_the_rest_alone)
{
	int from[2][2] = {{1, 2}, {3, 4}}, to[3][4] = {{0}}, back[2][2];
	const int wanted[3][4] = {{1, 2, 0, 0}, {3, 4, 0, 0}, {0, 0, 0, 0}};
	struct aml_layout *src = row_major_ints(from[0], 2, (size_t[]){2, 2});
	struct aml_layout *crop =
		new_int_pad(row_major_ints(to[0], 2, (size_t[]){3, 4}), ROW, (size_t[]){2, 2}, -7);
	struct aml_layout *dst = row_major_ints(back[0], 2, (size_t[]){2, 2});

	assert_copied(crop, src);
	ck_assert_mem_eq(to, wanted, sizeof(to));
	assert_copied(dst, crop);
	ck_assert_mem_eq(back, from, sizeof(back));
	destroy_layout(src);
	destroy_layout(crop);
	destroy_layout(dst);
}
END_TEST

START_TEST(a_pad_that_crops_one_way_and_widens_another)
{
	int from[2][3] = {{1, 2, 3}, {4, 5, 6}}, to[3][2];
	const int wanted[3][2] = {{1, 2}, {4, 5}, {-7, -7}};
	struct aml_layout *src = new_int_pad(row_major_ints(from[0], 2, (size_t[]){2, 3}), ROW,
					     (size_t[]){3, 2}, -7);
	struct aml_layout *dst = row_major_ints(to[0], 2, (size_t[]){3, 2});

	assert_copied(dst, src);
	ck_assert_mem_eq(to, wanted, sizeof(to));
	destroy_layout(src);
	destroy_layout(dst);
}
END_TEST

START_TEST(pads_over_pads_have_each_its_own_neutral_element)
{
	int from[2] = {1, 2}, to[6] = {0}, six[6] = {11, 12, 13, 14, 15, 16}, two[2] = {0};
	const int wanted[6] = {1, 2, -7, -7, -8, -8};
	struct aml_layout *nested = new_int_pad(
		new_int_pad(row_major_ints(from, 1, (size_t[]){2}), ROW, (size_t[]){4}, -7), ROW,
		(size_t[]){6}, -8);
	struct aml_layout *dst = row_major_ints(to, 1, (size_t[]){6}),
			  *src = row_major_ints(six, 1, (size_t[]){6});

	assert_copied(dst, nested);
	ck_assert_mem_eq(to, wanted, sizeof(to));
	destroy_layout(nested);
	nested = new_int_pad(
		new_int_pad(row_major_ints(two, 1, (size_t[]){2}), ROW, (size_t[]){4}, -7), ROW,
		(size_t[]){6}, -8);
	assert_copied(nested, src);
	ck_assert_int_eq(two[0], 11);
	ck_assert_int_eq(two[1], 12);
	ck_assert_int_eq(*(int *)aml_layout_deref(nested, (size_t[]){3}), -7);
	ck_assert_int_eq(*(int *)aml_layout_deref(nested, (size_t[]){5}), -8);
	destroy_layout(nested);
	destroy_layout(src);
	destroy_layout(dst);
}
END_TEST

START_TEST(a_pad_to_a_pad)
{
	int from[2] = {1, 2}, to[3] = {0};
	struct aml_layout *src =
		new_int_pad(row_major_ints(from, 1, (size_t[]){2}), ROW, (size_t[]){5}, -7);
	struct aml_layout *dst =
		new_int_pad(row_major_ints(to, 1, (size_t[]){3}), ROW, (size_t[]){5}, -8);

	assert_copied(dst, src);
	ck_assert_int_eq(to[0], 1);
	ck_assert_int_eq(to[1], 2);
	ck_assert_int_eq(to[2], -7);
	ck_assert_int_eq(*(int *)aml_layout_deref(dst, (size_t[]){4}), -8);
	destroy_layout(src);
	destroy_layout(dst);
}
END_TEST

START_TEST(a_pad_of_an_empty_target_is_all_neutral)
{
	int from[1] = {1}, to[3] = {0}, three[3] = {4, 5, 6};
	struct aml_layout *empty =
		new_int_pad(row_major_ints(from, 1, (size_t[]){0}), ROW, (size_t[]){3}, -7);
	struct aml_layout *dst = row_major_ints(to, 1, (size_t[]){3}),
			  *src = row_major_ints(three, 1, (size_t[]){3});

	assert_copied(dst, empty);
	for (size_t i = 0; i < 3; i++)
		ck_assert_int_eq(to[i], -7);
	assert_copied(empty, src);
	ck_assert_int_eq(from[0], 1);
	ck_assert_int_eq(*(int *)aml_layout_deref(empty, (size_t[]){0}), -7);
	destroy_layout(empty);
	destroy_layout(src);
	destroy_layout(dst);
}
END_TEST

/*
 * The number of dimensions of a pad that is larger than its target in each of them. Such a pad has
 * more boxes than a plan has room for.
 */
#define MANY_DIMS 16

/* Contract: COPY-1. */
START_TEST(a_pad_of_more_boxes_than_a_plan_has_room_for)
{
	size_t twos[MANY_DIMS], ones[MANY_DIMS], steps[MANY_DIMS], step = 0;
	struct oracle small, padded, wide;
	struct guard from, to;
	struct rng rng = {0};
	unsigned char neutral = 0xEE;

	/* No two dimensions of the destination can be merged. */
	for (size_t i = 0; i < MANY_DIMS; i++) {
		ones[i] = 1;
		twos[i] = 2;
		step = 2 * step + 1;
		steps[i] = step;
	}
	rng_start(&rng, 0);
	guard_create(&from, 1, &rng);
	guard_create(&to, 2 * step, &rng);
	for (int engine = 0; engine < 2; engine++) {
		struct aml_layout *src = NULL, *dst = NULL;
		struct aml_dma_request *request = NULL;
		struct aml_dma *dma = NULL;

		ck_assert_int_eq(aml_layout_dense_create(&src, from.data, COLUMN, 1, MANY_DIMS,
							 ones, NULL, NULL),
				 AML_SUCCESS);
		ck_assert_int_eq(aml_layout_dense_create(&dst, to.data, COLUMN, 1, MANY_DIMS, twos,
							 steps, ones),
				 AML_SUCCESS);
		ck_assert_int_eq(aml_layout_pad_create(&src, COLUMN, src, twos, &neutral),
				 AML_SUCCESS);
		oracle_dense(&small, from.data, COLUMN, 1, MANY_DIMS, ones, ones, ones);
		oracle_pad(&padded, &small, COLUMN, twos, &neutral, NULL);
		oracle_dense(&wide, to.data, COLUMN, 1, MANY_DIMS, twos, steps, ones);
		oracle_copy(&wide, &padded, &to);
		ck_assert_int_eq(aml_dma_linux_create(&dma, 2), AML_SUCCESS);
		if (engine)
			ck_assert_int_eq(aml_dma_async_copy(dma, &request, dst, src), AML_SUCCESS);
		else
			assert_copied(dst, src);
		destroy_layout(src);
		destroy_layout(dst);
		if (engine)
			ck_assert_int_eq(aml_dma_wait(dma, &request), AML_SUCCESS);
		guard_assert(&to, &rng);
		memset(to.data, 0, to.size);
		memset(to.expected, 0, to.size);
		ck_assert_int_eq(aml_dma_linux_destroy(&dma), AML_SUCCESS);
		oracle_destroy(&small);
		oracle_destroy(&padded);
		oracle_destroy(&wide);
	}
	guard_destroy(&from);
	guard_destroy(&to);
}
END_TEST

START_TEST(a_reshape_copies_in_native_linear_order)
{
	int from[4][6], to[4][6] = {{0}}, row[24];
	struct aml_layout *flat = row_major_ints(row, 1, (size_t[]){24}), *shaped;

	for (int i = 0; i < 24; i++) {
		from[i / 6][i % 6] = 1 + i;
		row[i] = 0;
	}
	shaped = new_reshape(row_major_ints(from[0], 2, (size_t[]){4, 6}), ROW, 1, (size_t[]){24});
	assert_copied(flat, shaped);
	ck_assert_mem_eq(row, from, sizeof(row));
	destroy_layout(shaped);
	shaped = new_reshape(row_major_ints(to[0], 2, (size_t[]){4, 6}), COLUMN, 1, (size_t[]){24});
	assert_copied(shaped, flat);
	ck_assert_mem_eq(to, from, sizeof(to));
	destroy_layout(shaped);
	destroy_layout(flat);
}
END_TEST

START_TEST(a_reshape_over_a_strided_slice)
{
	int from[4][6], to[3][2];
	struct aml_layout *whole = row_major_ints(from[0], 2, (size_t[]){4, 6}), *part = NULL, *src;
	struct aml_layout *dst = row_major_ints(to[0], 2, (size_t[]){3, 2});

	for (int i = 0; i < 24; i++)
		from[i / 6][i % 6] = 1 + i;
	ck_assert_int_eq(aml_layout_slice(whole, &part, (size_t[]){0, 1}, (size_t[]){2, 3},
					  (size_t[]){3, 2}),
			 AML_SUCCESS);
	src = new_reshape(part, ROW, 2, (size_t[]){3, 2});
	assert_copied(dst, src);
	for (int n = 0; n < 6; n++)
		ck_assert_int_eq(to[n / 2][n % 2], from[n / 3 * 3][1 + n % 3 * 2]);
	/* Copy back to the source. */
	for (int n = 0; n < 6; n++)
		to[n / 2][n % 2] = -n;
	assert_copied(src, dst);
	for (int i = 0; i < 4; i++) {
		for (int j = 0; j < 6; j++) {
			bool inside = i % 3 == 0 && j % 2 == 1;

			ck_assert_int_eq(from[i][j], inside ? -(i / 3 * 3 + j / 2) : 1 + 6 * i + j);
		}
	}
	destroy_layout(whole);
	destroy_layout(src);
	destroy_layout(dst);
}
END_TEST

/* Contract: COPY-7. */
START_TEST(a_reshape_over_a_pad_drops_the_same_elements)
{
	int from[12], to[2][2] = {{0}};
	const int wanted[2][2] = {{1, 2}, {4, 5}};
	struct aml_layout *src = row_major_ints(from, 1, (size_t[]){12});
	struct aml_layout *padded =
		new_int_pad(row_major_ints(to[0], 2, (size_t[]){2, 2}), ROW, (size_t[]){4, 3}, -7);
	struct aml_layout *dst = new_reshape(padded, ROW, 1, (size_t[]){12});

	for (int i = 0; i < 12; i++)
		from[i] = 1 + i;
	assert_copied(dst, src);
	ck_assert_mem_eq(to, wanted, sizeof(to));
	for (size_t n = 0; n < 12; n++) {
		if (n != 0 && n != 1 && n != 3 && n != 4)
			ck_assert_int_eq(*(int *)aml_layout_deref(dst, (size_t[]){n}), -7);
	}
	destroy_layout(src);
	destroy_layout(dst);
}
END_TEST

/* Contract: LAYOUT-13, LAYOUT-23. */
START_TEST(a_step_of_0_counts_only_where_a_pad_shows_several_elements)
{
	/* Three elements at one address. The pads show 2, 1 and 0 of them. */
	for (size_t offset = 0; offset < 3; offset++) {
		for (int by_element = 0; by_element < 2; by_element++) {
			int one = 0, two[2] = {1, 2};
			struct aml_layout *dst =
				pad_at(new_dense(&one, ROW, sizeof(int), 1, (size_t[]){3},
						 (size_t[]){0}, (size_t[]){1}),
				       (size_t[]){2}, -7, &offset);
			struct aml_layout *src = row_major_ints(two, 1, (size_t[]){2});
			struct oracle oracle;

			if (by_element) {
				destroy_layout(src);
				oracle_dense(&oracle, two, ROW, sizeof(int), 1, (size_t[]){2}, NULL,
					     NULL);
				src = &user_layout_create(&oracle, ROW, 0, NULL)->layout;
				oracle_destroy(&oracle);
			}
			ck_assert_int_eq(aml_dma_linux_copy_generic(dst, src, NULL),
					 offset == 0 ? -AML_EINVAL : AML_SUCCESS);
			ck_assert_int_eq(one, offset == 1 ? 2 : 0);
			destroy_layout(dst);
			destroy_layout(src);
		}
	}
}
END_TEST

/* Contract: LAYOUT-13. */
START_TEST(a_step_of_0_beneath_a_destination_is_refused)
{
	int from[6] = {1, 2, 3, 4, 5, 6}, to[6] = {0};
	struct aml_layout *src = row_major_ints(from, 1, (size_t[]){6}), *repeated[2] = {NULL},
			  *dst;

	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(aml_layout_dense_create(&repeated[i], to, ROW, sizeof(int), 1,
							 (size_t[]){6}, (size_t[]){0}, NULL),
				 AML_SUCCESS);
	dst = new_reshape(repeated[0], ROW, 1, (size_t[]){6});
	ck_assert_int_eq(aml_dma_linux_copy_generic(dst, src, NULL), -AML_EINVAL);
	ck_assert_int_eq(to[0], 0);
	destroy_layout(dst);
	dst = new_int_pad(repeated[1], ROW, (size_t[]){6}, -7);
	ck_assert_int_eq(aml_dma_linux_copy_generic(dst, src, NULL), -AML_EINVAL);
	ck_assert_int_eq(to[0], 0);
	destroy_layout(dst);
	destroy_layout(src);
}
END_TEST

START_TEST(what_does_not_match_is_refused_and_nothing_is_written)
{
	int numbers[8] = {1, 2, 3, 4, 5, 6, 7, 8}, to[8] = {0};
	struct aml_layout *src = row_major_ints(numbers, 1, (size_t[]){6});
	struct aml_layout *padded =
		new_int_pad(row_major_ints(to, 1, (size_t[]){6}), ROW, (size_t[]){8}, -7);
	struct aml_layout *shaped =
		new_reshape(row_major_ints(to, 1, (size_t[]){6}), ROW, 2, (size_t[]){6, 1});

	/* The extents of the target have no effect. */
	ck_assert_int_eq(aml_dma_linux_copy_generic(padded, src, NULL), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_linux_copy_generic(src, padded, NULL), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_linux_copy_generic(shaped, src, NULL), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_linux_copy_generic(src, shaped, NULL), -AML_EINVAL);
	for (int i = 0; i < 8; i++) {
		ck_assert_int_eq(to[i], 0);
		ck_assert_int_eq(numbers[i], 1 + i);
	}
	destroy_layout(src);
	destroy_layout(padded);
	destroy_layout(shaped);
}
END_TEST

/* Contract: OWN-6. */
START_TEST(over_a_fast_path_without_duplicate_they_may_go_after_posting)
{
	struct aml_dma *dma = NULL;

	/* Without workers, no copy runs before the wait. */
	ck_assert_int_eq(aml_dma_linux_create(&dma, 0), AML_SUCCESS);
	for (int i = 0; i < 4; i++) {
		int from[4] = {1, 2, 3, 4}, to[4] = {0}, *numbers = i & 1 ? from : to;
		struct aml_dma_request *request = NULL;
		struct aml_layout *nested,
			*other = row_major_ints(i & 1 ? to : from, 1, (size_t[]){4});
		struct user_layout *user;
		struct oracle oracle;

		oracle_dense(&oracle, numbers, ROW, sizeof(int), 1, (size_t[]){4}, NULL, NULL);
		user = user_layout_create(&oracle, ROW, USER_STEPS, NULL);
		oracle_destroy(&oracle);
		nested = i & 2 ? new_int_pad(&user->layout, ROW, (size_t[]){4}, -7)
			       : new_reshape(&user->layout, ROW, 1, (size_t[]){4});
		ck_assert_int_eq(aml_dma_async_copy(dma, &request, i & 1 ? other : nested,
						    i & 1 ? nested : other),
				 AML_SUCCESS);
		destroy_layout(nested);
		destroy_layout(other);
		ck_assert_int_eq(aml_dma_wait(dma, &request), AML_SUCCESS);
		ck_assert_mem_eq(to, from, sizeof(to));
	}
	ck_assert_int_eq(aml_dma_linux_destroy(&dma), AML_SUCCESS);
}
END_TEST

START_TEST(a_target_that_lacks_deref_native_is_told_at_creation_or_posting)
{
	int from[4] = {1, 2, 3, 4}, to[4] = {0}, neutral = -7;
	struct aml_layout *whole = row_major_ints(to, 1, (size_t[]){4});
	struct aml_dma_request *const no_request = (struct aml_dma_request *)&no_request;
	struct aml_dma_request *request = no_request;
	struct aml_dma *dma = NULL;
	struct oracle oracle;

	ck_assert_int_eq(aml_dma_linux_create(&dma, 1), AML_SUCCESS);
	oracle_dense(&oracle, from, ROW, sizeof(int), 1, (size_t[]){4}, NULL, NULL);
	for (int i = 0; i < 2; i++) {
		struct user_layout *user = user_layout_create(&oracle, ROW, USER_DUPLICATE, NULL);
		struct aml_layout *layout = NULL;
		int result;

		user->ops.deref_native = NULL;
		if (i)
			result = aml_layout_pad_create(&layout, ROW, &user->layout, (size_t[]){5},
						       &neutral);
		else
			result = aml_layout_reshape_create(&layout, &user->layout, ROW, 1,
							   (size_t[]){4});
		if (result == AML_SUCCESS) {
			ck_assert_int_eq(aml_dma_async_copy(dma, &request, whole, layout),
					 -AML_ENOTSUP);
			ck_assert_int_eq(aml_dma_async_copy(dma, &request, layout, whole),
					 -AML_ENOTSUP);
			destroy_layout(layout);
		} else {
			ck_assert_int_eq(result, -AML_ENOTSUP);
			destroy_layout(&user->layout);
		}
	}
	ck_assert_ptr_eq(request, no_request);
	ck_assert_int_eq(to[0], 0);
	ck_assert_int_eq(from[0], 1);
	destroy_layout(whole);
	oracle_destroy(&oracle);
	ck_assert_int_eq(aml_dma_linux_destroy(&dma), AML_SUCCESS);
}
END_TEST

/* Contract: LAYOUT-2. */
START_TEST(what_a_target_tells_is_asked_anew_when_posting)
{
	int from[4] = {1, 2, 3, 4}, to[4] = {0};
	struct aml_layout *whole = row_major_ints(to, 1, (size_t[]){4}), *shaped;
	struct aml_dma_request *const no_request = (struct aml_dma_request *)&no_request;
	struct aml_dma_request *request = no_request;
	struct user_layout *user;
	struct aml_dma *dma = NULL;
	struct oracle oracle;

	ck_assert_int_eq(aml_dma_linux_create(&dma, 1), AML_SUCCESS);
	oracle_dense(&oracle, from, ROW, sizeof(int), 1, (size_t[]){4}, NULL, NULL);
	for (int has = 0; has <= USER_STEPS; has += USER_STEPS) {
		user = user_layout_create(&oracle, ROW, has, NULL);
		shaped = new_reshape(&user->layout, ROW, 1, (size_t[]){4});
		/* The target changes its answers after the creation of the reshape layout. */
		user->dims_result = -AML_EDOM;
		ck_assert_int_eq(aml_dma_async_copy(dma, &request, whole, shaped), -AML_EDOM);
		ck_assert_int_eq(aml_dma_async_copy(dma, &request, shaped, whole), -AML_EDOM);
		user->dims_result = AML_SUCCESS;
		user->dims[0] = SIZE_MAX;
		ck_assert_int_eq(aml_dma_async_copy(dma, &request, whole, shaped), -AML_EINVAL);
		ck_assert_int_eq(aml_dma_async_copy(dma, &request, shaped, whole), -AML_EINVAL);
		destroy_layout(shaped);
	}
	ck_assert_ptr_eq(request, no_request);
	ck_assert_int_eq(aml_dma_linux_destroy(&dma), AML_SUCCESS);
	for (int i = 0; i < 4; i++) {
		ck_assert_int_eq(to[i], 0);
		ck_assert_int_eq(from[i], 1 + i);
	}
	destroy_layout(whole);
	oracle_destroy(&oracle);
}
END_TEST

START_TEST(no_address_of_a_target_is_a_failure)
{
	int from[4] = {1, 2, 3, 4}, to[4] = {0};
	struct aml_layout *whole = row_major_ints(to, 1, (size_t[]){4}), *layout;
	struct oracle oracle;
	struct user_layout *user;

	oracle_dense(&oracle, from, ROW, sizeof(int), 1, (size_t[]){4}, NULL, NULL);
	for (int i = 0; i < 2; i++) {
		user = user_layout_create(&oracle, ROW, 0, NULL);
		user->cells[2] = NULL;
		layout = i ? new_int_pad(&user->layout, ROW, (size_t[]){4}, -7)
			   : new_reshape(&user->layout, ROW, 1, (size_t[]){4});
		ck_assert_int_eq(aml_dma_linux_copy_generic(whole, layout, NULL), -AML_FAILURE);
		ck_assert_int_eq(aml_dma_linux_copy_generic(layout, whole, NULL), -AML_FAILURE);
		destroy_layout(layout);
	}
	destroy_layout(whole);
	oracle_destroy(&oracle);
}
END_TEST

/* Generated cases: both sides are nested. */

static void compare(struct sample *dst, struct sample *src, const struct rng *rng)
{
	ck_assert_msg(guard_intact(&dst->memory), RNG_FORMAT "%s: %s <- %s", RNG_ARGS(rng),
		      guard_report(&dst->memory), dst->made, src->made);
	ck_assert_msg(guard_intact(&src->memory), RNG_FORMAT "source: %s: %s <- %s", RNG_ARGS(rng),
		      guard_report(&src->memory), dst->made, src->made);
	/* The copy has changed neither neutral elements nor anything else of the layouts. */
	if (dst->layout)
		oracle_assert(&dst->oracle, dst->layout, dst->order, rng);
	if (src->layout)
		oracle_assert(&src->oracle, src->layout, src->order, rng);
	sample_destroy(dst);
	sample_destroy(src);
}

static void create(struct sample *dst, struct sample *src, struct rng *rng)
{
	size_t dims[AML_LAYOUT_NDIMS_MAX], ndims = sample_dims(rng, dims);
	size_t element_size = sample_element_size(rng);

	sample_create(dst, rng, SAMPLE_NESTED, element_size, ndims, dims);
	sample_create(src, rng, SAMPLE_SOURCE | SAMPLE_NESTED, element_size, ndims, dims);
	oracle_copy(&dst->oracle, &src->oracle, &dst->memory);
}

/* Contract: COPY-1. */
START_TEST(random_ones_match_the_oracle)
{
	struct rng rng = {0};

	while (rng_next_case(&rng, 1000)) {
		struct sample dst, src;
		int result;

		create(&dst, &src, &rng);
		result = aml_dma_linux_copy_generic(dst.layout, src.layout, NULL);
		ck_assert_msg(result == AML_SUCCESS, RNG_FORMAT "the copy returns %d: %s <- %s",
			      RNG_ARGS(&rng), result, dst.made, src.made);
		compare(&dst, &src, &rng);
	}
}
END_TEST

/* Contract: OWN-5. */
START_TEST(random_ones_match_the_oracle_when_destroyed_after_posting)
{
	struct aml_dma *dma[3] = {NULL};
	struct rng rng = {0};

	for (size_t threads = 0; threads < 3; threads++)
		ck_assert_int_eq(aml_dma_linux_create(&dma[threads], threads), AML_SUCCESS);
	while (rng_next_case(&rng, 400)) {
		struct aml_dma *engine = dma[rng_below(&rng, 3)];
		struct aml_dma_request *request = NULL;
		struct sample dst, src;
		int result;

		create(&dst, &src, &rng);
		result = aml_dma_async_copy(engine, &request, dst.layout, src.layout);
		ck_assert_msg(result == AML_SUCCESS, RNG_FORMAT "the post returns %d: %s <- %s",
			      RNG_ARGS(&rng), result, dst.made, src.made);
		if (!dst.must_stay)
			aml_layout_destroy(&dst.layout);
		if (!src.must_stay)
			aml_layout_destroy(&src.layout);
		result = aml_dma_wait(engine, &request);
		ck_assert_msg(result == AML_SUCCESS, RNG_FORMAT "the copy returns %d: %s <- %s",
			      RNG_ARGS(&rng), result, dst.made, src.made);
		compare(&dst, &src, &rng);
	}
	for (size_t threads = 0; threads < 3; threads++)
		ck_assert_int_eq(aml_dma_linux_destroy(&dma[threads]), AML_SUCCESS);
}
END_TEST

START_TEST(random_transforms_match_the_oracle)
{
	struct rng rng = {0};

	while (rng_next_case(&rng, 400)) {
		size_t dims[AML_LAYOUT_NDIMS_MAX], ndims = sample_dims(&rng, dims);
		size_t permuted[AML_LAYOUT_NDIMS_MAX], target_dims[AML_LAYOUT_NDIMS_MAX];
		size_t element_size = sample_element_size(&rng);
		struct sample dst, src;
		struct oracle oracle;
		int result;

		rng_permutation(&rng, ndims, target_dims);
		for (size_t i = 0; i < ndims; i++)
			permuted[i] = dims[target_dims[i]];
		sample_create(&src, &rng, SAMPLE_SOURCE | SAMPLE_NESTED, element_size, ndims, dims);
		sample_create(&dst, &rng, SAMPLE_NESTED, element_size, ndims, permuted);
		oracle_permute(&oracle, &src.oracle, target_dims);
		oracle_copy(&dst.oracle, &oracle, &dst.memory);
		oracle_destroy(&oracle);
		result = aml_copy_layout_transform_generic(dst.layout, src.layout, target_dims);
		ck_assert_msg(result == AML_SUCCESS,
			      RNG_FORMAT "the transform returns %d: %s <- %s", RNG_ARGS(&rng),
			      result, dst.made, src.made);
		compare(&dst, &src, &rng);
	}
}
END_TEST

SUITE("copy/nested_layouts", a_pad_as_source_gives_the_neutral_value,
      a_pad_as_destination_drops_what_falls_outside,
      a_pad_in_front_as_source_gives_the_neutral_value_there_too,
      a_pad_in_front_as_destination_drops_what_falls_outside, offsets_of_pads_over_pads_add_up,
      a_cropping_pad_leaves_the_rest_alone, a_pad_that_crops_one_way_and_widens_another,
      pads_over_pads_have_each_its_own_neutral_element, a_pad_to_a_pad,
      a_pad_of_an_empty_target_is_all_neutral, a_pad_of_more_boxes_than_a_plan_has_room_for,
      a_reshape_copies_in_native_linear_order, a_reshape_over_a_strided_slice,
      a_reshape_over_a_pad_drops_the_same_elements, a_step_of_0_beneath_a_destination_is_refused,
      a_step_of_0_counts_only_where_a_pad_shows_several_elements,
      what_does_not_match_is_refused_and_nothing_is_written,
      over_a_fast_path_without_duplicate_they_may_go_after_posting,
      a_target_that_lacks_deref_native_is_told_at_creation_or_posting,
      what_a_target_tells_is_asked_anew_when_posting, no_address_of_a_target_is_a_failure,
      random_ones_match_the_oracle, random_ones_match_the_oracle_when_destroyed_after_posting,
      random_transforms_match_the_oracle)
