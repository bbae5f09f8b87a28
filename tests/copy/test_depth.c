/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The largest depth of pads and reshape layouts over each other, and nests that were built without
 * the constructors.
 */
#include <aml.h>
#include <aml/dma/linux.h>
#include <aml/layout/dense.h>
#include <aml/layout/pad.h>
#include <aml/layout/reshape.h>

#include "oracle.h"
#include "suite.h"
#include "user_layout.h"

#define COLUMN AML_LAYOUT_ORDER_COLUMN_MAJOR

#define N 6

static int from[N], to[N], untouched[N];

static struct aml_dma *dma;

static void start(void)
{
	for (int i = 0; i < N; i++) {
		from[i] = 1 + i;
		to[i] = untouched[i] = 100 + i;
	}
	ck_assert_int_eq(aml_dma_linux_create(&dma, 0), AML_SUCCESS);
}

static void finish(void)
{
	ck_assert_int_eq(aml_dma_linux_destroy(&dma), AML_SUCCESS);
}

static struct aml_layout *dense_line(int *numbers, size_t n)
{
	struct aml_layout *made = NULL;

	ck_assert_int_eq(
		aml_layout_dense_create(&made, numbers, COLUMN, sizeof(int), 1, &n, NULL, NULL),
		AML_SUCCESS);
	return made;
}

static struct user_layout *user_line(int *numbers, int flags)
{
	struct user_layout *made;
	struct oracle oracle;

	oracle_dense(&oracle, numbers, COLUMN, sizeof(int), 1, (size_t[]){N}, NULL, NULL);
	made = user_layout_create(&oracle, COLUMN, flags, NULL);
	oracle_destroy(&oracle);
	return made;
}

static int lay_pad(struct aml_layout **made, struct aml_layout *target)
{
	int neutral = -1;

	return aml_layout_pad_create(made, COLUMN, target, (size_t[]){N}, &neutral);
}

static int lay_reshape(struct aml_layout **made, struct aml_layout *target)
{
	return aml_layout_reshape_create(made, target, COLUMN, 1, (size_t[]){N});
}

/* Put `depth` reshape layouts and pads over a layout, in turn. */
static struct aml_layout *nest(struct aml_layout *layout, size_t depth)
{
	for (size_t i = 0; i < depth; i++)
		ck_assert_int_eq((i % 2 ? lay_pad : lay_reshape)(&layout, layout), AML_SUCCESS);
	return layout;
}

/* Check that each way to copy returns this code. */
static void assert_code(struct aml_layout *dst, struct aml_layout *src, int code)
{
	struct aml_dma_request *req = NULL;

	memcpy(to, untouched, sizeof(to));
	ck_assert_int_eq(aml_dma_linux_copy_generic(dst, src, NULL), code);
	ck_assert_int_eq(aml_copy_layout_transform_generic(dst, src, (size_t[]){0}), code);
	ck_assert_int_eq(aml_dma_copy(dma, dst, src), code);
	ck_assert_int_eq(aml_dma_async_copy(dma, &req, dst, src), code);
	if (code == AML_SUCCESS)
		ck_assert_int_eq(aml_dma_wait(dma, &req), code);
	ck_assert_ptr_null(req);
	ck_assert_mem_eq(to, code == AML_SUCCESS ? from : untouched, sizeof(to));
}

/* Contract: LAYOUT-16. */
START_TEST(the_deepest_nest_copies_and_one_more_is_not_made)
{
	start();
	for (int flags = 0; flags < 4; flags++) {
		struct aml_layout *dst = nest(&user_line(to, flags)->layout, AML_LAYOUT_DEPTH_MAX);
		struct aml_layout *src =
			nest(&user_line(from, flags)->layout, AML_LAYOUT_DEPTH_MAX);
		struct aml_layout *made = NULL;

		assert_code(dst, src, AML_SUCCESS);
		ck_assert_int_eq(lay_pad(&made, src), -AML_EINVAL);
		ck_assert_int_eq(lay_reshape(&made, src), -AML_EINVAL);
		ck_assert_ptr_null(made);
		if (flags & USER_DUPLICATE) {
			ck_assert_int_eq(aml_layout_duplicate(src, &made, NULL), AML_SUCCESS);
			aml_layout_destroy(&src);
			assert_code(dst, made, AML_SUCCESS);
		}
		aml_layout_destroy(&made);
		aml_layout_destroy(&src);
		aml_layout_destroy(&dst);
	}
	finish();
}
END_TEST

/*
 * A custom layout whose deref calls that of another layout. The program itself must know how much
 * stack its layouts use.
 */
static struct aml_layout *within;

static void *deref_within(const struct aml_layout_data *data, const size_t *coords)
{
	(void)data;
	return aml_layout_deref(within, coords);
}

/* Contract: LAYOUT-16. */
START_TEST(a_layout_between_begins_a_nest_of_its_own)
{
	struct user_layout *between;
	struct aml_layout *dst, *src;

	start();
	dst = dense_line(to, N);
	within = nest(dense_line(from, N), AML_LAYOUT_DEPTH_MAX);
	between = user_line(from, 0);
	between->ops.deref_native = deref_within;
	src = nest(&between->layout, AML_LAYOUT_DEPTH_MAX);
	assert_code(dst, src, AML_SUCCESS);
	aml_layout_destroy(&src);
	aml_layout_destroy(&within);
	aml_layout_destroy(&dst);
	finish();
}
END_TEST

/* Contract: LAYOUT-16. */
START_TEST(a_nest_put_together_otherwise_is_refused_by_copies)
{
	struct aml_layout *inner, *bottom, *outer, *dst, *src, *made = NULL;
	struct aml_layout_data_reshape *lowest;

	start();
	dst = dense_line(to, N);
	src = dense_line(from, N);
	inner = nest(dense_line(to, N), AML_LAYOUT_DEPTH_MAX);
	bottom = nest(dense_line(to, N), 1);
	lowest = (struct aml_layout_data_reshape *)bottom->data;
	outer = nest(bottom, 1);
	/* More layouts than allowed. */
	made = lowest->target;
	lowest->target = inner;
	assert_code(dst, outer, -AML_EINVAL);
	assert_code(outer, src, -AML_EINVAL);
	/* A nest that contains itself. */
	lowest->target = bottom;
	assert_code(dst, outer, -AML_EINVAL);
	assert_code(outer, src, -AML_EINVAL);
	/* No target, and a target without a table of operators. */
	lowest->target = NULL;
	assert_code(dst, outer, -AML_EINVAL);
	lowest->target = &(struct aml_layout){NULL, NULL};
	assert_code(dst, outer, -AML_EINVAL);
	lowest->target = made;
	assert_code(outer, src, AML_SUCCESS);
	aml_layout_destroy(&outer);
	aml_layout_destroy(&inner);
	aml_layout_destroy(&dst);
	aml_layout_destroy(&src);
	finish();
}
END_TEST

/* A duplicate that is a nest of the largest depth. */
static int duplicate_as_nest(const struct aml_layout *layout, struct aml_layout **output, void *ptr)
{
	(void)layout;
	(void)ptr;
	*output = nest(dense_line(from, N), AML_LAYOUT_DEPTH_MAX);
	return AML_SUCCESS;
}

/* Contract: LAYOUT-16. */
START_TEST(a_duplicate_that_makes_it_too_deep_is_refused)
{
	struct aml_dma_request *req = NULL;
	struct user_layout *layout;
	struct aml_layout *dst, *src;

	start();
	dst = dense_line(to, N);
	layout = user_line(from, USER_DUPLICATE);
	layout->ops.duplicate = duplicate_as_nest;
	/* The duplicate itself is not too deep. */
	ck_assert_int_eq(aml_dma_async_copy(dma, &req, dst, &layout->layout), AML_SUCCESS);
	ck_assert_int_eq(aml_dma_wait(dma, &req), AML_SUCCESS);
	ck_assert_mem_eq(to, from, sizeof(to));
	memcpy(to, untouched, sizeof(to));
	src = nest(&layout->layout, 1);
	ck_assert_int_eq(aml_dma_async_copy(dma, &req, dst, src), -AML_EINVAL);
	ck_assert_ptr_null(req);
	ck_assert_mem_eq(to, untouched, sizeof(to));
	aml_layout_destroy(&src);
	aml_layout_destroy(&dst);
	finish();
}
END_TEST

static int no_dims(const struct aml_layout_data *data, size_t *dims)
{
	(void)data;
	(void)dims;
	return AML_SUCCESS;
}

static int all_dims(const struct aml_layout_data *data, size_t *dims)
{
	(void)data;
	*dims = N;
	return AML_SUCCESS;
}

static int fewer_dims(const struct aml_layout_data *data, size_t *dims)
{
	(void)data;
	*dims = 2;
	return AML_SUCCESS;
}

/* Contract: LAYOUT-3. */
START_TEST(a_reshape_layout_of_more_elements_than_its_target)
{
	struct aml_layout_ops ops = aml_layout_reshape_column_ops;
	struct aml_layout *whole, *part, *layout, *full;

	start();
	full = dense_line(from, N);
	whole = dense_line(to, N);
	part = dense_line(to, 2);
	/* A table with fewer elements: the copy takes the first ones. */
	layout = nest(dense_line(from, N), 1);
	layout->ops = &ops;
	ops.dims_native = fewer_dims;
	ck_assert_int_eq(aml_dma_linux_copy_generic(part, layout, NULL), AML_SUCCESS);
	ck_assert_int_eq(to[1], from[1]);
	ck_assert_int_eq(to[2], untouched[2]);
	aml_layout_destroy(&layout);
	/* The table has elements, but the target has none. */
	ck_assert_int_eq(
		aml_layout_reshape_create(&layout, dense_line(from, 0), COLUMN, 1, (size_t[]){0}),
		AML_SUCCESS);
	layout->ops = &ops;
	ops.dims_native = all_dims;
	assert_code(whole, layout, -AML_EINVAL);
	assert_code(layout, full, -AML_EINVAL);
	aml_layout_destroy(&layout);
	/* The stored extents were changed. */
	layout = nest(dense_line(from, N), 2);
	((struct aml_layout_data_reshape *)((struct aml_layout_pad *)layout->data)->target->data)
		->target_dims[0] = N / 2;
	assert_code(whole, layout, -AML_EINVAL);
	aml_layout_destroy(&layout);
	/* An operator that stores no extents: they count as 0. */
	layout = &user_line(from, USER_STEPS)->layout;
	user_layout_of(layout)->ops.dims_native = no_dims;
	assert_code(whole, layout, -AML_EINVAL);
	aml_layout_destroy(&layout);
	aml_layout_destroy(&whole);
	aml_layout_destroy(&part);
	aml_layout_destroy(&full);
	finish();
}
END_TEST

static void *nowhere(const struct aml_layout_data *data, const size_t *coords)
{
	(void)data;
	(void)coords;
	return untouched;
}

START_TEST(a_copied_table_duplicates_as_the_librarys_does)
{
	struct aml_layout_ops ops[2] = {aml_layout_pad_row_ops, aml_layout_reshape_row_ops};

	start();
	for (int i = 0; i < 2; i++) {
		struct aml_layout *layout = NULL, *copy = NULL;

		ck_assert_int_eq((i ? lay_reshape : lay_pad)(&layout, dense_line(from, N)),
				 AML_SUCCESS);
		ops[i].deref_native = nowhere;
		layout->ops = &ops[i];
		ck_assert_int_eq(aml_layout_duplicate(layout, &copy, to), AML_SUCCESS);
		ck_assert_ptr_eq(copy->ops, &ops[i]);
		ck_assert_ptr_eq(aml_layout_rawptr(copy), to);
		aml_layout_destroy(&copy);
		aml_layout_destroy(&layout);
	}
	finish();
}
END_TEST

SUITE("copy/depth", the_deepest_nest_copies_and_one_more_is_not_made,
      a_layout_between_begins_a_nest_of_its_own, a_nest_put_together_otherwise_is_refused_by_copies,
      a_duplicate_that_makes_it_too_deep_is_refused,
      a_reshape_layout_of_more_elements_than_its_target,
      a_copied_table_duplicates_as_the_librarys_does)
