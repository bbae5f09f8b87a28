/* SPDX-License-Identifier: BSD-3-Clause */
/* If two layouts did not match, an assertion in AML's copy_generic failed in a worker. */
#include <aml/layout/dense.h>

#include "gate.h"
#include "suite.h"

/* Contract: ERROR-2. */
START_TEST(a_mismatch_is_an_error_of_the_call_and_nothing_is_written)
{
	const size_t shapes[][3] = {{2, 3, 4},  {2, 4, 3}, {2, 3, 5},
				    {1, 12, 1}, {2, 0, 4}, {1, 6, 1}};
	const size_t sizes[] = {4, 4, 4, 4, 4, 8};
	int from[20] = {0}, to[20], before[20];
	struct aml_dma *dma = NULL;

	memset(to, 0x55, sizeof(to));
	memset(before, 0x55, sizeof(before));
	ck_assert_int_eq(aml_dma_linux_create(&dma, 1), 0);
	for (size_t d = 0; d < 6; d++) {
		for (size_t s = 0; s < 6; s++) {
			struct aml_layout *dst = NULL, *src = NULL;
			struct aml_dma_request *req = NULL;

			if (d == s)
				continue;
			ck_assert_int_eq(aml_layout_dense_create(&dst, to, AML_LAYOUT_ORDER_C,
								 sizes[d], shapes[d][0],
								 &shapes[d][1], NULL, NULL),
					 0);
			ck_assert_int_eq(aml_layout_dense_create(&src, from, AML_LAYOUT_ORDER_C,
								 sizes[s], shapes[s][0],
								 &shapes[s][1], NULL, NULL),
					 0);
			ck_assert_int_eq(aml_dma_copy(dma, dst, src), -AML_EINVAL);
			ck_assert_int_eq(aml_dma_async_copy(dma, &req, dst, src), -AML_EINVAL);
			ck_assert_ptr_null(req);
			ck_assert_int_eq(aml_dma_linux_copy_generic(dst, src, NULL), -AML_EINVAL);
			aml_layout_destroy(&dst);
			aml_layout_destroy(&src);
		}
	}
	ck_assert_mem_eq(to, before, sizeof(to));
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	ck_assert_int_eq(aml_dma_linux_destroy(&dma), 0);
}
END_TEST

SUITE("regressions/mismatched_layouts_do_not_abort",
      a_mismatch_is_an_error_of_the_call_and_nothing_is_written)
