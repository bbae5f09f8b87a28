/* SPDX-License-Identifier: BSD-3-Clause */
/* Dense layouts: creation, refused arguments, deref in both orders, printing, duplicates. */
#include <aml.h>
#include <aml/layout/dense.h>
#include <aml/layout/native.h>
#include <aml/layout/pad.h>
#include <aml/layout/reshape.h>

#include "oracle.h"
#include "random.h"
#include "sample.h"
#include "sizes.h"
#include "suite.h"

#define COLUMN AML_LAYOUT_ORDER_COLUMN_MAJOR
#define ROW AML_LAYOUT_ORDER_ROW_MAJOR

/* Small enough for a layout of this many elements of 8 bytes. */
#define LARGE ((size_t)1 << SIZE_BITS * 5 / 8)
#define LARGE_ROOT ((size_t)1 << SIZE_BITS * 5 / 16)

#define assert_array(array, ...)                                   \
	do {                                                       \
		const size_t wanted_[] = {__VA_ARGS__};            \
		ck_assert_mem_eq(array, wanted_, sizeof(wanted_)); \
	} while (0)

/* The value of an output before a call that must not change it. */
static struct aml_layout *const untouched = (struct aml_layout *)&untouched;

static unsigned char memory[4096];

static const struct aml_layout_dense *dense_of(const struct aml_layout *layout)
{
	return (const struct aml_layout_dense *)layout->data;
}

static struct aml_layout *create(int order, size_t element_size, size_t ndims, const size_t *dims,
				 const size_t *stride, const size_t *pitch)
{
	struct aml_layout *layout = NULL;

	ck_assert_int_eq(aml_layout_dense_create(&layout, memory, order, element_size, ndims, dims,
						 stride, pitch),
			 AML_SUCCESS);
	ck_assert_ptr_nonnull(layout);
	return layout;
}

/* The offset of an element in the memory, in bytes. */
static size_t at(const void *element)
{
	ck_assert_ptr_nonnull(element);
	return (size_t)((const unsigned char *)element - memory);
}

/* Contract: LAYOUT-5. */
START_TEST(a_column_major_layout_keeps_what_it_is_made_of)
{
	struct aml_layout *layout = create(COLUMN, 8, 3, (size_t[]){2, 3, 4}, (size_t[]){1, 2, 3},
					   (size_t[]){5, 7, 11});
	const struct aml_layout_dense *dense = dense_of(layout);
	size_t dims[3];

	ck_assert_ptr_eq(layout->ops, &aml_layout_column_ops);
	ck_assert_ptr_eq(dense->ptr, memory);
	ck_assert_uint_eq(dense->ndims, 3);
	assert_array(dense->dims, 2, 3, 4);
	assert_array(dense->stride, 1, 2, 3);
	assert_array(dense->cpitch, 8, 40, 280, 3080);
	ck_assert_int_eq(aml_layout_order(layout), COLUMN);
	ck_assert_uint_eq(aml_layout_ndims(layout), 3);
	ck_assert_uint_eq(aml_layout_element_size(layout), 8);
	ck_assert_ptr_eq(aml_layout_rawptr(layout), memory);
	ck_assert_int_eq(aml_layout_dims(layout, dims), AML_SUCCESS);
	assert_array(dims, 2, 3, 4);
	ck_assert_int_eq(aml_layout_dims_native(layout, dims), AML_SUCCESS);
	assert_array(dims, 2, 3, 4);
	/* 1 × 1 × 8 + 2 × 2 × 40 + 3 × 3 × 280. */
	ck_assert_uint_eq(at(aml_layout_deref(layout, (size_t[]){1, 2, 3})), 2688);
	ck_assert_uint_eq(at(aml_layout_deref_native(layout, (size_t[]){1, 2, 3})), 2688);
	ck_assert_uint_eq(at(aml_layout_deref_safe(layout, (size_t[]){1, 2, 3})), 2688);
	aml_layout_destroy(&layout);
	ck_assert_ptr_null(layout);
}
END_TEST

/* Contract: LAYOUT-5. */
START_TEST(a_row_major_layout_keeps_it_in_native_order)
{
	struct aml_layout *layout =
		create(ROW, 8, 3, (size_t[]){4, 3, 2}, (size_t[]){3, 2, 1}, (size_t[]){11, 7, 5});
	const struct aml_layout_dense *dense = dense_of(layout);
	size_t dims[3];

	ck_assert_ptr_eq(layout->ops, &aml_layout_row_ops);
	ck_assert_uint_eq(dense->ndims, 3);
	assert_array(dense->dims, 2, 3, 4);
	assert_array(dense->stride, 1, 2, 3);
	assert_array(dense->cpitch, 8, 40, 280, 3080);
	ck_assert_int_eq(aml_layout_order(layout), ROW);
	ck_assert_uint_eq(aml_layout_ndims(layout), 3);
	ck_assert_uint_eq(aml_layout_element_size(layout), 8);
	ck_assert_ptr_eq(aml_layout_rawptr(layout), memory);
	ck_assert_int_eq(aml_layout_dims(layout, dims), AML_SUCCESS);
	assert_array(dims, 4, 3, 2);
	ck_assert_int_eq(aml_layout_dims_native(layout, dims), AML_SUCCESS);
	assert_array(dims, 2, 3, 4);
	ck_assert_uint_eq(at(aml_layout_deref(layout, (size_t[]){3, 2, 1})), 2688);
	ck_assert_uint_eq(at(aml_layout_deref_native(layout, (size_t[]){1, 2, 3})), 2688);
	ck_assert_uint_eq(at(aml_layout_deref_safe(layout, (size_t[]){3, 2, 1})), 2688);
	aml_layout_destroy(&layout);
}
END_TEST

/* Contract: LAYOUT-5. */
START_TEST(row_major_agrees_with_an_array_of_c)
{
	static double array[3][4][5];
	struct aml_layout *layout = NULL;

	ck_assert_int_eq(aml_layout_dense_create(&layout, array, AML_LAYOUT_ORDER_C, sizeof(double),
						 3, (size_t[]){3, 4, 5}, NULL, NULL),
			 AML_SUCCESS);
	for (size_t i = 0; i < 3; i++) {
		for (size_t j = 0; j < 4; j++) {
			for (size_t k = 0; k < 5; k++)
				ck_assert_ptr_eq(aml_layout_deref(layout, (size_t[]){i, j, k}),
						 &array[i][j][k]);
		}
	}
	aml_layout_destroy(&layout);
}
END_TEST

/* Contract: LAYOUT-6. */
START_TEST(no_stride_is_1_and_no_pitch_is_dims)
{
	struct aml_layout *layout = create(COLUMN, 2, 3, (size_t[]){3, 4, 5}, NULL, NULL);

	assert_array(dense_of(layout)->stride, 1, 1, 1);
	assert_array(dense_of(layout)->cpitch, 2, 6, 24, 120);
	aml_layout_destroy(&layout);
	layout = create(ROW, 2, 3, (size_t[]){5, 4, 3}, NULL, (size_t[]){5, 4, 3});
	assert_array(dense_of(layout)->stride, 1, 1, 1);
	assert_array(dense_of(layout)->cpitch, 2, 6, 24, 120);
	aml_layout_destroy(&layout);
	layout = create(ROW, 2, 3, (size_t[]){5, 4, 3}, (size_t[]){1, 1, 1}, NULL);
	assert_array(dense_of(layout)->stride, 1, 1, 1);
	assert_array(dense_of(layout)->cpitch, 2, 6, 24, 120);
	aml_layout_destroy(&layout);
}
END_TEST

/* Contract: LAYOUT-6. */
START_TEST(pitches_of_1_make_strides_the_steps)
{
	/* The transpose of 4 columns of 3: 3 × 4 with steps of 4 and 1 elements. */
	struct aml_layout *layout =
		create(COLUMN, 4, 2, (size_t[]){3, 4}, (size_t[]){4, 1}, (size_t[]){1, 1});

	for (size_t i = 0; i < 3; i++) {
		for (size_t j = 0; j < 4; j++)
			ck_assert_uint_eq(at(aml_layout_deref(layout, (size_t[]){i, j})),
					  4 * (4 * i + j));
	}
	aml_layout_destroy(&layout);
}
END_TEST

START_TEST(a_stride_of_0_repeats_one_element)
{
	struct aml_layout *layout =
		create(COLUMN, 4, 2, (size_t[]){100, 2}, (size_t[]){0, 1}, (size_t[]){1, 1});

	ck_assert_uint_eq(at(aml_layout_deref(layout, (size_t[]){0, 1})), 4);
	ck_assert_uint_eq(at(aml_layout_deref(layout, (size_t[]){99, 1})), 4);
	aml_layout_destroy(&layout);
}
END_TEST

/* Contract: LAYOUT-5. */
START_TEST(only_bit_0_of_the_order_counts)
{
	static const int orders[] = {2, 0x7ffe, -2, 3, 0x7fff, -1};

	for (size_t i = 0; i < 6; i++) {
		struct aml_layout *layout = create(orders[i], 1, 2, (size_t[]){3, 5}, NULL, NULL);

		ck_assert_int_eq(aml_layout_order(layout), i < 3 ? COLUMN : ROW);
		ck_assert_uint_eq(dense_of(layout)->dims[0], i < 3 ? 3 : 5);
		ck_assert_uint_eq(at(aml_layout_deref(layout, (size_t[]){1, 2})),
				  i < 3 ? 1 + 2 * 3 : 2 + 1 * 5);
		aml_layout_destroy(&layout);
	}
}
END_TEST

/* Contract: LAYOUT-6. */
START_TEST(the_arrays_lie_one_after_the_other)
{
	for (size_t ndims = 1; ndims <= 64; ndims++) {
		size_t dims[64];
		struct aml_layout *layout;
		const struct aml_layout_dense *dense;

		for (size_t i = 0; i < ndims; i++)
			dims[i] = 1 + (i == 0);
		layout = create(ndims & 1 ? ROW : COLUMN, 1, ndims, dims, NULL, NULL);
		dense = dense_of(layout);
		ck_assert_ptr_eq(dense->stride, dense->dims + ndims);
		ck_assert_ptr_eq(dense->cpitch, dense->dims + 2 * ndims);
		ck_assert_uint_eq(dense->cpitch[ndims], 2);
		aml_layout_destroy(&layout);
	}
}
END_TEST

/* Contract: OWN-3. */
START_TEST(free_releases_a_dense_layout)
{
	/* AddressSanitizer and valgrind report leaks. */
	struct aml_layout *layout = create(ROW, 8, 3, (size_t[]){4, 3, 2}, NULL, NULL);
	struct aml_layout *other;

	ck_assert_int_eq(aml_layout_slice(layout, &other, NULL, (size_t[]){1, 2, 2}, NULL),
			 AML_SUCCESS);
	free(other);
	ck_assert_int_eq(aml_layout_reshape(layout, &other, 1, (size_t[]){24}), AML_SUCCESS);
	free(other);
	ck_assert_int_eq(aml_layout_duplicate(layout, &other, NULL), AML_SUCCESS);
	free(other);
	free(layout);
}
END_TEST

/* Contract: OWN-1. */
START_TEST(the_arguments_may_go_after_creation)
{
	size_t *dims = calloc(6, sizeof(*dims));
	struct aml_layout *layout;

	ck_assert_ptr_nonnull(dims);
	dims[0] = 3;
	dims[1] = 4;
	dims[2] = dims[3] = 1;
	dims[4] = 3;
	dims[5] = 4;
	layout = create(COLUMN, 1, 2, dims, dims + 2, dims + 4);
	ck_assert_uint_eq(dims[0], 3);
	ck_assert_uint_eq(dims[5], 4);
	free(dims);
	ck_assert_uint_eq(at(aml_layout_deref(layout, (size_t[]){2, 3})), 11);
	aml_layout_destroy(&layout);
}
END_TEST

static int try_to_create(size_t element_size, size_t ndims, const size_t *dims,
			 const size_t *stride, const size_t *pitch)
{
	struct aml_layout *layout = untouched;
	int result[2];

	for (int order = COLUMN; order <= ROW; order++) {
		layout = untouched;
		result[order] = aml_layout_dense_create(&layout, memory, order, element_size, ndims,
							dims, stride, pitch);
		if (result[order] == AML_SUCCESS)
			aml_layout_destroy(&layout);
		else
			ck_assert_ptr_eq(layout, untouched);
	}
	/* The arrays of this test are symmetric where it matters, so both orders must agree. */
	ck_assert_int_eq(result[COLUMN], result[ROW]);
	return result[COLUMN];
}

/* Contract: ERROR-3, LAYOUT-4. */
START_TEST(creation_refuses_what_is_missing)
{
	struct aml_layout *layout = untouched;
	size_t dims[] = {3, 4};

	ck_assert_int_eq(aml_layout_dense_create(NULL, memory, ROW, 8, 2, dims, NULL, NULL),
			 -AML_EINVAL);
	ck_assert_int_eq(aml_layout_dense_create(&layout, NULL, ROW, 8, 2, dims, NULL, NULL),
			 -AML_EINVAL);
	ck_assert_int_eq(aml_layout_dense_create(&layout, memory, ROW, 8, 2, NULL, NULL, NULL),
			 -AML_EINVAL);
	ck_assert_int_eq(try_to_create(0, 2, dims, NULL, NULL), -AML_EINVAL);
	ck_assert_int_eq(try_to_create(8, 0, dims, NULL, NULL), -AML_EINVAL);
	ck_assert_ptr_eq(layout, untouched);
}
END_TEST

/* Contract: LAYOUT-1. */
START_TEST(there_are_64_dimensions_at_most)
{
	size_t dims[65], coords[64] = {0};
	struct aml_layout *layout;

	for (size_t i = 0; i < 65; i++)
		dims[i] = 1;
	dims[0] = dims[63] = 2;
	ck_assert_int_eq(try_to_create(8, 65, dims, NULL, NULL), -AML_EINVAL);
	ck_assert_int_eq(try_to_create(8, SIZE_MAX, dims, NULL, NULL), -AML_EINVAL);
	layout = create(ROW, 8, 64, dims, NULL, NULL);
	ck_assert_uint_eq(aml_layout_ndims(layout), 64);
	coords[0] = 1;
	ck_assert_uint_eq(at(aml_layout_deref_safe(layout, coords)), 16);
	coords[63] = 1;
	ck_assert_uint_eq(at(aml_layout_deref_safe(layout, coords)), 24);
	aml_layout_destroy(&layout);
}
END_TEST

/* Sizes that overflow with 64 bits. NONE: the argument is NULL. */
#define NONE                       \
	{                          \
		SIZE_MAX, SIZE_MAX \
	}
struct overflowing_sizes {
	const char *what;
	size_t element_size, dims[2], stride[2], pitch[2];
};

static int create_sizes(int order, const struct overflowing_sizes *sizes,
			struct aml_layout **layout)
{
	size_t dims[2], stride[2], pitch[2];

	flip(order, 2, sizes->dims, dims);
	flip(order, 2, sizes->stride, stride);
	flip(order, 2, sizes->pitch, pitch);
	return aml_layout_dense_create(layout, memory, order, sizes->element_size, 2, dims,
				       stride[0] == SIZE_MAX ? NULL : stride,
				       pitch[0] == SIZE_MAX ? NULL : pitch);
}

/* Contract: LAYOUT-2. */
START_TEST(sizes_that_overflow_are_refused)
{
	static const struct overflowing_sizes bad[] = {
		{"element size × extent", 8, {SIZE_OVER(3), 1}, NONE, NONE},
		{"element size × extent, at the limit", SIZE_MAX, {2, 1}, NONE, NONE},
		{"element size × extent × extent", 2, {SIZE_ROOT, SIZE_ROOT / 2}, NONE, NONE},
		{"element size × pitch", 8, {1, 2}, {1, 1}, {SIZE_OVER(3), 1}},
		{"pitch × pitch, the last one", 1, {1, 1}, {1, 1}, {SIZE_ROOT, SIZE_ROOT}},
		{"extent × stride", 1, {5, 1}, {SIZE_OVER(2), 1}, {5, 1}},
		{"extent × stride × element size", 4, {5, 1}, {SIZE_OVER(4), 1}, {5, 1}},
		{"stride × cumulated pitch", 1, {8, 2}, {1, SIZE_OVER(3)}, {8, 1}},
		{"extent × stride × cumulated pitch", 1, {8, 5}, {1, SIZE_OVER(5)}, {8, 1}},
		{"the sum of extents", 1, {2, 2}, {SIZE_OVER(1), SIZE_OVER(1)}, {1, 1}},
		{"the sum of extents, by one", 1, {2, 2}, {SIZE_MAX - 1, 1}, {1, 1}},
		{"the sum and the last element", 16, {2, 1}, {SIZE_OVER(4) - 1, 1}, {1, 1}},
		{"extent × extent, without steps", 1, {SIZE_ROOT, SIZE_ROOT}, {0, 0}, {1, 1}},
		{"all elements' bytes, without steps",
		 8,
		 {SIZE_ROOT / 2, SIZE_ROOT / 2},
		 {0, 0},
		 {1, 1}},
	};
	struct aml_layout *layout = untouched;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		ck_assert_msg(create_sizes(COLUMN, &bad[i], &layout) == -AML_EINVAL, "%s",
			      bad[i].what);
		ck_assert_msg(create_sizes(ROW, &bad[i], &layout) == -AML_EINVAL, "%s, row-major",
			      bad[i].what);
		ck_assert_ptr_eq(layout, untouched);
	}
}
END_TEST

/* Contract: LAYOUT-2. */
START_TEST(large_sizes_that_do_not_overflow_are_legal)
{
	static const struct overflowing_sizes good[] = {
		{"one large extent", 8, {LARGE, 1}, NONE, NONE},
		{"two large extents", 8, {LARGE_ROOT, LARGE_ROOT}, NONE, NONE},
		{"a large pitch", 1, {2, 2}, {1, 1}, {LARGE, 2}},
		{"a large stride", 1, {2, 2}, {LARGE, 1}, {1, 1}},
		{"a large element", LARGE, {3, 2}, NONE, NONE},
		{"many times one element", 8, {LARGE, 1}, {0, 0}, {1, 1}},
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		for (int order = COLUMN; order <= ROW; order++) {
			struct aml_layout *layout = NULL;

			ck_assert_msg(create_sizes(order, &good[i], &layout) == AML_SUCCESS, "%s",
				      good[i].what);
			aml_layout_destroy(&layout);
		}
	}
}
END_TEST

/* Check all functions on an empty layout at NULL, or on a layout that was made of one. */
static void assert_at_null(const struct aml_layout *layout)
{
	FILE *null = fopen("/dev/null", "w");

	ck_assert_ptr_nonnull(null);
	aml_errno = 77;
	ck_assert_ptr_null(aml_layout_rawptr(layout));
	ck_assert_int_eq(aml_layout_fprintf(null, "", layout), AML_SUCCESS);
	ck_assert_uint_eq(aml_layout_element_size(layout), 8);
	ck_assert_int_eq(aml_errno, 77);
	fclose(null);
}

/* Contract: LAYOUT-12. */
START_TEST(an_empty_layout_may_lie_at_null)
{
	for (int order = COLUMN; order <= ROW; order++) {
		struct aml_layout *layout = untouched, *made = NULL;
		double elements[2], neutral = 5;

		/* One element is too many. */
		ck_assert_int_eq(aml_layout_dense_create(&layout, NULL, order, 8, 2,
							 (size_t[]){1, 1}, NULL, NULL),
				 -AML_EINVAL);
		ck_assert_ptr_eq(layout, untouched);
		ck_assert_int_eq(aml_layout_dense_create(&layout, NULL, order, 8, 2,
							 (size_t[]){0, 3}, NULL, NULL),
				 AML_SUCCESS);
		assert_at_null(layout);
		ck_assert_ptr_null(aml_layout_deref_safe(layout, (size_t[]){0, 0}));
		ck_assert_int_eq(
			aml_layout_slice(layout, &made, (size_t[]){0, 1}, (size_t[]){0, 2}, NULL),
			AML_SUCCESS);
		assert_at_null(made);
		aml_layout_destroy(&made);
		ck_assert_int_eq(aml_layout_reshape(layout, &made, 3, (size_t[]){4, 0, 5}),
				 AML_SUCCESS);
		assert_at_null(made);
		aml_layout_destroy(&made);
		ck_assert_int_eq(aml_layout_duplicate(layout, &made, elements), AML_SUCCESS);
		ck_assert_ptr_eq(aml_layout_rawptr(made), elements);
		aml_layout_destroy(&made);
		ck_assert_int_eq(aml_layout_duplicate(layout, &made, NULL), AML_SUCCESS);
		aml_layout_destroy(&layout);
		ck_assert_int_eq(aml_layout_reshape_create(&layout, made, order, 1, (size_t[]){0}),
				 AML_SUCCESS);
		assert_at_null(layout);
		/* Each element of the pad is its neutral element. */
		ck_assert_int_eq(
			aml_layout_pad_create(&made, order, layout, (size_t[]){2}, &neutral),
			AML_SUCCESS);
		assert_at_null(made);
		ck_assert_double_eq(*(double *)aml_layout_deref(made, (size_t[]){1}), 5);
		aml_layout_destroy(&made);
	}
}
END_TEST

/* Contract: LAYOUT-12. */
START_TEST(an_extent_of_0_makes_an_empty_layout)
{
	static const size_t empty[][3] = {{0, 3, 4}, {3, 0, 4}, {3, 4, 0}, {0, 0, 0}};

	for (size_t i = 0; i < 4; i++) {
		for (int order = COLUMN; order <= ROW; order++) {
			struct aml_layout *layout = create(order, 8, 3, empty[i], NULL, NULL);
			size_t dims[3];

			ck_assert_uint_eq(aml_layout_ndims(layout), 3);
			ck_assert_int_eq(aml_layout_dims(layout, dims), AML_SUCCESS);
			ck_assert_mem_eq(dims, empty[i], sizeof(dims));
			aml_errno = 0;
			ck_assert_ptr_null(aml_layout_deref_safe(layout, (size_t[]){0, 0, 0}));
			ck_assert_int_eq(aml_errno, AML_EINVAL);
			aml_layout_destroy(&layout);
		}
	}
}
END_TEST

/* Contract: LAYOUT-8. */
START_TEST(deref_safe_checks_against_the_users_dims)
{
	struct aml_layout *layout = create(ROW, 1, 2, (size_t[]){2, 5}, NULL, NULL);

	ck_assert_uint_eq(at(aml_layout_deref_safe(layout, (size_t[]){1, 4})), 9);
	aml_errno = 0;
	ck_assert_ptr_null(aml_layout_deref_safe(layout, (size_t[]){4, 1}));
	ck_assert_int_eq(aml_errno, AML_EINVAL);
	aml_errno = 0;
	ck_assert_ptr_null(aml_layout_deref_safe(layout, (size_t[]){2, 0}));
	ck_assert_int_eq(aml_errno, AML_EINVAL);
	aml_errno = 0;
	ck_assert_ptr_null(aml_layout_deref_safe(layout, (size_t[]){0, 5}));
	ck_assert_int_eq(aml_errno, AML_EINVAL);
	aml_layout_destroy(&layout);
}
END_TEST

/* Contract: LAYOUT-7. */
START_TEST(the_exported_operators_do_what_the_tables_do)
{
	struct aml_layout *column = create(COLUMN, 2, 2, (size_t[]){4, 6}, NULL, NULL);
	struct aml_layout *row = create(ROW, 2, 2, (size_t[]){4, 6}, NULL, NULL), *out;
	size_t dims[2], offsets[] = {1, 2}, part[] = {2, 3}, strides[] = {2, 1};

	ck_assert_uint_eq(aml_layout_dense_ndims(column->data), 2);
	ck_assert_uint_eq(aml_layout_dense_element_size(row->data), 2);
	ck_assert_int_eq(aml_layout_column_order(column->data), COLUMN);
	ck_assert_int_eq(aml_layout_row_order(row->data), ROW);
	ck_assert_uint_eq(at(aml_layout_column_deref(column->data, offsets)), 2 * (1 + 2 * 4));
	ck_assert_uint_eq(at(aml_layout_row_deref(row->data, offsets)), 2 * (1 * 6 + 2));
	ck_assert_int_eq(aml_layout_row_dims(row->data, dims), AML_SUCCESS);
	assert_array(dims, 4, 6);

	ck_assert_int_eq(aml_layout_column_reshape(column->data, &out, 1, (size_t[]){24}),
			 AML_SUCCESS);
	ck_assert_int_eq(aml_layout_order(out), COLUMN);
	ck_assert_uint_eq(at(aml_layout_deref(out, (size_t[]){23})), 46);
	aml_layout_destroy(&out);
	ck_assert_int_eq(aml_layout_row_reshape(row->data, &out, 1, (size_t[]){24}), AML_SUCCESS);
	ck_assert_int_eq(aml_layout_order(out), ROW);
	ck_assert_uint_eq(at(aml_layout_deref(out, (size_t[]){23})), 46);
	aml_layout_destroy(&out);

	ck_assert_int_eq(aml_layout_column_slice(column->data, &out, offsets, part, strides),
			 AML_SUCCESS);
	ck_assert_int_eq(aml_layout_order(out), COLUMN);
	ck_assert_uint_eq(at(aml_layout_deref(out, (size_t[]){1, 2})), 2 * (3 + 4 * 4));
	aml_layout_destroy(&out);
	ck_assert_int_eq(aml_layout_row_slice(row->data, &out, offsets, part, strides),
			 AML_SUCCESS);
	ck_assert_int_eq(aml_layout_order(out), ROW);
	ck_assert_uint_eq(at(aml_layout_deref(out, (size_t[]){1, 2})), 2 * (3 * 6 + 4));
	aml_layout_destroy(&out);
	ck_assert_int_eq(aml_layout_row_slice_native(row->data, &out, (size_t[]){2, 1},
						     (size_t[]){3, 2}, (size_t[]){1, 2}),
			 AML_SUCCESS);
	ck_assert_int_eq(aml_layout_order(out), ROW);
	ck_assert_uint_eq(at(aml_layout_deref(out, (size_t[]){1, 2})), 2 * (3 * 6 + 4));
	aml_layout_destroy(&out);
	aml_layout_destroy(&column);
	aml_layout_destroy(&row);
}
END_TEST

/* Contract: LAYOUT-7. */
START_TEST(the_tables_are_complete)
{
	struct aml_layout_ops *tables[] = {&aml_layout_column_ops, &aml_layout_row_ops};

	for (size_t i = 0; i < 2; i++) {
		ck_assert_ptr_nonnull(tables[i]->deref);
		ck_assert_ptr_nonnull(tables[i]->deref_native);
		ck_assert_ptr_nonnull(tables[i]->rawptr);
		ck_assert_ptr_nonnull(tables[i]->order);
		ck_assert_ptr_nonnull(tables[i]->dims);
		ck_assert_ptr_nonnull(tables[i]->dims_native);
		ck_assert_ptr_nonnull(tables[i]->ndims);
		ck_assert_ptr_nonnull(tables[i]->element_size);
		ck_assert_ptr_nonnull(tables[i]->reshape);
		ck_assert_ptr_nonnull(tables[i]->slice);
		ck_assert_ptr_nonnull(tables[i]->slice_native);
		ck_assert_ptr_nonnull(tables[i]->fprintf);
		ck_assert_ptr_nonnull(tables[i]->duplicate);
		ck_assert_ptr_nonnull(tables[i]->steps_native);
	}
}
END_TEST

/* Contract: COPY-9. */
START_TEST(steps_native_tells_base_and_steps)
{
	struct aml_layout *layout =
		create(ROW, 8, 3, (size_t[]){4, 3, 2}, (size_t[]){3, 2, 1}, (size_t[]){11, 7, 5});
	ptrdiff_t steps[AML_LAYOUT_NDIMS_MAX];
	void *base = NULL;

	ck_assert_int_eq(layout->ops->steps_native(layout->data, &base, steps), AML_SUCCESS);
	ck_assert_ptr_eq(base, memory);
	ck_assert_int_eq(steps[0], 8);
	ck_assert_int_eq(steps[1], 80);
	ck_assert_int_eq(steps[2], 840);
	aml_layout_destroy(&layout);
}
END_TEST

/* The printed text of a layout. Release it with free(). */
static char *printed(const struct aml_layout *layout, const char *prefix)
{
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(stream);
	ck_assert_int_eq(aml_layout_fprintf(stream, prefix, layout), AML_SUCCESS);
	fclose(stream);
	return text;
}

/* Contract: LAYOUT-18. */
START_TEST(the_prefix_begins_each_printed_line)
{
	for (int order = COLUMN; order <= ROW; order++) {
		struct aml_layout *layout = create(order, 8, 3, (size_t[]){7, 5, 3}, NULL, NULL);
		char *text = printed(layout, "#@");

		ck_assert_uint_gt(strlen(text), 3);
		for (char *line = text; *line; line = strchr(line, '\n') + 1) {
			ck_assert_msg(!strncmp(line, "#@: ", 4), "a line without prefix: %s", line);
			ck_assert_msg(strchr(line, '\n') != NULL, "a line without an end: %s",
				      line);
		}
		free(text);
		aml_layout_destroy(&layout);
	}
}
END_TEST

START_TEST(no_prefix_prints_the_same_as_an_empty_one)
{
	struct aml_layout *layout = create(ROW, 8, 3, (size_t[]){7, 5, 3}, NULL, NULL);
	char *without = printed(layout, NULL), *empty = printed(layout, "");

	ck_assert_str_eq(without, empty);
	ck_assert_str_ne(without, "");
	free(without);
	free(empty);
	aml_layout_destroy(&layout);
}
END_TEST

/* Contract: LAYOUT-18. */
START_TEST(printing_that_fails_is_told)
{
	struct aml_layout *layout = create(ROW, 8, 3, (size_t[]){7, 5, 3}, NULL, NULL);
	FILE *stream = fopen("/dev/null", "r");

	ck_assert_ptr_nonnull(stream);
	ck_assert_int_eq(aml_layout_fprintf(stream, "", layout), -AML_FAILURE);
	fclose(stream);
	aml_layout_destroy(&layout);
}
END_TEST

/* Contract: OWN-1, LAYOUT-11. */
START_TEST(a_duplicate_is_independent)
{
	for (int order = COLUMN; order <= ROW; order++) {
		struct aml_layout *layout =
			create(order, 2, 2, (size_t[]){4, 6}, (size_t[]){2, 3}, (size_t[]){9, 20});
		struct aml_layout *other = NULL;
		size_t last, dims[2];

		last = at(aml_layout_deref(layout, (size_t[]){3, 5}));
		ck_assert_int_eq(aml_layout_duplicate(layout, &other, NULL), AML_SUCCESS);
		ck_assert_ptr_ne(other, layout);
		ck_assert_ptr_ne(other->data, layout->data);
		ck_assert_ptr_eq(other->ops, layout->ops);
		aml_layout_destroy(&layout);
		ck_assert_int_eq(aml_layout_order(other), order);
		ck_assert_uint_eq(aml_layout_element_size(other), 2);
		ck_assert_int_eq(aml_layout_dims(other, dims), AML_SUCCESS);
		assert_array(dims, 4, 6);
		ck_assert_ptr_eq(aml_layout_rawptr(other), memory);
		ck_assert_uint_eq(at(aml_layout_deref(other, (size_t[]){3, 5})), last);
		ck_assert_ptr_eq(dense_of(other)->stride, dense_of(other)->dims + 2);
		ck_assert_ptr_eq(dense_of(other)->cpitch, dense_of(other)->dims + 4);
		aml_layout_destroy(&other);
	}
}
END_TEST

/* Contract: LAYOUT-11. */
START_TEST(a_duplicate_may_lie_elsewhere)
{
	struct aml_layout *layout = create(ROW, 2, 2, (size_t[]){4, 6}, NULL, NULL), *other;

	ck_assert_int_eq(aml_layout_duplicate(layout, &other, memory + 100), AML_SUCCESS);
	ck_assert_ptr_eq(aml_layout_rawptr(other), memory + 100);
	ck_assert_uint_eq(at(aml_layout_deref(other, (size_t[]){3, 5})), 100 + 2 * 23);
	ck_assert_ptr_eq(aml_layout_rawptr(layout), memory);
	ck_assert_uint_eq(at(aml_layout_deref(layout, (size_t[]){3, 5})), 2 * 23);
	aml_layout_destroy(&other);
	aml_layout_destroy(&layout);
}
END_TEST

/* Contract: LAYOUT-6. */
START_TEST(random_layouts_have_their_elements_where_the_oracle_says)
{
	struct rng rng = {0};

	while (rng_next_case(&rng, 400)) {
		size_t dims[AML_LAYOUT_NDIMS_MAX], ndims = sample_dims(&rng, dims);
		struct sample sample;
		struct aml_layout *other;

		sample_create(&sample, &rng, SAMPLE_SOURCE, sample_element_size(&rng), ndims, dims);
		oracle_assert(&sample.oracle, sample.layout, sample.order, &rng);
		ck_assert_int_eq(aml_layout_duplicate(sample.layout, &other, NULL), AML_SUCCESS);
		oracle_assert(&sample.oracle, other, sample.order, &rng);
		aml_layout_destroy(&other);
		sample_destroy(&sample);
	}
}
END_TEST

SUITE("layout/dense", a_column_major_layout_keeps_what_it_is_made_of,
      a_row_major_layout_keeps_it_in_native_order, row_major_agrees_with_an_array_of_c,
      no_stride_is_1_and_no_pitch_is_dims, pitches_of_1_make_strides_the_steps,
      a_stride_of_0_repeats_one_element, only_bit_0_of_the_order_counts,
      the_arrays_lie_one_after_the_other, free_releases_a_dense_layout,
      the_arguments_may_go_after_creation, creation_refuses_what_is_missing,
      there_are_64_dimensions_at_most, sizes_that_overflow_are_refused,
      large_sizes_that_do_not_overflow_are_legal, an_extent_of_0_makes_an_empty_layout,
      an_empty_layout_may_lie_at_null, deref_safe_checks_against_the_users_dims,
      the_exported_operators_do_what_the_tables_do, the_tables_are_complete,
      steps_native_tells_base_and_steps, the_prefix_begins_each_printed_line,
      no_prefix_prints_the_same_as_an_empty_one, printing_that_fails_is_told,
      a_duplicate_is_independent, a_duplicate_may_lie_elsewhere,
      random_layouts_have_their_elements_where_the_oracle_says)
