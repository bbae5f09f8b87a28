/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * AML deadlocked when operators on all workers waited for requests of their own engine: no worker
 * was left to run these requests.
 */
#include "gate.h"
#include "suite.h"

/* A body: post a request and wait for it. The job passes the gate first. */
static int post_and_wait(struct job *job)
{
	struct aml_dma_request *req = NULL;
	struct job inner = {.result = -AML_EDOM};

	NEED(job_post(job->dma, &req, &inner) == 0);
	NEED(aml_dma_wait(job->dma, &req) == -AML_EDOM);
	NEED(inner.runs == 1);
	return 0;
}

/* Contract: NEST-1. */
START_TEST(all_workers_may_wait_inside_at_once)
{
	for (size_t threads = 1; threads < 5; threads++) {
		struct aml_dma *dma = NULL;
		struct gate gate;
		struct job jobs[8];
		struct aml_dma_request *reqs[8];

		gate_init(&gate);
		ck_assert_int_eq(aml_dma_linux_create(&dma, threads), 0);
		for (int i = 0; i < 8; i++) {
			jobs[i] = (struct job){.gate = &gate, .body = post_and_wait, .dma = dma};
			ck_assert_int_eq(job_post(dma, &reqs[i], &jobs[i]), 0);
		}
		/* Open the gate only when each worker has a job. The other jobs are queued. */
		for (size_t i = 0; i < threads; i++)
			gate_await(&gate);
		for (int i = 0; i < 8; i++)
			gate_open(&gate);
		for (int i = 0; i < 8; i++)
			ck_assert_int_eq(aml_dma_wait(dma, &reqs[i]), 0);
		ck_assert_int_eq(aml_dma_linux_destroy(&dma), 0);
		gate_destroy(&gate);
	}
}
END_TEST

/* Contract: NEST-1. */
START_TEST(without_workers_too)
{
	struct aml_dma *dma = NULL;
	struct job job = {.body = post_and_wait};

	ck_assert_int_eq(aml_dma_linux_create(&dma, 0), 0);
	job.dma = dma;
	ck_assert_int_eq(job_copy(dma, &job), 0);
	ck_assert_int_eq(aml_dma_linux_destroy(&dma), 0);
}
END_TEST

SUITE("regressions/nested_wait_does_not_deadlock", all_workers_may_wait_inside_at_once,
      without_workers_too)
