/* SPDX-License-Identifier: BSD-3-Clause */
/* Waits inside operators for requests that are held: what they need runs at once, or is refused. */
#include <string.h>

#include "gate.h"
#include "made.h"
#include "suite.h"

/* Run a body inside an operator of an engine, and return its result. */
static int inside(struct aml_dma *dma, struct job *job)
{
	struct aml_dma_request *req;
	int err = job_post(dma, &req, job);

	return err == 0 ? aml_dma_wait(dma, &req) : err;
}

static int wait_for_diamond(struct job *outer)
{
	struct trail trail = {.length = 0};
	struct job jobs[4];
	struct aml_dma_request *reqs[4];
	static const char *const expected[] = {"abcd", "acbd"};

	for (int i = 0; i < 4; i++)
		jobs[i] = (struct job){.name = (char)('a' + i), .trail = &trail};
	NEED(job_post(outer->dma, &reqs[0], &jobs[0]) == 0);
	NEED(job_post_after(outer->dma, &reqs[1], &jobs[1], 0, 1, reqs) == 0);
	NEED(job_post_after(outer->dma, &reqs[2], &jobs[2], 0, 1, reqs) == 0);
	NEED(job_post_after(outer->dma, &reqs[3], &jobs[3], 0, 2, &reqs[1]) == 0);
	for (int i = 3; i >= 0; i--)
		NEED(aml_dma_wait(outer->dma, &reqs[i]) == 0);
	NEED(strcmp(trail.text, expected[0]) == 0 || strcmp(trail.text, expected[1]) == 0);
	return 0;
}

/* Contract: AFTER-12. */
START_TEST(a_wait_runs_the_prerequisites_first)
{
	for (size_t workers = 0; workers < 3; workers++) {
		for (int abroad = 0; abroad < 2; abroad++) {
			struct aml_dma *dma = new_engine(workers), *other = new_engine(workers);
			struct job job = {.body = wait_for_diamond, .dma = abroad ? other : dma};

			ck_assert_int_eq(inside(dma, &job), 0);
			destroy_engine(&dma);
			destroy_engine(&other);
		}
	}
}
END_TEST

static int wait_for_own(struct job *outer)
{
	struct job jobs[3] = {{.result = 0}, {.result = 0}, {.result = 0}};
	struct aml_dma_request *list[3];
	size_t index;

	/* It runs when this function has returned. */
	NEED(job_post_after(outer->dma, &list[0], outer->other, 0, 1, &outer->req) == 0);
	NEED(job_post_after(outer->dma, &list[1], &jobs[1], 0, 1, &list[0]) == 0);
	NEED(job_post(outer->dma, &list[2], &jobs[2]) == 0);
	NEED(aml_dma_wait(outer->dma, &list[1]) == -AML_EBUSY);
	NEED(aml_dma_wait_until(outer->dma, &list[1], AML_DMA_NO_DEADLINE, NULL) == -AML_EPERM);
	NEED(aml_dma_wait_any(outer->dma, 3, list, &index, NULL) == -AML_EPERM);
	/* The other one of two workers may run it at any time. */
	NEED(outer->n > 1 || jobs[2].runs == 0);
	NEED(aml_dma_cancel(outer->dma, &list[1]) == 0);
	NEED(aml_dma_wait(outer->dma, &list[2]) == 0);
	outer->other->req = list[0];
	return 0;
}

/* Contract: AFTER-13. */
START_TEST(a_request_that_needs_one_on_the_stack_is_refused)
{
	for (int workers = 0; workers < 3; workers++) {
		struct aml_dma *dma = new_engine((size_t)workers);
		struct gate gate;
		struct job other = {.result = 0},
			   job = {.body = wait_for_own, .dma = dma, .other = &other, .n = workers};

		gate_init(&gate);
		if (workers > 0)
			job.gate = &gate;
		ck_assert_int_eq(job_post(dma, &job.req, &job), 0);
		if (workers > 0) {
			gate_await(&gate);
			gate_open(&gate);
		}
		ck_assert_int_eq(aml_dma_wait(dma, &job.req), 0);
		ck_assert_int_eq(aml_dma_wait(dma, &other.req), 0);
		destroy_engine(&dma);
		gate_destroy(&gate);
	}
}
END_TEST

static int wait_for_all_but_own(struct job *outer)
{
	struct trail trail = {.length = 0};
	struct job jobs[3];
	struct aml_dma_request *reqs[3];

	for (int i = 0; i < 3; i++)
		jobs[i] = (struct job){.name = (char)('a' + i), .trail = &trail};
	NEED(job_post(outer->dma, &reqs[0], &jobs[0]) == 0);
	NEED(job_post_after(outer->dma, &reqs[1], &jobs[1], 0, 1, reqs) == 0);
	NEED(job_post_after(outer->dma, &reqs[2], &jobs[2], AML_DMA_POST_AFTER_ALL, 0, NULL) == 0);
	NEED(aml_dma_wait(outer->dma, &reqs[2]) == 0);
	NEED(strcmp(trail.text, "abc") == 0);
	NEED(aml_dma_wait(outer->dma, &reqs[1]) == 0);
	NEED(aml_dma_wait(outer->dma, &reqs[0]) == 0);
	/* A request that is held by this operator is among all. */
	NEED(job_post_after(outer->dma, &reqs[0], &jobs[0], 0, 1, &outer->req) == 0);
	NEED(job_post_after(outer->dma, &reqs[1], &jobs[1], AML_DMA_POST_AFTER_ALL, 0, NULL) == 0);
	NEED(aml_dma_wait(outer->dma, &reqs[1]) == -AML_EBUSY);
	NEED(aml_dma_cancel(outer->dma, &reqs[0]) == 0);
	NEED(aml_dma_wait(outer->dma, &reqs[1]) == 0);
	return 0;
}

/* Contract: AFTER-4. */
START_TEST(after_all_passes_over_the_operators_of_its_poster)
{
	for (size_t workers = 0; workers < 3; workers++) {
		struct aml_dma *dma = new_engine(workers);
		struct gate gate;
		struct job job = {.body = wait_for_all_but_own, .dma = dma};

		gate_init(&gate);
		if (workers > 0)
			job.gate = &gate;
		ck_assert_int_eq(job_post(dma, &job.req, &job), 0);
		if (workers > 0) {
			gate_await(&gate);
			gate_open(&gate);
		}
		ck_assert_int_eq(aml_dma_wait(dma, &job.req), 0);
		destroy_engine(&dma);
		gate_destroy(&gate);
	}
}
END_TEST

static int wait_for_other(struct job *outer)
{
	struct aml_dma_request *req = outer->other->req;

	return aml_dma_wait(outer->dma, &req);
}

/* Contract: AFTER-12. */
START_TEST(a_waiter_runs_what_becomes_ready)
{
	/*
	 * Of two workers, one runs a. The other one runs an operator that waits for c, which waits
	 * for a. When a has finished, its worker runs b, which was posted before c and ends last.
	 */
	struct aml_dma *dma = new_engine(2);
	struct gate gates[3];
	struct job a = {.gate = &gates[0]}, b = {.gate = &gates[1]}, c = {.result = 0},
		   waiter = {.gate = &gates[2], .body = wait_for_other, .dma = dma, .other = &c};
	struct aml_dma_request *reqs[3];

	for (int i = 0; i < 3; i++)
		gate_init(&gates[i]);
	ck_assert_int_eq(job_post(dma, &reqs[0], &a), 0);
	gate_await(&gates[0]);
	ck_assert_int_eq(job_post(dma, &reqs[1], &waiter), 0);
	gate_await(&gates[2]);
	ck_assert_int_eq(job_post(dma, &reqs[2], &b), 0);
	ck_assert_int_eq(job_post_after(dma, &c.req, &c, 0, 1, reqs), 0);
	gate_open(&gates[2]);
	yield_a_while();
	gate_open(&gates[0]);
	/* Either the worker of a, or the waiting one after it has run c, begins b. */
	gate_await(&gates[1]);
	ck_assert_int_eq(aml_dma_wait(dma, &reqs[1]), 0);
	ck_assert_int_eq(c.runs, 1);
	gate_open(&gates[1]);
	ck_assert_int_eq(aml_dma_wait(dma, &reqs[0]), 0);
	ck_assert_int_eq(aml_dma_wait(dma, &reqs[2]), 0);
	destroy_engine(&dma);
	for (int i = 0; i < 3; i++)
		gate_destroy(&gates[i]);
}
END_TEST

static int wait_for_chain(struct job *outer)
{
	enum { BATCH = 100 };
	struct job link = {.result = 0};
	struct aml_dma_post_attr posts[BATCH];
	struct aml_dma_request *last;

	NEED(job_post(outer->dma, &last, &link) == 0);
	for (int k = 0; k < outer->n / BATCH; k++) {
		struct aml_dma_request *reqs[BATCH], *before = last;

		for (int i = 0; i < BATCH; i++) {
			posts[i] = job_attr(&link);
			posts[i].flags = AML_DMA_POST_CHAIN | AML_DMA_POST_DETACH;
		}
		posts[0].flags = AML_DMA_POST_DETACH;
		posts[0].nafter = 1;
		posts[0].after = &before;
		posts[BATCH - 1].flags = AML_DMA_POST_CHAIN;
		NEED(aml_dma_post(outer->dma, BATCH, posts, reqs) == 0);
		last = reqs[BATCH - 1];
	}
	NEED(aml_dma_wait(outer->dma, &last) == 0);
	NEED(link.runs == outer->n + 1);
	return 0;
}

/* Contract: AFTER-14. */
START_TEST(long_chains_neither_recurse_nor_take_quadratic_time)
{
	for (size_t workers = 0; workers < 3; workers++) {
		struct aml_dma *dma = new_engine(workers);
		struct job job = {.body = wait_for_chain,
				  .dma = dma,
				  .n = (int)effort_at_once(100000) / 100 * 100};

		ck_assert_int_eq(inside(dma, &job), 0);
		destroy_engine(&dma);
	}
}
END_TEST

static int reap_inside(struct job *outer)
{
	struct job jobs[4] = {{.result = 0}, {.result = 0}, {.result = 0}, {.result = 0}};
	struct aml_dma_completion out[4];
	struct aml_dma_post_attr posts[4];
	size_t count, sum = 0;

	for (int i = 0; i < 4; i++) {
		posts[i] = job_attr(&jobs[i]);
		posts[i].tag = (uint64_t)i;
		posts[i].flags = i > 0 ? AML_DMA_POST_CHAIN | AML_DMA_POST_REAP : 0;
	}
	posts[0].flags = AML_DMA_POST_DETACH;
	NEED(aml_dma_post(outer->dma, 4, posts, NULL) == 0);
	while (sum < 3) {
		NEED(aml_dma_reap(outer->dma, 4, out, sum == 0, AML_DMA_NO_DEADLINE, &count) == 0);
		sum += count;
	}
	NEED(jobs[3].runs == 1);
	return 0;
}

/* Contract: REAP-4. */
START_TEST(reaping_inside_an_operator_runs_what_it_needs)
{
	for (size_t workers = 0; workers < 3; workers++) {
		struct aml_dma *dma = new_engine(workers);
		struct job job = {.body = reap_inside, .dma = dma};

		ck_assert_int_eq(inside(dma, &job), 0);
		destroy_engine(&dma);
	}
}
END_TEST

SUITE("dma/held_nested", a_wait_runs_the_prerequisites_first,
      a_request_that_needs_one_on_the_stack_is_refused,
      after_all_passes_over_the_operators_of_its_poster, a_waiter_runs_what_becomes_ready,
      long_chains_neither_recurse_nor_take_quadratic_time,
      reaping_inside_an_operator_runs_what_it_needs)
