/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Waits, tests, barriers and cancels of requests of all kinds: copies here, puts and gets. The
 * first argument of the program is the level of threads, as in all programs.
 */
#include <pthread.h>
#include <semaphore.h>
#include <string.h>

#include <aml/dma/completion.h>
#include <aml/dma/multiplex.h>

#include "ranks.h"

#define PART ((size_t)8 << 20)
/* A put of this many rows is too large for the posting call to do it. */
#define ROWS ((size_t)3000)
#define PAST 1

static struct aml_dma_mpi_window *win;
static unsigned char *part; /* of this process */
static unsigned char *own;

static void open_window(void)
{
	void *ptr = NULL;

	CHECK_OK(aml_dma_mpi_window_allocate(engine, PART, &ptr, &win));
	part = ptr;
	memset(part, 0, PART);
	own = malloc(PART);
	for (size_t i = 0; own != NULL && i < PART; i++)
		own[i] = (unsigned char)(i * 7 + i / 251 + (size_t)rank);
	meet();
}

static void close_window(void)
{
	meet();
	CHECK_OK(aml_dma_mpi_window_free(&win));
	free(own);
}

/* Post a put of n rows of 64 bytes, which lie 128 bytes apart on both sides. */
static struct aml_dma_request *post_put(size_t at, size_t n)
{
	const size_t dims[] = {n, 64}, pitch[] = {n, 128};
	struct aml_dma_request *request = NULL;
	struct aml_layout *from, *to, *shape;

	CHECK_OK(aml_layout_dense_create(&from, own + at, AML_LAYOUT_ORDER_C, 1, 2, dims, NULL,
					 pitch));
	CHECK_OK(aml_layout_dense_create(&shape, part + at, AML_LAYOUT_ORDER_C, 1, 2, dims, NULL,
					 pitch));
	CHECK_OK(aml_layout_mpi_create(&to, win, next_rank(), shape, NULL));
	CHECK_OK(aml_dma_async_copy(engine, &request, to, from));
	aml_layout_destroy(&from);
	aml_layout_destroy(&to);
	aml_layout_destroy(&shape);
	return request;
}

/* Have the rows of a put arrived from the process before? */
static bool has_arrived(size_t at, size_t n)
{
	const int before = (rank + ranks - 1) % ranks;

	for (size_t row = 0; row < n; row++)
		for (size_t k = 0; k < 64; k++) {
			const size_t i = at + 128 * row + k;

			if (part[i] != (unsigned char)(i * 7 + i / 251 + (size_t)before))
				return false;
		}
	return true;
}

static int return_arg(struct aml_layout *dst, const struct aml_layout *src, void *arg)
{
	(void)dst;
	(void)src;
	return *(int *)arg;
}

static int wait_for_semaphore(struct aml_layout *dst, const struct aml_layout *src, void *arg)
{
	(void)dst;
	(void)src;
	while (sem_wait(arg) != 0)
		;
	return AML_SUCCESS;
}

/* Post an operator here. */
static struct aml_dma_request *post_here(aml_dma_operator op, void *arg)
{
	static char byte;
	struct aml_dma_request *request = NULL;

	CHECK_OK(aml_dma_async_copy_custom(engine, &request, (struct aml_layout *)&byte,
					   (struct aml_layout *)&byte, op, arg));
	return request;
}

static void detach_here(aml_dma_operator op, void *arg)
{
	static char byte;

	CHECK_OK(aml_dma_async_copy_custom(engine, NULL, (struct aml_layout *)&byte,
					   (struct aml_layout *)&byte, op, arg));
}

/* Contract: MPI-9. */
START_TEST(a_request_is_waited_for_once)
{
	struct aml_dma_request *request, *copy;
	int result = 5;

	open_window();
	request = post_put(0, ROWS);
	CHECK(request != NULL);
	CHECK_OK(aml_dma_wait(engine, &request));
	CHECK(request == NULL);
	CHECK_CODE(aml_dma_wait(engine, &request), -AML_EINVAL);
	request = post_put(PART / 2, ROWS);
	CHECK_OK(aml_dma_wait_until(engine, &request, AML_DMA_NO_DEADLINE, &result));
	CHECK(request == NULL && result == AML_SUCCESS);
	/* Of another engine of its kind. */
	request = copy = post_put(0, 4);
	if (ranks > 0) {
		struct aml_dma *other = NULL;

		CHECK_OK(aml_dma_mpi_create(&other, MPI_COMM_WORLD, local_dma));
		CHECK_CODE(aml_dma_wait(other, &request), -AML_EINVAL);
		CHECK_CODE(aml_dma_cancel(other, &request), -AML_EINVAL);
		if (other != NULL)
			CHECK_CODE(aml_dma_test(other, &request, &result), -AML_EINVAL);
		CHECK(request == copy);
		CHECK_OK(aml_dma_mpi_destroy(&other));
	}
	CHECK_OK(aml_dma_wait(engine, &request));
	meet();
	CHECK(has_arrived(0, ROWS) && has_arrived(PART / 2, ROWS));
	close_window();
}
END_TEST

/* Contract: MPI-9. */
START_TEST(tests_end_and_give_the_result)
{
	struct aml_dma_request *request;
	int five = -AML_EDOM, result = 1, err;

	open_window();
	request = post_put(0, ROWS);
	while ((err = aml_dma_test(engine, &request, &result)) == -AML_EBUSY)
		CHECK(request != NULL);
	CHECK_CODE(err, AML_SUCCESS);
	CHECK(request == NULL && result == AML_SUCCESS);
	CHECK_CODE(aml_dma_test(engine, &request, &result), -AML_EINVAL);
	request = post_here(return_arg, &five);
	while ((err = aml_dma_wait_until(engine, &request, PAST, &result)) == -AML_EBUSY)
		;
	CHECK_CODE(err, AML_SUCCESS);
	CHECK(result == -AML_EDOM);
	meet();
	CHECK(has_arrived(0, ROWS));
	close_window();
}
END_TEST

/* Contract: MPI-9. */
START_TEST(lists_mix_all_kinds)
{
	struct aml_dma_request *reqs[6] = {NULL};
	int code = -AML_EDOM, results[6], sum = 0;
	size_t index = 99, count = 99, indices[6];

	open_window();
	reqs[0] = post_put(0, ROWS);
	reqs[2] = post_here(return_arg, &code);
	reqs[3] = post_put(PART / 2, 3);
	reqs[5] = post_put(PART / 4, ROWS / 4);
	for (int i = 0; i < 4; i++) {
		CHECK_OK(aml_dma_wait_any(engine, 6, reqs, &index, &results[0]));
		CHECK(index < 6 && reqs[index] == NULL);
		CHECK(results[0] == (index == 2 ? -AML_EDOM : 0));
		sum += 1 << index;
	}
	CHECK(sum == 1 + 4 + 8 + 32);
	CHECK_OK(aml_dma_wait_any(engine, 6, reqs, &index, &results[0]));
	CHECK(index == 6 && results[0] == 0);
	CHECK_CODE(aml_dma_wait_some(engine, 6, reqs, 3, PAST, &count, indices, results),
		   AML_SUCCESS);
	CHECK(count == 0);
	reqs[1] = post_put(0, ROWS);
	reqs[4] = post_here(return_arg, &code);
	CHECK_CODE(aml_dma_wait_all(engine, 6, reqs, results), -AML_EDOM);
	CHECK(results[0] == 0 && results[1] == 0 && results[4] == -AML_EDOM);
	CHECK(reqs[1] == NULL && reqs[4] == NULL);
	meet();
	CHECK(has_arrived(0, ROWS) && has_arrived(PART / 4, ROWS / 4) && has_arrived(PART / 2, 3));
	close_window();
}
END_TEST

/* Contract: MPI-9. */
START_TEST(wait_some_takes_what_has_finished)
{
	struct aml_dma_request *reqs[3];
	size_t count = 99, indices[3] = {9, 9, 9};
	int results[3] = {9, 9, 9};
	sem_t gate;

	sem_init(&gate, 0, 0);
	open_window();
	reqs[0] = post_put(0, 5);
	CHECK_OK(aml_dma_wait_some(engine, 1, reqs, 1, AML_DMA_NO_DEADLINE, NULL, NULL, NULL));
	reqs[0] = post_here(wait_for_semaphore, &gate);
	reqs[1] = NULL;
	/* Where memory is shared, this put waits behind the operator if there is one worker. */
	reqs[2] = post_here(wait_for_semaphore, &gate);
	CHECK_CODE(aml_dma_wait_some(engine, 3, reqs, 2, PAST, &count, indices, results),
		   -AML_EBUSY);
	CHECK(count == 0 && indices[0] == 9 && results[0] == 9);
	CHECK_CODE(aml_dma_test(engine, &reqs[2], NULL), -AML_EBUSY);
	CHECK(reqs[0] != NULL && reqs[2] != NULL);
	sem_post(&gate);
	CHECK_OK(aml_dma_wait_some(engine, 3, reqs, 1, AML_DMA_NO_DEADLINE, &count, indices,
				   results));
	CHECK(count == 1 && results[0] == 0 && (indices[0] == 0 || indices[0] == 2));
	CHECK(reqs[indices[0]] == NULL);
	sem_post(&gate);
	CHECK_OK(aml_dma_wait_all(engine, 3, reqs, NULL));
	sem_destroy(&gate);
	close_window();
}
END_TEST

/* Contract: MPI-9. */
START_TEST(lists_are_checked)
{
	struct aml_dma_request *reqs[3];
	int results[3];
	size_t index = 7;

	open_window();
	reqs[0] = post_put(0, ROWS);
	reqs[1] = reqs[0];
	reqs[2] = post_put(PART / 2, ROWS);
	CHECK_CODE(aml_dma_wait_any(engine, 3, reqs, &index, NULL), -AML_EINVAL);
	CHECK_CODE(aml_dma_wait_all(engine, 3, reqs, results), -AML_EINVAL);
	CHECK_CODE(aml_dma_wait_some(engine, 3, reqs, 0, PAST, NULL, NULL, NULL), -AML_EINVAL);
	CHECK(reqs[0] != NULL && reqs[2] != NULL && index == 7);
	reqs[1] = NULL;
	CHECK_OK(aml_dma_wait_all(engine, 3, reqs, results));
	CHECK(reqs[0] == NULL && reqs[2] == NULL);
	close_window();
}
END_TEST

/* Contract: MPI-10. */
START_TEST(a_barrier_covers_all_that_was_posted)
{
	struct aml_dma_request *request;
	int fails = -AML_EDOM, succeeds = AML_SUCCESS, result = 7;

	open_window();
	CHECK_OK(aml_dma_barrier(engine));
	request = post_put(0, ROWS);
	CHECK_OK(aml_dma_barrier(engine));
	meet();
	CHECK(has_arrived(0, ROWS));
	CHECK_OK(aml_dma_wait(engine, &request));
	for (int i = 0; i < 20; i++)
		detach_here(return_arg, &succeeds);
	CHECK_OK(aml_dma_barrier_until(engine, AML_DMA_NO_DEADLINE, &result));
	CHECK(result == AML_SUCCESS);
	/* A failure is reported once. */
	detach_here(return_arg, &fails);
	CHECK_CODE(aml_dma_barrier(engine), -AML_EDOM);
	CHECK_OK(aml_dma_barrier(engine));
	request = post_here(return_arg, &fails);
	CHECK_OK(aml_dma_barrier_until(engine, AML_DMA_NO_DEADLINE, &result));
	CHECK(result == -AML_EDOM);
	CHECK_OK(aml_dma_barrier(engine));
	CHECK_CODE(aml_dma_wait(engine, &request), -AML_EDOM);
	/* One that a wait returned is not reported by a barrier. */
	request = post_here(return_arg, &fails);
	CHECK_CODE(aml_dma_wait(engine, &request), -AML_EDOM);
	CHECK_OK(aml_dma_barrier(engine));
	close_window();
}
END_TEST

/* Contract: MPI-10. */
START_TEST(a_barrier_returns_a_failure_at_once)
{
	struct aml_dma_request *request;
	int fails = -AML_EDOM, result = 7;
	sem_t gate;

	sem_init(&gate, 0, 0);
	open_window();
	request = post_here(wait_for_semaphore, &gate);
	CHECK_CODE(aml_dma_barrier_until(engine, PAST, &result), -AML_EBUSY);
	CHECK(result == 7);
	detach_here(return_arg, &fails);
	/* Another worker, or the barrier, runs what fails. */
	CHECK_CODE(aml_dma_barrier(engine), -AML_EDOM);
	sem_post(&gate);
	CHECK_OK(aml_dma_barrier(engine));
	CHECK_OK(aml_dma_wait(engine, &request));
	sem_destroy(&gate);
	close_window();
}
END_TEST

/* Contract: MPI-10. */
START_TEST(a_barrier_leaves_other_requests_alone)
{
	struct aml_dma_request *request;
	static char byte;
	sem_t gate;

	sem_init(&gate, 0, 0);
	CHECK_OK(aml_dma_async_copy_custom(aml_dma_linux, &request, (struct aml_layout *)&byte,
					   (struct aml_layout *)&byte, wait_for_semaphore, &gate));
	CHECK_OK(aml_dma_barrier(engine));
	sem_post(&gate);
	CHECK_OK(aml_dma_wait(aml_dma_linux, &request));
	sem_destroy(&gate);
}
END_TEST

static int call_inside(struct aml_layout *dst, const struct aml_layout *src, void *arg)
{
	struct aml_dma_request **self = arg;
	int code = AML_SUCCESS, result;

	(void)dst;
	(void)src;
	if (aml_dma_barrier(engine) != -AML_EBUSY ||
	    aml_dma_barrier_until(engine, PAST, &result) != -AML_EPERM)
		code = -1;
	else if (aml_dma_wait(engine, self) != -AML_EBUSY ||
		 aml_dma_cancel(engine, self) != -AML_EBUSY)
		code = -2;
	else if (aml_dma_test(engine, self, &result) != -AML_EPERM)
		code = -3;
	return code;
}

/* Contract: MPI-10. */
START_TEST(an_operator_does_not_wait_for_itself)
{
	static struct aml_dma_request *request;
	static char byte;
	static sem_t posted;

	/* Below MPI_THREAD_SERIALIZED, a worker may not call a barrier at all. */
	if (thread_level < MPI_THREAD_SERIALIZED)
		return;
	sem_init(&posted, 0, 0);
	CHECK_OK(aml_dma_async_copy_custom(engine, &request, (struct aml_layout *)&byte,
					   (struct aml_layout *)&byte, call_inside, &request));
	CHECK_OK(aml_dma_barrier(engine));
	CHECK_OK(aml_dma_wait(engine, &request));
	sem_destroy(&posted);
}
END_TEST

/* Contract: MPI-10. */
START_TEST(a_cancelled_request_is_released)
{
	struct aml_dma_request *request, *queued[8];
	int fails = -AML_EDOM;
	sem_t gate;

	sem_init(&gate, 0, 0);
	open_window();
	request = post_put(0, ROWS);
	CHECK_OK(aml_dma_cancel(engine, &request));
	CHECK(request == NULL);
	CHECK_CODE(aml_dma_cancel(engine, &request), -AML_EINVAL);
	request = post_here(wait_for_semaphore, &gate);
	for (int i = 0; i < 8; i++)
		queued[i] = post_here(return_arg, &fails);
	for (int i = 0; i < 8; i++)
		CHECK_OK(aml_dma_cancel(engine, &queued[i]));
	sem_post(&gate);
	CHECK_OK(aml_dma_wait(engine, &request));
	CHECK_OK(aml_dma_barrier(engine));
	sem_destroy(&gate);
	close_window();
}
END_TEST

/* Contract: MPI-9. */
START_TEST(the_rest_of_the_interface_is_not_supported)
{
	struct aml_dma_post_attr post = AML_DMA_POST_ATTR_INIT;
	struct aml_dma_completion completion;
	size_t n;

	CHECK_CODE(aml_dma_post(engine, 1, &post, NULL), -AML_ENOTSUP);
	CHECK_CODE(aml_dma_cancel_all(engine, &n), -AML_ENOTSUP);
	CHECK_CODE(aml_dma_reap(engine, 1, &completion, 0, PAST, &n), -AML_ENOTSUP);
	CHECK_CODE(aml_dma_progress(engine, 1, &n), -AML_ENOTSUP);
}
END_TEST

/* Contract: MPI-2. */
START_TEST(destroy_finishes_what_was_posted)
{
	struct aml_dma *before = engine;
	unsigned char bytes[4] = {1, 2, 3, 4}, to[4] = {0};
	struct aml_layout *a = line_layout(bytes, 1, 4), *b = line_layout(to, 1, 4);
	struct aml_dma_request *request;
	int fails = -AML_EDOM;

	CHECK_OK(aml_dma_mpi_create(&engine, MPI_COMM_WORLD, local_dma));
	CHECK_OK(aml_dma_async_copy(engine, NULL, b, a));
	for (int i = 0; i < 50; i++)
		detach_here(return_arg, &fails);
	CHECK_OK(aml_dma_async_copy(engine, &request, b, a));
	CHECK_OK(aml_dma_mpi_destroy(&engine));
	CHECK(memcmp(bytes, to, 4) == 0);
	engine = before;
	aml_layout_destroy(&a);
	aml_layout_destroy(&b);
}
END_TEST

/* An operator that waits for another request, once it may. */
struct inside_wait {
	sem_t gate;
	struct aml_dma_request *other;
};

static int wait_inside(struct aml_layout *dst, const struct aml_layout *src, void *arg)
{
	struct inside_wait *wait = arg;

	(void)dst;
	(void)src;
	while (sem_wait(&wait->gate) != 0)
		;
	return aml_dma_wait(engine, &wait->other);
}

/* Contract: MPI-10. The operator has the only slot, and the barrier wants both requests. */
START_TEST(an_operator_may_wait_while_a_barrier_waits)
{
	struct aml_dma *one = NULL, *over = NULL, *before = engine;
	int succeeds = AML_SUCCESS;

	CHECK_OK(aml_dma_linux_create(&one, 1));
	CHECK_OK(aml_dma_multiplex_create(&over, 1, (const struct aml_dma **)&one, NULL));
	CHECK_OK(aml_dma_mpi_create(&engine, MPI_COMM_WORLD, over));
	for (int i = 0; i < 50; i++) {
		struct inside_wait wait = {.other = NULL};
		struct aml_dma_request *request;

		sem_init(&wait.gate, 0, 0);
		request = post_here(wait_inside, &wait);
		wait.other = post_here(return_arg, &succeeds);
		sem_post(&wait.gate);
		CHECK_OK(aml_dma_barrier(engine));
		CHECK_OK(aml_dma_wait(engine, &request));
		CHECK(wait.other == NULL);
		sem_destroy(&wait.gate);
	}
	CHECK_OK(aml_dma_mpi_destroy(&engine));
	CHECK_OK(aml_dma_multiplex_destroy(&over));
	CHECK_OK(aml_dma_linux_destroy(&one));
	engine = before;
}
END_TEST

/* Contract: MPI-9, MPI-10. */
START_TEST(a_local_engine_may_have_only_what_aml_has)
{
	struct aml_dma_ops ops = *aml_dma_linux->ops;
	struct aml_dma plain = {&ops, aml_dma_linux->data}, *before = engine;
	struct aml_dma_request *request;
	unsigned char bytes[4] = {1, 2, 3, 4}, to[4] = {0};
	struct aml_layout *a = line_layout(bytes, 1, 4), *b = line_layout(to, 1, 4);
	int fails = -AML_EDOM, result = 7;
	size_t index = 7;

	ops.extension = NULL;
	ops.copy = NULL;
	CHECK_OK(aml_dma_mpi_create(&engine, MPI_COMM_WORLD, &plain));
	CHECK_OK(aml_dma_copy(engine, b, a));
	CHECK(memcmp(bytes, to, 4) == 0);
	request = post_here(return_arg, &fails);
	CHECK_CODE(aml_dma_test(engine, &request, &result), -AML_ENOTSUP);
	CHECK_CODE(aml_dma_wait_any(engine, 1, &request, &index, &result), -AML_ENOTSUP);
	CHECK(request != NULL && result == 7 && index == 7);
	CHECK_CODE(aml_dma_wait_all(engine, 1, &request, &result), -AML_EDOM);
	detach_here(return_arg, &fails);
	CHECK_CODE(aml_dma_barrier(engine), -AML_EDOM);
	CHECK_OK(aml_dma_barrier(engine));
	CHECK_OK(aml_dma_async_copy(engine, NULL, b, a));
	request = post_here(return_arg, &fails);
	CHECK_CODE(aml_dma_barrier(engine), -AML_EDOM);
	CHECK_CODE(aml_dma_wait(engine, &request), -AML_EDOM);
	CHECK_OK(aml_dma_barrier(engine));
	CHECK_OK(aml_dma_mpi_destroy(&engine));
	engine = before;
	aml_layout_destroy(&a);
	aml_layout_destroy(&b);
}
END_TEST

/* An engine `local` that has no room for joins. It is not used by two tests at once. */
static struct aml_dma_extension roomless_extension;
static struct aml_dma_ops roomless_ops;
static struct aml_dma *roomless_real, roomless;
static size_t roomless_lets; /* posts that pass before one is refused */
static int roomless_code;    /* with this code; AML_SUCCESS: as the real engine says */
static sem_t roomless_gate;  /* opened when a post has been refused */

static int roomless_post(struct aml_dma_data *data, size_t n, const struct aml_dma_post_attr *posts,
			 struct aml_dma_request **reqs)
{
	int code = n > 0 ? roomless_code : AML_SUCCESS;

	if (n > 0 && roomless_lets > 0) {
		roomless_lets--;
		code = AML_SUCCESS;
	}
	if (code == AML_SUCCESS)
		code = aml_dma_linux_ops.extension->post(data, n, posts, reqs);
	if (code != AML_SUCCESS)
		sem_post(&roomless_gate);
	return code;
}

static struct aml_dma *roomless_open(size_t workers, size_t bound, size_t lets, int code)
{
	struct aml_dma_linux_attr attr = AML_DMA_LINUX_ATTR_INIT;
	struct aml_dma *before = engine;

	attr.num_threads = workers;
	attr.max_unfinished = bound;
	CHECK_OK(aml_dma_linux_create_attr(&roomless_real, &attr));
	roomless_extension = *aml_dma_linux_ops.extension;
	roomless_extension.post = roomless_post;
	roomless_ops = aml_dma_linux_ops;
	roomless_ops.extension = &roomless_extension;
	roomless = (struct aml_dma){&roomless_ops, roomless_real->data};
	roomless_lets = lets;
	roomless_code = code;
	sem_init(&roomless_gate, 0, 0);
	CHECK_OK(aml_dma_mpi_create(&engine, MPI_COMM_WORLD, &roomless));
	return before;
}

static void roomless_close(struct aml_dma *before)
{
	CHECK_OK(aml_dma_mpi_destroy(&engine));
	CHECK_OK(aml_dma_linux_destroy(&roomless_real));
	sem_destroy(&roomless_gate);
	engine = before;
}

/* Contract: MPI-10. The request ends once the barrier has found no room. */
START_TEST(a_barrier_needs_no_room_in_the_local_engine)
{
	const int codes[] = {AML_SUCCESS, -AML_EBUSY, -AML_ENOMEM};

	for (size_t i = 0; i < 3; i++) {
		struct aml_dma *before = roomless_open(1, 1, 0, codes[i]);
		struct aml_dma_request *request = post_here(wait_for_semaphore, &roomless_gate);

		CHECK_OK(aml_dma_barrier(engine));
		CHECK_OK(aml_dma_wait(engine, &request));
		roomless_close(before);
	}
}
END_TEST

static int fail_after_semaphore(struct aml_layout *dst, const struct aml_layout *src, void *arg)
{
	(void)wait_for_semaphore(dst, src, arg);
	return -AML_EDOM;
}

/* Contract: MPI-10. The request that has a join does not end, the one without a join fails. */
START_TEST(a_barrier_without_room_returns_a_failure_at_once)
{
	struct aml_dma *before = roomless_open(2, 0, 1, -AML_EBUSY);
	struct aml_dma_request *reqs[2];
	sem_t gate;

	sem_init(&gate, 0, 0);
	reqs[0] = post_here(wait_for_semaphore, &gate);
	reqs[1] = post_here(fail_after_semaphore, &roomless_gate);
	CHECK_CODE(aml_dma_barrier(engine), -AML_EDOM);
	sem_post(&gate);
	CHECK_OK(aml_dma_barrier(engine));
	CHECK_OK(aml_dma_wait(engine, &reqs[0]));
	CHECK_CODE(aml_dma_wait(engine, &reqs[1]), -AML_EDOM);
	sem_destroy(&gate);
	roomless_close(before);
}
END_TEST

/* Contract: MPI-10. Joins need both operations. */
START_TEST(a_local_engine_may_post_without_wait_some)
{
	struct aml_dma_extension extension = *aml_dma_linux_ops.extension;
	struct aml_dma_ops ops = aml_dma_linux_ops;
	struct aml_dma *real = NULL, *before = engine, local;
	struct aml_dma_request *request;
	int succeeds = AML_SUCCESS, fails = -AML_EDOM;

	extension.wait_some = NULL;
	ops.extension = &extension;
	CHECK_OK(aml_dma_linux_create(&real, 1));
	local = (struct aml_dma){&ops, real->data};
	CHECK_OK(aml_dma_mpi_create(&engine, MPI_COMM_WORLD, &local));
	request = post_here(return_arg, &succeeds);
	detach_here(return_arg, &succeeds);
	CHECK_OK(aml_dma_barrier(engine));
	detach_here(return_arg, &fails);
	CHECK_CODE(aml_dma_barrier(engine), -AML_EDOM);
	CHECK_OK(aml_dma_barrier(engine));
	CHECK_OK(aml_dma_wait(engine, &request));
	CHECK_OK(aml_dma_mpi_destroy(&engine));
	CHECK_OK(aml_dma_linux_destroy(&real));
	engine = before;
}
END_TEST

/* An engine of a program's own that runs a request at once, and makes no handle. */
static int immediate_create(struct aml_dma_data *data, struct aml_dma_request **req,
			    struct aml_layout *dest, struct aml_layout *src, aml_dma_operator op,
			    void *op_arg)
{
	(void)data;
	if (req != NULL)
		*req = NULL;
	return op != NULL ? op(dest, src, op_arg) : aml_dma_linux_copy_generic(dest, src, NULL);
}

static int immediate_end(struct aml_dma_data *data, struct aml_dma_request **req)
{
	(void)data;
	*req = NULL;
	return AML_SUCCESS;
}

static int immediate_barrier(struct aml_dma_data *data)
{
	(void)data;
	return AML_SUCCESS;
}

/* Contract: MPI-9, MPI-10. */
START_TEST(a_local_engine_may_make_no_handle)
{
	struct aml_dma_ops ops = {.create_request = immediate_create,
				  .wait_request = immediate_end,
				  .destroy_request = immediate_end,
				  .barrier = immediate_barrier};
	struct aml_dma immediate = {&ops, (struct aml_dma_data *)&ops}, *before = engine;
	struct aml_dma_request *reqs[5];
	int succeeds = AML_SUCCESS, result = 7;
	size_t index = 7, count = 7;

	CHECK_OK(aml_dma_mpi_create(&engine, MPI_COMM_WORLD, &immediate));
	for (int i = 0; i < 5; i++)
		reqs[i] = post_here(return_arg, &succeeds);
	detach_here(return_arg, &succeeds);
	CHECK_OK(aml_dma_mpi_progress(engine));
	CHECK_OK(aml_dma_wait(engine, &reqs[0]));
	CHECK_OK(aml_dma_test(engine, &reqs[1], &result));
	CHECK(result == AML_SUCCESS);
	CHECK_OK(aml_dma_wait_any(engine, 5, reqs, &index, &result));
	CHECK(index == 2 && result == AML_SUCCESS);
	CHECK_OK(aml_dma_cancel(engine, &reqs[3]));
	CHECK_OK(aml_dma_barrier(engine));
	CHECK_OK(aml_dma_barrier_until(engine, PAST, &result));
	CHECK_OK(aml_dma_wait_some(engine, 5, reqs, 1, PAST, &count, &index, &result));
	CHECK(count == 1 && index == 4);
	/* A large put is an operator, too, if all threads may call MPI. */
	open_window();
	reqs[0] = post_put(0, ROWS);
	CHECK_OK(aml_dma_wait(engine, &reqs[0]));
	meet();
	CHECK(has_arrived(0, ROWS));
	close_window();
	CHECK_OK(aml_dma_mpi_destroy(&engine));
	engine = before;
}
END_TEST

/* A multiplexer over an engine with this many workers, and the MPI engine over that. */
struct stack {
	struct aml_dma *one, *over, *before;
};

static void stack_open(struct stack *stack, size_t workers)
{
	*stack = (struct stack){.before = engine};
	CHECK_OK(aml_dma_linux_create(&stack->one, workers));
	CHECK_OK(aml_dma_multiplex_create(&stack->over, 1, (const struct aml_dma **)&stack->one,
					  NULL));
	CHECK_OK(aml_dma_mpi_create(&engine, MPI_COMM_WORLD, stack->over));
}

static void stack_close(struct stack *stack)
{
	CHECK_OK(aml_dma_mpi_destroy(&engine));
	CHECK_OK(aml_dma_multiplex_destroy(&stack->over));
	CHECK_OK(aml_dma_linux_destroy(&stack->one));
	engine = stack->before;
}

static int count_run(struct aml_layout *dst, const struct aml_layout *src, void *arg)
{
	(void)dst;
	(void)src;
	++*(int *)arg;
	return AML_SUCCESS;
}

/* Post requests without a handle inside an operator. Fails if one of them has run meanwhile. */
static int detach_inside(struct aml_layout *dst, const struct aml_layout *src, void *arg)
{
	(void)dst;
	(void)src;
	for (int i = 0; i < 4; i++)
		detach_here(count_run, arg);
	return *(int *)arg == 0 ? AML_SUCCESS : -AML_EDOM;
}

/* Contract: MPI-9. */
START_TEST(a_post_runs_no_other_operator)
{
	static char byte;
	struct aml_dma_request *request;
	struct stack stack;
	int ran = 0;

	/* No worker: whatever may run, runs in the posting call. */
	stack_open(&stack, 0);
	for (int i = 0; i < 4; i++)
		detach_here(count_run, &ran);
	CHECK(ran == 0);
	CHECK_OK(aml_dma_barrier(engine));
	CHECK(ran == 4);
	stack_close(&stack);
	/* The only worker is in the operator that posts. */
	stack_open(&stack, 1);
	ran = 0;
	request = post_here(detach_inside, &ran);
	CHECK_OK(aml_dma_wait(engine, &request));
	CHECK_OK(aml_dma_barrier(engine));
	CHECK(ran == 4);
	ran = 0;
	CHECK_OK(aml_dma_async_copy_custom(stack.one, &request, (struct aml_layout *)&byte,
					   (struct aml_layout *)&byte, detach_inside, &ran));
	CHECK_OK(aml_dma_wait(stack.one, &request));
	CHECK_OK(aml_dma_barrier(engine));
	CHECK(ran == 4);
	stack_close(&stack);
}
END_TEST

/* The number of requests that the engine has not released. */
static size_t count_requests(void)
{
	const char *const mark = "requests: ";
	char text[4096] = "", *at;
	FILE *file = tmpfile();

	if (file == NULL)
		return 0;
	CHECK_OK(aml_dma_fprintf(file, "", engine));
	rewind(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	at = strstr(text, mark);
	return at != NULL ? (size_t)atoi(at + strlen(mark)) : 99;
}

/* Contract: MPI-9. */
START_TEST(a_post_releases_what_has_finished)
{
	struct stack stack;
	int succeeds = AML_SUCCESS;

	stack_open(&stack, 1);
	for (int i = 0; i < 10; i++) {
		detach_here(return_arg, &succeeds);
		/* Now it has finished, but this engine does not know. */
		CHECK_OK(aml_dma_barrier(stack.over));
	}
	CHECK(count_requests() <= 1);
	stack_close(&stack);
}
END_TEST

/* Contract: MPI-10. */
START_TEST(a_barrier_with_a_deadline_needs_waits_for_some)
{
	/* Passes in some centuries. */
	const uint64_t later = AML_DMA_NO_DEADLINE - 1;
	struct aml_dma_ops ops = *aml_dma_linux->ops;
	struct aml_dma plain = {&ops, aml_dma_linux->data}, *before = engine;
	int succeeds = AML_SUCCESS, fails = -AML_EDOM, result = 7;
	struct aml_dma_request *request;

	ops.extension = NULL;
	ops.copy = NULL;
	CHECK_OK(aml_dma_mpi_create(&engine, MPI_COMM_WORLD, &plain));
	CHECK_OK(aml_dma_barrier_until(engine, later, &result));
	CHECK(result == AML_SUCCESS);
	result = 7;
	request = post_here(return_arg, &succeeds);
	CHECK_CODE(aml_dma_barrier_until(engine, later, &result), -AML_ENOTSUP);
	CHECK_CODE(aml_dma_barrier_until(engine, PAST, &result), -AML_ENOTSUP);
	CHECK(result == 7 && request != NULL);
	CHECK_OK(aml_dma_barrier_until(engine, AML_DMA_NO_DEADLINE, &result));
	CHECK(result == AML_SUCCESS);
	/* Now the engine knows that it has finished. */
	CHECK_OK(aml_dma_barrier_until(engine, later, &result));
	CHECK_OK(aml_dma_wait(engine, &request));
	detach_here(return_arg, &fails);
	CHECK_CODE(aml_dma_barrier_until(engine, later, &result), -AML_ENOTSUP);
	CHECK_OK(aml_dma_barrier_until(engine, AML_DMA_NO_DEADLINE, &result));
	CHECK(result == -AML_EDOM);
	CHECK_OK(aml_dma_mpi_destroy(&engine));
	engine = before;
}
END_TEST

/* Contract: MPI-10. What `local` refuses ends a barrier. */
START_TEST(a_barrier_ends_if_the_local_engine_cannot_wait)
{
	struct aml_dma_ops ops = *aml_dma_linux->ops;
	struct aml_dma plain = {&ops, aml_dma_linux->data}, *before = engine;
	int succeeds = AML_SUCCESS, result = 7;
	struct aml_dma_request *request;

	ops.extension = NULL;
	ops.copy = NULL;
	ops.wait_request = NULL;
	CHECK_OK(aml_dma_mpi_create(&engine, MPI_COMM_WORLD, &plain));
	request = post_here(return_arg, &succeeds);
	CHECK_CODE(aml_dma_barrier(engine), -AML_ENOTSUP);
	CHECK_CODE(aml_dma_barrier_until(engine, AML_DMA_NO_DEADLINE, &result), -AML_ENOTSUP);
	CHECK_CODE(aml_dma_wait(engine, &request), -AML_ENOTSUP);
	CHECK_CODE(aml_dma_wait_all(engine, 1, &request, NULL), -AML_ENOTSUP);
	CHECK(result == 7 && request != NULL);
	CHECK_OK(aml_dma_cancel(engine, &request));
	CHECK_OK(aml_dma_mpi_destroy(&engine));
	engine = before;
}
END_TEST

/* A request that another thread waits for. */
static struct {
	struct aml_dma_request *request; /* the handle that the other thread has */
	sem_t began;                     /* a wait for a request of `local` has begun */
	sem_t gate;                      /* lets the request end */
	sem_t ended;                     /* its wait has returned */
	int result;
} contested;

static int announced_wait(struct aml_dma_data *data, struct aml_dma_request **req)
{
	sem_post(&contested.began);
	return aml_dma_linux_ops.wait_request(data, req);
}

static void *wait_for_contested(void *arg)
{
	(void)arg;
	contested.result = aml_dma_wait(engine, &contested.request);
	sem_post(&contested.ended);
	return NULL;
}

/* Once this request is waited for, too, let the contested one end. */
static int release_contested(struct aml_layout *dst, const struct aml_layout *src, void *arg)
{
	(void)arg;
	(void)wait_for_semaphore(dst, src, &contested.began);
	sem_post(&contested.gate);
	return wait_for_semaphore(dst, src, &contested.ended);
}

/* Contract: MPI-9. A list has a request that another thread waits for and, meanwhile, releases. */
START_TEST(a_list_may_have_a_request_of_another_wait)
{
	struct aml_dma_extension extension = *aml_dma_linux_ops.extension;
	struct aml_dma_ops ops = aml_dma_linux_ops;
	struct aml_dma *real = NULL, *before = engine, local;
	struct aml_dma_request *reqs[2], *other;
	int results[2] = {7, 7};
	size_t index = 7;
	pthread_t thread;

	sem_init(&contested.began, 0, 0);
	sem_init(&contested.gate, 0, 0);
	sem_init(&contested.ended, 0, 0);
	extension.wait_request = ops.wait_request = announced_wait;
	ops.extension = &extension;
	CHECK_OK(aml_dma_linux_create(&real, 2));
	local = (struct aml_dma){&ops, real->data};
	CHECK_OK(aml_dma_mpi_create(&engine, MPI_COMM_WORLD, &local));
	other = contested.request = post_here(wait_for_semaphore, &contested.gate);
	CHECK(pthread_create(&thread, NULL, wait_for_contested, NULL) == 0);
	(void)wait_for_semaphore(NULL, NULL, &contested.began);
	reqs[0] = reqs[1] = other;
	CHECK_CODE(aml_dma_wait_all(engine, 2, reqs, results), -AML_EINVAL);
	CHECK_CODE(aml_dma_wait_any(engine, 2, reqs, &index, results), -AML_EINVAL);
	CHECK_CODE(aml_dma_wait_some(engine, 2, reqs, 1, PAST, &index, NULL, NULL), -AML_EINVAL);
	CHECK(index == 7 && results[0] == 7 && results[1] == 7);
	CHECK_CODE(aml_dma_wait_any(engine, 1, reqs, &index, results), -AML_EPERM);
	CHECK(index == 7 && results[0] == 7);
	reqs[0] = post_here(release_contested, NULL);
	CHECK_CODE(aml_dma_wait_all(engine, 2, reqs, results), -AML_EPERM);
	CHECK(reqs[0] == NULL && reqs[1] == other);
	CHECK(results[0] == AML_SUCCESS && results[1] == -AML_EPERM);
	CHECK(pthread_join(thread, NULL) == 0);
	CHECK_CODE(contested.result, AML_SUCCESS);
	CHECK_OK(aml_dma_mpi_destroy(&engine));
	CHECK_OK(aml_dma_linux_destroy(&real));
	engine = before;
	sem_destroy(&contested.began);
	sem_destroy(&contested.gate);
	sem_destroy(&contested.ended);
}
END_TEST

SUITE("mpi_waits", a_request_is_waited_for_once, tests_end_and_give_the_result, lists_mix_all_kinds,
      wait_some_takes_what_has_finished, lists_are_checked,
      a_list_may_have_a_request_of_another_wait, a_barrier_covers_all_that_was_posted,
      a_barrier_returns_a_failure_at_once, a_barrier_leaves_other_requests_alone,
      a_barrier_needs_no_room_in_the_local_engine, a_barrier_without_room_returns_a_failure_at_once,
      a_local_engine_may_post_without_wait_some, a_local_engine_may_make_no_handle,
      a_post_runs_no_other_operator, a_barrier_with_a_deadline_needs_waits_for_some,
      a_barrier_ends_if_the_local_engine_cannot_wait, a_post_releases_what_has_finished,
      an_operator_does_not_wait_for_itself, an_operator_may_wait_while_a_barrier_waits,
      a_cancelled_request_is_released, a_local_engine_may_have_only_what_aml_has,
      the_rest_of_the_interface_is_not_supported, destroy_finishes_what_was_posted)
