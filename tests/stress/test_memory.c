/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * After a burst of requests, an engine returns their memory to the allocator, except for about 4
 * MiB that it keeps for later requests.
 */
#include <sched.h>
#include <stdlib.h>

#include "gate.h"
#include "stress.h"
#include "suite.h"

/* The most blocks that an engine keeps: each is a request of at least 20 words. */
#define KEPT ((long)((4 << 20) / (20 * sizeof(size_t))))

static char to[8], from[8];

static void post(struct aml_dma *dma, struct aml_dma_request **req)
{
	REQUIRE(aml_dma_async_copy_custom(dma, req, (void *)to, (void *)from,
					  aml_dma_linux_memcpy_op, (void *)sizeof(to)) == 0);
}

/* A worker may be about to release blocks. */
static void await_blocks(long before)
{
	while (stress_blocks() - before > KEPT)
		sched_yield();
}

static void burst(struct aml_dma *dma, size_t n, bool cancelled)
{
	struct aml_dma_request **reqs = calloc(n, sizeof(*reqs));
	long before = stress_blocks();

	REQUIRE(reqs != NULL);
	for (size_t i = 0; i < n; i++)
		post(dma, &reqs[i]);
	REQUIRE(stress_blocks() - before > KEPT);
	for (size_t i = 0; i < n; i++)
		REQUIRE((cancelled ? aml_dma_cancel(dma, &reqs[i]) : aml_dma_wait(dma, &reqs[i])) ==
			0);
	REQUIRE(stress_blocks() - before <= KEPT);
	free(reqs);
}

START_TEST(a_million_handles)
{
	struct aml_dma *dma = NULL;
	long before = stress_blocks();

	REQUIRE(aml_dma_linux_create(&dma, 1) == 0);
	/* More requests than the engine keeps, even under a slow tool. */
	burst(dma, 100000 + effort(900000), false);
	burst(dma, 100000, true);
	REQUIRE(aml_dma_linux_destroy(&dma) == 0);
	REQUIRE(stress_blocks() == before);
}
END_TEST

START_TEST(handles_without_workers)
{
	struct aml_dma *dma = NULL;
	long before = stress_blocks();

	REQUIRE(aml_dma_linux_create(&dma, 0) == 0);
	burst(dma, 100000, false);
	burst(dma, 100000, true);
	REQUIRE(aml_dma_linux_destroy(&dma) == 0);
	REQUIRE(stress_blocks() == before);
}
END_TEST

/* The requests are queued behind an operator that holds the worker. */
START_TEST(no_handles_and_a_worker)
{
	struct aml_dma *dma = NULL;
	struct gate gate;
	struct job job = {.gate = &gate};
	long before;

	gate_init(&gate);
	REQUIRE(aml_dma_linux_create(&dma, 1) == 0);
	before = stress_blocks();
	REQUIRE(job_post(dma, NULL, &job) == 0);
	gate_await(&gate);
	for (size_t i = 0; i < 100000; i++)
		post(dma, NULL);
	REQUIRE(stress_blocks() - before > KEPT);
	gate_open(&gate);
	REQUIRE(aml_dma_barrier(dma) == 0);
	await_blocks(before);
	REQUIRE(aml_dma_linux_destroy(&dma) == 0);
	gate_destroy(&gate);
}
END_TEST

START_TEST(no_handles_and_no_workers)
{
	struct aml_dma *dma = NULL;
	long before;

	REQUIRE(aml_dma_linux_create(&dma, 0) == 0);
	before = stress_blocks();
	for (size_t i = 0; i < 100000; i++)
		post(dma, NULL);
	REQUIRE(stress_blocks() - before > KEPT);
	REQUIRE(aml_dma_barrier(dma) == 0);
	REQUIRE(stress_blocks() - before <= KEPT);
	REQUIRE(aml_dma_linux_destroy(&dma) == 0);
}
END_TEST

SUITE("stress/memory", a_million_handles, handles_without_workers, no_handles_and_a_worker,
      no_handles_and_no_workers)
