/* SPDX-License-Identifier: BSD-3-Clause */
/* The statistics of an engine. The test build of the library splits small copies into parts. */
#include <sched.h>
#include <stdint.h>

#include <aml/dma/operators.h>
#include <aml/layout/dense.h>

#include "gate.h"
#include "made.h"
#include "oracle.h"
#include "suite.h"
#include "user_layout.h"

enum { BYTES = 64 << 10, BUCKETS = 64 };

static char to[BYTES], from[BYTES];
static struct gate gate;

static struct aml_dma_linux_stats read_stats(const struct aml_dma *dma)
{
	struct aml_dma_linux_stats stats = AML_DMA_LINUX_STATS_INIT;

	ck_assert_int_eq(aml_dma_linux_statistics(dma, &stats), 0);
	ck_assert_uint_eq(stats.size, sizeof(stats));
	ck_assert_uint_eq(stats.posted, stats.finished + stats.cancelled + stats.queued +
						stats.held + stats.running);
	ck_assert_uint_le(stats.failed, stats.finished);
	return stats;
}

/* Check the numbers of requests; `posted` is their sum. */
static void expect_requests(const struct aml_dma *dma, uint64_t queued, uint64_t running,
			    uint64_t finished, uint64_t failed, uint64_t cancelled)
{
	struct aml_dma_linux_stats stats = read_stats(dma);

	ck_assert_uint_eq(stats.posted, queued + running + finished + cancelled);
	ck_assert_uint_eq(stats.queued, queued);
	ck_assert_uint_eq(stats.held, 0);
	ck_assert_uint_eq(stats.running, running);
	ck_assert_uint_eq(stats.finished, finished);
	ck_assert_uint_eq(stats.failed, failed);
	ck_assert_uint_eq(stats.cancelled, cancelled);
}

static int post_bytes(struct aml_dma *dma, struct aml_dma_request **req, size_t size)
{
	return aml_dma_async_copy_custom(dma, req, (void *)to, (void *)from,
					 aml_dma_linux_memcpy_op, (void *)size);
}

static int copy_bytes(struct aml_dma *dma, size_t size)
{
	return aml_dma_copy_custom(dma, (void *)to, (void *)from, aml_dma_linux_memcpy_op,
				   (void *)size);
}

/* Contract: STATS-1. */
START_TEST(a_new_engine_has_only_workers)
{
	for (size_t threads = 0; threads < 4; threads++) {
		struct aml_dma *dma = new_engine(threads);
		struct aml_dma_linux_stats stats = read_stats(dma);

		ck_assert_uint_eq(stats.workers, threads);
		ck_assert_uint_eq(stats.posted, 0);
		ck_assert_uint_eq(stats.bytes, 0);
		ck_assert_uint_eq(stats.parts, 0);
		for (int i = 0; i < BUCKETS; i++)
			ck_assert(stats.queued_ns[i] == 0 && stats.run_ns[i] == 0);
		destroy_engine(&dma);
	}
}
END_TEST

/* Contract: STATS-1, STATS-2. */
START_TEST(each_state_is_counted)
{
	struct aml_dma *dma = new_engine(2);
	struct aml_dma_request *reqs[6];
	struct job jobs[6];

	gate_init(&gate);
	for (int i = 0; i < 6; i++) {
		jobs[i] = (struct job){.gate = &gate, .result = i == 1 ? -AML_EDOM : 0};
		ck_assert_int_eq(job_post(dma, &reqs[i], &jobs[i]), 0);
		if (i < 2)
			gate_await(&gate);
		expect_requests(dma, i < 2 ? 0 : (uint64_t)i - 1, i < 2 ? (uint64_t)i + 1 : 2, 0, 0,
				0);
	}
	ck_assert_int_eq(aml_dma_cancel(dma, &reqs[4]), 0);
	expect_requests(dma, 3, 2, 0, 0, 1);
	for (int i = 0; i < 3; i++) {
		gate_open(&gate);
		gate_await(&gate);
	}
	/* One of 6 requests was cancelled, and 3 were let through: any of those that ran. */
	ck_assert_uint_eq(read_stats(dma).finished, 3);
	ck_assert_uint_eq(read_stats(dma).running, 2);
	ck_assert_uint_eq(read_stats(dma).queued, 0);
	gate_open(&gate);
	gate_open(&gate);
	for (int i = 0; i < 6; i++)
		if (i != 4)
			ck_assert_int_eq(aml_dma_wait(dma, &reqs[i]), i == 1 ? -AML_EDOM : 0);
	expect_requests(dma, 0, 0, 5, 1, 1);
	ck_assert_uint_eq(read_stats(dma).parts, 5);
	ck_assert_uint_eq(read_stats(dma).bytes, 0);
	destroy_engine(&dma);
	gate_destroy(&gate);
}
END_TEST

/* Contract: STATS-2. */
START_TEST(a_cancel_of_a_finished_request_changes_nothing)
{
	struct aml_dma *dma = new_engine(1);
	struct aml_dma_request *req = NULL;
	struct job job = {.result = -AML_EDOM};

	ck_assert_int_eq(job_post(dma, &req, &job), 0);
	ck_assert_int_eq(aml_dma_barrier(dma), -AML_EDOM);
	ck_assert_int_eq(aml_dma_cancel(dma, &req), 0);
	expect_requests(dma, 0, 0, 1, 1, 0);
	destroy_engine(&dma);
}
END_TEST

/* A body: wait for the other job, which stands at the gate. */
static int wait_for_other(struct job *job)
{
	NEED(job_post(job->dma, &job->req, job->other) == 0);
	return aml_dma_wait(job->dma, &job->req);
}

/* Contract: STATS-2. */
START_TEST(an_operator_that_waits_is_running)
{
	struct aml_dma *dma = new_engine(1);
	struct job held = {.gate = &gate},
		   job = {.body = wait_for_other, .other = &held, .dma = dma};

	gate_init(&gate);
	ck_assert_int_eq(job_post(dma, NULL, &job), 0);
	gate_await(&gate);
	expect_requests(dma, 0, 2, 0, 0, 0);
	gate_open(&gate);
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	expect_requests(dma, 0, 0, 2, 0, 0);
	destroy_engine(&dma);
	gate_destroy(&gate);
}
END_TEST

/* Contract: STATS-2. */
START_TEST(synchronous_copies_and_those_made_at_once_count)
{
	for (size_t threads = 0; threads < 3; threads++) {
		struct aml_dma *dma = new_engine(threads);
		struct aml_layout *dst = new_dense(to, 0, 4, 1, (size_t[]){25}, NULL, NULL),
				  *src = new_dense(from, 0, 4, 1, (size_t[]){25}, NULL, NULL);
		struct job job = {.result = -AML_EDOM};
		struct aml_dma_request *req = NULL;
		struct call copy = {.fn = call_copy, .dma = dma, .job = &job};

		ck_assert_int_eq(copy_bytes(dma, 64), 0);
		ck_assert_int_eq(copy_bytes(dma, 0), 0);
		ck_assert_int_eq(aml_dma_copy(dma, dst, src), 0);
		ck_assert_int_eq(job_copy(dma, &job), -AML_EDOM);
		expect_requests(dma, 0, 0, 4, 1, 0);
		ck_assert_uint_eq(read_stats(dma).bytes, 164);
		ck_assert_uint_eq(read_stats(dma).parts, 4);
		ck_assert_int_eq(post_bytes(dma, NULL, 200), 0);
		ck_assert_int_eq(post_bytes(dma, &req, 100), 0);
		ck_assert_int_eq(aml_dma_wait(dma, &req), 0);
		ck_assert_int_eq(aml_dma_barrier(dma), 0);
		expect_requests(dma, 0, 0, 6, 1, 0);
		ck_assert_uint_eq(read_stats(dma).bytes, 464);
		/* What could not be posted does not count. */
		ck_assert_int_eq(copy_bytes(dma, 0), 0);
		ck_assert_int_eq(aml_dma_copy(dma, NULL, src), -AML_EINVAL);
		ck_assert_int_eq(aml_dma_async_copy_custom(dma, NULL, NULL, NULL, NULL, NULL),
				 -AML_EINVAL);
		expect_requests(dma, 0, 0, 7, 1, 0);
		gate_init(&gate);
		job.gate = &gate;
		call_begin(&copy);
		gate_await(&gate);
		expect_requests(dma, 0, 1, 7, 1, 0);
		gate_open(&gate);
		ck_assert_int_eq(call_end(&copy), -AML_EDOM);
		expect_requests(dma, 0, 0, 8, 2, 0);
		gate_destroy(&gate);
		destroy_layout(dst);
		destroy_layout(src);
		destroy_engine(&dma);
	}
}
END_TEST

/* A custom layout of ints at `from`, which several threads may use. */
enum { INTS = 2000 };

static struct aml_layout *concurrent_ints(void *(*deref)(const struct aml_layout_data *data,
							 const size_t *coords))
{
	struct user_layout *made;
	struct oracle oracle;

	oracle_dense(&oracle, from, AML_LAYOUT_ORDER_FORTRAN, sizeof(int), 1, (size_t[]){INTS},
		     NULL, NULL);
	made = user_layout_create(&oracle, AML_LAYOUT_ORDER_FORTRAN,
				  USER_CONCURRENT | USER_DUPLICATE, NULL);
	oracle_destroy(&oracle);
	made->ops.deref_native = deref;
	return &made->layout;
}

/* Each thread that asks for its first element passes the gate. */
static void *pass_once(const struct aml_layout_data *data, const size_t *coords)
{
	static __thread bool has_passed;

	(void)data;
	if (!has_passed) {
		has_passed = true;
		gate_pass(&gate);
	}
	return &from[coords[0] * sizeof(int)];
}

/* Post a copy of many parts. Each worker stops at the gate in its first part. */
static void post_parts(struct aml_dma *dma, struct aml_dma_request **req, size_t threads)
{
	struct aml_layout *src = concurrent_ints(pass_once),
			  *dst = new_dense(to, AML_LAYOUT_ORDER_FORTRAN, sizeof(int), 1,
					   (size_t[]){INTS}, NULL, NULL);

	gate_init(&gate);
	ck_assert_int_eq(aml_dma_async_copy(dma, req, dst, src), 0);
	destroy_layout(src);
	destroy_layout(dst);
	for (size_t i = 0; i < threads; i++)
		gate_await(&gate);
}

static void open_gate(size_t threads)
{
	for (size_t i = 0; i < threads; i++)
		gate_open(&gate);
}

/* Contract: STATS-2. */
START_TEST(a_copy_of_which_a_part_was_taken_is_running)
{
	for (size_t threads = 1; threads < 4; threads++) {
		struct aml_dma *dma = new_engine(threads);
		struct aml_dma_request *req = NULL;
		struct job job = {.result = 0};
		struct aml_dma_linux_stats stats;

		post_parts(dma, &req, threads);
		expect_requests(dma, 0, 1, 0, 0, 0);
		ck_assert_uint_eq(read_stats(dma).parts, 0);
		ck_assert_int_eq(job_post(dma, NULL, &job), 0);
		expect_requests(dma, 1, 1, 0, 0, 0);
		open_gate(threads);
		ck_assert_int_eq(aml_dma_wait(dma, &req), 0);
		ck_assert_int_eq(aml_dma_barrier(dma), 0);
		expect_requests(dma, 0, 0, 2, 0, 0);
		stats = read_stats(dma);
		ck_assert_uint_eq(stats.bytes, INTS * sizeof(int));
		/* At least one part for each worker, and the other request. */
		ck_assert_uint_gt(stats.parts, threads + 1);
		ck_assert_uint_le(stats.parts, INTS + 1);
		destroy_engine(&dma);
		gate_destroy(&gate);
	}
}
END_TEST

/* Contract: STATS-2. */
START_TEST(a_copy_that_was_cancelled_amid_has_finished)
{
	for (size_t threads = 1; threads < 4; threads++) {
		struct aml_dma *dma = new_engine(threads);
		struct aml_dma_request *req = NULL;
		struct call cancel = {.fn = call_cancel, .dma = dma, .req = &req};
		struct job job = {.result = 0};
		struct aml_dma_linux_stats stats;

		post_parts(dma, &req, threads);
		call_begin(&cancel);
		call_settle(&cancel);
		open_gate(threads);
		ck_assert_int_eq(call_end(&cancel), 0);
		stats = read_stats(dma);
		ck_assert_uint_eq(stats.posted, 1);
		ck_assert_uint_eq(stats.finished, 1);
		ck_assert_uint_eq(stats.cancelled, 0);
		ck_assert_uint_ge(stats.parts, threads);
		ck_assert_int_eq(job_copy(dma, &job), 0);
		ck_assert_uint_eq(read_stats(dma).parts, stats.parts + 1);
		destroy_engine(&dma);
		gate_destroy(&gate);
	}
}
END_TEST

static void *no_element(const struct aml_layout_data *data, const size_t *coords)
{
	(void)data;
	(void)coords;
	return NULL;
}

/* Contract: STATS-2. */
START_TEST(failed_copies_move_no_bytes)
{
	struct aml_dma *dma = new_engine(2);
	struct aml_layout *src = concurrent_ints(no_element),
			  *dst = new_dense(to, AML_LAYOUT_ORDER_FORTRAN, sizeof(int), 1,
					   (size_t[]){INTS}, NULL, NULL);

	ck_assert_int_eq(aml_dma_copy(dma, dst, src), -AML_FAILURE);
	ck_assert_int_eq(aml_dma_async_copy(dma, NULL, dst, src), 0);
	ck_assert_int_eq(aml_dma_barrier(dma), -AML_FAILURE);
	expect_requests(dma, 0, 0, 2, 2, 0);
	ck_assert_uint_eq(read_stats(dma).bytes, 0);
	destroy_layout(src);
	destroy_layout(dst);
	destroy_engine(&dma);
}
END_TEST

static void expect_held(const struct aml_dma *dma, uint64_t queued, uint64_t held, uint64_t running)
{
	struct aml_dma_linux_stats stats = read_stats(dma);

	ck_assert_uint_eq(stats.queued, queued);
	ck_assert_uint_eq(stats.held, held);
	ck_assert_uint_eq(stats.running, running);
}

/* Contract: STATS-2. */
START_TEST(held_requests_are_counted)
{
	struct aml_dma *dma = new_engine(1);
	struct job jobs[5], other = {.gate = &gate};
	struct aml_dma_post_attr posts[5];
	struct aml_dma_request *reqs[5];

	gate_init(&gate);
	/* Each waits for the one before. The third fails, so that the last ones do not run. */
	for (int i = 0; i < 5; i++) {
		jobs[i] = (struct job){.gate = &gate, .result = i == 2 ? -AML_EDOM : 0};
		posts[i] = job_attr(&jobs[i]);
		posts[i].flags = i > 0 ? AML_DMA_POST_CHAIN : 0;
	}
	ck_assert_int_eq(aml_dma_post(dma, 5, posts, reqs), 0);
	gate_await(&gate);
	expect_held(dma, 0, 4, 1);
	ck_assert_int_eq(job_post(dma, NULL, &other), 0);
	expect_held(dma, 1, 4, 1);
	for (uint64_t i = 0; i < 2; i++) {
		gate_open(&gate);
		gate_await(&gate);
		expect_held(dma, 1, 3 - i, 1);
	}
	gate_open(&gate);
	gate_await(&gate);
	/* The others have been skipped, before the request that was posted last. */
	expect_requests(dma, 0, 1, 5, 3, 0);
	ck_assert_uint_eq(read_stats(dma).parts, 3);
	gate_open(&gate);
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(aml_dma_wait(dma, &reqs[i]), i < 2 ? 0 : -AML_EDOM);
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	expect_requests(dma, 0, 0, 6, 3, 0);
	destroy_engine(&dma);
	gate_destroy(&gate);
}
END_TEST

static struct aml_dma_linux_stats seen_in_callback;

static void look_in_callback(int result, void *arg)
{
	(void)result;
	seen_in_callback = read_stats(arg);
}

/* Contract: STATS-2. */
START_TEST(cancelled_requests_are_those_that_never_began)
{
	struct aml_dma *dma = new_engine(1);
	struct job jobs[6];
	struct aml_dma_post_attr posts[6];
	struct aml_dma_request *reqs[6];
	size_t count = 0;

	gate_init(&gate);
	for (int i = 0; i < 6; i++) {
		jobs[i] = (struct job){.gate = i == 0 ? &gate : NULL};
		posts[i] = job_attr(&jobs[i]);
		posts[i].flags = i % 2 == 1 ? AML_DMA_POST_CHAIN : 0;
	}
	posts[4].callback = look_in_callback;
	posts[4].callback_arg = dma;
	ck_assert_int_eq(aml_dma_post(dma, 6, posts, reqs), 0);
	gate_await(&gate);
	expect_held(dma, 2, 3, 1);
	/* A held one, which makes nothing else ready. */
	ck_assert_int_eq(aml_dma_cancel(dma, &reqs[1]), 0);
	expect_held(dma, 2, 2, 1);
	ck_assert_uint_eq(read_stats(dma).cancelled, 1);
	/* While its callback runs, it has not been cancelled. */
	ck_assert_int_eq(aml_dma_cancel(dma, &reqs[4]), 0);
	ck_assert_uint_eq(seen_in_callback.running, 2);
	ck_assert_uint_eq(seen_in_callback.cancelled, 1);
	ck_assert_uint_eq(read_stats(dma).cancelled, 2);
	/* The one that it was the prerequisite of is to be skipped: it is queued. */
	expect_held(dma, 2, 1, 1);
	ck_assert_int_eq(aml_dma_cancel_all(dma, &count), 0);
	ck_assert_uint_eq(count, 3);
	expect_requests(dma, 0, 1, 0, 0, 5);
	gate_open(&gate);
	ck_assert_int_eq(aml_dma_wait(dma, &reqs[0]), 0);
	for (int i = 2; i < 6; i++)
		if (i != 4)
			ck_assert_int_eq(aml_dma_wait(dma, &reqs[i]), -AML_FAILURE);
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	expect_requests(dma, 0, 0, 1, 0, 5);
	ck_assert_uint_eq(read_stats(dma).parts, 1);
	destroy_engine(&dma);
	gate_destroy(&gate);
}
END_TEST

/* Contract: STATS-3. */
START_TEST(tasks_that_are_no_requests_do_not_count)
{
	struct aml_dma *dma = new_engine(1);
	struct aml_sched *sched = ((struct aml_dma_linux_data *)dma->data)->sched;
	struct job held[3] = {{.gate = &gate}, {.gate = &gate}, {.gate = &gate}}, job = {.n = 0};
	struct aml_dma_request *req = NULL;
	struct aml_task tasks[3];

	gate_init(&gate);
	for (int i = 0; i < 3; i++) {
		tasks[i] = job_task(&held[i], NULL);
		ck_assert_int_eq(aml_sched_submit_task(sched, &tasks[i]), 0);
		expect_requests(dma, 0, 0, 0, 0, 0);
	}
	ck_assert_int_eq(job_post(dma, &req, &job), 0);
	for (int i = 0; i < 3; i++) {
		gate_await(&gate);
		expect_requests(dma, 1, 0, 0, 0, 0);
		gate_open(&gate);
		ck_assert_int_eq(aml_sched_wait_task(sched, &tasks[i]), 0);
	}
	ck_assert_int_eq(aml_dma_wait(dma, &req), 0);
	expect_requests(dma, 0, 0, 1, 0, 0);
	ck_assert_uint_eq(read_stats(dma).parts, 1);
	destroy_engine(&dma);
	gate_destroy(&gate);
}
END_TEST

/* A body: run for at least job->n ns. */
static int take_time(struct job *job)
{
	uint64_t begin = now_ns();

	while (now_ns() - begin < (uint64_t)job->n)
		;
	return 0;
}

/* The number of the bucket for a time: the first i with time < 2^i. */
static int bucket_of(uint64_t ns)
{
	int i = 0;

	while (ns > 0) {
		ns /= 2;
		i++;
	}
	return i;
}

/* The sum of the buckets; none outside of [first, last] counts anything. */
static uint64_t sum_of(const uint64_t *buckets, int first, int last)
{
	uint64_t sum = 0;

	for (int i = 0; i < BUCKETS; i++) {
		sum += buckets[i];
		if (i < first || i > last)
			ck_assert_uint_eq(buckets[i], 0);
	}
	return sum;
}

/* Contract: STATS-4. */
START_TEST(the_histograms_count_times_by_powers_of_two)
{
	/* The first request runs so long, and the second one is queued meanwhile. */
	static const int times[] = {100, 5000, 1 << 20, (1 << 22) + 1};
	int low = BUCKETS, high = 0;
	uint64_t long_runs = 0;
	struct aml_dma_linux_stats stats;
	struct aml_dma *dma;

	ck_assert_int_eq(setenv("AML_DMA_STATS", "1", 1), 0);
	dma = new_engine(1);
	for (size_t i = 0; i < 4; i++) {
		struct job jobs[2] = {{.body = take_time, .n = times[i]},
				      {.body = take_time, .n = times[i]}};
		uint64_t begin = now_ns();
		int longest;

		for (int k = 0; k < 2; k++)
			ck_assert_int_eq(job_post(dma, NULL, &jobs[k]), 0);
		ck_assert_int_eq(aml_dma_barrier(dma), 0);
		longest = bucket_of(now_ns() - begin);
		if (bucket_of((uint64_t)times[i]) < low)
			low = bucket_of((uint64_t)times[i]);
		if (longest > high)
			high = longest;
		stats = read_stats(dma);
		ck_assert_uint_eq(sum_of(stats.queued_ns, 0, high), 2 * (i + 1));
		ck_assert_uint_eq(sum_of(stats.run_ns, low, high), 2 * (i + 1));
	}
	/* The last two ran for more than 2^22 ns. */
	for (int i = 23; i < BUCKETS; i++)
		long_runs += stats.run_ns[i];
	ck_assert_uint_ge(long_runs, 2);
	destroy_engine(&dma);
}
END_TEST

/* Contract: STATS-4. */
START_TEST(each_request_that_began_is_in_the_histograms)
{
	struct aml_dma_linux_stats stats;
	struct aml_dma_request *reqs[2];
	struct job jobs[2] = {{.gate = &gate}, {.result = 0}};
	struct aml_dma *dma;

	ck_assert_int_eq(setenv("AML_DMA_STATS", "1", 1), 0);
	dma = new_engine(1);
	gate_init(&gate);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(job_post(dma, &reqs[i], &jobs[i]), 0);
	gate_await(&gate);
	stats = read_stats(dma);
	ck_assert_uint_eq(sum_of(stats.queued_ns, 0, BUCKETS), 1);
	ck_assert_uint_eq(sum_of(stats.run_ns, 0, BUCKETS), 0);
	/* A request that never began has no times. */
	ck_assert_int_eq(aml_dma_cancel(dma, &reqs[1]), 0);
	gate_open(&gate);
	ck_assert_int_eq(aml_dma_wait(dma, &reqs[0]), 0);
	ck_assert_int_eq(copy_bytes(dma, 64), 0);
	ck_assert_int_eq(copy_bytes(dma, BYTES), 0);
	ck_assert_int_eq(post_bytes(dma, NULL, 64), 0);
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	stats = read_stats(dma);
	ck_assert_uint_eq(sum_of(stats.queued_ns, 0, BUCKETS), 4);
	ck_assert_uint_eq(sum_of(stats.run_ns, 0, BUCKETS), 4);
	destroy_engine(&dma);
	gate_destroy(&gate);
}
END_TEST

/* Contract: STATS-4. */
START_TEST(without_the_variable_they_are_empty)
{
	static const char *const values[] = {NULL, "", "0", "yes"};

	for (int i = 0; i < 4; i++) {
		struct aml_dma_linux_stats stats;
		struct aml_dma *dma;

		if (values[i] != NULL)
			ck_assert_int_eq(setenv("AML_DMA_STATS", values[i], 1), 0);
		else
			ck_assert_int_eq(unsetenv("AML_DMA_STATS"), 0);
		dma = new_engine(1);
		ck_assert_int_eq(copy_bytes(dma, BYTES), 0);
		stats = read_stats(dma);
		ck_assert_uint_eq(sum_of(stats.queued_ns, 0, BUCKETS), 0);
		ck_assert_uint_eq(sum_of(stats.run_ns, 0, BUCKETS), 0);
		destroy_engine(&dma);
	}
}
END_TEST

/* A structure of a later version, and bytes that do not belong to it. */
struct later_stats {
	struct aml_dma_linux_stats stats;
	unsigned char more[32];
};

static void fill_in(struct later_stats *later, size_t size)
{
	memset(later, 0x5a, sizeof(*later));
	later->stats.size = size;
	if (size > sizeof(later->stats))
		memset(later->more, 0, size - sizeof(later->stats));
}

/* The call is refused with the code, and stores nothing. */
static void expect_refused(const struct aml_dma *dma, struct later_stats *later, int code)
{
	struct later_stats before = *later;

	ck_assert_int_eq(aml_dma_linux_statistics(dma, &later->stats), code);
	ck_assert_mem_eq(later, &before, sizeof(before));
}

/* Contract: STATS-5. */
START_TEST(the_size_of_the_structure_is_checked)
{
	struct aml_dma *dma = new_engine(1);
	struct later_stats later;

	ck_assert_int_eq(copy_bytes(dma, 64), 0);
	for (size_t size = 0; size < sizeof(later.stats); size++) {
		fill_in(&later, size);
		expect_refused(dma, &later, -AML_EINVAL);
	}
	for (size_t more = 0; more <= sizeof(later.more); more++) {
		size_t size = sizeof(later.stats) + more;

		fill_in(&later, size);
		ck_assert_int_eq(aml_dma_linux_statistics(dma, &later.stats), 0);
		ck_assert_uint_eq(later.stats.size, size);
		ck_assert_uint_eq(later.stats.posted, 1);
		ck_assert_uint_eq(later.stats.bytes, 64);
		ck_assert_uint_eq(sum_of(later.stats.run_ns, 0, BUCKETS), 0);
		for (size_t i = 0; i < sizeof(later.more); i++)
			ck_assert_uint_eq(later.more[i], i < more ? 0 : 0x5a);
		if (more > 0) {
			later.more[more - 1] = 1;
			expect_refused(dma, &later, -AML_ENOTSUP);
		}
	}
	destroy_engine(&dma);
}
END_TEST

static int other_barrier(struct aml_dma_data *data)
{
	(void)data;
	return 0;
}

/* Contract: STATS-5, ERROR-3, ERROR-4. */
START_TEST(only_engines_of_this_kind_have_statistics)
{
	struct aml_dma *dma = new_engine(1);
	struct aml_dma_ops ops = *dma->ops;
	struct aml_dma other = {.ops = &ops, .data = dma->data};
	struct later_stats later;

	fill_in(&later, sizeof(later.stats));
	expect_refused(NULL, &later, -AML_EINVAL);
	ck_assert_int_eq(aml_dma_linux_statistics(dma, NULL), -AML_EINVAL);
	expect_refused(&(struct aml_dma){.ops = NULL, .data = dma->data}, &later, -AML_EINVAL);
	expect_refused(&(struct aml_dma){.ops = dma->ops, .data = NULL}, &later, -AML_EINVAL);
	/* A copy of the table is as good as the table. */
	ck_assert_int_eq(aml_dma_linux_statistics(&other, &later.stats), 0);
	ck_assert_uint_eq(later.stats.workers, 1);
	ops.barrier = other_barrier;
	expect_refused(&other, &later, -AML_EINVAL);
	destroy_engine(&dma);
}
END_TEST

static int read_in_child(void *arg)
{
	const struct aml_dma *dma = arg;
	struct aml_dma_linux_stats stats = AML_DMA_LINUX_STATS_INIT;

	NEED(aml_dma_linux_statistics(dma, &stats) == 0);
	NEED(stats.posted == 5 && stats.finished == 4 && stats.failed == 3);
	NEED(stats.cancelled == 1 && stats.queued == 0 && stats.running == 0 && stats.held == 0);
	NEED(stats.workers == 0 && stats.parts == 1);
	NEED(copy_bytes((struct aml_dma *)arg, 64) == 0);
	NEED(aml_dma_linux_statistics(dma, &stats) == 0);
	NEED(stats.posted == 6 && stats.finished == 5 && stats.failed == 3 && stats.bytes == 64);
	return 0;
}

/* Contract: STATS-6. */
START_TEST(in_a_child_the_parent_s_requests_have_failed)
{
	struct aml_dma *dma = new_engine(1);
	struct aml_dma_request *reqs[3];
	struct job first = {.result = 0}, last = {.result = 0}, jobs[3];
	struct aml_dma_post_attr held = job_attr(&last);

	gate_init(&gate);
	ck_assert_int_eq(job_copy(dma, &first), 0);
	for (int i = 0; i < 3; i++) {
		jobs[i] = (struct job){.gate = &gate};
		ck_assert_int_eq(job_post(dma, &reqs[i], &jobs[i]), 0);
	}
	gate_await(&gate);
	ck_assert_int_eq(aml_dma_cancel(dma, &reqs[1]), 0);
	held.flags = AML_DMA_POST_AFTER_ALL;
	ck_assert_int_eq(aml_dma_post(dma, 1, &held, NULL), 0);
	ck_assert_int_eq(in_child(read_in_child, dma), 0);
	expect_held(dma, 1, 1, 1);
	gate_open(&gate);
	gate_open(&gate);
	ck_assert_int_eq(aml_dma_wait(dma, &reqs[0]), 0);
	ck_assert_int_eq(aml_dma_wait(dma, &reqs[2]), 0);
	destroy_engine(&dma);
	gate_destroy(&gate);
}
END_TEST

/* A body: read the statistics of the engine that runs the operator. */
static int read_inside(struct job *job)
{
	struct aml_dma_linux_stats stats = AML_DMA_LINUX_STATS_INIT;

	NEED(aml_dma_linux_statistics(job->dma, &stats) == 0);
	NEED(stats.running == 1 && stats.posted == 1 + stats.finished);
	return 0;
}

enum { POSTERS = 3, POSTS = 200, POST_BYTES = 4096 };

/* Each copy has a destination of its own. */
static int post_some(struct call *call)
{
	static char room[POSTERS][POSTS][POST_BYTES];

	for (int i = 0; i < POSTS; i++) {
		struct aml_dma_request *req = NULL;
		char *dst = room[call->job->n][i];

		NEED(aml_dma_async_copy_custom(call->dma, i % 2 ? &req : NULL, (void *)dst,
					       (void *)from, aml_dma_linux_memcpy_op,
					       (void *)(size_t)(i % 3 ? 64 : POST_BYTES)) == 0);
		if (req != NULL)
			NEED((i % 4 == 1 ? aml_dma_wait : aml_dma_cancel)(call->dma, &req) == 0);
		NEED(job_copy(call->dma, call->job) == -AML_EDOM);
	}
	return 0;
}

/* Contract: STATS-1. */
START_TEST(a_snapshot_adds_up_at_any_time)
{
	struct aml_dma *dma = new_engine(2);
	struct job inside = {.body = read_inside, .dma = dma}, jobs[POSTERS];
	struct call calls[POSTERS];
	struct aml_dma_linux_stats last = read_stats(dma);
	int ended = 0;

	ck_assert_int_eq(job_copy(dma, &inside), 0);
	for (int i = 0; i < POSTERS; i++) {
		jobs[i] = (struct job){.result = -AML_EDOM, .n = i};
		calls[i] = (struct call){.fn = post_some, .dma = dma, .job = &jobs[i]};
		call_begin(&calls[i]);
	}
	while (ended < POSTERS) {
		struct aml_dma_linux_stats stats = read_stats(dma);

		ck_assert_uint_ge(stats.posted, last.posted);
		ck_assert_uint_ge(stats.finished, last.finished);
		ck_assert_uint_ge(stats.failed, last.failed);
		ck_assert_uint_ge(stats.cancelled, last.cancelled);
		ck_assert_uint_ge(stats.bytes, last.bytes);
		ck_assert_uint_le(stats.running, 2 + POSTERS);
		last = stats;
		ended = 0;
		for (int i = 0; i < POSTERS; i++)
			ended += atomic_load(&calls[i].ended);
	}
	for (int i = 0; i < POSTERS; i++)
		ck_assert_int_eq(call_end(&calls[i]), 0);
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	last = read_stats(dma);
	ck_assert_uint_eq(last.posted, 1 + POSTERS * POSTS * 2);
	ck_assert_uint_eq(last.failed, POSTERS * POSTS);
	ck_assert_uint_eq(last.queued + last.running + last.held, 0);
	destroy_engine(&dma);
}
END_TEST

/* Compare different bytes, at once. */
static int fail_at_once(struct call *call)
{
	static char one[64], other[64] = {1};
	size_t n = sizeof(one);
	struct aml_layout *dst = new_dense(one, AML_LAYOUT_ORDER_C, 1, 1, &n, NULL, NULL);
	struct aml_layout *src = new_dense(other, AML_LAYOUT_ORDER_C, 1, 1, &n, NULL, NULL);

	for (size_t i = 0; i < effort(200000); i++)
		NEED(aml_dma_copy_custom(call->dma, dst, src, aml_dma_linux_compare, NULL) ==
		     -AML_FAILURE);
	destroy_layout(dst);
	destroy_layout(src);
	return 0;
}

/* Contract: STATS-1. */
START_TEST(no_more_have_failed_than_finished)
{
	struct aml_dma *dma = new_engine(1);
	struct call call = {.fn = fail_at_once, .dma = dma};

	call_begin(&call);
	while (!atomic_load(&call.ended)) {
		struct aml_dma_linux_stats stats = read_stats(dma);

		ck_assert_uint_le(stats.failed, stats.finished);
	}
	ck_assert_int_eq(call_end(&call), 0);
	destroy_engine(&dma);
}
END_TEST

SUITE("dma/statistics", a_new_engine_has_only_workers, each_state_is_counted,
      a_cancel_of_a_finished_request_changes_nothing, an_operator_that_waits_is_running,
      synchronous_copies_and_those_made_at_once_count, a_copy_of_which_a_part_was_taken_is_running,
      a_copy_that_was_cancelled_amid_has_finished, failed_copies_move_no_bytes,
      held_requests_are_counted, cancelled_requests_are_those_that_never_began,
      tasks_that_are_no_requests_do_not_count, the_histograms_count_times_by_powers_of_two,
      each_request_that_began_is_in_the_histograms, without_the_variable_they_are_empty,
      the_size_of_the_structure_is_checked, only_engines_of_this_kind_have_statistics,
      in_a_child_the_parent_s_requests_have_failed, a_snapshot_adds_up_at_any_time,
      no_more_have_failed_than_finished)
