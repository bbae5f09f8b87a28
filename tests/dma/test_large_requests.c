/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Copies that are large enough for several threads to share: the copies arrive whole, keep their
 * place in the order, and can be waited for, cancelled and nested like any other copy.
 */
#include <aml/layout/dense.h>
#include <sched.h>

#include "gate.h"
#include "made.h"
#include "suite.h"

#define SIDE 768
#define WORDS (SIDE * SIDE)
#define BYTES (WORDS * sizeof(unsigned))

/* Source and destination of 2.25 MiB each. The source's words are all different. */
struct large_pair {
	unsigned *from, *to;
	size_t size;
};

static void block_up(struct large_pair *block)
{
	static unsigned words[WORDS];

	/* Fill in the words once: words[1] is 0 only before. */
	for (unsigned i = words[1] == 0 ? 0 : WORDS; i < WORDS; i++)
		words[i] = i * 2654435761u;
	block->size = BYTES;
	block->from = malloc(BYTES);
	block->to = malloc(BYTES);
	ck_assert(block->from != NULL && block->to != NULL);
	memcpy(block->from, words, BYTES);
	memset(block->to, 0, BYTES);
}

static void block_down(struct large_pair *block)
{
	free(block->from);
	free(block->to);
}

/* Has every word arrived, in place or transposed? Then clear the destination. */
static bool arrived(struct large_pair *block, bool transposed)
{
	bool all = true;

	if (!transposed)
		all = memcmp(block->to, block->from, BYTES) == 0;
	for (size_t i = 0; transposed && i < SIDE && all; i++)
		for (size_t k = 0; k < SIDE && all; k++)
			all = block->to[k * SIDE + i] == block->from[i * SIDE + k];
	memset(block->to, 0, BYTES);
	return all;
}

enum large_kind { FLAT, ROWS, TRANSPOSED, KINDS };

/* Post a copy of the block. `req` is as for aml_dma_async_copy_custom(). */
static int post(struct aml_dma *dma, struct aml_dma_request **req, struct large_pair *block,
		enum large_kind kind)
{
	size_t dims[] = {SIDE, SIDE}, pitch[] = {1, 1}, turned[] = {1, SIDE};
	struct aml_layout *src = NULL, *dst = NULL;
	int err;

	if (kind == FLAT)
		return aml_dma_async_copy_custom(dma, req, (struct aml_layout *)(void *)block->to,
						 (struct aml_layout *)(void *)block->from,
						 aml_dma_linux_memcpy_op, (void *)block->size);
	err = aml_layout_dense_create(&src, block->from, AML_LAYOUT_ORDER_C, sizeof(unsigned), 2,
				      dims, NULL, NULL);
	if (err == AML_SUCCESS && kind == ROWS)
		err = aml_layout_dense_create(&dst, block->to, AML_LAYOUT_ORDER_C, sizeof(unsigned),
					      2, dims, NULL, NULL);
	else if (err == AML_SUCCESS)
		err = aml_layout_dense_create(&dst, block->to, AML_LAYOUT_ORDER_C, sizeof(unsigned),
					      2, dims, turned, pitch);
	if (err == AML_SUCCESS)
		err = aml_dma_async_copy(dma, req, dst, src);
	aml_layout_destroy(&src);
	aml_layout_destroy(&dst);
	return err;
}

START_TEST(a_large_copy_has_arrived_when_its_wait_returns)
{
	struct large_pair block;

	block_up(&block);
	for (size_t threads = 0; threads < 4; threads++) {
		struct aml_dma *dma = new_engine(threads);
		struct aml_dma_request *req = NULL;

		for (enum large_kind kind = FLAT; kind < KINDS; kind++) {
			ck_assert_int_eq(post(dma, &req, &block, kind), 0);
			ck_assert_int_eq(aml_dma_wait(dma, &req), 0);
			ck_assert(arrived(&block, kind == TRANSPOSED));
		}
		destroy_engine(&dma);
	}
	block_down(&block);
}
END_TEST

START_TEST(a_large_copy_has_arrived_when_a_barrier_or_destroy_returns)
{
	struct large_pair block;

	block_up(&block);
	for (size_t threads = 0; threads < 4; threads++) {
		for (enum large_kind kind = FLAT; kind < KINDS; kind++) {
			struct aml_dma *dma = new_engine(threads);

			ck_assert_int_eq(post(dma, NULL, &block, kind), 0);
			ck_assert_int_eq(aml_dma_barrier(dma), 0);
			ck_assert(arrived(&block, kind == TRANSPOSED));
			ck_assert_int_eq(post(dma, NULL, &block, kind), 0);
			destroy_engine(&dma);
			ck_assert(arrived(&block, kind == TRANSPOSED));
		}
	}
	block_down(&block);
}
END_TEST

/* Job body: has the whole block arrived? */
static int expect_arrived(struct job *job)
{
	return arrived((struct large_pair *)job->other, false) ? AML_SUCCESS : -AML_FAILURE;
}

START_TEST(what_comes_after_a_large_copy_runs_after_it_when_one_runs_at_a_time)
{
	struct large_pair block;

	block_up(&block);
	for (size_t threads = 0; threads < 2; threads++) {
		struct aml_dma *dma = new_engine(threads);
		struct job after = {.body = expect_arrived, .other = (struct job *)&block};
		struct aml_dma_request *reqs[2] = {NULL};

		ck_assert_int_eq(post(dma, &reqs[0], &block, FLAT), 0);
		ck_assert_int_eq(job_post(dma, &reqs[1], &after), 0);
		ck_assert_int_eq(aml_dma_wait(dma, &reqs[1]), 0);
		ck_assert_int_eq(aml_dma_wait(dma, &reqs[0]), 0);
		ck_assert_int_eq(post(dma, NULL, &block, ROWS), 0);
		ck_assert_int_eq(job_copy(dma, &after), 0);
		destroy_engine(&dma);
	}
	block_down(&block);
}
END_TEST

START_TEST(a_large_copy_comes_after_what_stands_before_it)
{
	struct large_pair block;
	struct aml_dma *dma = new_engine(1);
	struct gate gate;
	struct job held = {.gate = &gate};
	struct aml_dma_request *req = NULL;
	struct call wait = {.fn = call_wait, .dma = dma, .req = &req};

	block_up(&block);
	gate_init(&gate);
	ck_assert_int_eq(job_post(dma, NULL, &held), 0);
	gate_await(&gate);
	ck_assert_int_eq(post(dma, &req, &block, FLAT), 0);
	call_begin(&wait);
	call_settle(&wait);
	ck_assert_int_eq(atomic_load(&wait.ended), 0);
	/* The copy has not written anything yet. */
	for (size_t i = 0; i < WORDS; i++)
		if (block.to[i] != 0)
			ck_abort_msg("word %zu came too early", i);
	gate_open(&gate);
	ck_assert_int_eq(call_end(&wait), 0);
	ck_assert(arrived(&block, false));
	destroy_engine(&dma);
	block_down(&block);
	gate_destroy(&gate);
}
END_TEST

START_TEST(the_buffers_may_go_when_the_cancel_of_a_large_copy_returns)
{
	for (size_t threads = 0; threads < 4; threads++) {
		struct aml_dma *dma = new_engine(threads);

		for (int i = 0; i < 6; i++) {
			struct large_pair block;
			struct aml_dma_request *req = NULL;

			block_up(&block);
			ck_assert_int_eq(post(dma, &req, &block, (enum large_kind)(i % KINDS)), 0);
			for (int k = 0; k < i; k++)
				sched_yield();
			ck_assert_int_eq(aml_dma_cancel(dma, &req), 0);
			ck_assert_ptr_null(req);
			block_down(&block);
		}
		ck_assert_int_eq(aml_dma_barrier(dma), 0);
		destroy_engine(&dma);
	}
}
END_TEST

START_TEST(what_comes_after_a_cancelled_large_copy_still_runs)
{
	struct large_pair blocks[2];

	block_up(&blocks[0]);
	block_up(&blocks[1]);
	for (size_t threads = 0; threads < 4; threads++) {
		struct aml_dma *dma = new_engine(threads);

		for (int i = 0; i < 6; i++) {
			struct aml_dma_request *reqs[2] = {NULL};

			ck_assert_int_eq(post(dma, &reqs[0], &blocks[0], FLAT), 0);
			ck_assert_int_eq(post(dma, &reqs[1], &blocks[1], FLAT), 0);
			for (int k = 0; k < i; k++)
				sched_yield();
			ck_assert_int_eq(aml_dma_cancel(dma, &reqs[0]), 0);
			ck_assert_int_eq(aml_dma_wait(dma, &reqs[1]), 0);
			ck_assert(arrived(&blocks[1], false));
		}
		destroy_engine(&dma);
	}
	block_down(&blocks[0]);
	block_down(&blocks[1]);
}
END_TEST

/* Job body: copy the block on job->dma in several ways, and wait for it. */
static int copy_inside(struct job *job)
{
	struct large_pair *block = (struct large_pair *)job->other;
	struct aml_dma_request *req = NULL;

	NEED(post(job->dma, &req, block, FLAT) == 0);
	NEED(aml_dma_wait(job->dma, &req) == 0);
	NEED(arrived(block, false));
	NEED(aml_dma_copy_custom(job->dma, (struct aml_layout *)(void *)block->to,
				 (struct aml_layout *)(void *)block->from, aml_dma_linux_memcpy_op,
				 (void *)block->size) == 0);
	NEED(arrived(block, false));
	NEED(post(job->dma, &req, block, ROWS) == 0);
	NEED(aml_dma_cancel(job->dma, &req) == 0);
	return 0;
}

START_TEST(an_operator_may_wait_for_a_large_copy)
{
	for (size_t threads = 0; threads < 9; threads++) {
		struct aml_dma *dma = new_engine(threads / 3), *other = new_engine(threads % 3);
		struct large_pair blocks[3];
		struct job jobs[3];

		for (int i = 0; i < 3; i++) {
			block_up(&blocks[i]);
			jobs[i] = (struct job){.body = copy_inside,
					       .dma = i == 2 ? other : dma,
					       .other = (struct job *)&blocks[i]};
			ck_assert_int_eq(job_post(dma, NULL, &jobs[i]), 0);
		}
		ck_assert_int_eq(aml_dma_barrier(dma), 0);
		destroy_engine(&dma);
		destroy_engine(&other);
		for (int i = 0; i < 3; i++)
			block_down(&blocks[i]);
	}
}
END_TEST

/* A call that copies the block repeatedly: synchronously, with a handle and without a handle. */
static int copy_often(struct call *call)
{
	struct large_pair *block = (struct large_pair *)call->job;
	struct aml_dma_request *req = NULL;

	for (int i = 0; i < 2; i++) {
		NEED(aml_dma_copy_custom(call->dma, (struct aml_layout *)(void *)block->to,
					 (struct aml_layout *)(void *)block->from,
					 aml_dma_linux_memcpy_op, (void *)block->size) == 0);
		NEED(arrived(block, false));
		NEED(post(call->dma, &req, block, TRANSPOSED) == 0);
		NEED(aml_dma_wait(call->dma, &req) == 0);
		NEED(arrived(block, true));
		NEED(post(call->dma, NULL, block, ROWS) == 0);
		NEED(aml_dma_barrier(call->dma) == 0);
		NEED(arrived(block, false));
	}
	return 0;
}

START_TEST(several_threads_may_copy_large_blocks_at_once)
{
	enum { CALLERS = 3 };
	struct large_pair blocks[CALLERS];

	for (int i = 0; i < CALLERS; i++)
		block_up(&blocks[i]);
	for (size_t threads = 0; threads < 4; threads++) {
		struct aml_dma *dma = new_engine(threads);
		struct call calls[CALLERS];

		for (int i = 0; i < CALLERS; i++) {
			calls[i] = (struct call){
				.fn = copy_often, .dma = dma, .job = (struct job *)&blocks[i]};
			call_begin(&calls[i]);
		}
		for (int i = 0; i < CALLERS; i++)
			ck_assert_int_eq(call_end(&calls[i]), 0);
		destroy_engine(&dma);
	}
	for (int i = 0; i < CALLERS; i++)
		block_down(&blocks[i]);
}
END_TEST

/*
 * In the child: a large copy that was queued at the fork is the parent's. The child's own copies
 * run.
 */
static int copy_in_child(void *arg)
{
	struct call *call = arg;

	NEED(aml_dma_wait(call->dma, call->req) == -AML_FAILURE);
	return copy_often(call);
}

START_TEST(a_child_copies_large_blocks_too)
{
	struct large_pair block, own;
	struct aml_dma *dma = new_engine(1);
	struct gate gate;
	struct job held = {.gate = &gate};
	struct aml_dma_request *req = NULL;
	struct call call = {.dma = dma, .req = &req, .job = (struct job *)&own};

	block_up(&block);
	block_up(&own);
	gate_init(&gate);
	ck_assert_int_eq(job_post(dma, NULL, &held), 0);
	gate_await(&gate);
	ck_assert_int_eq(post(dma, &req, &block, FLAT), 0);
	ck_assert_int_eq(in_child(copy_in_child, &call), 0);
	gate_open(&gate);
	ck_assert_int_eq(aml_dma_wait(dma, &req), 0);
	ck_assert(arrived(&block, false));
	destroy_engine(&dma);
	block_down(&block);
	block_down(&own);
	gate_destroy(&gate);
}
END_TEST

SUITE("dma/large_requests", a_large_copy_has_arrived_when_its_wait_returns,
      a_large_copy_has_arrived_when_a_barrier_or_destroy_returns,
      what_comes_after_a_large_copy_runs_after_it_when_one_runs_at_a_time,
      a_large_copy_comes_after_what_stands_before_it,
      the_buffers_may_go_when_the_cancel_of_a_large_copy_returns,
      what_comes_after_a_cancelled_large_copy_still_runs, an_operator_may_wait_for_a_large_copy,
      several_threads_may_copy_large_blocks_at_once, a_child_copies_large_blocks_too)
