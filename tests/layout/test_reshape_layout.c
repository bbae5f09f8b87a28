/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reshape layouts: the elements of any layout, in native linear order, with other dimensions. The
 * random nested layouts in layout/test_pad.c also contain reshape layouts, over each other and over
 * pads.
 */
#include <aml.h>
#include <aml/layout/dense.h>
#include <aml/layout/native.h>
#include <aml/layout/pad.h>
#include <aml/layout/reshape.h>

#include "made.h"
#include "oracle.h"
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

/* A 4 × 6 array: rows of 6. */
static int array[4][6];

static struct aml_layout *six_by_four(int order)
{
	return new_int_matrix(&array[0][0], order, 4, 6);
}

static const struct aml_layout_data_reshape *reshape_of(const struct aml_layout *layout)
{
	return (const struct aml_layout_data_reshape *)layout->data;
}

/* A layout that counts the calls of its destroy operator. */
static struct aml_layout *counted(struct user_calls *calls, int flags)
{
	return &user_layout_of_int_matrix(&array[0][0], 4, 6, flags, calls)->layout;
}

/* Contract: LAYOUT-15. */
START_TEST(elements_keep_their_native_linear_order)
{
	static const struct {
		size_t ndims, dims[5];
	} shapes[] = {
		{1, {24}},      {2, {24, 1}},   {2, {4, 6}},          {2, {6, 4}},
		{3, {2, 3, 4}}, {3, {4, 3, 2}}, {5, {1, 8, 1, 3, 1}},
	};

	/* Each order of the reshape layout, with each order of the target. */
	for (int orders = 0; orders < 4; orders++) {
		for (size_t s = 0; s < sizeof(shapes) / sizeof(*shapes); s++) {
			size_t ndims = shapes[s].ndims, dims[5], coords[5] = {0}, user[5];
			int order = orders >> 1;
			struct aml_layout *layout;

			flip(order, ndims, shapes[s].dims, dims);
			layout = new_reshape(six_by_four(orders & 1), order, ndims, dims);
			for (size_t n = 0; n < 24; n++) {
				flip(order, ndims, coords, user);
				ck_assert_ptr_eq(aml_layout_deref_native(layout, coords),
						 &array[0][0] + n);
				ck_assert_ptr_eq(aml_layout_deref(layout, user), &array[0][0] + n);
				ck_assert_ptr_eq(aml_layout_deref_safe(layout, user),
						 &array[0][0] + n);
				next_coords(ndims, shapes[s].dims, coords);
			}
			aml_layout_destroy(&layout);
		}
	}
}
END_TEST

/* Contract: LAYOUT-15. */
START_TEST(a_row_major_one_reads_as_in_c)
{
	struct aml_layout *layout = new_reshape(six_by_four(ROW), ROW, 3, (size_t[]){2, 3, 4});

	for (size_t i = 0; i < 2; i++) {
		for (size_t j = 0; j < 3; j++) {
			for (size_t k = 0; k < 4; k++)
				ck_assert_ptr_eq(aml_layout_deref(layout, (size_t[]){i, j, k}),
						 &array[0][0] + (i * 3 + j) * 4 + k);
		}
	}
	aml_layout_destroy(&layout);
}
END_TEST

/* Contract: LAYOUT-15. */
START_TEST(a_strided_slice_that_dense_cannot_reshape)
{
	struct aml_layout *layout = six_by_four(ROW), *part = NULL, *out = untouched;

	ck_assert_int_eq(aml_layout_slice(layout, &part, (size_t[]){0, 1}, (size_t[]){2, 3},
					  (size_t[]){3, 2}),
			 AML_SUCCESS);
	aml_layout_destroy(&layout);
	ck_assert_int_eq(aml_layout_reshape(part, &out, 1, (size_t[]){6}), -AML_EINVAL);
	ck_assert_ptr_eq(out, untouched);
	layout = new_reshape(part, ROW, 2, (size_t[]){3, 2});
	/* Element n of the slice is (n / 3, n % 3). */
	for (size_t n = 0; n < 6; n++)
		ck_assert_ptr_eq(aml_layout_deref(layout, (size_t[]){n / 2, n % 2}),
				 &array[n / 3 * 3][1 + n % 3 * 2]);
	aml_layout_destroy(&layout);
}
END_TEST

/* Contract: LAYOUT-17. */
START_TEST(a_reshape_of_a_pad_of_a_reshape)
{
	int neutral = -7;
	struct aml_layout *padded = NULL, *layout;

	/* 24 elements, and 20 neutral elements. */
	ck_assert_int_eq(
		aml_layout_pad_create(&padded, ROW,
				      new_reshape(six_by_four(COLUMN), ROW, 1, (size_t[]){24}),
				      (size_t[]){44}, &neutral),
		AML_SUCCESS);
	layout = new_reshape(padded, COLUMN, 2, (size_t[]){4, 11});
	for (size_t n = 0; n < 44; n++) {
		int *element = aml_layout_deref_safe(layout, (size_t[]){n % 4, n / 4});

		if (n < 24)
			ck_assert_ptr_eq(element, &array[0][0] + n);
		else
			ck_assert_int_eq(*element, -7);
	}
	aml_layout_destroy(&layout);
}
END_TEST

/* Contract: LAYOUT-17. */
START_TEST(it_tells_of_itself)
{
	struct aml_layout *target = six_by_four(COLUMN), *layout;
	size_t dims[3];

	layout = new_reshape(target, ROW, 3, (size_t[]){2, 3, 4});
	ck_assert_ptr_eq(layout->ops, &aml_layout_reshape_row_ops);
	ck_assert_int_eq(aml_layout_order(layout), ROW);
	ck_assert_uint_eq(aml_layout_ndims(layout), 3);
	ck_assert_uint_eq(aml_layout_element_size(layout), sizeof(int));
	ck_assert_int_eq(aml_layout_dims(layout, dims), AML_SUCCESS);
	assert_array(dims, 2, 3, 4);
	ck_assert_int_eq(aml_layout_dims_native(layout, dims), AML_SUCCESS);
	assert_array(dims, 4, 3, 2);
	ck_assert_ptr_eq(aml_layout_rawptr(layout), array);
	ck_assert_ptr_eq(reshape_of(layout)->target, target);
	ck_assert_uint_eq(reshape_of(layout)->ndims, 3);
	ck_assert_uint_eq(reshape_of(layout)->target_ndims, 2);
	assert_array(reshape_of(layout)->dims, 4, 3, 2);
	assert_array(reshape_of(layout)->coffsets, 1, 4, 12);
	assert_array(reshape_of(layout)->target_dims, 6, 4);
	aml_layout_destroy(&layout);

	layout = new_reshape(six_by_four(ROW), COLUMN, 3, (size_t[]){4, 3, 2});
	ck_assert_ptr_eq(layout->ops, &aml_layout_reshape_column_ops);
	ck_assert_int_eq(aml_layout_order(layout), COLUMN);
	ck_assert_int_eq(aml_layout_dims(layout, dims), AML_SUCCESS);
	assert_array(dims, 4, 3, 2);
	ck_assert_int_eq(aml_layout_dims_native(layout, dims), AML_SUCCESS);
	assert_array(dims, 4, 3, 2);
	aml_layout_destroy(&layout);
}
END_TEST

START_TEST(deref_safe_knows_the_new_extents)
{
	struct aml_layout *layout = new_reshape(six_by_four(ROW), ROW, 2, (size_t[]){3, 8});

	ck_assert_ptr_eq(aml_layout_deref_safe(layout, (size_t[]){2, 7}), &array[3][5]);
	aml_errno = 0;
	ck_assert_ptr_null(aml_layout_deref_safe(layout, (size_t[]){3, 0}));
	ck_assert_int_eq(aml_errno, AML_EINVAL);
	aml_errno = 0;
	ck_assert_ptr_null(aml_layout_deref_safe(layout, (size_t[]){0, 8}));
	ck_assert_int_eq(aml_errno, AML_EINVAL);
	aml_layout_destroy(&layout);
}
END_TEST

/* Contract: LAYOUT-2. */
START_TEST(another_number_of_elements_is_refused)
{
	/* 3 × INVERSE is 1 in 64 bits. */
	const size_t inverse = (size_t)UINT64_C(0xaaaaaaaaaaaaaaab);
	struct user_calls calls = {0};
	struct aml_layout *target = counted(&calls, 0), *layout = untouched;

	for (int order = COLUMN; order <= ROW; order++) {
		ck_assert_int_eq(
			aml_layout_reshape_create(&layout, target, order, 1, (size_t[]){23}),
			-AML_EINVAL);
		ck_assert_int_eq(
			aml_layout_reshape_create(&layout, target, order, 2, (size_t[]){24, 2}),
			-AML_EINVAL);
		ck_assert_int_eq(
			aml_layout_reshape_create(&layout, target, order, 2, (size_t[]){24, 0}),
			-AML_EINVAL);
		ck_assert_int_eq(aml_layout_reshape_create(&layout, target, order, 3,
							   (size_t[]){24, 3, inverse}),
				 -AML_EINVAL);
		ck_assert_int_eq(aml_layout_reshape_create(&layout, target, order, 2,
							   (size_t[]){SIZE_ROOT, SIZE_ROOT}),
				 -AML_EINVAL);
	}
	ck_assert_ptr_eq(layout, untouched);
	ck_assert_uint_eq(calls.destroy, 0);
	aml_layout_destroy(&target);
}
END_TEST

/* Contract: LAYOUT-1. */
START_TEST(there_are_64_dimensions_at_most)
{
	struct aml_layout *target = six_by_four(ROW), *layout = untouched;
	size_t dims[65], coords[64] = {0};

	for (size_t i = 0; i < 65; i++)
		dims[i] = 1;
	dims[0] = 4;
	dims[63] = 6;
	ck_assert_int_eq(aml_layout_reshape_create(&layout, target, ROW, 65, dims), -AML_EINVAL);
	ck_assert_int_eq(aml_layout_reshape_create(&layout, target, ROW, SIZE_MAX, dims),
			 -AML_EINVAL);
	ck_assert_int_eq(aml_layout_reshape_create(&layout, target, ROW, 0, dims), -AML_EINVAL);
	ck_assert_ptr_eq(layout, untouched);
	layout = new_reshape(target, ROW, 64, dims);
	coords[0] = 3;
	coords[63] = 5;
	ck_assert_ptr_eq(aml_layout_deref_safe(layout, coords), &array[3][5]);
	aml_layout_destroy(&layout);
}
END_TEST

START_TEST(an_empty_target_has_any_empty_shape)
{
	struct aml_layout *target = NULL, *layout = NULL;
	size_t dims[3];

	ck_assert_int_eq(aml_layout_dense_create(&target, array, ROW, sizeof(int), 2,
						 (size_t[]){0, 3}, NULL, NULL),
			 AML_SUCCESS);
	ck_assert_int_eq(aml_layout_reshape_create(&layout, target, ROW, 1, (size_t[]){1}),
			 -AML_EINVAL);
	layout = new_reshape(target, COLUMN, 3, (size_t[]){5, 0, 7});
	ck_assert_int_eq(aml_layout_dims(layout, dims), AML_SUCCESS);
	assert_array(dims, 5, 0, 7);
	ck_assert_ptr_null(aml_layout_deref_safe(layout, (size_t[]){0, 0, 0}));
	aml_layout_destroy(&layout);
}
END_TEST

/* Contract: ERROR-3, OWN-2. */
START_TEST(null_arguments_are_refused)
{
	struct user_calls calls = {0};
	struct aml_layout *target = counted(&calls, 0), *layout = untouched;
	size_t dims[] = {24};

	ck_assert_int_eq(aml_layout_reshape_create(NULL, target, ROW, 1, dims), -AML_EINVAL);
	ck_assert_int_eq(aml_layout_reshape_create(&layout, NULL, ROW, 1, dims), -AML_EINVAL);
	ck_assert_int_eq(aml_layout_reshape_create(&layout, target, ROW, 1, NULL), -AML_EINVAL);
	ck_assert_ptr_eq(layout, untouched);
	ck_assert_uint_eq(calls.destroy, 0);
	aml_layout_destroy(&target);
}
END_TEST

START_TEST(a_target_that_lacks_an_operator_is_refused)
{
	struct user_calls calls = {0};
	struct aml_layout *target = counted(&calls, 0), *layout = untouched;
	struct aml_layout_ops all = *target->ops;

	target->ops->ndims = NULL;
	ck_assert_int_eq(aml_layout_reshape_create(&layout, target, ROW, 1, (size_t[]){24}),
			 -AML_ENOTSUP);
	*target->ops = all;
	target->ops->dims_native = NULL;
	ck_assert_int_eq(aml_layout_reshape_create(&layout, target, ROW, 1, (size_t[]){24}),
			 -AML_ENOTSUP);
	ck_assert_ptr_eq(layout, untouched);
	ck_assert_uint_eq(calls.destroy, 0);
	aml_layout_destroy(&target);
}
END_TEST

/* Contract: LAYOUT-2. */
START_TEST(a_target_that_lies_is_refused)
{
	struct aml_layout *target = counted(NULL, 0), *layout = untouched;
	struct user_layout *user = user_layout_of(target);
	const struct user_layout truth = *user;
	const size_t half = SIZE_ROOT;

	user->ndims = 0;
	ck_assert_int_eq(aml_layout_reshape_create(&layout, target, ROW, 1, (size_t[]){1}),
			 -AML_EINVAL);
	user->ndims = 65;
	ck_assert_int_eq(aml_layout_reshape_create(&layout, target, ROW, 1, (size_t[]){0}),
			 -AML_EINVAL);
	*user = truth;
	user->element_size = 0;
	ck_assert_int_eq(aml_layout_reshape_create(&layout, target, ROW, 1, (size_t[]){24}),
			 -AML_EINVAL);
	*user = truth;
	user->dims[0] = user->dims[1] = half;
	ck_assert_int_eq(aml_layout_reshape_create(&layout, target, ROW, 2, (size_t[]){half, half}),
			 -AML_EINVAL);
	ck_assert_int_eq(aml_layout_reshape_create(&layout, target, ROW, 1, (size_t[]){0}),
			 -AML_EINVAL);
	ck_assert_ptr_eq(layout, untouched);
	aml_layout_destroy(&target);
}
END_TEST

/* Contract: OWN-2. */
START_TEST(destroying_it_destroys_its_target)
{
	struct user_calls calls = {0};
	struct aml_layout *layout = new_reshape(counted(&calls, 0), ROW, 1, (size_t[]){24});

	aml_layout_destroy(&layout);
	ck_assert_ptr_null(layout);
	ck_assert_uint_eq(calls.destroy, 1);
	aml_layout_reshape_destroy(new_reshape(counted(&calls, 0), COLUMN, 1, (size_t[]){24}));
	ck_assert_uint_eq(calls.destroy, 2);
	aml_layout_reshape_destroy(NULL);
}
END_TEST

/* Contract: OWN-3. */
START_TEST(free_leaves_the_target_alive)
{
	struct user_calls calls = {0};
	struct aml_layout *target = counted(&calls, 0);

	free(new_reshape(target, ROW, 2, (size_t[]){12, 2}));
	ck_assert_uint_eq(calls.destroy, 0);
	ck_assert_ptr_eq(aml_layout_deref(target, (size_t[]){1, 2}), &array[1][2]);
	aml_layout_destroy(&target);
}
END_TEST

/* Contract: LAYOUT-11. */
START_TEST(a_duplicate_is_deep)
{
	struct user_calls calls = {0};
	struct aml_layout *target = counted(&calls, USER_DUPLICATE), *layout, *other = NULL;
	size_t dims[2];

	layout = new_reshape(target, ROW, 2, (size_t[]){3, 8});
	ck_assert_int_eq(aml_layout_duplicate(layout, &other, NULL), AML_SUCCESS);
	ck_assert_uint_eq(calls.duplicate, 1);
	ck_assert_ptr_ne(reshape_of(other)->target, target);
	aml_layout_destroy(&layout);
	ck_assert_uint_eq(calls.destroy, 1);
	ck_assert_int_eq(aml_layout_order(other), ROW);
	ck_assert_int_eq(aml_layout_dims(other, dims), AML_SUCCESS);
	assert_array(dims, 3, 8);
	assert_array(reshape_of(other)->coffsets, 1, 8);
	assert_array(reshape_of(other)->target_dims, 6, 4);
	ck_assert_ptr_eq(aml_layout_deref(other, (size_t[]){2, 7}), &array[3][5]);
	aml_layout_destroy(&other);
	ck_assert_uint_eq(calls.destroy, 2);
}
END_TEST

/* Contract: LAYOUT-11. */
START_TEST(a_duplicates_target_may_lie_elsewhere)
{
	static int elsewhere[24];
	struct aml_layout *layout = new_reshape(six_by_four(ROW), ROW, 2, (size_t[]){3, 8}),
			  *other = NULL;

	ck_assert_int_eq(aml_layout_duplicate(layout, &other, elsewhere), AML_SUCCESS);
	ck_assert_ptr_eq(aml_layout_rawptr(other), elsewhere);
	ck_assert_ptr_eq(aml_layout_deref(other, (size_t[]){2, 7}), elsewhere + 23);
	ck_assert_ptr_eq(aml_layout_deref(layout, (size_t[]){2, 7}), &array[3][5]);
	aml_layout_destroy(&other);
	aml_layout_destroy(&layout);
}
END_TEST

START_TEST(a_target_without_duplicate_has_no_duplicate_reshape)
{
	struct aml_layout *layout = new_reshape(counted(NULL, 0), ROW, 1, (size_t[]){24});
	struct aml_layout *other = untouched;

	ck_assert_int_eq(aml_layout_duplicate(layout, &other, NULL), -AML_ENOTSUP);
	ck_assert_ptr_eq(other, untouched);
	aml_layout_destroy(&layout);
}
END_TEST

/* Contract: LAYOUT-15. */
START_TEST(it_has_no_reshape_and_no_slice)
{
	for (int order = COLUMN; order <= ROW; order++) {
		struct aml_layout *layout = new_reshape(six_by_four(ROW), order, 1, (size_t[]){24});
		struct aml_layout *out = untouched;

		ck_assert_int_eq(aml_layout_reshape(layout, &out, 2, (size_t[]){12, 2}),
				 -AML_ENOTSUP);
		ck_assert_int_eq(aml_layout_slice(layout, &out, NULL, (size_t[]){2}, NULL),
				 -AML_ENOTSUP);
		ck_assert_int_eq(aml_layout_slice_native(layout, &out, NULL, (size_t[]){2}, NULL),
				 -AML_ENOTSUP);
		ck_assert_ptr_eq(out, untouched);
		aml_layout_destroy(&layout);
	}
}
END_TEST

/* Contract: LAYOUT-5. */
START_TEST(only_bit_0_of_the_order_counts)
{
	struct aml_layout *layout = new_reshape(six_by_four(ROW), -2, 2, (size_t[]){8, 3});

	ck_assert_int_eq(aml_layout_order(layout), COLUMN);
	ck_assert_ptr_eq(aml_layout_deref(layout, (size_t[]){1, 2}), &array[0][0] + 17);
	aml_layout_destroy(&layout);
	layout = new_reshape(six_by_four(ROW), -1, 2, (size_t[]){8, 3});
	ck_assert_int_eq(aml_layout_order(layout), ROW);
	ck_assert_ptr_eq(aml_layout_deref(layout, (size_t[]){1, 2}), &array[0][0] + 5);
	aml_layout_destroy(&layout);
}
END_TEST

/* Contract: LAYOUT-18. */
START_TEST(the_prefix_begins_each_printed_line)
{
	struct aml_layout *layout = new_reshape(six_by_four(ROW), ROW, 2, (size_t[]){3, 8});
	char *text = NULL;
	size_t size, lines = 0;
	FILE *stream = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(stream);
	ck_assert_int_eq(aml_layout_fprintf(stream, "#@", layout), AML_SUCCESS);
	fclose(stream);
	for (char *line = text; *line; line = strchr(line, '\n') + 1) {
		lines++;
		ck_assert_msg(!strncmp(line, "#@: ", 4), "a line without prefix: %s", line);
		ck_assert_msg(strchr(line, '\n') != NULL, "a line without an end: %s", line);
	}
	ck_assert_uint_gt(lines, 0);
	free(text);
	stream = fopen("/dev/null", "r");
	ck_assert_int_eq(aml_layout_fprintf(stream, "", layout), -AML_FAILURE);
	fclose(stream);
	aml_layout_destroy(&layout);
}
END_TEST

/* A write function that takes `*left` bytes in all, and then fails. */
static ssize_t take_some(void *left, const char *text, size_t size)
{
	size_t n = size < *(size_t *)left ? size : *(size_t *)left;

	(void)text;
	*(size_t *)left -= n;
	return (ssize_t)n;
}

/* Print to a stream that takes only `room` bytes. */
static int print_in(size_t room, const struct aml_layout *layout)
{
	FILE *stream = fopencookie(&room, "w", (cookie_io_functions_t){.write = take_some});
	int result;

	ck_assert_ptr_nonnull(stream);
	setvbuf(stream, NULL, _IONBF, 0);
	result = aml_layout_fprintf(stream, "> ", layout);
	fclose(stream);
	return result;
}

/* Contract: LAYOUT-18. */
START_TEST(printing_fails_wherever_writing_does)
{
	for (int order = COLUMN; order <= ROW; order++) {
		struct aml_layout *padded = NULL, *layout;
		char *text = NULL;
		size_t size;
		int neutral = -7;
		FILE *stream = open_memstream(&text, &size);

		ck_assert_int_eq(aml_layout_pad_create(&padded, order, six_by_four(order),
						       (size_t[]){6, 7}, &neutral),
				 AML_SUCCESS);
		layout = new_reshape(padded, order, 2, (size_t[]){14, 3});
		ck_assert_int_eq(aml_layout_fprintf(stream, "> ", layout), AML_SUCCESS);
		fclose(stream);
		free(text);
		for (size_t room = 0; room < size; room++)
			ck_assert_msg(print_in(room, layout) == -AML_FAILURE,
				      "printing succeeds with room for %zu of %zu bytes", room,
				      size);
		ck_assert_int_eq(print_in(size, layout), AML_SUCCESS);
		aml_layout_destroy(&layout);
	}
}
END_TEST

SUITE("layout/reshape_layout", elements_keep_their_native_linear_order,
      a_row_major_one_reads_as_in_c, a_strided_slice_that_dense_cannot_reshape,
      a_reshape_of_a_pad_of_a_reshape, it_tells_of_itself, deref_safe_knows_the_new_extents,
      another_number_of_elements_is_refused, there_are_64_dimensions_at_most,
      an_empty_target_has_any_empty_shape, null_arguments_are_refused,
      a_target_that_lacks_an_operator_is_refused, a_target_that_lies_is_refused,
      destroying_it_destroys_its_target, free_leaves_the_target_alive, a_duplicate_is_deep,
      a_duplicates_target_may_lie_elsewhere, a_target_without_duplicate_has_no_duplicate_reshape,
      it_has_no_reshape_and_no_slice, only_bit_0_of_the_order_counts,
      the_prefix_begins_each_printed_line, printing_fails_wherever_writing_does)
