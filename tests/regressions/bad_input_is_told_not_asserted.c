/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * AML used assertions to check the arguments of callers: a wrong argument aborted the program. With
 * NDEBUG, AML continued with NULL, and did not do the work that some assertions contained.
 */
#include <aml/layout/dense.h>
#include <aml/layout/native.h>

#include "gate.h"
#include "suite.h"

/* Contract: ERROR-2. */
START_TEST(null_is_told_everywhere)
{
	struct aml_layout *layout = NULL;
	struct aml_dma *dma = NULL;
	struct aml_dma_request *req = NULL;
	struct aml_sched *sched = NULL;
	size_t dim = 1;

	ck_assert_int_eq(aml_layout_dense_create(NULL, &dim, 0, 1, 1, &dim, NULL, NULL),
			 -AML_EINVAL);
	ck_assert_int_eq(aml_layout_dense_create(&layout, NULL, 0, 1, 1, &dim, NULL, NULL),
			 -AML_EINVAL);
	ck_assert_int_eq(aml_layout_dense_create(&layout, &dim, 0, 1, 1, NULL, NULL, NULL),
			 -AML_EINVAL);
	ck_assert_ptr_null(aml_layout_deref(NULL, &dim));
	ck_assert_ptr_null(aml_layout_deref_safe(NULL, &dim));
	ck_assert_ptr_null(aml_layout_deref_native(NULL, &dim));
	ck_assert_ptr_null(aml_layout_rawptr(NULL));
	ck_assert_int_eq(aml_layout_order(NULL), -AML_EINVAL);
	ck_assert_int_eq(aml_layout_dims(NULL, &dim), -AML_EINVAL);
	ck_assert_uint_eq(aml_layout_ndims(NULL), 0);
	ck_assert_uint_eq(aml_layout_element_size(NULL), 0);
	ck_assert_int_eq(aml_layout_reshape(NULL, &layout, 1, &dim), -AML_EINVAL);
	ck_assert_int_eq(aml_layout_slice(NULL, &layout, NULL, &dim, NULL), -AML_EINVAL);
	ck_assert_int_eq(aml_layout_duplicate(NULL, &layout, NULL), -AML_EINVAL);
	ck_assert_int_eq(aml_layout_fprintf(stdout, "", NULL), -AML_EINVAL);
	aml_layout_destroy(NULL);
	aml_layout_destroy(&layout);

	ck_assert_int_eq(aml_dma_copy(dma, layout, layout), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_async_copy(dma, &req, layout, layout), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_wait(dma, &req), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_cancel(dma, &req), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_barrier(dma), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_fprintf(stdout, "", dma), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_linux_create(NULL, 1), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_linux_destroy(NULL), -AML_EINVAL);
	ck_assert_int_eq(aml_copy_layout_transform_generic(NULL, NULL, NULL), -AML_EINVAL);

	ck_assert_int_eq(aml_sched_submit_task(sched, NULL), -AML_EINVAL);
	ck_assert_int_eq(aml_sched_wait_task(sched, NULL), -AML_EINVAL);
	ck_assert_ptr_null(aml_sched_wait_any(sched));
	aml_queue_sched_destroy(NULL);
	aml_queue_sched_destroy(&sched);
}
END_TEST

SUITE("regressions/bad_input_is_told_not_asserted", null_is_told_everywhere)
