/* SPDX-License-Identifier: BSD-3-Clause */
/* Waits for one or several requests beyond AML: tests, deadlines, any, all, some; barriers. */
#include <aml/dma/completion.h>

#include "gate.h"
#include "made.h"
#include "suite.h"

enum { WORKERS_TRIED = 3 };

/* A deadline so many nanoseconds from now. */
static uint64_t deadline_in(uint64_t ns)
{
	return now_ns() + ns;
}

/* A deadline that is far away, and one that passes while a thread sleeps. */
#define FAR_AWAY deadline_in(3600 * (uint64_t)1000000000)
#define VERY_SOON deadline_in(2000000)

/* Post `n` jobs. */
static void post_jobs(struct aml_dma *dma, struct aml_dma_request **reqs, struct job *jobs,
		      size_t n)
{
	for (size_t i = 0; i < n; i++)
		ck_assert_int_eq(job_post(dma, &reqs[i], &jobs[i]), 0);
}

/* One test of a request after the other, until the request has finished. */
static int test_until_finished(struct aml_dma *dma, struct aml_dma_request **req, int *result)
{
	int err;

	do
		err = aml_dma_test(dma, req, result);
	while (err == -AML_EBUSY);
	return err;
}

/* Contract: DONE-1, DONE-14. */
START_TEST(a_test_releases_a_finished_request)
{
	for (size_t workers = 0; workers < WORKERS_TRIED; workers++) {
		struct aml_dma *dma = new_engine(workers);
		struct job job = {.result = -AML_EINVAL}, failing = {.result = -1000};
		struct aml_dma_request *req = NULL;
		int result = 1;

		ck_assert_int_eq(job_post(dma, &req, &job), 0);
		ck_assert_int_eq(test_until_finished(dma, &req, &result), 0);
		ck_assert_ptr_null(req);
		ck_assert_int_eq(result, -AML_EINVAL);
		ck_assert_int_eq(job_post(dma, &req, &failing), 0);
		ck_assert_int_eq(test_until_finished(dma, &req, NULL), 0);
		ck_assert_ptr_null(req);
		ck_assert_int_eq(aml_dma_barrier(dma), 0);
		destroy_engine(&dma);
	}
}
END_TEST

/* Contract: DONE-2, DONE-21. */
START_TEST(a_test_of_an_unfinished_request_changes_nothing)
{
	struct aml_dma *dma = new_engine(1);
	struct gate gate;
	struct job job = {.gate = &gate, .result = -7}, behind = {.result = -8};
	struct aml_dma_request *reqs[2], *copy;
	int result = 1;

	gate_init(&gate);
	ck_assert_int_eq(job_post(dma, &reqs[0], &job), 0);
	gate_await(&gate);
	ck_assert_int_eq(job_post(dma, &reqs[1], &behind), 0);
	for (int i = 0; i < 2; i++) {
		copy = reqs[i];
		ck_assert_int_eq(aml_dma_test(dma, &reqs[i], &result), -AML_EBUSY);
		ck_assert_int_eq(aml_dma_wait_until(dma, &reqs[i], VERY_SOON, &result), -AML_EBUSY);
		ck_assert_ptr_eq(reqs[i], copy);
		ck_assert_int_eq(result, 1);
	}
	gate_open(&gate);
	ck_assert_int_eq(aml_dma_wait(dma, &reqs[0]), -7);
	ck_assert_int_eq(aml_dma_wait(dma, &reqs[1]), -8);
	destroy_engine(&dma);
	gate_destroy(&gate);
}
END_TEST

/* Each call of an engine without workers runs the next job, whatever the deadline. */
/* Contract: DONE-3, DONE-19. */
START_TEST(without_workers_each_call_runs_something)
{
	enum { N = 6 };
	struct aml_dma *dma = new_engine(0);
	struct job jobs[N] = {{.n = 0}};
	struct aml_dma_request *reqs[N], *last;
	size_t count = 1;
	int runs = 0, result;

	post_jobs(dma, reqs, jobs, N);
	last = reqs[N - 1];
	ck_assert_int_eq(aml_dma_test(dma, &reqs[N - 1], NULL), -AML_EBUSY);
	ck_assert_int_eq(aml_dma_wait_until(dma, &reqs[N - 1], 0, NULL), -AML_EBUSY);
	ck_assert_int_eq(aml_dma_wait_some(dma, 1, &reqs[N - 1], 0, 0, &count, NULL, NULL), 0);
	ck_assert_uint_eq(count, 0);
	ck_assert_int_eq(aml_dma_wait_some(dma, 1, &reqs[N - 1], 1, 0, &count, NULL, NULL),
			 -AML_EBUSY);
	ck_assert_uint_eq(count, 0);
	ck_assert_int_eq(aml_dma_barrier_until(dma, 0, &result), -AML_EBUSY);
	for (int i = 0; i < N; i++)
		runs += jobs[i].runs;
	ck_assert_int_eq(runs, N - 1);
	ck_assert_int_eq(jobs[N - 1].runs, 0);
	ck_assert_ptr_eq(reqs[N - 1], last);
	ck_assert_int_eq(aml_dma_barrier_until(dma, 0, &result), 0);
	ck_assert_int_eq(result, 0);
	ck_assert_int_eq(aml_dma_wait_all(dma, N, reqs, NULL), 0);
	destroy_engine(&dma);
}
END_TEST

/* Contract: DONE-5, DONE-17. */
START_TEST(a_wait_until_returns_when_the_request_has_finished)
{
	for (size_t workers = 0; workers < WORKERS_TRIED; workers++) {
		struct aml_dma *dma = new_engine(workers);
		const uint64_t deadlines[] = {FAR_AWAY, AML_DMA_NO_DEADLINE,
					      AML_DMA_NO_DEADLINE - 1};

		for (size_t i = 0; i < sizeof(deadlines) / sizeof(*deadlines); i++) {
			struct job jobs[3] = {{.result = -1}, {.result = -2}, {.result = -3}};
			struct aml_dma_request *reqs[3];
			int result = 0;

			post_jobs(dma, reqs, jobs, 3);
			ck_assert_int_eq(aml_dma_wait_until(dma, &reqs[2], deadlines[i], &result),
					 0);
			ck_assert_ptr_null(reqs[2]);
			ck_assert_int_eq(result, -3);
			ck_assert_int_eq(aml_dma_wait_all(dma, 3, reqs, NULL), -1);
		}
		destroy_engine(&dma);
	}
}
END_TEST

/* Job body: 0 if another thread than that of the test runs it. */
static int expect_other_thread(struct job *job)
{
	return job->tid != job->n ? AML_SUCCESS : -AML_FAILURE;
}

/* Contract: DONE-18. */
START_TEST(with_workers_a_call_with_a_deadline_runs_no_operator_of_the_program)
{
	enum { ROUNDS = 200 };
	struct aml_dma *dma = new_engine(2);

	for (int i = 0; i < ROUNDS; i++) {
		struct job jobs[2] = {{.body = expect_other_thread, .n = gettid()},
				      {.body = expect_other_thread, .n = gettid()}};
		struct aml_dma_request *reqs[2];
		int result = 1, results[2];
		size_t count;

		post_jobs(dma, reqs, jobs, 2);
		ck_assert_int_eq(aml_dma_wait_until(dma, &reqs[0], FAR_AWAY, &result), 0);
		ck_assert_int_eq(result, 0);
		ck_assert_int_eq(test_until_finished(dma, &reqs[1], &result), 0);
		ck_assert_int_eq(result, 0);
		post_jobs(dma, reqs, jobs, 2);
		ck_assert_int_eq(
			aml_dma_wait_some(dma, 2, reqs, 2, FAR_AWAY, &count, NULL, results), 0);
		ck_assert_uint_eq(count, 2);
		ck_assert_int_eq(results[0], 0);
		ck_assert_int_eq(results[1], 0);
		ck_assert_int_eq(job_post(dma, NULL, &jobs[0]), 0);
		ck_assert_int_eq(aml_dma_barrier_until(dma, FAR_AWAY, &result), 0);
		ck_assert_int_eq(result, 0);
	}
	destroy_engine(&dma);
}
END_TEST

/* Contract: DONE-6. */
START_TEST(wait_any_takes_what_finished_first)
{
	struct aml_dma *dma = new_engine(2);
	struct gate gates[3];
	struct job jobs[3];
	struct aml_dma_request *reqs[4] = {NULL};
	size_t index = 9;
	int result = 1;

	for (int i = 0; i < 3; i++) {
		gate_init(&gates[i]);
		jobs[i] = (struct job){.gate = &gates[i], .result = -10 - i};
	}
	post_jobs(dma, &reqs[1], jobs, 2);
	gate_await(&gates[0]);
	gate_await(&gates[1]);
	gate_open(&gates[1]);
	ck_assert_int_eq(aml_dma_wait_any(dma, 4, reqs, &index, &result), 0);
	ck_assert_uint_eq(index, 2);
	ck_assert_int_eq(result, -11);
	ck_assert_ptr_null(reqs[2]);
	ck_assert_ptr_nonnull(reqs[1]);
	/* Of several that have finished, the first one in the order of finishing. */
	ck_assert_int_eq(job_post(dma, &reqs[0], &jobs[2]), 0);
	gate_await(&gates[2]);
	gate_open(&gates[0]);
	ck_assert_int_eq(aml_dma_barrier(dma), -10);
	gate_open(&gates[2]);
	ck_assert_int_eq(aml_dma_barrier(dma), -12);
	ck_assert_int_eq(aml_dma_wait_any(dma, 4, reqs, &index, &result), 0);
	ck_assert_uint_eq(index, 1);
	ck_assert_int_eq(result, -10);
	ck_assert_int_eq(aml_dma_wait_any(dma, 4, reqs, &index, NULL), 0);
	ck_assert_uint_eq(index, 0);
	ck_assert_int_eq(aml_dma_wait_any(dma, 4, reqs, &index, &result), 0);
	ck_assert_uint_eq(index, 4);
	ck_assert_int_eq(result, 0);
	ck_assert_int_eq(aml_dma_wait_any(dma, 0, NULL, &index, &result), 0);
	ck_assert_uint_eq(index, 0);
	destroy_engine(&dma);
	for (int i = 0; i < 3; i++)
		gate_destroy(&gates[i]);
}
END_TEST

/* The thread that waits for any must not begin a request that may last longer than the others. */
/* Contract: DONE-6. */
START_TEST(wait_any_returns_although_another_request_blocks)
{
	for (int round = 0; round < 50; round++) {
		struct aml_dma *dma = new_engine(2);
		struct gate gate;
		struct job jobs[2] = {{.gate = &gate}, {.result = -5}};
		struct aml_dma_request *reqs[2];
		size_t index = 9;
		int result = 0;

		gate_init(&gate);
		post_jobs(dma, reqs, jobs, 2);
		ck_assert_int_eq(aml_dma_wait_any(dma, 2, reqs, &index, &result), 0);
		ck_assert_uint_eq(index, 1);
		ck_assert_int_eq(result, -5);
		gate_open(&gate);
		ck_assert_int_eq(aml_dma_wait_all(dma, 2, reqs, NULL), 0);
		destroy_engine(&dma);
		gate_destroy(&gate);
	}
}
END_TEST

/* Contract: DONE-6, DONE-7. */
START_TEST(wait_any_in_a_loop_returns_each_request_once)
{
	enum { N = 300 };

	for (size_t workers = 0; workers < WORKERS_TRIED; workers++) {
		struct aml_dma *dma = new_engine(workers);
		struct job jobs[N] = {{.n = 0}};
		struct aml_dma_request *reqs[N];
		bool seen[N] = {false};
		size_t index;
		int result;

		for (int i = 0; i < N; i++)
			jobs[i] = (struct job){.result = -i};
		post_jobs(dma, reqs, jobs, N);
		for (int i = 0; i < N; i++) {
			ck_assert_int_eq(aml_dma_wait_any(dma, N, reqs, &index, &result), 0);
			ck_assert_uint_lt(index, N);
			ck_assert(!seen[index]);
			seen[index] = true;
			ck_assert_int_eq(result, -(int)index);
			ck_assert_ptr_null(reqs[index]);
			if (workers < 2)
				ck_assert_uint_eq(index, (size_t)i);
		}
		ck_assert_int_eq(aml_dma_barrier(dma), 0);
		destroy_engine(&dma);
	}
}
END_TEST

/* Contract: DONE-8. */
START_TEST(wait_all_stores_each_result)
{
	for (size_t workers = 0; workers < WORKERS_TRIED; workers++) {
		struct aml_dma *dma = new_engine(workers);
		struct job jobs[4] = {{.result = 0}, {.result = -3}, {.result = 0}, {.result = -4}};
		struct aml_dma_request *reqs[6] = {NULL};
		const int expected[6] = {0, 0, -3, 0, -4, 0};
		int results[6];

		memset(results, 1, sizeof(results));
		post_jobs(dma, &reqs[1], jobs, 4);
		ck_assert_int_eq(aml_dma_wait_all(dma, 6, reqs, results), -3);
		for (int i = 0; i < 6; i++) {
			ck_assert_ptr_null(reqs[i]);
			ck_assert_int_eq(results[i], expected[i]);
		}
		ck_assert_int_eq(aml_dma_wait_all(dma, 6, reqs, results), 0);
		ck_assert_int_eq(aml_dma_wait_all(dma, 0, NULL, NULL), 0);
		ck_assert_int_eq(aml_dma_barrier(dma), 0);
		destroy_engine(&dma);
	}
}
END_TEST

/* Wait for all in a thread of its own: job->n requests from call->req on. */
static int call_wait_all(struct call *call)
{
	return aml_dma_wait_all(call->dma, (size_t)call->job->n, call->req, NULL);
}

/* Contract: DONE-10. */
START_TEST(wait_all_wakes_the_thread_once)
{
	enum { N = 100 };
	struct aml_dma *dma = new_engine(1);
	struct gate gates[N];
	struct job jobs[N], arg = {.n = N};
	struct aml_dma_request *reqs[N];
	struct call call = {.fn = call_wait_all, .dma = dma, .req = reqs, .job = &arg};
	unsigned long before;

	for (int i = 0; i < N; i++) {
		gate_init(&gates[i]);
		jobs[i] = (struct job){.gate = &gates[i]};
	}
	post_jobs(dma, reqs, jobs, N);
	gate_await(&gates[0]);
	call_begin(&call);
	call_settle(&call);
	before = thread_switches(call.tid);
	for (int i = 0; i < N - 1; i++) {
		gate_open(&gates[i]);
		gate_await(&gates[i + 1]);
	}
	thread_settle(call.tid);
	/* The thread may be interrupted, but not once for each request. */
	ck_assert_uint_lt(thread_switches(call.tid) - before, N / 2);
	ck_assert_int_eq(atomic_load(&call.ended), 0);
	gate_open(&gates[N - 1]);
	ck_assert_int_eq(call_end(&call), 0);
	destroy_engine(&dma);
	for (int i = 0; i < N; i++)
		gate_destroy(&gates[i]);
}
END_TEST

/* Contract: DONE-11, DONE-12. */
START_TEST(wait_some_packs_what_has_finished_in_the_order_of_finishing)
{
	enum { N = 5 };
	/* The places in the list, in the order in which the requests finish. */
	static const size_t order[N] = {3, 0, 4, 1, 2};
	struct aml_dma *dma = new_engine(1);
	struct gate gate;
	struct job jobs[N], last = {.gate = &gate, .result = -99};
	struct aml_dma_request *reqs[N + 2] = {NULL}, *blocked;
	size_t indices[N + 2], count = 0;
	int results[N + 2];

	gate_init(&gate);
	for (size_t i = 0; i < N; i++) {
		jobs[order[i]] = (struct job){.result = -(int)order[i]};
		ck_assert_int_eq(job_post(dma, &reqs[order[i]], &jobs[order[i]]), 0);
	}
	ck_assert_int_eq(job_post(dma, &reqs[N + 1], &last), 0);
	blocked = reqs[N + 1];
	ck_assert_int_eq(aml_dma_wait_some(dma, N + 2, reqs, N, AML_DMA_NO_DEADLINE, &count,
					   indices, results),
			 0);
	ck_assert_uint_eq(count, N);
	for (size_t i = 0; i < N; i++) {
		ck_assert_uint_eq(indices[i], order[i]);
		ck_assert_int_eq(results[i], -(int)order[i]);
		ck_assert_ptr_null(reqs[i]);
	}
	ck_assert_ptr_eq(reqs[N + 1], blocked);
	ck_assert_int_eq(
		aml_dma_wait_some(dma, N + 2, reqs, 1, VERY_SOON, &count, indices, results),
		-AML_EBUSY);
	ck_assert_uint_eq(count, 0);
	ck_assert_int_eq(aml_dma_wait_some(dma, N + 2, reqs, 0, 0, &count, indices, results), 0);
	ck_assert_uint_eq(count, 0);
	gate_open(&gate);
	/* More than there are handles: all of them. */
	ck_assert_int_eq(
		aml_dma_wait_some(dma, N + 2, reqs, 100, FAR_AWAY, &count, indices, results), 0);
	ck_assert_uint_eq(count, 1);
	ck_assert_uint_eq(indices[0], N + 1);
	ck_assert_int_eq(results[0], -99);
	ck_assert_int_eq(aml_dma_wait_some(dma, N + 2, reqs, 1, 0, &count, NULL, NULL), 0);
	ck_assert_uint_eq(count, 0);
	ck_assert_int_eq(aml_dma_wait_some(dma, 0, NULL, 1, 0, NULL, NULL, NULL), 0);
	destroy_engine(&dma);
	gate_destroy(&gate);
}
END_TEST

/* Contract: DONE-11, DONE-17. */
START_TEST(wait_some_that_gives_up_releases_what_has_finished)
{
	struct aml_dma *dma = new_engine(1);
	struct gate gate;
	struct job jobs[3] = {{.result = -1}, {.gate = &gate}, {.result = -2}};
	struct aml_dma_request *reqs[3];
	size_t indices[3], count = 9;
	int results[3];

	gate_init(&gate);
	post_jobs(dma, reqs, jobs, 3);
	gate_await(&gate);
	ck_assert_int_eq(aml_dma_wait_some(dma, 3, reqs, 2, VERY_SOON, &count, indices, results),
			 -AML_EBUSY);
	ck_assert_uint_eq(count, 1);
	ck_assert_uint_eq(indices[0], 0);
	ck_assert_int_eq(results[0], -1);
	ck_assert_ptr_null(reqs[0]);
	ck_assert_ptr_nonnull(reqs[1]);
	gate_open(&gate);
	ck_assert_int_eq(aml_dma_wait_all(dma, 3, reqs, NULL), -2);
	destroy_engine(&dma);
	gate_destroy(&gate);
}
END_TEST

/* What a call gives back is as before: a barrier reports its failure. */
/* Contract: DONE-16. */
START_TEST(failures_of_requests_that_a_call_gives_back_are_a_barrier_s)
{
	struct aml_dma *dma = new_engine(1);
	struct gate gate;
	struct job jobs[3] = {{.gate = &gate}, {.result = -2}, {.result = -3}};
	struct aml_dma_request *reqs[3];
	size_t index;
	int result = 1;

	gate_init(&gate);
	post_jobs(dma, reqs, jobs, 3);
	ck_assert_int_eq(aml_dma_wait_until(dma, &reqs[1], VERY_SOON, &result), -AML_EBUSY);
	gate_open(&gate);
	ck_assert_int_eq(aml_dma_wait_any(dma, 3, reqs, &index, &result), 0);
	ck_assert_uint_eq(index, 0);
	ck_assert_int_eq(aml_dma_barrier_until(dma, FAR_AWAY, &result), 0);
	ck_assert_int_eq(result, -2);
	ck_assert_int_eq(aml_dma_barrier(dma), -3);
	ck_assert_int_eq(aml_dma_barrier_until(dma, 0, &result), 0);
	ck_assert_int_eq(result, 0);
	/* The wait returns a result, whether or not a barrier has returned it before. */
	ck_assert_int_eq(aml_dma_wait_all(dma, 3, reqs, NULL), -2);
	destroy_engine(&dma);
	gate_destroy(&gate);
}
END_TEST

/* Contract: DONE-13. */
START_TEST(barrier_until_gives_up)
{
	struct aml_dma *dma = new_engine(1);
	struct gate gate;
	struct job job = {.gate = &gate, .result = -4};
	int result = 1;

	gate_init(&gate);
	ck_assert_int_eq(job_post(dma, NULL, &job), 0);
	gate_await(&gate);
	ck_assert_int_eq(aml_dma_barrier_until(dma, 0, &result), -AML_EBUSY);
	ck_assert_int_eq(aml_dma_barrier_until(dma, VERY_SOON, &result), -AML_EBUSY);
	ck_assert_int_eq(result, 1);
	gate_open(&gate);
	ck_assert_int_eq(aml_dma_barrier_until(dma, AML_DMA_NO_DEADLINE, &result), 0);
	ck_assert_int_eq(result, -4);
	ck_assert_int_eq(aml_dma_barrier_until(dma, 0, NULL), 0);
	destroy_engine(&dma);
	gate_destroy(&gate);
}
END_TEST

/* Contract: DONE-15. */
START_TEST(a_handle_that_stands_twice_is_refused_and_nothing_is_released)
{
	struct aml_dma *dma = new_engine(1);
	struct job jobs[2] = {{.result = -1}, {.result = -2}};
	struct aml_dma_request *reqs[4] = {NULL};
	struct aml_dma_request *again[4];
	size_t index = 77, count = 77, indices[4];
	int result = 77, results[4] = {77, 77, 77, 77};

	post_jobs(dma, reqs, jobs, 2);
	ck_assert_int_eq(aml_dma_barrier(dma), -1);
	memcpy(again, reqs, sizeof(again));
	again[3] = again[1];
	ck_assert_int_eq(aml_dma_wait_any(dma, 4, again, &index, &result), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_wait_all(dma, 4, again, results), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_wait_some(dma, 4, again, 1, FAR_AWAY, &count, indices, results),
			 -AML_EINVAL);
	ck_assert_uint_eq(index, 77);
	ck_assert_uint_eq(count, 77);
	ck_assert_int_eq(result, 77);
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(results[i], 77);
	ck_assert_ptr_eq(again[0], reqs[0]);
	ck_assert_ptr_eq(again[1], reqs[1]);
	ck_assert_int_eq(aml_dma_wait_all(dma, 2, reqs, results), -1);
	ck_assert_int_eq(results[1], -2);
	destroy_engine(&dma);
}
END_TEST

/* Contract: DONE-9, DONE-15. */
START_TEST(handles_of_another_engine_are_refused)
{
	struct aml_dma *dma = new_engine(1), *other = new_engine(1);
	struct job jobs[2] = {{.result = -1}, {.result = -2}};
	struct aml_dma_request *reqs[3] = {NULL}, *again[3];
	size_t index = 77, count = 77;
	int result = 77, results[3];

	ck_assert_int_eq(job_post(dma, &reqs[0], &jobs[0]), 0);
	ck_assert_int_eq(job_post(other, &reqs[1], &jobs[1]), 0);
	ck_assert_int_eq(aml_dma_test(dma, &reqs[1], &result), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_wait_until(dma, &reqs[1], FAR_AWAY, &result), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_wait_any(dma, 3, reqs, &index, &result), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_wait_some(dma, 3, reqs, 1, FAR_AWAY, &count, NULL, NULL),
			 -AML_EINVAL);
	ck_assert_ptr_nonnull(reqs[0]);
	ck_assert_ptr_nonnull(reqs[1]);
	/* Twice in the list is an error, also of such a handle. */
	memcpy(again, reqs, sizeof(again));
	again[2] = again[1];
	ck_assert_int_eq(aml_dma_wait_all(dma, 3, again, NULL), -AML_EINVAL);
	ck_assert_ptr_nonnull(again[0]);
	ck_assert_int_eq(aml_dma_wait_all(dma, 3, reqs, results), -1);
	ck_assert_int_eq(results[0], -1);
	ck_assert_int_eq(results[1], -AML_EINVAL);
	ck_assert_int_eq(results[2], 0);
	ck_assert_ptr_null(reqs[0]);
	ck_assert_ptr_nonnull(reqs[1]);
	ck_assert_int_eq(aml_dma_wait(other, &reqs[1]), -2);
	destroy_engine(&dma);
	destroy_engine(&other);
}
END_TEST

/* Contract: DONE-21. */
START_TEST(handles_that_another_thread_waits_for_are_refused)
{
	struct aml_dma *dma = new_engine(1);
	struct gate gate;
	struct job jobs[2] = {{.gate = &gate, .result = -1}, {.result = -2}};
	struct aml_dma_request *reqs[2], *theirs;
	struct call call = {.fn = call_wait, .dma = dma, .req = &theirs};
	size_t index = 77, count = 77;
	int result = 77, results[2];

	gate_init(&gate);
	post_jobs(dma, reqs, jobs, 2);
	gate_await(&gate);
	theirs = reqs[0];
	call_begin(&call);
	while (aml_dma_test(dma, &reqs[0], &result) != -AML_EPERM)
		yield_a_while();
	ck_assert_int_eq(aml_dma_wait_until(dma, &reqs[0], FAR_AWAY, &result), -AML_EPERM);
	ck_assert_int_eq(aml_dma_wait_any(dma, 2, reqs, &index, &result), -AML_EPERM);
	ck_assert_int_eq(aml_dma_wait_some(dma, 2, reqs, 1, FAR_AWAY, &count, NULL, NULL),
			 -AML_EPERM);
	ck_assert_uint_eq(count, 77);
	ck_assert_ptr_nonnull(reqs[1]);
	gate_open(&gate);
	ck_assert_int_eq(call_end(&call), -1);
	ck_assert_int_eq(aml_dma_wait_all(dma, 1, &reqs[1], results), -2);
	destroy_engine(&dma);
	gate_destroy(&gate);
}
END_TEST

/* Wait for all of a list of which another thread waits for one. */
/* Contract: DONE-9. */
START_TEST(wait_all_leaves_out_what_may_not_be_waited_for)
{
	struct aml_dma *dma = new_engine(2);
	struct gate gates[2];
	struct job jobs[3] = {{.gate = &gates[0], .result = -1},
			      {.result = -2},
			      {.gate = &gates[1], .result = -3}};
	struct aml_dma_request *reqs[3], *theirs;
	struct call one = {.fn = call_wait, .dma = dma, .req = &theirs};
	struct job arg = {.n = 3};
	struct call all = {.fn = call_wait_all, .dma = dma, .req = reqs, .job = &arg};

	gate_init(&gates[0]);
	gate_init(&gates[1]);
	post_jobs(dma, reqs, jobs, 3);
	gate_await(&gates[0]);
	theirs = reqs[0];
	call_begin(&one);
	while (aml_dma_test(dma, &reqs[0], NULL) != -AML_EPERM)
		yield_a_while();
	call_begin(&all);
	while (aml_dma_test(dma, &reqs[2], NULL) != -AML_EPERM)
		yield_a_while();
	/* The other thread's request is gone before the wait for all ends. */
	gate_open(&gates[0]);
	ck_assert_int_eq(call_end(&one), -1);
	gate_open(&gates[1]);
	ck_assert_int_eq(call_end(&all), -AML_EPERM);
	ck_assert_ptr_nonnull(reqs[0]);
	ck_assert_ptr_null(reqs[1]);
	ck_assert_ptr_null(reqs[2]);
	destroy_engine(&dma);
	gate_destroy(&gates[0]);
	gate_destroy(&gates[1]);
}
END_TEST

/* Job body: all calls refuse the request of this very operator. */
static int refuse_myself(struct job *job)
{
	struct aml_dma_request *reqs[2] = {job->req, NULL};
	size_t index, count;
	int result, results[2] = {1, 1};

	NEED(aml_dma_test(job->dma, &reqs[0], &result) == -AML_EPERM);
	NEED(aml_dma_wait_until(job->dma, &reqs[0], 0, &result) == -AML_EPERM);
	NEED(aml_dma_wait_any(job->dma, 2, reqs, &index, &result) == -AML_EPERM);
	NEED(aml_dma_wait_some(job->dma, 2, reqs, 0, 0, &count, NULL, NULL) == -AML_EPERM);
	NEED(aml_dma_wait_all(job->dma, 2, reqs, results) == -AML_EPERM);
	NEED(results[0] == -AML_EPERM && results[1] == 0);
	NEED(reqs[0] == job->req);
	NEED(aml_dma_barrier_until(job->dma, 0, &result) == -AML_EPERM);
	return 0;
}

/* Contract: DONE-13, DONE-21. */
START_TEST(an_operator_may_not_wait_for_itself)
{
	for (size_t workers = 0; workers < WORKERS_TRIED; workers++) {
		struct aml_dma *dma = new_engine(workers);
		struct job job = {.body = refuse_myself, .dma = dma};

		ck_assert_int_eq(job_post(dma, &job.req, &job), 0);
		ck_assert_int_eq(aml_dma_wait(dma, &job.req), 0);
		destroy_engine(&dma);
	}
}
END_TEST

/* Job body: post requests to the engine, and wait for them by each call. */
static int wait_inside(struct job *job)
{
	enum { N = 6 };
	struct trail trail = {.length = 0};
	struct job jobs[N];
	struct aml_dma_request *reqs[N];
	size_t index, count, indices[N];
	int result, results[N];

	for (int i = 0; i < N; i++) {
		jobs[i] = (struct job){.name = (char)('A' + i), .trail = &trail, .result = -i};
		NEED(job_post(job->dma, &reqs[i], &jobs[i]) == 0);
	}
	/* Nothing else can run: one thread, one slot. Each call runs what it asks for. */
	NEED(aml_dma_test(job->dma, &reqs[5], &result) == 0 && result == -5);
	NEED(aml_dma_wait_until(job->dma, &reqs[3], 0, &result) == 0 && result == -3);
	NEED(aml_dma_wait_any(job->dma, N, reqs, &index, &result) == 0);
	NEED(index == 0 && result == 0);
	NEED(aml_dma_wait_some(job->dma, N, reqs, 0, 0, &count, indices, results) == 0);
	NEED(count == 1 && indices[0] == 1 && results[0] == -1);
	NEED(aml_dma_wait_all(job->dma, N, reqs, results) == -2);
	NEED(results[2] == -2 && results[4] == -4);
	NEED(trail.length == N && memcmp(trail.text, "FDABCE", N) == 0);
	return 0;
}

/* Contract: DONE-4, DONE-20. */
START_TEST(inside_an_operator_each_call_runs_what_it_asks_for_in_the_order_of_the_list)
{
	for (size_t workers = 0; workers < 2; workers++) {
		struct aml_dma *dma = new_engine(workers), *other = new_engine(workers);
		struct job job = {.body = wait_inside, .dma = dma};

		ck_assert_int_eq(job_post(dma, &job.req, &job), 0);
		ck_assert_int_eq(aml_dma_wait_until(dma, &job.req, AML_DMA_NO_DEADLINE, &job.n), 0);
		ck_assert_int_eq(job.n, 0);
		if (workers == 0) {
			/* The same from inside an operator of another engine. */
			ck_assert_int_eq(job_copy(other, &job), 0);
		}
		destroy_engine(&dma);
		destroy_engine(&other);
	}
}
END_TEST

/* Job body: test a request until it has finished. */
static int test_inside(struct job *job)
{
	int result = 1;

	gate_pass((struct gate *)(void *)job->task);
	NEED(test_until_finished(job->dma, &job->other->req, &result) == 0);
	return result;
}

/* Job body: wait for a request of its own that the program lets go. */
static int wait_for_gated(struct job *job)
{
	return aml_dma_wait(job->dma, &job->other->req);
}

/*
 * One worker. An operator, which waits inside for a request that runs in another thread, needs its
 * slot again. The operator that tests it has the only slot.
 */
/* Contract: DONE-4. */
START_TEST(a_test_inside_an_operator_gives_up_its_slot_to_operators_that_need_one)
{
	struct aml_dma *dma = new_engine(1), *far_engine = new_engine(1);
	struct gate gate, begun;
	struct job inner = {.gate = &gate, .result = 0};
	struct job outer = {.body = wait_for_gated, .dma = far_engine, .other = &inner};
	struct job tester = {.body = test_inside,
			     .dma = dma,
			     .other = &outer,
			     .task = (struct aml_task *)(void *)&begun};
	struct call call = {.fn = call_wait, .dma = dma, .req = &tester.req};

	gate_init(&gate);
	gate_init(&begun);
	ck_assert_int_eq(job_post(far_engine, &inner.req, &inner), 0);
	gate_await(&gate);
	ck_assert_int_eq(job_post(dma, &outer.req, &outer), 0);
	ck_assert_int_eq(job_post(dma, &tester.req, &tester), 0);
	/* The outer operator sleeps without its slot: else the tester could not begin. */
	call_begin(&call);
	gate_await(&begun);
	gate_open(&begun);
	gate_open(&gate);
	ck_assert_int_eq(call_end(&call), 0);
	destroy_engine(&dma);
	destroy_engine(&far_engine);
	gate_destroy(&gate);
	gate_destroy(&begun);
}
END_TEST

/* Job body: open the gate of the other job. */
static int open_gate(struct job *job)
{
	gate_open(job->other->gate);
	return 0;
}

/*
 * Two workers. One runs an operator that needs something which is queued, the other one an operator
 * that tests the first one. A thread that waits for what is queued can run it, but has no slot.
 */
START_TEST(a_test_inside_an_operator_gives_up_its_slot_to_what_is_queued)
{
	struct aml_dma *dma = new_engine(2);
	struct gate gate, begun;
	struct job blocked = {.gate = &gate}, opener = {.body = open_gate, .other = &blocked};
	struct job tester = {.body = test_inside,
			     .dma = dma,
			     .other = &blocked,
			     .task = (struct aml_task *)(void *)&begun};

	gate_init(&gate);
	gate_init(&begun);
	ck_assert_int_eq(job_post(dma, &blocked.req, &blocked), 0);
	gate_await(&gate);
	ck_assert_int_eq(job_post(dma, &tester.req, &tester), 0);
	gate_await(&begun);
	ck_assert_int_eq(job_post(dma, &opener.req, &opener), 0);
	gate_open(&begun);
	ck_assert_int_eq(aml_dma_wait(dma, &opener.req), 0);
	ck_assert_int_eq(aml_dma_wait(dma, &tester.req), 0);
	destroy_engine(&dma);
	gate_destroy(&gate);
	gate_destroy(&begun);
}
END_TEST

struct forked {
	struct aml_dma *dma;
	struct aml_dma_request **reqs;
};

/* In a child: what had not finished counts as finished, in the order of posting. */
static int wait_in_child(void *arg)
{
	struct forked *forked = arg;
	size_t index, count, indices[6];
	int result = 0, results[6];

	/* Request 5 had finished with -5 before the fork. The others are in reverse order. */
	NEED(aml_dma_wait_any(forked->dma, 6, forked->reqs, &index, &result) == 0);
	NEED(index == 5 && result == -5);
	NEED(aml_dma_wait_any(forked->dma, 6, forked->reqs, &index, &result) == 0);
	NEED(index == 4 && result == -AML_FAILURE);
	NEED(aml_dma_test(forked->dma, &forked->reqs[3], &result) == 0);
	NEED(result == -AML_FAILURE && forked->reqs[3] == NULL);
	NEED(aml_dma_wait_some(forked->dma, 3, forked->reqs, 3, 0, &count, indices, results) == 0);
	NEED(count == 3);
	for (size_t i = 0; i < 3; i++)
		NEED(indices[i] == 2 - i && results[i] == -AML_FAILURE && forked->reqs[i] == NULL);
	NEED(aml_dma_barrier_until(forked->dma, 0, &result) == 0 && result == 0);
	NEED(aml_dma_linux_destroy(&forked->dma) == 0);
	return 0;
}

/* Contract: DONE-23. */
START_TEST(in_a_child_requests_count_as_finished_in_the_order_of_posting)
{
	struct aml_dma *dma = new_engine(1);
	struct gate gate;
	struct job jobs[6];
	struct aml_dma_request *reqs[6];
	struct forked forked = {.dma = dma, .reqs = reqs};

	gate_init(&gate);
	for (int i = 5; i >= 0; i--) {
		jobs[i] = (struct job){.result = -i, .gate = i == 4 ? &gate : NULL};
		ck_assert_int_eq(job_post(dma, &reqs[i], &jobs[i]), 0);
	}
	gate_await(&gate);
	ck_assert_int_eq(in_child(wait_in_child, &forked), 0);
	gate_open(&gate);
	ck_assert_int_eq(aml_dma_wait_all(dma, 6, reqs, NULL), -1);
	destroy_engine(&dma);
	gate_destroy(&gate);
}
END_TEST

/* In a child: no thread waits for the requests any more, so this one may. */
static int wait_instead(void *arg)
{
	const struct forked *forked = arg;
	int results[3] = {1, 1, 1};

	NEED(aml_dma_wait_all(forked->dma, 3, forked->reqs, results) == -5);
	NEED(results[0] == -5 && results[1] == -AML_FAILURE && results[2] == -AML_FAILURE);
	return 0;
}

/* Contract: DONE-23. */
START_TEST(a_child_may_wait_for_what_a_thread_of_the_parent_waits_for)
{
	struct aml_dma *dma = new_engine(1);
	struct gate gate;
	struct job jobs[3] = {{.result = -5}, {.gate = &gate}, {.result = 0}}, arg = {.n = 3};
	struct aml_dma_request *reqs[3];
	struct forked forked = {.dma = dma, .reqs = reqs};
	struct call all = {.fn = call_wait_all, .dma = dma, .req = reqs, .job = &arg};

	gate_init(&gate);
	post_jobs(dma, reqs, jobs, 3);
	gate_await(&gate);
	call_begin(&all);
	while (aml_dma_test(dma, &reqs[2], NULL) != -AML_EPERM)
		yield_a_while();
	if (!under_race_checker())
		ck_assert_int_eq(in_child(wait_instead, &forked), 0);
	gate_open(&gate);
	ck_assert_int_eq(call_end(&all), -5);
	destroy_engine(&dma);
	gate_destroy(&gate);
}
END_TEST

/* If the calls looked at what else is queued or finished, this test would take hours. */
/* Contract: DONE-22. */
START_TEST(the_cost_of_a_call_does_not_grow_with_other_requests)
{
	enum { OTHERS = 50000, CALLS = 50000 };
	struct aml_dma *dma = new_engine(1);
	static struct aml_dma_request *others[OTHERS];
	struct aml_dma_request *mine[2];
	struct gate gate;
	struct job blocked = {.gate = &gate}, quick = {.result = 0};
	size_t index, count;
	int results[2];

	gate_init(&gate);
	/* Half of the others have finished, half are queued. */
	for (size_t i = 0; i < OTHERS / 2; i++)
		ck_assert_int_eq(job_post(dma, &others[i], &quick), 0);
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	ck_assert_int_eq(job_post(dma, &mine[0], &blocked), 0);
	gate_await(&gate);
	for (size_t i = OTHERS / 2; i < OTHERS; i++)
		ck_assert_int_eq(job_post(dma, &others[i], &quick), 0);
	ck_assert_int_eq(job_post(dma, &mine[1], &quick), 0);
	for (size_t i = 0; i < effort(CALLS); i++) {
		ck_assert_int_eq(aml_dma_test(dma, &mine[0], NULL), -AML_EBUSY);
		ck_assert_int_eq(aml_dma_wait_until(dma, &mine[1], 1, NULL), -AML_EBUSY);
		ck_assert_int_eq(aml_dma_wait_some(dma, 2, mine, 1, 1, &count, &index, results),
				 -AML_EBUSY);
	}
	gate_open(&gate);
	ck_assert_int_eq(aml_dma_wait_all(dma, 2, mine, NULL), 0);
	for (size_t i = 0; i < OTHERS; i++)
		ck_assert_int_eq(aml_dma_wait_any(dma, 1, &others[i], &index, NULL), 0);
	destroy_engine(&dma);
	gate_destroy(&gate);
}
END_TEST

SUITE("dma/completion", a_test_releases_a_finished_request,
      a_test_of_an_unfinished_request_changes_nothing, without_workers_each_call_runs_something,
      a_wait_until_returns_when_the_request_has_finished,
      with_workers_a_call_with_a_deadline_runs_no_operator_of_the_program,
      wait_any_takes_what_finished_first, wait_any_returns_although_another_request_blocks,
      wait_any_in_a_loop_returns_each_request_once, wait_all_stores_each_result,
      wait_all_wakes_the_thread_once, wait_some_packs_what_has_finished_in_the_order_of_finishing,
      wait_some_that_gives_up_releases_what_has_finished,
      failures_of_requests_that_a_call_gives_back_are_a_barrier_s, barrier_until_gives_up,
      a_handle_that_stands_twice_is_refused_and_nothing_is_released,
      handles_of_another_engine_are_refused, handles_that_another_thread_waits_for_are_refused,
      wait_all_leaves_out_what_may_not_be_waited_for, an_operator_may_not_wait_for_itself,
      inside_an_operator_each_call_runs_what_it_asks_for_in_the_order_of_the_list,
      a_test_inside_an_operator_gives_up_its_slot_to_operators_that_need_one,
      a_test_inside_an_operator_gives_up_its_slot_to_what_is_queued,
      in_a_child_requests_count_as_finished_in_the_order_of_posting,
      a_child_may_wait_for_what_a_thread_of_the_parent_waits_for,
      the_cost_of_a_call_does_not_grow_with_other_requests)
