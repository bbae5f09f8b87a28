/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Steps layouts and reversed layouts: creation, refused arguments, deref in both orders, slices,
 * reshapes, printing, duplicates, empty layouts at NULL. Copies of generated ones are in
 * copy/test_random.c and copy/test_nested_layouts.c.
 */
#include <aml.h>
#include <aml/dma/linux.h>
#include <aml/layout/dense.h>
#include <aml/layout/native.h>
#include <aml/layout/pad.h>
#include <aml/layout/reshape.h>
#include <aml/layout/steps.h>

#include "oracle.h"
#include "random.h"
#include "sample.h"
#include "suite.h"
#include "user_layout.h"

#define COLUMN AML_LAYOUT_ORDER_COLUMN_MAJOR
#define ROW AML_LAYOUT_ORDER_ROW_MAJOR

#define assert_array(array, ...)                                   \
	do {                                                       \
		const size_t wanted_[] = {__VA_ARGS__};            \
		ck_assert_mem_eq(array, wanted_, sizeof(wanted_)); \
	} while (0)

#define assert_steps(array, ...)                                   \
	do {                                                       \
		const ptrdiff_t wanted_[] = {__VA_ARGS__};         \
		ck_assert_mem_eq(array, wanted_, sizeof(wanted_)); \
	} while (0)

/* The value of an output before a call that must not change it. */
static struct aml_layout *const untouched = (struct aml_layout *)&untouched;

static unsigned char memory[4096];

static const struct aml_layout_steps *steps_of(const struct aml_layout *layout)
{
	return (const struct aml_layout_steps *)layout->data;
}

static struct aml_layout *create(void *ptr, int order, size_t element_size, size_t ndims,
				 const size_t *dims, const ptrdiff_t *steps)
{
	struct aml_layout *layout = NULL;

	ck_assert_int_eq(
		aml_layout_steps_create(&layout, ptr, order, element_size, ndims, dims, steps),
		AML_SUCCESS);
	ck_assert_ptr_nonnull(layout);
	return layout;
}

/* A layout of 4 × 6 elements of 3 bytes: rows from the last to the first, 100 bytes apart. */
static struct aml_layout *upside_down(int order)
{
	return order == ROW
		       ? create(memory + 300, ROW, 3, 2, (size_t[]){4, 6}, (ptrdiff_t[]){-100, 5})
		       : create(memory + 300, COLUMN, 3, 2, (size_t[]){6, 4},
				(ptrdiff_t[]){5, -100});
}

/* Contract: LAYOUT-19. */
START_TEST(a_layout_keeps_its_steps_in_native_order)
{
	for (int order = COLUMN; order <= ROW; order++) {
		struct aml_layout *layout = upside_down(order);
		const struct aml_layout_steps *s = steps_of(layout);
		size_t dims[2];

		ck_assert_ptr_eq(layout->ops, order == ROW ? &aml_layout_steps_row_ops
							   : &aml_layout_steps_column_ops);
		ck_assert_ptr_eq(s->ptr, memory + 300);
		ck_assert_uint_eq(s->ndims, 2);
		ck_assert_uint_eq(s->element_size, 3);
		assert_array(s->dims, 6, 4);
		assert_steps(s->steps, 5, -100);
		ck_assert_int_eq(aml_layout_order(layout), order);
		ck_assert_uint_eq(aml_layout_ndims(layout), 2);
		ck_assert_uint_eq(aml_layout_element_size(layout), 3);
		ck_assert_ptr_eq(aml_layout_rawptr(layout), memory + 300);
		ck_assert_int_eq(aml_layout_dims_native(layout, dims), AML_SUCCESS);
		assert_array(dims, 6, 4);
		ck_assert_int_eq(aml_layout_dims(layout, dims), AML_SUCCESS);
		ck_assert_uint_eq(dims[0], order == ROW ? 4 : 6);
		for (size_t i = 0; i < 4; i++) {
			for (size_t j = 0; j < 6; j++) {
				const size_t native[] = {j, i}, row[] = {i, j};
				const size_t *user = order == ROW ? row : native;

				ck_assert_ptr_eq(aml_layout_deref(layout, user),
						 memory + 300 - 100 * i + 5 * j);
				ck_assert_ptr_eq(aml_layout_deref_safe(layout, user),
						 memory + 300 - 100 * i + 5 * j);
				ck_assert_ptr_eq(aml_layout_deref_native(layout, native),
						 memory + 300 - 100 * i + 5 * j);
			}
		}
		ck_assert_ptr_null(aml_layout_deref_safe(layout, (size_t[]){6, 6}));
		aml_layout_destroy(&layout);
	}
}
END_TEST

/* Contract: LAYOUT-5. */
START_TEST(only_bit_0_of_the_order_counts)
{
	static const int orders[] = {2, 0x7ffe, -2, 3, 0x7fff, -1};

	for (size_t i = 0; i < 6; i++) {
		struct aml_layout *layout =
			create(memory, orders[i], 1, 2, (size_t[]){3, 5}, (ptrdiff_t[]){7, 40});

		ck_assert_int_eq(aml_layout_order(layout), i < 3 ? COLUMN : ROW);
		ck_assert_int_eq(steps_of(layout)->steps[0], i < 3 ? 7 : 40);
		aml_layout_destroy(&layout);
	}
}
END_TEST

/* Contract: LAYOUT-20. */
START_TEST(the_fast_path_is_the_base_and_the_steps)
{
	for (int order = COLUMN; order <= ROW; order++) {
		struct aml_layout *layout = upside_down(order);
		ptrdiff_t steps[AML_LAYOUT_NDIMS_MAX];
		void *base = NULL;

		ck_assert_int_eq(layout->ops->steps_native(layout->data, &base, steps),
				 AML_SUCCESS);
		ck_assert_ptr_eq(base, memory + 300);
		assert_steps(steps, 5, -100);
		aml_layout_destroy(&layout);
	}
}
END_TEST

/* Contract: OWN-3. */
START_TEST(free_releases_a_steps_layout)
{
	/* AddressSanitizer and valgrind report leaks. */
	struct aml_layout *layout = upside_down(ROW), *other;

	ck_assert_int_eq(aml_layout_slice(layout, &other, NULL, (size_t[]){1, 2}, NULL),
			 AML_SUCCESS);
	free(other);
	ck_assert_int_eq(aml_layout_reshape(layout, &other, 3, (size_t[]){4, 3, 2}), AML_SUCCESS);
	free(other);
	ck_assert_int_eq(aml_layout_duplicate(layout, &other, NULL), AML_SUCCESS);
	free(other);
	ck_assert_int_eq(aml_layout_reverse(layout, &other, 0), AML_SUCCESS);
	free(other);
	free(layout);
}
END_TEST

static int try_to_create(void *ptr, size_t element_size, size_t ndims, const size_t *dims,
			 const ptrdiff_t *steps)
{
	int result[2];

	for (int order = COLUMN; order <= ROW; order++) {
		struct aml_layout *layout = untouched;

		result[order] = aml_layout_steps_create(&layout, ptr, order, element_size, ndims,
							dims, steps);
		if (result[order] == AML_SUCCESS)
			aml_layout_destroy(&layout);
		else
			ck_assert_ptr_eq(layout, untouched);
	}
	/* All dimensions have the same role, so both orders must agree. */
	ck_assert_int_eq(result[COLUMN], result[ROW]);
	return result[COLUMN];
}

/* Contract: ERROR-3, LAYOUT-1. */
START_TEST(creation_refuses_what_is_missing)
{
	size_t dims[65] = {0}, two[] = {3, 4};
	ptrdiff_t steps[65] = {0};

	for (size_t i = 0; i < 65; i++)
		dims[i] = 1;
	ck_assert_int_eq(aml_layout_steps_create(NULL, memory, ROW, 8, 2, two, steps), -AML_EINVAL);
	ck_assert_int_eq(try_to_create(NULL, 8, 2, two, steps), -AML_EINVAL);
	ck_assert_int_eq(try_to_create(memory, 8, 2, NULL, steps), -AML_EINVAL);
	ck_assert_int_eq(try_to_create(memory, 8, 2, two, NULL), -AML_EINVAL);
	ck_assert_int_eq(try_to_create(memory, 0, 2, two, steps), -AML_EINVAL);
	ck_assert_int_eq(try_to_create(memory, 8, 0, two, steps), -AML_EINVAL);
	ck_assert_int_eq(try_to_create(memory, 8, 65, dims, steps), -AML_EINVAL);
	ck_assert_int_eq(try_to_create(memory, 8, SIZE_MAX, dims, steps), -AML_EINVAL);
	ck_assert_int_eq(try_to_create(memory, 8, 64, dims, steps), AML_SUCCESS);
}
END_TEST

/* Contract: LAYOUT-2, LAYOUT-21. */
START_TEST(addresses_that_wrap_or_span_too_much_are_refused)
{
	const size_t two[] = {2, 2}, huge[] = {SIZE_MAX / 4, 2};
	const ptrdiff_t half = PTRDIFF_MAX / 2;
	/* 1000 bytes from the start and from the end of the address space. */
	void *low = (void *)(uintptr_t)1000, *high = (void *)(UINTPTR_MAX - 999);
	void *middle = (void *)(UINTPTR_MAX / 2 + 1);

	ck_assert_int_eq(try_to_create(low, 1, 2, two, (ptrdiff_t[]){-500, -499}), AML_SUCCESS);
	/* An element would lie at NULL, or below it. */
	ck_assert_int_eq(try_to_create(low, 1, 2, two, (ptrdiff_t[]){-500, -500}), -AML_EINVAL);
	ck_assert_int_eq(try_to_create(low, 1, 2, two, (ptrdiff_t[]){-500, -501}), -AML_EINVAL);
	ck_assert_int_eq(try_to_create(low, 1, 2, two, (ptrdiff_t[]){-1001, 600}), -AML_EINVAL);
	ck_assert_int_eq(try_to_create(high, 1, 2, two, (ptrdiff_t[]){500, 498}), AML_SUCCESS);
	ck_assert_int_eq(try_to_create(high, 1, 2, two, (ptrdiff_t[]){500, 501}), -AML_EINVAL);
	ck_assert_int_eq(try_to_create(high, 2, 2, two, (ptrdiff_t[]){500, 500}), -AML_EINVAL);
	/* The span is the sum of both directions and of one element. */
	ck_assert_int_eq(try_to_create(middle, 1, 2, two, (ptrdiff_t[]){half, -half}), AML_SUCCESS);
	ck_assert_int_eq(try_to_create(middle, 2, 2, two, (ptrdiff_t[]){half, -half}), -AML_EINVAL);
	ck_assert_int_eq(try_to_create(middle, 1, 2, two, (ptrdiff_t[]){half, -half - 1}),
			 -AML_EINVAL);
	ck_assert_int_eq(try_to_create(middle, 1, 2, two, (ptrdiff_t[]){PTRDIFF_MIN, 1}),
			 -AML_EINVAL);
	ck_assert_int_eq(try_to_create(middle, 1, 2, two, (ptrdiff_t[]){PTRDIFF_MAX, 1}),
			 -AML_EINVAL);
	ck_assert_int_eq(
		try_to_create(middle, 1, 2, (size_t[]){SIZE_MAX, 1}, (ptrdiff_t[]){PTRDIFF_MIN, 1}),
		-AML_EINVAL);
	/* Steps of 0 span nothing, but the bytes of all elements must not overflow. */
	ck_assert_int_eq(try_to_create(memory, 1, 2, huge, (ptrdiff_t[]){0, 0}), AML_SUCCESS);
	ck_assert_int_eq(try_to_create(memory, 4, 2, huge, (ptrdiff_t[]){0, 0}), -AML_EINVAL);
	/* A step over one element is not used, nor is a step of an empty layout. */
	ck_assert_int_eq(try_to_create(memory, 1, 2, (size_t[]){1, 1},
				       (ptrdiff_t[]){PTRDIFF_MIN, PTRDIFF_MAX}),
			 AML_SUCCESS);
	ck_assert_int_eq(try_to_create(NULL, 1, 2, (size_t[]){0, 9},
				       (ptrdiff_t[]){PTRDIFF_MIN, PTRDIFF_MAX}),
			 AML_SUCCESS);
	ck_assert_int_eq(try_to_create(memory, (size_t)PTRDIFF_MAX + 1, 1, two, (ptrdiff_t[]){0}),
			 -AML_EINVAL);
}
END_TEST

/* Contract: LAYOUT-19. */
START_TEST(a_slice_multiplies_the_steps)
{
	for (int order = COLUMN; order <= ROW; order++) {
		struct aml_layout *layout = upside_down(order), *part = NULL;

		ck_assert_int_eq(aml_layout_slice_native(layout, &part, (size_t[]){1, 1},
							 (size_t[]){2, 2}, (size_t[]){3, 2}),
				 AML_SUCCESS);
		aml_layout_destroy(&layout);
		ck_assert_ptr_eq(part->ops, order == ROW ? &aml_layout_steps_row_ops
							 : &aml_layout_steps_column_ops);
		ck_assert_ptr_eq(aml_layout_rawptr(part), memory + 300 - 100 + 5);
		assert_array(steps_of(part)->dims, 2, 2);
		assert_steps(steps_of(part)->steps, 15, -200);
		aml_layout_destroy(&part);
		/* A stride that overflows is not used. */
		layout = upside_down(order);
		ck_assert_int_eq(aml_layout_slice_native(layout, &part, (size_t[]){5, 3},
							 (size_t[]){1, 1},
							 (size_t[]){SIZE_MAX, SIZE_MAX / 3}),
				 AML_SUCCESS);
		ck_assert_ptr_eq(aml_layout_deref(part, (size_t[]){0, 0}), memory + 25);
		aml_layout_destroy(&part);
		part = untouched;
		ck_assert_int_eq(aml_layout_slice_native(layout, &part, (size_t[]){1, 1},
							 (size_t[]){2, 2}, (size_t[]){5, 1}),
				 -AML_EINVAL);
		ck_assert_ptr_eq(part, untouched);
		/* An empty slice lies anywhere. */
		ck_assert_int_eq(aml_layout_slice_native(layout, &part, (size_t[]){SIZE_MAX, 9},
							 (size_t[]){0, 2}, NULL),
				 AML_SUCCESS);
		aml_layout_destroy(&part);
		aml_layout_destroy(&layout);
	}
}
END_TEST

/* Contract: LAYOUT-10. */
START_TEST(a_reshape_is_a_steps_layout_where_the_steps_allow_it)
{
	struct aml_layout *layout = create(memory + 4000, ROW, 2, 2, (size_t[]){6, 4},
					   (ptrdiff_t[]){-20, -5}),
			  *made = untouched;

	ck_assert_int_eq(aml_layout_reshape(layout, &made, 4, (size_t[]){2, 3, 1, 4}), AML_SUCCESS);
	ck_assert_ptr_eq(made->ops, &aml_layout_steps_row_ops);
	ck_assert_ptr_eq(aml_layout_rawptr(made), memory + 4000);
	assert_array(steps_of(made)->dims, 4, 1, 3, 2);
	ck_assert_int_eq(steps_of(made)->steps[0], -5);
	ck_assert_int_eq(steps_of(made)->steps[2], -20);
	ck_assert_int_eq(steps_of(made)->steps[3], -60);
	aml_layout_destroy(&made);
	/* All 24 elements lie 5 bytes apart. */
	ck_assert_int_eq(aml_layout_reshape(layout, &made, 2, (size_t[]){8, 3}), AML_SUCCESS);
	assert_steps(steps_of(made)->steps, -5, -15);
	aml_layout_destroy(&made);
	aml_layout_destroy(&layout);
	layout = create(memory + 4000, ROW, 2, 2, (size_t[]){6, 4}, (ptrdiff_t[]){-21, -5});
	made = untouched;
	ck_assert_int_eq(aml_layout_reshape(layout, &made, 2, (size_t[]){8, 3}), -AML_EINVAL);
	ck_assert_int_eq(aml_layout_reshape(layout, &made, 1, (size_t[]){24}), -AML_EINVAL);
	ck_assert_int_eq(aml_layout_reshape(layout, &made, 2, (size_t[]){6, 5}), -AML_EINVAL);
	ck_assert_ptr_eq(made, untouched);
	/* More merged dimensions than the reshape has. */
	ck_assert_int_eq(layout->ops->reshape(layout->data, &made, 1, (size_t[]){6}), -AML_EINVAL);
	aml_layout_destroy(&layout);
	/* One element: any number of dimensions. */
	layout = create(memory, COLUMN, 2, 1, (size_t[]){1}, (ptrdiff_t[]){PTRDIFF_MIN});
	ck_assert_int_eq(aml_layout_reshape(layout, &made, 1, (size_t[]){1}), AML_SUCCESS);
	assert_steps(steps_of(made)->steps, 2);
	aml_layout_destroy(&made);
	aml_layout_destroy(&layout);
}
END_TEST

/* Contract: OWN-1, LAYOUT-11. */
START_TEST(a_duplicate_is_independent_and_may_lie_elsewhere)
{
	for (int order = COLUMN; order <= ROW; order++) {
		struct aml_layout *layout = upside_down(order), *other = NULL, *none = untouched;

		ck_assert_int_eq(aml_layout_duplicate(layout, &other, NULL), AML_SUCCESS);
		ck_assert_ptr_ne(other->data, layout->data);
		ck_assert_ptr_eq(other->ops, layout->ops);
		ck_assert_ptr_eq(aml_layout_rawptr(other), memory + 300);
		assert_array(steps_of(other)->dims, 6, 4);
		assert_steps(steps_of(other)->steps, 5, -100);
		aml_layout_destroy(&other);
		ck_assert_int_eq(aml_layout_duplicate(layout, &other, memory + 3000), AML_SUCCESS);
		/* The addresses of the duplicate would wrap. */
		ck_assert_int_eq(aml_layout_duplicate(layout, &none, (void *)(uintptr_t)200),
				 -AML_EINVAL);
		ck_assert_ptr_eq(none, untouched);
		aml_layout_destroy(&layout);
		ck_assert_ptr_eq(aml_layout_rawptr(other), memory + 3000);
		ck_assert_ptr_eq(aml_layout_deref_native(other, (size_t[]){2, 1}),
				 memory + 3000 - 100 + 10);
		aml_layout_destroy(&other);
	}
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
START_TEST(printing_shows_dims_and_steps_in_user_order)
{
	for (int order = COLUMN; order <= ROW; order++) {
		struct aml_layout *layout = upside_down(order);
		char *text = printed(layout, "#@"), *line = text, wanted[200];
		FILE *stream = fopen("/dev/null", "r");

		snprintf(wanted, sizeof(wanted),
			 "#@: layout: steps, %s\n#@:   pointer: %p\n#@:   element size: 3\n"
			 "#@:   dims: %s\n#@:   steps: %s\n",
			 order == ROW ? "row-major" : "column-major", (void *)(memory + 300),
			 order == ROW ? "4 6" : "6 4", order == ROW ? "-100 5" : "5 -100");
		ck_assert_str_eq(line, wanted);
		ck_assert_ptr_nonnull(stream);
		ck_assert_int_eq(aml_layout_fprintf(stream, "", layout), -AML_FAILURE);
		fclose(stream);
		free(text);
		aml_layout_destroy(&layout);
	}
}
END_TEST

static void assert_at_null(const struct aml_layout *layout)
{
	aml_errno = 77;
	ck_assert_ptr_null(aml_layout_rawptr(layout));
	ck_assert_int_eq(aml_errno, 77);
}

/* Contract: LAYOUT-12. */
START_TEST(an_empty_layout_may_lie_at_null)
{
	for (int order = COLUMN; order <= ROW; order++) {
		struct aml_layout *layout, *made = NULL;
		double elements[2];

		layout = create(NULL, order, 8, 2, (size_t[]){0, 3}, (ptrdiff_t[]){-8, 24});
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
		for (size_t dim = 0; dim < 2; dim++) {
			ck_assert_int_eq(aml_layout_reverse(layout, &made, dim), AML_SUCCESS);
			assert_at_null(made);
			aml_layout_destroy(&made);
		}
		ck_assert_int_eq(aml_layout_duplicate(layout, &made, elements), AML_SUCCESS);
		ck_assert_ptr_eq(aml_layout_rawptr(made), elements);
		/* Both are empty and have the same extents. */
		ck_assert_int_eq(aml_dma_linux_copy_generic(made, layout, NULL), AML_SUCCESS);
		aml_layout_destroy(&made);
		aml_layout_destroy(&layout);
	}
}
END_TEST

/* Contract: LAYOUT-22. */
START_TEST(a_reverse_is_a_steps_layout_in_the_same_order)
{
	static double array[3][4][5];

	for (size_t dim = 0; dim < 3; dim++) {
		const size_t dims[] = {3, 4, 5};
		struct aml_layout *layout, *made = NULL, *back = NULL;

		ck_assert_int_eq(aml_layout_dense_create(&layout, array, ROW, sizeof(double), 3,
							 dims, NULL, NULL),
				 AML_SUCCESS);
		ck_assert_int_eq(aml_layout_reverse(layout, &made, dim), AML_SUCCESS);
		aml_layout_destroy(&layout);
		ck_assert_ptr_eq(made->ops, &aml_layout_steps_row_ops);
		ck_assert_int_eq(aml_layout_reverse(made, &back, dim), AML_SUCCESS);
		ck_assert_ptr_eq(aml_layout_rawptr(back), array);
		for (size_t n = 0; n < 60; n++) {
			const size_t at[] = {n / 20, n / 5 % 4, n % 5};
			size_t there[] = {at[0], at[1], at[2]};

			there[dim] = dims[dim] - 1 - at[dim];
			ck_assert_ptr_eq(aml_layout_deref_safe(made, at),
					 &array[there[0]][there[1]][there[2]]);
			ck_assert_ptr_eq(aml_layout_deref_safe(back, at),
					 &array[at[0]][at[1]][at[2]]);
		}
		aml_layout_destroy(&made);
		aml_layout_destroy(&back);
	}
}
END_TEST

/* Contract: LAYOUT-22. */
START_TEST(a_column_major_reverse_counts_dimensions_from_the_other_end)
{
	struct aml_layout *layout = upside_down(COLUMN), *made = NULL;

	ck_assert_int_eq(aml_layout_reverse(layout, &made, 1), AML_SUCCESS);
	ck_assert_ptr_eq(made->ops, &aml_layout_steps_column_ops);
	ck_assert_ptr_eq(aml_layout_rawptr(made), memory);
	assert_steps(steps_of(made)->steps, 5, 100);
	aml_layout_destroy(&made);
	ck_assert_int_eq(aml_layout_reverse(layout, &made, 0), AML_SUCCESS);
	ck_assert_ptr_eq(aml_layout_rawptr(made), memory + 325);
	assert_steps(steps_of(made)->steps, -5, -100);
	aml_layout_destroy(&made);
	aml_layout_destroy(&layout);
	/* Steps that are not used. */
	layout = create(memory, COLUMN, 1, 2, (size_t[]){1, 0},
			(ptrdiff_t[]){PTRDIFF_MIN, PTRDIFF_MIN});
	for (size_t dim = 0; dim < 2; dim++) {
		ck_assert_int_eq(aml_layout_reverse(layout, &made, dim), AML_SUCCESS);
		ck_assert_ptr_eq(aml_layout_rawptr(made), memory);
		aml_layout_destroy(&made);
	}
	aml_layout_destroy(&layout);
}
END_TEST

/* Contract: LAYOUT-22, ERROR-3, ERROR-7. */
START_TEST(a_reverse_refuses_what_it_cannot_make)
{
	struct aml_layout *layout = upside_down(ROW), *made = untouched, *copy, *over;
	struct aml_layout odd = {NULL, layout->data};
	struct aml_layout_ops ops = aml_layout_steps_row_ops;
	unsigned char neutral[3] = {0};

	ck_assert_int_eq(aml_layout_reverse(NULL, &made, 0), -AML_EINVAL);
	ck_assert_int_eq(aml_layout_reverse(&odd, &made, 0), -AML_EINVAL);
	ck_assert_int_eq(aml_layout_reverse(layout, NULL, 0), -AML_EINVAL);
	ck_assert_int_eq(aml_layout_reverse(layout, &made, 2), -AML_EINVAL);
	ck_assert_int_eq(aml_layout_reverse(layout, &made, SIZE_MAX), -AML_EINVAL);
	odd.ops = &ops;
	ck_assert_int_eq(aml_layout_reverse(&odd, &over, 0), AML_SUCCESS);
	aml_layout_destroy(&over);
	ops.order = NULL;
	ck_assert_int_eq(aml_layout_reverse(&odd, &made, 0), -AML_ENOTSUP);
	ops = aml_layout_steps_row_ops;
	ops.steps_native = NULL;
	ck_assert_int_eq(aml_layout_reverse(&odd, &made, 0), -AML_ENOTSUP);
	/* A table with another deref_native does not have the inherited fast path. */
	ops = aml_layout_steps_row_ops;
	ops.deref_native = aml_layout_column_deref;
	ck_assert_int_eq(aml_layout_reverse(&odd, &made, 0), -AML_ENOTSUP);
	/* Nor do pads and reshape layouts. */
	ck_assert_int_eq(aml_layout_duplicate(layout, &copy, NULL), AML_SUCCESS);
	ck_assert_int_eq(aml_layout_pad_create(&over, ROW, copy, (size_t[]){9, 9}, neutral),
			 AML_SUCCESS);
	ck_assert_int_eq(aml_layout_reverse(over, &made, 0), -AML_ENOTSUP);
	aml_layout_destroy(&over);
	ck_assert_int_eq(aml_layout_duplicate(layout, &copy, NULL), AML_SUCCESS);
	ck_assert_int_eq(aml_layout_reshape_create(&over, copy, ROW, 1, (size_t[]){24}),
			 AML_SUCCESS);
	ck_assert_int_eq(aml_layout_reverse(over, &made, 0), -AML_ENOTSUP);
	aml_layout_destroy(&over);
	aml_layout_destroy(&layout);
	ck_assert_ptr_eq(made, untouched);
}
END_TEST

/* Contract: LAYOUT-22. */
START_TEST(a_custom_layout_with_the_fast_path_can_be_reversed)
{
	struct aml_layout *layout = upside_down(ROW), *made = untouched, *wanted = NULL;
	struct user_layout *user;
	struct oracle oracle;

	oracle_steps(&oracle, memory + 300, ROW, 3, 2, (size_t[]){4, 6}, (ptrdiff_t[]){-100, 5});
	user = user_layout_create(&oracle, ROW, USER_STEPS, NULL);
	ck_assert_int_eq(aml_layout_reverse(&user->layout, &made, 1), AML_SUCCESS);
	ck_assert_int_eq(aml_layout_reverse(layout, &wanted, 1), AML_SUCCESS);
	ck_assert_ptr_eq(made->ops, &aml_layout_steps_row_ops);
	ck_assert_ptr_eq(aml_layout_rawptr(made), aml_layout_rawptr(wanted));
	assert_steps(steps_of(made)->steps, -5, -100);
	aml_layout_destroy(&made);
	made = untouched;
	user->steps_result = -AML_EPERM;
	ck_assert_int_eq(aml_layout_reverse(&user->layout, &made, 1), -AML_ENOTSUP);
	user->steps_result = AML_SUCCESS;
	user->steps[0] = PTRDIFF_MIN;
	ck_assert_int_eq(aml_layout_reverse(&user->layout, &made, 1), -AML_EINVAL);
	user->steps[0] = 5;
	user->dims_result = -AML_EDOM;
	ck_assert_int_eq(aml_layout_reverse(&user->layout, &made, 1), -AML_EDOM);
	user->dims_result = AML_SUCCESS;
	user->order = -AML_EBUSY;
	ck_assert_int_eq(aml_layout_reverse(&user->layout, &made, 1), -AML_EBUSY);
	ck_assert_ptr_eq(made, untouched);
	free(user);
	aml_layout_destroy(&layout);
	aml_layout_destroy(&wanted);
	oracle_destroy(&oracle);
}
END_TEST

/* Contract: LAYOUT-20, COPY-3. */
START_TEST(copy_1d_takes_a_step_of_the_element_size)
{
	unsigned char from[40], to[40] = {0};
	struct aml_layout *dst, *src, *other;

	for (size_t i = 0; i < sizeof(from); i++)
		from[i] = (unsigned char)(i + 1);
	dst = create(to, ROW, 4, 1, (size_t[]){5}, (ptrdiff_t[]){4});
	src = create(from, COLUMN, 4, 1, (size_t[]){5}, (ptrdiff_t[]){4});
	ck_assert_int_eq(aml_dma_linux_copy_1D(dst, src, NULL), AML_SUCCESS);
	ck_assert_mem_eq(to, from, 20);
	ck_assert_uint_eq(to[20], 0);
	for (ptrdiff_t step = -4; step <= 8; step += 3) {
		other = create(from + 20, ROW, 4, 1, (size_t[]){5}, (ptrdiff_t[]){step});
		ck_assert_int_eq(aml_dma_linux_copy_1D(dst, other, NULL), -AML_EINVAL);
		aml_layout_destroy(&other);
	}
	aml_layout_destroy(&dst);
	aml_layout_destroy(&src);
}
END_TEST

/* Contract: LAYOUT-13, LAYOUT-20. */
START_TEST(a_step_of_0_is_refused_in_a_destination)
{
	unsigned char from[8] = {1, 2, 3, 4, 5, 6, 7, 8}, to[8] = {0};
	struct aml_layout *dst, *src, *one;

	dst = create(to, ROW, 1, 2, (size_t[]){2, 4}, (ptrdiff_t[]){4, 0});
	src = create(from + 7, ROW, 1, 2, (size_t[]){2, 4}, (ptrdiff_t[]){0, -1});
	one = create(to, ROW, 1, 2, (size_t[]){2, 4}, (ptrdiff_t[]){4, 1});
	ck_assert_int_eq(aml_dma_linux_copy_generic(dst, src, NULL), -AML_EINVAL);
	ck_assert_uint_eq(to[0], 0);
	ck_assert_int_eq(aml_dma_linux_copy_generic(one, src, NULL), AML_SUCCESS);
	ck_assert_mem_eq(to, ((unsigned char[]){8, 7, 6, 5, 8, 7, 6, 5}), 8);
	aml_layout_destroy(&dst);
	aml_layout_destroy(&src);
	aml_layout_destroy(&one);
}
END_TEST

/* Contract: LAYOUT-19, LAYOUT-22. */
START_TEST(random_layouts_have_their_elements_where_the_oracle_says)
{
	struct rng rng = {0};
	size_t found = 0;

	while (rng_next_case(&rng, 400)) {
		size_t dims[AML_LAYOUT_NDIMS_MAX], ndims = sample_dims(&rng, dims);
		struct sample sample;
		struct aml_layout *other;

		sample_create(&sample, &rng, SAMPLE_SOURCE, sample_element_size(&rng), ndims, dims);
		found += sample.layout->ops->steps_native == aml_layout_steps_row_ops.steps_native;
		oracle_assert(&sample.oracle, sample.layout, sample.order, &rng);
		ck_assert_int_eq(aml_layout_duplicate(sample.layout, &other, NULL), AML_SUCCESS);
		oracle_assert(&sample.oracle, other, sample.order, &rng);
		aml_layout_destroy(&other);
		sample_destroy(&sample);
	}
	ck_assert(getenv("AML_TEST_CASE") || found > 0);
}
END_TEST

SUITE("layout/steps", a_layout_keeps_its_steps_in_native_order, only_bit_0_of_the_order_counts,
      the_fast_path_is_the_base_and_the_steps, free_releases_a_steps_layout,
      creation_refuses_what_is_missing, addresses_that_wrap_or_span_too_much_are_refused,
      a_slice_multiplies_the_steps, a_reshape_is_a_steps_layout_where_the_steps_allow_it,
      a_duplicate_is_independent_and_may_lie_elsewhere, printing_shows_dims_and_steps_in_user_order,
      an_empty_layout_may_lie_at_null, a_reverse_is_a_steps_layout_in_the_same_order,
      a_column_major_reverse_counts_dimensions_from_the_other_end,
      a_reverse_refuses_what_it_cannot_make, a_custom_layout_with_the_fast_path_can_be_reversed,
      copy_1d_takes_a_step_of_the_element_size, a_step_of_0_is_refused_in_a_destination,
      random_layouts_have_their_elements_where_the_oracle_says)
