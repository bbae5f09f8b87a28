/* SPDX-License-Identifier: BSD-3-Clause */
/* Callbacks: when, where and with which code they are called. */
#include "gate.h"
#include "made.h"
#include "suite.h"

struct called {
	struct trail *trail;
	char name;
	int times, result;
	pthread_t thread;
	int (*body)(struct called *called); /* its result replaces `result` */
	struct aml_dma *dma;
	struct aml_dma_request *req;
	struct gate *gate;
};

static void note_call(int result, void *arg)
{
	struct called *called = arg;

	called->times++;
	called->result = result;
	called->thread = pthread_self();
	if (called->trail != NULL)
		trail_add(called->trail, called->name);
	if (called->gate != NULL)
		gate_pass(called->gate);
	if (called->body != NULL)
		called->result = called->body(called);
}

static int post_called(struct aml_dma *dma, struct aml_dma_request **req, struct job *job,
		       struct called *called, unsigned flags, struct aml_dma_request *after)
{
	struct aml_dma_post_attr attr = job_attr(job);

	attr.flags = flags;
	attr.callback = note_call;
	attr.callback_arg = called;
	attr.nafter = after != NULL;
	attr.after = &after;
	return aml_dma_post(dma, 1, &attr, req);
}

/* Contract: CALLBACK-1, CALLBACK-3. */
START_TEST(the_callback_gets_the_result_before_the_wait_returns)
{
	struct aml_dma *dma = new_engine(1);
	struct job good = {.result = 0}, bad = {.result = -AML_EDOM};
	struct called calls[2] = {{.times = 0}, {.times = 0}};
	struct aml_dma_request *req;

	ck_assert_int_eq(post_called(dma, &req, &good, &calls[0], 0, NULL), 0);
	ck_assert_int_eq(aml_dma_wait(dma, &req), 0);
	ck_assert_int_eq(calls[0].times, 1);
	ck_assert_int_eq(calls[0].result, 0);
	/* A callback without a handle reports the failure: no barrier does. */
	ck_assert_int_eq(post_called(dma, NULL, &bad, &calls[1], 0, NULL), 0);
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	ck_assert_int_eq(calls[1].times, 1);
	ck_assert_int_eq(calls[1].result, -AML_EDOM);
	ck_assert_int_eq(post_called(dma, &req, &bad, &calls[1], 0, NULL), 0);
	ck_assert_int_eq(aml_dma_barrier(dma), -AML_EDOM);
	ck_assert_int_eq(aml_dma_wait(dma, &req), -AML_EDOM);
	destroy_engine(&dma);
}
END_TEST

/* Contract: CALLBACK-1, CALLBACK-6. */
START_TEST(a_skipped_request_is_reported)
{
	struct aml_dma *dma = new_engine(0);
	struct job bad = {.result = -AML_EDOM}, skipped = {.result = 0};
	struct called called = {.times = 0};
	struct aml_dma_request *first, *second;

	ck_assert_int_eq(job_post(dma, &first, &bad), 0);
	ck_assert_int_eq(post_called(dma, &second, &skipped, &called, 0, first), 0);
	ck_assert_int_eq(aml_dma_wait(dma, &second), -AML_EDOM);
	ck_assert_int_eq(called.times, 1);
	ck_assert_int_eq(called.result, -AML_EDOM);
	ck_assert_int_eq(skipped.runs, 0);
	ck_assert_int_eq(aml_dma_wait(dma, &first), -AML_EDOM);
	destroy_engine(&dma);
}
END_TEST

static int cancel_again(struct called *called)
{
	struct aml_dma_request *req = called->req;

	NEED(aml_dma_wait(called->dma, &req) == -AML_EBUSY);
	NEED(aml_dma_cancel(called->dma, &req) == -AML_EBUSY);
	NEED(aml_dma_barrier(called->dma) == -AML_EBUSY);
	return 0;
}

/* Contract: CALLBACK-1, CALLBACK-5. */
START_TEST(a_cancel_calls_back)
{
	struct aml_dma *dma = new_engine(0);
	struct job jobs[2] = {{.result = 0}, {.result = 0}};
	struct called called = {.times = 0}, held = {.body = cancel_again, .dma = dma};
	struct aml_dma_request *first, *second;

	ck_assert_int_eq(post_called(dma, &first, &jobs[0], &called, 0, NULL), 0);
	ck_assert_int_eq(post_called(dma, &second, &jobs[1], &held, 0, first), 0);
	held.req = second;
	ck_assert_int_eq(aml_dma_cancel(dma, &second), 0);
	ck_assert_int_eq(held.times, 1);
	ck_assert_int_eq(held.result, 0);
	ck_assert(pthread_equal(held.thread, pthread_self()));
	ck_assert_int_eq(aml_dma_cancel(dma, &first), 0);
	ck_assert_int_eq(called.times, 1);
	ck_assert_int_eq(called.result, -AML_FAILURE);
	ck_assert_int_eq(jobs[0].runs + jobs[1].runs, 0);
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	destroy_engine(&dma);
}
END_TEST

/* Contract: CANCELALL-1, CANCELALL-2. */
START_TEST(cancel_all_calls_back_in_order)
{
	struct aml_dma *dma = new_engine(0);
	struct trail trail = {.length = 0};
	struct job jobs[6];
	struct called calls[6];
	struct aml_dma_request *reqs[6] = {NULL};
	size_t count;

	for (int i = 0; i < 6; i++) {
		jobs[i] = (struct job){.result = 0};
		calls[i] = (struct called){.trail = &trail, .name = (char)('a' + i)};
		ck_assert_int_eq(post_called(dma, i % 2 ? &reqs[i] : NULL, &jobs[i], &calls[i], 0,
					     i > 2 ? reqs[1] : NULL),
				 0);
	}
	ck_assert_int_eq(aml_dma_cancel_all(dma, &count), 0);
	ck_assert_uint_eq(count, 6);
	ck_assert_str_eq(trail.text, "abcdef");
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	for (int i = 0; i < 6; i++) {
		ck_assert_int_eq(calls[i].result, -AML_FAILURE);
		ck_assert_int_eq(jobs[i].runs, 0);
		if (reqs[i] != NULL)
			ck_assert_int_eq(aml_dma_wait(dma, &reqs[i]), -AML_FAILURE);
	}
	destroy_engine(&dma);
}
END_TEST

/* Contract: CALLBACK-3. */
START_TEST(a_barrier_waits_for_the_callback_of_a_cancel)
{
	struct aml_dma *dma = new_engine(1);
	struct gate gate, busy;
	struct job first = {.gate = &busy}, job = {.result = 0};
	struct called called = {.gate = &gate};
	struct aml_dma_request *req;
	struct call cancel = {.fn = call_cancel, .dma = dma, .req = &req},
		    barrier = {.fn = call_barrier, .dma = dma};

	gate_init(&gate);
	gate_init(&busy);
	ck_assert_int_eq(job_post(dma, NULL, &first), 0);
	gate_await(&busy);
	ck_assert_int_eq(post_called(dma, &req, &job, &called, 0, NULL), 0);
	call_begin(&cancel);
	gate_await(&gate);
	call_begin(&barrier);
	gate_open(&busy);
	call_settle(&barrier);
	ck_assert_int_eq(barrier.ended, 0);
	gate_open(&gate);
	ck_assert_int_eq(call_end(&cancel), 0);
	ck_assert_int_eq(call_end(&barrier), 0);
	ck_assert_int_eq(job.runs, 0);
	destroy_engine(&dma);
	gate_destroy(&gate);
	gate_destroy(&busy);
}
END_TEST

static int post_and_wait(struct called *called)
{
	struct job job = {.result = -AML_EDOM};
	struct aml_dma_request *req;

	NEED(job_post(called->dma, &req, &job) == 0);
	NEED(aml_dma_wait(called->dma, &req) == -AML_EDOM);
	NEED(job.runs == 1);
	return 0;
}

/* Contract: CALLBACK-2. */
START_TEST(a_callback_may_post_and_wait)
{
	for (size_t workers = 0; workers < 3; workers++) {
		struct aml_dma *dma = new_engine(workers);
		struct job job = {.result = 0};
		struct called called = {.body = post_and_wait, .dma = dma};
		struct aml_dma_request *req;

		ck_assert_int_eq(post_called(dma, &req, &job, &called, 0, NULL), 0);
		ck_assert_int_eq(aml_dma_wait(dma, &req), 0);
		ck_assert_int_eq(called.result, 0);
		destroy_engine(&dma);
	}
}
END_TEST

/* The number of callbacks that this thread has run. */
static __thread int calls_here;

static void count_here(int result, void *arg)
{
	(void)result;
	(void)arg;
	calls_here++;
}

/* Contract: CALLBACK-4. */
START_TEST(no_callback_runs_inside_a_post)
{
	for (size_t workers = 0; workers < 3; workers++) {
		struct aml_dma *dma = new_engine(workers);
		struct aml_dma_post_attr posts[2] = {AML_DMA_POST_ATTR_INIT,
						     AML_DMA_POST_ATTR_INIT};
		struct job failed = {.result = -AML_EDOM};
		struct aml_dma_request *req;

		/* Nothing to do, after a request that has failed already: nothing is in the way. */
		ck_assert_int_eq(job_post(dma, &req, &failed), 0);
		(void)aml_dma_barrier(dma);
		for (int i = 0; i < 2; i++) {
			posts[i].callback = count_here;
			posts[i].flags = AML_DMA_POST_DETACH;
			posts[i].after = &req;
			posts[i].nafter = (size_t)i;
		}
		for (int i = 0; i < 100; i++) {
			ck_assert_int_eq(aml_dma_post(dma, 1, &posts[i % 2], NULL), 0);
			ck_assert_int_eq(aml_dma_post(dma, 2, posts, NULL), 0);
			ck_assert_int_eq(calls_here, 0);
		}
		ck_assert_int_eq(aml_dma_wait(dma, &req), -AML_EDOM);
		destroy_engine(&dma);
		calls_here = 0;
	}
}
END_TEST

SUITE("dma/callback", the_callback_gets_the_result_before_the_wait_returns,
      a_skipped_request_is_reported, a_cancel_calls_back, cancel_all_calls_back_in_order,
      a_barrier_waits_for_the_callback_of_a_cancel, a_callback_may_post_and_wait,
      no_callback_runs_inside_a_post)
