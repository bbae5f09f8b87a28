/* SPDX-License-Identifier: BSD-3-Clause */
/* Requests that are held by prerequisites: order, failure, cancel, barriers, nested waits, fork. */
#include "gate.h"
#include "made.h"
#include "suite.h"

/* Contract: AFTER-1, AFTER-5. */
START_TEST(a_request_waits_for_its_prerequisites_only)
{
	struct aml_dma *dma = new_engine(2);
	struct trail trail = {.length = 0};
	struct gate gate;
	struct job a = {.name = 'a', .trail = &trail, .gate = &gate},
		   b = {.name = 'b', .trail = &trail}, c = {.name = 'c', .trail = &trail};
	struct aml_dma_request *reqs[3];

	gate_init(&gate);
	ck_assert_int_eq(job_post(dma, &reqs[0], &a), 0);
	gate_await(&gate);
	ck_assert_int_eq(job_post_after(dma, &reqs[1], &b, 0, 1, reqs), 0);
	ck_assert_int_eq(job_post(dma, &reqs[2], &c), 0);
	ck_assert_int_eq(aml_dma_wait(dma, &reqs[2]), 0);
	ck_assert_int_eq(b.runs, 0);
	gate_open(&gate);
	ck_assert_int_eq(aml_dma_wait(dma, &reqs[1]), 0);
	ck_assert_int_eq(aml_dma_wait(dma, &reqs[0]), 0);
	ck_assert_str_eq(trail.text, "acb");
	destroy_engine(&dma);
	gate_destroy(&gate);
}
END_TEST

/* Contract: AFTER-6. */
START_TEST(a_ready_request_comes_before_what_was_posted_after_it)
{
	struct aml_dma *dma = new_engine(1);
	struct trail trail = {.length = 0};
	struct gate gate;
	struct job jobs[8];
	struct aml_dma_request *reqs[8] = {NULL};

	gate_init(&gate);
	for (int i = 0; i < 8; i++)
		jobs[i] = (struct job){.name = (char)('a' + i), .trail = &trail};
	jobs[0].gate = &gate;
	ck_assert_int_eq(job_post(dma, &reqs[0], &jobs[0]), 0);
	gate_await(&gate);
	ck_assert_int_eq(job_post(dma, &reqs[1], &jobs[1]), 0);
	/* c and e wait for b, d for c, f for nothing, g for f, h for nothing. */
	ck_assert_int_eq(job_post_after(dma, &reqs[2], &jobs[2], 0, 1, &reqs[1]), 0);
	ck_assert_int_eq(job_post_after(dma, &reqs[3], &jobs[3], 0, 1, &reqs[2]), 0);
	ck_assert_int_eq(job_post_after(dma, &reqs[4], &jobs[4], 0, 1, &reqs[1]), 0);
	ck_assert_int_eq(job_post(dma, &reqs[5], &jobs[5]), 0);
	ck_assert_int_eq(job_post_after(dma, &reqs[6], &jobs[6], 0, 1, &reqs[5]), 0);
	ck_assert_int_eq(job_post(dma, &reqs[7], &jobs[7]), 0);
	gate_open(&gate);
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	ck_assert_str_eq(trail.text, "abcdefgh");
	for (int i = 0; i < 8; i++)
		ck_assert_int_eq(aml_dma_wait(dma, &reqs[i]), 0);
	destroy_engine(&dma);
	gate_destroy(&gate);
}
END_TEST

/* Contract: AFTER-8, AFTER-11. */
START_TEST(a_failure_is_handed_on_once)
{
	struct aml_dma *dma = new_engine(0);
	struct job jobs[4] = {{.result = -AML_EDOM}, {.result = 0}, {.result = 0}, {.result = 0}};
	struct aml_dma_request *reqs[4];

	ck_assert_int_eq(job_post(dma, &reqs[0], &jobs[0]), 0);
	ck_assert_int_eq(job_post_after(dma, &reqs[1], &jobs[1], 0, 1, &reqs[0]), 0);
	ck_assert_int_eq(job_post_after(dma, &reqs[2], &jobs[2], AML_DMA_POST_ALWAYS, 1, &reqs[1]),
			 0);
	ck_assert_int_eq(job_post_after(dma, &reqs[3], &jobs[3], 0, 3, reqs), 0);
	ck_assert_int_eq(aml_dma_barrier(dma), -AML_EDOM);
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	ck_assert_int_eq(jobs[1].runs, 0);
	ck_assert_int_eq(jobs[2].runs, 1);
	ck_assert_int_eq(jobs[3].runs, 0);
	ck_assert_int_eq(aml_dma_wait(dma, &reqs[3]), -AML_EDOM);
	ck_assert_int_eq(aml_dma_wait(dma, &reqs[2]), 0);
	ck_assert_int_eq(aml_dma_wait(dma, &reqs[1]), -AML_EDOM);
	ck_assert_int_eq(aml_dma_wait(dma, &reqs[0]), -AML_EDOM);
	destroy_engine(&dma);
}
END_TEST

/* Contract: AFTER-2, AFTER-8. */
START_TEST(finished_prerequisites_count_with_the_first_failure)
{
	struct aml_dma *dma = new_engine(1);
	struct job jobs[3] = {{.result = -AML_EDOM}, {.result = -AML_FAILURE}, {.result = 0}};
	struct aml_dma_request *reqs[3], *after[5];

	ck_assert_int_eq(job_post(dma, &reqs[0], &jobs[0]), 0);
	ck_assert_int_eq(job_post(dma, &reqs[1], &jobs[1]), 0);
	while (aml_dma_barrier(dma) != 0)
		;
	after[0] = after[2] = reqs[1];
	after[1] = after[4] = reqs[0];
	after[3] = NULL;
	ck_assert_int_eq(job_post_after(dma, &reqs[2], &jobs[2], 0, 5, after), 0);
	ck_assert_int_eq(aml_dma_wait(dma, &reqs[0]), -AML_EDOM);
	ck_assert_int_eq(aml_dma_wait(dma, &reqs[1]), -AML_FAILURE);
	ck_assert_int_eq(aml_dma_wait(dma, &reqs[2]), -AML_EDOM);
	ck_assert_int_eq(jobs[2].runs, 0);
	destroy_engine(&dma);
}
END_TEST

/* Contract: AFTER-4. */
START_TEST(after_all_waits_for_everything_before)
{
	struct aml_dma *dma = new_engine(2);
	struct trail trail = {.length = 0};
	struct gate gate;
	struct job a = {.name = 'a', .trail = &trail, .gate = &gate, .result = -AML_EDOM},
		   b = {.name = 'b', .trail = &trail}, c = {.name = 'c', .trail = &trail},
		   d = {.name = 'd', .trail = &trail};
	struct aml_dma_request *reqs[4];

	gate_init(&gate);
	ck_assert_int_eq(job_post(dma, &reqs[0], &a), 0);
	gate_await(&gate);
	ck_assert_int_eq(job_post_after(dma, &reqs[1], &b, AML_DMA_POST_AFTER_ALL, 0, NULL), 0);
	ck_assert_int_eq(job_post_after(dma, &reqs[2], &c, AML_DMA_POST_AFTER_ALL, 0, NULL), 0);
	ck_assert_int_eq(job_post(dma, &reqs[3], &d), 0);
	ck_assert_int_eq(aml_dma_wait(dma, &reqs[3]), 0);
	gate_open(&gate);
	ck_assert_int_eq(aml_dma_wait(dma, &reqs[2]), 0);
	ck_assert_int_eq(aml_dma_wait(dma, &reqs[1]), 0);
	ck_assert_int_eq(aml_dma_wait(dma, &reqs[0]), -AML_EDOM);
	ck_assert_str_eq(trail.text, "adbc");
	destroy_engine(&dma);
	gate_destroy(&gate);
}
END_TEST

/* Contract: AFTER-10, AFTER-15. */
START_TEST(a_cancelled_prerequisite_has_failed)
{
	struct aml_dma *dma = new_engine(0);
	struct job jobs[3] = {{.result = 0}, {.result = 0}, {.result = 0}};
	struct aml_dma_request *reqs[3];

	ck_assert_int_eq(job_post(dma, &reqs[0], &jobs[0]), 0);
	ck_assert_int_eq(job_post_after(dma, &reqs[1], &jobs[1], 0, 1, &reqs[0]), 0);
	ck_assert_int_eq(job_post_after(dma, &reqs[2], &jobs[2], 0, 1, &reqs[1]), 0);
	ck_assert_int_eq(aml_dma_cancel(dma, &reqs[1]), 0);
	ck_assert_int_eq(aml_dma_wait(dma, &reqs[2]), -AML_FAILURE);
	ck_assert_int_eq(aml_dma_wait(dma, &reqs[0]), 0);
	ck_assert_int_eq(jobs[0].runs, 1);
	ck_assert_int_eq(jobs[1].runs + jobs[2].runs, 0);
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	destroy_engine(&dma);
}
END_TEST

static int cancel_job(struct call *call)
{
	return aml_dma_cancel(call->dma, call->req);
}

/* Contract: AFTER-10. */
START_TEST(a_prerequisite_that_was_cancelled_while_it_ran_has_failed)
{
	struct aml_dma *dma = new_engine(1);
	struct gate gate;
	struct job a = {.gate = &gate}, b = {.result = 0};
	struct aml_dma_request *reqs[2];
	struct call call = {.fn = cancel_job, .dma = dma, .req = &reqs[0]};

	gate_init(&gate);
	ck_assert_int_eq(job_post(dma, &reqs[0], &a), 0);
	gate_await(&gate);
	ck_assert_int_eq(job_post_after(dma, &reqs[1], &b, 0, 1, &reqs[0]), 0);
	call_begin(&call);
	call_settle(&call);
	gate_open(&gate);
	ck_assert_int_eq(call_end(&call), 0);
	(void)aml_dma_wait(dma, &reqs[1]);
	destroy_engine(&dma);
	gate_destroy(&gate);
}
END_TEST

/* Contract: CANCELALL-1. */
START_TEST(cancel_all_leaves_running_requests)
{
	struct aml_dma *dma = new_engine(1);
	struct gate gate;
	struct job a = {.gate = &gate}, b = {.result = 0}, c = {.result = 0};
	struct aml_dma_request *reqs[3];
	size_t count;

	gate_init(&gate);
	ck_assert_int_eq(job_post(dma, &reqs[0], &a), 0);
	gate_await(&gate);
	ck_assert_int_eq(job_post(dma, &reqs[1], &b), 0);
	ck_assert_int_eq(job_post_after(dma, &reqs[2], &c, 0, 2, reqs), 0);
	ck_assert_int_eq(aml_dma_cancel_all(dma, &count), 0);
	ck_assert_uint_eq(count, 2);
	ck_assert_int_eq(aml_dma_wait(dma, &reqs[2]), -AML_FAILURE);
	gate_open(&gate);
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	ck_assert_int_eq(aml_dma_wait(dma, &reqs[1]), -AML_FAILURE);
	ck_assert_int_eq(aml_dma_wait(dma, &reqs[0]), 0);
	ck_assert_int_eq(b.runs + c.runs, 0);
	destroy_engine(&dma);
	gate_destroy(&gate);
}
END_TEST

/* Post a chain of requests, of which the first waits for `gate`. */
static void post_chain(struct aml_dma *dma, size_t n, struct job *first, struct job *others,
		       struct aml_dma_request **last)
{
	struct aml_dma_request *reqs[64];
	struct aml_dma_post_attr posts[64];
	size_t done = 0;

	ck_assert_int_eq(job_post(dma, last, first), 0);
	while (done < n) {
		size_t count = n - done < 64 ? n - done : 64;

		for (size_t i = 0; i < count; i++) {
			posts[i] = job_attr(others);
			posts[i].flags = i > 0 ? AML_DMA_POST_CHAIN : 0;
			if (i + 1 < count)
				posts[i].flags |= AML_DMA_POST_DETACH;
		}
		posts[0].nafter = 1;
		posts[0].after = last;
		ck_assert_int_eq(aml_dma_post(dma, count, posts, reqs), 0);
		/* The handle may go as soon as the post has returned; it does so later. */
		if (done == 0)
			first->req = *last;
		else
			ck_assert_int_eq(aml_dma_cancel(NULL == dma ? NULL : dma, last), 0);
		*last = reqs[count - 1];
		done += count;
	}
}

/* Contract: AFTER-14. */
START_TEST(long_chains_run_in_order)
{
	enum { N = 64 };
	struct aml_dma *dma = new_engine(1);
	struct gate gate;
	struct job first = {.gate = &gate}, others = {.result = 0};
	struct aml_dma_request *last;

	gate_init(&gate);
	post_chain(dma, N, &first, &others, &last);
	gate_open(&gate);
	ck_assert_int_eq(aml_dma_wait(dma, &last), 0);
	ck_assert_int_eq(others.runs, N);
	ck_assert_int_eq(aml_dma_wait(dma, &first.req), 0);
	destroy_engine(&dma);
	gate_destroy(&gate);
}
END_TEST

static int child_sees_orphans(void *arg)
{
	struct aml_dma_request **reqs = arg;
	struct job job = {.result = 0};
	struct aml_dma *dma = (struct aml_dma *)(void *)reqs[3];
	struct aml_dma_request *own;

	/* Finished in the parent, running in the parent, and held there. */
	NEED(job_post_after(dma, &own, &job, 0, 1, &reqs[1]) == 0);
	NEED(aml_dma_wait(dma, &own) == -AML_FAILURE);
	NEED(job_post_after(dma, &own, &job, AML_DMA_POST_ALWAYS | AML_DMA_POST_AFTER_ALL, 3,
			    reqs) == 0);
	NEED(aml_dma_wait(dma, &own) == 0);
	NEED(aml_dma_wait(dma, &reqs[2]) == -AML_FAILURE);
	NEED(aml_dma_cancel(dma, &reqs[1]) == 0);
	NEED(aml_dma_wait(dma, &reqs[0]) == 0);
	NEED(aml_dma_linux_destroy(&dma) == 0);
	return 0;
}

/* Contract: AFTER-17. */
START_TEST(in_a_child_held_requests_have_failed)
{
	struct aml_dma *dma = new_engine(1);
	struct gate gate;
	struct job a = {.result = 0}, b = {.gate = &gate}, c = {.result = 0};
	struct aml_dma_request *reqs[4];

	gate_init(&gate);
	ck_assert_int_eq(job_post(dma, &reqs[0], &a), 0);
	ck_assert_int_eq(job_post(dma, &reqs[1], &b), 0);
	gate_await(&gate);
	ck_assert_int_eq(job_post_after(dma, &reqs[2], &c, 0, 2, reqs), 0);
	reqs[3] = (struct aml_dma_request *)(void *)dma;
	if (fork_spares_malloc())
		ck_assert_int_eq(in_child(child_sees_orphans, reqs), 0);
	gate_open(&gate);
	for (int i = 2; i >= 0; i--)
		ck_assert_int_eq(aml_dma_wait(dma, &reqs[i]), 0);
	destroy_engine(&dma);
	gate_destroy(&gate);
}
END_TEST

/* Contract: AFTER-7. */
START_TEST(a_barrier_covers_held_requests_by_the_order_of_posting)
{
	struct aml_dma *dma = new_engine(2);
	struct gate gate, late_gate;
	struct job a = {.gate = &gate}, b = {.result = 0}, c = {.gate = &late_gate},
		   d = {.result = 0};
	struct aml_dma_request *reqs[4];
	struct call barrier = {.fn = call_barrier, .dma = dma};

	gate_init(&gate);
	gate_init(&late_gate);
	ck_assert_int_eq(job_post(dma, &reqs[0], &a), 0);
	ck_assert_int_eq(job_post_after(dma, &reqs[1], &b, 0, 1, &reqs[0]), 0);
	gate_await(&gate);
	ck_assert_int_eq(aml_dma_barrier_until(dma, 0, NULL), -AML_EBUSY);
	call_begin(&barrier);
	call_settle(&barrier);
	/* What is posted now, and held behind a request that blocks, does not prolong the barrier.
	 */
	ck_assert_int_eq(job_post(dma, &reqs[2], &c), 0);
	ck_assert_int_eq(job_post_after(dma, &reqs[3], &d, 0, 1, &reqs[2]), 0);
	gate_await(&late_gate);
	ck_assert_int_eq(b.runs, 0);
	gate_open(&gate);
	ck_assert_int_eq(call_end(&barrier), 0);
	ck_assert_int_eq(b.runs, 1);
	gate_open(&late_gate);
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(aml_dma_wait(dma, &reqs[i]), 0);
	destroy_engine(&dma);
	gate_destroy(&late_gate);
	gate_destroy(&gate);
}
END_TEST

/* Contract: AFTER-16. */
START_TEST(destroying_an_engine_runs_what_is_held_in_the_order_of_the_dependencies)
{
	for (size_t workers = 0; workers < 3; workers++) {
		struct aml_dma *dma = new_engine(workers);
		struct trail trail = {.length = 0};
		struct job jobs[4];
		struct aml_dma_request *reqs[4];

		for (int i = 0; i < 4; i++)
			jobs[i] = (struct job){.name = (char)('a' + i), .trail = &trail};
		ck_assert_int_eq(job_post(dma, &reqs[0], &jobs[0]), 0);
		for (int i = 1; i < 4; i++)
			ck_assert_int_eq(
				job_post_after(dma, &reqs[i], &jobs[i], 0, 1, &reqs[i - 1]), 0);
		destroy_engine(&dma);
		ck_assert_str_eq(trail.text, "abcd");
	}
}
END_TEST

SUITE("dma/held", a_request_waits_for_its_prerequisites_only,
      a_ready_request_comes_before_what_was_posted_after_it, a_failure_is_handed_on_once,
      finished_prerequisites_count_with_the_first_failure, after_all_waits_for_everything_before,
      a_cancelled_prerequisite_has_failed,
      a_prerequisite_that_was_cancelled_while_it_ran_has_failed, cancel_all_leaves_running_requests,
      long_chains_run_in_order, in_a_child_held_requests_have_failed,
      a_barrier_covers_held_requests_by_the_order_of_posting,
      destroying_an_engine_runs_what_is_held_in_the_order_of_the_dependencies)
