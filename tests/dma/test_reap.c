/* SPDX-License-Identifier: BSD-3-Clause */
/* The completion queue, its descriptor, and aml_dma_progress(). */
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "gate.h"
#include "made.h"
#include "suite.h"

static int post_reap(struct aml_dma *dma, struct job *job, uint64_t tag, unsigned flags)
{
	struct aml_dma_post_attr attr = job_attr(job);

	attr.flags = AML_DMA_POST_REAP | flags;
	attr.tag = tag;
	return aml_dma_post(dma, 1, &attr, NULL);
}

/* Contract: REAP-1. */
START_TEST(completions_come_in_the_order_of_finishing)
{
	struct aml_dma *dma = new_engine(2);
	struct gate gate;
	struct job slow = {.gate = &gate}, quick = {.result = -AML_EDOM};
	struct aml_dma_completion out[4];
	size_t count;

	gate_init(&gate);
	ck_assert_int_eq(aml_dma_reap(dma, 4, out, 0, 0, &count), 0);
	ck_assert_uint_eq(count, 0);
	ck_assert_int_eq(aml_dma_reap(dma, 4, out, 1, 0, &count), -AML_EBUSY);
	ck_assert_int_eq(aml_dma_reap(dma, 4, out, 5, 0, NULL), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_reap(dma, 4, NULL, 0, 0, NULL), -AML_EINVAL);
	ck_assert_int_eq(post_reap(dma, &slow, 1, 0), 0);
	gate_await(&gate);
	ck_assert_int_eq(post_reap(dma, &quick, UINT64_MAX, 0), 0);
	ck_assert_int_eq(aml_dma_reap(dma, 4, out, 1, AML_DMA_NO_DEADLINE, &count), 0);
	ck_assert_uint_eq(count, 1);
	ck_assert(out[0].tag == UINT64_MAX);
	ck_assert_int_eq(out[0].result, -AML_EDOM);
	ck_assert_int_eq(out[0].reserved, 0);
	gate_open(&gate);
	/* A barrier neither takes completions nor reports their failures. */
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	ck_assert_int_eq(aml_dma_reap(dma, 4, out, 0, 0, &count), 0);
	ck_assert_uint_eq(count, 1);
	ck_assert_int_eq(out[0].result, 0);
	destroy_engine(&dma);
	gate_destroy(&gate);
}
END_TEST

static int call_reap(struct call *call)
{
	struct aml_dma_completion out[8];
	size_t count;
	int err = aml_dma_reap(call->dma, 8, out, 2, AML_DMA_NO_DEADLINE, &count);

	return err == 0 ? (int)count : err;
}

/* Contract: REAP-2. */
START_TEST(a_reap_waits_for_what_is_posted_later)
{
	struct aml_dma *dma = new_engine(1);
	struct job job = {.result = 0};
	struct call call = {.fn = call_reap, .dma = dma};

	call_begin(&call);
	call_settle(&call);
	ck_assert_int_eq(post_reap(dma, &job, 1, 0), 0);
	ck_assert_int_eq(post_reap(dma, &job, 2, 0), 0);
	ck_assert_int_eq(call_end(&call), 2);
	destroy_engine(&dma);
}
END_TEST

/* Contract: REAP-2. */
START_TEST(without_workers_reaping_runs_requests)
{
	struct aml_dma *dma = new_engine(0);
	struct job job = {.result = 0};
	struct aml_dma_completion out[4];
	size_t count;

	for (uint64_t tag = 0; tag < 4; tag++)
		ck_assert_int_eq(post_reap(dma, &job, tag, 0), 0);
	ck_assert_int_eq(aml_dma_reap(dma, 4, out, 0, 0, &count), 0);
	ck_assert_uint_eq(count, 1);
	ck_assert_int_eq(aml_dma_reap(dma, 4, out, 3, AML_DMA_NO_DEADLINE, &count), 0);
	ck_assert_uint_eq(count, 3);
	ck_assert(out[0].tag == 1 && out[2].tag == 3);
	destroy_engine(&dma);
}
END_TEST

static bool is_readable(int fd)
{
	struct pollfd poller = {.fd = fd, .events = POLLIN};

	return poll(&poller, 1, 0) == 1;
}

/* Contract: REAP-7, REAP-8. */
START_TEST(the_descriptor_counts_completions)
{
	struct aml_dma *dma = new_engine(1);
	struct job job = {.result = 0};
	uint64_t sum = 0, value;
	int fd;

	ck_assert_int_eq(aml_dma_linux_eventfd(NULL), -AML_EINVAL);
	ck_assert_int_eq(post_reap(dma, &job, 1, 0), 0);
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	fd = aml_dma_linux_eventfd(dma);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(aml_dma_linux_eventfd(dma), fd);
	ck_assert(is_readable(fd));
	ck_assert_int_eq(read(fd, &value, sizeof(value)), sizeof(value));
	ck_assert_uint_eq(value, 1);
	ck_assert(!is_readable(fd));
	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(post_reap(dma, &job, 2, 0), 0);
	while (sum < 10) {
		struct pollfd poller = {.fd = fd, .events = POLLIN};

		ck_assert_int_eq(poll(&poller, 1, -1), 1);
		ck_assert_int_eq(read(fd, &value, sizeof(value)), sizeof(value));
		sum += value;
	}
	ck_assert_uint_eq(sum, 10);
	destroy_engine(&dma);
	ck_assert_int_eq(close(fd), -1);
}
END_TEST

static int child_reaps_nothing(void *arg)
{
	struct aml_dma *dma = arg;
	struct aml_dma_completion out;
	struct job job = {.result = 0};
	size_t count = 7;

	NEED(aml_dma_reap(dma, 1, &out, 0, 0, &count) == 0 && count == 0);
	NEED(post_reap(dma, &job, 5, 0) == 0);
	NEED(aml_dma_reap(dma, 1, &out, 1, AML_DMA_NO_DEADLINE, &count) == 0 && out.tag == 5);
	NEED(aml_dma_linux_destroy(&dma) == 0);
	return 0;
}

/* Contract: REAP-5, REAP-9. */
START_TEST(in_a_child_the_queue_is_empty)
{
	struct aml_dma *dma = new_engine(1);
	struct job job = {.result = 0};
	struct aml_dma_completion out;
	int fd = aml_dma_linux_eventfd(dma);
	uint64_t value;

	ck_assert_int_eq(post_reap(dma, &job, 1, 0), 0);
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	if (!under_race_checker())
		ck_assert_int_eq(in_child(child_reaps_nothing, dma), 0);
	ck_assert_int_eq(read(fd, &value, sizeof(value)), sizeof(value));
	ck_assert_uint_eq(value, 1);
	ck_assert_int_eq(aml_dma_reap(dma, 1, &out, 1, AML_DMA_NO_DEADLINE, NULL), 0);
	ck_assert(out.tag == 1);
	destroy_engine(&dma);
}
END_TEST

/* Contract: PROGRESS-1, PROGRESS-2. */
START_TEST(progress_runs_as_many_as_asked_for)
{
	struct aml_dma *dma = new_engine(0);
	struct job job = {.result = 0};
	size_t ran;

	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(job_post(dma, NULL, &job), 0);
	ck_assert_int_eq(aml_dma_progress(dma, 2, &ran), 0);
	ck_assert_uint_eq(ran, 2);
	ck_assert_int_eq(aml_dma_progress(dma, 0, &ran), 0);
	ck_assert_uint_eq(ran, 0);
	ck_assert_int_eq(aml_dma_progress(dma, 100, &ran), 0);
	ck_assert_uint_eq(ran, 3);
	ck_assert_int_eq(aml_dma_progress(dma, 100, NULL), 0);
	ck_assert_int_eq(job.runs, 5);
	destroy_engine(&dma);
}
END_TEST

/* Contract: REAP-3. */
START_TEST(bad_arguments_take_nothing)
{
	struct aml_dma *dma = new_engine(1);
	struct job job = {.result = 0};
	struct aml_dma_completion out[2];
	size_t count = 7;

	ck_assert_int_eq(post_reap(dma, &job, 1, 0), 0);
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	ck_assert_int_eq(aml_dma_reap(dma, 2, out, 3, 0, &count), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_reap(dma, 2, NULL, 1, 0, &count), -AML_EINVAL);
	ck_assert_uint_eq(count, 7);
	ck_assert_int_eq(aml_dma_reap(dma, 0, NULL, 0, 0, &count), 0);
	ck_assert_uint_eq(count, 0);
	ck_assert_int_eq(aml_dma_reap(dma, 2, out, 1, 0, NULL), 0);
	ck_assert(out[0].tag == 1);
	destroy_engine(&dma);
}
END_TEST

/* Contract: REAP-6. */
START_TEST(a_barrier_leaves_completions_and_their_failures)
{
	struct aml_dma *dma = new_engine(1);
	struct job good = {.result = 0}, bad = {.result = -AML_EDOM};
	struct aml_dma_completion out[2];
	size_t count;

	ck_assert_int_eq(post_reap(dma, &bad, 1, 0), 0);
	ck_assert_int_eq(post_reap(dma, &good, 2, 0), 0);
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	ck_assert_int_eq(aml_dma_reap(dma, 2, out, 2, 0, &count), 0);
	ck_assert_int_eq(out[0].result, -AML_EDOM);
	ck_assert_int_eq(out[1].result, 0);
	destroy_engine(&dma);
}
END_TEST

/* Contract: REAP-10. */
START_TEST(a_descriptor_that_cannot_be_had_is_reported)
{
	struct aml_dma *dma = new_engine(1);
	struct aml_dma_ops ops = aml_dma_linux_ops;
	struct aml_dma other = {&ops, dma->data};
	struct rlimit limit, none;
	int fd;

	ops.create_request = NULL;
	ck_assert_int_eq(aml_dma_linux_eventfd(&other), -AML_EINVAL);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = limit;
	none.rlim_cur = 0;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	fd = aml_dma_linux_eventfd(dma);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	ck_assert_int_eq(fd, -AML_ENOMEM);
	/* The next call works: nothing was left behind. */
	fd = aml_dma_linux_eventfd(dma);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_ne(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
	ck_assert_int_ne(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
	destroy_engine(&dma);
}
END_TEST

SUITE("dma/reap", completions_come_in_the_order_of_finishing, a_reap_waits_for_what_is_posted_later,
      without_workers_reaping_runs_requests, the_descriptor_counts_completions,
      in_a_child_the_queue_is_empty, progress_runs_as_many_as_asked_for, bad_arguments_take_nothing,
      a_barrier_leaves_completions_and_their_failures, a_descriptor_that_cannot_be_had_is_reported)
