/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A large copy that a nested wait began to run, with another request queued before it, was passed
 * over when its turn came: no other worker took a part of it.
 */
#include <semaphore.h>

#include "gate.h"
#include "suite.h"

/* Many parts, in the library for tests. */
#define BYTES ((size_t)64 << 10)

static unsigned char from[BYTES], to[BYTES];
static sem_t shared;     /* the helper has made the last part */
static struct gate gate; /* where the helper is held */

/* What the calling thread is. */
static __thread bool nests; /* it waits for the copy in an operator, and has made no part yet */
static __thread bool helps; /* it is the other worker, and has not made the last part yet */

/* The library calls it without its lock, between parts too. */
void queue_shake(void);

void queue_shake(void)
{
	if (nests && to[0] != 0) {
		/* The first part is made. The others are the helper's. */
		nests = false;
		gate_open(&gate);
		while (sem_wait(&shared) != 0)
			;
	} else if (helps && to[BYTES - 1] != 0) {
		helps = false;
		sem_post(&shared);
	}
}

/* A body. */
static int help(struct job *job)
{
	(void)job;
	helps = true;
	return 0;
}

/* A body: an empty request, then the large copy, and wait for it. */
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

/* The operator runs on `outer`, the copy on `dma`, one of whose workers is held meanwhile. */
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
