/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Once, a callback that a cancel called could not wait for much: inside an operator, the operator
 * kept its slot meanwhile; and of the requests of one aml_dma_cancel_all(), those whose callbacks
 * were still to come never finished. The same held for operators that aml_dma_progress() ran inside
 * another engine's operator.
 */
#include <aml/dma/completion.h>

#include "gate.h"
#include "made.h"
#include "suite.h"

/* A request of `one` that has given up the only slot, and needs it again to end. */
struct suspended {
	struct aml_dma *one, *two;
	struct gate gate;
	struct job behind, job;
	struct aml_dma_request *req;
};

static int wait_for_other(struct job *job)
{
	return aml_dma_wait(job->dma, &job->other->req);
}

static void suspend(struct suspended *s)
{
	*s = (struct suspended){.one = new_engine(1), .two = new_engine(1)};
	gate_init(&s->gate);
	s->behind.gate = &s->gate;
	ck_assert_int_eq(job_post(s->two, &s->behind.req, &s->behind), 0);
	gate_await(&s->gate);
	s->job = (struct job){.body = wait_for_other, .dma = s->two, .other = &s->behind};
	ck_assert_int_eq(job_post(s->one, &s->req, &s->job), 0);
}

static void resume(struct suspended *s)
{
	ck_assert_int_eq(s->job.runs, 1);
	ck_assert_ptr_null(s->req);
	destroy_engine(&s->one);
	destroy_engine(&s->two);
	gate_destroy(&s->gate);
}

/* End the wait of the suspended request. The request then needs the slot. */
static void let_on(struct suspended *s)
{
	gate_open(&s->gate);
	thread_settle(s->job.tid);
}

static void wait_in_callback(int code, void *arg)
{
	struct suspended *s = arg;

	if (code != -AML_FAILURE || aml_dma_wait(s->one, &s->req) != 0)
		abort();
}

static struct suspended scene;

/* How the callback comes about. */
enum { CANCEL, CANCEL_ALL };

static int cancel_inside(struct job *job)
{
	struct aml_dma_post_attr attr = AML_DMA_POST_ATTR_INIT;
	struct aml_dma_request *req = NULL;
	struct job never = {.result = 0};
	size_t n = 0;

	let_on(&scene);
	attr = job_attr(&never);
	attr.callback = wait_in_callback;
	attr.callback_arg = &scene;
	NEED(aml_dma_post(job->dma, 1, &attr, &req) == 0);
	if (job->n == CANCEL)
		NEED(aml_dma_cancel(job->dma, &req) == 0);
	else
		NEED(aml_dma_cancel_all(job->dma, &n) == 0 && n == 1 &&
		     aml_dma_wait(job->dma, &req) == -AML_FAILURE);
	return never.runs;
}

/* Contract: NEST-6. */
START_TEST(a_callback_inside_an_operator_waits_without_its_slot)
{
	for (int how = CANCEL; how <= CANCEL_ALL; how++) {
		/* The cancelled request is of the operator's engine, or of another one. */
		for (int own = 0; own < 2; own++) {
			struct aml_dma *third = new_engine(own ? 1 : 0);
			struct job job = {.body = cancel_inside, .n = how};
			struct aml_dma_request *req = NULL;

			suspend(&scene);
			job.dma = own ? scene.one : third;
			ck_assert_int_eq(job_post(scene.one, &req, &job), 0);
			ck_assert_int_eq(aml_dma_wait(scene.one, &req), 0);
			resume(&scene);
			destroy_engine(&third);
		}
	}
}
END_TEST

static int wait_for_suspended(struct job *job)
{
	(void)job;
	return aml_dma_wait(scene.one, &scene.req);
}

static int progress_inside(struct job *job)
{
	size_t n = 0;

	let_on(&scene);
	NEED(aml_dma_progress(job->dma, 1, &n) == 0);
	return n == 1 ? 0 : -1;
}

/* Contract: NEST-6. */
START_TEST(an_operator_that_another_one_runs_waits_without_its_slot)
{
	struct aml_dma *third = new_engine(0);
	struct job inner = {.body = wait_for_suspended}, outer = {.body = progress_inside};
	struct aml_dma_request *reqs[2] = {NULL, NULL};

	suspend(&scene);
	outer.dma = third;
	ck_assert_int_eq(job_post(third, &reqs[0], &inner), 0);
	ck_assert_int_eq(job_post(scene.one, &reqs[1], &outer), 0);
	ck_assert_int_eq(aml_dma_wait(scene.one, &reqs[1]), 0);
	ck_assert_int_eq(aml_dma_wait(third, &reqs[0]), 0);
	resume(&scene);
	destroy_engine(&third);
}
END_TEST

/* Requests that are cancelled together, and what the callback of the first does to the others. */
enum { SIBLINGS = 4 };

struct siblings {
	struct aml_dma *dma;
	struct aml_dma_request *reqs[SIBLINGS];
	struct gate gate;
	int calls[SIBLINGS];
	int how, result;
	size_t again;
};

static struct siblings family;

enum { SIBLING_CANCEL, SIBLING_WAIT, SIBLING_ANY, SIBLING_ALL, SIBLING_NEW, SIBLING_AGAIN, HOWS };

static int meet_siblings(struct siblings *s)
{
	struct job job = {.result = 0};
	struct aml_dma_request *req = NULL;
	size_t i = SIBLINGS;
	int result = 0;

	switch (s->how) {
	case SIBLING_CANCEL:
		return aml_dma_cancel(s->dma, &s->reqs[2]);
	case SIBLING_WAIT:
		return aml_dma_wait(s->dma, &s->reqs[2]) + AML_FAILURE;
	case SIBLING_ANY:
		NEED(aml_dma_wait_any(s->dma, SIBLINGS - 1, s->reqs + 1, &i, &result) == 0);
		return result + AML_FAILURE;
	case SIBLING_ALL:
		return aml_dma_wait_all(s->dma, SIBLINGS - 1, s->reqs + 1, NULL) + AML_FAILURE;
	case SIBLING_NEW:
		/* The new request needs the slot. */
		gate_open(&s->gate);
		NEED(job_post_after(s->dma, &req, &job, AML_DMA_POST_ALWAYS, 1, &s->reqs[3]) == 0);
		NEED(aml_dma_wait(s->dma, &req) == 0);
		return job.runs - 1;
	default:
		return aml_dma_cancel_all(s->dma, &s->again);
	}
}

static void count_call(int code, void *arg)
{
	int *calls = arg;

	*calls += code == -AML_FAILURE;
	if (arg == &family.calls[0])
		family.result = meet_siblings(&family);
}

/* Contract: CALLBACK-7. */
START_TEST(a_callback_waits_for_a_request_that_was_cancelled_with_its_own)
{
	for (int how = 0; how < HOWS; how++) {
		struct aml_dma_post_attr attrs[SIBLINGS];
		struct job running = {.gate = &family.gate}, never = {.result = 0};
		struct aml_dma_request *req = NULL;
		size_t n = 0;

		family = (struct siblings){.dma = new_engine(1), .how = how, .result = -1};
		gate_init(&family.gate);
		ck_assert_int_eq(job_post(family.dma, &req, &running), 0);
		gate_await(&family.gate);
		for (size_t i = 0; i < SIBLINGS; i++) {
			attrs[i] = job_attr(&never);
			attrs[i].callback = count_call;
			attrs[i].callback_arg = &family.calls[i];
		}
		ck_assert_int_eq(aml_dma_post(family.dma, SIBLINGS, attrs, family.reqs), 0);
		ck_assert_int_eq(aml_dma_cancel_all(family.dma, &n), 0);
		ck_assert_uint_eq(n + family.again, SIBLINGS);
		ck_assert_int_eq(family.result, 0);
		for (size_t i = 0; i < SIBLINGS; i++)
			ck_assert_int_eq(family.calls[i], 1);
		if (how != SIBLING_NEW)
			gate_open(&family.gate);
		for (size_t i = 0; i < SIBLINGS; i++)
			if (family.reqs[i] != NULL)
				ck_assert_int_eq(aml_dma_wait(family.dma, &family.reqs[i]),
						 -AML_FAILURE);
		ck_assert_int_eq(aml_dma_wait(family.dma, &req), 0);
		ck_assert_int_eq(never.runs, 0);
		destroy_engine(&family.dma);
		gate_destroy(&family.gate);
	}
}
END_TEST

SUITE("regressions/callbacks_of_cancelled_requests_may_wait",
      a_callback_inside_an_operator_waits_without_its_slot,
      an_operator_that_another_one_runs_waits_without_its_slot,
      a_callback_waits_for_a_request_that_was_cancelled_with_its_own)
