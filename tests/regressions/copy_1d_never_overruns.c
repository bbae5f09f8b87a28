/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * AML's copy_1D stored the extents of layouts with several dimensions in one variable on its stack.
 * It copied all bytes of the source, even if the destination was smaller.
 */
#include <aml/layout/dense.h>

#include "gate.h"
#include "suite.h"

static void expect_refused(size_t ndims_dst, const size_t *dims_dst, size_t ndims_src,
			   const size_t *dims_src)
{
	struct aml_dma *dma = NULL;
	struct aml_dma_request *req = NULL;
	struct aml_layout *dst = NULL, *src = NULL;
	char from[64], to[64], before[64];

	memset(from, 1, sizeof(from));
	memset(to, 2, sizeof(to));
	memset(before, 2, sizeof(before));
	ck_assert_int_eq(aml_layout_dense_create(&dst, to, AML_LAYOUT_ORDER_C, 1, ndims_dst,
						 dims_dst, NULL, NULL),
			 0);
	ck_assert_int_eq(aml_layout_dense_create(&src, from, AML_LAYOUT_ORDER_C, 1, ndims_src,
						 dims_src, NULL, NULL),
			 0);
	ck_assert_int_eq(aml_dma_linux_create(&dma, 1), 0);
	ck_assert_int_eq(aml_dma_linux_copy_1D(dst, src, NULL), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_copy_custom(dma, dst, src, aml_dma_linux_copy_1D, NULL),
			 -AML_EINVAL);
	ck_assert_int_eq(
		aml_dma_async_copy_custom(dma, &req, dst, src, aml_dma_linux_copy_1D, NULL),
		-AML_EINVAL);
	ck_assert_ptr_null(req);
	ck_assert_mem_eq(to, before, sizeof(to));
	ck_assert_int_eq(aml_dma_linux_destroy(&dma), 0);
	aml_layout_destroy(&dst);
	aml_layout_destroy(&src);
}

/* Contract: COPY-3. */
START_TEST(a_source_longer_than_the_destination_is_refused)
{
	expect_refused(1, (size_t[]){8}, 1, (size_t[]){64});
	expect_refused(1, (size_t[]){64}, 1, (size_t[]){8});
}
END_TEST

/* Contract: COPY-3. */
START_TEST(several_dimensions_are_refused)
{
	const size_t many[] = {2, 2, 2, 2, 2, 2}, flat[] = {64};

	expect_refused(6, many, 6, many);
	expect_refused(1, flat, 6, many);
	expect_refused(6, many, 1, flat);
}
END_TEST

SUITE("regressions/copy_1d_never_overruns", a_source_longer_than_the_destination_is_refused,
      several_dimensions_are_refused)
