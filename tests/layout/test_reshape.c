/* SPDX-License-Identifier: BSD-3-Clause */
/* Reshapes of dense layouts: a reshape must succeed if and only if the strides allow it. */
#include <aml.h>
#include <aml/layout/dense.h>
#include <aml/layout/native.h>

#include "oracle.h"
#include "random.h"
#include "sample.h"
#include "suite.h"
#include "tool.h"

#define COLUMN AML_LAYOUT_ORDER_COLUMN_MAJOR
#define ROW AML_LAYOUT_ORDER_ROW_MAJOR

static struct aml_layout *const untouched = (struct aml_layout *)&untouched;

static unsigned char memory[1 << 16];

/* The arguments of a dense layout, in native order. stride or pitch {0}: NULL. */
struct dense_arguments {
	size_t ndims, dims[6], stride[6], pitch[6];
};

/* Make a dense layout of this order, and its oracle. */
static struct aml_layout *create(const struct dense_arguments *shape, int order,
				 size_t element_size, struct oracle *oracle)
{
	size_t dims[6], stride[6], pitch[6];
	struct aml_layout *layout = NULL;
	bool plain = shape->pitch[0] == 0;

	flip(order, shape->ndims, shape->dims, dims);
	flip(order, shape->ndims, shape->stride, stride);
	flip(order, shape->ndims, shape->pitch, pitch);
	ck_assert_int_eq(aml_layout_dense_create(&layout, memory, order, element_size, shape->ndims,
						 dims, plain ? NULL : stride, plain ? NULL : pitch),
			 AML_SUCCESS);
	oracle_dense(oracle, memory, order, element_size, shape->ndims, dims, plain ? NULL : stride,
		     plain ? NULL : pitch);
	return layout;
}

/*
 * Reshape in user order, and compare the elements with those of the oracle. Returns true if the
 * reshape succeeded, false if it was refused with the right code.
 */
static bool reshapes(const struct aml_layout *layout, const struct oracle *oracle, int order,
		     size_t ndims, const size_t *native, const struct rng *rng)
{
	struct aml_layout *made = untouched;
	size_t dims[AML_LAYOUT_NDIMS_MAX];
	struct oracle same;
	int result;

	flip(order, ndims, native, dims);
	result = aml_layout_reshape(layout, &made, ndims, dims);
	if (result != AML_SUCCESS) {
		ck_assert_int_eq(result, -AML_EINVAL);
		ck_assert_ptr_eq(made, untouched);
		return false;
	}
	oracle_reshape(&same, oracle, COLUMN, ndims, native);
	oracle_assert(&same, made, order, rng);
	oracle_destroy(&same);
	aml_layout_destroy(&made);
	return true;
}

/* A reshape from one shape to other extents, in native order. */
struct reshaping {
	struct dense_arguments from;
	size_t ndims, dims[8];
};

/* Contract: LAYOUT-10. */
START_TEST(what_strides_allow_is_done)
{
	static const struct reshaping pairs[] = {
		/* Contiguous. */
		{{1, {6}, {0}, {0}}, 2, {1, 6}},
		{{2, {1, 6}, {0}, {0}}, 1, {6}},
		{{1, {6}, {0}, {0}}, 2, {6, 1}},
		{{2, {6, 1}, {0}, {0}}, 1, {6}},
		{{1, {6}, {0}, {0}}, 1, {6}},
		{{1, {1}, {0}, {0}}, 6, {1, 1, 1, 1, 1, 1}},
		{{6, {1, 1, 1, 1, 1, 1}, {0}, {0}}, 1, {1}},
		{{1, {24}, {0}, {0}}, 3, {2, 3, 4}},
		{{3, {2, 3, 4}, {0}, {0}}, 1, {24}},
		{{3, {2, 3, 4}, {0}, {0}}, 3, {4, 3, 2}},
		{{3, {2, 3, 4}, {0}, {0}}, 2, {3, 8}},
		{{2, {4, 6}, {0}, {0}}, 2, {6, 4}},
		{{2, {4, 6}, {0}, {0}}, 5, {1, 8, 1, 3, 1}},
		{{5, {1, 4, 1, 6, 1}, {0}, {0}}, 4, {2, 1, 2, 6}},
		/* Strided, one dimension. */
		{{1, {6}, {3}, {6}}, 2, {2, 3}},
		{{1, {6}, {3}, {6}}, 3, {1, 6, 1}},
		{{2, {2, 3}, {5, 10}, {1, 1}}, 1, {6}},
		/* Rows of a wider array: each dimension can be split. */
		{{2, {4, 6}, {1, 1}, {10, 6}}, 3, {2, 2, 6}},
		{{2, {4, 6}, {1, 1}, {10, 6}}, 3, {4, 2, 3}},
		{{2, {4, 6}, {1, 1}, {10, 6}}, 6, {1, 2, 2, 1, 3, 2}},
		{{3, {4, 2, 3}, {1, 1, 1}, {10, 2, 3}}, 2, {4, 6}},
		{{3, {2, 2, 6}, {1, 1, 1}, {2, 5, 6}}, 2, {4, 6}},
		/* The padding between two dimensions stays between the same elements. */
		{{4, {2, 2, 3, 2}, {1, 1, 1, 1}, {2, 5, 3, 2}}, 2, {4, 6}},
		{{2, {4, 6}, {2, 3}, {8, 6}}, 2, {4, 6}},
		/* Strides that allow a merge. */
		{{2, {4, 6}, {2, 1}, {8, 6}}, 1, {24}},
		{{2, {4, 6}, {1, 2}, {2, 6}}, 3, {8, 1, 3}},
		/* The step of an extent of 1 has no effect. */
		{{3, {2, 1, 3}, {1, 9, 1}, {2, 1, 3}}, 1, {6}},
		{{3, {1, 2, 3}, {7, 1, 1}, {1, 2, 3}}, 1, {6}},
		{{3, {2, 3, 1}, {1, 1, 7}, {2, 3, 9}}, 2, {3, 2}},
		{{2, {1, 6}, {1, 1}, {10, 6}}, 1, {6}},
		{{2, {1, 6}, {1, 2}, {10, 6}}, 2, {2, 3}},
		/* A transposed layout: each dimension can be split. */
		{{2, {4, 6}, {6, 1}, {1, 1}}, 4, {2, 2, 3, 2}},
		{{4, {2, 2, 3, 2}, {6, 12, 1, 3}, {1, 1, 1, 1}}, 2, {4, 6}},
		/* Steps of 0. */
		{{1, {6}, {0}, {1}}, 2, {2, 3}},
		{{2, {2, 3}, {0, 0}, {1, 1}}, 1, {6}},
		{{2, {2, 3}, {0, 1}, {1, 1}}, 3, {2, 1, 3}},
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		for (int order = COLUMN; order <= ROW; order++) {
			struct oracle oracle;
			struct aml_layout *layout = create(&pairs[i].from, order, 3, &oracle);

			ck_assert_msg(reshapes(layout, &oracle, order, pairs[i].ndims,
					       pairs[i].dims, NULL),
				      "pair %zu", i);
			oracle_destroy(&oracle);
			aml_layout_destroy(&layout);
		}
	}
}
END_TEST

/* Contract: LAYOUT-10. */
START_TEST(what_strides_do_not_allow_is_refused)
{
	static const struct reshaping pairs[] = {
		/* A merge across padding. */
		{{2, {4, 6}, {1, 1}, {10, 6}}, 1, {24}},
		{{2, {4, 6}, {1, 1}, {10, 6}}, 2, {8, 3}},
		{{2, {4, 6}, {1, 1}, {10, 6}}, 2, {6, 4}},
		{{2, {4, 6}, {1, 1}, {5, 6}}, 2, {3, 8}},
		{{3, {2, 2, 6}, {1, 1, 1}, {2, 5, 6}}, 1, {24}},
		{{4, {2, 2, 3, 2}, {1, 1, 1, 1}, {2, 5, 3, 2}}, 2, {12, 2}},
		/* A merge across a stride. */
		{{2, {4, 6}, {2, 1}, {4, 6}}, 1, {24}},
		{{2, {4, 6}, {1, 2}, {4, 12}}, 1, {24}},
		/* A merge across an extent of 1. */
		{{3, {4, 1, 6}, {1, 1, 1}, {10, 1, 6}}, 1, {24}},
		/* A merge across a transposition. */
		{{2, {4, 6}, {6, 1}, {1, 1}}, 1, {24}},
		{{2, {4, 6}, {6, 1}, {1, 1}}, 2, {6, 4}},
		/* A merge of a step of 0 with another step. */
		{{2, {2, 3}, {0, 1}, {1, 1}}, 1, {6}},
		{{2, {2, 3}, {1, 0}, {1, 1}}, 1, {6}},
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		for (int order = COLUMN; order <= ROW; order++) {
			struct oracle oracle;
			struct aml_layout *layout = create(&pairs[i].from, order, 3, &oracle);

			ck_assert_msg(!reshapes(layout, &oracle, order, pairs[i].ndims,
						pairs[i].dims, NULL),
				      "pair %zu", i);
			oracle_destroy(&oracle);
			aml_layout_destroy(&layout);
		}
	}
}
END_TEST

/* Contract: LAYOUT-10. */
START_TEST(another_number_of_elements_is_refused)
{
	static const struct dense_arguments shape = {2, {4, 6}, {0}, {0}};
	/* 3 × INVERSE is 1 in 64 bits. */
	const size_t inverse = (size_t)UINT64_C(0xaaaaaaaaaaaaaaab);

	for (int order = COLUMN; order <= ROW; order++) {
		struct oracle oracle;
		struct aml_layout *layout = create(&shape, order, 1, &oracle);

		ck_assert(!reshapes(layout, &oracle, order, 1, (size_t[]){23}, NULL));
		ck_assert(!reshapes(layout, &oracle, order, 1, (size_t[]){25}, NULL));
		ck_assert(!reshapes(layout, &oracle, order, 1, (size_t[]){0}, NULL));
		ck_assert(!reshapes(layout, &oracle, order, 2, (size_t[]){4, 5}, NULL));
		ck_assert(!reshapes(layout, &oracle, order, 3, (size_t[]){4, 6, 2}, NULL));
		ck_assert(!reshapes(layout, &oracle, order, 3, (size_t[]){24, 3, inverse}, NULL));
		oracle_destroy(&oracle);
		aml_layout_destroy(&layout);
	}
}
END_TEST

/* Contract: LAYOUT-10. */
START_TEST(another_number_of_elements_is_refused_by_the_operators_too)
{
	/* Direct calls of the operators, without the check in aml_layout_reshape(). */
	static const size_t others[][3] = {{6, 2, 1}, {2, 3, 2}, {5, 1, 1}, {3, 1, 1}, {4, 2, 1}};

	for (int order = COLUMN; order <= ROW; order++) {
		struct aml_layout *layout = NULL, *out = untouched;
		int numbers[6];

		ck_assert_int_eq(aml_layout_dense_create(&layout, numbers, order, sizeof(int), 2,
							 (size_t[]){2, 3}, NULL, NULL),
				 AML_SUCCESS);
		for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
			ck_assert_int_eq(
				(order == ROW ? aml_layout_row_reshape : aml_layout_column_reshape)(
					layout->data, &out, 3, others[i]),
				-AML_EINVAL);
			ck_assert_ptr_eq(out, untouched);
		}
		aml_layout_destroy(&layout);
	}
}
END_TEST

START_TEST(an_empty_layout_has_any_empty_shape)
{
	static const struct dense_arguments shapes[] = {
		{1, {0}, {0}, {0}},
		{2, {4, 0}, {0}, {0}},
		{3, {0, 5, 0}, {0}, {0}},
		{2, {4, 0}, {3, 2}, {17, 1}},
	};

	for (size_t i = 0; i < 4; i++) {
		for (int order = COLUMN; order <= ROW; order++) {
			struct oracle oracle;
			struct aml_layout *layout = create(&shapes[i], order, 1, &oracle);

			ck_assert(reshapes(layout, &oracle, order, 1, (size_t[]){0}, NULL));
			ck_assert(reshapes(layout, &oracle, order, 3, (size_t[]){7, 0, 5}, NULL));
			ck_assert(reshapes(layout, &oracle, order, 2, (size_t[]){0, 0}, NULL));
			ck_assert(!reshapes(layout, &oracle, order, 1, (size_t[]){1}, NULL));
			oracle_destroy(&oracle);
			aml_layout_destroy(&layout);
		}
	}
}
END_TEST

/* Contract: LAYOUT-1. */
START_TEST(there_are_64_dimensions_at_most)
{
	static const struct dense_arguments shape = {1, {6}, {0}, {0}};
	struct aml_layout *made = untouched;
	size_t dims[65];

	for (size_t i = 0; i < 65; i++)
		dims[i] = 1;
	dims[20] = 2;
	dims[63] = 3;
	for (int order = COLUMN; order <= ROW; order++) {
		struct oracle oracle;
		struct aml_layout *layout = create(&shape, order, 1, &oracle);

		ck_assert(reshapes(layout, &oracle, order, 64, dims, NULL));
		ck_assert_int_eq(aml_layout_reshape(layout, &made, 65, dims), -AML_EINVAL);
		ck_assert_int_eq(aml_layout_reshape(layout, &made, 0, dims), -AML_EINVAL);
		ck_assert_ptr_eq(made, untouched);
		oracle_destroy(&oracle);
		aml_layout_destroy(&layout);
	}
}
END_TEST

START_TEST(a_row_major_reshape_reads_as_in_c)
{
	static int array[2][3][4];
	struct aml_layout *layout = NULL, *made = NULL;

	ck_assert_int_eq(aml_layout_dense_create(&layout, array, ROW, sizeof(int), 3,
						 (size_t[]){2, 3, 4}, NULL, NULL),
			 AML_SUCCESS);
	ck_assert_int_eq(aml_layout_reshape(layout, &made, 2, (size_t[]){6, 4}), AML_SUCCESS);
	aml_layout_destroy(&layout);
	ck_assert_int_eq(aml_layout_order(made), ROW);
	for (size_t i = 0; i < 6; i++) {
		for (size_t j = 0; j < 4; j++)
			ck_assert_ptr_eq(aml_layout_deref(made, (size_t[]){i, j}),
					 &array[i / 3][i % 3][j]);
	}
	aml_layout_destroy(&made);
}
END_TEST

/* Distribute the factors of a number over up to 5 dimensions. */
static size_t factor(struct rng *rng, size_t number, size_t *dims)
{
	size_t ndims = rng_range(rng, 1, 5);

	for (size_t i = 0; i < ndims; i++)
		dims[i] = 1;
	for (size_t n = 2; number > 1; n++) {
		for (; number % n == 0; number /= n)
			dims[rng_below(rng, ndims)] *= n;
	}
	return ndims;
}

/* Contract: LAYOUT-10. */
START_TEST(random_reshapes_are_done_if_and_only_if_a_strided_map_exists)
{
	static const size_t counts[] = {1, 2, 6, 8, 12, 24, 36, 60, 64};
	struct rng rng = {0};
	size_t done = 0, refused = 0;

	while (rng_next_case(&rng, 4000)) {
		size_t count = counts[rng_below(&rng, sizeof(counts) / sizeof(*counts))];
		size_t dims[5], unit = 1;
		struct dense_arguments shape = {.ndims = factor(&rng, count, shape.dims)};
		int order = rng_chance(&rng, 50) ? ROW : COLUMN;
		struct aml_layout *layout;
		struct oracle oracle;
		size_t ndims;
		bool possible;

		/* In most cases the dimensions can be merged. */
		for (size_t i = 0; i < shape.ndims; i++) {
			shape.pitch[i] = 1;
			if (rng_chance(&rng, 20))
				unit += rng_below(&rng, 3);
			shape.stride[i] = rng_chance(&rng, 5) || shape.dims[i] == 1
						  ? rng_below(&rng, 20)
						  : unit;
			unit = shape.stride[i] * shape.dims[i];
		}
		layout = create(&shape, order, rng_range(&rng, 1, 9), &oracle);
		ndims = factor(&rng, count, dims);
		possible = oracle_strided(&oracle, ndims, dims);
		ck_assert_msg(reshapes(layout, &oracle, order, ndims, dims, &rng) == possible,
			      RNG_FORMAT "it is %s", RNG_ARGS(&rng),
			      possible ? "possible" : "not possible");
		done += possible;
		refused += !possible;
		oracle_destroy(&oracle);
		aml_layout_destroy(&layout);
	}
	/* Enough of the reshapes succeed, and enough are refused. */
	ck_assert(getenv("AML_TEST_CASE") || (done > effort(500) && refused > effort(500)));
}
END_TEST

START_TEST(random_layouts_reshape_there_and_back)
{
	struct rng rng = {0};

	while (rng_next_case(&rng, 400)) {
		size_t dims[AML_LAYOUT_NDIMS_MAX], ndims = sample_dims(&rng, dims);
		size_t other[5], other_ndims, count = product(ndims, dims);
		struct sample sample;

		if (!count)
			continue;
		other_ndims = factor(&rng, count, other);
		sample_create(&sample, &rng, SAMPLE_SOURCE, sample_element_size(&rng), ndims, dims);
		/* A reshape to the layout's own extents succeeds. Others succeed if possible. */
		ck_assert_msg(
			reshapes(sample.layout, &sample.oracle, sample.order, ndims, dims, &rng),
			RNG_FORMAT "to its own extents", RNG_ARGS(&rng));
		ck_assert_msg(reshapes(sample.layout, &sample.oracle, sample.order, other_ndims,
				       other,
				       &rng) == oracle_strided(&sample.oracle, other_ndims, other),
			      RNG_FORMAT "to others", RNG_ARGS(&rng));
		sample_destroy(&sample);
	}
}
END_TEST

SUITE("layout/reshape", what_strides_allow_is_done, what_strides_do_not_allow_is_refused,
      another_number_of_elements_is_refused,
      another_number_of_elements_is_refused_by_the_operators_too,
      an_empty_layout_has_any_empty_shape, there_are_64_dimensions_at_most,
      a_row_major_reshape_reads_as_in_c,
      random_reshapes_are_done_if_and_only_if_a_strided_map_exists,
      random_layouts_reshape_there_and_back)
