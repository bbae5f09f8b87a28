/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The bound on unfinished requests: what is refused, what is not, what counts, and what makes room
 * again.
 */
#include <sched.h>
#include <stdint.h>

#include "gate.h"
#include "made.h"
#include "suite.h"

enum { BYTES = 4 << 20, SMALL = 64 };

static char to[BYTES], from[BYTES];
static struct gate gate;
static struct aml_dma *dma;

static void open_engine(size_t threads, size_t bound)
{
	struct aml_dma_linux_attr attr = AML_DMA_LINUX_ATTR_INIT;

	attr.num_threads = threads;
	attr.max_unfinished = bound;
	dma = NULL;
	gate_init(&gate);
	ck_assert_int_eq(aml_dma_linux_create_attr(&dma, &attr), 0);
}

static void close_engine(void)
{
	destroy_engine(&dma);
	gate_destroy(&gate);
}

static int post_bytes(struct aml_dma_request **req, size_t size)
{
	return aml_dma_async_copy_custom(dma, req, (void *)to, (void *)from,
					 aml_dma_linux_memcpy_op, (void *)size);
}

/* Every kind of post is refused, and has no effect. */
static void expect_full(void)
{
	struct aml_layout *dst = new_dense(to, 0, 1, 1, (size_t[]){SMALL}, NULL, NULL),
			  *src = new_dense(from, 0, 1, 1, (size_t[]){SMALL}, NULL, NULL);
	struct aml_dma_request *const untouched = (void *)&gate, *req = untouched;
	struct job job = {.result = 0};

	memset(to, 0, sizeof(to));
	memset(from, 1, sizeof(from));
	ck_assert_int_eq(job_post(dma, &req, &job), -AML_EBUSY);
	ck_assert_int_eq(job_post(dma, NULL, &job), -AML_EBUSY);
	for (size_t size = 1; size <= BYTES; size *= 16) {
		ck_assert_int_eq(post_bytes(&req, size), -AML_EBUSY);
		ck_assert_int_eq(post_bytes(NULL, size), -AML_EBUSY);
	}
	ck_assert_int_eq(post_bytes(NULL, BYTES), -AML_EBUSY);
	ck_assert_int_eq(aml_dma_async_copy(dma, &req, dst, src), -AML_EBUSY);
	ck_assert_int_eq(aml_dma_async_copy(dma, NULL, dst, src), -AML_EBUSY);
	/* Whatever the bound, bad input is an error of its own. */
	ck_assert_int_eq(aml_dma_async_copy(dma, &req, NULL, src), -AML_EINVAL);
	ck_assert_ptr_eq(req, untouched);
	ck_assert_int_eq(job.runs, 0);
	for (size_t i = 0; i < BYTES; i += SMALL)
		ck_assert_int_eq(to[i], 0);
	destroy_layout(dst);
	destroy_layout(src);
}

/* Post n requests at the gate, all that the bound allows, and await those that run. */
static void fill_up(struct aml_dma_request *reqs[], struct job jobs[], size_t n, size_t slots)
{
	for (size_t i = 0; i < n; i++) {
		jobs[i] = (struct job){.gate = &gate};
		ck_assert_int_eq(job_post(dma, &reqs[i], &jobs[i]), 0);
	}
	for (size_t i = 0; i < slots && i < n; i++)
		gate_await(&gate);
}

/* Contract: BOUND-1. */
START_TEST(a_post_beyond_the_bound_is_refused)
{
	for (size_t threads = 1; threads < 4; threads++) {
		for (size_t bound = 1; bound < 6; bound++) {
			struct aml_dma_request *reqs[6];
			struct job jobs[6];

			open_engine(threads, bound);
			fill_up(reqs, jobs, bound, threads);
			expect_full();
			for (size_t i = 0; i < bound; i++)
				gate_open(&gate);
			ck_assert_int_eq(aml_dma_barrier(dma), 0);
			for (size_t i = 0; i < bound; i++)
				ck_assert_int_eq(aml_dma_wait(dma, &reqs[i]), 0);
			close_engine();
		}
	}
}
END_TEST

/* Contract: BOUND-1. */
START_TEST(so_it_is_without_workers)
{
	struct job jobs[3] = {{.result = 0}};
	struct aml_dma_request *req = NULL;

	open_engine(0, 3);
	ck_assert_int_eq(job_post(dma, NULL, &jobs[0]), 0);
	ck_assert_int_eq(post_bytes(NULL, SMALL), 0);
	ck_assert_int_eq(job_post(dma, &req, &jobs[1]), 0);
	expect_full();
	ck_assert_int_eq(aml_dma_wait(dma, &req), 0);
	ck_assert_int_eq(job_post(dma, &req, &jobs[2]), 0);
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	ck_assert_int_eq(aml_dma_cancel(dma, &req), 0);
	close_engine();
}
END_TEST

/* Contract: BOUND-1. */
START_TEST(what_has_finished_or_was_cancelled_makes_room)
{
	struct aml_dma_request *reqs[4], *more = NULL;
	struct job jobs[4], job = {.result = -AML_EDOM};

	open_engine(1, 4);
	fill_up(reqs, jobs, 4, 1);
	expect_full();
	/* One that is queued. */
	ck_assert_int_eq(aml_dma_cancel(dma, &reqs[3]), 0);
	ck_assert_int_eq(job_post(dma, &more, &job), 0);
	expect_full();
	/* One that runs, although its handle is not released. */
	gate_open(&gate);
	gate_await(&gate);
	ck_assert_int_eq(post_bytes(NULL, SMALL), 0);
	expect_full();
	gate_open(&gate);
	gate_await(&gate);
	gate_open(&gate);
	/* A failed request has finished, too. */
	ck_assert_int_eq(aml_dma_wait(dma, &more), -AML_EDOM);
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 4; i++)
			ck_assert_int_eq(post_bytes(NULL, BYTES), 0);
		ck_assert_int_eq(aml_dma_barrier(dma), 0);
	}
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(aml_dma_wait(dma, &reqs[i]), 0);
	close_engine();
}
END_TEST

/* Contract: BOUND-1. */
START_TEST(without_a_bound_nothing_is_refused)
{
	enum { MANY = 5000 };
	static struct job jobs[MANY];
	struct job first = {.gate = &gate};

	open_engine(1, 0);
	ck_assert_int_eq(job_post(dma, NULL, &first), 0);
	for (int i = 0; i < MANY; i++)
		ck_assert_int_eq(job_post(dma, NULL, &jobs[i]), 0);
	gate_open(&gate);
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	close_engine();
	open_engine(1, SIZE_MAX);
	for (int i = 0; i < MANY; i++)
		ck_assert_int_eq(job_post(dma, NULL, &jobs[i]), 0);
	close_engine();
}
END_TEST

static int call_post(struct call *call)
{
	return job_post(call->dma, NULL, call->job);
}

/* Contract: BOUND-1. */
START_TEST(threads_that_post_at_once_get_no_more_than_the_bound)
{
	enum { THREADS = 8, BOUND = 3 };

	for (size_t round = 0; round < 20; round++) {
		struct job jobs[THREADS];
		struct call calls[THREADS];
		int posted = 0, refused = 0, ran = 0;

		/* Without workers, what is posted stays. */
		open_engine(0, BOUND);
		for (int i = 0; i < THREADS; i++) {
			jobs[i] = (struct job){.result = 0};
			calls[i] = (struct call){.fn = call_post, .dma = dma, .job = &jobs[i]};
			call_begin(&calls[i]);
		}
		for (int i = 0; i < THREADS; i++) {
			int code = call_end(&calls[i]);

			posted += code == AML_SUCCESS;
			refused += code == -AML_EBUSY;
		}
		ck_assert_int_eq(posted, BOUND);
		ck_assert_int_eq(refused, THREADS - BOUND);
		ck_assert_int_eq(aml_dma_barrier(dma), 0);
		for (int i = 0; i < THREADS; i++)
			ran += jobs[i].runs;
		ck_assert_int_eq(ran, BOUND);
		close_engine();
	}
}
END_TEST

/* Contract: BOUND-2. */
START_TEST(a_synchronous_copy_is_never_refused)
{
	for (size_t threads = 1; threads < 4; threads++) {
		struct aml_dma_request *reqs[2];
		struct job jobs[2], copied = {.result = 5};
		struct aml_layout *dst = new_dense(to, 0, 4, 1, (size_t[]){SMALL}, NULL, NULL),
				  *src = new_dense(from, 0, 4, 1, (size_t[]){SMALL}, NULL, NULL);

		open_engine(threads, 1);
		fill_up(reqs, jobs, 1, 1);
		expect_full();
		/* With one worker, these wait for their turn. */
		gate_open(&gate);
		for (size_t size = 1; size <= BYTES; size *= 8)
			ck_assert_int_eq(aml_dma_copy_custom(dma, (void *)to, (void *)from,
							     aml_dma_linux_memcpy_op, (void *)size),
					 0);
		ck_assert_int_eq(aml_dma_copy(dma, dst, src), 0);
		ck_assert_int_eq(job_copy(dma, &copied), 5);
		ck_assert_int_eq(copied.runs, 1);
		ck_assert_int_eq(aml_dma_wait(dma, &reqs[0]), 0);
		destroy_layout(dst);
		destroy_layout(src);
		close_engine();
	}
}
END_TEST

/* Contract: BOUND-2. */
START_TEST(a_synchronous_copy_does_not_wait_for_room)
{
	struct aml_dma_request *reqs[1];
	struct job jobs[1], copied = {.result = 5};

	open_engine(2, 1);
	fill_up(reqs, jobs, 1, 1);
	/* The request stays unfinished until the copies are done. */
	ck_assert_int_eq(job_copy(dma, &copied), 5);
	memset(to, 0, sizeof(to));
	memset(from, 3, sizeof(from));
	ck_assert_int_eq(aml_dma_copy_custom(dma, (void *)to, (void *)from, aml_dma_linux_memcpy_op,
					     (void *)(size_t)BYTES),
			 0);
	ck_assert_mem_eq(to, from, sizeof(to));
	gate_open(&gate);
	ck_assert_int_eq(aml_dma_wait(dma, &reqs[0]), 0);
	close_engine();
}
END_TEST

/* Contract: BOUND-2. */
START_TEST(nor_is_one_by_a_table_without_the_operation_to_copy)
{
	struct aml_dma_request *reqs[1];
	struct job jobs[1], copied = {.result = 5};
	struct aml_dma_ops ops;
	struct aml_dma other;

	open_engine(2, 1);
	ops = *dma->ops;
	ops.copy = NULL;
	other = (struct aml_dma){.ops = &ops, .data = dma->data};
	fill_up(reqs, jobs, 1, 1);
	ck_assert_int_eq(job_post(&other, NULL, &copied), -AML_EBUSY);
	ck_assert_int_eq(job_copy(&other, &copied), 5);
	gate_open(&gate);
	ck_assert_int_eq(aml_dma_wait(&other, &reqs[0]), 0);
	close_engine();
}
END_TEST

/* Contract: BOUND-2. */
START_TEST(synchronous_copies_count)
{
	struct job held[3], job = {.result = 0};
	struct aml_dma_request *req = NULL;
	struct call calls[3];

	open_engine(4, 2);
	for (int i = 0; i < 3; i++) {
		held[i] = (struct job){.gate = &gate};
		calls[i] = (struct call){.fn = call_copy, .dma = dma, .job = &held[i]};
		call_begin(&calls[i]);
		gate_await(&gate);
		if (i > 0) {
			expect_full();
			continue;
		}
		ck_assert_int_eq(job_post(dma, &req, &job), 0);
		ck_assert_int_eq(aml_dma_wait(dma, &req), 0);
	}
	/* After one of the three copies, there is still no room. */
	gate_open(&gate);
	while (atomic_load(&calls[0].ended) + atomic_load(&calls[1].ended) +
		       atomic_load(&calls[2].ended) ==
	       0)
		sched_yield();
	expect_full();
	gate_open(&gate);
	gate_open(&gate);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(call_end(&calls[i]), 0);
	ck_assert_int_eq(post_bytes(NULL, SMALL), 0);
	close_engine();
}
END_TEST

/* A body: post ten requests to an engine, and wait for them. */
static int post_many(struct job *job)
{
	struct aml_dma_request *reqs[10];
	struct job jobs[10];

	for (int i = 0; i < 10; i++) {
		jobs[i] = (struct job){.result = 0};
		NEED(job_post(job->dma, &reqs[i], &jobs[i]) == 0);
	}
	for (int i = 0; i < 10; i++)
		NEED(aml_dma_wait(job->dma, &reqs[i]) == 0 && jobs[i].runs == 1);
	for (int i = 0; i < 10; i++)
		NEED(aml_dma_async_copy_custom(job->dma, NULL, (void *)to, (void *)from,
					       aml_dma_linux_memcpy_op, (void *)(size_t)1) == 0);
	return 0;
}

/* Contract: BOUND-3. */
START_TEST(inside_an_operator_there_is_no_bound)
{
	for (size_t threads = 0; threads < 3; threads++) {
		struct aml_dma *other = new_engine(1);
		struct job job = {.body = post_many}, foreign = {.body = post_many};
		struct aml_sched *sched = aml_queue_sched_create(1);
		struct aml_dma_request *req = NULL;
		struct aml_task task;
		int result = -1;

		open_engine(threads, 1);
		job.dma = foreign.dma = dma;
		ck_assert_int_eq(job_post(dma, &req, &job), 0);
		ck_assert_int_eq(aml_dma_wait(dma, &req), 0);
		/* A synchronous copy. */
		ck_assert_int_eq(job_copy(dma, &job), 0);
		/* An operator of another engine, and a task. */
		ck_assert_int_eq(job_copy(other, &foreign), 0);
		task = job_task(&foreign, &result);
		ck_assert_int_eq(aml_sched_submit_task(sched, &task), 0);
		ck_assert_int_eq(aml_sched_wait_task(sched, &task), 0);
		ck_assert_int_eq(result, 0);
		ck_assert_int_eq(aml_dma_barrier(dma), 0);
		aml_queue_sched_destroy(&sched);
		destroy_engine(&other);
		close_engine();
	}
}
END_TEST

/* A body: post a request that waits at the gate of the other job, and do not wait for it. */
static int post_other(struct job *job)
{
	return job_post(job->dma, &job->req, job->other);
}

/* Contract: BOUND-3. */
START_TEST(what_is_posted_inside_an_operator_counts)
{
	struct job held = {.gate = &gate}, job = {.body = post_other, .other = &held};

	open_engine(1, 1);
	job.dma = dma;
	ck_assert_int_eq(job_copy(dma, &job), 0);
	gate_await(&gate);
	expect_full();
	gate_open(&gate);
	ck_assert_int_eq(aml_dma_wait(dma, &job.req), 0);
	ck_assert_int_eq(post_bytes(NULL, SMALL), 0);
	close_engine();
}
END_TEST

/* Contract: BOUND-4. */
START_TEST(tasks_that_are_no_requests_do_not_count)
{
	struct aml_sched *sched;
	struct job held[3] = {{.gate = &gate}, {.gate = &gate}, {.gate = &gate}}, job = {.n = 0};
	struct aml_task tasks[3];

	open_engine(1, 1);
	sched = ((struct aml_dma_linux_data *)dma->data)->sched;
	for (int i = 0; i < 3; i++) {
		tasks[i] = job_task(&held[i], NULL);
		ck_assert_int_eq(aml_sched_submit_task(sched, &tasks[i]), 0);
	}
	ck_assert_int_eq(job_post(dma, NULL, &job), 0);
	expect_full();
	for (int i = 0; i < 3; i++) {
		gate_open(&gate);
		ck_assert_int_eq(aml_sched_wait_task(sched, &tasks[i]), 0);
	}
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	ck_assert_int_eq(job.runs, 1);
	close_engine();
}
END_TEST

/* Contract: BOUND-5. */
START_TEST(a_batch_is_posted_as_a_whole_or_refused)
{
	struct aml_dma_request *const untouched = (void *)&gate, *reqs[6];
	struct aml_dma_post_attr posts[6];
	struct job jobs[6], first = {.gate = &gate};

	open_engine(1, 5);
	for (int i = 0; i < 6; i++) {
		jobs[i] = (struct job){.result = 0};
		posts[i] = job_attr(&jobs[i]);
		reqs[i] = untouched;
	}
	/* More than the bound is an error at any time. */
	ck_assert_int_eq(aml_dma_post(dma, 6, posts, reqs), -AML_EINVAL);
	ck_assert_int_eq(job_post(dma, NULL, &first), 0);
	gate_await(&gate);
	ck_assert_int_eq(aml_dma_post(dma, 6, posts, NULL), -AML_EINVAL);
	/* There is room for four. */
	ck_assert_int_eq(aml_dma_post(dma, 5, posts, reqs), -AML_EBUSY);
	ck_assert_int_eq(aml_dma_post(dma, 0, posts, reqs), 0);
	/* An element that is wrong is reported first. */
	posts[4].reserved = 1;
	ck_assert_int_eq(aml_dma_post(dma, 5, posts, reqs), -AML_EINVAL);
	posts[4].reserved = 0;
	for (int i = 0; i < 6; i++)
		ck_assert_ptr_eq(reqs[i], untouched);
	ck_assert_int_eq(aml_dma_post(dma, 4, posts, reqs), 0);
	expect_full();
	ck_assert_int_eq(aml_dma_post(dma, 1, &posts[4], &reqs[4]), -AML_EBUSY);
	gate_open(&gate);
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	ck_assert_int_eq(aml_dma_post(dma, 1, &posts[4], &reqs[4]), 0);
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(aml_dma_wait(dma, &reqs[i]), 0);
	for (int i = 0; i < 6; i++)
		ck_assert_int_eq(jobs[i].runs, i < 5);
	close_engine();
}
END_TEST

/* Contract: BOUND-1. */
START_TEST(held_requests_count)
{
	struct aml_dma_request *reqs[3];
	struct aml_dma_post_attr attr;
	struct job first = {.gate = &gate}, jobs[2] = {{.n = 0}, {.n = 0}};

	open_engine(2, 3);
	ck_assert_int_eq(job_post(dma, &reqs[0], &first), 0);
	gate_await(&gate);
	for (int i = 0; i < 2; i++) {
		attr = job_attr(&jobs[i]);
		attr.nafter = 1;
		attr.after = &reqs[0];
		ck_assert_int_eq(aml_dma_post(dma, 1, &attr, &reqs[i + 1]), 0);
	}
	expect_full();
	ck_assert_int_eq(aml_dma_post(dma, 1, &attr, NULL), -AML_EBUSY);
	/* A held request that is cancelled makes room. */
	ck_assert_int_eq(aml_dma_cancel(dma, &reqs[2]), 0);
	ck_assert_int_eq(aml_dma_post(dma, 1, &attr, &reqs[2]), 0);
	expect_full();
	gate_open(&gate);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(aml_dma_wait(dma, &reqs[i]), 0);
	ck_assert(jobs[0].runs == 1 && jobs[1].runs == 1);
	close_engine();
}
END_TEST

static struct job chained[10];
static int callback_codes[10];

/* A callback: post requests beyond the bound. */
static void post_in_callback(int result, void *arg)
{
	struct aml_dma_post_attr posts[4];

	(void)arg;
	for (int i = 0; i < 6; i++)
		callback_codes[i] = result + job_post(dma, NULL, &chained[i]);
	for (int i = 0; i < 4; i++)
		posts[i] = job_attr(&chained[6 + i]);
	callback_codes[6] = aml_dma_post(dma, 4, posts, NULL);
}

/* Contract: BOUND-3, BOUND-5. */
START_TEST(inside_a_callback_there_is_no_bound)
{
	for (size_t threads = 0; threads < 3; threads++) {
		struct job job = {.result = 0};
		struct aml_dma_post_attr attr = job_attr(&job);
		struct aml_dma_request *req = NULL;

		open_engine(threads, 2);
		memset(chained, 0, sizeof(chained));
		memset(callback_codes, -1, sizeof(callback_codes));
		attr.callback = post_in_callback;
		ck_assert_int_eq(aml_dma_post(dma, 1, &attr, &req), 0);
		ck_assert_int_eq(aml_dma_wait(dma, &req), 0);
		ck_assert_int_eq(aml_dma_barrier(dma), 0);
		for (int i = 0; i < 7; i++)
			ck_assert_int_eq(callback_codes[i], 0);
		for (int i = 0; i < 10; i++)
			ck_assert_int_eq(chained[i].runs, 1);
		close_engine();
	}
}
END_TEST

static int post_in_child(void *arg)
{
	struct job jobs[3] = {{.result = 0}};

	(void)arg;
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 3; i++)
			NEED(job_post(dma, NULL, &jobs[i]) == 0);
		NEED(job_post(dma, NULL, &jobs[0]) == -AML_EBUSY);
		NEED(aml_dma_barrier(dma) == 0);
	}
	return 0;
}

/* Contract: BOUND-4. */
START_TEST(a_child_has_the_bound_and_all_the_room)
{
	struct aml_dma_request *reqs[3];
	struct job jobs[3];

	open_engine(1, 3);
	fill_up(reqs, jobs, 3, 1);
	if (fork_spares_malloc())
		ck_assert_int_eq(in_child(post_in_child, NULL), 0);
	expect_full();
	for (int i = 0; i < 3; i++)
		gate_open(&gate);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(aml_dma_wait(dma, &reqs[i]), 0);
	close_engine();
}
END_TEST

SUITE("dma/bound", a_post_beyond_the_bound_is_refused, so_it_is_without_workers,
      what_has_finished_or_was_cancelled_makes_room, without_a_bound_nothing_is_refused,
      threads_that_post_at_once_get_no_more_than_the_bound, a_synchronous_copy_is_never_refused,
      a_synchronous_copy_does_not_wait_for_room,
      nor_is_one_by_a_table_without_the_operation_to_copy, synchronous_copies_count,
      inside_an_operator_there_is_no_bound, what_is_posted_inside_an_operator_counts,
      a_batch_is_posted_as_a_whole_or_refused, held_requests_count,
      inside_a_callback_there_is_no_bound, tasks_that_are_no_requests_do_not_count,
      a_child_has_the_bound_and_all_the_room)
