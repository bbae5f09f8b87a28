/* SPDX-License-Identifier: BSD-3-Clause */
/* Puts, gets and what goes to the engine `local`: checks, operators, and small examples of each. */
#include <stdlib.h>
#include <string.h>

#include "ranks.h"

#include <aml/dma/operators.h>
#include <aml/layout/pad.h>

#define PART ((size_t)1024)

static struct aml_dma_mpi_window *win;
static unsigned char *part; /* of this process */

static void open_window(void)
{
	part = filled_window(PART, 31, &win);
}

static void close_window(void)
{
	meet();
	CHECK_OK(aml_dma_mpi_window_free(&win));
}

static int previous_rank(void)
{
	return (rank + ranks - 1) % ranks;
}

/* Contract: MPI-7. */
START_TEST(a_finished_put_is_seen_by_its_target)
{
	unsigned char bytes[100];
	struct aml_layout *from = line_layout(bytes, 1, sizeof(bytes)), *to;

	open_window();
	memset(bytes, 200 + rank, sizeof(bytes));
	to = line_remote(win, next_rank(), 50, 1, sizeof(bytes));
	CHECK_OK(aml_dma_copy(engine, to, from));
	meet();
	for (size_t i = 0; i < PART; i++) {
		const bool was_put = i >= 50 && i < 150;

		if (part[i] !=
		    (unsigned char)(was_put ? 200 + previous_rank() : rank * 31 + (int)i)) {
			check_failed(__FILE__, __LINE__, "the byte is the expected one");
			break;
		}
	}
	aml_layout_destroy(&to);
	aml_layout_destroy(&from);
	close_window();
}
END_TEST

/* Contract: MPI-7. */
START_TEST(a_finished_get_has_its_elements)
{
	unsigned char bytes[100] = {0};
	struct aml_layout *from, *to = line_layout(bytes, 1, sizeof(bytes));

	open_window();
	from = line_remote(win, next_rank(), 50, 1, sizeof(bytes));
	CHECK_OK(aml_dma_copy_custom(engine, to, from, aml_dma_linux_copy_generic, NULL));
	for (size_t i = 0; i < sizeof(bytes); i++)
		CHECK(bytes[i] == (unsigned char)(next_rank() * 31 + 50 + (int)i));
	aml_layout_destroy(&to);
	aml_layout_destroy(&from);
	close_window();
}
END_TEST

/* Contract: MPI-7. */
START_TEST(layouts_may_go_as_soon_as_the_copy_is_posted)
{
	const size_t dims[] = {8, 8}, pitch[] = {8, 16};
	unsigned char bytes[128];
	struct aml_dma_request *request;
	struct aml_layout *from, *to, *shape;

	open_window();
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(100 + i);
	CHECK_OK(
		aml_layout_dense_create(&from, bytes, AML_LAYOUT_ORDER_C, 1, 2, dims, NULL, pitch));
	CHECK_OK(aml_layout_dense_create(&shape, part, AML_LAYOUT_ORDER_C, 1, 2, dims, NULL, NULL));
	CHECK_OK(aml_layout_mpi_create(&to, win, next_rank(), shape, NULL));
	CHECK_OK(aml_dma_async_copy(engine, &request, to, from));
	aml_layout_destroy(&from);
	aml_layout_destroy(&to);
	aml_layout_destroy(&shape);
	CHECK_OK(aml_dma_wait(engine, &request));
	CHECK(request == NULL);
	meet();
	for (int i = 0; i < 64; i++)
		CHECK(part[i] == (unsigned char)(100 + i / 8 * 16 + i % 8));
	close_window();
}
END_TEST

/* Contract: MPI-7. */
START_TEST(a_pad_is_put)
{
	const size_t dims = 12;
	unsigned char bytes[] = {1, 2, 3, 4}, neutral = 9;
	struct aml_layout *to, *pad;

	open_window();
	CHECK_OK(aml_layout_pad_create(&pad, AML_LAYOUT_ORDER_C, line_layout(bytes, 1, 4), &dims,
				       &neutral));
	to = line_remote(win, next_rank(), 0, 1, 12);
	CHECK_OK(aml_dma_copy(engine, to, pad));
	meet();
	CHECK(memcmp(part, "\1\2\3\4\11\11\11\11\11\11\11\11", 12) == 0);
	aml_layout_destroy(&pad);
	aml_layout_destroy(&to);
	close_window();
}
END_TEST

/* Contract: MPI-6. */
START_TEST(a_copy_has_one_remote_side_at_most)
{
	struct aml_layout *a, *b;

	open_window();
	a = line_remote(win, rank, 0, 1, 8);
	b = line_remote(win, next_rank(), 16, 1, 8);
	CHECK_CODE(aml_dma_copy(engine, a, b), -AML_ENOTSUP);
	aml_layout_destroy(&a);
	aml_layout_destroy(&b);
	close_window();
}
END_TEST

/* Contract: MPI-5. */
START_TEST(what_does_not_match_is_refused)
{
	unsigned char bytes[64] = {0};
	const size_t dim = 8, dims[] = {4, 2};
	const ptrdiff_t still = 0, every = 2;
	struct aml_dma_request *request = (struct aml_dma_request *)&dim;
	struct aml_layout *eight, *far, *other, *shape;

	open_window();
	eight = line_layout(bytes, 1, 8);
	far = line_remote(win, next_rank(), 0, 1, 7);
	CHECK_CODE(aml_dma_copy(engine, far, eight), -AML_EINVAL);
	CHECK_CODE(aml_dma_copy(engine, eight, far), -AML_EINVAL);
	CHECK_CODE(aml_dma_async_copy(engine, &request, far, eight), -AML_EINVAL);
	CHECK(request == (struct aml_dma_request *)&dim);
	aml_layout_destroy(&far);
	far = line_remote(win, next_rank(), 0, 2, 8);
	CHECK_CODE(aml_dma_copy(engine, far, eight), -AML_EINVAL);
	aml_layout_destroy(&far);
	far = line_remote(win, next_rank(), 0, 1, 8);
	CHECK_OK(
		aml_layout_dense_create(&other, bytes, AML_LAYOUT_ORDER_C, 1, 2, dims, NULL, NULL));
	CHECK_CODE(aml_dma_copy(engine, far, other), -AML_EINVAL);
	aml_layout_destroy(&other);
	/* A step of 0: over there in both directions, here in a destination only. */
	CHECK_OK(aml_layout_steps_create(&other, bytes, AML_LAYOUT_ORDER_C, 1, 1, &dim, &still));
	CHECK_CODE(aml_dma_copy(engine, other, far), -AML_EINVAL);
	CHECK_OK(aml_dma_copy(engine, far, other));
	aml_layout_destroy(&other);
	aml_layout_destroy(&far);
	CHECK_OK(aml_layout_steps_create(&shape, part, AML_LAYOUT_ORDER_C, 1, 1, &dim, &still));
	CHECK_OK(aml_layout_mpi_create(&far, win, next_rank(), shape, NULL));
	CHECK_CODE(aml_dma_copy(engine, far, eight), -AML_EINVAL);
	CHECK_CODE(aml_dma_copy(engine, eight, far), -AML_EINVAL);
	aml_layout_destroy(&far);
	/* One dimension is not enough for copy_1D. */
	aml_layout_destroy(&shape);
	CHECK_OK(aml_layout_steps_create(&shape, part, AML_LAYOUT_ORDER_C, 1, 1, &dim, &every));
	CHECK_OK(aml_layout_mpi_create(&far, win, next_rank(), shape, NULL));
	CHECK_CODE(aml_dma_copy_custom(engine, far, eight, aml_dma_linux_copy_1D, NULL),
		   -AML_EINVAL);
	CHECK_OK(aml_dma_copy_custom(engine, far, eight, NULL, NULL));
	aml_layout_destroy(&far);
	aml_layout_destroy(&shape);
	far = line_remote(win, next_rank(), 0, 1, 8);
	CHECK_OK(aml_dma_copy_custom(engine, far, eight, aml_dma_linux_copy_1D, NULL));
	aml_layout_destroy(&far);
	aml_layout_destroy(&eight);
	close_window();
}
END_TEST

/* Contract: MPI-5. */
START_TEST(a_window_belongs_to_its_engine)
{
	struct aml_dma *other = NULL;
	struct aml_layout *far, *near;
	char bytes[8] = {0};

	open_window();
	CHECK_OK(aml_dma_mpi_create(&other, MPI_COMM_WORLD, local_dma));
	far = line_remote(win, next_rank(), 0, 1, 8);
	near = line_layout(bytes, 1, 8);
	CHECK_CODE(aml_dma_copy(other, far, near), -AML_EINVAL);
	aml_layout_destroy(&far);
	aml_layout_destroy(&near);
	CHECK_OK(aml_dma_mpi_destroy(&other));
	close_window();
}
END_TEST

/* Contract: MPI-7. */
START_TEST(a_copy_without_elements_succeeds)
{
	struct aml_layout *far, *near = line_layout(NULL, 4, 0);
	struct aml_dma_request *request;

	open_window();
	far = line_remote(win, next_rank(), 0, 4, 0);
	CHECK_OK(aml_dma_copy(engine, far, near));
	CHECK_OK(aml_dma_async_copy(engine, &request, near, far));
	CHECK_OK(aml_dma_wait(engine, &request));
	aml_layout_destroy(&far);
	aml_layout_destroy(&near);
	close_window();
}
END_TEST

/* Contract: MPI-7. */
START_TEST(memory_of_the_program_is_put_into)
{
	static unsigned char memory[4096], bytes[256];
	const size_t dims[] = {16, 16}, pitch[] = {16, 64};
	struct aml_dma_mpi_window *own;
	struct aml_layout *near, *shape, *far;

	memset(memory, 0, sizeof(memory));
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(i * 3 + 1);
	CHECK_OK(aml_dma_mpi_window_create(engine, memory, sizeof(memory), &own));
	CHECK_OK(aml_layout_dense_create(&near, bytes, AML_LAYOUT_ORDER_C, 1, 2, dims, NULL, NULL));
	CHECK_OK(aml_layout_dense_create(&shape, memory, AML_LAYOUT_ORDER_C, 1, 2, dims, NULL,
					 pitch));
	/* To all, each to a place of its own. */
	for (int to = 0; to < ranks; to++) {
		CHECK_OK(aml_layout_mpi_create(&far, own, to, shape, memory - 1024 * rank));
		CHECK_OK(aml_dma_copy(engine, far, near));
		aml_layout_destroy(&far);
	}
	meet();
	for (size_t i = 0; i < 1024 * (size_t)ranks; i++) {
		const size_t row = i % 1024 / 64, column = i % 64;
		const bool was_put = column < 16;

		if (memory[i] != (was_put ? (unsigned char)((row * 16 + column) * 3 + 1) : 0)) {
			check_failed(__FILE__, __LINE__, "the byte is the expected one");
			break;
		}
	}
	aml_layout_destroy(&shape);
	aml_layout_destroy(&near);
	CHECK_OK(aml_dma_mpi_window_free(&own));
}
END_TEST

static int store_arg(struct aml_layout *dst, const struct aml_layout *src, void *arg)
{
	*(const void **)dst = src;
	return arg == (void *)src ? AML_SUCCESS : -AML_EDOM;
}

/* Contract: MPI-6. */
START_TEST(all_else_goes_to_the_local_engine)
{
	unsigned char a[16] = "unchanged bytes", b[16] = {0};
	struct aml_layout *from = line_layout(a, 1, 16), *to = line_layout(b, 1, 16), *far;
	const void *seen = NULL;
	int nine = 9;

	CHECK_OK(aml_dma_copy(engine, to, from));
	CHECK(memcmp(a, b, 16) == 0);
	memset(b, 0, 16);
	CHECK_OK(aml_dma_copy_custom(engine, (struct aml_layout *)b, (struct aml_layout *)a,
				     aml_dma_linux_memcpy_op, (void *)(size_t)16));
	CHECK(memcmp(a, b, 16) == 0);
	CHECK_OK(aml_dma_copy_custom(engine, NULL, NULL, aml_dma_linux_memcpy_op, NULL));
	/* What is posted is what the operator gets, also if it is no layout. */
	CHECK_OK(aml_dma_copy_custom(engine, (struct aml_layout *)&seen, (struct aml_layout *)&nine,
				     store_arg, &nine));
	CHECK(seen == &nine);
	CHECK_CODE(aml_dma_copy_custom(engine, (struct aml_layout *)&seen,
				       (struct aml_layout *)&nine, store_arg, NULL),
		   -AML_EDOM);
	/* The other operators of the library take what `local` takes. */
	open_window();
	far = line_remote(win, next_rank(), 0, 1, 16);
	CHECK_CODE(aml_dma_copy_custom(engine, to, far, aml_dma_linux_compare, NULL),
		   method_is_far ? -AML_ENOTSUP : -AML_FAILURE);
	aml_layout_destroy(&far);
	aml_layout_destroy(&from);
	aml_layout_destroy(&to);
	close_window();
}
END_TEST

/* Contract: MPI-8. */
START_TEST(more_bytes_than_an_int_counts_are_put)
{
	const size_t bytes = ((size_t)9 << 28) + 5; /* 2.25 GiB */
	struct aml_dma_mpi_window *own;
	struct aml_layout *near, *far;
	unsigned char *memory, *source;

	if (getenv("AML_TEST_LONG") == NULL || ranks != 2)
		return;
	memory = calloc(rank == 1 ? bytes : 1, 1);
	source = rank == 0 ? malloc(bytes) : NULL;
	CHECK(memory != NULL && (rank == 1 || source != NULL));
	CHECK_OK(aml_dma_mpi_window_create(engine, memory, rank == 1 ? bytes : 0, &own));
	if (source != NULL) {
		for (size_t i = 0; i < bytes; i++)
			source[i] = (unsigned char)(i + i / 1021);
		near = line_layout(source, 1, bytes);
		far = line_remote(own, 1, 0, 1, bytes);
		CHECK_OK(aml_dma_copy(engine, far, near));
		memset(source, 0, bytes);
		CHECK_OK(aml_dma_copy(engine, near, far));
		for (size_t i = 0; i < bytes; i++)
			if (source[i] != (unsigned char)(i + i / 1021)) {
				check_failed(__FILE__, __LINE__, "the byte is the expected one");
				break;
			}
		aml_layout_destroy(&near);
		aml_layout_destroy(&far);
	}
	meet();
	for (size_t i = 0; rank == 1 && i < bytes; i++)
		if (memory[i] != (unsigned char)(i + i / 1021)) {
			check_failed(__FILE__, __LINE__, "the byte is the expected one");
			break;
		}
	CHECK_OK(aml_dma_mpi_window_free(&own));
	free(memory);
	free(source);
}
END_TEST

/* Contract: MPI-7. Two stages and a part of a third one. */
START_TEST(progress_advances_puts_and_gets)
{
	const size_t bytes = ((size_t)1 << 20) + 100;
	unsigned char *sent = malloc(bytes), *got = calloc(1, bytes), *there;
	struct aml_dma_request *request = NULL;
	struct aml_dma_mpi_window *window;
	struct aml_layout *from, *to, *put, *get;
	void *ptr = NULL;

	CHECK_OK(aml_dma_mpi_window_allocate(engine, 2 * bytes, &ptr, &window));
	there = ptr;
	if (there == NULL || sent == NULL || got == NULL)
		return;
	/* The first half is for a get, the second one for a put. */
	memset(there, 100 + rank, bytes);
	memset(there + bytes, 0, bytes);
	memset(sent, 200 + rank, bytes);
	from = line_layout(sent, 1, bytes);
	to = line_layout(got, 1, bytes);
	get = line_remote(window, next_rank(), 0, 1, bytes);
	put = line_remote(window, next_rank(), bytes, 1, bytes);
	meet();
	CHECK_OK(aml_dma_async_copy(engine, &request, to, get));
	CHECK_OK(aml_dma_async_copy(engine, NULL, put, from));
	/* Otherwise they are requests of the engine `local`. */
	if (method_is_far && thread_level < MPI_THREAD_MULTIPLE) {
		for (int i = 0; i < 20; i++)
			CHECK_OK(aml_dma_mpi_progress(engine));
		CHECK(got[0] == 100 + next_rank() && got[bytes - 1] == 100 + next_rank());
		meet();
		CHECK(there[bytes] == 200 + previous_rank());
		CHECK(there[2 * bytes - 1] == 200 + previous_rank());
	}
	CHECK_OK(aml_dma_wait(engine, &request));
	CHECK_OK(aml_dma_barrier(engine));
	aml_layout_destroy(&from);
	aml_layout_destroy(&to);
	aml_layout_destroy(&get);
	aml_layout_destroy(&put);
	meet();
	CHECK_OK(aml_dma_mpi_window_free(&window));
	free(sent);
	free(got);
}
END_TEST

SUITE("mpi_puts", a_finished_put_is_seen_by_its_target, a_finished_get_has_its_elements,
      layouts_may_go_as_soon_as_the_copy_is_posted, a_pad_is_put,
      a_copy_has_one_remote_side_at_most, what_does_not_match_is_refused,
      a_window_belongs_to_its_engine, a_copy_without_elements_succeeds,
      memory_of_the_program_is_put_into, more_bytes_than_an_int_counts_are_put,
      all_else_goes_to_the_local_engine, progress_advances_puts_and_gets)
