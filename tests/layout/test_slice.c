/* SPDX-License-Identifier: BSD-3-Clause */
/* Slices of dense layouts: the places of their elements, and slices that do not fit. */
#include <aml.h>
#include <aml/layout/dense.h>
#include <aml/layout/native.h>

#include "oracle.h"
#include "random.h"
#include "sample.h"
#include "suite.h"

#define COLUMN AML_LAYOUT_ORDER_COLUMN_MAJOR
#define ROW AML_LAYOUT_ORDER_ROW_MAJOR

#define assert_array(array, ...)                                   \
	do {                                                       \
		const size_t wanted_[] = {__VA_ARGS__};            \
		ck_assert_mem_eq(array, wanted_, sizeof(wanted_)); \
	} while (0)

static struct aml_layout *const untouched = (struct aml_layout *)&untouched;

/* A 5 × 7 array: element (i, j) of a row-major layout of it is array[i][j]. */
static int array[5][7];

static struct aml_layout *whole(int order)
{
	struct aml_layout *layout = NULL;
	const size_t dims[] = {5, 7};
	size_t user[2];

	/* The column-major layout has 7 × 5 elements, so that both have the same native extents. */
	flip(order == ROW ? COLUMN : ROW, 2, dims, user);
	ck_assert_int_eq(
		aml_layout_dense_create(&layout, array, order, sizeof(int), 2, user, NULL, NULL),
		AML_SUCCESS);
	return layout;
}

static struct aml_layout *slice(const struct aml_layout *layout, const size_t *offsets,
				const size_t *dims, const size_t *strides)
{
	struct aml_layout *part = NULL;

	ck_assert_int_eq(aml_layout_slice(layout, &part, offsets, dims, strides), AML_SUCCESS);
	ck_assert_ptr_nonnull(part);
	return part;
}

START_TEST(a_slice_of_a_row_major_layout)
{
	struct aml_layout *layout = whole(ROW);
	struct aml_layout *part =
		slice(layout, (size_t[]){1, 2}, (size_t[]){2, 3}, (size_t[]){3, 2});
	size_t dims[2];

	/* The layout may be destroyed before its slice. */
	aml_layout_destroy(&layout);
	ck_assert_int_eq(aml_layout_order(part), ROW);
	ck_assert_uint_eq(aml_layout_element_size(part), sizeof(int));
	ck_assert_int_eq(aml_layout_dims(part, dims), AML_SUCCESS);
	assert_array(dims, 2, 3);
	ck_assert_int_eq(aml_layout_dims_native(part, dims), AML_SUCCESS);
	assert_array(dims, 3, 2);
	ck_assert_ptr_eq(aml_layout_rawptr(part), &array[1][2]);
	for (size_t i = 0; i < 2; i++) {
		for (size_t j = 0; j < 3; j++) {
			ck_assert_ptr_eq(aml_layout_deref(part, (size_t[]){i, j}),
					 &array[1 + 3 * i][2 + 2 * j]);
			ck_assert_ptr_eq(aml_layout_deref_native(part, (size_t[]){j, i}),
					 &array[1 + 3 * i][2 + 2 * j]);
		}
	}
	aml_layout_destroy(&part);
}
END_TEST

START_TEST(a_slice_of_a_column_major_layout)
{
	struct aml_layout *layout = whole(COLUMN);
	struct aml_layout *part =
		slice(layout, (size_t[]){2, 1}, (size_t[]){3, 2}, (size_t[]){2, 3});
	size_t dims[2];

	ck_assert_int_eq(aml_layout_order(part), COLUMN);
	ck_assert_int_eq(aml_layout_dims(part, dims), AML_SUCCESS);
	assert_array(dims, 3, 2);
	for (size_t i = 0; i < 3; i++) {
		for (size_t j = 0; j < 2; j++)
			ck_assert_ptr_eq(aml_layout_deref(part, (size_t[]){i, j}),
					 &array[1 + 3 * j][2 + 2 * i]);
	}
	aml_layout_destroy(&part);
	aml_layout_destroy(&layout);
}
END_TEST

/* Contract: LAYOUT-9. */
START_TEST(a_native_slice_takes_native_order)
{
	for (int order = COLUMN; order <= ROW; order++) {
		struct aml_layout *layout = whole(order), *part = NULL;
		size_t dims[2];

		ck_assert_int_eq(aml_layout_slice_native(layout, &part, (size_t[]){2, 1},
							 (size_t[]){3, 2}, (size_t[]){2, 3}),
				 AML_SUCCESS);
		ck_assert_int_eq(aml_layout_order(part), order);
		ck_assert_int_eq(aml_layout_dims_native(part, dims), AML_SUCCESS);
		assert_array(dims, 3, 2);
		ck_assert_int_eq(aml_layout_dims(part, dims), AML_SUCCESS);
		ck_assert_uint_eq(dims[0], order == ROW ? 2 : 3);
		for (size_t i = 0; i < 3; i++) {
			for (size_t j = 0; j < 2; j++)
				ck_assert_ptr_eq(aml_layout_deref_native(part, (size_t[]){i, j}),
						 &array[1 + 3 * j][2 + 2 * i]);
		}
		aml_layout_destroy(&part);
		aml_layout_destroy(&layout);
	}
}
END_TEST

/* Contract: LAYOUT-9. */
START_TEST(no_offsets_are_0_and_no_strides_are_1)
{
	struct aml_layout *layout = whole(ROW), *part;

	part = slice(layout, NULL, (size_t[]){2, 3}, (size_t[]){2, 3});
	ck_assert_ptr_eq(aml_layout_deref(part, (size_t[]){0, 0}), &array[0][0]);
	ck_assert_ptr_eq(aml_layout_deref(part, (size_t[]){1, 2}), &array[2][6]);
	aml_layout_destroy(&part);
	part = slice(layout, (size_t[]){3, 4}, (size_t[]){2, 3}, NULL);
	ck_assert_ptr_eq(aml_layout_deref(part, (size_t[]){0, 0}), &array[3][4]);
	ck_assert_ptr_eq(aml_layout_deref(part, (size_t[]){1, 2}), &array[4][6]);
	aml_layout_destroy(&part);
	part = slice(layout, NULL, (size_t[]){5, 7}, NULL);
	ck_assert_ptr_eq(aml_layout_deref(part, (size_t[]){4, 6}), &array[4][6]);
	aml_layout_destroy(&part);
	aml_layout_destroy(&layout);
}
END_TEST

START_TEST(a_slice_of_a_slice)
{
	for (int order = COLUMN; order <= ROW; order++) {
		struct aml_layout *layout = whole(order), *part, *smaller;
		bool row = order == ROW;

		part = slice(layout, row ? (size_t[]){0, 1} : (size_t[]){1, 0},
			     row ? (size_t[]){3, 3} : (size_t[]){3, 3},
			     row ? (size_t[]){2, 2} : (size_t[]){2, 2});
		smaller = slice(part, row ? (size_t[]){1, 0} : (size_t[]){0, 1}, (size_t[]){2, 2},
				row ? (size_t[]){1, 2} : (size_t[]){2, 1});
		aml_layout_destroy(&part);
		for (size_t i = 0; i < 2; i++) {
			for (size_t j = 0; j < 2; j++)
				ck_assert_ptr_eq(aml_layout_deref(smaller, row ? (size_t[]){i, j}
									       : (size_t[]){j, i}),
						 &array[2 * (1 + i)][1 + 2 * 2 * j]);
		}
		aml_layout_destroy(&smaller);
		aml_layout_destroy(&layout);
	}
}
END_TEST

/* Contract: LAYOUT-9. */
START_TEST(a_slice_is_bounded_by_the_slice_that_it_is_of)
{
	struct aml_layout *layout = whole(ROW), *part, *out = untouched;

	part = slice(layout, (size_t[]){1, 1}, (size_t[]){2, 3}, (size_t[]){2, 2});
	/* These slices lie in the array, but not in the slice. */
	ck_assert_int_eq(aml_layout_slice(part, &out, NULL, (size_t[]){3, 1}, NULL), -AML_EINVAL);
	ck_assert_int_eq(aml_layout_slice(part, &out, (size_t[]){0, 3}, (size_t[]){1, 1}, NULL),
			 -AML_EINVAL);
	ck_assert_int_eq(aml_layout_slice(part, &out, (size_t[]){0, 1}, (size_t[]){1, 3}, NULL),
			 -AML_EINVAL);
	ck_assert_ptr_eq(out, untouched);
	aml_layout_destroy(&part);
	aml_layout_destroy(&layout);
}
END_TEST

/* Contract: LAYOUT-9. */
START_TEST(a_slice_past_the_end_is_refused)
{
	struct aml_layout *layout = whole(ROW), *out = untouched;

	ck_assert_int_eq(aml_layout_slice(layout, &out, NULL, (size_t[]){7, 5}, NULL), -AML_EINVAL);
	ck_assert_int_eq(aml_layout_slice(layout, &out, NULL, (size_t[]){6, 7}, NULL), -AML_EINVAL);
	ck_assert_int_eq(aml_layout_slice(layout, &out, (size_t[]){0, 1}, (size_t[]){5, 7}, NULL),
			 -AML_EINVAL);
	ck_assert_int_eq(aml_layout_slice(layout, &out, (size_t[]){0, 1}, (size_t[]){1, 3},
					  (size_t[]){1, 3}),
			 -AML_EINVAL);
	ck_assert_int_eq(aml_layout_slice(layout, &out, (size_t[]){1, 0}, (size_t[]){2, 1},
					  (size_t[]){SIZE_MAX, 1}),
			 -AML_EINVAL);
	ck_assert_int_eq(
		aml_layout_slice(layout, &out, (size_t[]){SIZE_MAX, 0}, (size_t[]){2, 1}, NULL),
		-AML_EINVAL);
	/* Native order is the reverse of row-major order. */
	ck_assert_int_eq(aml_layout_slice_native(layout, &out, NULL, (size_t[]){5, 7}, NULL),
			 -AML_EINVAL);
	ck_assert_int_eq(
		aml_layout_slice_native(layout, &out, (size_t[]){0, 5}, (size_t[]){1, 1}, NULL),
		-AML_EINVAL);
	ck_assert_ptr_eq(out, untouched);
	aml_layout_destroy(&layout);
}
END_TEST

START_TEST(a_stride_of_0_repeats_an_element)
{
	struct aml_layout *layout = whole(ROW);
	struct aml_layout *part =
		slice(layout, (size_t[]){4, 2}, (size_t[]){100, 2}, (size_t[]){0, 1});
	size_t dims[2];

	ck_assert_int_eq(aml_layout_dims(part, dims), AML_SUCCESS);
	assert_array(dims, 100, 2);
	ck_assert_ptr_eq(aml_layout_deref(part, (size_t[]){99, 1}), &array[4][3]);
	aml_layout_destroy(&part);
	aml_layout_destroy(&layout);
}
END_TEST

START_TEST(the_stride_of_a_single_element_may_be_anything)
{
	for (int order = COLUMN; order <= ROW; order++) {
		struct aml_layout *layout = whole(order), *part;

		part = slice(layout, (size_t[]){2, 3}, (size_t[]){1, 1},
			     (size_t[]){SIZE_MAX, SIZE_MAX});
		ck_assert_ptr_eq(aml_layout_deref(part, (size_t[]){0, 0}),
				 order == ROW ? &array[2][3] : &array[3][2]);
		aml_layout_destroy(&part);
		aml_layout_destroy(&layout);
	}
}
END_TEST

/* Contract: LAYOUT-12. */
START_TEST(an_empty_slice_fits_wherever_it_is)
{
	static const size_t slices[][3][2] = {
		{{0, 0}, {0, 7}, {1, 1}},
		{{0, 0}, {5, 0}, {1, 1}},
		{{5, 7}, {0, 0}, {1, 1}},
		{{9, 9}, {9, 0}, {9, 9}},
		{{SIZE_MAX, 0}, {0, 1}, {1, 1}},
		{{0, 0}, {0, 1}, {SIZE_MAX, SIZE_MAX}},
		{{SIZE_MAX, SIZE_MAX}, {2, 0}, {SIZE_MAX, SIZE_MAX}},
	};

	for (size_t i = 0; i < sizeof(slices) / sizeof(*slices); i++) {
		for (int order = COLUMN; order <= ROW; order++) {
			struct aml_layout *layout = whole(order), *part = NULL, *other = NULL;
			size_t dims[2], user[3][2];

			for (size_t k = 0; k < 3; k++)
				flip(order == ROW ? COLUMN : ROW, 2, slices[i][k], user[k]);
			ck_assert_msg(aml_layout_slice(layout, &part, user[0], user[1], user[2]) ==
					      AML_SUCCESS,
				      "slice %zu", i);
			aml_layout_destroy(&layout);
			/* An empty slice is a valid layout. */
			ck_assert_int_eq(aml_layout_dims(part, dims), AML_SUCCESS);
			ck_assert_mem_eq(dims, user[1], sizeof(dims));
			ck_assert_int_eq(aml_layout_duplicate(part, &other, NULL), AML_SUCCESS);
			aml_layout_destroy(&other);
			ck_assert_int_eq(aml_layout_slice(part, &other, NULL, dims, NULL),
					 AML_SUCCESS);
			aml_layout_destroy(&other);
			ck_assert_int_eq(aml_layout_reshape(part, &other, 1, (size_t[]){0}),
					 AML_SUCCESS);
			aml_layout_destroy(&other);
			aml_layout_destroy(&part);
		}
	}
}
END_TEST

/* Contract: LAYOUT-12. */
START_TEST(an_empty_layout_has_only_empty_slices)
{
	struct aml_layout *layout = NULL, *out = untouched;

	ck_assert_int_eq(
		aml_layout_dense_create(&layout, array, ROW, 4, 2, (size_t[]){0, 7}, NULL, NULL),
		AML_SUCCESS);
	ck_assert_int_eq(aml_layout_slice(layout, &out, NULL, (size_t[]){1, 1}, NULL), -AML_EINVAL);
	ck_assert_ptr_eq(out, untouched);
	ck_assert_int_eq(aml_layout_slice(layout, &out, NULL, (size_t[]){0, 9}, NULL), AML_SUCCESS);
	aml_layout_destroy(&out);
	aml_layout_destroy(&layout);
}
END_TEST

/* Contract: LAYOUT-9. */
START_TEST(random_slices_of_slices_are_where_the_oracle_says)
{
	struct rng rng = {0};

	/* sample_create() makes slices. Slice these again, within random bounds. */
	while (rng_next_case(&rng, 400)) {
		size_t dims[AML_LAYOUT_NDIMS_MAX], ndims = sample_dims(&rng, dims);
		size_t offsets[6], extents[6], strides[6];
		struct aml_layout *part = NULL;
		struct sample sample;
		struct oracle oracle;
		int result;
		bool fits = true, empty = false;

		sample_create(&sample, &rng, SAMPLE_SOURCE, sample_element_size(&rng), ndims, dims);
		for (size_t i = 0; i < ndims; i++) {
			offsets[i] = rng_below(&rng, dims[i] + 1 + rng_below(&rng, 2));
			strides[i] = rng_below(&rng, 4);
			extents[i] = 0;
			if (offsets[i] < dims[i] && strides[i])
				extents[i] = (dims[i] - offsets[i] - 1) / strides[i] + 1;
			if (rng_chance(&rng, 20))
				extents[i] = rng_below(&rng, dims[i] + 2);
			empty = empty || extents[i] == 0;
			fits = fits && (extents[i] == 0 ||
					offsets[i] + (extents[i] - 1) * strides[i] < dims[i]);
		}
		result = aml_layout_slice_native(sample.layout, &part, offsets, extents, strides);
		ck_assert_msg(result == (fits || empty ? AML_SUCCESS : -AML_EINVAL),
			      RNG_FORMAT "the slice returns %d", RNG_ARGS(&rng), result);
		if (result == AML_SUCCESS) {
			oracle_slice(&oracle, &sample.oracle, COLUMN, offsets, extents, strides);
			oracle_assert(&oracle, part, sample.order, &rng);
			oracle_destroy(&oracle);
			aml_layout_destroy(&part);
		}
		sample_destroy(&sample);
	}
}
END_TEST

SUITE("layout/slice", a_slice_of_a_row_major_layout, a_slice_of_a_column_major_layout,
      a_native_slice_takes_native_order, no_offsets_are_0_and_no_strides_are_1, a_slice_of_a_slice,
      a_slice_is_bounded_by_the_slice_that_it_is_of, a_slice_past_the_end_is_refused,
      a_stride_of_0_repeats_an_element, the_stride_of_a_single_element_may_be_anything,
      an_empty_slice_fits_wherever_it_is, an_empty_layout_has_only_empty_slices,
      random_slices_of_slices_are_where_the_oracle_says)
