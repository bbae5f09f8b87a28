/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The DMA interface: bad arguments, mismatches that the posting call reports, and arguments that
 * operators get unchanged.
 */
#include <aml/layout/dense.h>

#include "gate.h"
#include "made.h"
#include "suite.h"

/* A handle's value before a call that must not store one. */
#define UNTOUCHED ((struct aml_dma_request *)&any_layout)

static struct aml_layout *dense_of_stride(void *ptr, int order, size_t element_size, size_t ndims,
					  const size_t *dims, const size_t *stride)
{
	struct aml_layout *layout = NULL;

	ck_assert_int_eq(aml_layout_dense_create(&layout, ptr, order, element_size, ndims, dims,
						 stride, NULL),
			 0);
	return layout;
}

/* Contract: ERROR-3. */
START_TEST(null_arguments_are_errors)
{
	struct aml_dma *dma = new_engine(1);
	struct aml_dma_request *req = UNTOUCHED, *none = NULL;
	struct aml_layout *any = &any_layout;
	struct job job = {.result = 0};

	ck_assert_int_eq(aml_dma_copy_custom(NULL, any, any, job_operator, &job), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_copy_custom(dma, NULL, any, job_operator, &job), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_copy_custom(dma, any, NULL, job_operator, &job), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_async_copy_custom(NULL, &req, any, any, job_operator, &job),
			 -AML_EINVAL);
	ck_assert_int_eq(aml_dma_async_copy_custom(dma, &req, NULL, any, job_operator, &job),
			 -AML_EINVAL);
	ck_assert_int_eq(aml_dma_async_copy_custom(dma, &req, any, NULL, job_operator, &job),
			 -AML_EINVAL);
	ck_assert_int_eq(aml_dma_async_copy_custom(dma, NULL, any, NULL, job_operator, &job),
			 -AML_EINVAL);
	ck_assert_int_eq(aml_dma_copy(NULL, any, any), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_copy(dma, NULL, any), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_copy(dma, any, NULL), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_async_copy(NULL, &req, any, any), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_async_copy(dma, &req, NULL, any), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_async_copy(dma, &req, any, NULL), -AML_EINVAL);
	ck_assert_ptr_eq(req, UNTOUCHED);

	ck_assert_int_eq(aml_dma_wait(NULL, &req), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_wait(dma, NULL), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_wait(dma, &none), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_cancel(NULL, &req), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_cancel(dma, NULL), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_cancel(dma, &none), -AML_EINVAL);
	ck_assert_ptr_eq(req, UNTOUCHED);
	ck_assert_ptr_null(none);
	ck_assert_int_eq(aml_dma_barrier(NULL), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_fprintf(NULL, "", dma), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_fprintf(stdout, "", NULL), -AML_EINVAL);

	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	ck_assert_int_eq(job.runs, 0);
	destroy_engine(&dma);
}
END_TEST

/* Contract: ERROR-4. */
START_TEST(an_engine_without_a_table_is_an_error)
{
	struct aml_dma bare = {NULL, NULL};
	struct aml_dma_request *req = UNTOUCHED;
	struct aml_layout *any = &any_layout;
	struct job job = {.result = 0};
	FILE *null = fopen("/dev/null", "w");

	ck_assert_int_eq(aml_dma_copy_custom(&bare, any, any, job_operator, &job), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_async_copy_custom(&bare, &req, any, any, job_operator, &job),
			 -AML_EINVAL);
	ck_assert_int_eq(aml_dma_wait(&bare, &req), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_cancel(&bare, &req), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_barrier(&bare), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_fprintf(null, "", &bare), -AML_EINVAL);
	ck_assert_ptr_eq(req, UNTOUCHED);
	ck_assert_int_eq(job.runs, 0);
	fclose(null);
}
END_TEST

/* Contract: ERROR-4. */
START_TEST(an_engine_without_data_is_an_error)
{
	struct aml_dma bare = {.ops = &aml_dma_linux_ops};
	struct aml_dma_request *req = UNTOUCHED;
	struct aml_layout *any = &any_layout;
	struct job job = {.result = 0};
	FILE *null = fopen("/dev/null", "w");
	char to = 0, from = 1;

	ck_assert_int_eq(aml_dma_copy_custom(&bare, any, any, job_operator, &job), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_copy_custom(&bare, (void *)&to, (void *)&from,
					     aml_dma_linux_memcpy_op, (void *)1),
			 -AML_EINVAL);
	ck_assert_int_eq(aml_dma_async_copy_custom(&bare, &req, any, any, job_operator, &job),
			 -AML_EINVAL);
	ck_assert_int_eq(aml_dma_wait(&bare, &req), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_barrier(&bare), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_fprintf(null, "", &bare), -AML_EINVAL);
	ck_assert_ptr_eq(req, UNTOUCHED);
	ck_assert_int_eq(job.runs, 0);
	ck_assert_int_eq(to, 0);
	fclose(null);
}
END_TEST

/* Contract: OWN-9. */
START_TEST(a_handle_that_was_released_is_null_by_then_and_an_error)
{
	struct aml_dma *dma = new_engine(1);
	struct aml_dma_request *req = NULL;
	struct job job = {.result = 0};

	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(job_post(dma, &req, &job), 0);
		ck_assert_ptr_nonnull(req);
		if (i == 0)
			ck_assert_int_eq(aml_dma_wait(dma, &req), 0);
		else
			ck_assert_int_eq(aml_dma_cancel(dma, &req), 0);
		ck_assert_ptr_null(req);
		ck_assert_int_eq(aml_dma_wait(dma, &req), -AML_EINVAL);
		ck_assert_int_eq(aml_dma_cancel(dma, &req), -AML_EINVAL);
		ck_assert_ptr_null(req);
	}
	destroy_engine(&dma);
}
END_TEST

/* Contract: OWN-10. */
START_TEST(another_engine_s_request_is_an_error_and_stays_valid)
{
	struct aml_dma *dma = new_engine(1), *other = new_engine(0);
	struct aml_dma_request *req = NULL;
	struct aml_dma_request *copy;
	struct job job = {.result = -AML_EDOM};

	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(job_post(other, &req, &job), 0);
		copy = req;
		ck_assert_int_eq(aml_dma_wait(dma, &req), -AML_EINVAL);
		ck_assert_ptr_eq(req, copy);
		ck_assert_int_eq(aml_dma_cancel(dma, &req), -AML_EINVAL);
		ck_assert_ptr_eq(req, copy);
		if (i == 0)
			ck_assert_int_eq(aml_dma_wait(other, &req), -AML_EDOM);
		else
			ck_assert_int_eq(aml_dma_cancel(other, &req), 0);
		ck_assert_ptr_null(req);
	}
	destroy_engine(&dma);
	destroy_engine(&other);
}
END_TEST

/* Each way to post dst and src with a library operator returns `err` and makes no request. */
static void expect_refused(struct aml_layout *dst, struct aml_layout *src, aml_dma_operator op,
			   int err)
{
	for (size_t threads = 0; threads < 2; threads++) {
		struct aml_dma *dma = new_engine(threads);
		struct aml_dma_request *req = UNTOUCHED;

		ck_assert_int_eq(aml_dma_async_copy_custom(dma, &req, dst, src, op, NULL), err);
		ck_assert_ptr_eq(req, UNTOUCHED);
		ck_assert_int_eq(aml_dma_async_copy_custom(dma, NULL, dst, src, op, NULL), err);
		ck_assert_int_eq(aml_dma_copy_custom(dma, dst, src, op, NULL), err);
		/* The engine has no request that could fail. */
		ck_assert_int_eq(aml_dma_barrier(dma), 0);
		destroy_engine(&dma);
	}
	if (op != NULL)
		ck_assert_int_eq(op(dst, src, NULL), err);
}

/*
 * Expect the operator to refuse the copy. NULL stands for copy_generic and must refuse the same
 * copies.
 */
static void expect_mismatch(struct aml_layout *dst, struct aml_layout *src, aml_dma_operator op)
{
	expect_refused(dst, src, op, -AML_EINVAL);
	if (op == aml_dma_linux_copy_generic)
		expect_refused(dst, src, NULL, -AML_EINVAL);
}

struct mismatch_shape {
	size_t element_size, ndims, dims[3];
};

/* Contract: COPY-2. */
START_TEST(a_mismatch_is_told_by_the_posting_call)
{
	const struct mismatch_shape shapes[] = {{4, 2, {3, 4}},    {4, 2, {4, 3}}, {4, 2, {3, 5}},
						{4, 2, {12, 1}},   {8, 2, {3, 4}}, {4, 1, {12}},
						{4, 3, {3, 4, 1}}, {4, 2, {3, 0}}, {1, 2, {3, 4}}};
	const size_t n = sizeof(shapes) / sizeof(*shapes);
	unsigned char from[512], to[512], before[512];

	memset(from, 1, sizeof(from));
	memset(before, 2, sizeof(before));
	memset(to, 2, sizeof(to));
	for (size_t d = 0; d < n; d++) {
		for (size_t s = 0; s < n; s++) {
			struct aml_layout *dst, *src;

			if (d == s)
				continue;
			dst = dense_of_stride(to, AML_LAYOUT_ORDER_C, shapes[d].element_size,
					      shapes[d].ndims, shapes[d].dims, NULL);
			src = dense_of_stride(from, AML_LAYOUT_ORDER_C, shapes[s].element_size,
					      shapes[s].ndims, shapes[s].dims, NULL);
			expect_mismatch(dst, src, aml_dma_linux_copy_generic);
			aml_layout_destroy(&dst);
			aml_layout_destroy(&src);
		}
	}
	ck_assert_mem_eq(to, before, sizeof(to));
}
END_TEST

/* Contract: COPY-2. */
START_TEST(native_dimensions_are_what_must_agree)
{
	/* A 3 × 4 layout in one order has the native extents 4 × 3 in the other order. */
	int from[12], to[12];
	size_t dims[] = {3, 4}, reverse[] = {4, 3};
	struct aml_layout *row = dense_of_stride(from, AML_LAYOUT_ORDER_C, 4, 2, dims, NULL);
	struct aml_layout *column = dense_of_stride(to, AML_LAYOUT_ORDER_FORTRAN, 4, 2, dims, NULL);
	struct aml_layout *same =
		dense_of_stride(to, AML_LAYOUT_ORDER_FORTRAN, 4, 2, reverse, NULL);
	struct aml_dma *dma = new_engine(1);

	for (int i = 0; i < 12; i++)
		from[i] = i;
	expect_mismatch(column, row, aml_dma_linux_copy_generic);
	ck_assert_int_eq(aml_dma_copy(dma, same, row), 0);
	ck_assert_mem_eq(from, to, sizeof(to));
	destroy_engine(&dma);
	aml_layout_destroy(&row);
	aml_layout_destroy(&column);
	aml_layout_destroy(&same);
}
END_TEST

/* Contract: OVERLAP-1. */
START_TEST(a_destination_with_a_step_of_zero_is_refused)
{
	int from[12] = {0}, to[12] = {0}, zeros[12] = {0};
	size_t dims[] = {3, 4}, step[] = {1, 0};
	struct aml_layout *whole = dense_of_stride(from, AML_LAYOUT_ORDER_C, 4, 2, dims, NULL);
	struct aml_layout *folded = dense_of_stride(to, AML_LAYOUT_ORDER_C, 4, 2, dims, step);

	memset(from, 1, sizeof(from));
	expect_mismatch(folded, whole, aml_dma_linux_copy_generic);
	ck_assert_mem_eq(to, zeros, sizeof(to));
	aml_layout_destroy(&whole);
	aml_layout_destroy(&folded);
}
END_TEST

/* Contract: COPY-2. */
START_TEST(an_operator_that_a_layout_lacks_is_told_by_the_posting_call)
{
	int from[12] = {0}, to[12] = {0};
	size_t dims[] = {3, 4};
	struct aml_layout *whole = dense_of_stride(from, AML_LAYOUT_ORDER_C, 4, 2, dims, NULL);
	struct aml_layout *model = dense_of_stride(to, AML_LAYOUT_ORDER_C, 4, 2, dims, NULL);
	struct aml_layout_ops tables[4];

	for (int i = 0; i < 4; i++) {
		struct aml_layout lacking = {&tables[i], model->data};

		tables[i] = aml_layout_row_ops;
		if (i == 0)
			tables[i].deref_native = NULL;
		else if (i == 1)
			tables[i].ndims = NULL;
		else if (i == 2)
			tables[i].dims_native = NULL;
		else
			tables[i].element_size = NULL;
		expect_refused(&lacking, whole, NULL, -AML_ENOTSUP);
		expect_refused(&lacking, whole, aml_dma_linux_copy_generic, -AML_ENOTSUP);
		expect_refused(whole, &lacking, NULL, -AML_ENOTSUP);
		expect_refused(whole, &lacking, aml_dma_linux_copy_generic, -AML_ENOTSUP);
	}
	aml_layout_destroy(&whole);
	aml_layout_destroy(&model);
}
END_TEST

/* An operator that returns 0 only if it gets the expected numbers. */
static int expect_numbers(struct aml_layout *dst, const struct aml_layout *src, void *arg)
{
	bool same = (uintptr_t)dst == 1 && (uintptr_t)src == 3 && (uintptr_t)arg == 5;

	return same ? AML_SUCCESS : -AML_FAILURE;
}

/* Contract: OWN-7. */
START_TEST(other_operators_get_their_arguments_untouched)
{
	/* The arguments of a custom operator may be anything. Here they are small numbers. */
	struct aml_layout *dest = (struct aml_layout *)1;
	struct aml_layout *src = (struct aml_layout *)3;
	struct aml_dma *dma = new_engine(1);
	struct aml_dma_request *req = NULL;

	ck_assert_int_eq(aml_dma_copy_custom(dma, dest, src, expect_numbers, (void *)5), 0);
	ck_assert_int_eq(aml_dma_async_copy_custom(dma, &req, dest, src, expect_numbers, (void *)5),
			 0);
	ck_assert_int_eq(aml_dma_wait(dma, &req), 0);
	ck_assert_int_eq(aml_dma_async_copy_custom(dma, NULL, dest, src, expect_numbers, (void *)5),
			 0);
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	destroy_engine(&dma);
}
END_TEST

/* Contract: NAME-5. */
START_TEST(the_macros_are_functions_too)
{
	int (*copy)(struct aml_dma *, struct aml_layout *, struct aml_layout *) = (aml_dma_copy);
	int (*async)(struct aml_dma *, struct aml_dma_request **, struct aml_layout *,
		     struct aml_layout *) = (aml_dma_async_copy);
	int from[3] = {1, 2, 3}, to[3] = {0}, again[3] = {0};
	size_t dim = 3;
	struct aml_layout *src = dense_of_stride(from, 0, sizeof(int), 1, &dim, NULL);
	struct aml_layout *dst = dense_of_stride(to, 0, sizeof(int), 1, &dim, NULL);
	struct aml_layout *dst_again = dense_of_stride(again, 0, sizeof(int), 1, &dim, NULL);
	struct aml_dma *dma = new_engine(1);
	struct aml_dma_request *req = NULL;

	ck_assert_int_eq(copy(dma, dst, src), 0);
	ck_assert_mem_eq(from, to, sizeof(to));
	ck_assert_int_eq(async(dma, &req, dst_again, src), 0);
	ck_assert_int_eq(aml_dma_wait(dma, &req), 0);
	ck_assert_mem_eq(from, again, sizeof(again));
	ck_assert_int_eq(copy(NULL, dst, src), -AML_EINVAL);
	ck_assert_int_eq(async(NULL, &req, dst, src), -AML_EINVAL);
	destroy_engine(&dma);
	aml_layout_destroy(&src);
	aml_layout_destroy(&dst);
	aml_layout_destroy(&dst_again);
}
END_TEST

SUITE("dma/arguments", null_arguments_are_errors, an_engine_without_a_table_is_an_error,
      an_engine_without_data_is_an_error, a_handle_that_was_released_is_null_by_then_and_an_error,
      another_engine_s_request_is_an_error_and_stays_valid, a_mismatch_is_told_by_the_posting_call,
      native_dimensions_are_what_must_agree, a_destination_with_a_step_of_zero_is_refused,
      an_operator_that_a_layout_lacks_is_told_by_the_posting_call,
      other_operators_get_their_arguments_untouched, the_macros_are_functions_too)
