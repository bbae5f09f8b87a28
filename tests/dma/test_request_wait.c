/* SPDX-License-Identifier: BSD-3-Clause */
/* Requests and synchronous copies: results, handles, order, bound, nested use and cycles. */
#include "gate.h"
#include "made.h"
#include "suite.h"

/* Contract: WAIT-1. */
START_TEST(wait_returns_the_operator_s_result_and_releases_the_handle)
{
	const int results[] = {0, -AML_FAILURE, -AML_EINVAL, -AML_EBUSY, -1000, INT32_MIN};

	for (size_t threads = 0; threads < 3; threads++) {
		struct aml_dma *dma = new_engine(threads);

		for (size_t i = 0; i < sizeof(results) / sizeof(*results); i++) {
			struct job job = {.result = results[i]};
			struct aml_dma_request *req = NULL;

			ck_assert_int_eq(job_post(dma, &req, &job), 0);
			ck_assert_ptr_nonnull(req);
			ck_assert_int_eq(aml_dma_wait(dma, &req), results[i]);
			ck_assert_ptr_null(req);
			ck_assert_int_eq(job.runs, 1);
			ck_assert_int_eq(job_copy(dma, &job), results[i]);
			ck_assert_int_eq(job.runs, 2);
		}
		destroy_engine(&dma);
	}
}
END_TEST

/* Contract: WAIT-1. */
START_TEST(wait_lasts_until_the_operator_has_returned)
{
	struct aml_dma *dma = new_engine(1);
	struct gate gate;
	struct job job = {.gate = &gate, .result = -AML_EPERM};
	struct aml_dma_request *req = NULL;
	struct call wait = {.fn = call_wait, .dma = dma, .req = &req};

	gate_init(&gate);
	ck_assert_int_eq(job_post(dma, &req, &job), 0);
	gate_await(&gate);
	call_begin(&wait);
	call_settle(&wait);
	ck_assert_int_eq(atomic_load(&wait.ended), 0);
	gate_open(&gate);
	ck_assert_int_eq(call_end(&wait), -AML_EPERM);
	ck_assert_ptr_null(req);
	destroy_engine(&dma);
	gate_destroy(&gate);
}
END_TEST

/* Contract: WAIT-1. */
START_TEST(handles_may_be_waited_for_in_any_order)
{
	enum { N = 200 };

	for (size_t threads = 0; threads < 3; threads++) {
		struct aml_dma *dma = new_engine(threads);
		struct job jobs[N];
		struct aml_dma_request *reqs[N];

		for (int i = 0; i < N; i++) {
			jobs[i] = (struct job){.result = -i};
			ck_assert_int_eq(job_post(dma, &reqs[i], &jobs[i]), 0);
		}
		/* Since 7 and 200 have no common factor, k takes each value once. */
		for (int i = 0, k = 0; i < N; i++, k = (k + 7) % N)
			ck_assert_int_eq(aml_dma_wait(dma, &reqs[k]), -k);
		ck_assert_int_eq(aml_dma_barrier(dma), 0);
		destroy_engine(&dma);
	}
}
END_TEST

/* Job body: return 0 if the handle has been stored. */
static int expect_handle(struct job *job)
{
	return job->req != NULL ? AML_SUCCESS : -AML_FAILURE;
}

/* Contract: WAIT-3. */
START_TEST(the_handle_is_stored_before_the_operator_can_start)
{
	struct aml_dma *dma = new_engine(2);

	for (int i = 0; i < 2000; i++) {
		struct job job = {.body = expect_handle};

		ck_assert_int_eq(job_post(dma, &job.req, &job), 0);
		ck_assert_int_eq(aml_dma_wait(dma, &job.req), 0);
	}
	destroy_engine(&dma);
}
END_TEST

/* Contract: THREAD-2. */
START_TEST(what_an_operator_wrote_is_visible_after_wait_copy_and_barrier)
{
	struct aml_dma *dma = new_engine(2);

	for (int i = 0; i < 2000; i++) {
		struct job job = {.result = 0};
		struct aml_dma_request *req = NULL;

		/*
		 * These variables are plain, so that ThreadSanitizer reports accesses that nothing
		 * orders.
		 */
		ck_assert_int_eq(job_post(dma, &req, &job), 0);
		ck_assert_int_eq(aml_dma_wait(dma, &req), 0);
		ck_assert_int_eq(job.runs, 1);
		ck_assert_int_eq(job_copy(dma, &job), 0);
		ck_assert_int_eq(job.runs, 2);
		ck_assert_int_eq(job_post(dma, NULL, &job), 0);
		ck_assert_int_eq(aml_dma_barrier(dma), 0);
		ck_assert_int_eq(job.runs, 3);
	}
	destroy_engine(&dma);
}
END_TEST

/* Contract: ORDER-4. */
START_TEST(a_synchronous_copy_keeps_its_place_in_the_order)
{
	struct aml_dma *dma = new_engine(1);
	struct gate gate;
	struct trail trail = {.length = 0};
	struct crowd crowd = {.most = 0};
	struct job jobs[4];
	struct call copy;

	gate_init(&gate);
	for (int i = 0; i < 4; i++)
		jobs[i] = (struct job){.name = (char)('A' + i), .trail = &trail, .crowd = &crowd};
	jobs[0].gate = &gate;
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(job_post(dma, NULL, &jobs[i]), 0);
	gate_await(&gate);
	copy = (struct call){.fn = call_copy, .dma = dma, .job = &jobs[3]};
	call_begin(&copy);
	call_settle(&copy);
	ck_assert_int_eq(atomic_load(&copy.ended), 0);
	ck_assert_uint_eq(atomic_load(&trail.length), 1);
	gate_open(&gate);
	ck_assert_int_eq(call_end(&copy), 0);
	ck_assert_str_eq(trail.text, "ABCD");
	ck_assert_int_eq(crowd.most, 1);
	destroy_engine(&dma);
	gate_destroy(&gate);
}
END_TEST

/* Contract: ORDER-4. */
START_TEST(synchronous_copies_of_many_threads_keep_the_bound)
{
	enum { CALLERS = 6 };

	for (size_t threads = 0; threads < 3; threads++) {
		struct aml_dma *dma = new_engine(threads);
		struct crowd crowd = {.most = 0};
		struct job jobs[CALLERS];
		struct call calls[CALLERS];

		for (int round = 0; round < 30; round++) {
			for (int i = 0; i < CALLERS; i++) {
				jobs[i] = (struct job){.crowd = &crowd, .result = -i};
				calls[i] =
					(struct call){.fn = call_copy, .dma = dma, .job = &jobs[i]};
				call_begin(&calls[i]);
			}
			for (int i = 0; i < CALLERS; i++)
				ck_assert_int_eq(call_end(&calls[i]), -i);
		}
		ck_assert_int_le(crowd.most, threads == 2 ? 2 : 1);
		ck_assert_int_eq(aml_dma_barrier(dma), 0);
		destroy_engine(&dma);
	}
}
END_TEST

START_TEST(a_synchronous_copy_runs_in_the_caller_when_a_slot_is_free_and_no_worker_is_there)
{
	struct aml_dma *dma = new_engine(0);
	struct job before = {.name = 'A'}, job = {.name = 'B'};
	struct trail trail = {.length = 0};

	before.trail = &trail;
	job.trail = &trail;
	ck_assert_int_eq(job_post(dma, NULL, &before), 0);
	ck_assert_int_eq(job_copy(dma, &job), 0);
	ck_assert_str_eq(trail.text, "AB");
	ck_assert_int_eq(before.tid, gettid());
	ck_assert_int_eq(job.tid, gettid());
	destroy_engine(&dma);
}
END_TEST

/* Job body: nested copies on job->dma, n levels deep, alternately synchronous and asynchronous. */
static int dive(struct job *job)
{
	struct job next = {.body = dive, .dma = job->dma, .n = job->n - 1};
	struct aml_dma_request *req = NULL;

	if (job->n == 0)
		return -AML_EDOM;
	if (job->n % 2 == 0)
		return job_copy(job->dma, &next);
	NEED(job_post(job->dma, &req, &next) == 0);
	return aml_dma_wait(job->dma, &req);
}

/* Contract: NEST-1. */
START_TEST(an_operator_may_copy_and_wait_on_its_own_engine_to_any_depth)
{
	for (size_t threads = 0; threads < 3; threads++) {
		struct aml_dma *dma = new_engine(threads);
		struct job job = {.body = dive, .dma = dma, .n = 100};

		ck_assert_int_eq(job_copy(dma, &job), -AML_EDOM);
		/* Each copy failed, and each failure was returned by its wait. */
		ck_assert_int_eq(aml_dma_barrier(dma), 0);
		destroy_engine(&dma);
	}
}
END_TEST

/* Job body: alternate between two engines, n times. */
static int cross(struct job *job)
{
	struct aml_dma **pair = (struct aml_dma **)job->other;
	struct job next = {.body = cross, .other = job->other, .n = job->n - 1};
	struct aml_dma_request *req = NULL;

	if (job->n == 0)
		return -AML_EDOM;
	NEED(job_post(pair[job->n % 2], &req, &next) == 0);
	return aml_dma_wait(pair[job->n % 2], &req);
}

/* Contract: NEST-1. */
START_TEST(an_operator_may_copy_on_another_engine_and_back)
{
	for (size_t threads = 0; threads < 9; threads++) {
		struct aml_dma *pair[] = {new_engine(threads / 3), new_engine(threads % 3)};
		struct job job = {.body = cross, .other = (struct job *)pair, .n = 60};

		ck_assert_int_eq(job_copy(pair[1], &job), -AML_EDOM);
		destroy_engine(&pair[0]);
		destroy_engine(&pair[1]);
	}
}
END_TEST

/* Job body: post to another engine, and call barriers and a wait there. */
static int use_other(struct job *job)
{
	struct job posted = {.result = -AML_EDOM}, quiet = {.result = 0};
	struct aml_dma_request *req = NULL;

	NEED(job_post(job->dma, NULL, &posted) == 0);
	NEED(job_post(job->dma, &req, &quiet) == 0);
	NEED(aml_dma_barrier(job->dma) == -AML_EDOM);
	NEED(aml_dma_barrier(job->dma) == 0);
	NEED(aml_dma_wait(job->dma, &req) == 0);
	NEED(posted.runs == 1 && quiet.runs == 1);
	return 0;
}

/* Contract: NEST-1. */
START_TEST(an_operator_may_use_barriers_of_another_engine)
{
	for (size_t threads = 0; threads < 9; threads++) {
		struct aml_dma *one = new_engine(threads / 3), *two = new_engine(threads % 3);
		struct job job = {.body = use_other, .dma = two};

		ck_assert_int_eq(job_copy(one, &job), 0);
		destroy_engine(&one);
		destroy_engine(&two);
	}
}
END_TEST

/* Job bodies: wait for the job's own request, or cancel it. */
static int wait_for_itself(struct job *job)
{
	return aml_dma_wait(job->dma, &job->req);
}

static int cancel_itself(struct job *job)
{
	return aml_dma_cancel(job->dma, &job->req);
}

/* Job body: make synchronous copies whose operators wait for, or cancel, this job's request. */
static int wait_above(struct job *job)
{
	struct job above = {.body = wait_for_itself, .dma = job->dma, .req = job->req};

	NEED(above.req != NULL);
	NEED(job_copy(job->dma, &above) == -AML_EBUSY);
	NEED(above.req == job->req);
	above.body = cancel_itself;
	NEED(job_copy(job->dma, &above) == -AML_EBUSY);
	NEED(above.req == job->req);
	return 0;
}

/* Contract: NEST-4. */
START_TEST(waiting_for_or_cancelling_what_is_on_ones_own_stack_is_told)
{
	for (size_t threads = 0; threads < 2; threads++) {
		struct aml_dma *dma = new_engine(threads);
		struct job wait = {.body = wait_for_itself, .dma = dma};
		struct job cancel = {.body = cancel_itself, .dma = dma};
		struct job above = {.body = wait_above, .dma = dma};

		/*
		 * A barrier waits first, so that the operator sees its handle and no thread waits
		 * for it.
		 */
		ck_assert_int_eq(job_post(dma, &wait.req, &wait), 0);
		ck_assert_int_eq(aml_dma_barrier(dma), -AML_EBUSY);
		ck_assert_ptr_nonnull(wait.req);
		ck_assert_int_eq(aml_dma_wait(dma, &wait.req), -AML_EBUSY);
		ck_assert_ptr_null(wait.req);

		ck_assert_int_eq(job_post(dma, &cancel.req, &cancel), 0);
		ck_assert_int_eq(aml_dma_barrier(dma), -AML_EBUSY);
		ck_assert_ptr_nonnull(cancel.req);
		ck_assert_int_eq(aml_dma_wait(dma, &cancel.req), -AML_EBUSY);

		ck_assert_int_eq(job_post(dma, &above.req, &above), 0);
		ck_assert_int_eq(aml_dma_barrier(dma), 0);
		ck_assert_int_eq(aml_dma_wait(dma, &above.req), 0);
		destroy_engine(&dma);
	}
}
END_TEST

/* Contract: WAIT-5. */
START_TEST(a_second_waiter_for_a_handle_is_told_and_changes_nothing)
{
	/* The first waiter runs the operator itself, so it is inside its wait. */
	struct aml_dma *dma = new_engine(0);
	struct gate gate;
	struct job job = {.gate = &gate};
	struct aml_dma_request *req = NULL, *copy;
	struct call first = {.fn = call_wait, .dma = dma, .req = &req};

	gate_init(&gate);
	ck_assert_int_eq(job_post(dma, &req, &job), 0);
	copy = req;
	call_begin(&first);
	gate_await(&gate);
	ck_assert_int_eq(aml_dma_wait(dma, &copy), -AML_EBUSY);
	ck_assert_ptr_nonnull(copy);
	ck_assert_int_eq(aml_dma_cancel(dma, &copy), -AML_EBUSY);
	ck_assert_ptr_nonnull(copy);
	gate_open(&gate);
	ck_assert_int_eq(call_end(&first), 0);
	ck_assert_ptr_null(req);
	destroy_engine(&dma);
	gate_destroy(&gate);
}
END_TEST

/* Contract: OWN-9, RUN-1. */
START_TEST(requests_without_a_handle_run_though_nobody_waits)
{
	struct aml_dma *dma = new_engine(1);
	struct gate gate;
	struct job job = {.gate = &gate};

	gate_init(&gate);
	ck_assert_int_eq(job_post(dma, NULL, &job), 0);
	gate_await(&gate);
	gate_open(&gate);
	destroy_engine(&dma);
	ck_assert_int_eq(job.runs, 1);
	gate_destroy(&gate);
}
END_TEST

/* Contract: MEMORY-3. */
START_TEST(a_great_many_requests_may_be_in_flight)
{
	enum { N = 20000 };
	struct aml_dma *dma = new_engine(2);
	struct aml_dma_request **reqs = calloc(N, sizeof(*reqs));
	size_t word = 7;
	size_t *to = calloc(N, sizeof(*to));

	ck_assert(reqs != NULL && to != NULL);
	for (int i = 0; i < N; i++)
		ck_assert_int_eq(
			aml_dma_async_copy_custom(dma, &reqs[i], (struct aml_layout *)&to[i],
						  (struct aml_layout *)&word,
						  aml_dma_linux_memcpy_op, (void *)sizeof(word)),
			0);
	for (int i = N - 1; i >= 0; i--)
		ck_assert_int_eq(aml_dma_wait(dma, &reqs[i]), 0);
	for (int i = 0; i < N; i++)
		ck_assert_uint_eq(to[i], 7);
	free(reqs);
	free(to);
	destroy_engine(&dma);
}
END_TEST

SUITE("dma/request_wait", wait_returns_the_operator_s_result_and_releases_the_handle,
      wait_lasts_until_the_operator_has_returned, handles_may_be_waited_for_in_any_order,
      the_handle_is_stored_before_the_operator_can_start,
      what_an_operator_wrote_is_visible_after_wait_copy_and_barrier,
      a_synchronous_copy_keeps_its_place_in_the_order,
      synchronous_copies_of_many_threads_keep_the_bound,
      a_synchronous_copy_runs_in_the_caller_when_a_slot_is_free_and_no_worker_is_there,
      an_operator_may_copy_and_wait_on_its_own_engine_to_any_depth,
      an_operator_may_copy_on_another_engine_and_back,
      an_operator_may_use_barriers_of_another_engine,
      waiting_for_or_cancelling_what_is_on_ones_own_stack_is_told,
      a_second_waiter_for_a_handle_is_told_and_changes_nothing,
      requests_without_a_handle_run_though_nobody_waits, a_great_many_requests_may_be_in_flight)
