/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Cancelling queued, running and finished requests, with custom operators and with the library's.
 */
#include <aml/layout/dense.h>
#include <sched.h>

#include "gate.h"
#include "made.h"
#include "suite.h"

static void post(struct aml_dma *dma, struct aml_dma_request **req, struct job *job)
{
	ck_assert_int_eq(job_post(dma, req, job), 0);
}

/* Contract: CANCEL-1. */
START_TEST(a_queued_request_never_runs)
{
	struct aml_dma *dma = new_engine(1);
	struct gate gate;
	struct job held = {.gate = &gate}, queued = {.result = -AML_EDOM};
	struct aml_dma_request *req = NULL;

	gate_init(&gate);
	post(dma, NULL, &held);
	gate_await(&gate);
	post(dma, &req, &queued);
	ck_assert_int_eq(aml_dma_cancel(dma, &req), 0);
	ck_assert_ptr_null(req);
	gate_open(&gate);
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	destroy_engine(&dma);
	ck_assert_int_eq(queued.runs, 0);
	gate_destroy(&gate);
}
END_TEST

/* Contract: CANCEL-1. */
START_TEST(without_workers_a_queued_request_never_runs)
{
	struct aml_dma *dma = new_engine(0);
	struct job jobs[3];
	struct aml_dma_request *reqs[3];

	for (int cancelled = 0; cancelled < 3; cancelled++) {
		for (int i = 0; i < 3; i++) {
			jobs[i] = (struct job){.result = -i};
			post(dma, &reqs[i], &jobs[i]);
		}
		ck_assert_int_eq(aml_dma_cancel(dma, &reqs[cancelled]), 0);
		ck_assert_ptr_null(reqs[cancelled]);
		for (int i = 2; i >= 0; i--)
			if (i != cancelled)
				ck_assert_int_eq(aml_dma_wait(dma, &reqs[i]), -i);
		for (int i = 0; i < 3; i++)
			ck_assert_int_eq(jobs[i].runs, i != cancelled);
	}
	destroy_engine(&dma);
}
END_TEST

/* Contract: ORDER-5. */
START_TEST(the_others_keep_their_order)
{
	/* Of the requests A … Z, cancel every third, from A on, and Z. */
	struct aml_dma *dma = new_engine(1);
	struct trail trail = {.length = 0};
	struct gate gate;
	struct job held = {.gate = &gate}, jobs[26];
	struct aml_dma_request *reqs[26];

	gate_init(&gate);
	post(dma, NULL, &held);
	gate_await(&gate);
	for (int i = 0; i < 26; i++) {
		jobs[i] = (struct job){.name = (char)('A' + i), .trail = &trail};
		post(dma, &reqs[i], &jobs[i]);
	}
	for (int i = 24; i >= 0; i -= 3)
		ck_assert_int_eq(aml_dma_cancel(dma, &reqs[i]), 0);
	ck_assert_int_eq(aml_dma_cancel(dma, &reqs[25]), 0);
	gate_open(&gate);
	for (int i = 25; i >= 0; i--)
		if (reqs[i] != NULL)
			ck_assert_int_eq(aml_dma_wait(dma, &reqs[i]), 0);
	ck_assert_str_eq(trail.text, "BCEFHIKLNOQRTUWX");
	destroy_engine(&dma);
	gate_destroy(&gate);
}
END_TEST

/* Contract: CANCEL-2. */
START_TEST(a_running_operator_is_waited_for)
{
	for (size_t threads = 1; threads < 3; threads++) {
		struct aml_dma *dma = new_engine(threads);
		struct gate gate;
		struct job job = {.gate = &gate, .result = -AML_EDOM};
		struct aml_dma_request *req = NULL;
		struct call cancel = {.fn = call_cancel, .dma = dma, .req = &req};

		gate_init(&gate);
		post(dma, &req, &job);
		gate_await(&gate);
		call_begin(&cancel);
		call_settle(&cancel);
		ck_assert_int_eq(atomic_load(&cancel.ended), 0);
		gate_open(&gate);
		ck_assert_int_eq(call_end(&cancel), 0);
		ck_assert_ptr_null(req);
		ck_assert_int_eq(job.runs, 1);
		ck_assert_int_eq(aml_dma_barrier(dma), 0);
		destroy_engine(&dma);
		gate_destroy(&gate);
	}
}
END_TEST

/* Job body: write to memory that the canceller releases afterwards. */
static int write_late(struct job *job)
{
	job->n = 0;
	for (int i = 0; i < 20; i++) {
		sched_yield();
		job->n++;
	}
	return 0;
}

/* Contract: OWN-8, CANCEL-4. */
START_TEST(when_cancel_returns_the_engine_no_longer_touches_the_buffers)
{
	/*
	 * The cancel meets the request in different states. The job is released right after the
	 * cancel.
	 */
	for (size_t threads = 0; threads < 3; threads++) {
		struct aml_dma *dma = new_engine(threads);

		for (int i = 0; i < 100; i++) {
			struct job *job = calloc(1, sizeof(*job));
			struct aml_dma_request *req = NULL;

			ck_assert_ptr_nonnull(job);
			job->body = write_late;
			post(dma, &req, job);
			for (int k = 0; k < i % 10; k++)
				sched_yield();
			ck_assert_int_eq(aml_dma_cancel(dma, &req), 0);
			ck_assert_ptr_null(req);
			memset(job, 0, sizeof(*job));
			free(job);
		}
		ck_assert_int_eq(aml_dma_barrier(dma), 0);
		destroy_engine(&dma);
	}
}
END_TEST

/* Contract: CANCEL-4. */
START_TEST(copies_of_the_library_s_own_are_cancelled_in_any_state)
{
	enum { SIZE = 1 << 20 };

	for (size_t threads = 0; threads < 3; threads++) {
		struct aml_dma *dma = new_engine(threads);
		size_t dims[] = {1 << 9, 1 << 9};

		for (int i = 0; i < 24; i++) {
			char *from = malloc(SIZE), *to = malloc(SIZE);
			struct aml_layout *src = NULL, *dst = NULL;
			struct aml_dma_request *req = NULL;

			ck_assert(from != NULL && to != NULL);
			memset(from, i, SIZE);
			ck_assert_int_eq(aml_layout_dense_create(&src, from, AML_LAYOUT_ORDER_C, 4,
								 2, dims, NULL, NULL),
					 0);
			ck_assert_int_eq(aml_layout_dense_create(&dst, to, AML_LAYOUT_ORDER_C, 4, 2,
								 dims, NULL, NULL),
					 0);
			if (i % 2 == 0)
				ck_assert_int_eq(aml_dma_async_copy(dma, &req, dst, src), 0);
			else
				ck_assert_int_eq(aml_dma_async_copy_custom(
							 dma, &req, (struct aml_layout *)to,
							 (struct aml_layout *)from,
							 aml_dma_linux_memcpy_op, (void *)SIZE),
						 0);
			aml_layout_destroy(&src);
			aml_layout_destroy(&dst);
			for (int k = 0; k < i % 6; k++)
				sched_yield();
			ck_assert_int_eq(aml_dma_cancel(dma, &req), 0);
			ck_assert_ptr_null(req);
			free(from);
			free(to);
		}
		ck_assert_int_eq(aml_dma_barrier(dma), 0);
		destroy_engine(&dma);
	}
}
END_TEST

/* Contract: CANCEL-2. */
START_TEST(a_finished_request_is_just_released)
{
	const int results[] = {0, -AML_EDOM};

	for (size_t threads = 0; threads < 3; threads++) {
		struct aml_dma *dma = new_engine(threads);

		for (int i = 0; i < 2; i++) {
			struct job job = {.result = results[i]};
			struct aml_dma_request *req = NULL;

			post(dma, &req, &job);
			ck_assert_int_eq(aml_dma_barrier(dma), results[i]);
			ck_assert_int_eq(aml_dma_cancel(dma, &req), 0);
			ck_assert_ptr_null(req);
			ck_assert_int_eq(job.runs, 1);
			ck_assert_int_eq(aml_dma_barrier(dma), 0);
		}
		destroy_engine(&dma);
	}
}
END_TEST

/* Contract: CANCEL-1. */
START_TEST(a_barrier_does_not_wait_for_what_was_cancelled)
{
	for (size_t threads = 0; threads < 3; threads++) {
		struct aml_dma *dma = new_engine(threads);
		struct gate gate;
		struct job held[2], job = {.result = 0};
		struct aml_dma_request *reqs[10];
		struct call runner = {.fn = call_barrier, .dma = dma};
		struct call barrier = {.fn = call_barrier, .dma = dma};

		gate_init(&gate);
		for (size_t i = 0; i < (threads > 0 ? threads : 1); i++) {
			held[i] = (struct job){.gate = &gate};
			post(dma, NULL, &held[i]);
		}
		if (threads == 0)
			call_begin(&runner);
		gate_await(&gate);
		for (int i = 0; i < 10; i++)
			post(dma, &reqs[i], &job);
		call_begin(&barrier);
		call_settle(&barrier);
		/* Cancel from both ends in turn. */
		for (int i = 0; i < 5; i++) {
			ck_assert_int_eq(aml_dma_cancel(dma, &reqs[9 - i]), 0);
			ck_assert_int_eq(aml_dma_cancel(dma, &reqs[i]), 0);
		}
		for (size_t i = 0; i < 2; i++)
			gate_open(&gate);
		ck_assert_int_eq(call_end(&barrier), 0);
		if (threads == 0)
			ck_assert_int_eq(call_end(&runner), 0);
		ck_assert_int_eq(job.runs, 0);
		destroy_engine(&dma);
		gate_destroy(&gate);
	}
}
END_TEST

/* Contract: CANCEL-1. */
START_TEST(cancelling_the_last_thing_that_a_barrier_waits_for_ends_it)
{
	/*
	 * The engine has no workers, so the barrier runs A and is inside its call. B is posted
	 * before and cancelled while A is at the gate, so nothing follows A.
	 */
	struct aml_dma *dma = new_engine(0);
	struct gate gate;
	struct job a = {.gate = &gate}, b = {.result = -AML_EDOM};
	struct aml_dma_request *req = NULL;
	struct call barrier = {.fn = call_barrier, .dma = dma};

	gate_init(&gate);
	post(dma, NULL, &a);
	post(dma, &req, &b);
	call_begin(&barrier);
	gate_await(&gate);
	ck_assert_int_eq(aml_dma_cancel(dma, &req), 0);
	gate_open(&gate);
	ck_assert_int_eq(call_end(&barrier), 0);
	ck_assert_int_eq(b.runs, 0);
	destroy_engine(&dma);
	gate_destroy(&gate);
}
END_TEST

START_TEST(a_barrier_and_a_cancel_may_wait_for_the_same_operator)
{
	struct aml_dma *dma = new_engine(1);
	struct gate gate;
	struct job job = {.gate = &gate, .result = -AML_EDOM};
	struct aml_dma_request *req = NULL;
	struct call cancel = {.fn = call_cancel, .dma = dma, .req = &req};
	struct call barrier = {.fn = call_barrier, .dma = dma};
	int err;

	gate_init(&gate);
	for (int round = 0; round < 50; round++) {
		post(dma, &req, &job);
		gate_await(&gate);
		call_begin(&cancel);
		call_begin(&barrier);
		if (round % 2 == 0)
			call_settle(&barrier);
		gate_open(&gate);
		ck_assert_int_eq(call_end(&cancel), 0);
		/*
		 * The request may have failed before the cancel began and while the barrier was
		 * waiting.
		 */
		err = call_end(&barrier);
		ck_assert(err == 0 || err == -AML_EDOM);
		ck_assert_int_eq(aml_dma_barrier(dma), 0);
	}
	destroy_engine(&dma);
	gate_destroy(&gate);
}
END_TEST

/* Job body: cancel job->req on job->dma, which is queued behind this job or runs elsewhere. */
static int cancel_inside(struct job *job)
{
	NEED(aml_dma_cancel(job->dma, &job->req) == 0);
	NEED(job->req == NULL);
	return 0;
}

/* Contract: CANCEL-5. */
START_TEST(an_operator_may_cancel_what_is_queued)
{
	for (size_t threads = 0; threads < 2; threads++) {
		struct aml_dma *dma = new_engine(threads);
		struct gate gate;
		struct job held = {.gate = &gate}, queued = {.result = 0};
		struct job job = {.body = cancel_inside, .dma = dma};
		struct aml_dma_request *req = NULL;

		gate_init(&gate);
		if (threads > 0) {
			post(dma, NULL, &held);
			gate_await(&gate);
		}
		post(dma, &req, &job);
		post(dma, &job.req, &queued);
		gate_open(&gate);
		ck_assert_int_eq(aml_dma_wait(dma, &req), 0);
		ck_assert_int_eq(aml_dma_barrier(dma), 0);
		ck_assert_int_eq(queued.runs, 0);
		destroy_engine(&dma);
		gate_destroy(&gate);
	}
}
END_TEST

/* Contract: CANCEL-5. */
START_TEST(an_operator_may_cancel_what_runs_elsewhere)
{
	struct aml_dma *dma = new_engine(2);
	struct gate gate, inside;
	struct job held = {.gate = &gate};
	struct job job = {.gate = &inside, .body = cancel_inside, .dma = dma};
	struct aml_dma_request *req = NULL;

	gate_init(&gate);
	gate_init(&inside);
	post(dma, &job.req, &held);
	gate_await(&gate);
	post(dma, &req, &job);
	gate_await(&inside);
	gate_open(&inside);
	thread_settle(job.tid);
	gate_open(&gate);
	ck_assert_int_eq(aml_dma_wait(dma, &req), 0);
	ck_assert_int_eq(held.runs, 1);
	destroy_engine(&dma);
	gate_destroy(&gate);
	gate_destroy(&inside);
}
END_TEST

/* Job body: wait for job->req on job->dma. */
static int wait_inside(struct job *job)
{
	return aml_dma_wait(job->dma, &job->req);
}

/* Contract: ORDER-5. */
START_TEST(the_next_one_runs_at_once_when_the_head_is_cancelled)
{
	/*
	 * The worker is blocked in a wait, so the slot is free. B is the head and has no waiter to
	 * run it. C has a waiter, which may run C once B is cancelled. X continues only after that
	 * waiter has returned.
	 */
	struct aml_dma *dma = new_engine(1), *other = new_engine(1);
	struct gate gate, inside;
	struct job x = {.gate = &gate}, b = {.result = 0}, c = {.result = -AML_EDOM};
	struct job probe = {.result = 0};
	struct job a = {.gate = &inside, .body = wait_inside, .dma = other};
	struct aml_dma_request *reqs[3] = {NULL};
	struct call wait = {.fn = call_wait, .dma = dma, .req = &reqs[2]};

	gate_init(&gate);
	gate_init(&inside);
	post(other, &a.req, &x);
	gate_await(&gate);
	post(dma, &reqs[0], &a);
	gate_await(&inside);
	gate_open(&inside);
	/* Only this thread can run the probe, and only when the slot is free. */
	ck_assert_int_eq(job_copy(dma, &probe), 0);
	post(dma, &reqs[1], &b);
	post(dma, &reqs[2], &c);
	call_begin(&wait);
	call_settle(&wait);
	ck_assert_int_eq(aml_dma_cancel(dma, &reqs[1]), 0);
	ck_assert_int_eq(call_end(&wait), -AML_EDOM);
	ck_assert_int_eq(c.tid, wait.tid);
	gate_open(&gate);
	ck_assert_int_eq(aml_dma_wait(dma, &reqs[0]), 0);
	ck_assert_int_eq(b.runs, 0);
	destroy_engine(&dma);
	destroy_engine(&other);
	gate_destroy(&gate);
	gate_destroy(&inside);
}
END_TEST

/* Contract: MEMORY-1. */
START_TEST(a_cancelled_request_s_memory_is_used_again)
{
	struct aml_dma *dma = new_engine(0);
	struct job job = {.result = -AML_EDOM};

	for (int i = 0; i < 5000; i++) {
		struct aml_dma_request *reqs[3];

		for (int k = 0; k < 3; k++)
			post(dma, &reqs[k], &job);
		ck_assert_int_eq(aml_dma_cancel(dma, &reqs[1]), 0);
		ck_assert_int_eq(aml_dma_cancel(dma, &reqs[2]), 0);
		ck_assert_int_eq(aml_dma_wait(dma, &reqs[0]), -AML_EDOM);
	}
	ck_assert_int_eq(job.runs, 5000);
	destroy_engine(&dma);
}
END_TEST

SUITE("dma/cancel", a_queued_request_never_runs, without_workers_a_queued_request_never_runs,
      the_others_keep_their_order, a_running_operator_is_waited_for,
      when_cancel_returns_the_engine_no_longer_touches_the_buffers,
      copies_of_the_library_s_own_are_cancelled_in_any_state, a_finished_request_is_just_released,
      a_barrier_does_not_wait_for_what_was_cancelled,
      cancelling_the_last_thing_that_a_barrier_waits_for_ends_it,
      a_barrier_and_a_cancel_may_wait_for_the_same_operator, an_operator_may_cancel_what_is_queued,
      an_operator_may_cancel_what_runs_elsewhere,
      the_next_one_runs_at_once_when_the_head_is_cancelled,
      a_cancelled_request_s_memory_is_used_again)
