/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Copies between dense layouts: the rules of each operator, layouts that do not match, and small
 * cases that are easy to check by hand. copy/test_random.c has generated cases.
 */
#include <aml.h>
#include <aml/dma/linux.h>
#include <aml/layout/dense.h>
#include <aml/layout/native.h>
#include <aml/layout/pad.h>

#include "made.h"
#include "suite.h"

#define COLUMN AML_LAYOUT_ORDER_COLUMN_MAJOR
#define ROW AML_LAYOUT_ORDER_ROW_MAJOR

/* A row of ints. */
static struct aml_layout *row(int *ptr, size_t n)
{
	return new_dense(ptr, ROW, sizeof(int), 1, &n, NULL, NULL);
}

/* Call the operator, and release both layouts. */
static int copy(struct aml_layout *dst, struct aml_layout *src)
{
	int result = aml_dma_linux_copy_generic(dst, src, NULL);

	aml_layout_destroy(&dst);
	aml_layout_destroy(&src);
	return result;
}

static int copy_1d(struct aml_layout *dst, struct aml_layout *src)
{
	int result = aml_dma_linux_copy_1D(dst, src, NULL);

	aml_layout_destroy(&dst);
	aml_layout_destroy(&src);
	return result;
}

static void fill(int *numbers, size_t n, int first)
{
	for (size_t i = 0; i < n; i++)
		numbers[i] = first + (int)i;
}

START_TEST(an_array_to_an_array)
{
	int from[4][6], to[4][6] = {{0}};

	fill(from[0], 24, 1);
	ck_assert_int_eq(copy(new_dense(to, ROW, sizeof(int), 2, (size_t[]){4, 6}, NULL, NULL),
			      new_dense(from, ROW, sizeof(int), 2, (size_t[]){4, 6}, NULL, NULL)),
			 AML_SUCCESS);
	ck_assert_mem_eq(to, from, sizeof(from));
}
END_TEST

/* Contract: COPY-1. */
START_TEST(native_coordinates_pair_the_elements_of_both_orders)
{
	int from[4][6], to[4][6] = {{0}};

	/* 4 × 6 in row-major order and 6 × 4 in column-major order have the same native
	 * dims. */
	fill(from[0], 24, 1);
	ck_assert_int_eq(copy(new_dense(to, COLUMN, sizeof(int), 2, (size_t[]){6, 4}, NULL, NULL),
			      new_dense(from, ROW, sizeof(int), 2, (size_t[]){4, 6}, NULL, NULL)),
			 AML_SUCCESS);
	ck_assert_mem_eq(to, from, sizeof(from));
	/* Equal dims in user order do not match. */
	memset(to, 0, sizeof(to));
	ck_assert_int_eq(copy(new_dense(to, COLUMN, sizeof(int), 2, (size_t[]){4, 6}, NULL, NULL),
			      new_dense(from, ROW, sizeof(int), 2, (size_t[]){4, 6}, NULL, NULL)),
			 -AML_EINVAL);
	ck_assert_int_eq(to[0][0], 0);
}
END_TEST

START_TEST(a_block_of_one_array_to_a_block_of_another)
{
	int from[5][7], to[6][9], wanted[6][9];
	struct aml_layout *whole, *src = NULL, *dst = NULL;

	fill(from[0], 35, 1);
	fill(to[0], 54, 1000);
	fill(wanted[0], 54, 1000);
	for (size_t i = 0; i < 3; i++) {
		for (size_t j = 0; j < 4; j++)
			wanted[2 + i][5 + j] = from[1 + i][2 + j];
	}
	whole = new_dense(from, ROW, sizeof(int), 2, (size_t[]){5, 7}, NULL, NULL);
	ck_assert_int_eq(aml_layout_slice(whole, &src, (size_t[]){1, 2}, (size_t[]){3, 4}, NULL),
			 AML_SUCCESS);
	aml_layout_destroy(&whole);
	dst = new_dense(&to[2][5], ROW, sizeof(int), 2, (size_t[]){3, 4}, NULL, (size_t[]){6, 9});
	ck_assert_int_eq(copy(dst, src), AML_SUCCESS);
	ck_assert_mem_eq(to, wanted, sizeof(to));
}
END_TEST

START_TEST(a_transposition_by_steps)
{
	int from[4][6], to[6][4];

	fill(from[0], 24, 1);
	/* The source is `from` as an array of 6 × 4. */
	ck_assert_int_eq(copy(new_dense(to, ROW, sizeof(int), 2, (size_t[]){6, 4}, NULL, NULL),
			      new_dense(from, ROW, sizeof(int), 2, (size_t[]){6, 4},
					(size_t[]){1, 6}, (size_t[]){1, 1})),
			 AML_SUCCESS);
	for (size_t i = 0; i < 6; i++) {
		for (size_t j = 0; j < 4; j++)
			ck_assert_int_eq(to[i][j], from[j][i]);
	}
}
END_TEST

START_TEST(pixels_to_planes)
{
	unsigned char pixels[10][3], planes[3][10];

	for (size_t i = 0; i < 30; i++)
		pixels[i / 3][i % 3] = (unsigned char)(7 * i);
	ck_assert_int_eq(copy(new_dense(planes, COLUMN, 1, 2, (size_t[]){10, 3}, NULL, NULL),
			      new_dense(pixels, COLUMN, 1, 2, (size_t[]){10, 3}, (size_t[]){3, 1},
					(size_t[]){1, 1})),
			 AML_SUCCESS);
	for (size_t i = 0; i < 10; i++) {
		for (size_t j = 0; j < 3; j++)
			ck_assert_uint_eq(planes[j][i], pixels[i][j]);
	}
}
END_TEST

/* Contract: LAYOUT-13. */
START_TEST(a_step_of_0_in_the_source_repeats_an_element)
{
	int from[3] = {7, 8, 9}, to[3][4] = {{0}};

	ck_assert_int_eq(copy(new_dense(to, ROW, sizeof(int), 2, (size_t[]){3, 4}, NULL, NULL),
			      new_dense(from, ROW, sizeof(int), 2, (size_t[]){3, 4},
					(size_t[]){1, 0}, (size_t[]){1, 1})),
			 AML_SUCCESS);
	for (size_t i = 0; i < 12; i++)
		ck_assert_int_eq(to[i / 4][i % 4], from[i / 4]);
}
END_TEST

/* Contract: LAYOUT-13. */
START_TEST(a_step_of_0_in_the_destination_is_refused)
{
	int from[3][4], to[3][4];

	fill(from[0], 12, 1);
	fill(to[0], 12, 100);
	/* A stride of 0. */
	ck_assert_int_eq(
		copy(new_dense(to, ROW, sizeof(int), 2, (size_t[]){3, 4}, (size_t[]){1, 0}, NULL),
		     new_dense(from, ROW, sizeof(int), 2, (size_t[]){3, 4}, NULL, NULL)),
		-AML_EINVAL);
	ck_assert_int_eq(
		copy(new_dense(to, ROW, sizeof(int), 2, (size_t[]){3, 4}, (size_t[]){0, 1}, NULL),
		     new_dense(from, ROW, sizeof(int), 2, (size_t[]){3, 4}, NULL, NULL)),
		-AML_EINVAL);
	/* A pitch of 0. */
	ck_assert_int_eq(
		copy(new_dense(to, ROW, sizeof(int), 2, (size_t[]){3, 4}, NULL, (size_t[]){3, 0}),
		     new_dense(from, ROW, sizeof(int), 2, (size_t[]){3, 4}, NULL, NULL)),
		-AML_EINVAL);
	/* A stride of 0 in both layouts. */
	ck_assert_int_eq(
		copy(new_dense(to, ROW, sizeof(int), 1, (size_t[]){2}, (size_t[]){0}, NULL),
		     new_dense(from, ROW, sizeof(int), 1, (size_t[]){2}, (size_t[]){0}, NULL)),
		-AML_EINVAL);
	for (size_t i = 0; i < 12; i++)
		ck_assert_int_eq(to[i / 4][i % 4], 100 + (int)i);
}
END_TEST

/* Contract: LAYOUT-13. */
START_TEST(a_step_of_0_over_one_element_goes_nowhere)
{
	int from[4] = {1, 2, 3, 4}, to[4] = {0};

	ck_assert_int_eq(
		copy(new_dense(to, ROW, sizeof(int), 3, (size_t[]){1, 4, 1}, (size_t[]){0, 1, 0},
			       (size_t[]){1, 1, 1}),
		     new_dense(from, ROW, sizeof(int), 3, (size_t[]){1, 4, 1}, NULL, NULL)),
		AML_SUCCESS);
	ck_assert_mem_eq(to, from, sizeof(to));
}
END_TEST

/* Contract: LAYOUT-12. */
START_TEST(an_empty_layout_copies_to_nothing)
{
	static const size_t empty[][3] = {{0, 3, 4}, {3, 0, 4}, {3, 4, 0}, {0, 0, 0}, {1, 0, 1}};
	int from[64], to[64], wanted[64];

	fill(from, 64, 1);
	fill(to, 64, 100);
	fill(wanted, 64, 100);
	for (size_t i = 0; i < sizeof(empty) / sizeof(*empty); i++) {
		for (int order = COLUMN; order <= ROW; order++) {
			/* With a pitch of 0, the extents', and with one of 4. */
			ck_assert_int_eq(copy(new_dense(to, order, 4, 3, empty[i], NULL, NULL),
					      new_dense(from, order, 4, 3, empty[i], NULL, NULL)),
					 AML_SUCCESS);
			ck_assert_int_eq(copy(new_dense(to, order, 4, 3, empty[i], NULL,
							(size_t[]){4, 4, 4}),
					      new_dense(from, order, 4, 3, empty[i],
							(size_t[]){0, 0, 0}, (size_t[]){4, 4, 4})),
					 AML_SUCCESS);
		}
	}
	ck_assert_mem_eq(to, wanted, sizeof(to));
}
END_TEST

/* Contract: LAYOUT-12. */
START_TEST(empty_layouts_must_match_too)
{
	int numbers[64] = {0};

	ck_assert_int_eq(copy(row(numbers, 0), row(numbers, 1)), -AML_EINVAL);
	ck_assert_int_eq(copy(row(numbers, 1), row(numbers, 0)), -AML_EINVAL);
	ck_assert_int_eq(copy(new_dense(numbers, ROW, 4, 2, (size_t[]){0, 3}, NULL, NULL),
			      new_dense(numbers, ROW, 4, 2, (size_t[]){3, 0}, NULL, NULL)),
			 -AML_EINVAL);
	ck_assert_int_eq(
		copy(new_dense(numbers, ROW, 4, 2, (size_t[]){0, 1}, NULL, NULL), row(numbers, 0)),
		-AML_EINVAL);
	ck_assert_int_eq(
		copy(new_dense(numbers, ROW, 8, 1, (size_t[]){0}, NULL, NULL), row(numbers, 0)),
		-AML_EINVAL);
}
END_TEST

/* Contract: COPY-2. */
START_TEST(what_does_not_match_is_refused_and_nothing_is_written)
{
	int from[64], to[64], wanted[64];

	fill(from, 64, 1);
	fill(to, 64, 100);
	fill(wanted, 64, 100);
	/* The number of dimensions. */
	ck_assert_int_eq(copy(new_dense(to, ROW, 4, 2, (size_t[]){1, 6}, NULL, NULL), row(from, 6)),
			 -AML_EINVAL);
	ck_assert_int_eq(copy(row(to, 6), new_dense(from, ROW, 4, 2, (size_t[]){6, 1}, NULL, NULL)),
			 -AML_EINVAL);
	/* The extents, in both directions. */
	ck_assert_int_eq(copy(row(to, 6), row(from, 7)), -AML_EINVAL);
	ck_assert_int_eq(copy(row(to, 7), row(from, 6)), -AML_EINVAL);
	ck_assert_int_eq(copy(new_dense(to, ROW, 4, 2, (size_t[]){2, 3}, NULL, NULL),
			      new_dense(from, ROW, 4, 2, (size_t[]){3, 2}, NULL, NULL)),
			 -AML_EINVAL);
	/* The element size: with different and with equal numbers of bytes. */
	ck_assert_int_eq(copy(new_dense(to, ROW, 8, 1, (size_t[]){6}, NULL, NULL), row(from, 6)),
			 -AML_EINVAL);
	ck_assert_int_eq(copy(new_dense(to, ROW, 8, 1, (size_t[]){3}, NULL, NULL), row(from, 6)),
			 -AML_EINVAL);
	ck_assert_mem_eq(to, wanted, sizeof(to));
}
END_TEST

START_TEST(null_layouts_are_refused)
{
	int numbers[4] = {0};
	struct aml_layout *layout = row(numbers, 4);

	ck_assert_int_eq(aml_dma_linux_copy_generic(NULL, layout, NULL), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_linux_copy_generic(layout, NULL, NULL), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_linux_copy_1D(NULL, layout, NULL), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_linux_copy_1D(layout, NULL, NULL), -AML_EINVAL);
	aml_layout_destroy(&layout);
}
END_TEST

START_TEST(copy_1d_copies_one_contiguous_dimension)
{
	int from[8], to[8], wanted[8];

	fill(from, 8, 1);
	fill(to, 8, 100);
	fill(wanted, 8, 100);
	memcpy(wanted + 1, from + 2, 5 * sizeof(int));
	ck_assert_int_eq(copy_1d(row(to + 1, 5), row(from + 2, 5)), AML_SUCCESS);
	ck_assert_mem_eq(to, wanted, sizeof(to));
	/* The pitch of a single dimension and the order have no effect. */
	memcpy(wanted, from, 3 * sizeof(int));
	ck_assert_int_eq(
		copy_1d(new_dense(to, COLUMN, sizeof(int), 1, (size_t[]){3}, NULL, (size_t[]){7}),
			row(from, 3)),
		AML_SUCCESS);
	ck_assert_mem_eq(to, wanted, sizeof(to));
	ck_assert_int_eq(copy_1d(row(to, 0), row(from, 0)), AML_SUCCESS);
	ck_assert_mem_eq(to, wanted, sizeof(to));
}
END_TEST

START_TEST(copy_1d_refuses_what_it_cannot_copy_flat)
{
	int from[64], to[64], wanted[64], neutral = 0;
	struct aml_layout *padded = NULL;

	fill(from, 64, 1);
	fill(to, 64, 100);
	fill(wanted, 64, 100);
	/* Lengths, in both directions. */
	ck_assert_int_eq(copy_1d(row(to, 6), row(from, 7)), -AML_EINVAL);
	ck_assert_int_eq(copy_1d(row(to, 7), row(from, 6)), -AML_EINVAL);
	/* Element sizes: with equal numbers of elements, and with equal numbers of bytes. */
	ck_assert_int_eq(copy_1d(new_dense(to, ROW, 8, 1, (size_t[]){6}, NULL, NULL), row(from, 6)),
			 -AML_EINVAL);
	ck_assert_int_eq(copy_1d(new_dense(to, ROW, 8, 1, (size_t[]){3}, NULL, NULL), row(from, 6)),
			 -AML_EINVAL);
	/* Two dimensions: in both layouts, and in one layout with an extent of 1. */
	ck_assert_int_eq(copy_1d(new_dense(to, ROW, 4, 2, (size_t[]){2, 3}, NULL, NULL),
				 new_dense(from, ROW, 4, 2, (size_t[]){2, 3}, NULL, NULL)),
			 -AML_EINVAL);
	ck_assert_int_eq(
		copy_1d(new_dense(to, ROW, 4, 2, (size_t[]){1, 6}, NULL, NULL), row(from, 6)),
		-AML_EINVAL);
	ck_assert_int_eq(
		copy_1d(row(to, 6), new_dense(from, ROW, 4, 2, (size_t[]){6, 1}, NULL, NULL)),
		-AML_EINVAL);
	/* Strides. */
	ck_assert_int_eq(
		copy_1d(new_dense(to, ROW, 4, 1, (size_t[]){6}, (size_t[]){2}, NULL), row(from, 6)),
		-AML_EINVAL);
	ck_assert_int_eq(
		copy_1d(row(to, 6), new_dense(from, ROW, 4, 1, (size_t[]){6}, (size_t[]){2}, NULL)),
		-AML_EINVAL);
	ck_assert_int_eq(
		copy_1d(row(to, 6), new_dense(from, ROW, 4, 1, (size_t[]){6}, (size_t[]){0}, NULL)),
		-AML_EINVAL);
	/* A layout that is not dense. */
	ck_assert_int_eq(aml_layout_pad_create(&padded, ROW, row(from, 4), (size_t[]){6}, &neutral),
			 AML_SUCCESS);
	ck_assert_int_eq(copy_1d(row(to, 6), padded), -AML_EINVAL);
	ck_assert_mem_eq(to, wanted, sizeof(to));
}
END_TEST

/* Call memcpy_op with the casts that a program uses. */
static int memcpy_op(void *dst, const void *src, size_t size)
{
	return aml_dma_linux_memcpy_op((struct aml_layout *)dst, (const struct aml_layout *)src,
				       (void *)size);
}

/* Contract: COPY-4. */
START_TEST(memcpy_op_copies_bytes)
{
	char from[300], to[300], wanted[300];

	for (size_t i = 0; i < 300; i++)
		from[i] = (char)(3 * i + 1);
	for (size_t size = 1; size <= 257; size++) {
		memset(to, -1, sizeof(to));
		memset(wanted, -1, sizeof(wanted));
		memcpy(wanted + size % 7, from + size % 5, size);
		ck_assert_int_eq(memcpy_op(to + size % 7, from + size % 5, size), AML_SUCCESS);
		ck_assert_mem_eq(to, wanted, sizeof(to));
	}
}
END_TEST

/* Contract: COPY-4. */
START_TEST(memcpy_op_of_0_bytes_is_a_success)
{
	char from[2] = "a", to[2] = "b";

	ck_assert_int_eq(memcpy_op(to, from, 0), AML_SUCCESS);
	ck_assert_int_eq(memcpy_op(NULL, from, 0), AML_SUCCESS);
	ck_assert_int_eq(memcpy_op(to, NULL, 0), AML_SUCCESS);
	ck_assert_int_eq(memcpy_op(NULL, NULL, 0), AML_SUCCESS);
	ck_assert_str_eq(to, "b");
}
END_TEST

/* Contract: COPY-4. */
START_TEST(memcpy_op_refuses_null)
{
	char from[2] = "a", to[2] = "b";

	ck_assert_int_eq(memcpy_op(NULL, from, 1), -AML_EINVAL);
	ck_assert_int_eq(memcpy_op(to, NULL, 1), -AML_EINVAL);
	ck_assert_str_eq(to, "b");
}
END_TEST

/* Contract: COPY-6. */
START_TEST(transform_permutes_dimensions)
{
	int from[2][3][4], to[3][4][2];
	/* The native extents of src are 4, 3, 2, and those of dst are 2, 4, 3. */
	const size_t target_dims[] = {2, 0, 1};
	struct aml_layout *src =
		new_dense(from, ROW, sizeof(int), 3, (size_t[]){2, 3, 4}, NULL, NULL);
	struct aml_layout *dst =
		new_dense(to, ROW, sizeof(int), 3, (size_t[]){3, 4, 2}, NULL, NULL);

	fill(from[0][0], 24, 1);
	ck_assert_int_eq(aml_copy_layout_transform_generic(dst, src, target_dims), AML_SUCCESS);
	for (size_t i = 0; i < 2; i++) {
		for (size_t j = 0; j < 3; j++) {
			for (size_t k = 0; k < 4; k++)
				ck_assert_int_eq(to[j][k][i], from[i][j][k]);
		}
	}
	aml_layout_destroy(&dst);
	aml_layout_destroy(&src);
}
END_TEST

START_TEST(transform_by_the_identity_is_a_copy)
{
	int from[2][3], to[2][3] = {{0}};
	struct aml_layout *src = new_dense(from, ROW, sizeof(int), 2, (size_t[]){2, 3}, NULL, NULL);
	struct aml_layout *dst = new_dense(to, ROW, sizeof(int), 2, (size_t[]){2, 3}, NULL, NULL);

	fill(from[0], 6, 1);
	ck_assert_int_eq(aml_copy_layout_transform_generic(dst, src, (size_t[]){0, 1}),
			 AML_SUCCESS);
	ck_assert_mem_eq(to, from, sizeof(to));
	aml_layout_destroy(&dst);
	aml_layout_destroy(&src);
}
END_TEST

/* Contract: COPY-6. */
START_TEST(transform_refuses_what_is_no_permutation)
{
	static const size_t bad[][3] = {
		{0, 0, 1}, {2, 2, 2},        {0, 1, 1},  {0, 1, 3},
		{3, 0, 1}, {SIZE_MAX, 1, 2}, {0, 1, 64}, {0, 1, 100},
	};
	int from[27], to[27], wanted[27];
	const size_t dims[] = {3, 3, 3};
	struct aml_layout *src = new_dense(from, ROW, sizeof(int), 3, dims, NULL, NULL);
	struct aml_layout *dst = new_dense(to, ROW, sizeof(int), 3, dims, NULL, NULL);

	fill(from, 27, 1);
	fill(to, 27, 100);
	fill(wanted, 27, 100);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ck_assert_msg(aml_copy_layout_transform_generic(dst, src, bad[i]) == -AML_EINVAL,
			      "permutation %zu", i);
	ck_assert_mem_eq(to, wanted, sizeof(to));
	aml_layout_destroy(&dst);
	aml_layout_destroy(&src);
}
END_TEST

static int transform(struct aml_layout *dst, struct aml_layout *src, const size_t *target_dims)
{
	int result = aml_copy_layout_transform_generic(dst, src, target_dims);

	aml_layout_destroy(&dst);
	aml_layout_destroy(&src);
	return result;
}

/* Contract: COPY-6. */
START_TEST(transform_refuses_what_does_not_match)
{
	int from[24], to[24], wanted[24];
	const size_t swap[] = {1, 0};
	struct aml_layout *layout;

	fill(from, 24, 1);
	fill(to, 24, 100);
	fill(wanted, 24, 100);
	/* Extents that match only without the permutation. */
	ck_assert_int_eq(transform(new_dense(to, COLUMN, 4, 2, (size_t[]){2, 3}, NULL, NULL),
				   new_dense(from, COLUMN, 4, 2, (size_t[]){2, 3}, NULL, NULL),
				   swap),
			 -AML_EINVAL);
	/* The native order of the extents counts, not the user's order. */
	ck_assert_int_eq(transform(new_dense(to, ROW, 4, 2, (size_t[]){3, 2}, NULL, NULL),
				   new_dense(from, COLUMN, 4, 2, (size_t[]){2, 3}, NULL, NULL),
				   swap),
			 -AML_EINVAL);
	/* The number of dimensions. */
	ck_assert_int_eq(transform(row(to, 6),
				   new_dense(from, COLUMN, 4, 2, (size_t[]){6, 1}, NULL, NULL),
				   swap),
			 -AML_EINVAL);
	/* The element size. */
	ck_assert_int_eq(transform(new_dense(to, COLUMN, 8, 2, (size_t[]){3, 2}, NULL, NULL),
				   new_dense(from, COLUMN, 4, 2, (size_t[]){2, 3}, NULL, NULL),
				   swap),
			 -AML_EINVAL);
	/* A step of 0 in the destination. */
	ck_assert_int_eq(
		transform(new_dense(to, COLUMN, 4, 2, (size_t[]){3, 2}, (size_t[]){0, 1}, NULL),
			  new_dense(from, COLUMN, 4, 2, (size_t[]){2, 3}, NULL, NULL), swap),
		-AML_EINVAL);
	/* NULL. */
	layout = row(to, 6);
	ck_assert_int_eq(aml_copy_layout_transform_generic(NULL, layout, swap), -AML_EINVAL);
	ck_assert_int_eq(aml_copy_layout_transform_generic(layout, NULL, swap), -AML_EINVAL);
	ck_assert_int_eq(aml_copy_layout_transform_generic(layout, layout, NULL), -AML_EINVAL);
	aml_layout_destroy(&layout);
	ck_assert_mem_eq(to, wanted, sizeof(to));
	/* Layouts that match are copied. */
	ck_assert_int_eq(transform(new_dense(to, COLUMN, 4, 2, (size_t[]){3, 2}, NULL, NULL),
				   new_dense(from, COLUMN, 4, 2, (size_t[]){2, 3}, NULL, NULL),
				   swap),
			 AML_SUCCESS);
	ck_assert_int_eq(to[1], from[2]);
}
END_TEST

START_TEST(an_engine_copies_by_each_operator)
{
	for (size_t threads = 0; threads <= 2; threads++) {
		struct aml_dma *dma = NULL;
		struct aml_dma_request *request;
		struct aml_layout *dst, *src;
		int from[12], to[12];

		fill(from, 12, 1);
		ck_assert_int_eq(aml_dma_linux_create(&dma, threads), AML_SUCCESS);
		dst = row(to, 12);
		src = row(from, 12);

		memset(to, 0, sizeof(to));
		ck_assert_int_eq(aml_dma_copy(dma, dst, src), AML_SUCCESS);
		ck_assert_mem_eq(to, from, sizeof(to));

		memset(to, 0, sizeof(to));
		ck_assert_int_eq(
			aml_dma_copy_custom(dma, dst, src, aml_dma_linux_copy_generic, NULL),
			AML_SUCCESS);
		ck_assert_mem_eq(to, from, sizeof(to));

		memset(to, 0, sizeof(to));
		ck_assert_int_eq(aml_dma_copy_custom(dma, dst, src, aml_dma_linux_copy_1D, NULL),
				 AML_SUCCESS);
		ck_assert_mem_eq(to, from, sizeof(to));

		memset(to, 0, sizeof(to));
		ck_assert_int_eq(aml_dma_copy_custom(dma, (struct aml_layout *)to,
						     (struct aml_layout *)from,
						     aml_dma_linux_memcpy_op, (void *)sizeof(to)),
				 AML_SUCCESS);
		ck_assert_mem_eq(to, from, sizeof(to));

		/* The layouts are destroyed before the wait. */
		memset(to, 0, sizeof(to));
		ck_assert_int_eq(aml_dma_async_copy(dma, &request, dst, src), AML_SUCCESS);
		aml_layout_destroy(&dst);
		aml_layout_destroy(&src);
		ck_assert_int_eq(aml_dma_wait(dma, &request), AML_SUCCESS);
		ck_assert_mem_eq(to, from, sizeof(to));

		memset(to, 0, sizeof(to));
		dst = row(to, 12);
		src = row(from, 12);
		ck_assert_int_eq(
			aml_dma_async_copy_custom(dma, NULL, dst, src, aml_dma_linux_copy_1D, NULL),
			AML_SUCCESS);
		aml_layout_destroy(&dst);
		aml_layout_destroy(&src);
		ck_assert_int_eq(aml_dma_barrier(dma), AML_SUCCESS);
		ck_assert_mem_eq(to, from, sizeof(to));
		ck_assert_int_eq(aml_dma_linux_destroy(&dma), AML_SUCCESS);
	}
}
END_TEST

/* Contract: COPY-2. */
START_TEST(posting_tells_what_does_not_match)
{
	static const aml_dma_operator operators[] = {NULL, aml_dma_linux_copy_generic,
						     aml_dma_linux_copy_1D};
	struct aml_dma_request *const no_request = (struct aml_dma_request *)&no_request;
	struct aml_dma_request *request = no_request;
	struct aml_dma *dma = NULL;
	int from[12], to[12], wanted[12];
	struct aml_layout *dst = row(to, 11), *src = row(from, 12);

	fill(from, 12, 1);
	fill(to, 12, 100);
	fill(wanted, 12, 100);
	ck_assert_int_eq(aml_dma_linux_create(&dma, 1), AML_SUCCESS);
	for (size_t i = 0; i < 3; i++) {
		ck_assert_int_eq(aml_dma_copy_custom(dma, dst, src, operators[i], NULL),
				 -AML_EINVAL);
		ck_assert_int_eq(
			aml_dma_async_copy_custom(dma, &request, dst, src, operators[i], NULL),
			-AML_EINVAL);
		ck_assert_ptr_eq(request, no_request);
		ck_assert_int_eq(aml_dma_async_copy_custom(dma, NULL, dst, src, operators[i], NULL),
				 -AML_EINVAL);
	}
	/* No request was posted, so a barrier has nothing to report. */
	ck_assert_int_eq(aml_dma_barrier(dma), AML_SUCCESS);
	ck_assert_mem_eq(to, wanted, sizeof(to));
	aml_layout_destroy(&dst);
	aml_layout_destroy(&src);
	ck_assert_int_eq(aml_dma_linux_destroy(&dma), AML_SUCCESS);
}
END_TEST

SUITE("copy/copy", an_array_to_an_array, native_coordinates_pair_the_elements_of_both_orders,
      a_block_of_one_array_to_a_block_of_another, a_transposition_by_steps, pixels_to_planes,
      a_step_of_0_in_the_source_repeats_an_element, a_step_of_0_in_the_destination_is_refused,
      a_step_of_0_over_one_element_goes_nowhere, an_empty_layout_copies_to_nothing,
      empty_layouts_must_match_too, what_does_not_match_is_refused_and_nothing_is_written,
      null_layouts_are_refused, copy_1d_copies_one_contiguous_dimension,
      copy_1d_refuses_what_it_cannot_copy_flat, memcpy_op_copies_bytes,
      memcpy_op_of_0_bytes_is_a_success, memcpy_op_refuses_null, transform_permutes_dimensions,
      transform_by_the_identity_is_a_copy, transform_refuses_what_is_no_permutation,
      transform_refuses_what_does_not_match, an_engine_copies_by_each_operator,
      posting_tells_what_does_not_match)
