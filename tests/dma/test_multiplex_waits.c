/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The multiplexer: the calls of aml/dma/completion.h, requests without a handle, weights that
 * adapt, several threads, and fork.
 */
#include <aml.h>
#include <aml/dma/linux.h>
#include <aml/dma/multiplex.h>
#include <aml/dma/operators.h>

#include "gate.h"
#include "made.h"
#include "random.h"
#include "suite.h"
#include "tool.h"
#include "toy.h"

enum { ENGINES_MAX = 3 };

static struct aml_dma *engines[ENGINES_MAX], *dma;

/* Make a multiplexer over engines of the library with these numbers of workers. */
static void up(size_t n, const size_t *workers, const size_t *weights)
{
	const struct aml_dma *inner[ENGINES_MAX];

	for (size_t i = 0; i < n; i++)
		inner[i] = engines[i] = new_engine(workers[i]);
	ck_assert_int_eq(aml_dma_multiplex_create(&dma, n, inner, weights), 0);
}

static void down(void)
{
	ck_assert_int_eq(aml_dma_multiplex_destroy(&dma), 0);
	for (size_t i = 0; i < ENGINES_MAX; i++)
		if (engines[i] != NULL)
			destroy_engine(&engines[i]);
}

static const size_t ones[] = {1, 1, 1};

/* Operators that several threads may run at once. The argument is a result. */
static int return_code(struct aml_layout *dst, const struct aml_layout *src, void *code)
{
	(void)dst;
	(void)src;
	return -(int)(uintptr_t)code;
}

/* Post a request without a handle that returns the code. */
static int post_detached(struct aml_dma *to, int code)
{
	return aml_dma_async_copy_custom(to, NULL, &any_layout, &any_layout, return_code,
					 (void *)(uintptr_t)(unsigned)-code);
}

/* Contract: MULTI-16. */
START_TEST(a_test_finds_what_has_finished)
{
	struct gate gate;
	struct job blocked = {.gate = &gate, .result = -AML_EDOM};
	struct aml_dma_request *req, *before;
	int code = 5;

	up(2, (const size_t[]){1, 1}, ones);
	gate_init(&gate);
	ck_assert_int_eq(job_post(dma, &req, &blocked), 0);
	before = req;
	gate_await(&gate);
	ck_assert_int_eq(aml_dma_test(dma, &req, &code), -AML_EBUSY);
	ck_assert_int_eq(aml_dma_wait_until(dma, &req, 1, &code), -AML_EBUSY);
	ck_assert_int_eq(aml_dma_barrier_until(dma, 1, &code), -AML_EBUSY);
	ck_assert_ptr_eq(req, before);
	ck_assert_int_eq(code, 5);
	gate_open(&gate);
	ck_assert_int_eq(aml_dma_barrier_until(dma, AML_DMA_NO_DEADLINE, &code), 0);
	ck_assert_int_eq(code, -AML_EDOM);
	code = 5;
	ck_assert_int_eq(aml_dma_test(dma, &req, &code), 0);
	ck_assert_int_eq(code, -AML_EDOM);
	ck_assert_ptr_null(req);
	ck_assert_int_eq(aml_dma_test(dma, &req, &code), -AML_EINVAL);
	down();
	gate_destroy(&gate);
}
END_TEST

/* Contract: MULTI-16. */
START_TEST(without_workers_a_loop_of_tests_ends)
{
	struct job jobs[4] = {{0}};
	struct aml_dma_request *reqs[4];
	size_t index, count, indices[4];
	int code, codes[4];

	up(2, (const size_t[]){0, 0}, ones);
	for (int i = 0; i < 4; i++) {
		jobs[i].result = -i;
		ck_assert_int_eq(job_post(dma, &reqs[i], &jobs[i]), 0);
	}
	while (aml_dma_test(dma, &reqs[3], &code) != 0)
		;
	ck_assert_int_eq(code, -3);
	ck_assert_int_eq(aml_dma_wait_any(dma, 4, reqs, &index, &code), 0);
	ck_assert_uint_lt(index, 3);
	ck_assert_int_eq(code, -(int)index);
	ck_assert_ptr_null(reqs[index]);
	ck_assert_int_eq(
		aml_dma_wait_some(dma, 4, reqs, 4, AML_DMA_NO_DEADLINE, &count, indices, codes), 0);
	ck_assert_uint_eq(count, 2);
	for (size_t i = 0; i < count; i++)
		ck_assert_int_eq(codes[i], -(int)indices[i]);
	ck_assert_int_eq(aml_dma_wait_any(dma, 4, reqs, &index, &code), 0);
	ck_assert_uint_eq(index, 4);
	ck_assert_int_eq(code, 0);
	down();
}
END_TEST

/* Contract: MULTI-16. */
START_TEST(wait_any_takes_one_that_has_finished)
{
	struct gate gate;
	struct job jobs[4] = {{.gate = &gate}, {.result = -AML_EDOM}, {.gate = &gate}, {0}};
	struct aml_dma_request *reqs[5] = {NULL};
	size_t index;
	int code;

	up(2, (const size_t[]){2, 2}, ones);
	gate_init(&gate);
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(job_post(dma, &reqs[i], &jobs[i]), 0);
	gate_await(&gate);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(aml_dma_wait_any(dma, 5, reqs, &index, &code), 0);
		ck_assert(index == 1 || index == 3);
		ck_assert_ptr_null(reqs[index]);
		ck_assert_int_eq(code, index == 1 ? -AML_EDOM : 0);
	}
	gate_open(&gate);
	gate_open(&gate);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(aml_dma_wait_any(dma, 5, reqs, &index, NULL), 0);
	ck_assert_int_eq(aml_dma_wait_any(dma, 5, reqs, &index, NULL), 0);
	ck_assert_uint_eq(index, 5);
	ck_assert_int_eq(aml_dma_wait_any(dma, 0, NULL, &index, NULL), 0);
	ck_assert_uint_eq(index, 0);
	/* The failure was returned by a wait. */
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	down();
	gate_destroy(&gate);
}
END_TEST

/* Contract: MULTI-16. */
START_TEST(wait_some_stores_what_has_finished)
{
	struct gate gate;
	struct job jobs[4] = {{.gate = &gate}, {.result = -1}, {.result = -2}, {.gate = &gate}};
	struct aml_dma_request *reqs[4];
	size_t count = 9, indices[4];
	int codes[4];

	up(3, (const size_t[]){2, 1, 1}, (const size_t[]){2, 1, 1});
	gate_init(&gate);
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(job_post(dma, &reqs[i], &jobs[i]), 0);
	ck_assert_int_eq(
		aml_dma_wait_some(dma, 4, reqs, 2, AML_DMA_NO_DEADLINE, &count, indices, codes), 0);
	ck_assert_uint_eq(count, 2);
	for (int i = 0; i < 2; i++) {
		ck_assert(indices[i] == 1 || indices[i] == 2);
		ck_assert_int_eq(codes[i], -(int)indices[i]);
	}
	ck_assert_int_eq(aml_dma_wait_some(dma, 4, reqs, 1, 1, &count, indices, codes), -AML_EBUSY);
	ck_assert_uint_eq(count, 0);
	ck_assert_int_eq(aml_dma_wait_some(dma, 4, reqs, 0, 1, &count, NULL, NULL), 0);
	gate_open(&gate);
	gate_open(&gate);
	ck_assert_int_eq(
		aml_dma_wait_some(dma, 4, reqs, 9, AML_DMA_NO_DEADLINE, &count, NULL, NULL), 0);
	ck_assert_uint_eq(count, 2);
	down();
	gate_destroy(&gate);
}
END_TEST

/* Contract: MULTI-16. */
START_TEST(lists_are_checked)
{
	struct job jobs[2] = {{.result = -AML_EDOM}, {0}};
	struct aml_dma_request *reqs[4] = {NULL};
	size_t index = 77, count = 77;
	int codes[4] = {5, 5, 5, 5};

	up(2, (const size_t[]){1, 1}, ones);
	ck_assert_int_eq(job_post(dma, &reqs[0], &jobs[0]), 0);
	ck_assert_int_eq(job_post(dma, &reqs[2], &jobs[1]), 0);
	reqs[3] = reqs[0];
	ck_assert_int_eq(aml_dma_wait_any(dma, 4, reqs, &index, codes), -AML_EINVAL);
	ck_assert_int_eq(
		aml_dma_wait_some(dma, 4, reqs, 1, AML_DMA_NO_DEADLINE, &count, NULL, NULL),
		-AML_EINVAL);
	ck_assert_int_eq(aml_dma_wait_all(dma, 4, reqs, codes), -AML_EINVAL);
	ck_assert_uint_eq(index, 77);
	ck_assert_uint_eq(count, 77);
	ck_assert_int_eq(codes[0], 5);
	reqs[3] = NULL;
	ck_assert_int_eq(aml_dma_wait_all(dma, 4, reqs, codes), -AML_EDOM);
	ck_assert_int_eq(codes[0], -AML_EDOM);
	ck_assert(codes[1] == 0 && codes[2] == 0 && codes[3] == 0);
	ck_assert_ptr_null(reqs[0]);
	ck_assert_ptr_null(reqs[2]);
	ck_assert_int_eq(aml_dma_wait_all(dma, 4, reqs, NULL), 0);
	down();
}
END_TEST

/* Call wait_any and wait_some for another request and the one whose operator this is. */
static int wait_for_one_of_two(struct job *job)
{
	struct aml_dma_request *reqs[] = {NULL, job->req};
	struct job other = {.result = -AML_EDOM};
	size_t index = 7;

	NEED(job_post(job->dma, &reqs[0], &other) == 0);
	NEED(aml_dma_wait_any(job->dma, 2, reqs, &index, NULL) == -AML_EPERM);
	NEED(aml_dma_wait_some(job->dma, 2, reqs, 1, AML_DMA_NO_DEADLINE, NULL, NULL, NULL) ==
	     -AML_EPERM);
	NEED(index == 7 && reqs[0] != NULL && reqs[1] == job->req);
	NEED(aml_dma_wait(job->dma, &reqs[0]) == -AML_EDOM);
	return 0;
}

/* Contract: DONE-21, MULTI-16. */
START_TEST(nothing_is_released_if_one_of_a_list_may_not_be_waited_for)
{
	for (int nested = 0; nested < 2; nested++) {
		struct job job = {.body = wait_for_one_of_two};
		struct aml_dma *outermost;

		up(1, (const size_t[]){0}, ones);
		ck_assert_int_eq(aml_dma_multiplex_create(&outermost, 1,
							  (const struct aml_dma *[]){dma}, ones),
				 0);
		job.dma = nested ? outermost : dma;
		ck_assert_int_eq(job_post(job.dma, &job.req, &job), 0);
		/* The barrier runs it without a claim of its handle. */
		ck_assert_int_eq(aml_dma_barrier(job.dma), 0);
		ck_assert_int_eq(aml_dma_wait(job.dma, &job.req), 0);
		ck_assert_int_eq(aml_dma_multiplex_destroy(&outermost), 0);
		down();
	}
}
END_TEST

static int wait_as_others_do(struct job *job)
{
	struct aml_dma_request *req = job->req, *reqs[] = {job->req};
	size_t index;
	int code;

	NEED(aml_dma_test(job->dma, &req, NULL) == -AML_EPERM);
	NEED(aml_dma_wait_until(job->dma, &req, AML_DMA_NO_DEADLINE, NULL) == -AML_EPERM);
	NEED(aml_dma_wait_any(job->dma, 1, reqs, &index, NULL) == -AML_EPERM);
	NEED(aml_dma_wait_some(job->dma, 1, reqs, 1, AML_DMA_NO_DEADLINE, NULL, NULL, NULL) ==
	     -AML_EPERM);
	NEED(aml_dma_wait_all(job->dma, 1, reqs, &code) == -AML_EPERM && code == -AML_EPERM);
	NEED(aml_dma_barrier_until(job->dma, AML_DMA_NO_DEADLINE, NULL) == -AML_EPERM);
	NEED(req == job->req && reqs[0] == job->req);
	return 0;
}

/* Contract: MULTI-16. */
START_TEST(what_may_not_be_waited_for_is_refused)
{
	for (size_t workers = 0; workers < 2; workers++) {
		struct job job = {.body = wait_as_others_do};

		up(2, (const size_t[]){workers, workers}, ones);
		job.dma = dma;
		ck_assert_int_eq(job_post(dma, &job.req, &job), 0);
		/* The barrier runs it without a claim of its handle, if there are workers. */
		ck_assert_int_eq(aml_dma_barrier(dma), 0);
		ck_assert_int_eq(aml_dma_wait(dma, &job.req), 0);
		down();
	}
}
END_TEST

/* Contract: MULTI-16. */
START_TEST(engines_without_the_operations_are_not_supported)
{
	static struct toy plain, tests;
	const struct aml_dma *inner[] = {&plain.dma, &tests.dma};
	struct aml_dma_post_attr attr = AML_DMA_POST_ATTR_INIT;
	struct job job = {.result = -AML_EDOM};
	struct aml_dma_request *req;
	size_t index;
	int code = 0;

	toy_init(&plain, 'a', false);
	toy_init(&tests, 'b', true);
	ck_assert_int_eq(aml_dma_multiplex_create(&dma, 2, inner, ones), 0);
	ck_assert_int_eq(job_post(dma, &req, &job), 0);
	ck_assert_int_eq(aml_dma_test(dma, &req, &code), -AML_ENOTSUP);
	ck_assert_int_eq(aml_dma_wait_until(dma, &req, 1, &code), -AML_ENOTSUP);
	ck_assert_int_eq(aml_dma_wait_any(dma, 1, &req, &index, &code), -AML_ENOTSUP);
	ck_assert_int_eq(aml_dma_wait_some(dma, 1, &req, 1, 1, NULL, NULL, NULL), -AML_ENOTSUP);
	ck_assert_int_eq(aml_dma_barrier_until(dma, 1, &code), -AML_ENOTSUP);
	ck_assert_int_eq(aml_dma_progress(dma, 0, NULL), -AML_ENOTSUP);
	ck_assert_int_eq(aml_dma_post(dma, 1, &attr, NULL), -AML_ENOTSUP);
	ck_assert_int_eq(aml_dma_wait_all(dma, 1, &req, &code), -AML_EDOM);
	ck_assert_int_eq(aml_dma_multiplex_destroy(&dma), 0);

	/* An engine of weight 0 does not matter. */
	ck_assert_int_eq(aml_dma_multiplex_create(&dma, 2, inner, (const size_t[]){0, 1}), 0);
	ck_assert_int_eq(job_post(dma, &req, &job), 0);
	atomic_store(&tests.hangs, true);
	ck_assert_int_eq(aml_dma_test(dma, &req, &code), -AML_EBUSY);
	ck_assert_int_eq(aml_dma_wait_until(dma, &req, 1, &code), -AML_EBUSY);
	ck_assert_int_eq(aml_dma_barrier_until(dma, 1, &code), -AML_EBUSY);
	atomic_store(&tests.hangs, false);
	ck_assert_int_eq(aml_dma_wait_any(dma, 1, &req, &index, &code), 0);
	ck_assert_int_eq(code, -AML_EDOM);
	ck_assert_int_eq(aml_dma_multiplex_destroy(&dma), 0);
}
END_TEST

/* What an operator got from aml_dma_progress(). */
static int progress_inside(struct aml_layout *dst, const struct aml_layout *src, void *code)
{
	(void)dst;
	(void)src;
	*(int *)code = aml_dma_progress(dma, 1, NULL);
	return AML_SUCCESS;
}

/* Contract: MULTI-16. */
START_TEST(progress_runs_what_is_queued)
{
	struct job jobs[5] = {{.result = 0}, {.result = 0}, {.result = 0}, {.result = 0}};
	struct aml_dma_request *reqs[5];
	size_t ran = 7, runs = 0;
	int inside = 7;

	up(3, (const size_t[]){0, 0, 0}, (const size_t[]){2, 1, 0});
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(job_post(dma, &reqs[i], &jobs[i]), 0);
	/* Nothing is run of an engine that gets nothing. */
	ck_assert_int_eq(job_post(engines[2], &reqs[4], &jobs[4]), 0);
	ck_assert_int_eq(aml_dma_progress(dma, 0, &ran), 0);
	ck_assert_uint_eq(ran, 0);
	ck_assert_int_eq(aml_dma_progress(dma, 3, &ran), 0);
	ck_assert_uint_eq(ran, 3);
	for (int i = 0; i < 4; i++)
		runs += (size_t)jobs[i].runs;
	ck_assert_uint_eq(runs, 3);
	ck_assert_int_eq(aml_dma_progress(dma, 9, NULL), 0);
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(jobs[i].runs, 1);
	ck_assert_int_eq(jobs[4].runs, 0);
	ck_assert_int_eq(aml_dma_wait_all(dma, 4, reqs, NULL), 0);
	ck_assert_int_eq(aml_dma_wait(engines[2], &reqs[4]), 0);
	ck_assert_int_eq(
		aml_dma_copy_custom(dma, &any_layout, &any_layout, progress_inside, &inside), 0);
	ck_assert_int_eq(inside, -AML_EPERM);
	/* Inside an operator of one of its engines that others have posted. */
	ck_assert_int_eq(
		aml_dma_copy_custom(engines[0], &any_layout, &any_layout, progress_inside, &inside),
		0);
	ck_assert_int_eq(inside, 0);
	down();
}
END_TEST

/* Contract: MULTI-16. */
START_TEST(a_failure_that_a_call_gives_back_is_a_barrier_s)
{
	static struct toy first, second;
	const struct aml_dma *inner[] = {&first.dma, &second.dma};
	unsigned char to[4096], from[4096];
	struct aml_dma_request *req;
	int code = 0;

	toy_init(&first, 'a', true);
	toy_init(&second, 'b', true);
	ck_assert_int_eq(aml_dma_multiplex_create(&dma, 2, inner, ones), 0);
	first.code = -AML_EDOM;
	atomic_store(&second.hangs, true);
	ck_assert_int_eq(aml_dma_async_copy_custom(dma, &req, (struct aml_layout *)(void *)to,
						   (struct aml_layout *)(void *)from,
						   aml_dma_linux_memcpy_op, (void *)sizeof(to)),
			 0);
	/* The first part has finished; the request has not. */
	ck_assert_int_eq(aml_dma_test(dma, &req, &code), -AML_EBUSY);
	atomic_store(&second.hangs, false);
	ck_assert_int_eq(aml_dma_barrier(dma), -AML_EDOM);
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	ck_assert_int_eq(aml_dma_test(dma, &req, &code), 0);
	ck_assert_int_eq(code, -AML_EDOM);
	ck_assert_int_eq(aml_dma_multiplex_destroy(&dma), 0);
}
END_TEST

/* Contract: MULTI-17. */
START_TEST(requests_without_a_handle_are_released)
{
	enum { REQUESTS = 3000 };
	struct aml_dma_linux_stats stats = AML_DMA_LINUX_STATS_INIT;

	up(2, (const size_t[]){1, 1}, ones);
	for (int i = 0; i < REQUESTS; i++)
		ck_assert_int_eq(post_detached(dma, 0), 0);
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(aml_dma_linux_statistics(engines[i], &stats), 0);
		ck_assert_uint_eq(stats.finished, REQUESTS / 2);
	}
	down();
}
END_TEST

/* Contract: MULTI-17. */
START_TEST(a_failure_without_a_handle_is_kept_for_a_barrier)
{
	up(2, (const size_t[]){1, 1}, ones);
	ck_assert_int_eq(post_detached(dma, -AML_EDOM), 0);
	for (int i = 0; i < 200; i++)
		ck_assert_int_eq(post_detached(dma, 0), 0);
	ck_assert_int_eq(aml_dma_barrier(dma), -AML_EDOM);
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	ck_assert_int_eq(post_detached(dma, -AML_EDOM), 0);
	down();
}
END_TEST

/* Copy bytes through the multiplexer, and wait. */
static void copy_bytes(unsigned char *to, const unsigned char *from, size_t n)
{
	ck_assert_int_eq(aml_dma_copy_custom(dma, (struct aml_layout *)(void *)to,
					     (struct aml_layout *)(uintptr_t)from,
					     aml_dma_linux_memcpy_op, (void *)n),
			 0);
}

/*
 * Contract: MULTI-18. The parts of a split copy run one after the other, in the thread that waits:
 * so the second engine has always worked at least twice as long as the first one. The library for
 * tests adapts after a MiB.
 */
START_TEST(without_weights_they_follow_the_measured_rates)
{
	enum { BYTES = 512 << 10 };
	static struct toy first, second;
	const struct aml_dma *inner[] = {&first.dma, &second.dma};
	/* At a line, so that both parts have the same size. */
	unsigned char *to = aligned_alloc(64, BYTES), *from = malloc(BYTES);
	const struct aml_dma_multiplex_data *data;

	ck_assert(to != NULL && from != NULL);
	memset(from, 7, BYTES);
	toy_init(&first, 'a', false);
	toy_init(&second, 'b', false);
	ck_assert_int_eq(aml_dma_multiplex_create(&dma, 2, inner, NULL), 0);
	data = (const struct aml_dma_multiplex_data *)dma->data;
	for (int i = 0; i < 4; i++) {
		copy_bytes(to, from, BYTES);
		ck_assert_uint_eq(data->weights[0], 1);
		ck_assert_uint_eq(data->weights[1], 1);
	}
	memset(to, 0, BYTES);
	copy_bytes(to, from, BYTES);
	ck_assert_mem_eq(to, from, BYTES);
	ck_assert_uint_eq(data->weights[0], 100);
	ck_assert_uint_lt(data->weights[1], 100);
	ck_assert_uint_ge(data->weights[1], 1);
	for (int i = 0; i < 20; i++)
		copy_bytes(to, from, BYTES);
	ck_assert_int_eq(aml_dma_multiplex_destroy(&dma), 0);
	free(to);
	free(from);
}
END_TEST

/* Contract: MULTI-18. */
START_TEST(engines_of_the_library_are_measured)
{
	enum { BYTES = 256 << 10 };
	unsigned char *to = malloc(BYTES), *from = malloc(BYTES);
	const struct aml_dma_multiplex_data *data;
	struct aml_dma_request *req;

	ck_assert(to != NULL && from != NULL);
	memset(from, 7, BYTES);
	up(2, (const size_t[]){1, 1}, NULL);
	data = (const struct aml_dma_multiplex_data *)dma->data;
	for (int i = 0; i < 40; i++) {
		memset(to, 0, BYTES);
		copy_bytes(to, from, BYTES);
		ck_assert_mem_eq(to, from, BYTES);
		/* A timed part that is cancelled ends, too. */
		ck_assert_int_eq(
			aml_dma_async_copy_custom(dma, &req, (struct aml_layout *)(void *)to,
						  (struct aml_layout *)(void *)from,
						  aml_dma_linux_memcpy_op, (void *)(size_t)BYTES),
			0);
		ck_assert_int_eq(aml_dma_cancel(dma, &req), 0);
	}
	ck_assert(data->weights[0] == 100 || data->weights[1] == 100);
	down();
	free(to);
	free(from);
}
END_TEST

enum { THREADS = 4 };

/* Post all kinds of requests, and wait for them in all ways. */
static int use_multiplexer(struct call *call)
{
	enum { COPY_BYTES = 6000, SLOTS = 6 };
	unsigned char to[SLOTS][COPY_BYTES], from[COPY_BYTES];
	struct aml_dma_request *reqs[SLOTS];
	struct job jobs[SLOTS] = {{0}};
	struct rng rng = {0};
	size_t index, rounds = effort(400);

	rng_start(&rng, (uint64_t)call->tid + (uintptr_t)call % 97);
	rng_bytes(&rng, from, sizeof(from));
	for (size_t round = 0; round < rounds; round++) {
		size_t way = rng_below(&rng, 6);

		for (size_t i = 0; i < SLOTS; i++) {
			size_t n = rng_range(&rng, 1, COPY_BYTES);

			jobs[i].result = rng_chance(&rng, 20) ? -AML_EDOM : 0;
			NEED((i % 2 ? job_post(call->dma, &reqs[i], &jobs[i])
				    : aml_dma_async_copy_custom(call->dma, &reqs[i],
								(struct aml_layout *)(void *)to[i],
								(struct aml_layout *)(void *)from,
								aml_dma_linux_memcpy_op,
								(void *)n)) == 0);
		}
		if (way == 0)
			(void)aml_dma_barrier(call->dma);
		if (way == 1)
			NEED(aml_dma_wait_any(call->dma, SLOTS, reqs, &index, NULL) == 0);
		if (way == 2)
			(void)aml_dma_wait_all(call->dma, SLOTS, reqs, NULL);
		if (way == 3)
			NEED(aml_dma_wait_some(call->dma, SLOTS, reqs, 3, AML_DMA_NO_DEADLINE, NULL,
					       NULL, NULL) == 0);
		for (size_t i = 0; i < SLOTS; i++)
			if (reqs[i] != NULL && rng_chance(&rng, 80))
				(void)aml_dma_wait(call->dma, &reqs[i]);
			else if (reqs[i] != NULL)
				NEED(aml_dma_cancel(call->dma, &reqs[i]) == 0);
		for (size_t i = 0; i < SLOTS; i++)
			NEED(reqs[i] == NULL);
		if (way == 4)
			NEED(post_detached(call->dma, -AML_EDOM) == 0);
		if (way == 4 || way == 5)
			(void)aml_dma_barrier(call->dma);
	}
	return 0;
}

static void run_threads(void)
{
	struct call calls[THREADS];

	for (int i = 0; i < THREADS; i++) {
		calls[i] = (struct call){.fn = use_multiplexer, .dma = dma};
		call_begin(&calls[i]);
	}
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(call_end(&calls[i]), 0);
}

/* Contract: MULTI-15, THREAD-1. */
START_TEST(several_threads_use_a_multiplexer_of_multiplexers)
{
	struct aml_dma *inner, *outer;
	const struct aml_dma *both[2];

	up(3, (const size_t[]){1, 2, 0}, (const size_t[]){1, 2, 1});
	inner = dma;
	both[0] = inner;
	both[1] = engines[0];
	ck_assert_int_eq(aml_dma_multiplex_create(&outer, 2, both, (const size_t[]){3, 1}), 0);
	dma = outer;
	run_threads();
	ck_assert_int_eq(aml_dma_multiplex_destroy(&outer), 0);
	dma = inner;
	run_threads();
	down();
}
END_TEST

/* Wait inside an operator for the request in job->req while a barrier waits for the same. */
static int wait_nested(struct job *job)
{
	return aml_dma_wait(job->dma, &job->req);
}

/*
 * One engine, one worker: the awaited request can only run inside the waiting operator, also during
 * a barrier.
 */
static void expect_wait_during_barrier(void)
{
	struct gate gate;
	struct job outer = {.gate = &gate, .body = wait_nested, .dma = dma}, inner = {0};
	struct call barrier = {.fn = call_barrier, .dma = dma};
	struct aml_dma_request *req;

	gate_init(&gate);
	ck_assert_int_eq(job_post(engines[0], &req, &outer), 0);
	gate_await(&gate);
	ck_assert_int_eq(job_post(dma, &outer.req, &inner), 0);
	call_begin(&barrier);
	call_settle(&barrier);
	gate_open(&gate);
	ck_assert_int_eq(call_end(&barrier), 0);
	ck_assert_int_eq(aml_dma_wait(engines[0], &req), 0);
	ck_assert_int_eq(inner.runs, 1);
	gate_destroy(&gate);
}

/* Contract: MULTI-8. */
START_TEST(a_barrier_does_not_keep_operators_from_waiting)
{
	up(1, (const size_t[]){1}, ones);
	expect_wait_during_barrier();
	down();
}
END_TEST

/* Make a multiplexer over an engine that has no room for a request of a barrier. */
static void up_bounded(size_t workers)
{
	struct aml_dma_linux_attr attr = AML_DMA_LINUX_ATTR_INIT;
	const struct aml_dma *inner[1];

	attr.num_threads = workers;
	attr.max_unfinished = 2;
	ck_assert_int_eq(aml_dma_linux_create_attr(&engines[0], &attr), 0);
	inner[0] = engines[0];
	ck_assert_int_eq(aml_dma_multiplex_create(&dma, 1, inner, ones), 0);
}

/* Contract: MULTI-8. */
START_TEST(a_barrier_without_room_does_not_keep_operators_from_waiting)
{
	up_bounded(1);
	expect_wait_during_barrier();
	down();
}
END_TEST

/* Contract: MULTI-8, MULTI-15. */
START_TEST(a_barrier_without_room_runs_what_no_worker_runs)
{
	for (int nested = 0; nested < 2; nested++) {
		struct job outer = {.body = wait_nested}, inner = {.result = -AML_EDOM};
		struct aml_dma_request *req, *other;
		struct aml_dma *outermost;
		int code = 7;

		up_bounded(0);
		ck_assert_int_eq(aml_dma_multiplex_create(&outermost, 1,
							  (const struct aml_dma *[]){dma}, ones),
				 0);
		outer.dma = nested ? outermost : dma;
		ck_assert_int_eq(job_post(engines[0], &req, &outer), 0);
		ck_assert_int_eq(job_post(outer.dma, &outer.req, &inner), 0);
		/* The barrier runs both. The operator of the first waits for the second. */
		ck_assert_int_eq(aml_dma_barrier(outer.dma), 0);
		ck_assert_int_eq(inner.runs, 1);
		ck_assert_int_eq(aml_dma_wait(engines[0], &req), -AML_EDOM);
		/* The engine is full. */
		ck_assert_int_eq(job_post(outer.dma, &req, &inner), 0);
		ck_assert_int_eq(job_post(outer.dma, &other, &inner), 0);
		ck_assert_int_eq(aml_dma_barrier_until(outer.dma, 1, &code), -AML_EBUSY);
		ck_assert_int_eq(aml_dma_barrier_until(outer.dma, AML_DMA_NO_DEADLINE, &code), 0);
		ck_assert_int_eq(code, -AML_EDOM);
		ck_assert_int_eq(aml_dma_wait(outer.dma, &req), -AML_EDOM);
		ck_assert_int_eq(aml_dma_wait(outer.dma, &other), -AML_EDOM);
		ck_assert_int_eq(aml_dma_multiplex_destroy(&outermost), 0);
		down();
	}
}
END_TEST

/* Contract: DONE-2, DONE-5, MULTI-8. */
START_TEST(a_barrier_without_room_keeps_no_test_waiting)
{
	struct gate gate;
	struct job outer = {.gate = &gate}, inner = {.result = -AML_EDOM};
	struct call barrier = {.fn = call_barrier};
	struct aml_dma_request *req, *first;
	size_t count = 7;
	int code = 7;

	up_bounded(1);
	barrier.dma = dma;
	gate_init(&gate);
	ck_assert_int_eq(job_post(engines[0], &first, &outer), 0);
	gate_await(&gate);
	ck_assert_int_eq(job_post(dma, &req, &inner), 0);
	call_begin(&barrier);
	call_settle(&barrier);
	/* The operator runs until all of these have returned. */
	ck_assert_int_eq(aml_dma_test(dma, &req, &code), -AML_EBUSY);
	ck_assert_int_eq(aml_dma_wait_until(dma, &req, 1, &code), -AML_EBUSY);
	ck_assert_int_eq(aml_dma_wait_some(dma, 1, &req, 1, 1, &count, NULL, NULL), -AML_EBUSY);
	ck_assert_uint_eq(count, 0);
	ck_assert_int_eq(code, 7);
	gate_open(&gate);
	ck_assert_int_eq(aml_dma_wait(engines[0], &first), 0);
	/* Each failure is reported once: the barrier may be the first to find this one. */
	code = call_end(&barrier);
	ck_assert(code == 0 || code == -AML_EDOM);
	ck_assert_int_eq(aml_dma_wait(dma, &req), -AML_EDOM);
	down();
	gate_destroy(&gate);
}
END_TEST

/* Call a barrier inside an operator that others have posted. */
static int barrier_nested(struct job *job)
{
	return aml_dma_barrier(job->dma);
}

static int barrier_until_nested(struct job *job)
{
	int code = 7, err = aml_dma_barrier_until(job->dma, AML_DMA_NO_DEADLINE, &code);

	NEED(code == 7);
	return err;
}

/*
 * Contract: DONE-13, MULTI-10. An operator that was posted to an inner engine directly calls a
 * barrier while another thread waits for a request of the multiplexer, which is queued behind it.
 */
START_TEST(a_barrier_inside_of_a_direct_operator_is_refused)
{
	for (int which = 0; which < 4; which++) {
		struct gate gate;
		struct job outer = {.gate = &gate,
				    .body = which < 2 ? barrier_nested : barrier_until_nested};
		struct job inner = {0}, between = {0};
		struct aml_dma_request *req, *other, *awaited;
		struct call wait = {.fn = call_wait, .req = &awaited};
		struct call copy = {.fn = call_copy, .job = &inner}, *call = &wait;

		up(1, (const size_t[]){1}, ones);
		outer.dma = wait.dma = copy.dma = dma;
		gate_init(&gate);
		ck_assert_int_eq(job_post(engines[0], &req, &outer), 0);
		gate_await(&gate);
		ck_assert_int_eq(job_post(engines[0], &other, &between), 0);
		if (which % 2)
			call = &copy;
		else
			ck_assert_int_eq(job_post(dma, &awaited, &inner), 0);
		call_begin(call);
		call_settle(call);
		gate_open(&gate);
		ck_assert_int_eq(call_end(call), 0);
		ck_assert_int_eq(aml_dma_wait(engines[0], &req),
				 which < 2 ? -AML_EBUSY : -AML_EPERM);
		ck_assert_int_eq(aml_dma_wait(engines[0], &other), 0);
		ck_assert_int_eq(inner.runs, 1);
		down();
		gate_destroy(&gate);
	}
}
END_TEST

/*
 * Contract: MULTI-10. The operator is of another engine, with one worker. What another thread waits
 * for, and so the barrier, needs a request that is queued behind it.
 */
START_TEST(a_barrier_inside_an_operator_of_another_engine_gives_up_the_slot)
{
	struct aml_dma *third = new_engine(1);
	struct gate gate, needed;
	struct job outer = {.gate = &gate, .body = barrier_nested}, inner = {.gate = &needed};
	struct job queued = {0};
	struct aml_dma_request *req, *behind, *awaited;
	struct call wait = {.fn = call_wait, .req = &awaited};

	up(1, (const size_t[]){1}, ones);
	outer.dma = wait.dma = dma;
	gate_init(&gate);
	gate_init(&needed);
	ck_assert_int_eq(job_post(third, &req, &outer), 0);
	gate_await(&gate);
	ck_assert_int_eq(job_post(dma, &awaited, &inner), 0);
	gate_await(&needed);
	call_begin(&wait);
	call_settle(&wait);
	ck_assert_int_eq(job_post(third, &behind, &queued), 0);
	gate_open(&gate);
	ck_assert_int_eq(aml_dma_wait(third, &behind), 0);
	ck_assert_int_eq(queued.runs, 1);
	gate_open(&needed);
	ck_assert_int_eq(call_end(&wait), 0);
	ck_assert_int_eq(aml_dma_wait(third, &req), 0);
	down();
	destroy_engine(&third);
	gate_destroy(&gate);
	gate_destroy(&needed);
}
END_TEST

/* In the child: the parent's requests have failed, and new ones work. */
static int use_in_child(void *arg)
{
	struct aml_dma_request **reqs = arg, *req;
	struct job job = {.result = -AML_EDOM};
	unsigned char to[5000] = {0}, from[5000] = {1, 2, 3};

	NEED(aml_dma_wait(dma, &reqs[0]) == -AML_EPERM);
	NEED(aml_dma_wait(dma, &reqs[1]) == -AML_FAILURE && reqs[1] == NULL);
	NEED(aml_dma_cancel(dma, &reqs[2]) == 0);
	NEED(job_post(dma, &req, &job) == 0);
	NEED(aml_dma_wait(dma, &req) == -AML_EDOM);
	NEED(aml_dma_copy_custom(dma, (struct aml_layout *)(void *)to,
				 (struct aml_layout *)(void *)from, aml_dma_linux_memcpy_op,
				 (void *)sizeof(to)) == 0);
	NEED(memcmp(to, from, sizeof(to)) == 0);
	NEED(aml_dma_barrier(dma) == 0);
	return aml_dma_multiplex_destroy(&dma);
}

/* Contract: MULTI-19. */
START_TEST(a_forked_child_continues)
{
	struct gate gate;
	struct job done = {.result = -AML_EPERM}, blocked = {.gate = &gate}, queued = {0};
	struct aml_dma_request *reqs[4], *copies[4];
	struct call waiter = {.fn = call_wait, .req = &reqs[3]};

	up(1, (const size_t[]){1}, ones);
	waiter.dma = dma;
	gate_init(&gate);
	ck_assert_int_eq(job_post(dma, &reqs[0], &done), 0);
	ck_assert_int_eq(aml_dma_barrier(dma), -AML_EPERM);
	ck_assert_int_eq(job_post(dma, &reqs[1], &blocked), 0);
	gate_await(&gate);
	ck_assert_int_eq(job_post(dma, &reqs[2], &queued), 0);
	ck_assert_int_eq(job_post(dma, &reqs[3], &queued), 0);
	/* Another thread has claimed a request. */
	call_begin(&waiter);
	call_settle(&waiter);
	memcpy(copies, reqs, sizeof(copies));
	ck_assert_int_eq(in_child(use_in_child, copies), 0);
	gate_open(&gate);
	ck_assert_int_eq(call_end(&waiter), 0);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(aml_dma_wait(dma, &reqs[i]), i == 0 ? -AML_EPERM : 0);
	down();
	gate_destroy(&gate);
}
END_TEST

/* An operation of an engine that stops when its request is released. */
static struct gate released;

static int wait_and_stop(struct aml_dma_data *data, struct aml_dma_request **req)
{
	struct aml_dma_request *handle = *req;
	int code = aml_dma_linux_request_wait(data, &handle);

	if (code == 0) {
		gate_pass(&released);
		*req = NULL;
	}
	return code;
}

static int cancel_and_stop(struct aml_dma_data *data, struct aml_dma_request **req)
{
	struct aml_dma_request *handle = *req;
	int err = aml_dma_linux_request_destroy(data, &handle);

	if (err == 0) {
		gate_pass(&released);
		*req = NULL;
	}
	return err;
}

static int barrier_and_destroy(void *outer)
{
	struct aml_dma *top = outer;
	struct job job = {.result = 0};

	NEED(aml_dma_barrier(top) == 0);
	NEED(aml_dma_multiplex_destroy(&top) == 0);
	NEED(outer == dma || aml_dma_multiplex_destroy(&dma) == 0);
	NEED(job_copy(engines[0], &job) == 0 && job.runs == 1);
	return aml_dma_linux_destroy(&engines[0]);
}

/*
 * Contract: MULTI-19. At the fork, another thread is inside the call that releases the request of
 * the inner engine, and the multiplexer does not know yet that it is released.
 */
START_TEST(a_forked_child_forgets_what_other_threads_were_releasing)
{
	struct aml_dma_ops ops = aml_dma_linux_ops;
	struct aml_dma *outermost, own;

	ops.wait_request = wait_and_stop;
	ops.destroy_request = cancel_and_stop;
	for (int which = 0; which < 6; which++) {
		struct job job = {.result = 0};
		struct aml_dma_request *req;
		struct call ends = {.fn = which % 3 == 0   ? call_wait
					  : which % 3 == 1 ? call_cancel
							   : call_barrier,
				    .req = &req};

		engines[0] = new_engine(1);
		own = (struct aml_dma){&ops, engines[0]->data};
		ck_assert_int_eq(
			aml_dma_multiplex_create(&dma, 1, (const struct aml_dma *[]){&own}, ones),
			0);
		ck_assert_int_eq(aml_dma_multiplex_create(&outermost, 1,
							  (const struct aml_dma *[]){dma}, ones),
				 0);
		ends.dma = which < 3 ? dma : outermost;
		gate_init(&released);
		ck_assert_int_eq(job_post(ends.dma, &req, &job), 0);
		call_begin(&ends);
		gate_await(&released);
		ck_assert_int_eq(in_child(barrier_and_destroy, ends.dma), 0);
		gate_open(&released);
		ck_assert_int_eq(call_end(&ends), 0);
		if (which % 3 == 2)
			ck_assert_int_eq(aml_dma_wait(ends.dma, &req), 0);
		ck_assert_int_eq(aml_dma_multiplex_destroy(&outermost), 0);
		down();
		gate_destroy(&released);
	}
}
END_TEST

SUITE("multiplex_waits", nothing_is_released_if_one_of_a_list_may_not_be_waited_for,
      a_test_finds_what_has_finished, without_workers_a_loop_of_tests_ends,
      wait_any_takes_one_that_has_finished, wait_some_stores_what_has_finished, lists_are_checked,
      what_may_not_be_waited_for_is_refused, engines_without_the_operations_are_not_supported,
      progress_runs_what_is_queued, a_failure_that_a_call_gives_back_is_a_barrier_s,
      requests_without_a_handle_are_released, a_failure_without_a_handle_is_kept_for_a_barrier,
      without_weights_they_follow_the_measured_rates, engines_of_the_library_are_measured,
      several_threads_use_a_multiplexer_of_multiplexers,
      a_barrier_does_not_keep_operators_from_waiting,
      a_barrier_without_room_does_not_keep_operators_from_waiting,
      a_barrier_without_room_runs_what_no_worker_runs, a_barrier_without_room_keeps_no_test_waiting,
      a_barrier_inside_of_a_direct_operator_is_refused,
      a_barrier_inside_an_operator_of_another_engine_gives_up_the_slot, a_forked_child_continues,
      a_forked_child_forgets_what_other_threads_were_releasing)
