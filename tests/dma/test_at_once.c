/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Small copies. The posting call makes the copy itself only if nothing is queued and an idle worker
 * could start at once. A worker takes several queued small copies together, and so does a waiting
 * thread.
 */
#include <sched.h>

#include <aml/layout/dense.h>

#include "gate.h"
#include "suite.h"

/* The largest small copies: SMALL in runs of at least 64 bytes, PIECES in shorter runs. */
#define SMALL ((size_t)128 << 10)
#define PIECES ((size_t)16 << 10)

static char to[2 * SMALL], from[2 * SMALL];
static struct aml_dma *dma;

static void open_engine(size_t threads)
{
	dma = NULL;
	memset(to, 0, sizeof(to));
	memset(from, 7, sizeof(from));
	ck_assert_int_eq(aml_dma_linux_create(&dma, threads), 0);
}

static void close_engine(void)
{
	ck_assert_int_eq(aml_dma_linux_destroy(&dma), 0);
}

static void post(struct aml_dma_request **req, size_t size)
{
	ck_assert_int_eq(aml_dma_async_copy_custom(dma, req, (void *)to, (void *)from,
						   aml_dma_linux_memcpy_op, (void *)size),
			 0);
}

static bool copied(size_t size)
{
	return memcmp(to, from, size) == 0;
}

/* Contract: RUN-5. */
START_TEST(a_small_copy_is_made_when_it_is_posted)
{
	for (size_t threads = 1; threads < 3; threads++) {
		struct aml_dma_request *req = NULL;

		open_engine(threads);
		post(NULL, 64);
		ck_assert(copied(64));
		post(&req, SMALL);
		ck_assert(copied(SMALL));
		ck_assert_ptr_nonnull(req);
		ck_assert_int_eq(((struct aml_dma_linux_request *)req)->flags,
				 AML_DMA_LINUX_REQUEST_FLAGS_DONE);
		ck_assert_int_eq(aml_dma_wait(dma, &req), 0);
		ck_assert_ptr_null(req);
		post(&req, 64);
		ck_assert_int_eq(aml_dma_barrier(dma), 0);
		ck_assert_int_eq(aml_dma_cancel(dma, &req), 0);
		/* The engine releases a handle that was not waited for. */
		post(&req, 64);
		close_engine();
	}
}
END_TEST

/*
 * Post a copy of `rows` runs of `bytes`, with gaps of the same size between them. Return whether
 * the posting call made the copy.
 */
static bool runs_are_made_at_once(size_t rows, size_t bytes)
{
	struct aml_layout *dst, *src;
	struct aml_dma_request *req = NULL;
	bool done;

	ck_assert_int_eq(aml_layout_dense_create(&dst, to, AML_LAYOUT_ORDER_C, 1, 2,
						 (size_t[]){rows, bytes}, NULL,
						 (size_t[]){rows, 2 * bytes}),
			 0);
	ck_assert_int_eq(aml_layout_dense_create(&src, from, AML_LAYOUT_ORDER_C, 1, 2,
						 (size_t[]){rows, bytes}, NULL,
						 (size_t[]){rows, 2 * bytes}),
			 0);
	ck_assert_int_eq(aml_dma_async_copy(dma, &req, dst, src), 0);
	done = ((struct aml_dma_linux_request *)req)->flags & AML_DMA_LINUX_REQUEST_FLAGS_DONE;
	ck_assert_int_eq(aml_dma_wait(dma, &req), 0);
	aml_layout_destroy(&dst);
	aml_layout_destroy(&src);
	return done;
}

/* Contract: RUN-5. */
START_TEST(so_is_one_in_runs_or_pieces)
{
	open_engine(2);
	ck_assert(runs_are_made_at_once(SMALL / 64, 64));
	ck_assert(runs_are_made_at_once(4, SMALL / 4));
	ck_assert(runs_are_made_at_once(PIECES / 4, 4));
	close_engine();
}
END_TEST

/* Contract: RUN-5. */
START_TEST(without_workers_it_is_made_when_it_is_waited_for)
{
	struct aml_dma_request *req = NULL;

	open_engine(0);
	post(NULL, 64);
	ck_assert(!copied(64));
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	ck_assert(copied(64));
	memset(from, 8, sizeof(from));
	post(&req, 64);
	ck_assert(!copied(64));
	ck_assert_int_eq(aml_dma_wait(dma, &req), 0);
	ck_assert(copied(64));
	close_engine();
}
END_TEST

/* Contract: RUN-5. */
START_TEST(while_all_workers_are_busy_it_is_queued)
{
	for (size_t threads = 1; threads < 3; threads++) {
		struct gate gate;
		struct job job = {.gate = &gate}, other = job;
		struct aml_dma_request *req = NULL;

		gate_init(&gate);
		open_engine(threads);
		ck_assert_int_eq(job_post(dma, NULL, &job), 0);
		gate_await(&gate);
		if (threads > 1) {
			ck_assert_int_eq(job_post(dma, NULL, &other), 0);
			gate_await(&gate);
		}
		post(&req, 64);
		ck_assert(!copied(64));
		for (size_t i = 0; i < threads; i++)
			gate_open(&gate);
		ck_assert_int_eq(aml_dma_wait(dma, &req), 0);
		ck_assert(copied(64));
		close_engine();
		gate_destroy(&gate);
	}
}
END_TEST

/* Job body: post while the operator holds the only worker. */
static int post_inside(struct job *job)
{
	(void)job;
	if (aml_dma_async_copy_custom(dma, NULL, (void *)to, (void *)from, aml_dma_linux_memcpy_op,
				      (void *)64) != 0)
		return -AML_FAILURE;
	return copied(64) ? -AML_EDOM : 0;
}

/* Contract: RUN-5. */
START_TEST(an_operator_that_posts_keeps_the_only_worker_busy)
{
	struct job job = {.body = post_inside};

	open_engine(1);
	ck_assert_int_eq(job_copy(dma, &job), 0);
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	ck_assert(copied(64));
	close_engine();
}
END_TEST

static int post_in_child(void *arg)
{
	struct aml_dma_request *req = NULL;

	(void)arg;
	NEED(aml_dma_async_copy_custom(dma, &req, (void *)to, (void *)from, aml_dma_linux_memcpy_op,
				       (void *)64) == 0);
	NEED(!copied(64));
	NEED(aml_dma_wait(dma, &req) == 0);
	NEED(copied(64));
	return 0;
}

/* Contract: RUN-5. */
START_TEST(a_forked_child_has_no_workers)
{
	open_engine(2);
	ck_assert_int_eq(in_child(post_in_child, NULL), 0);
	close_engine();
}
END_TEST

/* Post copies of 64 bytes each, side by side in the buffers. */
#define SLICES 256

static int post_slices(struct aml_dma_request **reqs)
{
	for (size_t i = 0; i < SLICES; i++)
		NEED(aml_dma_async_copy_custom(dma, &reqs[i], (void *)(to + i * 64),
					       (void *)(from + i * 64), aml_dma_linux_memcpy_op,
					       (void *)64) == 0);
	return 0;
}

/* Contract: RUN-5. */
START_TEST(many_that_are_queued_are_each_made_or_cancelled)
{
	struct aml_dma_request *reqs[SLICES];
	struct gate gate;
	struct job job = {.gate = &gate};

	gate_init(&gate);
	open_engine(1);
	ck_assert_int_eq(job_post(dma, NULL, &job), 0);
	gate_await(&gate);
	ck_assert_int_eq(post_slices(reqs), 0);
	for (size_t i = 0; i < SLICES; i += 5)
		ck_assert_int_eq(aml_dma_cancel(dma, &reqs[i]), 0);
	gate_open(&gate);
	for (size_t i = SLICES; i-- > 0;) {
		static const char zeros[64];

		if (i % 5 != 0)
			ck_assert_int_eq(aml_dma_wait(dma, &reqs[i]), 0);
		ck_assert(memcmp(to + i * 64, i % 5 != 0 ? from + i * 64 : zeros, 64) == 0);
	}
	close_engine();
	gate_destroy(&gate);
}
END_TEST

static struct aml_dma_request *slices[SLICES];

/*
 * Job body: post the slices while the operator holds the only worker, then wait for a request of
 * another engine.
 */
static int post_and_leave(struct job *job)
{
	struct aml_dma_request *req = NULL;

	NEED(post_slices(slices) == 0);
	NEED(job_post(job->dma, &req, job->other) == 0);
	return aml_dma_wait(job->dma, &req);
}

/* Does no task have a slot? */
static bool all_slots_are_free(void)
{
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);
	bool are;

	ck_assert_ptr_nonnull(stream);
	ck_assert_int_eq(aml_dma_fprintf(stream, "", dma), 0);
	fclose(stream);
	are = strstr(text, "running requests: 0\n") != NULL;
	free(text);
	return are;
}

/* Contract: RUN-5. */
START_TEST(who_waits_makes_those_that_stand_before)
{
	struct aml_dma *other = NULL;
	struct gate gate;
	struct job held = {.gate = &gate}, job = {.body = post_and_leave, .other = &held};
	struct aml_dma_request *req = NULL;

	gate_init(&gate);
	open_engine(1);
	ck_assert_int_eq(aml_dma_linux_create(&other, 1), 0);
	job.dma = other;
	ck_assert_int_eq(job_post(dma, &req, &job), 0);
	gate_await(&gate);
	while (!all_slots_are_free())
		sched_yield();
	/* The only worker stays in its wait until the gate opens. */
	ck_assert_int_eq(aml_dma_wait(dma, &slices[SLICES / 2]), 0);
	ck_assert(memcmp(to, from, (SLICES / 2 + 1) * 64) == 0);
	gate_open(&gate);
	ck_assert_int_eq(aml_dma_wait(dma, &req), 0);
	close_engine();
	ck_assert_int_eq(aml_dma_linux_destroy(&other), 0);
	gate_destroy(&gate);
}
END_TEST

SUITE("dma/at_once", a_small_copy_is_made_when_it_is_posted, so_is_one_in_runs_or_pieces,
      without_workers_it_is_made_when_it_is_waited_for, while_all_workers_are_busy_it_is_queued,
      an_operator_that_posts_keeps_the_only_worker_busy, a_forked_child_has_no_workers,
      many_that_are_queued_are_each_made_or_cancelled, who_waits_makes_those_that_stand_before)
