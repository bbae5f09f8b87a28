/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * If an operator cancelled its own thread, the worker ended in its next sleep while it held the
 * lock. The engine, its destruction and every fork then hung.
 */
#include <sched.h>
#include <unistd.h>

#include "gate.h"
#include "suite.h"

/* A body: cancel this thread, then make a call that is a cancellation point. */
static int cancel_oneself(struct job *job)
{
	sem_t posted;

	(void)job;
	NEED(pthread_cancel(pthread_self()) == 0);
	NEED(access("/", F_OK) == 0);
	NEED(sem_init(&posted, 0, 1) == 0);
	NEED(sem_wait(&posted) == 0);
	NEED(sem_destroy(&posted) == 0);
	return -AML_EDOM;
}

static int do_nothing(void *arg)
{
	(void)arg;
	return 0;
}

/* Contract: THREAD-4. */
START_TEST(the_worker_lives_on)
{
	for (size_t workers = 1; workers < 3; workers++) {
		struct aml_dma *dma = NULL;
		struct job cancels = {.body = cancel_oneself}, next = {.result = -AML_EPERM};
		pid_t tids[4];

		ck_assert_int_eq(aml_dma_linux_create(&dma, workers), 0);
		for (size_t i = 0; i < workers; i++) {
			struct aml_dma_request *req = NULL;

			/* A worker runs the job, because no thread waits yet. */
			ck_assert_int_eq(job_post(dma, NULL, &cancels), 0);
			ck_assert_int_eq(aml_dma_barrier(dma), -AML_EDOM);
			ck_assert_int_eq(job_post(dma, &req, &next), 0);
			ck_assert_int_eq(aml_dma_wait(dma, &req), -AML_EPERM);
		}
		/* The workers sleep again. A worker that never ran sets its name late. */
		while (threads_named("aml-dma/", tids, 4) < workers)
			sched_yield();
		for (size_t i = 0; i < workers; i++)
			thread_settle(tids[i]);
		ck_assert_int_eq(job_post(dma, NULL, &next), 0);
		ck_assert_int_eq(aml_dma_barrier(dma), -AML_EPERM);
		ck_assert_int_eq(in_child(do_nothing, NULL), 0);
		ck_assert_int_eq(aml_dma_linux_destroy(&dma), 0);
	}
}
END_TEST

SUITE("regressions/operators_may_cancel_their_thread", the_worker_lives_on)
