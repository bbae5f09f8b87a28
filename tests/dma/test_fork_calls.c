/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Forks while other threads are inside of the calls of aml/dma/completion.h: each call sleeps, or
 * is held in a callback. In the child, these calls do not exist, what they waited for has failed,
 * and the engine works.
 */
#include <sched.h>

#include <aml/dma/completion.h>

#include "gate.h"
#include "made.h"
#include "suite.h"

enum { HANDLES = 24 };

/*
 * Requests of an engine with one worker: the first one runs and waits at a gate; the others are
 * queued, or held by the first one.
 */
struct calls_in_progress {
	struct aml_dma *dma;
	struct gate gate;
	struct job jobs[HANDLES];
	struct aml_dma_request *reqs[HANDLES];
	atomic_int called;
	/* A request that cancel_all has taken out, and whose callback waits at a gate. */
	struct job cancelled_job;
	struct gate calls;
	struct aml_dma_request *cancelled;
};

static void count_call(int result, void *arg)
{
	(void)result;
	atomic_fetch_add((atomic_int *)arg, 1);
}

static void wait_in_callback(int result, void *arg)
{
	struct calls_in_progress *p = arg;

	(void)result;
	atomic_fetch_add(&p->called, 1);
	gate_pass(&p->calls);
}

static int call_cancel_all(struct call *call)
{
	size_t count;

	NEED(aml_dma_cancel_all(call->dma, &count) == 0);
	return (int)count;
}

/* The calls of several handles get job->n of them from *req on. */

static int call_until(struct call *call)
{
	int code = 7;

	NEED(aml_dma_wait_until(call->dma, call->req, AML_DMA_NO_DEADLINE, &code) == 0);
	return code;
}

static int call_any(struct call *call)
{
	size_t index;
	int code = 7;

	NEED(aml_dma_wait_any(call->dma, (size_t)call->job->n, call->req, &index, &code) == 0);
	return code;
}

static int call_some(struct call *call)
{
	size_t count;

	NEED(aml_dma_wait_some(call->dma, (size_t)call->job->n, call->req, 2, AML_DMA_NO_DEADLINE,
			       &count, NULL, NULL) == 0);
	return count >= 2 ? 0 : -AML_EDOM;
}

static int call_all(struct call *call)
{
	return aml_dma_wait_all(call->dma, (size_t)call->job->n, call->req, NULL);
}

static int call_reap(struct call *call)
{
	struct aml_dma_completion out = {.tag = 0};

	NEED(aml_dma_reap(call->dma, 1, &out, 1, AML_DMA_NO_DEADLINE, NULL) == 0);
	return out.tag == 42 ? out.result : -AML_EDOM;
}

static int call_barrier_until(struct call *call)
{
	int code = 7;

	NEED(aml_dma_barrier_until(call->dma, AML_DMA_NO_DEADLINE, &code) == 0);
	return code;
}

/* Post a request that runs a job. Every second one needs the first request. */
static void post_with_callback(struct calls_in_progress *p, size_t i)
{
	struct aml_dma_post_attr attr = AML_DMA_POST_ATTR_INIT;

	attr.op = job_operator;
	attr.op_arg = &p->jobs[i];
	attr.callback = count_call;
	attr.callback_arg = &p->called;
	attr.after = p->reqs;
	attr.nafter = i % 2;
	ck_assert_int_eq(aml_dma_post(p->dma, 1, &attr, &p->reqs[i]), 0);
}

static void post_reaped(struct aml_dma *dma)
{
	struct aml_dma_post_attr attr = AML_DMA_POST_ATTR_INIT;

	attr.flags = AML_DMA_POST_REAP;
	attr.tag = 42;
	ck_assert_int_eq(aml_dma_post(dma, 1, &attr, NULL), 0);
}

/* In the child: the engine has nothing of the parent's, and works. */
static int use_after_fork(void *arg)
{
	struct calls_in_progress *p = arg;
	struct aml_dma_completion out;
	struct job job = {.result = -AML_EPERM};
	struct aml_dma_post_attr attr = AML_DMA_POST_ATTR_INIT;
	struct aml_dma_request *req;
	int before = atomic_load(&p->called), code;
	size_t count;

	NEED(aml_dma_reap(p->dma, 1, &out, 1, 0, &count) == -AML_EBUSY && count == 0);
	for (size_t i = 0; i < HANDLES; i++) {
		code = 7;
		NEED(aml_dma_test(p->dma, &p->reqs[i], &code) == 0 && p->reqs[i] == NULL);
		NEED(code == -AML_FAILURE);
	}
	NEED(aml_dma_wait(p->dma, &p->cancelled) == -AML_FAILURE);
	NEED(aml_dma_barrier_until(p->dma, AML_DMA_NO_DEADLINE, &code) == 0 && code == 0);
	NEED(atomic_load(&p->called) == before);
	if (fork_spares_malloc()) {
		attr.op = job_operator;
		attr.op_arg = &job;
		attr.callback = count_call;
		attr.callback_arg = &p->called;
		NEED(aml_dma_post(p->dma, 1, &attr, &req) == 0);
		NEED(aml_dma_wait_any(p->dma, 1, &req, &count, &code) == 0);
		NEED(code == -AML_EPERM && atomic_load(&p->called) == before + 1);
		attr.flags = AML_DMA_POST_REAP;
		NEED(aml_dma_post(p->dma, 1, &attr, NULL) == 0);
		NEED(aml_dma_reap(p->dma, 1, &out, 1, AML_DMA_NO_DEADLINE, &count) == 0);
	}
	return aml_dma_linux_destroy(&p->dma);
}

/* In the child: destroy the engine at once. */
static int destroy_after_fork(void *arg)
{
	struct calls_in_progress *p = arg;
	int before = atomic_load(&p->called);

	NEED(aml_dma_linux_destroy(&p->dma) == 0);
	NEED(atomic_load(&p->called) == before);
	return 0;
}

/* Let a thread cancel a request, and hold it in the request's callback. */
static void hold_cancel_all(struct calls_in_progress *p, struct call *call)
{
	struct aml_dma_post_attr attr = AML_DMA_POST_ATTR_INIT;

	attr.op = job_operator;
	attr.op_arg = &p->cancelled_job;
	attr.callback = wait_in_callback;
	attr.callback_arg = p;
	ck_assert_int_eq(aml_dma_post(p->dma, 1, &attr, &p->cancelled), 0);
	*call = (struct call){.fn = call_cancel_all, .dma = p->dma};
	call_begin(call);
	gate_await(&p->calls);
}

/* Wait until another thread waits for the request. */
static void await_waiter(struct aml_dma *dma, struct aml_dma_request *req)
{
	while (aml_dma_test(dma, &req, NULL) != -AML_EPERM)
		sched_yield();
}

/* Contract: FORK-3, DONE-23, CALLBACK-1, REAP-5. */
START_TEST(calls_that_sleep_in_the_parent_are_not_in_the_child)
{
	enum { CALLS = 8, ALL = 5 };
	struct calls_in_progress p = {.called = 0};
	struct job numbers[CALLS] = {
		[1] = {.n = 3}, [2] = {.n = 4}, [3] = {.n = 5}, [4] = {.n = 6}};
	struct call calls[CALLS] = {{.fn = call_until},         {.fn = call_any},
				    {.fn = call_some},          {.fn = call_all},
				    {.fn = call_any},           {.fn = call_cancel},
				    {.fn = call_barrier_until}, {.fn = call_reap}},
		    all;
	size_t next = 1;

	p.dma = new_engine(1);
	gate_init(&p.gate);
	gate_init(&p.calls);
	p.jobs[0].gate = &p.gate;
	ck_assert_int_eq(job_post(p.dma, &p.reqs[0], &p.jobs[0]), 0);
	gate_await(&p.gate);
	hold_cancel_all(&p, &all);
	for (size_t i = 1; i < HANDLES; i++)
		post_with_callback(&p, i);
	for (size_t i = 0; i < CALLS; i++) {
		size_t n = i == 0 ? 1 : (size_t)numbers[i].n;

		calls[i].dma = p.dma;
		calls[i].job = &numbers[i];
		/* The cancel waits for the running request. */
		calls[i].req = i == ALL ? &p.reqs[0] : &p.reqs[next];
		next += i < ALL ? n : 0;
		call_begin(&calls[i]);
		if (i <= ALL)
			await_waiter(p.dma, *calls[i].req);
		else
			call_settle(&calls[i]);
	}
	ck_assert_uint_le(next, HANDLES);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(in_child(use_after_fork, &p), 0);
		ck_assert_int_eq(in_child(destroy_after_fork, &p), 0);
	}
	gate_open(&p.calls);
	ck_assert_int_eq(call_end(&all), 1);
	gate_open(&p.gate);
	/* The requests that need the one that was cancelled fail. */
	for (size_t i = 0; i < CALLS - 1; i++) {
		int code = call_end(&calls[i]);

		ck_assert(code == 0 || code == -AML_FAILURE);
	}
	post_reaped(p.dma);
	ck_assert_int_eq(call_end(&calls[CALLS - 1]), 0);
	(void)aml_dma_wait_all(p.dma, HANDLES, p.reqs, NULL);
	ck_assert_int_eq(aml_dma_wait(p.dma, &p.cancelled), -AML_FAILURE);
	ck_assert_int_eq(p.called, HANDLES);
	destroy_engine(&p.dma);
	gate_destroy(&p.gate);
	gate_destroy(&p.calls);
}
END_TEST

struct forking_callback {
	struct calls_in_progress *p;
	int times, result;
};

static int exit_at_once(void *arg)
{
	struct forking_callback *f = arg;

	/* The callback is on the stack, also in the child. */
	NEED(aml_dma_barrier(f->p->dma) == -AML_EBUSY);
	NEED(f->times == 1);
	return 0;
}

static void fork_here(int result, void *arg)
{
	struct forking_callback *f = arg;

	(void)result;
	f->times++;
	f->result = in_child(exit_at_once, f);
}

/* Contract: FORK-3, CALLBACK-2. */
START_TEST(a_callback_may_fork_a_child_that_exits)
{
	for (size_t workers = 0; workers < 3; workers++) {
		struct calls_in_progress p = {.called = 0};
		struct forking_callback forks[2] = {{.p = &p, .result = 7}, {.p = &p, .result = 7}};
		struct aml_dma_post_attr attrs[2] = {AML_DMA_POST_ATTR_INIT,
						     AML_DMA_POST_ATTR_INIT};
		struct aml_dma_request *reqs[2];

		p.dma = new_engine(workers);
		for (int i = 0; i < 2; i++) {
			attrs[i].callback = fork_here;
			attrs[i].callback_arg = &forks[i];
		}
		attrs[1].flags = AML_DMA_POST_CHAIN;
		ck_assert_int_eq(aml_dma_post(p.dma, 2, attrs, reqs), 0);
		ck_assert_int_eq(aml_dma_cancel(p.dma, &reqs[1]), 0);
		ck_assert_int_eq(aml_dma_wait(p.dma, &reqs[0]), 0);
		for (int i = 0; i < 2; i++) {
			ck_assert_int_eq(forks[i].times, 1);
			ck_assert_int_eq(forks[i].result, 0);
		}
		destroy_engine(&p.dma);
	}
}
END_TEST

SUITE("dma/fork_calls", calls_that_sleep_in_the_parent_are_not_in_the_child,
      a_callback_may_fork_a_child_that_exits)
