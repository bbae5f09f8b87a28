/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every fault of a multiplexer: its creation, also for NUMA nodes, and posts of whole and of split
 * requests over engines of the library. After a failure nothing is posted, and the engine
 * continues. Waits, cancels and barriers need no memory.
 */
#include <stdlib.h>
#include <unistd.h>

#include <aml/dma/multiplex.h>

#include "exhaust.h"
#include "made.h"
#include "suite.h"

#define UNTOUCHED ((void *)(uintptr_t)0x5a5a)

enum { LARGE_BYTES = 4 << 20, WHOLE_BYTES = 4096 };

static struct aml_dma *engines[2], *inner, *dma;
static size_t workers, bytes;
static bool nested, detached, adaptive;
static unsigned char *to, *from;
static struct aml_dma_request *handle;
static struct job job;

static int prepare_engines(void)
{
	for (int i = 0; i < 2; i++)
		engines[i] = new_engine(workers);
	dma = UNTOUCHED;
	return 0;
}

static int call_create(void)
{
	const struct aml_dma *both[] = {engines[0], engines[1]};

	return aml_dma_multiplex_create(&dma, 2, both, NULL);
}

static int not_created(void)
{
	NEED(dma == UNTOUCHED);
	return 0;
}

static int created(void)
{
	NEED(aml_dma_multiplex_destroy(&dma) == 0 && dma == NULL);
	return 0;
}

static int destroy_engines(void)
{
	destroy_engine(&engines[0]);
	destroy_engine(&engines[1]);
	return 0;
}

/* Contract: ERROR-5. */
START_TEST(creation_without_memory)
{
	const struct act act = {
		.name = "create",
		.prepare = prepare_engines,
		.call = call_create,
		.untouched = not_created,
		.done = created,
		.clean = destroy_engines,
		.error = -AML_ENOMEM,
	};

	ck_assert_uint_eq(exhaust(&act, FAULT_MEMORY), 1);
}
END_TEST

static int call_create_numa(void)
{
	return aml_dma_multiplex_create_numa(&dma);
}

static int prepare_numa(void)
{
	dma = UNTOUCHED;
	return 0;
}

/* Contract: ERROR-5. */
START_TEST(creation_for_nodes_without_memory_or_threads)
{
	const struct act act = {
		.name = "create_numa",
		.prepare = prepare_numa,
		.call = call_create_numa,
		.untouched = not_created,
		.done = created,
		.error = -AML_ENOMEM,
		.may_succeed = true,
	};

	ck_assert_uint_gt(exhaust(&act, FAULT_MEMORY), 2);
	ck_assert_uint_gt(exhaust(&act, FAULT_THREAD), 0);
	(void)exhaust(&act, FAULT_FILE);
}
END_TEST

static int prepare_copy(void)
{
	const struct aml_dma *both[2], *outer[2];
	const size_t *weights = adaptive ? NULL : (const size_t[]){1, 1};

	prepare_engines();
	both[0] = engines[0];
	both[1] = engines[1];
	NEED(aml_dma_multiplex_create(&inner, 2, both, weights) == 0);
	dma = inner;
	outer[0] = inner;
	outer[1] = engines[1];
	if (nested)
		NEED(aml_dma_multiplex_create(&dma, 2, outer, weights) == 0);
	memset(to, 0, bytes);
	handle = UNTOUCHED;
	memset(&job, 0, sizeof(job));
	return 0;
}

static int call_copy_bytes(void)
{
	struct aml_dma_request **req = detached ? NULL : &handle;

	if (bytes == 0)
		return job_post(dma, req, &job);
	return aml_dma_async_copy_custom(dma, req, (struct aml_layout *)(void *)to,
					 (struct aml_layout *)(void *)from, aml_dma_linux_memcpy_op,
					 (void *)bytes);
}

static int not_copied(void)
{
	NEED(handle == UNTOUCHED);
	NEED(aml_dma_barrier(dma) == 0);
	NEED(job.runs == 0);
	return 0;
}

static int copy_done(void)
{
	if (detached) {
		NEED(aml_dma_barrier(dma) == 0);
	} else {
		NEED(aml_dma_wait(dma, &handle) == 0 && handle == NULL);
		handle = UNTOUCHED;
	}
	NEED(bytes == 0 ? job.runs == 1 : memcmp(to, from, bytes) == 0);
	return 0;
}

static int clean_copy(void)
{
	if (nested)
		NEED(aml_dma_multiplex_destroy(&dma) == 0);
	NEED(aml_dma_multiplex_destroy(&inner) == 0);
	return destroy_engines();
}

static const struct act copy_act = {
	.name = "post",
	.prepare = prepare_copy,
	.call = call_copy_bytes,
	.untouched = not_copied,
	.done = copy_done,
	.clean = clean_copy,
	.error = -AML_ENOMEM,
	.may_keep = true,
};

/* Contract: ERROR-5, MULTI-7. */
START_TEST(posts_without_memory)
{
	static const size_t sizes[] = {0, WHOLE_BYTES, LARGE_BYTES};

	to = malloc(LARGE_BYTES);
	from = malloc(LARGE_BYTES);
	ck_assert(to != NULL && from != NULL);
	memset(from, 7, LARGE_BYTES);
	for (unsigned which = 0; which < 3 * 16; which++) {
		bytes = sizes[which % 3];
		workers = which / 3 % 2;
		nested = which / 6 % 2;
		detached = which / 12 % 2;
		adaptive = which / 24 % 2;
		ck_assert_uint_gt(exhaust(&copy_act, FAULT_MEMORY), 1);
	}
	free(to);
	free(from);
}
END_TEST

/* Wait in every way, with no memory to be had. */
static int wait_for_posted(void)
{
	int err = aml_dma_barrier(dma);

	return err != 0 ? err : aml_dma_wait(dma, &handle);
}

static int prepare_posted(void)
{
	NEED(prepare_copy() == 0);
	return call_copy_bytes();
}

static int posted_done(void)
{
	NEED(handle == NULL);
	NEED(bytes == 0 ? job.runs == 1 : memcmp(to, from, bytes) == 0);
	return 0;
}

/* Contract: ERROR-6. */
START_TEST(waits_need_no_memory)
{
	const struct act act = {
		.name = "barrier and wait",
		.prepare = prepare_posted,
		.call = wait_for_posted,
		.done = posted_done,
		.clean = clean_copy,
		.may_succeed = true,
		.may_keep = true,
	};

	to = malloc(LARGE_BYTES);
	from = malloc(LARGE_BYTES);
	ck_assert(to != NULL && from != NULL);
	memset(from, 7, LARGE_BYTES);
	for (unsigned which = 0; which < 8; which++) {
		bytes = which % 2 ? LARGE_BYTES : 0;
		workers = which / 2 % 2;
		nested = which / 4 % 2;
		(void)exhaust(&act, FAULT_MEMORY);
	}
	free(to);
	free(from);
}
END_TEST

SUITE("faults/multiplex", creation_without_memory, creation_for_nodes_without_memory_or_threads,
      posts_without_memory, waits_need_no_memory)
