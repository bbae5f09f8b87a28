/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A fork at every place at which a call releases the scheduler's lock or is about to take it. The
 * call does not continue in the child. The child finds nothing half done and can destroy the
 * engine.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <aml/dma/completion.h>
#include <aml/dma/linux.h>
#include <aml/layout/dense.h>

#include "gate.h"
#include "made.h"
#include "suite.h"
#include "tool.h"

/* The library calls this before it takes its lock and after it has released it. */
void queue_shake(void);

/* How many more places the thread passes before it forks; 0: it does not fork. */
static __thread size_t countdown;
static struct aml_dma *dma;

/* What the child checks before it destroys the engine. NULL: nothing. */
static int (*check_child)(void);

void queue_shake(void)
{
	int status = -1;
	pid_t child;

	if (countdown == 0 || --countdown > 0)
		return;
	child = fork();
	if (child == 0) {
		int line;

		alarm(stretched(TEST_SECONDS / 2));
		line = check_child != NULL ? check_child() : 0;
		if (line != 0)
			fprintf(stderr, "in a child: line %d\n", -line);
		if (line != 0)
			_exit(EXIT_FAILURE);
		_exit(aml_dma_linux_destroy(&dma) == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
	}
	ck_assert_int_gt(child, 0);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS,
		      "a child ended with status 0x%x", (unsigned)status);
}

/* Fill free blocks with a pattern, so that the memory of later requests is not zero. */
static void soil_heap(void)
{
	for (size_t size = 64; size < 4096; size += 16) {
		char *block = malloc(size);

		ck_assert(block != NULL);
		memset(block, 0xaa, size);
		/* Prevent the compiler from removing the block. */
		__asm__ volatile("" : : "r"(block) : "memory");
		free(block);
	}
}

/*
 * Make a copy of each kind, and fork at place number `place`. Return false if there were fewer
 * places. Workers may run the copies at the same time, so each has its own destination.
 */
static bool copy_with_fork_at(size_t place, size_t workers, size_t size)
{
	struct aml_layout *dst[4], *src;
	struct aml_dma_request *req = NULL, *other = NULL;
	char *from = calloc(1, size), *to = malloc(4 * size);
	bool forked;

	ck_assert(from != NULL && to != NULL);
	ck_assert_int_eq(aml_dma_linux_create(&dma, workers), 0);
	src = new_dense(from, AML_LAYOUT_ORDER_C, 1, 1, &size, NULL, NULL);
	for (size_t i = 0; i < 4; i++)
		dst[i] = new_dense(to + i * size, AML_LAYOUT_ORDER_C, 1, 1, &size, NULL, NULL);
	soil_heap();
	countdown = place;
	ck_assert_int_eq(aml_dma_async_copy(dma, &req, dst[0], src), 0);
	ck_assert_int_eq(aml_dma_async_copy(dma, &other, dst[1], src), 0);
	ck_assert_int_eq(aml_dma_async_copy(dma, NULL, dst[2], src), 0);
	ck_assert_int_eq(aml_dma_copy(dma, dst[3], src), 0);
	ck_assert_int_eq(aml_dma_wait(dma, &req), 0);
	ck_assert_int_eq(aml_dma_cancel(dma, &other), 0);
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	forked = countdown == 0;
	countdown = 0;
	ck_assert_mem_eq(to, from, size);
	ck_assert_mem_eq(to + 2 * size, from, size);
	ck_assert_mem_eq(to + 3 * size, from, size);
	for (size_t i = 0; i < 4; i++)
		aml_layout_destroy(&dst[i]);
	aml_layout_destroy(&src);
	ck_assert_int_eq(aml_dma_linux_destroy(&dma), 0);
	free(from);
	free(to);
	return forked;
}

/* Contract: FORK-4. */
START_TEST(a_child_finds_nothing_half_done)
{
	/* A copy that the posting call makes itself, and a copy that is split into parts. */
	static const size_t sizes[] = {64, 4096};

	for (size_t workers = 0; workers < 3; workers++)
		for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
			for (size_t place = 1; copy_with_fork_at(place, workers, sizes[i]); place++)
				ck_assert_uint_lt(place, 1000);
}
END_TEST

/* Calls of aml/dma/completion.h. */

enum { POSTS = 6, REAPED = 2 };

/* Two requests that no call waits for: the second one is held until a request of a batch ends. */
static struct aml_dma_request *bystanders[2];
static atomic_int callbacks;

static void count_callback(int result, void *arg)
{
	(void)result;
	(void)arg;
	atomic_fetch_add(&callbacks, 1);
}

/* In the child: nothing is pending, and no callback is called. */
static int find_no_call(void)
{
	struct aml_dma_completion out;
	int before = atomic_load(&callbacks), code;
	size_t count = 7;

	NEED(aml_dma_reap(dma, 1, &out, 0, 0, &count) == AML_SUCCESS && count == 0);
	for (int i = 0; i < 2; i++) {
		code = 7;
		if (bystanders[i] == NULL)
			continue;
		NEED(aml_dma_test(dma, &bystanders[i], &code) == AML_SUCCESS);
		NEED(code == AML_SUCCESS || code == -AML_FAILURE);
	}
	NEED(aml_dma_barrier_until(dma, 0, &code) == AML_SUCCESS);
	NEED(aml_dma_cancel_all(dma, &count) == AML_SUCCESS && count == 0);
	NEED(aml_dma_progress(dma, 9, &count) == AML_SUCCESS && count == 0);
	NEED(atomic_load(&callbacks) == before);
	return 0;
}

/*
 * Post a chain of which the last two are reaped: a program's operator, a copy, a join, and after
 * everything before it another operator.
 */
static void post_chain(struct job *jobs, unsigned char *to, unsigned char *from, size_t size,
		       struct aml_dma_request **reqs)
{
	struct aml_dma_post_attr posts[POSTS];

	for (size_t i = 0; i < POSTS; i++) {
		posts[i] = (struct aml_dma_post_attr)AML_DMA_POST_ATTR_INIT;
		posts[i].callback = i % 3 == 2 ? NULL : count_callback;
		posts[i].flags = i % 2 ? AML_DMA_POST_CHAIN : 0;
		if (i >= POSTS - REAPED)
			posts[i].flags |= AML_DMA_POST_REAP;
		posts[i].op = job_operator;
		posts[i].op_arg = &jobs[i];
	}
	posts[1].dest = (struct aml_layout *)(void *)to;
	posts[1].src = (struct aml_layout *)(void *)from;
	posts[1].op = aml_dma_linux_memcpy_op;
	posts[1].op_arg = (void *)size;
	posts[2].op = NULL;
	posts[3].flags |= AML_DMA_POST_AFTER_ALL;
	ck_assert_int_eq(aml_dma_post(dma, POSTS, posts, reqs), 0);
}

/* Post a request with a callback that needs another one and must not run before a cancel. */
static void post_held(struct aml_dma_request **needed, struct aml_dma_request **req,
		      struct job *jobs, struct gate *gate)
{
	struct aml_dma_post_attr attr = AML_DMA_POST_ATTR_INIT;

	jobs[0] = (struct job){.gate = gate};
	ck_assert_int_eq(job_post(dma, needed, &jobs[0]), 0);
	attr.op = job_operator;
	attr.op_arg = &jobs[1];
	attr.callback = count_callback;
	attr.after = needed;
	attr.nafter = 1;
	ck_assert_int_eq(aml_dma_post(dma, 1, &attr, req), 0);
}

/* Make the calls that wait for the two chains, one after the other. */
static void call_waits(struct aml_dma_request **reqs)
{
	struct aml_dma_completion out[2 * REAPED];
	size_t index, count, indices[2 * POSTS];
	int code, codes[2 * POSTS], err;

	err = aml_dma_test(dma, &reqs[0], &code);
	ck_assert(err == AML_SUCCESS ? reqs[0] == NULL : err == -AML_EBUSY && reqs[0] != NULL);
	ck_assert_int_eq(aml_dma_wait_any(dma, 2 * POSTS, reqs, &index, &code), 0);
	ck_assert_int_eq(code, 0);
	ck_assert_int_eq(aml_dma_wait_until(dma, &reqs[3], AML_DMA_NO_DEADLINE, &code), 0);
	err = aml_dma_wait_some(dma, 2 * POSTS, reqs, 9, 1, &count, indices, codes);
	ck_assert(err == AML_SUCCESS || err == -AML_EBUSY);
	ck_assert_int_eq(aml_dma_wait_some(dma, 2 * POSTS, reqs, 1, AML_DMA_NO_DEADLINE, &count,
					   indices, codes),
			 0);
	ck_assert_int_eq(aml_dma_wait_all(dma, 2 * POSTS, reqs, codes), 0);
	ck_assert_int_eq(aml_dma_reap(dma, 2 * REAPED, out, 2 * REAPED, AML_DMA_NO_DEADLINE, NULL),
			 0);
	ck_assert_int_eq(aml_dma_barrier_until(dma, AML_DMA_NO_DEADLINE, &code), 0);
	ck_assert_int_eq(code, 0);
}

/* Make the calls that cancel, while a worker, if there is one, is held at a gate. */
static void call_cancels(size_t workers)
{
	struct aml_dma_request *needed[2], *held[2];
	struct job jobs[4] = {{.result = 0}};
	struct gate gates[2];
	size_t count;

	for (size_t i = 0; i < 2; i++) {
		gate_init(&gates[i]);
		post_held(&needed[i], &held[i], &jobs[2 * i], &gates[i]);
	}
	ck_assert_int_eq(aml_dma_cancel(dma, &held[0]), 0);
	for (size_t i = 0; i < 2 && i < workers; i++)
		gate_await(&gates[i]);
	ck_assert_int_eq(aml_dma_cancel_all(dma, &count), 0);
	ck_assert_uint_eq(count, workers < 2 ? 3 - workers : 1);
	for (size_t i = 0; i < 2; i++)
		gate_open(&gates[i]);
	ck_assert_int_eq(aml_dma_wait_all(dma, 2, needed, NULL), workers < 2 ? -AML_FAILURE : 0);
	ck_assert_int_eq(aml_dma_wait(dma, &held[1]), -AML_FAILURE);
	ck_assert_int_eq(jobs[1].runs + jobs[3].runs, 0);
	for (size_t i = 0; i < 2; i++)
		gate_destroy(&gates[i]);
}

/* Make each call, and fork at place number `place`. Return false if there were fewer places. */
static bool call_with_fork_at(size_t place, size_t workers, size_t size)
{
	struct aml_dma_request *reqs[2 * POSTS];
	struct job jobs[2 * POSTS + 1] = {{.result = 0}};
	/* Workers may run the copies of both chains at once. */
	unsigned char *from = calloc(1, size), *to = malloc(2 * size);
	struct aml_dma_linux_stats stats = AML_DMA_LINUX_STATS_INIT;
	struct aml_dma_post_attr attr = AML_DMA_POST_ATTR_INIT;
	size_t ran;
	bool forked;

	ck_assert(from != NULL && to != NULL);
	dma = new_engine(workers);
	atomic_store(&callbacks, 0);
	ck_assert_int_eq(job_post(dma, &bystanders[0], &jobs[2 * POSTS]), 0);
	attr.after = bystanders;
	attr.nafter = 1;
	ck_assert_int_eq(aml_dma_post(dma, 1, &attr, &bystanders[1]), 0);
	soil_heap();
	check_child = find_no_call;
	countdown = place;
	post_chain(jobs, to, from, size, reqs);
	ck_assert_int_ge(aml_dma_linux_eventfd(dma), 0);
	ck_assert_int_eq(aml_dma_progress(dma, 2, &ran), 0);
	post_chain(jobs + POSTS, to + size, from, size, reqs + POSTS);
	call_waits(reqs);
	call_cancels(workers);
	ck_assert_int_eq(aml_dma_linux_statistics(dma, &stats), 0);
	forked = countdown == 0;
	countdown = 0;
	check_child = NULL;
	ck_assert_int_eq(aml_dma_wait_all(dma, 2, bystanders, NULL), 0);
	ck_assert_mem_eq(to, from, size);
	ck_assert_mem_eq(to + size, from, size);
	/* Four of each chain, and the held requests. */
	ck_assert_int_eq(atomic_load(&callbacks), 10);
	destroy_engine(&dma);
	free(from);
	free(to);
	return forked;
}

/* Contract: FORK-4, DONE-23, CALLBACK-1, REAP-5. */
START_TEST(a_child_finds_no_wait_post_or_cancel_half_done)
{
	static const size_t sizes[] = {64, 4096};

	for (size_t workers = 0; workers < 3; workers++) {
		for (size_t i = 0; i < 2; i++) {
			size_t place = 1;

			while (call_with_fork_at(place, workers, sizes[i])) {
				/* A slow tool skips places. */
				place += effort_has(place, 1000) ? 1 : 7;
				ck_assert_uint_lt(place, 1000);
			}
		}
	}
}
END_TEST

SUITE("stress/fork_in_call", a_child_finds_nothing_half_done,
      a_child_finds_no_wait_post_or_cancel_half_done)
