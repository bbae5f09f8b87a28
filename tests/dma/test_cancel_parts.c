/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Cancelling a copy that runs in parts: parts that have begun finish, and no other part begins. The
 * test build of the library splits copies into small parts, and lets the test hold its workers
 * before each part.
 */
#include <aml/dma/completion.h>
#include <aml/dma/operators.h>
#include <aml/layout/dense.h>
#include <sched.h>
#include <stdlib.h>

#include "gate.h"
#include "suite.h"

/* The size of a copy, which has many more parts than the test lets begin. */
#define BYTES ((size_t)64 << 10)

/* A worker stops at the gate once `let` parts have begun. 0: no worker stops. */
static atomic_int begun, let;
static struct gate gate;

static bool is_worker(void)
{
	char name[16];

	return pthread_getname_np(pthread_self(), name, sizeof(name)) == 0 &&
	       strncmp(name, "aml-dma/", 8) == 0;
}

/*
 * The library calls this function alternately after it has released its lock and before it takes
 * the lock.
 */
void queue_shake(void);

void queue_shake(void)
{
	static __thread bool within;

	/* An idle worker sleeps between these two calls. */
	if (atomic_load(&let) == 0 || !is_worker())
		return;
	within = !within;
	if (within && atomic_fetch_add(&begun, 1) >= atomic_load(&let))
		gate_pass(&gate);
}

static struct aml_dma *idle_engine(size_t threads)
{
	struct aml_dma *dma = NULL;
	pid_t tids[4];

	ck_assert_int_eq(aml_dma_linux_create(&dma, threads), 0);
	while (threads_named("aml-dma/", tids, 4) < threads)
		sched_yield();
	for (size_t i = 0; i < threads; i++)
		thread_settle(tids[i]);
	return dma;
}

/* Post a copy of BYTES bytes in one piece, or of half of them as rows. */
static void post(struct aml_dma *dma, struct aml_dma_request **req, unsigned char *to,
		 unsigned char *from, bool rows)
{
	size_t dims[] = {64, BYTES / 128}, pitch[] = {128, BYTES / 128};
	struct aml_layout *src = NULL, *dst = NULL;

	if (!rows) {
		ck_assert_int_eq(aml_dma_async_copy_custom(dma, req, (struct aml_layout *)to,
							   (struct aml_layout *)from,
							   aml_dma_linux_memcpy_op, (void *)BYTES),
				 0);
		return;
	}
	ck_assert_int_eq(aml_layout_dense_create(&src, from, 0, 1, 2, dims, NULL, pitch), 0);
	ck_assert_int_eq(aml_layout_dense_create(&dst, to, 0, 1, 2, dims, NULL, pitch), 0);
	ck_assert_int_eq(aml_dma_async_copy(dma, req, dst, src), 0);
	aml_layout_destroy(&src);
	aml_layout_destroy(&dst);
}

/* Wait until the cancel has removed the rest of the copy from the queue. */
static void await_empty_queue(struct aml_dma *dma)
{
	bool empty = false;

	while (!empty) {
		char *text = NULL;
		size_t size;
		FILE *stream = open_memstream(&text, &size);

		sched_yield();
		ck_assert_int_eq(aml_dma_fprintf(stream, "", dma), 0);
		fclose(stream);
		empty = strstr(text, "queued requests: 0\n") != NULL;
		free(text);
	}
}

static size_t copied(const unsigned char *to)
{
	size_t n = 0;

	for (size_t i = 0; i < BYTES; i++)
		n += to[i] != 0;
	return n;
}

static void cancel_amid(size_t threads, bool rows)
{
	struct aml_dma *dma = idle_engine(threads);
	unsigned char *from = aligned_alloc(64, BYTES), *to = aligned_alloc(64, BYTES);
	struct aml_dma_request *req = NULL;
	struct call cancel = {.fn = call_cancel, .dma = dma, .req = &req};
	struct job next = {.result = -AML_EDOM};
	size_t whole = rows ? BYTES / 2 : BYTES, some;

	memset(from, 1, BYTES);
	memset(to, 0, BYTES);
	gate_init(&gate);
	atomic_store(&begun, 0);
	atomic_store(&let, 3);
	post(dma, &req, to, from, rows);
	for (size_t i = 0; i < threads; i++)
		gate_await(&gate);
	/* Three parts have been copied, and each worker has taken another part. */
	some = copied(to);
	ck_assert_uint_gt(some, 0);
	ck_assert_uint_lt(some, whole / 4);
	call_begin(&cancel);
	await_empty_queue(dma);
	ck_assert_int_eq(atomic_load(&cancel.ended), 0);
	atomic_store(&let, 0);
	for (size_t i = 0; i < threads; i++)
		gate_open(&gate);
	ck_assert_int_eq(call_end(&cancel), 0);
	ck_assert_ptr_null(req);
	/* Each worker has copied the part that it had taken, and nothing else. */
	ck_assert_uint_eq(copied(to), some / 3 * (3 + threads));
	ck_assert_int_eq(job_copy(dma, &next), -AML_EDOM);
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	ck_assert_int_eq(aml_dma_linux_destroy(&dma), 0);
	ck_assert_uint_eq(copied(to), some / 3 * (3 + threads));
	gate_destroy(&gate);
	free(from);
	free(to);
}

/* Cancel a comparison while each worker has taken a part. It must not store what it has found. */
static void cancel_comparison(size_t threads)
{
	struct aml_dma *dma = idle_engine(threads);
	size_t dims[] = {BYTES};
	unsigned char *a = calloc(1, BYTES), *b = calloc(1, BYTES);
	struct aml_layout *first = NULL, *second = NULL;
	struct aml_dma_linux_difference out = AML_DMA_LINUX_DIFFERENCE_INIT;
	struct aml_dma_request *req = NULL;
	struct call cancel = {.fn = call_cancel, .dma = dma, .req = &req};

	ck_assert_int_eq(aml_layout_dense_create(&first, a, 0, 1, 1, dims, NULL, NULL), 0);
	ck_assert_int_eq(aml_layout_dense_create(&second, b, 0, 1, 1, dims, NULL, NULL), 0);
	out.count = 7;
	out.coords[0] = 7;
	a[0] = 1;
	gate_init(&gate);
	atomic_store(&begun, 0);
	atomic_store(&let, 3);
	ck_assert_int_eq(
		aml_dma_async_copy_custom(dma, &req, first, second, aml_dma_linux_compare, &out),
		0);
	for (size_t i = 0; i < threads; i++)
		gate_await(&gate);
	call_begin(&cancel);
	await_empty_queue(dma);
	atomic_store(&let, 0);
	for (size_t i = 0; i < threads; i++)
		gate_open(&gate);
	ck_assert_int_eq(call_end(&cancel), 0);
	ck_assert_int_eq(aml_dma_linux_destroy(&dma), 0);
	ck_assert_uint_eq(out.count, 7);
	ck_assert_uint_eq(out.coords[0], 7);
	gate_destroy(&gate);
	aml_layout_destroy(&first);
	aml_layout_destroy(&second);
	free(a);
	free(b);
}

/* A callback: how often and by which thread it was called, with which result. */
struct parts_called {
	atomic_int times;
	int result;
	bool by_worker;
	pthread_t thread;
	struct gate *gate;
};

static void note_parts(int result, void *arg)
{
	struct parts_called *called = arg;

	called->result = result;
	called->by_worker = is_worker();
	called->thread = pthread_self();
	atomic_fetch_add(&called->times, 1);
	if (called->gate != NULL)
		gate_pass(called->gate);
}

/* Post a copy of BYTES bytes with a callback. */
static void post_called(struct aml_dma *dma, struct aml_dma_request **req, unsigned char *to,
			unsigned char *from, struct parts_called *called)
{
	struct aml_dma_post_attr attr = AML_DMA_POST_ATTR_INIT;

	attr.dest = (struct aml_layout *)(void *)to;
	attr.src = (struct aml_layout *)(void *)from;
	attr.op = aml_dma_linux_memcpy_op;
	attr.op_arg = (void *)BYTES;
	attr.callback = note_parts;
	attr.callback_arg = called;
	ck_assert_int_eq(aml_dma_post(dma, 1, &attr, req), 0);
}

/* Post a request that needs another one and never runs. */
static void post_needing(struct aml_dma *dma, struct aml_dma_request **req,
			 struct aml_dma_request *needed, struct job *job,
			 struct parts_called *called)
{
	struct aml_dma_post_attr attr = AML_DMA_POST_ATTR_INIT;

	attr.op = job_operator;
	attr.op_arg = job;
	attr.nafter = 1;
	attr.after = &needed;
	attr.callback = note_parts;
	attr.callback_arg = called;
	ck_assert_int_eq(aml_dma_post(dma, 1, &attr, req), 0);
}

/* How many parts the copy has. */
static int parts_of_copy(unsigned char *to, unsigned char *from)
{
	struct aml_dma_linux_stats stats = AML_DMA_LINUX_STATS_INIT;
	struct aml_dma *dma = idle_engine(1);

	post(dma, NULL, to, from, false);
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	ck_assert_int_eq(aml_dma_linux_statistics(dma, &stats), 0);
	ck_assert_int_eq(aml_dma_linux_destroy(&dma), 0);
	return (int)stats.parts;
}

/* Wait until the cancel has begun to wait for the request. */
static void await_cancel(struct aml_dma *dma, struct aml_dma_request *req)
{
	int err;

	do {
		sched_yield();
		err = aml_dma_test(dma, &req, NULL);
	} while (err == -AML_EBUSY);
	ck_assert_int_eq(err, -AML_EPERM);
}

/*
 * Cancel the copy while each worker runs a part, and `left` parts have not begun. While the
 * callback runs, neither the cancel nor a barrier returns.
 */
static void cancel_called(size_t threads, int left)
{
	unsigned char *from = aligned_alloc(64, BYTES), *to = aligned_alloc(64, BYTES);
	int parts = parts_of_copy(to, from), result = left > 0 ? -AML_FAILURE : 0;
	struct aml_dma *dma = idle_engine(threads);
	struct aml_dma_request *req = NULL, *next = NULL;
	struct call cancel = {.fn = call_cancel, .dma = dma, .req = &req},
		    barrier = {.fn = call_barrier, .dma = dma};
	struct gate calls;
	struct parts_called called = {.gate = &calls}, never = {.result = 7};
	struct job job = {.result = 0};

	gate_init(&gate);
	gate_init(&calls);
	atomic_store(&begun, 0);
	atomic_store(&let, parts - (int)threads - left);
	ck_assert_int_gt(let, 0);
	post_called(dma, &req, to, from, &called);
	for (size_t i = 0; i < threads; i++)
		gate_await(&gate);
	post_needing(dma, &next, req, &job, &never);
	call_begin(&cancel);
	await_cancel(dma, req);
	call_begin(&barrier);
	atomic_store(&let, 0);
	for (size_t i = 0; i < threads; i++)
		gate_open(&gate);
	gate_await(&calls);
	call_settle(&cancel);
	call_settle(&barrier);
	ck_assert_int_eq(atomic_load(&cancel.ended), 0);
	ck_assert_int_eq(atomic_load(&barrier.ended), 0);
	gate_open(&calls);
	ck_assert_int_eq(call_end(&cancel), 0);
	ck_assert_int_eq(call_end(&barrier), 0);
	/* The cancel came before the end: for its dependents, the request has failed. */
	ck_assert_int_eq(aml_dma_wait(dma, &next), -AML_FAILURE);
	ck_assert_int_eq(never.result, -AML_FAILURE);
	ck_assert_int_eq(never.times, 1);
	ck_assert_int_eq(job.runs, 0);
	ck_assert_int_eq(aml_dma_linux_destroy(&dma), 0);
	ck_assert_int_eq(called.times, 1);
	ck_assert_int_eq(called.result, result);
	ck_assert(called.by_worker);
	gate_destroy(&gate);
	gate_destroy(&calls);
	free(from);
	free(to);
}

/* Contract: CALLBACK-1, CALLBACK-3. */
START_TEST(the_callback_of_a_copy_that_is_cancelled_midway_is_called_once)
{
	for (size_t threads = 1; threads < 4; threads++)
		for (int left = 2; left < 40; left += 17)
			cancel_called(threads, left);
}
END_TEST

/* Contract: CALLBACK-1. */
START_TEST(a_cancel_that_leaves_no_part_undone_changes_no_result)
{
	for (size_t threads = 1; threads < 4; threads++)
		cancel_called(threads, 0);
}
END_TEST

/*
 * Without workers, parts run in calls of this thread. Cancel a copy of which some have run and none
 * runs: the callback is called by the cancel.
 */
/* Contract: CALLBACK-1, CALLBACK-5, CANCELALL-1. */
START_TEST(a_cancel_between_two_parts_calls_back)
{
	unsigned char *from = aligned_alloc(64, BYTES), *to = aligned_alloc(64, BYTES);

	memset(from, 1, BYTES);
	for (size_t run = 0; run < 4; run++) {
		struct aml_dma_linux_stats stats = AML_DMA_LINUX_STATS_INIT;
		struct parts_called called = {.result = 7}, never = {.result = 7};
		struct aml_dma *dma = idle_engine(0);
		struct aml_dma_request *req = NULL, *next = NULL;
		struct job job = {.result = 0};
		size_t ran, some;

		memset(to, 0, BYTES);
		post_called(dma, &req, to, from, &called);
		post_needing(dma, &next, req, &job, &never);
		ck_assert_int_eq(aml_dma_progress(dma, run, &ran), 0);
		ck_assert_uint_eq(ran, run);
		some = copied(to);
		ck_assert(run == 0 ? some == 0 : some > 0 && some < BYTES / 2);
		ck_assert_int_eq(called.times, 0);
		ck_assert_int_eq(aml_dma_cancel(dma, &req), 0);
		ck_assert_int_eq(called.times, 1);
		ck_assert_int_eq(called.result, -AML_FAILURE);
		ck_assert(pthread_equal(called.thread, pthread_self()));
		ck_assert_int_eq(aml_dma_wait(dma, &next), -AML_FAILURE);
		ck_assert_int_eq(never.times, 1);
		ck_assert_int_eq(never.result, -AML_FAILURE);
		ck_assert_int_eq(aml_dma_barrier(dma), 0);
		ck_assert_int_eq(aml_dma_linux_statistics(dma, &stats), 0);
		ck_assert_uint_eq(stats.cancelled, run == 0);
		ck_assert_uint_eq(stats.finished, run == 0 ? 1 : 2);
		ck_assert_int_eq(aml_dma_linux_destroy(&dma), 0);
		ck_assert_uint_eq(copied(to), some);
		ck_assert_int_eq(called.times, 1);
	}
	free(from);
	free(to);
}
END_TEST

/* Contract: CANCELALL-1, CALLBACK-1. */
START_TEST(cancel_all_leaves_a_copy_of_which_a_part_has_run)
{
	unsigned char *from = aligned_alloc(64, BYTES), *to = aligned_alloc(64, BYTES);
	struct parts_called called = {.result = 7}, never = {.result = 7};
	struct aml_dma *dma = idle_engine(0);
	struct aml_dma_request *req = NULL, *next = NULL;
	struct job job = {.result = 0};
	size_t ran, count;

	memset(from, 1, BYTES);
	memset(to, 0, BYTES);
	post_called(dma, &req, to, from, &called);
	post_needing(dma, &next, req, &job, &never);
	ck_assert_int_eq(aml_dma_progress(dma, 2, &ran), 0);
	ck_assert_int_eq(aml_dma_cancel_all(dma, &count), 0);
	ck_assert_uint_eq(count, 1);
	ck_assert_int_eq(never.result, -AML_FAILURE);
	ck_assert_int_eq(called.times, 0);
	ck_assert_int_eq(aml_dma_wait(dma, &req), 0);
	ck_assert_int_eq(called.times, 1);
	ck_assert_int_eq(called.result, 0);
	ck_assert_uint_eq(copied(to), BYTES);
	ck_assert_int_eq(aml_dma_wait(dma, &next), -AML_FAILURE);
	ck_assert_int_eq(aml_dma_linux_destroy(&dma), 0);
	free(from);
	free(to);
}
END_TEST

/* Contract: CANCEL-3. */
START_TEST(a_running_copy_stops_early)
{
	for (size_t threads = 1; threads < 4; threads++) {
		cancel_amid(threads, false);
		cancel_amid(threads, true);
	}
}
END_TEST

/* Contract: OPERATOR-8. */
START_TEST(a_comparison_that_is_cancelled_stores_nothing)
{
	for (size_t threads = 1; threads < 4; threads++)
		cancel_comparison(threads);
}
END_TEST

SUITE("dma/cancel_parts", a_running_copy_stops_early,
      the_callback_of_a_copy_that_is_cancelled_midway_is_called_once,
      a_cancel_that_leaves_no_part_undone_changes_no_result, a_cancel_between_two_parts_calls_back,
      cancel_all_leaves_a_copy_of_which_a_part_has_run,
      a_comparison_that_is_cancelled_stores_nothing)
