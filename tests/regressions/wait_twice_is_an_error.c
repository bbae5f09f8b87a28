/* SPDX-License-Identifier: BSD-3-Clause */
/* A second wait for the same handle hung in AML, or accessed freed memory. */
#include "gate.h"
#include "suite.h"

/* Contract: WAIT-2. */
START_TEST(a_second_wait_for_a_handle_is_told)
{
	struct aml_dma *dma = NULL;
	struct job job = {.result = 0};
	struct aml_dma_request *req = NULL;

	ck_assert_int_eq(aml_dma_linux_create(&dma, 1), 0);
	ck_assert_int_eq(job_post(dma, &req, &job), 0);
	ck_assert_int_eq(aml_dma_wait(dma, &req), 0);
	ck_assert_ptr_null(req);
	ck_assert_int_eq(aml_dma_wait(dma, &req), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_cancel(dma, &req), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_linux_destroy(&dma), 0);
}
END_TEST

/* Contract: WAIT-2. */
START_TEST(so_is_a_second_wait_for_a_task)
{
	struct aml_sched *sched = aml_queue_sched_create(1);
	struct job job = {.result = 0};
	struct aml_task task = job_task(&job, NULL);

	ck_assert_int_eq(aml_sched_submit_task(sched, &task), 0);
	ck_assert_int_eq(aml_sched_wait_task(sched, &task), 0);
	ck_assert_int_eq(aml_sched_wait_task(sched, &task), -AML_EINVAL);
	aml_queue_sched_destroy(&sched);
}
END_TEST

SUITE("regressions/wait_twice_is_an_error", a_second_wait_for_a_handle_is_told,
      so_is_a_second_wait_for_a_task)
