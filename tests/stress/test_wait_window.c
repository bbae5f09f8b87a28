/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An operator waits for a held request. At each place where its wait releases a scheduler's lock or
 * is about to take one, the request becomes ready, while no other thread can run it: the worker of
 * its engine has gone on to an operator that waits for the first one.
 */
#include <aml/dma/completion.h>

#include "gate.h"
#include "made.h"
#include "suite.h"

/* The library calls this before it takes its lock and after it has released it. */
void queue_shake(void);

/* More places than a wait has. */
enum { PLACES = 16 };

/* How many more places the thread passes before the request becomes ready; 0: it does not. */
static __thread size_t countdown;

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
		make_ready();
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

SUITE("stress/wait_window", a_wait_runs_what_becomes_ready_before_it_sleeps)
