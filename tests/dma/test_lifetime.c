/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lifetimes: layouts that are destroyed right after posting, requests that end with the engine, and
 * duplicates.
 */
#include <aml/layout/dense.h>

#include "gate.h"
#include "suite.h"

#define ROW AML_LAYOUT_ORDER_C
#define COLUMN AML_LAYOUT_ORDER_FORTRAN

/* An engine that runs nothing until let_go(). */
struct still {
	struct aml_dma *dma;
	struct gate gate;
	struct job job;
	bool held;
};

static void hold(struct still *still, size_t threads)
{
	memset(still, 0, sizeof(*still));
	gate_init(&still->gate);
	still->job.gate = &still->gate;
	ck_assert_int_eq(aml_dma_linux_create(&still->dma, threads), 0);
	/* An engine without workers runs nothing before a wait. */
	still->held = threads == 1;
	if (still->held) {
		ck_assert_int_eq(job_post(still->dma, NULL, &still->job), 0);
		gate_await(&still->gate);
	}
}

static void let_go(struct still *still)
{
	if (still->held)
		gate_open(&still->gate);
}

static void release(struct still *still)
{
	ck_assert_int_eq(aml_dma_linux_destroy(&still->dma), 0);
	gate_destroy(&still->gate);
}

static struct aml_layout *dense_ints(void *ptr, int order, size_t ndims, const size_t *dims,
				     const size_t *stride)
{
	struct aml_layout *layout = NULL;

	ck_assert_int_eq(aml_layout_dense_create(&layout, ptr, order, sizeof(int), ndims, dims,
						 stride, NULL),
			 0);
	return layout;
}

/* Destroy a layout, then overwrite its memory through new allocations. */
static void destroy_and_overwrite(struct aml_layout **layout)
{
	void *blocks[8];

	aml_layout_destroy(layout);
	ck_assert_ptr_null(*layout);
	for (size_t i = 0; i < 8; i++) {
		blocks[i] = malloc(40 + 24 * i);
		ck_assert_ptr_nonnull(blocks[i]);
		memset(blocks[i], 0xFF, 40 + 24 * i);
	}
	for (size_t i = 0; i < 8; i++)
		free(blocks[i]);
}

/* Contract: OWN-5. */
START_TEST(layouts_may_be_destroyed_once_the_posting_call_has_returned)
{
	const aml_dma_operator ops[] = {NULL, aml_dma_linux_copy_generic, aml_dma_linux_copy_1D};

	for (size_t threads = 0; threads < 2; threads++) {
		for (int with_handle = 0; with_handle < 2; with_handle++) {
			for (int i = 0; i < 3; i++) {
				struct still still;
				size_t dim = 30;
				int from[30], to[30] = {0};
				struct aml_layout *src = dense_ints(from, ROW, 1, &dim, NULL);
				struct aml_layout *dst = dense_ints(to, ROW, 1, &dim, NULL);
				struct aml_dma_request *req = NULL;

				hold(&still, threads);
				for (int k = 0; k < 30; k++)
					from[k] = k + i;
				ck_assert_int_eq(aml_dma_async_copy_custom(
							 still.dma, with_handle ? &req : NULL, dst,
							 src, ops[i], NULL),
						 0);
				destroy_and_overwrite(&dst);
				destroy_and_overwrite(&src);
				dim = 0;
				let_go(&still);
				if (with_handle)
					ck_assert_int_eq(aml_dma_wait(still.dma, &req), 0);
				else
					ck_assert_int_eq(aml_dma_barrier(still.dma), 0);
				ck_assert_mem_eq(from, to, sizeof(to));
				release(&still);
			}
		}
	}
}
END_TEST

/* Contract: OWN-5. */
START_TEST(layouts_of_many_dimensions_may_be_destroyed_too)
{
	/*
	 * Each of the 1 to 10 dimensions has the extent 2. The destination reverses their order in
	 * memory, so that no two of them can be merged.
	 */
	for (size_t ndims = 1; ndims <= 10; ndims++) {
		struct still still;
		size_t n = (size_t)1 << ndims, dims[10], steps[10], pitch[10];
		int *from = malloc(n * sizeof(*from)), *to = malloc(n * sizeof(*to));
		struct aml_layout *src, *dst;
		struct aml_dma_request *req = NULL;

		ck_assert(from != NULL && to != NULL);
		for (size_t i = 0; i < n; i++)
			from[i] = (int)i;
		for (size_t i = 0; i < ndims; i++) {
			dims[i] = 2;
			/* If every pitch is 1, the strides are the steps. */
			pitch[i] = 1;
			steps[i] = (size_t)1 << (ndims - 1 - i);
		}
		hold(&still, 1);
		src = dense_ints(from, COLUMN, ndims, dims, NULL);
		ck_assert_int_eq(aml_layout_dense_create(&dst, to, COLUMN, sizeof(int), ndims, dims,
							 steps, pitch),
				 0);
		ck_assert_int_eq(aml_dma_async_copy(still.dma, &req, dst, src), 0);
		destroy_and_overwrite(&src);
		destroy_and_overwrite(&dst);
		let_go(&still);
		ck_assert_int_eq(aml_dma_wait(still.dma, &req), 0);
		for (size_t i = 0; i < n; i++) {
			size_t place = 0;

			for (size_t k = 0; k < ndims; k++)
				place |= (i >> k & 1) << (ndims - 1 - k);
			ck_assert_int_eq(to[place], (int)i);
		}
		release(&still);
		free(from);
		free(to);
	}
}
END_TEST

/* Contract: OWN-1. */
START_TEST(slices_and_reshapes_may_be_destroyed_too)
{
	for (size_t threads = 0; threads < 2; threads++) {
		struct still still;
		size_t dims[] = {6, 8}, part[] = {3, 4}, every[] = {2, 2}, flat[] = {2, 6};
		int from[48], to[12] = {0};
		struct aml_layout *whole = dense_ints(from, ROW, 2, dims, NULL), *src = NULL;
		struct aml_layout *line = dense_ints(to, ROW, 2, flat, NULL), *dst = NULL;
		struct aml_dma_request *req = NULL;

		for (int i = 0; i < 48; i++)
			from[i] = i;
		hold(&still, threads);
		ck_assert_int_eq(aml_layout_slice(whole, &src, NULL, part, every), 0);
		ck_assert_int_eq(aml_layout_reshape(line, &dst, 2, part), 0);
		destroy_and_overwrite(&whole);
		destroy_and_overwrite(&line);
		ck_assert_int_eq(aml_dma_async_copy(still.dma, &req, dst, src), 0);
		destroy_and_overwrite(&src);
		destroy_and_overwrite(&dst);
		let_go(&still);
		ck_assert_int_eq(aml_dma_wait(still.dma, &req), 0);
		for (int i = 0; i < 12; i++)
			ck_assert_int_eq(to[i], i / 4 * 16 + i % 4 * 2);
		release(&still);
	}
}
END_TEST

/* A custom layout of one dimension, whose table may have `duplicate` or the fast path. */
struct own_layout {
	struct aml_layout layout;
	int *ptr;
	size_t n;
	/* The number of layouts and duplicates that exist. */
	atomic_int *alive;
};

static size_t own_ndims(const struct aml_layout_data *data)
{
	(void)data;
	return 1;
}

static size_t own_element_size(const struct aml_layout_data *data)
{
	(void)data;
	return sizeof(int);
}

static int own_dims(const struct aml_layout_data *data, size_t *dims)
{
	*dims = ((const struct own_layout *)data)->n;
	return AML_SUCCESS;
}

/* The elements are in reverse order. */
static void *own_deref(const struct aml_layout_data *data, const size_t *coords)
{
	const struct own_layout *own = (const struct own_layout *)data;

	return own->ptr + own->n - 1 - *coords;
}

static int own_steps(const struct aml_layout_data *data, void **base, ptrdiff_t *steps)
{
	const struct own_layout *own = (const struct own_layout *)data;

	*base = own->ptr + own->n - 1;
	*steps = -(ptrdiff_t)sizeof(int);
	return AML_SUCCESS;
}

static struct aml_layout *own_create(struct aml_layout_ops *ops, int *ptr, size_t n,
				     atomic_int *alive)
{
	struct own_layout *own = malloc(sizeof(*own));

	if (own == NULL)
		return NULL;
	*own = (struct own_layout){{ops, (struct aml_layout_data *)own}, ptr, n, alive};
	atomic_fetch_add(alive, 1);
	return &own->layout;
}

static int own_duplicate(const struct aml_layout *layout, struct aml_layout **out, void *ptr)
{
	const struct own_layout *own = (const struct own_layout *)layout->data;

	*out = own_create(layout->ops, ptr != NULL ? ptr : own->ptr, own->n, own->alive);
	return *out != NULL ? AML_SUCCESS : -AML_ENOMEM;
}

static void own_destroy(struct aml_layout *layout)
{
	struct own_layout *own = (struct own_layout *)layout->data;

	atomic_fetch_sub(own->alive, 1);
	memset(own, 0xFF, sizeof(*own));
	free(own);
}

static const struct aml_layout_ops own_ops = {.ndims = own_ndims,
					      .element_size = own_element_size,
					      .dims_native = own_dims,
					      .deref_native = own_deref,
					      .destroy = own_destroy};

static void expect_reversed(const int *to, const int *from, int n)
{
	for (int i = 0; i < n; i++)
		ck_assert_int_eq(to[i], from[n - 1 - i]);
}

/* Post a copy from and a copy to such a layout, and destroy the layouts after posting. */
static void expect_own_to_be_free_to_go(struct aml_layout_ops *ops)
{
	for (size_t threads = 0; threads < 2; threads++) {
		struct still still;
		atomic_int alive = 0;
		size_t dim = 20;
		int from[20], to[20] = {0}, back[20] = {0};
		struct aml_layout *straight = dense_ints(from, ROW, 1, &dim, NULL);
		struct aml_layout *dst = own_create(ops, to, dim, &alive);
		struct aml_layout *src = own_create(ops, to, dim, &alive);
		struct aml_layout *end = dense_ints(back, ROW, 1, &dim, NULL);
		struct aml_dma_request *reqs[2] = {NULL};

		for (int i = 0; i < 20; i++)
			from[i] = i;
		hold(&still, threads);
		ck_assert_int_eq(aml_dma_async_copy(still.dma, &reqs[0], dst, straight), 0);
		destroy_and_overwrite(&dst);
		destroy_and_overwrite(&straight);
		ck_assert_int_eq(aml_dma_async_copy(still.dma, &reqs[1], end, src), 0);
		destroy_and_overwrite(&src);
		destroy_and_overwrite(&end);
		let_go(&still);
		ck_assert_int_eq(aml_dma_wait(still.dma, &reqs[1]), 0);
		ck_assert_int_eq(aml_dma_wait(still.dma, &reqs[0]), 0);
		expect_reversed(to, from, 20);
		ck_assert_mem_eq(back, from, sizeof(from));
		/* No duplicate is left. */
		ck_assert_int_eq(alive, 0);
		release(&still);
	}
}

/* Contract: OWN-6. */
START_TEST(a_layout_with_duplicate_may_be_destroyed)
{
	struct aml_layout_ops ops = own_ops;

	ops.duplicate = own_duplicate;
	expect_own_to_be_free_to_go(&ops);
}
END_TEST

/* Contract: OWN-6. */
START_TEST(a_layout_with_the_fast_path_may_be_destroyed)
{
	struct aml_layout_ops ops = own_ops;

	ops.steps_native = own_steps;
	expect_own_to_be_free_to_go(&ops);
	ops.duplicate = own_duplicate;
	expect_own_to_be_free_to_go(&ops);
}
END_TEST

/* Contract: OWN-6. */
START_TEST(a_layout_with_neither_is_used_where_it_stays)
{
	for (size_t threads = 0; threads < 2; threads++) {
		struct aml_layout_ops ops = own_ops;
		struct still still;
		atomic_int alive = 0;
		size_t dim = 20;
		int from[20], to[20] = {0};
		struct aml_layout *src = dense_ints(from, ROW, 1, &dim, NULL);
		struct aml_layout *dst = own_create(&ops, to, dim, &alive);
		struct aml_dma_request *req = NULL;

		for (int i = 0; i < 20; i++)
			from[i] = i * 3;
		hold(&still, threads);
		ck_assert_int_eq(aml_dma_async_copy(still.dma, &req, dst, src), 0);
		destroy_and_overwrite(&src);
		let_go(&still);
		ck_assert_int_eq(aml_dma_wait(still.dma, &req), 0);
		expect_reversed(to, from, 20);
		aml_layout_destroy(&dst);
		ck_assert_int_eq(alive, 0);
		release(&still);
	}
}
END_TEST

/* Contract: OWN-6. */
START_TEST(no_duplicate_is_left_behind_by_a_cancel_or_by_the_engine_s_end)
{
	enum { CANCEL_QUEUED, CANCEL_FINISHED, DESTROY_FINISHED, DESTROY_QUEUED, CASES };

	for (int what = 0; what < CASES; what++) {
		struct aml_layout_ops ops = own_ops;
		struct still still;
		atomic_int alive = 0;
		size_t dim = 20;
		int from[20] = {1}, to[20] = {0};
		struct aml_layout *src = dense_ints(from, ROW, 1, &dim, NULL), *dst;
		struct aml_dma_request *req = NULL;

		ops.duplicate = own_duplicate;
		dst = own_create(&ops, to, dim, &alive);
		hold(&still, what == DESTROY_QUEUED ? 0 : 1);
		ck_assert_int_eq(aml_dma_async_copy(still.dma, &req, dst, src), 0);
		ck_assert_int_eq(aml_dma_async_copy(still.dma, NULL, dst, src), 0);
		aml_layout_destroy(&dst);
		aml_layout_destroy(&src);
		if (what == CANCEL_QUEUED)
			ck_assert_int_eq(aml_dma_cancel(still.dma, &req), 0);
		let_go(&still);
		if (what != DESTROY_QUEUED)
			ck_assert_int_eq(aml_dma_barrier(still.dma), 0);
		if (what == CANCEL_FINISHED)
			ck_assert_int_eq(aml_dma_cancel(still.dma, &req), 0);
		release(&still);
		ck_assert_int_eq(alive, 0);
		ck_assert_int_eq(to[19], 1);
	}
}
END_TEST

/* Contract: OWN-6. */
START_TEST(nothing_is_duplicated_for_a_copy_that_was_refused)
{
	struct aml_layout_ops ops = own_ops;
	struct aml_dma *dma = NULL;
	atomic_int alive = 0;
	size_t dim = 21;
	int from[21] = {0}, to[20] = {0};
	struct aml_layout *src = dense_ints(from, ROW, 1, &dim, NULL), *dst;
	struct aml_dma_request *req = NULL;

	ops.duplicate = own_duplicate;
	dst = own_create(&ops, to, 20, &alive);
	ck_assert_int_eq(aml_dma_linux_create(&dma, 1), 0);
	ck_assert_int_eq(aml_dma_async_copy(dma, &req, dst, src), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_async_copy(dma, &req, src, dst), -AML_EINVAL);
	ck_assert_ptr_null(req);
	ck_assert_int_eq(alive, 1);
	ck_assert_int_eq(aml_dma_linux_destroy(&dma), 0);
	aml_layout_destroy(&src);
	aml_layout_destroy(&dst);
}
END_TEST

/* A duplicate operator that runs out of memory. */
static int no_memory(const struct aml_layout *layout, struct aml_layout **out, void *ptr)
{
	(void)layout;
	(void)out;
	(void)ptr;
	return -AML_ENOMEM;
}

/* Contract: OWN-6. */
START_TEST(a_duplicate_that_cannot_be_made_is_told_and_leaves_nothing)
{
	struct aml_layout_ops good = own_ops, bad = own_ops;
	struct aml_dma *dma = NULL;
	atomic_int alive = 0;
	int from[20] = {0}, to[20] = {0};
	struct aml_layout *src, *dst;
	struct aml_dma_request *req = NULL;

	good.duplicate = own_duplicate;
	bad.duplicate = no_memory;
	dst = own_create(&good, to, 20, &alive);
	src = own_create(&bad, from, 20, &alive);
	ck_assert_int_eq(aml_dma_linux_create(&dma, 1), 0);
	ck_assert_int_eq(aml_dma_async_copy(dma, &req, dst, src), -AML_ENOMEM);
	ck_assert_int_eq(aml_dma_async_copy(dma, &req, src, dst), -AML_ENOMEM);
	ck_assert_int_eq(aml_dma_async_copy(dma, NULL, src, dst), -AML_ENOMEM);
	ck_assert_ptr_null(req);
	ck_assert_int_eq(alive, 2);
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	ck_assert_int_eq(aml_dma_linux_destroy(&dma), 0);
	aml_layout_destroy(&src);
	aml_layout_destroy(&dst);
}
END_TEST

/* Contract: ENGINE-6. */
START_TEST(handles_that_were_not_waited_for_go_with_the_engine)
{
	for (size_t threads = 0; threads < 3; threads++) {
		struct aml_dma *dma = NULL;
		struct job jobs[30];
		struct aml_dma_request *reqs[30];

		ck_assert_int_eq(aml_dma_linux_create(&dma, threads), 0);
		for (int i = 0; i < 30; i++) {
			jobs[i] = (struct job){.result = i % 2 == 0 ? -AML_EDOM : 0};
			ck_assert_int_eq(job_post(dma, &reqs[i], &jobs[i]), 0);
			if (i == 10)
				ck_assert_int_eq(aml_dma_barrier(dma), -AML_EDOM);
		}
		ck_assert_int_eq(aml_dma_wait(dma, &reqs[3]), 0);
		ck_assert_int_eq(aml_dma_cancel(dma, &reqs[4]), 0);
		ck_assert_int_eq(aml_dma_linux_destroy(&dma), 0);
	}
}
END_TEST

/* Contract: OWN-8. */
START_TEST(a_synchronous_copy_needs_its_layouts_and_buffers_no_longer_than_it_lasts)
{
	struct aml_dma *dma = NULL;

	ck_assert_int_eq(aml_dma_linux_create(&dma, 2), 0);
	for (int i = 0; i < 200; i++) {
		size_t dim = 50 + (size_t)i;
		int *from = calloc(dim, sizeof(*from)), *to = calloc(dim, sizeof(*to));
		struct aml_layout *src, *dst;

		ck_assert(from != NULL && to != NULL);
		src = dense_ints(from, ROW, 1, &dim, NULL);
		dst = dense_ints(to, ROW, 1, &dim, NULL);
		from[dim - 1] = i + 1;
		ck_assert_int_eq(aml_dma_copy(dma, dst, src), 0);
		aml_layout_destroy(&src);
		aml_layout_destroy(&dst);
		ck_assert_int_eq(to[dim - 1], i + 1);
		free(from);
		free(to);
	}
	ck_assert_int_eq(aml_dma_linux_destroy(&dma), 0);
}
END_TEST

SUITE("dma/lifetime", layouts_may_be_destroyed_once_the_posting_call_has_returned,
      layouts_of_many_dimensions_may_be_destroyed_too, slices_and_reshapes_may_be_destroyed_too,
      a_layout_with_duplicate_may_be_destroyed, a_layout_with_the_fast_path_may_be_destroyed,
      a_layout_with_neither_is_used_where_it_stays,
      no_duplicate_is_left_behind_by_a_cancel_or_by_the_engine_s_end,
      nothing_is_duplicated_for_a_copy_that_was_refused,
      a_duplicate_that_cannot_be_made_is_told_and_leaves_nothing,
      handles_that_were_not_waited_for_go_with_the_engine,
      a_synchronous_copy_needs_its_layouts_and_buffers_no_longer_than_it_lasts)
