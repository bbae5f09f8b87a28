/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Copies of custom layouts: with AML's operators only, with duplicate, with the fast path, with
 * tables copied from the library's tables, and with wrong answers.
 */
#include <aml.h>
#include <aml/dma/linux.h>
#include <aml/layout/dense.h>
#include <aml/layout/native.h>
#include <aml/layout/pad.h>
#include <aml/layout/reshape.h>

#include "made.h"
#include "oracle.h"
#include "random.h"
#include "sample.h"
#include "sizes.h"
#include "suite.h"
#include "user_layout.h"

#define COLUMN AML_LAYOUT_ORDER_COLUMN_MAJOR
#define ROW AML_LAYOUT_ORDER_ROW_MAJOR

#define N 12

/* Two arrays of 3 × 4, and the expected content of the second one. */
static int from[N], to[N], wanted[N];

static void start(void)
{
	for (int i = 0; i < N; i++) {
		from[i] = 1 + i;
		to[i] = 100 + i;
		wanted[i] = 100 + i;
	}
}

static struct aml_layout *dense_three_by_four(int *numbers)
{
	struct aml_layout *layout = NULL;

	ck_assert_int_eq(aml_layout_dense_create(&layout, numbers, ROW, sizeof(int), 2,
						 (size_t[]){3, 4}, NULL, NULL),
			 AML_SUCCESS);
	return layout;
}

static struct user_layout *user_three_by_four(int *numbers, int flags, struct user_calls *calls)
{
	struct user_layout *made;
	struct oracle oracle;

	oracle_dense(&oracle, numbers, ROW, sizeof(int), 2, (size_t[]){3, 4}, NULL, NULL);
	made = user_layout_create(&oracle, ROW, flags, calls);
	oracle_destroy(&oracle);
	return made;
}

/* Contract: COPY-8. */
START_TEST(aml_operators_suffice)
{
	struct user_calls calls = {0};
	struct user_layout *src, *dst;

	start();
	src = user_three_by_four(from, 0, &calls);
	dst = user_three_by_four(to, 0, &calls);
	/* Only the operators that a copy needs by its documentation. */
	src->ops = (struct aml_layout_ops){.deref_native = src->ops.deref_native,
					   .dims_native = src->ops.dims_native,
					   .ndims = src->ops.ndims,
					   .element_size = src->ops.element_size};
	dst->ops = src->ops;
	ck_assert_int_eq(aml_dma_linux_copy_generic(&dst->layout, &src->layout, NULL), AML_SUCCESS);
	ck_assert_mem_eq(to, from, sizeof(to));
	/* Each side is asked once for each element. */
	ck_assert_uint_eq(calls.deref, 2 * N);
	destroy_layout(&src->layout);
	destroy_layout(&dst->layout);
}
END_TEST

START_TEST(the_cells_may_lie_anywhere)
{
	struct user_layout *src, *dst;

	start();
	src = user_three_by_four(from, 0, NULL);
	dst = user_three_by_four(to, 0, NULL);
	/* The destination is reversed. In the source, one element stands for a whole row. */
	for (size_t i = 0; i < N; i++) {
		dst->cells[i] = (unsigned char *)&to[N - 1 - i];
		src->cells[i] = (unsigned char *)&from[i / 4];
		wanted[N - 1 - i] = from[i / 4];
	}
	ck_assert_int_eq(aml_dma_linux_copy_generic(&dst->layout, &src->layout, NULL), AML_SUCCESS);
	ck_assert_mem_eq(to, wanted, sizeof(to));
	destroy_layout(&src->layout);
	destroy_layout(&dst->layout);
}
END_TEST

/* Contract: COPY-9. */
START_TEST(the_fast_path_never_asks_for_elements)
{
	struct user_calls calls = {0};
	struct user_layout *src, *dst;

	start();
	src = user_three_by_four(from, USER_STEPS, &calls);
	dst = user_three_by_four(to, USER_STEPS, &calls);
	ck_assert_int_eq(aml_dma_linux_copy_generic(&dst->layout, &src->layout, NULL), AML_SUCCESS);
	ck_assert_mem_eq(to, from, sizeof(to));
	ck_assert_uint_eq(calls.deref, 0);
	ck_assert_uint_ge(calls.steps, 2);
	destroy_layout(&src->layout);
	destroy_layout(&dst->layout);
}
END_TEST

/* Contract: COPY-9. */
START_TEST(the_fast_path_may_run_backwards)
{
	/* Negative steps in each dimension of the source, of the destination, and of both. */
	for (int mask = 0; mask < 16; mask++) {
		struct user_layout *sides[2];

		start();
		sides[0] = user_three_by_four(from, USER_STEPS, NULL);
		sides[1] = user_three_by_four(to, USER_STEPS, NULL);
		for (int side = 0; side < 2; side++) {
			struct user_layout *layout = sides[side];

			/* Native: 4 elements of 4 bytes, 3 rows of 16. */
			if (mask >> (2 * side) & 1) {
				layout->base += 3 * 4;
				layout->steps[0] = -4;
			}
			if (mask >> (2 * side) & 2) {
				layout->base += 2 * 16;
				layout->steps[1] = -16;
			}
		}
		for (int i = 0; i < 3; i++) {
			for (int j = 0; j < 4; j++) {
				int si = mask & 2 ? 2 - i : i, sj = mask & 1 ? 3 - j : j;
				int di = mask & 8 ? 2 - i : i, dj = mask & 4 ? 3 - j : j;

				wanted[4 * di + dj] = from[4 * si + sj];
			}
		}
		ck_assert_int_eq(
			aml_dma_linux_copy_generic(&sides[1]->layout, &sides[0]->layout, NULL),
			AML_SUCCESS);
		ck_assert_msg(!memcmp(to, wanted, sizeof(to)), "negative steps %d", mask);
		destroy_layout(&sides[0]->layout);
		destroy_layout(&sides[1]->layout);
	}
}
END_TEST

START_TEST(steps_may_be_no_multiple_of_the_element_size)
{
	unsigned char bytes[40], out[40], expected[40];
	struct user_layout *src, *dst;

	for (size_t i = 0; i < 40; i++) {
		bytes[i] = (unsigned char)i;
		out[i] = expected[i] = (unsigned char)(200 + i);
	}
	start();
	src = user_three_by_four(from, USER_STEPS, NULL);
	dst = user_three_by_four(to, USER_STEPS, NULL);
	/* 5 elements of 4 bytes, with steps of 5 bytes in the destination and -7 in the source. */
	src->ndims = dst->ndims = 1;
	src->dims[0] = dst->dims[0] = 5;
	src->base = bytes + 30;
	src->steps[0] = -7;
	dst->base = out + 1;
	dst->steps[0] = 5;
	for (size_t i = 0; i < 5; i++)
		memcpy(expected + 1 + 5 * i, bytes + 30 - 7 * i, 4);
	ck_assert_int_eq(aml_dma_linux_copy_generic(&dst->layout, &src->layout, NULL), AML_SUCCESS);
	ck_assert_mem_eq(out, expected, sizeof(out));
	destroy_layout(&src->layout);
	destroy_layout(&dst->layout);
}
END_TEST

/* Contract: COPY-9. */
START_TEST(a_fast_path_that_declines_leads_back_to_deref_native)
{
	struct user_calls calls = {0};
	struct user_layout *src, *dst;

	start();
	src = user_three_by_four(from, USER_STEPS, &calls);
	dst = user_three_by_four(to, USER_STEPS, &calls);
	src->steps_result = -AML_ENOTSUP;
	dst->steps_result = -AML_FAILURE;
	ck_assert_int_eq(aml_dma_linux_copy_generic(&dst->layout, &src->layout, NULL), AML_SUCCESS);
	ck_assert_mem_eq(to, from, sizeof(to));
	ck_assert_uint_eq(calls.deref, 2 * N);
	destroy_layout(&src->layout);
	destroy_layout(&dst->layout);
}
END_TEST

/* Contract: LAYOUT-13. */
START_TEST(a_step_of_0_by_the_fast_path_is_one_element_or_refused)
{
	struct user_layout *src, *dst;

	start();
	src = user_three_by_four(from, USER_STEPS, NULL);
	dst = user_three_by_four(to, USER_STEPS, NULL);
	dst->steps[1] = 0;
	ck_assert_int_eq(aml_dma_linux_copy_generic(&dst->layout, &src->layout, NULL), -AML_EINVAL);
	ck_assert_mem_eq(to, wanted, sizeof(to));
	dst->steps[1] = 16;
	src->steps[1] = 0;
	for (size_t i = 0; i < N; i++)
		wanted[i] = from[i % 4];
	ck_assert_int_eq(aml_dma_linux_copy_generic(&dst->layout, &src->layout, NULL), AML_SUCCESS);
	ck_assert_mem_eq(to, wanted, sizeof(to));
	destroy_layout(&src->layout);
	destroy_layout(&dst->layout);
}
END_TEST

START_TEST(copy_1d_takes_the_fast_path_alone)
{
	struct aml_layout *flat = NULL;
	struct user_layout *fast, *slow;

	start();
	fast = user_three_by_four(from, USER_STEPS, NULL);
	slow = user_three_by_four(from, 0, NULL);
	fast->ndims = slow->ndims = 1;
	fast->dims[0] = slow->dims[0] = 4;
	ck_assert_int_eq(
		aml_layout_dense_create(&flat, to, ROW, sizeof(int), 1, (size_t[]){4}, NULL, NULL),
		AML_SUCCESS);
	ck_assert_int_eq(aml_dma_linux_copy_1D(flat, &slow->layout, NULL), -AML_EINVAL);
	fast->steps[0] = -4;
	ck_assert_int_eq(aml_dma_linux_copy_1D(flat, &fast->layout, NULL), -AML_EINVAL);
	fast->steps[0] = 8;
	ck_assert_int_eq(aml_dma_linux_copy_1D(flat, &fast->layout, NULL), -AML_EINVAL);
	ck_assert_mem_eq(to, wanted, sizeof(to));
	fast->steps[0] = 4;
	memcpy(wanted, from, 4 * sizeof(int));
	ck_assert_int_eq(aml_dma_linux_copy_1D(flat, &fast->layout, NULL), AML_SUCCESS);
	ck_assert_mem_eq(to, wanted, sizeof(to));
	destroy_layout(flat);
	destroy_layout(&fast->layout);
	destroy_layout(&slow->layout);
}
END_TEST

/* Operators for a dense layout with a copied table, which differ from the library's operators. */

static void *reversed_deref_native(const struct aml_layout_data *data, const size_t *coords)
{
	const struct aml_layout_dense *d = (const struct aml_layout_dense *)data;
	size_t index = (d->dims[1] - 1 - coords[1]) * d->dims[0] + d->dims[0] - 1 - coords[0];

	return (char *)d->ptr + index * d->cpitch[0];
}

static size_t one_dimension(const struct aml_layout_data *data)
{
	(void)data;
	return 1;
}

static int two_elements(const struct aml_layout_data *data, size_t *dims)
{
	(void)data;
	dims[0] = 2;
	dims[1] = 2;
	return AML_SUCCESS;
}

static size_t two_bytes(const struct aml_layout_data *data)
{
	(void)data;
	return 2;
}

/* Contract: COPY-9. */
START_TEST(a_replaced_deref_native_is_what_copies_call)
{
	/* For the source and for the destination, with a copy of each table. */
	for (int i = 0; i < 4; i++) {
		struct aml_layout_ops ops = i & 1 ? aml_layout_column_ops : aml_layout_row_ops;
		struct aml_layout *src, *dst, *other;

		start();
		src = dense_three_by_four(from);
		dst = dense_three_by_four(to);
		other = i & 2 ? dst : src;
		ops.deref_native = reversed_deref_native;
		other->ops = &ops;
		for (size_t n = 0; n < N; n++)
			wanted[n] = from[N - 1 - n];
		ck_assert_int_eq(aml_dma_linux_copy_generic(dst, src, NULL), AML_SUCCESS);
		ck_assert_mem_eq(to, wanted, sizeof(to));
		destroy_layout(src);
		destroy_layout(dst);
	}
}
END_TEST

static size_t three_dimensions(const struct aml_layout_data *data)
{
	(void)data;
	return 3;
}

static int two_copies(const struct aml_layout_data *data, size_t *dims)
{
	(void)data;
	dims[0] = 4;
	dims[1] = 3;
	dims[2] = 2;
	return AML_SUCCESS;
}

/* Contract: COPY-9. */
START_TEST(a_replaced_number_of_dimensions_is_what_copies_go_by)
{
	struct aml_layout_ops ops = aml_layout_row_ops;
	struct aml_layout *src, *dst = NULL;
	int twice[2][N] = {{0}};

	/* deref_native ignores the third dimension, so the copy has all elements twice. */
	start();
	src = dense_three_by_four(from);
	ops.ndims = three_dimensions;
	ops.dims_native = two_copies;
	src->ops = &ops;
	ck_assert_int_eq(aml_layout_dense_create(&dst, twice, COLUMN, sizeof(int), 3,
						 (size_t[]){4, 3, 2}, NULL, NULL),
			 AML_SUCCESS);
	ck_assert_int_eq(aml_dma_linux_copy_generic(dst, src, NULL), AML_SUCCESS);
	ck_assert_mem_eq(twice[0], from, sizeof(from));
	ck_assert_mem_eq(twice[1], from, sizeof(from));
	destroy_layout(src);
	destroy_layout(dst);
}
END_TEST

/* Contract: COPY-9. */
START_TEST(a_replaced_shape_is_the_shape_that_counts)
{
	struct aml_layout_ops ops = aml_layout_row_ops;
	struct aml_layout *src, *dst, *part = NULL;

	/* 2 × 2 of the 3 × 4. */
	start();
	src = dense_three_by_four(from);
	dst = dense_three_by_four(to);
	ops.dims_native = two_elements;
	src->ops = &ops;
	ck_assert_int_eq(aml_layout_slice(dst, &part, NULL, (size_t[]){2, 2}, NULL), AML_SUCCESS);
	ck_assert_int_eq(aml_dma_linux_copy_generic(dst, src, NULL), -AML_EINVAL);
	ck_assert_mem_eq(to, wanted, sizeof(to));
	ck_assert_int_eq(aml_dma_linux_copy_generic(part, src, NULL), AML_SUCCESS);
	wanted[0] = from[0];
	wanted[1] = from[1];
	wanted[4] = from[4];
	wanted[5] = from[5];
	ck_assert_mem_eq(to, wanted, sizeof(to));

	/* Elements of 2 bytes do not match those of 4. */
	ops = aml_layout_row_ops;
	ops.element_size = two_bytes;
	ck_assert_int_eq(aml_dma_linux_copy_generic(dst, src, NULL), -AML_EINVAL);

	/* One dimension does not match two. */
	ops = aml_layout_row_ops;
	ops.ndims = one_dimension;
	ck_assert_int_eq(aml_dma_linux_copy_generic(dst, src, NULL), -AML_EINVAL);
	ck_assert_mem_eq(to, wanted, sizeof(to));
	destroy_layout(part);
	destroy_layout(src);
	destroy_layout(dst);
}
END_TEST

START_TEST(a_copied_table_with_other_things_replaced_copies_alike)
{
	struct aml_layout_ops ops = aml_layout_column_ops;
	struct aml_layout *src, *dst;

	/* Copies use only the native operators. */
	start();
	src = dense_three_by_four(from);
	dst = dense_three_by_four(to);
	ops.deref = NULL;
	ops.dims = NULL;
	ops.order = NULL;
	ops.rawptr = NULL;
	ops.slice = NULL;
	ops.fprintf = NULL;
	src->ops = &ops;
	ck_assert_int_eq(aml_dma_linux_copy_generic(dst, src, NULL), AML_SUCCESS);
	ck_assert_mem_eq(to, from, sizeof(to));
	destroy_layout(src);
	destroy_layout(dst);
}
END_TEST

/* Check that each way to copy refuses the layouts with this code, and writes nothing. */
static void assert_refused(struct aml_dma *dma, struct aml_layout *dst, struct aml_layout *src,
			   int code)
{
	struct aml_dma_request *const no_request = (struct aml_dma_request *)&no_request;
	struct aml_dma_request *request = no_request;

	ck_assert_int_eq(aml_dma_linux_copy_generic(dst, src, NULL), code);
	ck_assert_int_eq(aml_copy_layout_transform_generic(dst, src, (size_t[]){0, 1}), code);
	ck_assert_int_eq(aml_dma_copy(dma, dst, src), code);
	ck_assert_int_eq(aml_dma_async_copy(dma, &request, dst, src), code);
	ck_assert_int_eq(aml_dma_async_copy(dma, NULL, dst, src), code);
	ck_assert_int_eq(aml_dma_async_copy_custom(dma, &request, dst, src,
						   aml_dma_linux_copy_generic, NULL),
			 code);
	ck_assert_ptr_eq(request, no_request);
	ck_assert_int_eq(aml_dma_barrier(dma), AML_SUCCESS);
	ck_assert_mem_eq(to, wanted, sizeof(to));
}

#define LIES 6

/* Make a layout give a wrong answer, or the right answers again. */
static void lie(struct user_layout *user, int number)
{
	static const size_t ndims[] = {0, 65, 2, 2, 2, 2, 2};
	static const size_t element_sizes[] = {4, 4, 0, 4, 4, 4, 4};
	/* The last four: SIZE_MAX + 1 elements, as many bytes, even more, the right extents. */
	static const size_t dims[][2] = {
		{4, 3},
		{4, 3},
		{4, 3},
		{SIZE_ROOT, SIZE_ROOT},
		{SIZE_OVER(2), 1},
		{SIZE_MAX, SIZE_MAX},
		{4, 3},
	};

	if (!user)
		return;
	user->ndims = ndims[number];
	user->element_size = element_sizes[number];
	user->dims[0] = dims[number][0];
	user->dims[1] = dims[number][1];
}

/* Contract: LAYOUT-2. */
START_TEST(layouts_that_lie_are_told_when_they_are_posted)
{
	struct aml_dma *dma = NULL;

	ck_assert_int_eq(aml_dma_linux_create(&dma, 1), AML_SUCCESS);
	/* The source, the destination or both give wrong answers, with or without the fast path. */
	for (int i = 0; i < 6; i++) {
		const int flags = i & 1 ? USER_STEPS : 0;
		struct user_layout *from_liar, *to_liar;
		struct aml_layout *src, *dst;

		start();
		from_liar = i / 2 != 1 ? user_three_by_four(from, flags, NULL) : NULL;
		to_liar = i / 2 != 0 ? user_three_by_four(to, flags, NULL) : NULL;
		src = from_liar ? &from_liar->layout : dense_three_by_four(from);
		dst = to_liar ? &to_liar->layout : dense_three_by_four(to);
		for (int number = 0; number < LIES; number++) {
			lie(from_liar, number);
			lie(to_liar, number);
			assert_refused(dma, dst, src, -AML_EINVAL);
		}
		lie(from_liar, LIES);
		lie(to_liar, LIES);
		ck_assert_int_eq(aml_dma_copy(dma, dst, src), AML_SUCCESS);
		ck_assert_mem_eq(to, from, sizeof(to));
		destroy_layout(src);
		destroy_layout(dst);
	}
	ck_assert_int_eq(aml_dma_linux_destroy(&dma), AML_SUCCESS);
}
END_TEST

/* Contract: LAYOUT-2. */
START_TEST(steps_that_overflow_are_told_when_they_are_posted)
{
	static const ptrdiff_t bad[] = {PTRDIFF_MAX, PTRDIFF_MIN, PTRDIFF_MAX / 2 + 1,
					PTRDIFF_MIN / 2 - 1};
	struct aml_dma *dma = NULL;
	struct user_layout *src, *dst;

	ck_assert_int_eq(aml_dma_linux_create(&dma, 1), AML_SUCCESS);
	start();
	src = user_three_by_four(from, USER_STEPS, NULL);
	dst = user_three_by_four(to, USER_STEPS, NULL);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		src->steps[0] = bad[i];
		assert_refused(dma, &dst->layout, &src->layout, -AML_EINVAL);
		src->steps[0] = 4;
		dst->steps[1] = bad[i];
		assert_refused(dma, &dst->layout, &src->layout, -AML_EINVAL);
		dst->steps[1] = 16;
	}
	destroy_layout(&src->layout);
	destroy_layout(&dst->layout);
	ck_assert_int_eq(aml_dma_linux_destroy(&dma), AML_SUCCESS);
}
END_TEST

/* Contract: COPY-2. */
START_TEST(a_lacking_operator_is_told_when_it_is_posted)
{
	struct aml_dma *dma = NULL;

	ck_assert_int_eq(aml_dma_linux_create(&dma, 1), AML_SUCCESS);
	for (int i = 0; i < 8; i++) {
		struct user_layout *lacking;
		struct aml_layout *src, *dst;

		start();
		lacking = user_three_by_four(i & 1 ? from : to, 0, NULL);
		src = i & 1 ? &lacking->layout : dense_three_by_four(from);
		dst = i & 1 ? dense_three_by_four(to) : &lacking->layout;
		switch (i / 2) {
		case 0:
			lacking->ops.ndims = NULL;
			break;
		case 1:
			lacking->ops.dims_native = NULL;
			break;
		case 2:
			lacking->ops.element_size = NULL;
			break;
		default:
			lacking->ops.deref_native = NULL;
			break;
		}
		assert_refused(dma, dst, src, -AML_ENOTSUP);
		destroy_layout(src);
		destroy_layout(dst);
	}
	ck_assert_int_eq(aml_dma_linux_destroy(&dma), AML_SUCCESS);
}
END_TEST

/* Contract: LAYOUT-2. */
START_TEST(an_error_of_dims_native_is_handed_on)
{
	struct aml_dma *dma = NULL;
	struct aml_layout *dst;
	struct user_layout *src;

	ck_assert_int_eq(aml_dma_linux_create(&dma, 1), AML_SUCCESS);
	start();
	src = user_three_by_four(from, 0, NULL);
	dst = dense_three_by_four(to);
	src->dims_result = -AML_EPERM;
	assert_refused(dma, dst, &src->layout, -AML_EPERM);
	destroy_layout(&src->layout);
	destroy_layout(dst);
	ck_assert_int_eq(aml_dma_linux_destroy(&dma), AML_SUCCESS);
}
END_TEST

/* Contract: COPY-8. */
START_TEST(no_address_is_a_failure)
{
	struct aml_dma *dma = NULL;
	struct aml_dma_request *request = NULL;

	ck_assert_int_eq(aml_dma_linux_create(&dma, 1), AML_SUCCESS);
	/* In the source and in the destination: the first element, one in the middle, the last. */
	for (size_t i = 0; i < 6; i++) {
		static const size_t places[] = {0, 5, N - 1};
		struct user_layout *src, *dst;

		start();
		src = user_three_by_four(from, 0, NULL);
		dst = user_three_by_four(to, 0, NULL);
		(i & 1 ? src : dst)->cells[places[i / 2]] = NULL;
		ck_assert_int_eq(aml_dma_linux_copy_generic(&dst->layout, &src->layout, NULL),
				 -AML_FAILURE);
		ck_assert_int_eq(aml_copy_layout_transform_generic(&dst->layout, &src->layout,
								   (size_t[]){0, 1}),
				 -AML_FAILURE);
		ck_assert_int_eq(aml_dma_copy(dma, &dst->layout, &src->layout), -AML_FAILURE);
		ck_assert_int_eq(aml_dma_async_copy(dma, &request, &dst->layout, &src->layout),
				 AML_SUCCESS);
		ck_assert_int_eq(aml_dma_wait(dma, &request), -AML_FAILURE);
		ck_assert_ptr_null(request);
		ck_assert_int_eq(aml_dma_async_copy(dma, NULL, &dst->layout, &src->layout),
				 AML_SUCCESS);
		ck_assert_int_eq(aml_dma_barrier(dma), -AML_FAILURE);
		ck_assert_int_eq(aml_dma_barrier(dma), AML_SUCCESS);
		destroy_layout(&src->layout);
		destroy_layout(&dst->layout);
	}
	ck_assert_int_eq(aml_dma_linux_destroy(&dma), AML_SUCCESS);
}
END_TEST

/* Elements of a row that the copy's unrolled loop takes, and elements that it leaves over. */
#define LONG 37

static struct user_layout *user_row(short *numbers, struct oracle *oracle)
{
	oracle_dense(oracle, numbers, COLUMN, sizeof(short), 1, (size_t[]){LONG}, NULL, NULL);
	return user_layout_create(oracle, COLUMN, 0, NULL);
}

/* Contract: COPY-8. */
START_TEST(no_address_in_a_long_row_stops_the_copy_there)
{
	static const size_t places[] = {0, 15, 16, 31, 32, LONG - 1};

	/* Custom: the source, the destination, or both. The missing address is in one of them. */
	for (size_t i = 0; i < 4 * sizeof(places) / sizeof(*places); i++) {
		short from_row[LONG], to_row[LONG], wanted_row[LONG];
		const size_t place = places[i / 4];
		const bool src_is_own = i % 4 != 1, dst_is_own = i % 4 > 0;
		struct aml_layout *dense[2];
		struct user_layout *own[2];
		struct oracle oracles[2];

		for (size_t k = 0; k < LONG; k++) {
			from_row[k] = (short)(1 + k);
			to_row[k] = (short)(100 + k);
			wanted_row[k] = k < place ? from_row[k] : to_row[k];
		}
		own[0] = user_row(to_row, &oracles[0]);
		own[1] = user_row(from_row, &oracles[1]);
		dense[0] = new_dense(to_row, COLUMN, 2, 1, (size_t[]){LONG}, NULL, NULL);
		dense[1] = new_dense(from_row, COLUMN, 2, 1, (size_t[]){LONG}, NULL, NULL);
		own[i % 4 == 0 || i % 4 == 3]->cells[place] = NULL;
		ck_assert_int_eq(aml_dma_linux_copy_generic(dst_is_own ? &own[0]->layout : dense[0],
							    src_is_own ? &own[1]->layout : dense[1],
							    NULL),
				 -AML_FAILURE);
		ck_assert_mem_eq(to_row, wanted_row, sizeof(to_row));
		for (size_t side = 0; side < 2; side++) {
			destroy_layout(&own[side]->layout);
			destroy_layout(dense[side]);
			oracle_destroy(&oracles[side]);
		}
	}
}
END_TEST

/* Contract: OWN-6. */
START_TEST(layouts_that_can_be_duplicated_may_go_after_posting)
{
	static const int kinds[] = {USER_DUPLICATE, USER_STEPS, USER_DUPLICATE | USER_STEPS,
				    USER_DUPLICATE | USER_FREE};

	/* With 0 workers, no copy runs before the wait. */
	for (size_t threads = 0; threads < 2; threads++) {
		struct aml_dma *dma = NULL;

		ck_assert_int_eq(aml_dma_linux_create(&dma, threads), AML_SUCCESS);
		for (size_t i = 0; i < 16; i++) {
			struct aml_dma_request *request = NULL;
			struct user_calls calls = {0};
			struct user_layout *src, *dst;

			start();
			src = user_three_by_four(from, kinds[i % 4], &calls);
			dst = user_three_by_four(to, kinds[i / 4], &calls);
			ck_assert_int_eq(
				aml_dma_async_copy(dma, &request, &dst->layout, &src->layout),
				AML_SUCCESS);
			destroy_layout(&src->layout);
			destroy_layout(&dst->layout);
			ck_assert_int_eq(aml_dma_wait(dma, &request), AML_SUCCESS);
			ck_assert_mem_eq(to, from, sizeof(to));
			/* The duplicates are destroyed too. free() is not counted. */
			if (!((kinds[i % 4] | kinds[i / 4]) & USER_FREE))
				ck_assert_uint_eq(calls.destroy, calls.duplicate + 2);
		}
		ck_assert_int_eq(aml_dma_linux_destroy(&dma), AML_SUCCESS);
	}
}
END_TEST

/* Contract: OWN-6. */
START_TEST(duplicates_go_with_a_cancelled_request)
{
	struct aml_dma *dma = NULL;
	struct aml_dma_request *request = NULL;
	struct user_calls calls = {0};
	struct user_layout *src, *dst;

	ck_assert_int_eq(aml_dma_linux_create(&dma, 0), AML_SUCCESS);
	start();
	src = user_three_by_four(from, USER_DUPLICATE, &calls);
	dst = user_three_by_four(to, USER_DUPLICATE, &calls);
	ck_assert_int_eq(aml_dma_async_copy(dma, &request, &dst->layout, &src->layout),
			 AML_SUCCESS);
	destroy_layout(&src->layout);
	destroy_layout(&dst->layout);
	ck_assert_int_eq(aml_dma_cancel(dma, &request), AML_SUCCESS);
	ck_assert_ptr_null(request);
	ck_assert_uint_eq(calls.destroy, 4);
	ck_assert_uint_eq(calls.deref, 0);
	ck_assert_mem_eq(to, wanted, sizeof(to));
	ck_assert_int_eq(aml_dma_linux_destroy(&dma), AML_SUCCESS);
}
END_TEST

/* Contract: OWN-6. */
START_TEST(duplicates_go_with_the_engine)
{
	struct aml_dma *dma = NULL;
	struct aml_dma_request *request = NULL;
	struct user_calls calls = {0};
	struct user_layout *src, *dst;

	ck_assert_int_eq(aml_dma_linux_create(&dma, 0), AML_SUCCESS);
	start();
	src = user_three_by_four(from, USER_DUPLICATE, &calls);
	dst = user_three_by_four(to, USER_DUPLICATE, &calls);
	ck_assert_int_eq(aml_dma_async_copy(dma, &request, &dst->layout, &src->layout),
			 AML_SUCCESS);
	destroy_layout(&src->layout);
	destroy_layout(&dst->layout);
	/* The destruction finishes the posted copy, and releases the handle. */
	ck_assert_int_eq(aml_dma_linux_destroy(&dma), AML_SUCCESS);
	ck_assert_mem_eq(to, from, sizeof(to));
	ck_assert_uint_eq(calls.destroy, 4);
}
END_TEST

START_TEST(a_duplicate_that_fails_is_told_when_it_is_posted)
{
	struct aml_dma *dma = NULL;

	ck_assert_int_eq(aml_dma_linux_create(&dma, 1), AML_SUCCESS);
	for (int i = 0; i < 2; i++) {
		struct aml_dma_request *const no_request = (struct aml_dma_request *)&no_request;
		struct aml_dma_request *request = no_request;
		struct user_calls calls = {0};
		struct user_layout *src, *dst;

		start();
		src = user_three_by_four(from, USER_DUPLICATE, &calls);
		dst = user_three_by_four(to, USER_DUPLICATE, &calls);
		(i ? src : dst)->duplicate_result = -AML_ENOMEM;
		ck_assert_int_eq(aml_dma_async_copy(dma, &request, &dst->layout, &src->layout),
				 -AML_ENOMEM);
		ck_assert_ptr_eq(request, no_request);
		ck_assert_uint_eq(calls.destroy, calls.duplicate);
		ck_assert_int_eq(aml_dma_barrier(dma), AML_SUCCESS);
		ck_assert_mem_eq(to, wanted, sizeof(to));
		destroy_layout(&src->layout);
		destroy_layout(&dst->layout);
	}
	ck_assert_int_eq(aml_dma_linux_destroy(&dma), AML_SUCCESS);
}
END_TEST

/* Contract: OWN-6. */
START_TEST(layouts_without_duplicate_are_used_while_they_stay)
{
	struct aml_dma *dma = NULL;
	struct aml_dma_request *request = NULL;
	struct user_layout *src, *dst;
	struct aml_layout *padded = NULL, *reshaped = NULL;
	int neutral = 0;

	ck_assert_int_eq(aml_dma_linux_create(&dma, 0), AML_SUCCESS);
	start();
	src = user_three_by_four(from, 0, NULL);
	dst = user_three_by_four(to, 0, NULL);
	/* A pad and a reshape layout over these layouts have no duplicate either. */
	ck_assert_int_eq(
		aml_layout_pad_create(&padded, ROW, &src->layout, (size_t[]){3, 4}, &neutral),
		AML_SUCCESS);
	ck_assert_int_eq(
		aml_layout_reshape_create(&reshaped, &dst->layout, ROW, 2, (size_t[]){3, 4}),
		AML_SUCCESS);
	ck_assert_int_eq(aml_dma_async_copy(dma, &request, reshaped, padded), AML_SUCCESS);
	ck_assert_int_eq(aml_dma_wait(dma, &request), AML_SUCCESS);
	ck_assert_mem_eq(to, from, sizeof(to));
	aml_layout_destroy(&padded);
	aml_layout_destroy(&reshaped);
	ck_assert_int_eq(aml_dma_linux_destroy(&dma), AML_SUCCESS);
}
END_TEST

/* Replace the sample's layout by a custom layout. */
static void make_own(struct sample *sample, struct rng *rng)
{
	struct user_layout *made = user_layout_create(
		&sample->oracle, rng_chance(rng, 50) ? ROW : COLUMN, (int)rng_below(rng, 8), NULL);

	aml_layout_destroy(&sample->layout);
	sample->layout = &made->layout;
}

/* Reverse some dimensions, so that the steps of the fast path become negative. */
static void turn(struct sample *sample, struct rng *rng)
{
	struct user_layout *layout = user_layout_of(sample->layout);
	struct cell *cells = sample->oracle.cells;
	size_t inner = 1;

	for (size_t d = 0; d < sample->oracle.ndims && layout->count; d++) {
		size_t extent = sample->oracle.dims[d];

		if (rng_chance(rng, 40)) {
			for (size_t n = 0; n < layout->count; n++) {
				size_t c = n / inner % extent;

				layout->cells[n - c * inner + (extent - 1 - c) * inner] =
					cells[n].at;
			}
			for (size_t n = 0; n < layout->count; n++)
				cells[n].at = layout->cells[n];
			layout->base += (ptrdiff_t)(extent - 1) * layout->steps[d];
			layout->steps[d] = -layout->steps[d];
		}
		inner *= extent;
	}
}

/* Contract: COPY-1. */
START_TEST(random_ones_match_the_oracle)
{
	struct rng rng = {0};

	/* One side is a custom layout, or both are. */
	while (rng_next_case(&rng, 1000)) {
		size_t dims[AML_LAYOUT_NDIMS_MAX], ndims = sample_dims(&rng, dims);
		size_t element_size = sample_element_size(&rng);
		int own = (int)rng_range(&rng, 1, 3), result;
		struct sample sides[2];

		for (int i = 0; i < 2; i++) {
			sample_create(&sides[i], &rng, i ? SAMPLE_SOURCE : 0, element_size, ndims,
				      dims);
			if (own >> i & 1) {
				make_own(&sides[i], &rng);
				turn(&sides[i], &rng);
			}
		}
		oracle_copy(&sides[0].oracle, &sides[1].oracle, &sides[0].memory);
		result = aml_dma_linux_copy_generic(sides[0].layout, sides[1].layout, NULL);
		ck_assert_msg(result == AML_SUCCESS, RNG_FORMAT "the copy returns %d",
			      RNG_ARGS(&rng), result);
		for (int i = 0; i < 2; i++) {
			guard_assert(&sides[i].memory, &rng);
			sample_destroy(&sides[i]);
		}
	}
}
END_TEST

SUITE("copy/user_layout", aml_operators_suffice, the_cells_may_lie_anywhere,
      the_fast_path_never_asks_for_elements, the_fast_path_may_run_backwards,
      steps_may_be_no_multiple_of_the_element_size,
      a_fast_path_that_declines_leads_back_to_deref_native,
      a_step_of_0_by_the_fast_path_is_one_element_or_refused, copy_1d_takes_the_fast_path_alone,
      a_replaced_deref_native_is_what_copies_call,
      a_replaced_number_of_dimensions_is_what_copies_go_by,
      a_replaced_shape_is_the_shape_that_counts,
      a_copied_table_with_other_things_replaced_copies_alike,
      layouts_that_lie_are_told_when_they_are_posted,
      steps_that_overflow_are_told_when_they_are_posted,
      a_lacking_operator_is_told_when_it_is_posted, an_error_of_dims_native_is_handed_on,
      no_address_is_a_failure, no_address_in_a_long_row_stops_the_copy_there,
      layouts_that_can_be_duplicated_may_go_after_posting, duplicates_go_with_a_cancelled_request,
      duplicates_go_with_the_engine, a_duplicate_that_fails_is_told_when_it_is_posted,
      layouts_without_duplicate_are_used_while_they_stay, random_ones_match_the_oracle)
