/* SPDX-License-Identifier: BSD-3-Clause */
/* AML's cancel freed a request that a worker was running. The worker then wrote to freed memory. */
#include "gate.h"
#include "suite.h"

/* Contract: CANCEL-2. */
START_TEST(cancel_returns_only_once_the_operator_has)
{
	for (size_t threads = 1; threads < 3; threads++) {
		struct aml_dma *dma = NULL;

		ck_assert_int_eq(aml_dma_linux_create(&dma, threads), 0);
		for (int i = 0; i < 20; i++) {
			struct gate gate;
			struct job *job = calloc(1, sizeof(*job));
			struct aml_dma_request *req = NULL;
			struct call cancel = {.fn = call_cancel, .dma = dma, .req = &req};

			ck_assert_ptr_nonnull(job);
			gate_init(&gate);
			job->gate = &gate;
			ck_assert_int_eq(job_post(dma, &req, job), 0);
			gate_await(&gate);
			call_begin(&cancel);
			call_settle(&cancel);
			ck_assert_int_eq(atomic_load(&cancel.ended), 0);
			gate_open(&gate);
			ck_assert_int_eq(call_end(&cancel), 0);
			ck_assert_ptr_null(req);
			ck_assert_int_eq(job->runs, 1);
			/* The operator has ended, so its argument can be freed. */
			free(job);
			gate_destroy(&gate);
		}
		ck_assert_int_eq(aml_dma_linux_destroy(&dma), 0);
	}
}
END_TEST

SUITE("regressions/cancel_of_a_running_request_is_safe", cancel_returns_only_once_the_operator_has)
