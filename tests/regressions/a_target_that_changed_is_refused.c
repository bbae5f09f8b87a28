/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * If a layout under a reshape or a pad changed its extents, a copy never ended and wrote beyond its
 * plan, or it read and wrote outside the layout.
 */
#include <aml/layout/dense.h>
#include <aml/layout/pad.h>
#include <aml/layout/reshape.h>

#include "gate.h"
#include "oracle.h"
#include "suite.h"
#include "user_layout.h"

#define ROW AML_LAYOUT_ORDER_ROW_MAJOR

/* Arrays of 3 × 4, with memory after them for layouts that claim more elements. */
static int from[64], to[64], untouched[64];

/* The layouts over the layout that changes. */
enum over { PAD, LARGER_PAD, RESHAPE, PAD_OVER_RESHAPE, RESHAPE_OVER_PAD, OVERS };

/* The changed answers of the layout of 3 × 4, in native order. */
static const struct refused_answers {
	size_t ndims, dims[3], element_size;
} changes[] = {
	{1, {4}, 4},       /* one dimension fewer */
	{3, {4, 3, 2}, 4}, /* one dimension more */
	{3, {4, 3, 1}, 4}, /* one dimension more, as many elements */
	{2, {2, 3}, 4},    /* fewer rows or columns */
	{2, {4, 1}, 4},    /* the same */
	{2, {5, 3}, 4},    /* more rows or columns */
	{2, {4, 5}, 4},    /* the same */
	{2, {3, 4}, 4},    /* as many elements, other extents */
	{2, {0, 3}, 4},    /* no elements */
	{2, {4, 3}, 2},    /* smaller elements */
	{2, {4, 3}, 8},    /* larger elements */
};

#define CHANGES (sizeof(changes) / sizeof(*changes))

static struct user_layout *changing(int *numbers, int flags, struct user_calls *calls)
{
	struct user_layout *made;
	struct oracle oracle;

	oracle_dense(&oracle, numbers, ROW, sizeof(int), 2, (size_t[]){3, 4}, NULL, NULL);
	made = user_layout_create(&oracle, ROW, flags, calls);
	oracle_destroy(&oracle);
	return made;
}

static void change(struct user_layout *layout, const struct refused_answers *answers)
{
	layout->ndims = answers->ndims;
	layout->element_size = answers->element_size;
	memcpy(layout->dims, answers->dims, sizeof(answers->dims));
}

static struct aml_layout *row_pad(struct aml_layout *target, size_t rows, size_t columns)
{
	struct aml_layout *made = NULL;
	int neutral[2] = {-1, -1};

	ck_assert_int_eq(
		aml_layout_pad_create(&made, ROW, target, (size_t[]){rows, columns}, neutral),
		AML_SUCCESS);
	return made;
}

static struct aml_layout *row_reshape(struct aml_layout *target, size_t rows, size_t columns)
{
	struct aml_layout *made = NULL;

	ck_assert_int_eq(
		aml_layout_reshape_create(&made, target, ROW, 2, (size_t[]){rows, columns}),
		AML_SUCCESS);
	return made;
}

/* Make the layout over `target`, and store its rows and columns. */
static struct aml_layout *lay_over(enum over over, struct aml_layout *target, size_t *dims)
{
	static const size_t all[OVERS][2] = {{3, 4}, {4, 6}, {2, 6}, {2, 6}, {2, 6}};

	memcpy(dims, all[over], sizeof(all[over]));
	switch (over) {
	case PAD_OVER_RESHAPE:
		return row_pad(row_reshape(target, 2, 6), 2, 6);
	case RESHAPE_OVER_PAD:
		return row_reshape(row_pad(target, 3, 4), 2, 6);
	case RESHAPE:
		return row_reshape(target, dims[0], dims[1]);
	default:
		return row_pad(target, dims[0], dims[1]);
	}
}

static void expect_refused(struct aml_dma *dma, struct aml_layout *dst, struct aml_layout *src)
{
	struct aml_dma_request *const none = (struct aml_dma_request *)&none;
	struct aml_dma_request *req = none;

	ck_assert_int_eq(aml_dma_linux_copy_generic(dst, src, NULL), -AML_EINVAL);
	ck_assert_int_eq(aml_copy_layout_transform_generic(dst, src, (size_t[]){0, 1}),
			 -AML_EINVAL);
	ck_assert_int_eq(aml_dma_copy(dma, dst, src), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_async_copy(dma, &req, dst, src), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_async_copy(dma, NULL, dst, src), -AML_EINVAL);
	ck_assert_ptr_eq(req, none);
	ck_assert_mem_eq(to, untouched, sizeof(to));
}

static void each_change(enum over over, int flags, bool written)
{
	struct user_layout *layout = changing(written ? to : from, flags, NULL);
	struct aml_layout *changed, *other = NULL;
	struct aml_dma *dma = NULL;
	size_t dims[2];

	changed = lay_over(over, &layout->layout, dims);
	ck_assert_int_eq(aml_layout_dense_create(&other, written ? from : to, ROW, sizeof(int), 2,
						 dims, NULL, NULL),
			 AML_SUCCESS);
	ck_assert_int_eq(aml_dma_linux_create(&dma, 0), AML_SUCCESS);
	for (size_t i = 0; i < CHANGES; i++) {
		change(layout, &changes[i]);
		expect_refused(dma, written ? changed : other, written ? other : changed);
	}
	/* With its first answers again, the layout is copied. */
	change(layout, &(struct refused_answers){2, {4, 3}, 4});
	ck_assert_int_eq(aml_dma_copy(dma, written ? changed : other, written ? other : changed),
			 AML_SUCCESS);
	ck_assert_int_eq(aml_dma_linux_destroy(&dma), AML_SUCCESS);
	aml_layout_destroy(&changed);
	aml_layout_destroy(&other);
	memset(to, 0, sizeof(to));
}

/* Contract: LAYOUT-3. */
START_TEST(with_the_fast_path)
{
	for (int over = 0; over < OVERS; over++) {
		each_change((enum over)over, USER_STEPS, false);
		each_change((enum over)over, USER_STEPS, true);
	}
}
END_TEST

/* Contract: LAYOUT-3. */
START_TEST(element_by_element)
{
	for (int over = 0; over < OVERS; over++) {
		each_change((enum over)over, USER_DUPLICATE, false);
		each_change((enum over)over, USER_DUPLICATE, true);
	}
}
END_TEST

/* A layout whose duplicates have these answers instead of its own. */
static struct refused_answers duplicates_answers;

static int duplicate_changed(const struct aml_layout *layout, struct aml_layout **output, void *ptr)
{
	struct user_layout *copy = changing(from, USER_DUPLICATE, user_layout_of(layout)->calls);

	(void)ptr;
	change(copy, &duplicates_answers);
	*output = &copy->layout;
	return AML_SUCCESS;
}

/* Contract: LAYOUT-3. */
START_TEST(a_duplicate_that_is_another_layout)
{
	struct aml_dma *dma = NULL;

	ck_assert_int_eq(aml_dma_linux_create(&dma, 0), AML_SUCCESS);
	/* The layout under each other layout; at last the layout itself. */
	for (int over = 0; over <= OVERS; over++) {
		struct aml_dma_request *req = NULL;
		struct user_calls calls = {0};
		struct user_layout *layout = changing(from, USER_DUPLICATE, &calls);
		struct aml_layout *src = &layout->layout, *dst = NULL, *copy = NULL;
		size_t dims[2] = {3, 4};

		layout->ops.duplicate = duplicate_changed;
		if (over < OVERS)
			src = lay_over((enum over)over, src, dims);
		ck_assert_int_eq(
			aml_layout_dense_create(&dst, to, ROW, sizeof(int), 2, dims, NULL, NULL),
			AML_SUCCESS);
		for (size_t i = 0; i < CHANGES; i++) {
			duplicates_answers = changes[i];
			ck_assert_int_eq(aml_dma_async_copy(dma, &req, dst, src), -AML_EINVAL);
			ck_assert_int_eq(aml_dma_async_copy(dma, &req, src, src), -AML_EINVAL);
			if (over == OVERS)
				continue;
			ck_assert_int_eq(aml_layout_duplicate(src, &copy, NULL), -AML_EINVAL);
			ck_assert_ptr_null(copy);
		}
		ck_assert_ptr_null(req);
		/* Each duplicate has been destroyed. */
		ck_assert_uint_eq(calls.destroy, CHANGES * (over == OVERS ? 2 : 3));
		aml_layout_destroy(&src);
		aml_layout_destroy(&dst);
	}
	ck_assert_int_eq(aml_dma_linux_destroy(&dma), AML_SUCCESS);
	ck_assert_mem_eq(to, untouched, sizeof(to));
}
END_TEST

SUITE("regressions/a_target_that_changed_is_refused", with_the_fast_path, element_by_element,
      a_duplicate_that_is_another_layout)
