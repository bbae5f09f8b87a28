/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The library's operators copy_generic, copy_1D and memcpy_op: what they accept, refuse and write.
 */
#include <aml/layout/dense.h>
#include <aml/layout/pad.h>

#include "gate.h"
#include "made.h"
#include "suite.h"

#define ROW AML_LAYOUT_ORDER_C
#define COLUMN AML_LAYOUT_ORDER_FORTRAN
#define GUARD 64
#define FILL 0xEE

/* Memory with guard bytes around it. */
struct buffer {
	unsigned char bytes[GUARD + 1024 + GUARD];
};

static void *start(struct buffer *buffer)
{
	memset(buffer->bytes, FILL, sizeof(buffer->bytes));
	return buffer->bytes + GUARD;
}

/* Only the first n bytes may have been written. */
static void expect_guards(const struct buffer *buffer, size_t n)
{
	for (size_t i = 0; i < sizeof(buffer->bytes); i++)
		if (i < GUARD || i >= GUARD + n)
			ck_assert_uint_eq(buffer->bytes[i], FILL);
}

static struct aml_dma *engine;

static void engine_up(void)
{
	ck_assert_int_eq(aml_dma_linux_create(&engine, 1), 0);
}

static void engine_down(void)
{
	ck_assert_int_eq(aml_dma_linux_destroy(&engine), 0);
}

/* The ways to run an operator. */
enum operator_way { CALL, COPY, ASYNC, NO_HANDLE, WAYS };

static int run(enum operator_way way, struct aml_layout *dst, struct aml_layout *src,
	       aml_dma_operator op, void *arg)
{
	struct aml_dma_request *req = NULL;
	int err;

	switch (way) {
	case CALL:
		return op != NULL ? op(dst, src, arg) : aml_dma_linux_copy_generic(dst, src, arg);
	case COPY:
		return aml_dma_copy_custom(engine, dst, src, op, arg);
	case ASYNC:
		err = aml_dma_async_copy_custom(engine, &req, dst, src, op, arg);
		return err == AML_SUCCESS ? aml_dma_wait(engine, &req) : err;
	default:
		err = aml_dma_async_copy_custom(engine, NULL, dst, src, op, arg);
		return err == AML_SUCCESS ? aml_dma_barrier(engine) : err;
	}
}

START_TEST(copy_generic_copies_by_native_coordinates)
{
	/* 3 × 4 in C order has the same native extents as 4 × 3 in Fortran order. */
	size_t dims[] = {3, 4}, reverse[] = {4, 3};
	int from[12];

	engine_up();
	for (int i = 0; i < 12; i++)
		from[i] = i;
	for (enum operator_way way = CALL; way < WAYS; way++) {
		struct buffer buffer;
		int *to = start(&buffer);
		struct aml_layout *src = new_dense(from, ROW, sizeof(int), 2, dims, NULL, NULL);
		struct aml_layout *dst = new_dense(to, COLUMN, sizeof(int), 2, reverse, NULL, NULL);

		ck_assert_int_eq(run(way, dst, src, aml_dma_linux_copy_generic, NULL), 0);
		ck_assert_mem_eq(to, from, sizeof(from));
		expect_guards(&buffer, sizeof(from));
		aml_layout_destroy(&src);
		aml_layout_destroy(&dst);
	}
	engine_down();
}
END_TEST

START_TEST(copy_generic_follows_strides_and_pitches)
{
	/* Copy every second element of rows of 10 to every third element of rows of 12. */
	size_t dims[] = {3, 4}, stride_src[] = {1, 2}, pitch_src[] = {3, 10};
	size_t stride_dst[] = {1, 3}, pitch_dst[] = {3, 12};
	short from[30];

	engine_up();
	for (short i = 0; i < 30; i++)
		from[i] = i;
	for (enum operator_way way = CALL; way < WAYS; way++) {
		struct buffer buffer;
		short *to = start(&buffer);
		short untouched;
		struct aml_layout *src =
			new_dense(from, ROW, sizeof(short), 2, dims, stride_src, pitch_src);
		struct aml_layout *dst =
			new_dense(to, ROW, sizeof(short), 2, dims, stride_dst, pitch_dst);

		memset(&untouched, FILL, sizeof(untouched));
		ck_assert_int_eq(run(way, dst, src, NULL, NULL), 0);
		for (int i = 0; i < 36; i++) {
			int row = i / 12, column = i % 12;

			if (column % 3 == 0)
				ck_assert_int_eq(to[i], row * 10 + column / 3 * 2);
			else
				ck_assert_int_eq(to[i], untouched);
		}
		expect_guards(&buffer, 36 * sizeof(short));
		aml_layout_destroy(&src);
		aml_layout_destroy(&dst);
	}
	engine_down();
}
END_TEST

START_TEST(a_step_of_zero_in_the_source_repeats_one_element)
{
	size_t dims[] = {4, 3}, stride[] = {0, 1};
	int from[3] = {7, 8, 9};

	engine_up();
	for (enum operator_way way = CALL; way < WAYS; way++) {
		struct buffer buffer;
		int *to = start(&buffer);
		struct aml_layout *src = new_dense(from, ROW, sizeof(int), 2, dims, stride, NULL);
		struct aml_layout *dst = new_dense(to, ROW, sizeof(int), 2, dims, NULL, NULL);

		ck_assert_int_eq(run(way, dst, src, NULL, NULL), 0);
		for (int i = 0; i < 12; i++)
			ck_assert_int_eq(to[i], 7 + i % 3);
		expect_guards(&buffer, 48);
		aml_layout_destroy(&src);
		aml_layout_destroy(&dst);
	}
	engine_down();
}
END_TEST

/* Contract: LAYOUT-13. */
START_TEST(a_step_of_zero_in_the_destination_is_refused_over_more_than_one_element)
{
	size_t dims[] = {4, 3}, single[] = {1, 3}, empty[] = {4, 0}, stride[] = {0, 1};
	int from[12] = {0};

	engine_up();
	for (enum operator_way way = CALL; way < WAYS; way++) {
		struct buffer buffer;
		int *to = start(&buffer);
		struct aml_layout *src = new_dense(from, ROW, sizeof(int), 2, dims, NULL, NULL);
		struct aml_layout *dst = new_dense(to, ROW, sizeof(int), 2, dims, stride, NULL);

		ck_assert_int_eq(run(way, dst, src, aml_dma_linux_copy_generic, NULL), -AML_EINVAL);
		expect_guards(&buffer, 0);
		aml_layout_destroy(&src);
		aml_layout_destroy(&dst);

		src = new_dense(from, ROW, sizeof(int), 2, single, NULL, NULL);
		dst = new_dense(to, ROW, sizeof(int), 2, single, stride, NULL);
		ck_assert_int_eq(run(way, dst, src, aml_dma_linux_copy_generic, NULL), 0);
		expect_guards(&buffer, 12);
		aml_layout_destroy(&src);
		aml_layout_destroy(&dst);

		start(&buffer);
		src = new_dense(from, ROW, sizeof(int), 2, empty, NULL, NULL);
		dst = new_dense(to, ROW, sizeof(int), 2, empty, stride, NULL);
		ck_assert_int_eq(run(way, dst, src, aml_dma_linux_copy_generic, NULL), 0);
		expect_guards(&buffer, 0);
		aml_layout_destroy(&src);
		aml_layout_destroy(&dst);
	}
	engine_down();
}
END_TEST

START_TEST(empty_layouts_copy_to_nothing)
{
	size_t none[] = {0}, flat[] = {3, 0, 5};
	int from[1] = {0};

	engine_up();
	for (enum operator_way way = CALL; way < WAYS; way++) {
		struct buffer buffer;
		int *to = start(&buffer);
		struct aml_layout *src = new_dense(from, ROW, sizeof(int), 1, none, NULL, NULL);
		struct aml_layout *dst = new_dense(to, ROW, sizeof(int), 1, none, NULL, NULL);

		ck_assert_int_eq(run(way, dst, src, NULL, NULL), 0);
		ck_assert_int_eq(run(way, dst, src, aml_dma_linux_copy_1D, NULL), 0);
		aml_layout_destroy(&src);
		aml_layout_destroy(&dst);

		src = new_dense(from, ROW, sizeof(int), 3, flat, NULL, NULL);
		dst = new_dense(to, ROW, sizeof(int), 3, flat, NULL, NULL);
		ck_assert_int_eq(run(way, dst, src, NULL, NULL), 0);
		aml_layout_destroy(&src);
		aml_layout_destroy(&dst);
		expect_guards(&buffer, 0);
	}
	engine_down();
}
END_TEST

/* Contract: COPY-3. */
START_TEST(copy_1d_copies_one_contiguous_dimension)
{
	size_t dim = 25;
	int from[25];

	engine_up();
	for (int i = 0; i < 25; i++)
		from[i] = i * i;
	for (enum operator_way way = CALL; way < WAYS; way++) {
		struct buffer buffer;
		int *to = start(&buffer);
		struct aml_layout *src = new_dense(from, ROW, sizeof(int), 1, &dim, NULL, NULL);
		struct aml_layout *dst = new_dense(to, COLUMN, sizeof(int), 1, &dim, NULL, NULL);

		ck_assert_int_eq(run(way, dst, src, aml_dma_linux_copy_1D, NULL), 0);
		ck_assert_mem_eq(to, from, sizeof(from));
		expect_guards(&buffer, sizeof(from));
		aml_layout_destroy(&src);
		aml_layout_destroy(&dst);
	}
	engine_down();
}
END_TEST

START_TEST(copy_1d_does_not_mind_the_pitch_nor_its_argument)
{
	/* With unit stride, the elements of one dimension are contiguous for every pitch. */
	size_t dim = 25, stride = 1, pitch = 100;
	int from[25];

	engine_up();
	for (int i = 0; i < 25; i++)
		from[i] = i;
	for (enum operator_way way = CALL; way < WAYS; way++) {
		struct buffer buffer;
		int *to = start(&buffer);
		struct aml_layout *src =
			new_dense(from, ROW, sizeof(int), 1, &dim, &stride, &pitch);
		struct aml_layout *dst = new_dense(to, ROW, sizeof(int), 1, &dim, NULL, NULL);

		ck_assert_int_eq(run(way, dst, src, aml_dma_linux_copy_1D, (void *)3), 0);
		ck_assert_mem_eq(to, from, sizeof(from));
		expect_guards(&buffer, sizeof(from));
		aml_layout_destroy(&src);
		aml_layout_destroy(&dst);
	}
	engine_down();
}
END_TEST

/* Contract: COPY-3. */
START_TEST(copy_1d_refuses_all_else_and_writes_nothing)
{
	const struct {
		size_t ndims, dims[2], stride, element_size;
	} bad[] = {
		{1, {24, 0}, 1, 4}, /* fewer elements */
		{1, {26, 0}, 1, 4}, /* more elements */
		{1, {25, 0}, 1, 8}, /* larger elements */
		{1, {50, 0}, 1, 2}, /* as many bytes in smaller elements */
		{1, {25, 0}, 2, 4}, /* a stride */
		{1, {25, 0}, 0, 4}, /* a step of 0 */
		{2, {25, 1}, 1, 4}, /* two dimensions */
		{2, {5, 5}, 1, 4},
	};
	size_t dim = 25;
	int from[200] = {0};

	engine_up();
	for (enum operator_way way = CALL; way < WAYS; way++) {
		for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
			size_t stride[] = {bad[i].stride, bad[i].stride};
			struct buffer buffer;
			int *to = start(&buffer);
			struct aml_layout *good_src =
				new_dense(from, ROW, sizeof(int), 1, &dim, NULL, NULL);
			struct aml_layout *good_dst =
				new_dense(to, ROW, sizeof(int), 1, &dim, NULL, NULL);
			struct aml_layout *bad_src =
				new_dense(from, ROW, bad[i].element_size, bad[i].ndims, bad[i].dims,
					  stride, NULL);
			struct aml_layout *bad_dst =
				new_dense(to, ROW, bad[i].element_size, bad[i].ndims, bad[i].dims,
					  stride, NULL);

			ck_assert_int_eq(run(way, bad_dst, good_src, aml_dma_linux_copy_1D, NULL),
					 -AML_EINVAL);
			ck_assert_int_eq(run(way, good_dst, bad_src, aml_dma_linux_copy_1D, NULL),
					 -AML_EINVAL);
			expect_guards(&buffer, 0);
			aml_layout_destroy(&good_src);
			aml_layout_destroy(&good_dst);
			aml_layout_destroy(&bad_src);
			aml_layout_destroy(&bad_dst);
		}
	}
	engine_down();
}
END_TEST

/* A custom layout: an array of 4-byte elements. */
struct array {
	int *ptr;
	size_t n;
	ptrdiff_t step;
};

static size_t array_ndims(const struct aml_layout_data *data)
{
	(void)data;
	return 1;
}

static size_t array_element_size(const struct aml_layout_data *data)
{
	(void)data;
	return sizeof(int);
}

static int array_dims(const struct aml_layout_data *data, size_t *dims)
{
	*dims = ((const struct array *)data)->n;
	return AML_SUCCESS;
}

static void *array_deref(const struct aml_layout_data *data, const size_t *coords)
{
	const struct array *array = (const struct array *)data;

	return (char *)array->ptr + (ptrdiff_t)*coords * array->step;
}

static int array_steps(const struct aml_layout_data *data, void **base, ptrdiff_t *steps)
{
	*base = ((const struct array *)data)->ptr;
	*steps = ((const struct array *)data)->step;
	return AML_SUCCESS;
}

static struct aml_layout_ops array_ops = {.ndims = array_ndims,
					  .element_size = array_element_size,
					  .dims_native = array_dims,
					  .deref_native = array_deref,
					  .steps_native = array_steps};

/* Contract: COPY-3. */
START_TEST(copy_1d_takes_a_layout_with_the_fast_path)
{
	int from[10];

	engine_up();
	for (int i = 0; i < 10; i++)
		from[i] = i;
	for (enum operator_way way = CALL; way < WAYS; way++) {
		struct buffer buffer;
		struct array a = {from, 10, sizeof(int)}, b = {start(&buffer), 10, sizeof(int)};
		struct array spread = {from, 5, 2 * sizeof(int)}, five = {b.ptr, 5, sizeof(int)};
		struct aml_layout src = {&array_ops, (struct aml_layout_data *)&a};
		struct aml_layout dst = {&array_ops, (struct aml_layout_data *)&b};

		ck_assert_int_eq(run(way, &dst, &src, aml_dma_linux_copy_1D, NULL), 0);
		ck_assert_mem_eq(b.ptr, from, sizeof(from));
		expect_guards(&buffer, sizeof(from));
		start(&buffer);
		src.data = (struct aml_layout_data *)&spread;
		dst.data = (struct aml_layout_data *)&five;
		ck_assert_int_eq(run(way, &dst, &src, aml_dma_linux_copy_1D, NULL), -AML_EINVAL);
		expect_guards(&buffer, 0);
	}
	engine_down();
}
END_TEST

/* Contract: COPY-3. */
START_TEST(copy_1d_refuses_a_layout_without_the_fast_path)
{
	struct aml_layout_ops slow = array_ops;
	int from[10] = {0};

	engine_up();
	slow.steps_native = NULL;
	for (enum operator_way way = CALL; way < WAYS; way++) {
		struct buffer buffer;
		struct array a = {from, 10, sizeof(int)}, b = {start(&buffer), 10, sizeof(int)};
		struct aml_layout src = {&array_ops, (struct aml_layout_data *)&a};
		struct aml_layout dst = {&slow, (struct aml_layout_data *)&b};

		ck_assert_int_eq(run(way, &dst, &src, aml_dma_linux_copy_1D, NULL), -AML_EINVAL);
		src.ops = &slow;
		dst.ops = &array_ops;
		ck_assert_int_eq(run(way, &dst, &src, aml_dma_linux_copy_1D, NULL), -AML_EINVAL);
		expect_guards(&buffer, 0);
		/* copy_generic accepts these layouts. */
		dst.ops = &slow;
		ck_assert_int_eq(run(way, &dst, &src, NULL, NULL), 0);
		ck_assert_mem_eq(b.ptr, from, sizeof(from));
	}
	engine_down();
}
END_TEST

START_TEST(memcpy_op_copies_bytes)
{
	const size_t sizes[] = {1, 2, 3, 7, 8, 31, 64, 65, 500, 1024};
	unsigned char from[1024];

	engine_up();
	for (size_t i = 0; i < sizeof(from); i++)
		from[i] = (unsigned char)(i * 37);
	for (enum operator_way way = CALL; way < WAYS; way++) {
		for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
			struct buffer buffer;
			void *to = start(&buffer);

			ck_assert_int_eq(run(way, to, (struct aml_layout *)(void *)from,
					     aml_dma_linux_memcpy_op, (void *)sizes[i]),
					 0);
			ck_assert_mem_eq(to, from, sizes[i]);
			expect_guards(&buffer, sizes[i]);
		}
	}
	engine_down();
}
END_TEST

/* Contract: COPY-4. */
START_TEST(memcpy_op_of_nothing_is_a_success)
{
	engine_up();
	for (enum operator_way way = CALL; way < WAYS; way++) {
		struct buffer buffer;
		void *to = start(&buffer);

		ck_assert_int_eq(run(way, to, to, aml_dma_linux_memcpy_op, NULL), 0);
		ck_assert_int_eq(run(way, NULL, to, aml_dma_linux_memcpy_op, NULL), 0);
		ck_assert_int_eq(run(way, to, NULL, aml_dma_linux_memcpy_op, NULL), 0);
		ck_assert_int_eq(run(way, NULL, NULL, aml_dma_linux_memcpy_op, NULL), 0);
		expect_guards(&buffer, 0);
	}
	engine_down();
}
END_TEST

/* Contract: COPY-4. */
START_TEST(null_is_an_address_for_nothing_else)
{
	struct buffer buffer;
	void *to = start(&buffer);

	engine_up();
	for (enum operator_way way = CALL; way < WAYS; way++) {
		ck_assert_int_eq(run(way, NULL, to, aml_dma_linux_memcpy_op, (void *)1),
				 -AML_EINVAL);
		ck_assert_int_eq(run(way, to, NULL, aml_dma_linux_memcpy_op, (void *)1),
				 -AML_EINVAL);
		ck_assert_int_eq(run(way, NULL, NULL, NULL, NULL), -AML_EINVAL);
		ck_assert_int_eq(run(way, NULL, NULL, aml_dma_linux_copy_generic, NULL),
				 -AML_EINVAL);
		ck_assert_int_eq(run(way, NULL, NULL, aml_dma_linux_copy_1D, NULL), -AML_EINVAL);
	}
	expect_guards(&buffer, 0);
	engine_down();
}
END_TEST

/* Contract: LAYOUT-12. */
START_TEST(empty_layouts_at_null_copy_to_nothing)
{
	size_t flat = 0, dims[] = {0, 3}, reverse[] = {1, 0};
	struct buffer buffer;
	double *memory = start(&buffer), neutral = 5;
	struct aml_layout *layout = new_dense(NULL, ROW, 8, 2, dims, NULL, NULL), *made = NULL;
	struct aml_layout *other = new_dense(memory, COLUMN, 8, 2, (size_t[]){3, 0}, NULL, NULL);
	struct aml_layout *line = new_dense(NULL, ROW, 8, 1, &flat, NULL, NULL);

	engine_up();
	for (enum operator_way way = CALL; way < WAYS; way++) {
		ck_assert_int_eq(run(way, layout, layout, NULL, NULL), 0);
		ck_assert_int_eq(run(way, layout, other, NULL, NULL), 0);
		ck_assert_int_eq(run(way, other, layout, NULL, NULL), 0);
		ck_assert_int_eq(run(way, line, line, aml_dma_linux_copy_1D, NULL), 0);
	}
	aml_layout_destroy(&line);
	line = new_dense(NULL, COLUMN, 8, 2, dims, NULL, NULL);
	ck_assert_int_eq(aml_copy_layout_transform_generic(line, layout, reverse), 0);
	aml_layout_destroy(&line);
	aml_layout_destroy(&other);
	expect_guards(&buffer, 0);

	/* A pad over an empty layout has elements. A copy to the pad drops them all. */
	ck_assert_int_eq(aml_layout_pad_create(&made, ROW, layout, (size_t[]){2, 3}, &neutral), 0);
	other = new_dense(memory, ROW, 8, 2, (size_t[]){2, 3}, NULL, NULL);
	for (enum operator_way way = CALL; way < WAYS; way++) {
		memory = start(&buffer);
		ck_assert_int_eq(run(way, made, other, NULL, NULL), 0);
		expect_guards(&buffer, 0);
		ck_assert_int_eq(run(way, other, made, NULL, NULL), 0);
		expect_guards(&buffer, 48);
		for (size_t i = 0; i < 6; i++)
			ck_assert_double_eq(memory[i], 5);
	}
	aml_layout_destroy(&other);
	aml_layout_destroy(&made);
	engine_down();
}
END_TEST

/* Contract: ERROR-3. */
START_TEST(operators_take_no_null)
{
	struct buffer buffer;
	size_t dim = 4;
	void *to = start(&buffer);
	struct aml_layout *layout = new_dense(to, ROW, 4, 1, &dim, NULL, NULL);

	ck_assert_int_eq(aml_dma_linux_memcpy_op(NULL, to, (void *)1), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_linux_memcpy_op(to, NULL, (void *)1), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_linux_copy_1D(NULL, layout, NULL), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_linux_copy_1D(layout, NULL, NULL), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_linux_copy_generic(NULL, layout, NULL), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_linux_copy_generic(layout, NULL, NULL), -AML_EINVAL);
	expect_guards(&buffer, 0);
	aml_layout_destroy(&layout);
}
END_TEST

/* The copy is large enough to be split into parts. */
START_TEST(a_large_copy_arrives_whole)
{
	enum { SIDE = 1500 };
	unsigned *from = malloc(SIDE * SIDE * sizeof(*from));
	unsigned *to = calloc(SIDE * SIDE, sizeof(*to));
	size_t dims[] = {SIDE, SIDE}, pitch[] = {1, 1}, turned[] = {1, SIDE};

	ck_assert(from != NULL && to != NULL);
	for (unsigned i = 0; i < SIDE * SIDE; i++)
		from[i] = i * 2654435761u;
	for (size_t threads = 0; threads < 3; threads++) {
		struct aml_layout *src = new_dense(from, ROW, 4, 2, dims, NULL, NULL);
		struct aml_layout *dst = new_dense(to, ROW, 4, 2, dims, NULL, NULL);
		/* The transpose of the same memory, with steps of 1 and SIDE elements. */
		struct aml_layout *transpose = new_dense(to, ROW, 4, 2, dims, turned, pitch);

		ck_assert_int_eq(aml_dma_linux_create(&engine, threads), 0);
		ck_assert_int_eq(aml_dma_copy(engine, dst, src), 0);
		ck_assert_mem_eq(to, from, SIDE * SIDE * sizeof(*to));
		ck_assert_int_eq(aml_dma_copy(engine, transpose, src), 0);
		for (size_t i = 0; i < SIDE; i++)
			for (size_t k = 0; k < SIDE; k++)
				if (to[k * SIDE + i] != from[i * SIDE + k])
					ck_abort_msg("element %zu, %zu", i, k);
		engine_down();
		aml_layout_destroy(&src);
		aml_layout_destroy(&dst);
		aml_layout_destroy(&transpose);
	}
	free(from);
	free(to);
}
END_TEST

SUITE("dma/operators", copy_generic_copies_by_native_coordinates,
      copy_generic_follows_strides_and_pitches, a_step_of_zero_in_the_source_repeats_one_element,
      a_step_of_zero_in_the_destination_is_refused_over_more_than_one_element,
      empty_layouts_copy_to_nothing, copy_1d_copies_one_contiguous_dimension,
      copy_1d_does_not_mind_the_pitch_nor_its_argument, copy_1d_refuses_all_else_and_writes_nothing,
      copy_1d_takes_a_layout_with_the_fast_path, copy_1d_refuses_a_layout_without_the_fast_path,
      memcpy_op_copies_bytes, memcpy_op_of_nothing_is_a_success,
      null_is_an_address_for_nothing_else, empty_layouts_at_null_copy_to_nothing,
      operators_take_no_null, a_large_copy_arrives_whole)
