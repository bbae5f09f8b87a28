/* SPDX-License-Identifier: BSD-3-Clause */
/* AML's barrier consumed all completions, so a later wait for a handle hung. */
#include "gate.h"
#include "suite.h"

/* Contract: WAIT-2. */
START_TEST(each_handle_is_waited_for_after_a_barrier)
{
	const int results[] = {0, -AML_EDOM, 0, -AML_EPERM};

	for (size_t threads = 0; threads < 3; threads++) {
		struct aml_dma *dma = NULL;
		struct job jobs[4];
		struct aml_dma_request *reqs[4];

		ck_assert_int_eq(aml_dma_linux_create(&dma, threads), 0);
		for (int i = 0; i < 4; i++) {
			jobs[i] = (struct job){.result = results[i]};
			ck_assert_int_eq(job_post(dma, &reqs[i], &jobs[i]), 0);
		}
		while (aml_dma_barrier(dma) != 0)
			;
		for (int i = 0; i < 4; i++) {
			ck_assert_int_eq(aml_dma_wait(dma, &reqs[i]), results[i]);
			ck_assert_ptr_null(reqs[i]);
		}
		ck_assert_int_eq(aml_dma_linux_destroy(&dma), 0);
	}
}
END_TEST

SUITE("regressions/wait_after_barrier_returns", each_handle_is_waited_for_after_a_barrier)
