/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Cancelling a copy that runs in parts: parts that have begun finish, and no other part begins. The
 * test build of the library splits copies into small parts, and lets the test hold its workers
 * before each part.
 */
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

/* Contract: CANCEL-3. */
START_TEST(a_running_copy_stops_early)
{
	for (size_t threads = 1; threads < 4; threads++) {
		cancel_amid(threads, false);
		cancel_amid(threads, true);
	}
}
END_TEST

SUITE("dma/cancel_parts", a_running_copy_stops_early)
