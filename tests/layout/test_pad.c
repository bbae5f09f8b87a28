/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pad layouts: the places of their elements, ownership, and refused arguments.
 * copy/test_nested_layouts.c tests copies.
 */
#include <aml.h>
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

#define assert_array(array, ...)                                   \
	do {                                                       \
		const size_t wanted_[] = {__VA_ARGS__};            \
		ck_assert_mem_eq(array, wanted_, sizeof(wanted_)); \
	} while (0)

static struct aml_layout *const untouched = (struct aml_layout *)&untouched;

/* A 2 × 3 array: rows of 3. */
static int array[2][3] = {{1, 2, 3}, {4, 5, 6}};

static struct aml_layout *three_by_two(int order)
{
	return new_int_matrix(&array[0][0], order, 2, 3);
}

static const struct aml_layout_pad *pad_of(const struct aml_layout *layout)
{
	return (const struct aml_layout_pad *)layout->data;
}

/* A layout that counts the calls of its destroy operator. */
static struct aml_layout *counted(struct user_calls *calls, int flags)
{
	return &user_layout_of_int_matrix(&array[0][0], 2, 3, flags, calls)->layout;
}

/* Contract: LAYOUT-14. */
START_TEST(the_outside_is_the_neutral_element)
{
	/* Each order of the pad, with each order of the target. */
	for (int orders = 0; orders < 4; orders++) {
		struct aml_layout *target = three_by_two(orders & 1);
		int order = orders >> 1;
		struct aml_layout *layout = new_int_pad(
			target, order, order == ROW ? (size_t[]){4, 5} : (size_t[]){5, 4}, -7);

		for (size_t i = 0; i < 4; i++) {
			for (size_t j = 0; j < 5; j++) {
				size_t native[] = {j, i}, user[2];
				int *element = aml_layout_deref_native(layout, native);

				flip(order, 2, native, user);
				ck_assert_ptr_nonnull(element);
				ck_assert_ptr_eq(aml_layout_deref(layout, user), element);
				ck_assert_ptr_eq(aml_layout_deref_safe(layout, user), element);
				if (i < 2 && j < 3)
					ck_assert_ptr_eq(element, &array[i][j]);
				else
					ck_assert_int_eq(*element, -7);
			}
		}
		aml_layout_destroy(&layout);
	}
}
END_TEST

/* Contract: LAYOUT-17. */
START_TEST(a_pad_tells_of_itself)
{
	struct aml_layout *target = three_by_two(ROW), *layout;
	size_t dims[2];

	layout = new_int_pad(target, ROW, (size_t[]){4, 5}, -7);
	ck_assert_ptr_eq(layout->ops, &aml_layout_pad_row_ops);
	ck_assert_int_eq(aml_layout_order(layout), ROW);
	ck_assert_uint_eq(aml_layout_ndims(layout), 2);
	ck_assert_uint_eq(aml_layout_element_size(layout), sizeof(int));
	ck_assert_int_eq(aml_layout_dims(layout, dims), AML_SUCCESS);
	assert_array(dims, 4, 5);
	ck_assert_int_eq(aml_layout_dims_native(layout, dims), AML_SUCCESS);
	assert_array(dims, 5, 4);
	ck_assert_ptr_eq(aml_layout_rawptr(layout), array);
	ck_assert_int_eq(AML_LAYOUT_ORDER(pad_of(layout)->tags), ROW);
	ck_assert_ptr_eq(pad_of(layout)->target, target);
	ck_assert_uint_eq(pad_of(layout)->ndims, 2);
	ck_assert_uint_eq(pad_of(layout)->element_size, sizeof(int));
	assert_array(pad_of(layout)->dims, 5, 4);
	assert_array(pad_of(layout)->target_dims, 3, 2);
	ck_assert_int_eq(*(int *)pad_of(layout)->neutral, -7);
	aml_layout_destroy(&layout);

	target = three_by_two(ROW);
	layout = new_int_pad(target, COLUMN, (size_t[]){5, 4}, -7);
	ck_assert_ptr_eq(layout->ops, &aml_layout_pad_column_ops);
	ck_assert_int_eq(aml_layout_order(layout), COLUMN);
	ck_assert_int_eq(aml_layout_dims(layout, dims), AML_SUCCESS);
	assert_array(dims, 5, 4);
	ck_assert_int_eq(aml_layout_dims_native(layout, dims), AML_SUCCESS);
	assert_array(dims, 5, 4);
	ck_assert_int_eq(AML_LAYOUT_ORDER(pad_of(layout)->tags), COLUMN);
	aml_layout_destroy(&layout);
}
END_TEST

/* Contract: LAYOUT-17, LAYOUT-23. */
START_TEST(a_pad_of_the_usual_kind_has_offsets_of_0)
{
	struct aml_layout *layout = new_int_pad(three_by_two(ROW), ROW, (size_t[]){4, 5}, -7);

	assert_array(pad_of(layout)->offsets, 0, 0);
	aml_layout_destroy(&layout);
}
END_TEST

/* Contract: LAYOUT-23. */
START_TEST(a_target_begins_at_the_offsets)
{
	/* Each order of the pad, with each order of the target. */
	for (int orders = 0; orders < 4; orders++) {
		int order = orders >> 1, neutral = -7;
		const size_t native[] = {6, 5}, begin[] = {2, 1};
		struct aml_layout *target = three_by_two(orders & 1), *layout = NULL, *copy = NULL;
		size_t dims[2], offsets[2];

		flip(order, 2, native, dims);
		flip(order, 2, begin, offsets);
		ck_assert_int_eq(
			aml_layout_pad_create_at(&layout, order, target, dims, &neutral, offsets),
			AML_SUCCESS);
		offsets[0] = dims[0] = 77;
		ck_assert_ptr_eq(layout->ops, order == ROW ? &aml_layout_pad_row_ops
							   : &aml_layout_pad_column_ops);
		assert_array(pad_of(layout)->dims, 6, 5);
		assert_array(pad_of(layout)->target_dims, 3, 2);
		assert_array(pad_of(layout)->offsets, 2, 1);
		ck_assert_int_eq(aml_layout_duplicate(layout, &copy, NULL), AML_SUCCESS);
		assert_array(pad_of(copy)->offsets, 2, 1);
		for (size_t i = 0; i < 5; i++) {
			for (size_t j = 0; j < 6; j++) {
				const size_t at[] = {j, i};
				size_t user[2];
				const int *element, *copied;

				flip(order, 2, at, user);
				element = aml_layout_deref_native(layout, at);
				copied = aml_layout_deref_native(copy, at);
				ck_assert_ptr_eq(aml_layout_deref(layout, user), element);
				ck_assert_ptr_eq(aml_layout_deref_safe(layout, user), element);
				if (i >= 1 && i < 3 && j >= 2 && j < 5) {
					ck_assert_ptr_eq(element, &array[i - 1][j - 2]);
					ck_assert_ptr_eq(copied, element);
				} else {
					ck_assert_int_eq(*element, -7);
					ck_assert_int_eq(*copied, -7);
				}
			}
		}
		aml_layout_destroy(&layout);
		aml_layout_destroy(&copy);
	}
}
END_TEST

/* Contract: LAYOUT-23. */
START_TEST(offsets_crop_the_target_at_its_end)
{
	const size_t many[][2] = {{1, 1}, {1, 2}, {2, 0}, {0, 4}, {SIZE_MAX, 0}, {0, SIZE_MAX - 1}};

	for (size_t k = 0; k < sizeof(many) / sizeof(*many); k++) {
		struct aml_layout *layout = NULL;
		int neutral = -7;

		ck_assert_int_eq(aml_layout_pad_create_at(&layout, ROW, three_by_two(ROW),
							  (size_t[]){2, 3}, &neutral, many[k]),
				 AML_SUCCESS);
		for (size_t i = 0; i < 2; i++) {
			for (size_t j = 0; j < 3; j++) {
				const int *element = aml_layout_deref(layout, (size_t[]){i, j});

				if (i >= many[k][0] && j >= many[k][1])
					ck_assert_ptr_eq(element,
							 &array[i - many[k][0]][j - many[k][1]]);
				else
					ck_assert_int_eq(*element, -7);
			}
		}
		aml_layout_destroy(&layout);
	}
}
END_TEST

/* Contract: ERROR-3, OWN-2. */
START_TEST(a_pad_at_offsets_refuses_what_any_pad_refuses)
{
	struct aml_layout *target = three_by_two(ROW), *layout = untouched;
	size_t dims[] = {4, 5}, huge[] = {SIZE_MAX, 2}, offsets[] = {1, 1};
	int neutral = -7;

	ck_assert_int_eq(aml_layout_pad_create_at(NULL, ROW, target, dims, &neutral, offsets),
			 -AML_EINVAL);
	ck_assert_int_eq(aml_layout_pad_create_at(&layout, ROW, NULL, dims, &neutral, offsets),
			 -AML_EINVAL);
	ck_assert_int_eq(aml_layout_pad_create_at(&layout, ROW, target, NULL, &neutral, offsets),
			 -AML_EINVAL);
	ck_assert_int_eq(aml_layout_pad_create_at(&layout, ROW, target, dims, NULL, offsets),
			 -AML_EINVAL);
	ck_assert_int_eq(aml_layout_pad_create_at(&layout, ROW, target, dims, &neutral, NULL),
			 -AML_EINVAL);
	ck_assert_int_eq(aml_layout_pad_create_at(&layout, ROW, target, huge, &neutral, offsets),
			 -AML_EINVAL);
	ck_assert_ptr_eq(layout, untouched);
	aml_layout_destroy(&target);
}
END_TEST

START_TEST(deref_safe_knows_the_pads_own_extents)
{
	struct aml_layout *layout = new_int_pad(three_by_two(ROW), ROW, (size_t[]){4, 5}, -7);

	ck_assert_int_eq(*(int *)aml_layout_deref_safe(layout, (size_t[]){3, 4}), -7);
	aml_errno = 0;
	ck_assert_ptr_null(aml_layout_deref_safe(layout, (size_t[]){4, 3}));
	ck_assert_int_eq(aml_errno, AML_EINVAL);
	aml_errno = 0;
	ck_assert_ptr_null(aml_layout_deref_safe(layout, (size_t[]){0, 5}));
	ck_assert_int_eq(aml_errno, AML_EINVAL);
	aml_layout_destroy(&layout);
}
END_TEST

/* Contract: LAYOUT-14. */
START_TEST(the_neutral_element_is_copied)
{
	int neutral = 42;
	struct aml_layout *layout = NULL;
	void *outside;

	ck_assert_int_eq(
		aml_layout_pad_create(&layout, ROW, three_by_two(ROW), (size_t[]){3, 3}, &neutral),
		AML_SUCCESS);
	neutral = 43;
	outside = aml_layout_deref(layout, (size_t[]){2, 2});
	ck_assert_ptr_ne(outside, &neutral);
	ck_assert_int_eq(*(int *)outside, 42);
	aml_layout_destroy(&layout);
}
END_TEST

/* Contract: LAYOUT-14. */
START_TEST(a_smaller_pad_crops)
{
	struct aml_layout *layout = new_int_pad(three_by_two(COLUMN), ROW, (size_t[]){3, 2}, -7);

	ck_assert_ptr_eq(aml_layout_deref_safe(layout, (size_t[]){1, 1}), &array[1][1]);
	ck_assert_ptr_null(aml_layout_deref_safe(layout, (size_t[]){1, 2}));
	ck_assert_int_eq(*(int *)aml_layout_deref_safe(layout, (size_t[]){2, 1}), -7);
	aml_layout_destroy(&layout);
}
END_TEST

/* Contract: LAYOUT-12. */
START_TEST(an_extent_of_0_makes_an_empty_pad)
{
	struct aml_layout *layout = new_int_pad(three_by_two(ROW), ROW, (size_t[]){0, 5}, -7);

	ck_assert_ptr_null(aml_layout_deref_safe(layout, (size_t[]){0, 0}));
	aml_layout_destroy(&layout);
}
END_TEST

/* Contract: LAYOUT-12. */
START_TEST(an_empty_target_makes_all_neutral)
{
	struct aml_layout *target = NULL, *layout;

	ck_assert_int_eq(aml_layout_dense_create(&target, array, ROW, sizeof(int), 2,
						 (size_t[]){0, 3}, NULL, NULL),
			 AML_SUCCESS);
	layout = new_int_pad(target, ROW, (size_t[]){2, 3}, -7);
	for (size_t i = 0; i < 2; i++) {
		for (size_t j = 0; j < 3; j++)
			ck_assert_int_eq(*(int *)aml_layout_deref_safe(layout, (size_t[]){i, j}),
					 -7);
	}
	aml_layout_destroy(&layout);
}
END_TEST

/* Contract: OWN-2. */
START_TEST(destroying_a_pad_destroys_its_target)
{
	struct user_calls calls = {0};
	struct aml_layout *layout = new_int_pad(counted(&calls, 0), ROW, (size_t[]){4, 4}, -7);

	ck_assert_uint_eq(calls.destroy, 0);
	aml_layout_destroy(&layout);
	ck_assert_ptr_null(layout);
	ck_assert_uint_eq(calls.destroy, 1);

	layout = new_int_pad(counted(&calls, 0), COLUMN, (size_t[]){4, 4}, -7);
	aml_layout_pad_destroy(layout);
	ck_assert_uint_eq(calls.destroy, 2);
	aml_layout_pad_destroy(NULL);
}
END_TEST

/* Contract: OWN-3. */
START_TEST(free_leaves_the_target_alive)
{
	struct user_calls calls = {0};
	struct aml_layout *target = counted(&calls, 0);

	free(new_int_pad(target, ROW, (size_t[]){4, 4}, -7));
	ck_assert_uint_eq(calls.destroy, 0);
	ck_assert_ptr_eq(aml_layout_deref(target, (size_t[]){1, 2}), &array[1][2]);
	aml_layout_destroy(&target);
	ck_assert_uint_eq(calls.destroy, 1);
}
END_TEST

/* Contract: LAYOUT-11. */
START_TEST(a_duplicate_is_deep)
{
	struct user_calls calls = {0};
	struct aml_layout *target = counted(&calls, USER_DUPLICATE), *layout, *other = NULL;
	size_t dims[2];

	layout = new_int_pad(target, ROW, (size_t[]){4, 5}, -7);
	ck_assert_int_eq(aml_layout_duplicate(layout, &other, NULL), AML_SUCCESS);
	ck_assert_uint_eq(calls.duplicate, 1);
	ck_assert_ptr_ne(pad_of(other)->target, target);
	ck_assert_ptr_ne(pad_of(other)->neutral, pad_of(layout)->neutral);
	aml_layout_destroy(&layout);
	ck_assert_uint_eq(calls.destroy, 1);
	ck_assert_int_eq(aml_layout_order(other), ROW);
	ck_assert_int_eq(aml_layout_dims(other, dims), AML_SUCCESS);
	assert_array(dims, 4, 5);
	assert_array(pad_of(other)->target_dims, 3, 2);
	ck_assert_ptr_eq(aml_layout_deref(other, (size_t[]){1, 2}), &array[1][2]);
	ck_assert_int_eq(*(int *)aml_layout_deref(other, (size_t[]){3, 4}), -7);
	aml_layout_destroy(&other);
	ck_assert_uint_eq(calls.destroy, 2);
}
END_TEST

/* Contract: LAYOUT-11. */
START_TEST(a_duplicates_target_may_lie_elsewhere)
{
	static int elsewhere[2][3];
	struct aml_layout *layout = new_int_pad(three_by_two(ROW), COLUMN, (size_t[]){5, 4}, -7),
			  *other = NULL;

	ck_assert_int_eq(aml_layout_duplicate(layout, &other, elsewhere), AML_SUCCESS);
	ck_assert_ptr_eq(aml_layout_rawptr(other), elsewhere);
	ck_assert_ptr_eq(aml_layout_deref(other, (size_t[]){2, 1}), &elsewhere[1][2]);
	ck_assert_int_eq(*(int *)aml_layout_deref(other, (size_t[]){3, 1}), -7);
	ck_assert_ptr_eq(aml_layout_deref(layout, (size_t[]){2, 1}), &array[1][2]);
	aml_layout_destroy(&other);
	aml_layout_destroy(&layout);
}
END_TEST

START_TEST(a_target_without_duplicate_has_no_duplicate_pad)
{
	struct user_calls calls = {0};
	struct aml_layout *layout = new_int_pad(counted(&calls, 0), ROW, (size_t[]){4, 5}, -7);
	struct aml_layout *other = untouched;

	ck_assert_int_eq(aml_layout_duplicate(layout, &other, NULL), -AML_ENOTSUP);
	ck_assert_ptr_eq(other, untouched);
	ck_assert_uint_eq(calls.destroy, 0);
	aml_layout_destroy(&layout);
}
END_TEST

/* Contract: LAYOUT-14. */
START_TEST(a_pad_has_no_reshape_and_no_slice)
{
	for (int order = COLUMN; order <= ROW; order++) {
		struct aml_layout *layout =
			new_int_pad(three_by_two(ROW), order, (size_t[]){4, 4}, -7);
		struct aml_layout *out = untouched;

		ck_assert_int_eq(aml_layout_reshape(layout, &out, 1, (size_t[]){16}), -AML_ENOTSUP);
		ck_assert_int_eq(aml_layout_slice(layout, &out, NULL, (size_t[]){2, 2}, NULL),
				 -AML_ENOTSUP);
		ck_assert_int_eq(
			aml_layout_slice_native(layout, &out, NULL, (size_t[]){2, 2}, NULL),
			-AML_ENOTSUP);
		ck_assert_ptr_eq(out, untouched);
		aml_layout_destroy(&layout);
	}
}
END_TEST

/* Contract: ERROR-3, OWN-2. */
START_TEST(null_arguments_are_refused)
{
	struct user_calls calls = {0};
	struct aml_layout *target = counted(&calls, 0), *layout = untouched;
	size_t dims[] = {4, 5};
	int neutral = 0;

	ck_assert_int_eq(aml_layout_pad_create(NULL, ROW, target, dims, &neutral), -AML_EINVAL);
	ck_assert_int_eq(aml_layout_pad_create(&layout, ROW, NULL, dims, &neutral), -AML_EINVAL);
	ck_assert_int_eq(aml_layout_pad_create(&layout, ROW, target, NULL, &neutral), -AML_EINVAL);
	ck_assert_int_eq(aml_layout_pad_create(&layout, ROW, target, dims, NULL), -AML_EINVAL);
	ck_assert_ptr_eq(layout, untouched);
	/* The caller still owns the target. */
	ck_assert_uint_eq(calls.destroy, 0);
	aml_layout_destroy(&target);
}
END_TEST

/* Contract: LAYOUT-2. */
START_TEST(a_neutral_element_that_no_memory_can_hold)
{
	struct user_calls calls = {0};
	struct aml_layout *target = counted(&calls, 0), *layout = untouched;
	struct user_layout *user = user_layout_of(target);
	int neutral = 0;

	/* One element, nearly as large as the address space. The neutral element is not read. */
	user->dims[0] = user->dims[1] = 1;
	user->element_size = SIZE_MAX - 64;
	ck_assert_int_eq(aml_layout_pad_create(&layout, ROW, target, (size_t[]){1, 1}, &neutral),
			 -AML_ENOMEM);
	ck_assert_ptr_eq(layout, untouched);
	ck_assert_uint_eq(calls.destroy, 0);
	aml_layout_destroy(&target);
}
END_TEST

/* Contract: LAYOUT-2. */
START_TEST(extents_that_overflow_are_refused)
{
	static const size_t bad[][2] = {
		{SIZE_ROOT, SIZE_ROOT},
		{SIZE_MAX, 2},
		{2, SIZE_MAX},
		/* The number of bytes overflows. */
		{SIZE_OVER(2), 1},
		{SIZE_ROOT / 2, SIZE_ROOT / 2},
	};
	struct aml_layout *target = three_by_two(ROW), *layout = untouched;
	int neutral = 0;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		for (int order = COLUMN; order <= ROW; order++)
			ck_assert_msg(aml_layout_pad_create(&layout, order, target, bad[i],
							    &neutral) == -AML_EINVAL,
				      "extents %zu", i);
	}
	ck_assert_ptr_eq(layout, untouched);
	aml_layout_destroy(&target);
}
END_TEST

START_TEST(a_target_that_lacks_an_operator_is_refused)
{
	struct user_calls calls = {0};
	struct aml_layout *target = counted(&calls, 0), *layout = untouched;
	struct aml_layout_ops all = *target->ops;
	int neutral = 0;

	for (int lacking = 0; lacking < 3; lacking++) {
		*target->ops = all;
		if (lacking == 0)
			target->ops->ndims = NULL;
		else if (lacking == 1)
			target->ops->dims_native = NULL;
		else
			target->ops->element_size = NULL;
		ck_assert_msg(aml_layout_pad_create(&layout, ROW, target, (size_t[]){4, 5},
						    &neutral) == -AML_ENOTSUP,
			      "operator %d", lacking);
	}
	ck_assert_ptr_eq(layout, untouched);
	ck_assert_uint_eq(calls.destroy, 0);
	aml_layout_destroy(&target);
}
END_TEST

/* Contract: LAYOUT-2. */
START_TEST(a_target_that_lies_is_refused)
{
	static const size_t ones[USER_NDIMS] = {1};
	struct aml_layout *target = counted(NULL, 0), *layout = untouched;
	struct user_layout *user = user_layout_of(target);
	const struct user_layout truth = *user;
	int neutral = 0;

	user->ndims = 0;
	ck_assert_int_eq(aml_layout_pad_create(&layout, ROW, target, ones, &neutral), -AML_EINVAL);
	user->ndims = 65;
	ck_assert_int_eq(aml_layout_pad_create(&layout, ROW, target, ones, &neutral), -AML_EINVAL);
	*user = truth;
	user->element_size = 0;
	ck_assert_int_eq(aml_layout_pad_create(&layout, ROW, target, ones, &neutral), -AML_EINVAL);
	*user = truth;
	user->dims[0] = user->dims[1] = SIZE_ROOT;
	ck_assert_int_eq(aml_layout_pad_create(&layout, ROW, target, ones, &neutral), -AML_EINVAL);
	*user = truth;
	user->dims[0] = SIZE_MAX / 2;
	ck_assert_int_eq(aml_layout_pad_create(&layout, ROW, target, ones, &neutral), -AML_EINVAL);
	ck_assert_ptr_eq(layout, untouched);
	aml_layout_destroy(&target);
}
END_TEST

/* Contract: LAYOUT-5. */
START_TEST(only_bit_0_of_the_order_counts)
{
	struct aml_layout *layout = new_int_pad(three_by_two(ROW), -2, (size_t[]){5, 4}, -7);

	ck_assert_int_eq(aml_layout_order(layout), COLUMN);
	ck_assert_ptr_eq(aml_layout_deref(layout, (size_t[]){2, 1}), &array[1][2]);
	aml_layout_destroy(&layout);
	layout = new_int_pad(three_by_two(ROW), -1, (size_t[]){4, 5}, -7);
	ck_assert_int_eq(aml_layout_order(layout), ROW);
	ck_assert_ptr_eq(aml_layout_deref(layout, (size_t[]){1, 2}), &array[1][2]);
	aml_layout_destroy(&layout);
}
END_TEST

/* Contract: LAYOUT-18. */
START_TEST(the_prefix_begins_each_printed_line)
{
	struct aml_layout *layout = new_int_pad(three_by_two(ROW), COLUMN, (size_t[]){5, 4}, -7),
			  *outer = NULL;
	char *text = NULL;
	size_t size, lines = 0;
	int neutral = 0;
	FILE *stream = open_memstream(&text, &size);

	ck_assert_int_eq(aml_layout_pad_create(&outer, ROW, layout, (size_t[]){6, 6}, &neutral),
			 AML_SUCCESS);
	ck_assert_ptr_nonnull(stream);
	ck_assert_int_eq(aml_layout_fprintf(stream, "#@", outer), AML_SUCCESS);
	fclose(stream);
	for (char *line = text; *line; line = strchr(line, '\n') + 1) {
		lines++;
		ck_assert_msg(!strncmp(line, "#@: ", 4), "a line without prefix: %s", line);
		ck_assert_msg(strchr(line, '\n') != NULL, "a line without an end: %s", line);
	}
	ck_assert_uint_gt(lines, 0);
	free(text);
	stream = fopen("/dev/null", "r");
	ck_assert_int_eq(aml_layout_fprintf(stream, "", outer), -AML_FAILURE);
	fclose(stream);
	aml_layout_destroy(&outer);
}
END_TEST

/* Contract: LAYOUT-1. */
START_TEST(a_pad_of_64_dimensions)
{
	size_t dims[64], coords[64] = {0};
	struct aml_layout *target = NULL, *layout = NULL;
	int neutral = -7;

	for (size_t i = 0; i < 64; i++)
		dims[i] = 1;
	ck_assert_int_eq(
		aml_layout_dense_create(&target, array, ROW, sizeof(int), 64, dims, NULL, NULL),
		AML_SUCCESS);
	dims[0] = dims[40] = 2;
	ck_assert_int_eq(aml_layout_pad_create(&layout, ROW, target, dims, &neutral), AML_SUCCESS);
	ck_assert_ptr_eq(aml_layout_deref(layout, coords), array);
	coords[40] = 1;
	ck_assert_int_eq(*(int *)aml_layout_deref(layout, coords), -7);
	aml_layout_destroy(&layout);
}
END_TEST

/* Contract: LAYOUT-17. */
START_TEST(random_nested_layouts_have_their_elements_where_the_oracle_says)
{
	struct rng rng = {0};

	/* Random nested layouts, many of which contain pads. */
	while (rng_next_case(&rng, 600)) {
		size_t dims[AML_LAYOUT_NDIMS_MAX], ndims = sample_dims(&rng, dims);
		struct aml_layout *other = NULL;
		struct sample sample;
		int result;

		sample_create(&sample, &rng, SAMPLE_SOURCE | SAMPLE_NESTED,
			      sample_element_size(&rng), ndims, dims);
		oracle_assert(&sample.oracle, sample.layout, sample.order, &rng);
		result = aml_layout_duplicate(sample.layout, &other, NULL);
		if (result == AML_SUCCESS) {
			oracle_assert(&sample.oracle, other, sample.order, &rng);
			aml_layout_destroy(&other);
		} else {
			/* The nest contains a custom layout without duplicate. */
			ck_assert_int_eq(result, -AML_ENOTSUP);
			ck_assert_ptr_null(other);
			ck_assert_ptr_nonnull(strstr(sample.made, "user"));
		}
		sample_destroy(&sample);
	}
}
END_TEST

SUITE("layout/pad", the_outside_is_the_neutral_element, a_pad_tells_of_itself,
      a_pad_of_the_usual_kind_has_offsets_of_0, a_target_begins_at_the_offsets,
      offsets_crop_the_target_at_its_end, a_pad_at_offsets_refuses_what_any_pad_refuses,
      deref_safe_knows_the_pads_own_extents, the_neutral_element_is_copied, a_smaller_pad_crops,
      an_extent_of_0_makes_an_empty_pad, an_empty_target_makes_all_neutral,
      destroying_a_pad_destroys_its_target, free_leaves_the_target_alive, a_duplicate_is_deep,
      a_duplicates_target_may_lie_elsewhere, a_target_without_duplicate_has_no_duplicate_pad,
      a_pad_has_no_reshape_and_no_slice, null_arguments_are_refused,
      a_neutral_element_that_no_memory_can_hold, extents_that_overflow_are_refused,
      a_target_that_lacks_an_operator_is_refused, a_target_that_lies_is_refused,
      only_bit_0_of_the_order_counts, the_prefix_begins_each_printed_line, a_pad_of_64_dimensions,
      random_nested_layouts_have_their_elements_where_the_oracle_says)
