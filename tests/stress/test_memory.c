/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * After a burst of requests, an engine returns their memory to the allocator, except for some that
 * it keeps for later requests. What later requests do not need goes as well. The library for tests
 * keeps less than the installed one.
 */
#include <sched.h>
#include <stdlib.h>

#include "gate.h"
#include "stress.h"
#include "suite.h"

/* The most blocks that an engine keeps: 4 MiB after a burst, 1 MiB for good. */
#define BLOCK_BYTES (16 << 10)
#define KEPT ((4 << 20) / BLOCK_BYTES)
#define KEPT_FOR_GOOD ((1 << 20) / BLOCK_BYTES)
/* After so many blocks became idle, it is known which were needed. */
#define PERIOD 512

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

/* Contract: MEMORY-4. */
START_TEST(a_million_handles)
{
	struct aml_dma *dma = NULL;
	long before = stress_blocks();

	REQUIRE(aml_dma_linux_create(&dma, 1) == 0);
	/* More requests than the engine keeps, even under a slow tool. */
	burst(dma, 100000 + effort_at_once(900000), false);
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

/* Contract: MEMORY-4. */
START_TEST(a_burst_that_does_not_return)
{
	struct aml_dma *dma = NULL;
	long before;

	REQUIRE(aml_dma_linux_create(&dma, 0) == 0);
	before = stress_blocks();
	burst(dma, 100000, false);
	REQUIRE(stress_blocks() - before > KEPT_FOR_GOOD + 1);
	for (size_t i = 0; i < 2 * PERIOD + KEPT; i++) {
		struct aml_dma_request *req;

		post(dma, &req);
		REQUIRE(aml_dma_wait(dma, &req) == 0);
	}
	/* One more was in use whenever the others were counted. */
	REQUIRE(stress_blocks() - before <= KEPT_FOR_GOOD + 1);
	REQUIRE(aml_dma_linux_destroy(&dma) == 0);
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

SUITE("stress/memory", a_million_handles, handles_without_workers, a_burst_that_does_not_return,
      no_handles_and_a_worker, no_handles_and_no_workers)
