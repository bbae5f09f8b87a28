/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A nested wait began to run a large copy while another request was before it in the queue. When
 * the copy became the head of the queue, it was skipped, so no other worker took a part of it.
 */
#include <semaphore.h>

#include "gate.h"
#include "suite.h"

/* In the test build of the library, a copy of this size has many parts. */
#define BYTES ((size_t)64 << 10)

static unsigned char from[BYTES], to[BYTES];
static sem_t shared;     /* posted when the helper has copied the last part */
static struct gate gate; /* the helper waits here until the first part is copied */

/* The role of the calling thread. */
static __thread bool nests; /* waits for the copy in an operator, until the first part is copied */
static __thread bool helps; /* is the other worker, until it has copied the last part */

/* The library calls this function without holding its lock, also between two parts. */
void queue_shake(void);

void queue_shake(void)
{
	if (nests && to[0] != 0) {
		/* The first part is copied. Leave the other parts to the helper. */
		nests = false;
		gate_open(&gate);
		while (sem_wait(&shared) != 0)
			;
	} else if (helps && to[BYTES - 1] != 0) {
		helps = false;
		sem_post(&shared);
	}
}

/* A body: make this thread the helper. */
static int help(struct job *job)
{
	(void)job;
	helps = true;
	return 0;
}

/* A body: post an empty request and then the large copy, and wait for the copy. */
static int copy_nested(struct job *job)
{
	struct aml_dma_request *req = NULL;

	NEED(job_post(job->dma, NULL, job->other) == 0);
	NEED(aml_dma_async_copy_custom(job->dma, &req, (struct aml_layout *)to,
				       (struct aml_layout *)from, aml_dma_linux_memcpy_op,
				       (void *)BYTES) == 0);
	nests = true;
	NEED(aml_dma_wait(job->dma, &req) == 0);
	nests = false;
	return 0;
}

/* The operator runs on `outer`, the copy on `dma`. At first, one worker of `dma` is at the gate. */
static void share(struct aml_dma *outer, struct aml_dma *dma)
{
	struct job helper = {.gate = &gate, .body = help}, empty = {.result = 0};
	struct job job = {.body = copy_nested, .dma = dma, .other = &empty};
	struct aml_dma_request *reqs[2] = {NULL};

	memset(from, 1, BYTES);
	memset(to, 0, BYTES);
	gate_init(&gate);
	ck_assert_int_eq(sem_init(&shared, 0, 0), 0);
	ck_assert_int_eq(job_post(dma, &reqs[0], &helper), 0);
	gate_await(&gate);
	ck_assert_int_eq(job_post(outer, &reqs[1], &job), 0);
	ck_assert_int_eq(aml_dma_wait(outer, &reqs[1]), 0);
	ck_assert_int_eq(aml_dma_wait(dma, &reqs[0]), 0);
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	ck_assert_int_eq(empty.runs, 1);
	ck_assert_mem_eq(to, from, BYTES);
	sem_destroy(&shared);
	gate_destroy(&gate);
}

/* Contract: NEST-3. */
START_TEST(by_the_other_worker_of_the_operator_s_engine)
{
	struct aml_dma *dma = NULL;

	ck_assert_int_eq(aml_dma_linux_create(&dma, 2), 0);
	share(dma, dma);
	ck_assert_int_eq(aml_dma_linux_destroy(&dma), 0);
}
END_TEST

/* Contract: NEST-3. */
START_TEST(by_the_worker_of_another_engine)
{
	struct aml_dma *outer = NULL, *dma = NULL;

	ck_assert_int_eq(aml_dma_linux_create(&outer, 1), 0);
	ck_assert_int_eq(aml_dma_linux_create(&dma, 1), 0);
	share(outer, dma);
	ck_assert_int_eq(aml_dma_linux_destroy(&outer), 0);
	ck_assert_int_eq(aml_dma_linux_destroy(&dma), 0);
}
END_TEST

SUITE("regressions/nested_large_copies_are_shared", by_the_other_worker_of_the_operator_s_engine,
      by_the_worker_of_another_engine)
