/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Several threads in each process. At MPI_THREAD_MULTIPLE and MPI_THREAD_SERIALIZED, all of them
 * put and get; below, only the one that initialised MPI.
 */
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>

#include "ranks.h"

#define THREADS 3
#define ROUNDS 40
/* The bytes that a thread has in the window of each process. */
#define SHARE ((size_t)256 << 10)

static struct aml_dma_mpi_window *win;
static unsigned char *part; /* of this process */

/* Put rows to the next process, get them back, and compare. */
static int put_and_get(size_t at, size_t n, unsigned char mark)
{
	static char base[1];
	const size_t dims[] = {n, 48}, pitch[] = {n, 80};
	unsigned char there[80 * 3000], back[80 * 3000];
	struct aml_dma_request *reqs[2] = {NULL};
	struct aml_layout *from, *to, *shape, *remote;
	int bad = 0;

	memset(there, mark, sizeof(there));
	memset(back, 0, sizeof(back));
	bad |= aml_layout_dense_create(&from, there, AML_LAYOUT_ORDER_C, 1, 2, dims, NULL, pitch);
	bad |= aml_layout_dense_create(&to, back, AML_LAYOUT_ORDER_C, 1, 2, dims, NULL, NULL);
	bad |= aml_layout_dense_create(&shape, base + at, AML_LAYOUT_ORDER_C, 1, 2, dims, NULL,
				       pitch);
	bad |= aml_layout_mpi_create(&remote, win, next_rank(), shape, base);
	if (bad)
		return 1;
	bad |= aml_dma_async_copy(engine, &reqs[0], remote, from);
	bad |= aml_dma_wait_all(engine, 2, reqs, NULL);
	bad |= aml_dma_async_copy(engine, &reqs[1], to, remote);
	bad |= aml_dma_wait(engine, &reqs[1]);
	for (size_t i = 0; i < 48 * n; i++)
		bad |= back[i] != mark;
	aml_layout_destroy(&from);
	aml_layout_destroy(&to);
	aml_layout_destroy(&shape);
	aml_layout_destroy(&remote);
	return bad;
}

static void *copy_in_thread(void *arg)
{
	const size_t number = *(size_t *)arg;
	size_t bad = 0;

	for (size_t i = 0; i < ROUNDS; i++)
		bad += put_and_get(number * SHARE, i % 4 == 0 ? 3000 : 1 + i * 7 % 100,
				   (unsigned char)(1 + i + number)) != 0;
	if (number % 2 == 0)
		bad += aml_dma_barrier(engine) != AML_SUCCESS;
	*(size_t *)arg = bad;
	return NULL;
}

/* Contract: MPI-11. */
START_TEST(all_threads_put_and_get_at_once)
{
	pthread_t threads[THREADS];
	size_t numbers[THREADS];
	void *ptr = NULL;

	CHECK_OK(aml_dma_mpi_window_allocate(engine, THREADS * SHARE, &ptr, &win));
	part = ptr;
	if (thread_level == MPI_THREAD_MULTIPLE) {
		for (size_t i = 0; i < THREADS; i++) {
			numbers[i] = i;
			CHECK(pthread_create(&threads[i], NULL, copy_in_thread, &numbers[i]) == 0);
		}
		for (size_t i = 0; i < THREADS; i++) {
			CHECK(pthread_join(threads[i], NULL) == 0);
			CHECK(numbers[i] == 0);
		}
	}
	meet();
	CHECK_OK(aml_dma_mpi_window_free(&win));
}
END_TEST

/* What another thread than the first one gets. */
struct refusals {
	struct aml_layout *remote, *near, *other;
	struct aml_dma_request *pending;
	int put, get, local, wait, test, cancel, barrier, progress, any;
};

static void *call_elsewhere(void *arg)
{
	struct refusals *r = arg;
	struct aml_dma_request *request = NULL;
	size_t index;

	r->put = aml_dma_async_copy(engine, &request, r->remote, r->near);
	if (r->put == AML_SUCCESS)
		(void)aml_dma_wait(engine, &request);
	r->get = aml_dma_copy(engine, r->near, r->remote);
	r->local = aml_dma_copy(engine, r->other, r->near);
	r->barrier = aml_dma_barrier(engine);
	r->progress = aml_dma_mpi_progress(engine);
	request = r->pending;
	r->test = aml_dma_test(engine, &r->pending, NULL);
	r->any = r->wait = r->cancel = r->test;
	if (r->pending != NULL) {
		r->any = aml_dma_wait_any(engine, 1, &r->pending, &index, NULL);
		r->cancel = aml_dma_cancel(engine, &r->pending);
		r->wait = aml_dma_wait(engine, &r->pending);
	}
	return NULL;
}

/* Contract: MPI-11. */
START_TEST(a_level_says_which_threads_may_call)
{
	const int code = thread_level < MPI_THREAD_SERIALIZED ? -AML_EPERM : AML_SUCCESS;
	struct refusals r = {0};
	char near[8] = {0}, other[8];
	pthread_t thread;
	void *ptr = NULL;

	CHECK_OK(aml_dma_mpi_window_allocate(engine, 64, &ptr, &win));
	r.remote = line_remote(win, next_rank(), 0, 1, 8);
	r.near = line_layout(near, 1, 8);
	r.other = line_layout(other, 1, 8);
	CHECK_OK(aml_dma_async_copy(engine, &r.pending, r.remote, r.near));
	CHECK(pthread_create(&thread, NULL, call_elsewhere, &r) == 0);
	CHECK(pthread_join(thread, NULL) == 0);
	CHECK_CODE(r.put, code);
	CHECK_CODE(r.get, code);
	CHECK_CODE(r.local, AML_SUCCESS);
	CHECK_CODE(r.barrier, code);
	CHECK_CODE(r.progress, code);
	if (code != AML_SUCCESS) {
		CHECK_CODE(r.test, code);
		CHECK_CODE(r.any, code);
		CHECK_CODE(r.cancel, code);
		CHECK_CODE(r.wait, code);
		CHECK(r.pending != NULL);
	}
	if (r.pending != NULL)
		CHECK_OK(aml_dma_wait(engine, &r.pending));
	aml_layout_destroy(&r.remote);
	aml_layout_destroy(&r.near);
	aml_layout_destroy(&r.other);
	meet();
	CHECK_OK(aml_dma_mpi_window_free(&win));
}
END_TEST

static void *create_elsewhere(void *arg)
{
	struct aml_dma *dma = NULL;

	*(int *)arg = aml_dma_mpi_create(&dma, MPI_COMM_WORLD, aml_dma_linux);
	return NULL;
}

/* Contract: MPI-11. */
START_TEST(collective_calls_are_for_the_same_threads)
{
	int code = AML_SUCCESS;
	pthread_t thread;

	if (thread_level >= MPI_THREAD_SERIALIZED)
		return;
	CHECK(pthread_create(&thread, NULL, create_elsewhere, &code) == 0);
	CHECK(pthread_join(thread, NULL) == 0);
	CHECK_CODE(code, -AML_EPERM);
}
END_TEST

static int wait_for_semaphore(struct aml_layout *dst, const struct aml_layout *src, void *arg)
{
	(void)dst;
	(void)src;
	while (sem_wait(arg) != 0)
		;
	return AML_SUCCESS;
}

/* Contract: MPI-7. */
START_TEST(copies_end_while_the_local_engine_is_busy)
{
	struct aml_dma_request *blocks[2] = {NULL}, *copies[20];
	struct aml_dma *local = NULL, *dma = NULL;
	unsigned char bytes[640];
	static char byte;
	void *ptr = NULL;
	sem_t gate;

	/* Two workers, both of which are busy. */
	sem_init(&gate, 0, 0);
	CHECK_OK(aml_dma_linux_create(&local, 2));
	CHECK_OK(aml_dma_mpi_create(&dma, MPI_COMM_WORLD, local));
	CHECK_OK(aml_dma_mpi_window_allocate(dma, 640, &ptr, &win));
	for (size_t i = 0; i < 640; i++)
		bytes[i] = (unsigned char)(i * 3);
	for (int i = 0; i < 2; i++)
		CHECK_OK(aml_dma_async_copy_custom(dma, &blocks[i], (struct aml_layout *)&byte,
						   (struct aml_layout *)&byte, wait_for_semaphore,
						   &gate));
	for (size_t i = 0; i < 20; i++) {
		struct aml_layout *from = line_layout(bytes + 32 * i, 1, 32);
		struct aml_layout *to = line_remote(win, next_rank(), 32 * i, 1, 32);

		CHECK_OK(aml_dma_async_copy(dma, &copies[i], to, from));
		aml_layout_destroy(&from);
		aml_layout_destroy(&to);
	}
	/* What needs MPI needs no worker. */
	if (method_is_far)
		CHECK_OK(aml_dma_wait_all(dma, 20, copies, NULL));
	sem_post(&gate);
	sem_post(&gate);
	CHECK_OK(aml_dma_wait_all(dma, 20, copies, NULL));
	CHECK_OK(aml_dma_wait_all(dma, 2, blocks, NULL));
	MPI_Barrier(MPI_COMM_WORLD);
	CHECK_OK(aml_dma_mpi_progress(dma));
	CHECK(memcmp(ptr, bytes, 640) == 0);
	CHECK_OK(aml_dma_mpi_window_free(&win));
	CHECK_OK(aml_dma_mpi_destroy(&dma));
	CHECK_OK(aml_dma_linux_destroy(&local));
	sem_destroy(&gate);
}
END_TEST

/* Functions of MPI that are cancellation points, as those of some implementations are. */
int MPI_Win_flush(int of, MPI_Win w)
{
	pthread_testcancel();
	return PMPI_Win_flush(of, w);
}

int MPI_Iprobe(int source, int tag, MPI_Comm comm, int *flag, MPI_Status *status)
{
	pthread_testcancel();
	return PMPI_Iprobe(source, tag, comm, flag, status);
}

int MPI_Allreduce(const void *from, void *to, int count, MPI_Datatype type, MPI_Op op,
		  MPI_Comm comm)
{
	pthread_testcancel();
	return PMPI_Allreduce(from, to, count, type, op, comm);
}

/* Operations of an engine `local` that are cancellation points. */
static int cancelling_create(struct aml_dma_data *data, struct aml_dma_request **req,
			     struct aml_layout *dest, struct aml_layout *src, aml_dma_operator op,
			     void *op_arg)
{
	pthread_testcancel();
	return aml_dma_linux_ops.create_request(data, req, dest, src, op, op_arg);
}

static int cancelling_wait(struct aml_dma_data *data, struct aml_dma_request **req)
{
	pthread_testcancel();
	return aml_dma_linux_ops.wait_request(data, req);
}

static int cancelling_wait_some(struct aml_dma_data *data, size_t n, struct aml_dma_request **reqs,
				size_t least, uint64_t deadline, size_t *count, size_t *indices,
				int *results)
{
	pthread_testcancel();
	return aml_dma_linux_ops.extension->wait_some(data, n, reqs, least, deadline, count,
						      indices, results);
}

static int cancelling_post(struct aml_dma_data *data, size_t n,
			   const struct aml_dma_post_attr *posts, struct aml_dma_request **reqs)
{
	pthread_testcancel();
	return aml_dma_linux_ops.extension->post(data, n, posts, reqs);
}

/* Make each call on an engine that may reach a cancellation point. Returns how many failed. */
static size_t make_all_calls(struct aml_dma *local, FILE *null)
{
	unsigned char bytes[64] = {1};
	struct aml_layout *near = line_layout(bytes, 1, 64), *there;
	struct aml_dma_mpi_window *made = NULL, *own = NULL;
	struct aml_dma_request *reqs[8] = {NULL};
	struct aml_dma *dma = NULL;
	size_t bad, n;
	void *ptr;

	bad = aml_dma_mpi_create(&dma, MPI_COMM_WORLD, local) != AML_SUCCESS;
	bad += aml_dma_mpi_window_allocate(dma, 64, &ptr, &made) != AML_SUCCESS;
	bad += aml_dma_mpi_window_create(dma, bytes, 64, &own) != AML_SUCCESS;
	there = line_remote(own, next_rank(), 0, 1, 64);
	bad += aml_dma_copy(dma, there, near) != AML_SUCCESS;
	bad += aml_dma_copy(dma, near, near) != AML_SUCCESS;
	for (int i = 0; i < 8; i++)
		bad += aml_dma_async_copy(dma, &reqs[i], i % 2 == 0 ? there : near, near) != 0;
	bad += aml_dma_async_copy(dma, NULL, near, near) != AML_SUCCESS;
	bad += aml_dma_wait(dma, &reqs[0]) != AML_SUCCESS;
	bad += aml_dma_wait(dma, &reqs[1]) != AML_SUCCESS;
	while (aml_dma_test(dma, &reqs[2], NULL) == -AML_EBUSY)
		;
	bad += aml_dma_wait_until(dma, &reqs[3], AML_DMA_NO_DEADLINE, NULL) != AML_SUCCESS;
	bad += aml_dma_cancel(dma, &reqs[4]) != AML_SUCCESS;
	bad += aml_dma_cancel(dma, &reqs[5]) != AML_SUCCESS;
	bad += aml_dma_barrier(dma) != AML_SUCCESS;
	bad += aml_dma_barrier_until(dma, AML_DMA_NO_DEADLINE, NULL) != AML_SUCCESS;
	bad += aml_dma_wait_any(dma, 8, reqs, &n, NULL) != AML_SUCCESS;
	bad += aml_dma_wait_some(dma, 8, reqs, 1, AML_DMA_NO_DEADLINE, &n, NULL, NULL) != 0;
	bad += aml_dma_wait_all(dma, 8, reqs, NULL) != AML_SUCCESS;
	bad += aml_dma_mpi_progress(dma) != AML_SUCCESS;
	bad += null != NULL && aml_dma_fprintf(null, "", dma) != AML_SUCCESS;
	aml_layout_destroy(&there);
	aml_layout_destroy(&near);
	bad += aml_dma_mpi_window_free(&own) != AML_SUCCESS;
	bad += aml_dma_mpi_window_free(&made) != AML_SUCCESS;
	bad += aml_dma_mpi_destroy(&dma) != AML_SUCCESS;
	return bad;
}

/* A thread whose cancellation is pending. */
struct cancelled_thread {
	struct aml_dma *local;
	FILE *null;
	size_t bad;
	bool returned;
};

static void *call_while_cancelled(void *arg)
{
	struct cancelled_thread *thread = arg;

	pthread_cancel(pthread_self());
	thread->bad = make_all_calls(thread->local, thread->null);
	thread->returned = true;
	pthread_testcancel();
	return NULL;
}

/* Contract: THREAD-3. */
START_TEST(no_call_is_a_cancellation_point)
{
	struct aml_dma_extension extension = *aml_dma_linux_ops.extension;
	struct aml_dma_ops ops = aml_dma_linux_ops;
	struct cancelled_thread arg = {.bad = 1};
	struct aml_dma *real = NULL, local;
	pthread_t thread;
	void *end = NULL;

	if (thread_level < MPI_THREAD_SERIALIZED)
		return;
	extension.create_request = ops.create_request = cancelling_create;
	extension.wait_request = ops.wait_request = cancelling_wait;
	extension.wait_some = cancelling_wait_some;
	extension.post = cancelling_post;
	ops.extension = &extension;
	ops.copy = NULL;
	CHECK_OK(aml_dma_linux_create(&real, 1));
	local = (struct aml_dma){&ops, real->data};
	arg.local = &local;
	arg.null = fopen("/dev/null", "w");
	CHECK(pthread_create(&thread, NULL, call_while_cancelled, &arg) == 0);
	CHECK(pthread_join(thread, &end) == 0);
	CHECK(arg.returned && end == PTHREAD_CANCELED);
	CHECK(arg.bad == 0);
	if (arg.null != NULL)
		fclose(arg.null);
	CHECK_OK(aml_dma_linux_destroy(&real));
}
END_TEST

static struct aml_dma_request *awaited;

/* Wait for a request that the main thread tests meanwhile. */
static void *wait_for_awaited(void *arg)
{
	int err;

	do
		err = aml_dma_wait(engine, &awaited);
	while (err == -AML_EBUSY);
	*(int *)arg = err;
	return NULL;
}

/* Call a barrier that sleeps, because a wait has the only request. */
static void *sleep_while_cancelled(void *arg)
{
	pthread_cancel(pthread_self());
	*(int *)arg = aml_dma_barrier_until(engine, 1, NULL);
	pthread_testcancel();
	return NULL;
}

/* Contract: THREAD-3. */
START_TEST(a_barrier_that_sleeps_is_not_cancelled)
{
	struct aml_dma_request *same;
	pthread_t waiter, sleeper;
	int waited = 1, slept = 1;
	static char byte;
	sem_t gate;

	if (thread_level < MPI_THREAD_SERIALIZED)
		return;
	sem_init(&gate, 0, 0);
	CHECK_OK(aml_dma_async_copy_custom(engine, &awaited, (struct aml_layout *)&byte,
					   (struct aml_layout *)&byte, wait_for_semaphore, &gate));
	same = awaited;
	CHECK(pthread_create(&waiter, NULL, wait_for_awaited, &waited) == 0);
	/* Until the other thread has claimed it. */
	while (aml_dma_test(engine, &same, NULL) == -AML_EBUSY)
		;
	CHECK(pthread_create(&sleeper, NULL, sleep_while_cancelled, &slept) == 0);
	CHECK(pthread_join(sleeper, NULL) == 0);
	CHECK_CODE(slept, -AML_EBUSY);
	sem_post(&gate);
	CHECK(pthread_join(waiter, NULL) == 0);
	CHECK_CODE(waited, AML_SUCCESS);
	sem_destroy(&gate);
}
END_TEST

SUITE("mpi_threads", all_threads_put_and_get_at_once, a_level_says_which_threads_may_call,
      collective_calls_are_for_the_same_threads, copies_end_while_the_local_engine_is_busy,
      no_call_is_a_cancellation_point, a_barrier_that_sleeps_is_not_cancelled)
