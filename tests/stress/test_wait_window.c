/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An operator waits for a held request. At each place where its wait releases a scheduler's lock or
 * is about to take one, the request becomes ready, while no other thread can run it: the worker of
 * its engine has gone on to an operator that waits for the first one. Or others run and release
 * what the wait has looked at. And a process forks while a wait ends.
 */
#include <aml/dma/completion.h>

#include "gate.h"
#include "made.h"
#include "suite.h"

/* The library calls this before it takes its lock and after it has released it. */
void queue_shake(void);

/* More places than a wait has. */
enum { PLACES = 16 };

/* How many more places the thread passes before it calls the function; 0: it does not. */
static __thread size_t countdown;
static void (*at_place)(void);

/* What the held request needs passes it. */
static struct gate gate;
/* Make the request ready once. */
static atomic_bool ready;
/* The operator that waits for the waiting one. */
static struct job blocked;
static sem_t blocks;

/* Make the request ready, and return when the worker of its engine sleeps. */
static void make_ready(void)
{
	if (atomic_exchange(&ready, true))
		return;
	gate_open(&gate);
	while (sem_wait(&blocks) != 0)
		;
	thread_settle(blocked.tid);
}

void queue_shake(void)
{
	if (countdown > 0 && --countdown == 0)
		at_place();
}

static int wait_for_waiting(struct job *job)
{
	sem_post(&blocks);
	return aml_dma_wait(job->dma, &job->req);
}

static int wait_for_held(struct job *job)
{
	struct aml_dma_completion out;
	int err;

	countdown = (size_t)job->n;
	if (job->req != NULL)
		err = aml_dma_wait(job->dma, &job->req);
	else
		err = aml_dma_reap(job->dma, 1, &out, 1, AML_DMA_NO_DEADLINE, NULL);
	countdown = 0;
	return err;
}

/* `dma`: the engine of the operator that waits. `other`: that of all else. */
static void wait_with_place(struct aml_dma *dma, struct aml_dma *other, int place, bool reaps)
{
	struct gate begin;
	struct job needed = {.gate = &gate}, held = {.result = 0};
	struct job waiting = {.gate = &begin, .body = wait_for_held, .dma = other, .n = place};
	struct aml_dma_request *reqs[2];

	gate_init(&gate);
	gate_init(&begin);
	ck_assert_int_eq(sem_init(&blocks, 0, 0), 0);
	atomic_store(&ready, false);
	at_place = make_ready;
	ck_assert_int_eq(job_post(other, &reqs[0], &needed), 0);
	gate_await(&gate);
	blocked = (struct job){.body = wait_for_waiting, .dma = dma};
	ck_assert_int_eq(job_post(dma, &blocked.req, &waiting), 0);
	gate_await(&begin);
	ck_assert_int_eq(job_post(other, &reqs[1], &blocked), 0);
	ck_assert_int_eq(job_post_after(other, reaps ? NULL : &waiting.req, &held,
					reaps ? AML_DMA_POST_REAP : 0, 1, reqs),
			 0);
	gate_open(&begin);
	/* If the wait has fewer places, it sleeps now. */
	thread_settle(waiting.tid);
	make_ready();
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(aml_dma_wait(other, &reqs[i]), 0);
	ck_assert_int_eq(held.runs, 1);
	sem_destroy(&blocks);
	gate_destroy(&begin);
	gate_destroy(&gate);
}

/* Contract: AFTER-12. */
START_TEST(a_wait_runs_what_becomes_ready_before_it_sleeps)
{
	for (int place = 1; place < PLACES; place++) {
		for (int reaps = 0; reaps < 2; reaps++) {
			struct aml_dma *one = new_engine(1), *other = new_engine(1);
			struct aml_dma *same = new_engine(2);

			wait_with_place(one, other, place, reaps);
			wait_with_place(same, same, place, reaps);
			destroy_engine(&one);
			destroy_engine(&other);
			destroy_engine(&same);
		}
	}
}
END_TEST

/* What the requests of the next scene need passes these. */
static struct gate running, before, behind;
/* The operator that waits has ended. */
static sem_t ended;
static struct aml_dma *second;
/* Behind all that the operator waits for. */
static struct job stranger, closing;
static struct aml_dma_request *closing_req;

static int await_end(struct job *job)
{
	(void)job;
	while (sem_wait(&ended) != 0)
		;
	return 0;
}

static void ignore_code(int code, void *arg)
{
	(void)code;
	(void)arg;
}

/*
 * Let the free worker run and release the prerequisite of what the operator waits for. Then post a
 * request that may take its memory, and that must not run before the operator has ended.
 */
static void release_prerequisite(void)
{
	struct aml_dma_post_attr attr = job_attr(&stranger);

	if (atomic_exchange(&ready, true))
		return;
	attr.callback = ignore_code;
	attr.flags = AML_DMA_POST_DETACH;
	gate_open(&before);
	gate_await(&behind);
	if (aml_dma_post(second, 1, &attr, NULL) != 0)
		abort();
}

static int wait_and_end(struct job *job)
{
	int err;

	countdown = (size_t)job->n;
	err = aml_dma_wait(job->dma, &job->req);
	countdown = 0;
	sem_post(&ended);
	return err;
}

/* Contract: NEST-2. */
START_TEST(a_wait_forgets_what_others_have_released)
{
	for (int place = 1; place < PLACES; place++) {
		struct aml_dma *first = new_engine(1);
		struct job needed = {.gate = &running}, blocker = {.gate = &before};
		struct job start = {.result = 0}, middle = {.result = 0}, target = {.result = 0};
		struct gate begin;
		struct job waiting = {.gate = &begin, .body = wait_and_end, .n = place};
		struct aml_dma_post_attr attrs[2] = {job_attr(&middle), job_attr(&target)};
		struct aml_dma_request *reqs[4] = {NULL, NULL, NULL, NULL}, *posted[2];

		second = new_engine(2);
		gate_init(&begin);
		gate_init(&running);
		gate_init(&before);
		gate_init(&behind);
		ck_assert_int_eq(sem_init(&ended, 0, 0), 0);
		atomic_store(&ready, false);
		at_place = release_prerequisite;
		stranger = (struct job){.body = await_end};
		closing = (struct job){.gate = &behind};
		ck_assert_int_eq(job_post(second, &reqs[0], &needed), 0);
		ck_assert_int_eq(job_post(second, &reqs[1], &blocker), 0);
		gate_await(&running);
		gate_await(&before);
		/* `target` needs `needed`, and `middle`, which has no handle and needs `start`. */
		ck_assert_int_eq(job_post(second, &reqs[2], &start), 0);
		attrs[0].after = &reqs[2];
		attrs[0].nafter = 1;
		attrs[0].flags = AML_DMA_POST_DETACH;
		attrs[1].after = &reqs[0];
		attrs[1].nafter = 1;
		attrs[1].flags = AML_DMA_POST_CHAIN;
		ck_assert_int_eq(aml_dma_post(second, 2, attrs, posted), 0);
		ck_assert_int_eq(job_post(second, &closing_req, &closing), 0);
		waiting.dma = second;
		waiting.req = posted[1];
		ck_assert_int_eq(job_post(first, &reqs[3], &waiting), 0);
		gate_await(&begin);
		gate_open(&begin);
		thread_settle(waiting.tid);
		release_prerequisite();
		gate_open(&running);
		ck_assert_int_eq(aml_dma_wait(first, &reqs[3]), 0);
		gate_open(&behind);
		for (int i = 0; i < 3; i++)
			ck_assert_int_eq(aml_dma_wait(second, &reqs[i]), 0);
		ck_assert_int_eq(aml_dma_wait(second, &closing_req), 0);
		ck_assert_int_eq(aml_dma_barrier(second), 0);
		ck_assert_int_eq(stranger.runs, 1);
		destroy_engine(&first);
		destroy_engine(&second);
		sem_destroy(&ended);
		gate_destroy(&behind);
		gate_destroy(&before);
		gate_destroy(&running);
		gate_destroy(&begin);
	}
}
END_TEST

static atomic_bool ending;

/* In a child: wait for the request, too. */
static int use_in_child(void *arg)
{
	struct aml_dma_request *req = arg;

	return aml_dma_wait(second, &req);
}

static int say_end(struct job *job)
{
	(void)job;
	atomic_store(&ending, true);
	return 0;
}

/*
 * The process forks at some time between the end of the operator and that of the wait: at the right
 * one in about every thirtieth round.
 */
/* Contract: FORK-2. */
START_TEST(a_child_may_wait_for_what_a_thread_was_waiting_for)
{
	enum { DELAYS = 200, SPINS = 20 };
	int rounds = (int)effort(400);

	second = new_engine(1);
	for (int round = 0; round < rounds; round++) {
		struct job job = {.body = say_end};
		struct aml_dma_request *req = NULL, *same;
		struct gate start;
		struct call call;

		gate_init(&start);
		job.gate = &start;
		atomic_store(&ending, false);
		ck_assert_int_eq(job_post(second, &req, &job), 0);
		same = req;
		gate_await(&start);
		call = (struct call){.fn = call_wait, .dma = second, .req = &req};
		call_begin(&call);
		call_settle(&call);
		gate_open(&start);
		while (!atomic_load(&ending))
			;
		for (int i = 0; i < round % DELAYS * SPINS; i++)
			(void)atomic_load(&ending);
		/* It has not finished, or has; or the thread has released it. */
		ck_assert_int_ne(in_child(use_in_child, same), -AML_EBUSY);
		ck_assert_int_eq(call_end(&call), 0);
		gate_destroy(&start);
	}
	destroy_engine(&second);
}
END_TEST

SUITE("stress/wait_window", a_wait_runs_what_becomes_ready_before_it_sleeps,
      a_wait_forgets_what_others_have_released, a_child_may_wait_for_what_a_thread_was_waiting_for)
