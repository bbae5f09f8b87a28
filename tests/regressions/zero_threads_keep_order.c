/* SPDX-License-Identifier: BSD-3-Clause */
/* With 0 threads, AML ran the task that was waited for first, before tasks queued earlier. */
#include "gate.h"
#include "suite.h"

/* Contract: RUN-6. */
START_TEST(a_wait_without_workers_runs_what_was_posted_before)
{
	struct aml_dma *dma = NULL;
	struct trail trail = {.length = 0};
	struct job jobs[5];
	struct aml_dma_request *reqs[5];

	ck_assert_int_eq(aml_dma_linux_create(&dma, 0), 0);
	for (int i = 0; i < 5; i++) {
		jobs[i] = (struct job){.name = (char)('A' + i), .trail = &trail};
		ck_assert_int_eq(job_post(dma, &reqs[i], &jobs[i]), 0);
	}
	for (int i = 4; i >= 0; i--)
		ck_assert_int_eq(aml_dma_wait(dma, &reqs[i]), 0);
	ck_assert_str_eq(trail.text, "ABCDE");
	ck_assert_int_eq(aml_dma_linux_destroy(&dma), 0);
}
END_TEST

/* Contract: RUN-6. */
START_TEST(so_does_a_task_s)
{
	struct aml_sched *sched = aml_queue_sched_create(0);
	struct trail trail = {.length = 0};
	struct job jobs[5];
	struct aml_task tasks[5];

	for (int i = 0; i < 5; i++) {
		jobs[i] = (struct job){.name = (char)('A' + i), .trail = &trail};
		tasks[i] = job_task(&jobs[i], NULL);
		ck_assert_int_eq(aml_sched_submit_task(sched, &tasks[i]), 0);
	}
	for (int i = 4; i >= 0; i--)
		ck_assert_int_eq(aml_sched_wait_task(sched, &tasks[i]), 0);
	ck_assert_str_eq(trail.text, "ABCDE");
	aml_queue_sched_destroy(&sched);
}
END_TEST

SUITE("regressions/zero_threads_keep_order", a_wait_without_workers_runs_what_was_posted_before,
      so_does_a_task_s)
