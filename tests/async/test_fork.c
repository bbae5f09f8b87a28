/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Forked children. Schedulers and engines continue in the child without workers and with an empty
 * queue. Requests that were unfinished at the fork stay the parent's.
 */
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "gate.h"
#include "suite.h"

/* An engine with finished requests, a request that runs at the gate, and queued requests. */
struct busy {
	struct aml_dma *dma;
	struct gate gate;
	struct job finished, failed, running, queued;
	struct aml_dma_request *req_finished, *req_failed, *req_running, *req_queued;
};

static void busy_up(struct busy *busy)
{
	memset(busy, 0, sizeof(*busy));
	gate_init(&busy->gate);
	ck_assert_int_eq(aml_dma_linux_create(&busy->dma, 1), 0);
	busy->failed.result = -AML_EDOM;
	busy->running = (struct job){.gate = &busy->gate, .result = -AML_EPERM};
	busy->queued.result = -AML_EPERM;
	ck_assert_int_eq(job_post(busy->dma, &busy->req_finished, &busy->finished), 0);
	ck_assert_int_eq(job_post(busy->dma, &busy->req_failed, &busy->failed), 0);
	ck_assert_int_eq(job_post(busy->dma, &busy->req_running, &busy->running), 0);
	gate_await(&busy->gate);
	ck_assert_int_eq(job_post(busy->dma, &busy->req_queued, &busy->queued), 0);
	ck_assert_int_eq(job_post(busy->dma, NULL, &busy->queued), 0);
}

/* The fork changed nothing in the parent: each request finishes with its own result. */
static void busy_down(struct busy *busy)
{
	gate_open(&busy->gate);
	ck_assert_int_eq(aml_dma_wait(busy->dma, &busy->req_finished), 0);
	ck_assert_int_eq(aml_dma_wait(busy->dma, &busy->req_failed), -AML_EDOM);
	ck_assert_int_eq(aml_dma_wait(busy->dma, &busy->req_queued), -AML_EPERM);
	ck_assert_int_eq(aml_dma_wait(busy->dma, &busy->req_running), -AML_EPERM);
	/* The failure of the request without a handle. */
	ck_assert_int_eq(aml_dma_barrier(busy->dma), -AML_EPERM);
	ck_assert_int_eq(aml_dma_barrier(busy->dma), 0);
	ck_assert_int_eq(busy->running.runs, 1);
	ck_assert_int_eq(busy->queued.runs, 2);
	ck_assert_int_eq(aml_dma_linux_destroy(&busy->dma), 0);
	gate_destroy(&busy->gate);
}

/* In the child, every kind of copy works, and runs on the calling thread. */
static int use(struct aml_dma *dma)
{
	struct job job = {.result = -AML_EDOM};
	struct aml_dma_request *req = NULL, *other = NULL;

	/* First drain the failures that the parent has not reported. */
	while (aml_dma_barrier(dma) != 0)
		;
	NEED(job_copy(dma, &job) == -AML_EDOM);
	NEED(job.runs == 1 && job.tid == gettid());
	NEED(job_post(dma, &req, &job) == 0);
	NEED(aml_dma_wait(dma, &req) == -AML_EDOM);
	NEED(req == NULL && job.runs == 2);
	NEED(job_post(dma, NULL, &job) == 0);
	NEED(aml_dma_barrier(dma) == -AML_EDOM);
	NEED(aml_dma_barrier(dma) == 0);
	NEED(job.runs == 3);
	NEED(job_post(dma, &req, &job) == 0);
	NEED(job_post(dma, &other, &job) == 0);
	NEED(aml_dma_cancel(dma, &req) == 0);
	NEED(aml_dma_wait(dma, &other) == -AML_EDOM);
	NEED(job.runs == 4);
	return 0;
}

static int use_busy(void *arg)
{
	return use(((struct busy *)arg)->dma);
}

/* Contract: FORK-1. */
START_TEST(an_engine_goes_on_in_the_child)
{
	struct busy busy;

	busy_up(&busy);
	ck_assert_int_eq(in_child(use_busy, &busy), 0);
	busy_down(&busy);
}
END_TEST

static int barrier_first(void *arg)
{
	struct busy *busy = arg;
	pid_t tid;

	/* The queue is empty, so a barrier waits for nothing. There are no workers. */
	NEED(aml_dma_wait(busy->dma, &busy->req_failed) == -AML_EDOM);
	NEED(aml_dma_barrier(busy->dma) == 0);
	NEED(threads_named("aml-dma/", &tid, 1) == 0);
	NEED(busy->queued.runs == 0);
	NEED(use(busy->dma) == 0);
	NEED(busy->queued.runs == 0);
	return 0;
}

/* Contract: FORK-1. */
START_TEST(nothing_is_queued_in_the_child)
{
	struct busy busy;

	busy_up(&busy);
	ck_assert_int_eq(in_child(barrier_first, &busy), 0);
	busy_down(&busy);
}
END_TEST

static int wait_for_each(void *arg)
{
	struct busy *busy = arg;

	NEED(aml_dma_wait(busy->dma, &busy->req_queued) == -AML_FAILURE);
	NEED(busy->req_queued == NULL);
	NEED(aml_dma_wait(busy->dma, &busy->req_queued) == -AML_EINVAL);
	NEED(aml_dma_wait(busy->dma, &busy->req_running) == -AML_FAILURE);
	NEED(busy->req_running == NULL);
	NEED(aml_dma_wait(busy->dma, &busy->req_failed) == -AML_EDOM);
	NEED(busy->req_failed == NULL);
	NEED(aml_dma_wait(busy->dma, &busy->req_finished) == 0);
	NEED(busy->req_finished == NULL);
	/* A barrier does not report a failure that a wait has returned. */
	NEED(aml_dma_barrier(busy->dma) == 0);
	NEED(use(busy->dma) == 0);
	NEED(aml_dma_linux_destroy(&busy->dma) == 0);
	return 0;
}

/* Contract: FORK-2. */
START_TEST(the_child_gets_the_results_of_what_had_finished_and_a_failure_for_the_rest)
{
	struct busy busy;

	busy_up(&busy);
	ck_assert_int_eq(in_child(wait_for_each, &busy), 0);
	busy_down(&busy);
}
END_TEST

static int cancel_each(void *arg)
{
	struct busy *busy = arg;
	struct aml_dma_request **reqs[] = {&busy->req_queued, &busy->req_running, &busy->req_failed,
					   &busy->req_finished};

	for (int i = 0; i < 4; i++) {
		NEED(aml_dma_cancel(busy->dma, reqs[i]) == 0);
		NEED(*reqs[i] == NULL);
	}
	NEED(aml_dma_barrier(busy->dma) == 0);
	NEED(use(busy->dma) == 0);
	NEED(busy->queued.runs == 0);
	NEED(aml_dma_linux_destroy(&busy->dma) == 0);
	return 0;
}

/* Contract: FORK-1. */
START_TEST(the_child_may_cancel_its_parent_s_requests)
{
	struct busy busy;

	busy_up(&busy);
	ck_assert_int_eq(in_child(cancel_each, &busy), 0);
	busy_down(&busy);
}
END_TEST

static int destroy_it(void *arg)
{
	struct busy *busy = arg;

	NEED(aml_dma_linux_destroy(&busy->dma) == 0);
	NEED(busy->dma == NULL);
	NEED(busy->queued.runs == 0);
	return 0;
}

/* Contract: FORK-1. */
START_TEST(the_child_may_destroy_the_engine)
{
	struct busy busy;

	busy_up(&busy);
	ck_assert_int_eq(in_child(destroy_it, &busy), 0);
	busy_down(&busy);
}
END_TEST

/*
 * Wait for one of the parent's requests and cancel another one. Destroy releases the other three.
 */
static int destroy_with_some_left(void *arg)
{
	struct busy *busy = arg;

	NEED(aml_dma_wait(busy->dma, &busy->req_failed) == -AML_EDOM);
	NEED(aml_dma_cancel(busy->dma, &busy->req_running) == 0);
	NEED(use(busy->dma) == 0);
	busy->req_queued = NULL;
	busy->req_finished = NULL;
	NEED(aml_dma_linux_destroy(&busy->dma) == 0);
	NEED(!leaked());
	return 0;
}

START_TEST(nothing_is_leaked_in_the_child)
{
	struct busy busy;

	busy_up(&busy);
	ck_assert_int_eq(in_child(destroy_with_some_left, &busy), 0);
	busy_down(&busy);
}
END_TEST

/*
 * A request that the child has queued stays the child's: a wait in the grandchild returns an error.
 */
static int fork_again(void *arg)
{
	struct busy *busy = arg;
	struct job mine = {.result = -AML_EDOM};
	struct busy next = *busy;

	NEED(job_post(busy->dma, &next.req_queued, &mine) == 0);
	NEED(in_child(wait_for_each, &next) == 0);
	NEED(aml_dma_wait(busy->dma, &next.req_queued) == -AML_EDOM);
	NEED(use(busy->dma) == 0);
	return in_child(use_busy, busy);
}

/* Contract: FORK-1. */
START_TEST(a_child_may_fork_again)
{
	struct busy busy;

	busy_up(&busy);
	ck_assert_int_eq(in_child(fork_again, &busy), 0);
	busy_down(&busy);
}
END_TEST

/* Job body: nested copies, n levels deep. */
static int dive(struct job *job)
{
	struct job next = {.body = dive, .dma = job->dma, .n = job->n - 1};

	return job->n == 0 ? -AML_EDOM : job_copy(job->dma, &next);
}

static int post_from_inside(void *arg)
{
	struct busy *busy = arg;
	struct job job = {.body = dive, .dma = busy->dma, .n = 20};

	return job_copy(busy->dma, &job) == -AML_EDOM ? 0 : -__LINE__;
}

/* Contract: FORK-1. */
START_TEST(operators_may_copy_in_the_child)
{
	struct busy busy;

	busy_up(&busy);
	ck_assert_int_eq(in_child(post_from_inside, &busy), 0);
	busy_down(&busy);
}
END_TEST

static int make_engines(void *arg)
{
	struct busy *busy = arg;

	for (size_t threads = 0; threads < 3 && (threads == 0 || children_have_threads());
	     threads++) {
		struct aml_dma *dma = NULL;
		struct gate gate;
		struct job job = {.gate = &gate};
		struct aml_dma_request *req = NULL;

		gate_init(&gate);
		NEED(aml_dma_linux_create(&dma, threads) == 0);
		if (threads > 0) {
			/* A worker runs the job before any thread waits for it. */
			NEED(job_post(dma, &req, &job) == 0);
			gate_await(&gate);
			gate_open(&gate);
			NEED(aml_dma_wait(dma, &req) == 0);
		}
		NEED(aml_dma_linux_destroy(&dma) == 0);
		gate_destroy(&gate);
	}
	return use(busy->dma);
}

/* Contract: FORK-1. */
START_TEST(the_child_may_make_engines_of_its_own)
{
	struct busy busy;

	busy_up(&busy);
	ck_assert_int_eq(in_child(make_engines, &busy), 0);
	busy_down(&busy);
}
END_TEST

static int copy_in_threads(void *arg)
{
	struct busy *busy = arg;
	struct job jobs[4];
	struct call calls[4];

	for (int i = 0; i < 4; i++) {
		jobs[i] = (struct job){.result = -i};
		calls[i] = (struct call){.fn = call_copy, .dma = busy->dma, .job = &jobs[i]};
		call_begin(&calls[i]);
	}
	for (int i = 0; i < 4; i++)
		NEED(call_end(&calls[i]) == -i);
	return 0;
}

/* Contract: FORK-1. */
START_TEST(threads_of_the_child_share_the_engine)
{
	struct busy busy;

	if (!children_have_threads())
		return;
	busy_up(&busy);
	ck_assert_int_eq(in_child(copy_in_threads, &busy), 0);
	busy_down(&busy);
}
END_TEST

/* In the child: a thread that leaves its wait while work is queued wakes another waiter. */
static int wake_each_other(void *arg)
{
	struct busy *busy = arg;
	struct gate gate;
	struct job held = {.gate = &gate}, next = {.result = 0};
	struct aml_dma_request *reqs[2] = {NULL};
	struct call calls[2];

	gate_init(&gate);
	for (int i = 0; i < 2; i++)
		NEED(job_post(busy->dma, &reqs[i], i == 0 ? &held : &next) == 0);
	for (int i = 0; i < 2; i++) {
		calls[i] = (struct call){.fn = call_wait, .dma = busy->dma, .req = &reqs[i]};
		call_begin(&calls[i]);
		if (i == 0)
			gate_await(&gate);
	}
	call_settle(&calls[1]);
	gate_open(&gate);
	for (int i = 0; i < 2; i++)
		NEED(call_end(&calls[i]) == 0);
	NEED(next.tid == calls[1].tid);
	gate_destroy(&gate);
	return 0;
}

/* Contract: FORK-3. */
START_TEST(threads_of_the_child_wake_each_other_and_not_an_idle_worker)
{
	struct busy busy = {.dma = NULL};
	struct job job = {.result = 0};
	pid_t tids[2];

	if (!children_have_threads())
		return;
	ck_assert_int_eq(aml_dma_linux_create(&busy.dma, 2), 0);
	ck_assert_int_eq(job_copy(busy.dma, &job), 0);
	while (threads_named("aml-dma/", tids, 2) < 2)
		sched_yield();
	for (int i = 0; i < 2; i++)
		thread_settle(tids[i]);
	ck_assert_int_eq(in_child(wake_each_other, &busy), 0);
	ck_assert_int_eq(aml_dma_linux_destroy(&busy.dma), 0);
}
END_TEST

/* Contract: FORK-3. */
START_TEST(threads_of_the_child_wake_each_other_and_not_who_sleeps_in_the_parent)
{
	/*
	 * The engine has no workers. In the parent, one thread runs the queue; two others sleep,
	 * and may run the queue when they wake.
	 */
	struct busy busy = {.dma = NULL};
	struct gate gate;
	struct job job = {.gate = &gate}, other = {.result = 0};
	struct aml_dma_request *req = NULL;
	struct aml_task task = job_task(&other, NULL);
	struct call calls[3];

	if (!children_have_threads())
		return;
	gate_init(&gate);
	ck_assert_int_eq(aml_dma_linux_create(&busy.dma, 0), 0);
	calls[0] = (struct call){.fn = call_wait, .dma = busy.dma, .req = &req};
	calls[1] = (struct call){.fn = call_barrier, .dma = busy.dma};
	calls[2] = (struct call){.fn = call_wait_any,
				 .sched = ((struct aml_dma_linux_data *)busy.dma->data)->sched};
	ck_assert_int_eq(job_post(busy.dma, &req, &job), 0);
	call_begin(&calls[0]);
	gate_await(&gate);
	ck_assert_int_eq(aml_sched_submit_task(calls[2].sched, &task), 0);
	for (int i = 1; i < 3; i++) {
		call_begin(&calls[i]);
		call_settle(&calls[i]);
	}
	ck_assert_int_eq(in_child(wake_each_other, &busy), 0);
	gate_open(&gate);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(call_end(&calls[i]), 0);
	ck_assert_ptr_eq(calls[2].task, &task);
	ck_assert_int_eq(aml_dma_linux_destroy(&busy.dma), 0);
	gate_destroy(&gate);
}
END_TEST

/* The gate at which a signal handler holds a worker. */
static struct gate held;

static void hold(int signal)
{
	(void)signal;
	gate_pass(&held);
}

/* Contract: FORK-3. */
START_TEST(a_worker_that_was_on_its_way_in_the_parent_is_not_in_the_child)
{
	/*
	 * The worker was woken for a request, but has not taken it. The child must not wait for the
	 * worker.
	 */
	struct busy busy = {.dma = NULL};
	struct job job = {.result = -AML_EDOM};
	struct aml_dma_request *req = NULL;
	pid_t tid;

	if (!children_have_threads())
		return;
	gate_init(&held);
	ck_assert(signal(SIGPROF, hold) != SIG_ERR);
	ck_assert_int_eq(aml_dma_linux_create(&busy.dma, 1), 0);
	while (threads_named("aml-dma/", &tid, 1) < 1)
		sched_yield();
	thread_settle(tid);
	ck_assert_int_eq(syscall(SYS_tgkill, getpid(), tid, SIGPROF), 0);
	gate_await(&held);
	ck_assert_int_eq(job_post(busy.dma, &req, &job), 0);
	ck_assert_int_eq(in_child(wake_each_other, &busy), 0);
	gate_open(&held);
	ck_assert_int_eq(aml_dma_wait(busy.dma, &req), -AML_EDOM);
	ck_assert_int_eq(aml_dma_linux_destroy(&busy.dma), 0);
	gate_destroy(&held);
}
END_TEST

/*
 * In the child: wait for handles for which threads of the parent wait already. The child does not
 * have these threads.
 */
static int wait_for_claimed(void *arg)
{
	struct busy *busy = arg;

	NEED(aml_dma_wait(busy->dma, &busy->req_running) == -AML_FAILURE);
	NEED(aml_dma_wait(busy->dma, &busy->req_queued) == -AML_FAILURE);
	NEED(busy->req_running == NULL && busy->req_queued == NULL);
	return use(busy->dma);
}

/* Contract: FORK-3. */
START_TEST(those_who_sleep_in_the_parent_are_not_in_the_child)
{
	/* Other threads wait and copy in the parent. The child must not signal them. */
	struct busy busy;
	struct job job = {.result = 0};
	struct call calls[3];

	busy_up(&busy);
	calls[0] = (struct call){.fn = call_wait, .dma = busy.dma, .req = &busy.req_running};
	calls[1] = (struct call){.fn = call_wait, .dma = busy.dma, .req = &busy.req_queued};
	calls[2] = (struct call){.fn = call_copy, .dma = busy.dma, .job = &job};
	for (int i = 0; i < 3; i++) {
		call_begin(&calls[i]);
		call_settle(&calls[i]);
	}
	for (int i = 0; i < 5; i++) {
		ck_assert_int_eq(in_child(use_busy, &busy), 0);
		ck_assert_int_eq(in_child(wait_for_claimed, &busy), 0);
		ck_assert_int_eq(in_child(destroy_it, &busy), 0);
	}
	gate_open(&busy.gate);
	ck_assert_int_eq(call_end(&calls[0]), -AML_EPERM);
	ck_assert_int_eq(call_end(&calls[1]), -AML_EPERM);
	ck_assert_int_eq(call_end(&calls[2]), 0);
	ck_assert_int_eq(aml_dma_barrier(busy.dma), -AML_EDOM);
	ck_assert_int_eq(aml_dma_barrier(busy.dma), -AML_EPERM);
	ck_assert_int_eq(aml_dma_linux_destroy(&busy.dma), 0);
	gate_destroy(&busy.gate);
}
END_TEST

/* Contract: FORK-3. */
START_TEST(a_barrier_of_the_parent_is_not_in_the_child)
{
	/*
	 * The engine has no workers. The barrier runs the queue on a thread that the child does not
	 * have.
	 */
	struct aml_dma *dma = NULL;
	struct gate gate;
	struct job job = {.gate = &gate}, next = {.result = 0};
	struct call barrier;
	struct busy busy = {.dma = NULL};

	gate_init(&gate);
	ck_assert_int_eq(aml_dma_linux_create(&dma, 0), 0);
	ck_assert_int_eq(job_post(dma, NULL, &job), 0);
	ck_assert_int_eq(job_post(dma, NULL, &next), 0);
	barrier = (struct call){.fn = call_barrier, .dma = dma};
	call_begin(&barrier);
	gate_await(&gate);
	busy.dma = dma;
	ck_assert_int_eq(in_child(use_busy, &busy), 0);
	ck_assert_int_eq(in_child(destroy_it, &busy), 0);
	gate_open(&gate);
	ck_assert_int_eq(call_end(&barrier), 0);
	ck_assert_int_eq(aml_dma_linux_destroy(&dma), 0);
	gate_destroy(&gate);
}
END_TEST

/* A scheduler with a task in each state. */
struct tasks {
	struct aml_sched *sched;
	struct gate gate;
	struct job jobs[4];
	struct aml_task finished, other, running, queued;
};

static int wait_for_tasks(void *arg)
{
	struct tasks *t = arg;
	struct job job = {.result = 0};
	struct aml_task task = job_task(&job, NULL);

	NEED(aml_sched_wait_task(t->sched, &t->queued) == -AML_FAILURE);
	NEED(aml_sched_wait_task(t->sched, &t->queued) == -AML_EINVAL);
	NEED(aml_sched_wait_task(t->sched, &t->finished) == 0);
	/* Only the other finished task is left for wait_any. The running task is the parent's. */
	NEED(aml_sched_wait_any(t->sched) == &t->other);
	aml_errno = 0;
	NEED(aml_sched_wait_any(t->sched) == NULL && aml_errno == 0);
	NEED(aml_sched_wait_task(t->sched, &t->running) == -AML_FAILURE);
	NEED(aml_sched_submit_task(t->sched, &task) == 0);
	NEED(aml_sched_wait_task(t->sched, &task) == 0);
	NEED(aml_sched_submit_task(t->sched, &t->queued) == 0);
	NEED(aml_sched_wait_any(t->sched) == &t->queued);
	NEED(t->jobs[3].runs == 1);
	aml_queue_sched_destroy(&t->sched);
	NEED(t->sched == NULL);
	return 0;
}

static int destroy_tasks(void *arg)
{
	struct tasks *t = arg;

	aml_queue_sched_destroy(&t->sched);
	return t->sched == NULL && t->jobs[3].runs == 0 ? 0 : -__LINE__;
}

/* Contract: FORK-2. */
START_TEST(tasks_behave_as_requests_do)
{
	struct tasks t;
	struct aml_task *const order[] = {&t.finished, &t.other, &t.running, &t.queued};

	memset(&t, 0, sizeof(t));
	gate_init(&t.gate);
	t.sched = aml_queue_sched_create(1);
	t.jobs[2].gate = &t.gate;
	for (int i = 0; i < 4; i++) {
		*order[i] = job_task(&t.jobs[i], NULL);
		ck_assert_int_eq(aml_sched_submit_task(t.sched, order[i]), 0);
	}
	gate_await(&t.gate);
	ck_assert_int_eq(in_child(wait_for_tasks, &t), 0);
	ck_assert_int_eq(in_child(destroy_tasks, &t), 0);
	gate_open(&t.gate);
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(aml_sched_wait_task(t.sched, order[i]), 0);
	aml_queue_sched_destroy(&t.sched);
	gate_destroy(&t.gate);
}
END_TEST

static int finalize_and_init(void *arg)
{
	struct job job = {.result = 0};

	(void)arg;
	NEED(aml_dma_linux != NULL);
	NEED(use(aml_dma_linux) == 0);
	NEED(aml_finalize() == 0);
	NEED(aml_dma_linux == NULL);
	NEED(aml_finalize() == -AML_EINVAL);
	if (!children_have_threads())
		NEED(setenv("AML_DMA_NUM_THREADS", "0", 1) == 0);
	NEED(aml_init(NULL, NULL) == 0);
	NEED(job_copy(aml_dma_linux, &job) == 0 && job.runs == 1);
	NEED(aml_finalize() == 0);
	return 0;
}

/* Contract: FORK-1. */
START_TEST(the_child_may_finalize_and_init)
{
	struct gate gate;
	struct job job = {.gate = &gate};

	gate_init(&gate);
	ck_assert_int_eq(setenv("AML_DMA_NUM_THREADS", "1", 1), 0);
	ck_assert_int_eq(aml_init(NULL, NULL), 0);
	ck_assert_int_eq(job_post(aml_dma_linux, NULL, &job), 0);
	gate_await(&gate);
	ck_assert_int_eq(in_child(finalize_and_init, NULL), 0);
	gate_open(&gate);
	ck_assert_int_eq(aml_dma_barrier(aml_dma_linux), 0);
	ck_assert_int_eq(aml_finalize(), 0);
	gate_destroy(&gate);
}
END_TEST

static int exit_only(void *arg)
{
	(void)arg;
	return 0;
}

/* Job body: fork inside the operator. The child only calls _exit(). */
static int fork_inside(struct job *job)
{
	(void)job;
	return in_child(exit_only, NULL);
}

/* Contract: FORK-6. */
START_TEST(an_operator_may_fork_a_child_that_exits)
{
	for (size_t threads = 0; threads < 2; threads++) {
		struct aml_dma *dma = NULL;
		struct job job = {.body = fork_inside};
		struct aml_dma_request *req = NULL;

		ck_assert_int_eq(aml_dma_linux_create(&dma, threads), 0);
		ck_assert_int_eq(job_copy(dma, &job), 0);
		ck_assert_int_eq(job_post(dma, &req, &job), 0);
		ck_assert_int_eq(aml_dma_wait(dma, &req), 0);
		ck_assert_int_eq(aml_dma_linux_destroy(&dma), 0);
	}
}
END_TEST

/* A thread that posts, waits, and creates and destroys engines until it is stopped. */
struct bustle {
	struct aml_dma *dma;
	pthread_t thread;
	atomic_int *stop;
	int wrong;
};

static void *run_bustle(void *arg)
{
	struct bustle *bustle = arg;

	for (int i = 0; !atomic_load(bustle->stop); i++) {
		struct job job = {.result = -i};
		struct aml_dma_request *req = NULL;
		struct aml_dma *dma = NULL;

		bustle->wrong += job_post(bustle->dma, &req, &job) != 0;
		bustle->wrong += aml_dma_wait(bustle->dma, &req) != -i;
		bustle->wrong += job_copy(bustle->dma, &job) != -i;
		if (i % 16 == 0) {
			bustle->wrong += aml_dma_linux_create(&dma, 1) != 0;
			bustle->wrong += aml_dma_linux_destroy(&dma) != 0;
		}
	}
	return NULL;
}

/* Contract: FORK-4. */
START_TEST(a_fork_in_the_midst_of_it_all_finds_no_lock_held)
{
	struct aml_dma *dma = NULL;
	atomic_int stop = 0;
	struct bustle bustles[3];
	struct busy busy = {.dma = NULL};

	/*
	 * Skip under sanitizers: their allocators may leave a lock held in the child. Skip under
	 * valgrind: it reports the memory of threads that the child does not have as leaked.
	 */
	if (under_sanitizer() || under_valgrind())
		return;
	ck_assert_int_eq(aml_dma_linux_create(&dma, 2), 0);
	for (int i = 0; i < 3; i++) {
		bustles[i] = (struct bustle){.dma = dma, .stop = &stop};
		ck_assert_int_eq(pthread_create(&bustles[i].thread, NULL, run_bustle, &bustles[i]),
				 0);
	}
	busy.dma = dma;
	for (int i = 0; i < 40; i++) {
		ck_assert_int_eq(in_child(use_busy, &busy), 0);
		ck_assert_int_eq(in_child(destroy_it, &busy), 0);
	}
	atomic_store(&stop, 1);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(pthread_join(bustles[i].thread, NULL), 0);
		ck_assert_int_eq(bustles[i].wrong, 0);
	}
	ck_assert_int_eq(aml_dma_linux_destroy(&dma), 0);
}
END_TEST

static int init_in_child(void *arg)
{
	(void)arg;
	NEED(aml_init(NULL, NULL) == 0);
	NEED(use(aml_dma_linux) == 0);
	NEED(aml_finalize() == 0);
	return 0;
}

START_TEST(a_process_without_threads_may_fork)
{
	struct busy busy = {.dma = NULL};
	struct job job = {.result = 0};
	struct aml_dma_request *req = NULL;

	ck_assert_int_eq(setenv("AML_DMA_NUM_THREADS", "0", 1), 0);
	ck_assert_int_eq(aml_init(NULL, NULL), 0);
	ck_assert_int_eq(job_post(aml_dma_linux, &req, &job), 0);
	busy.dma = aml_dma_linux;
	ck_assert_int_eq(in_child(use_busy, &busy), 0);
	ck_assert_int_eq(in_child(init_in_child, NULL), 0);
	/* These threads are the first of the child, so ThreadSanitizer can follow them. */
	ck_assert_int_eq(in_child(copy_in_threads, &busy), 0);
	ck_assert_int_eq(aml_dma_wait(aml_dma_linux, &req), 0);
	ck_assert_int_eq(aml_finalize(), 0);
}
END_TEST

/* A thread that calls aml_init() and aml_finalize() until it is stopped. */
static void *init_and_finalize(void *arg)
{
	struct bustle *bustle = arg;

	while (!atomic_load(bustle->stop)) {
		bustle->wrong += aml_init(NULL, NULL) != 0;
		bustle->wrong += aml_finalize() != 0;
	}
	return NULL;
}

/* Contract: FORK-4. */
START_TEST(a_fork_amid_init_and_finalize_finds_no_lock_held)
{
	atomic_int stop = 0;
	struct bustle bustle = {.stop = &stop};

	/*
	 * Skip under sanitizers: their allocators may leave a lock held in the child. Skip under
	 * valgrind: it reports the memory of threads that the child does not have as leaked.
	 */
	if (under_sanitizer() || under_valgrind())
		return;
	ck_assert_int_eq(setenv("AML_DMA_NUM_THREADS", "0", 1), 0);
	ck_assert_int_eq(pthread_create(&bustle.thread, NULL, init_and_finalize, &bustle), 0);
	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(in_child(init_in_child, NULL), 0);
	atomic_store(&stop, 1);
	ck_assert_int_eq(pthread_join(bustle.thread, NULL), 0);
	ck_assert_int_eq(bustle.wrong, 0);
}
END_TEST

/* A thread that creates and destroys schedulers until it is stopped. */
static void *make_and_destroy(void *arg)
{
	struct bustle *bustle = arg;

	while (!atomic_load(bustle->stop)) {
		struct aml_sched *sched = aml_queue_sched_create(0);

		bustle->wrong += sched == NULL;
		aml_queue_sched_destroy(&sched);
	}
	return NULL;
}

static int make_in_child(void *arg)
{
	struct aml_sched *sched = aml_queue_sched_create(0);

	(void)arg;
	NEED(sched != NULL);
	aml_queue_sched_destroy(&sched);
	return 0;
}

/*
 * Calls that initialise the library in a process that has not used it yet. One thread makes the
 * first call, and the process forks meanwhile.
 */
struct first {
	void *(*use)(void *bustle);
	int (*use_in_child)(void *arg);
};

static int fork_at_first_use(void *arg)
{
	const struct first *first = arg;
	atomic_int stop = 0;
	struct bustle bustle = {.stop = &stop};

	NEED(pthread_create(&bustle.thread, NULL, first->use, &bustle) == 0);
	for (int i = 0; i < 3; i++)
		NEED(in_child(first->use_in_child, NULL) == 0);
	atomic_store(&stop, 1);
	NEED(pthread_join(bustle.thread, NULL) == 0);
	NEED(bustle.wrong == 0);
	return 0;
}

START_TEST(a_fork_amid_the_very_first_call_finds_no_lock_held)
{
	struct first init = {init_and_finalize, init_in_child};
	struct first make = {make_and_destroy, make_in_child};

	/*
	 * Skip under sanitizers: their allocators may leave a lock held in the child. Skip under
	 * valgrind: it reports the memory of threads that the child does not have as leaked.
	 */
	if (under_sanitizer() || under_valgrind())
		return;
	ck_assert_int_eq(setenv("AML_DMA_NUM_THREADS", "0", 1), 0);
	for (int i = 0; i < 40; i++) {
		ck_assert_int_eq(in_child(fork_at_first_use, &init), 0);
		ck_assert_int_eq(in_child(fork_at_first_use, &make), 0);
	}
}
END_TEST

SUITE("async/fork", an_engine_goes_on_in_the_child, nothing_is_queued_in_the_child,
      the_child_gets_the_results_of_what_had_finished_and_a_failure_for_the_rest,
      the_child_may_cancel_its_parent_s_requests, the_child_may_destroy_the_engine,
      nothing_is_leaked_in_the_child, a_child_may_fork_again, operators_may_copy_in_the_child,
      the_child_may_make_engines_of_its_own, threads_of_the_child_share_the_engine,
      threads_of_the_child_wake_each_other_and_not_an_idle_worker,
      threads_of_the_child_wake_each_other_and_not_who_sleeps_in_the_parent,
      a_worker_that_was_on_its_way_in_the_parent_is_not_in_the_child,
      those_who_sleep_in_the_parent_are_not_in_the_child,
      a_barrier_of_the_parent_is_not_in_the_child, tasks_behave_as_requests_do,
      the_child_may_finalize_and_init, an_operator_may_fork_a_child_that_exits,
      a_fork_in_the_midst_of_it_all_finds_no_lock_held, a_process_without_threads_may_fork,
      a_fork_amid_init_and_finalize_finds_no_lock_held,
      a_fork_amid_the_very_first_call_finds_no_lock_held)
