/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Destroying a queue scheduler: it runs queued tasks, lets waiters return and joins its workers.
 * Destroying a scheduler inside one of its own tasks does nothing.
 */
#include <sched.h>

#include "gate.h"
#include "suite.h"

static void submit(struct aml_sched *sched, struct aml_task *task)
{
	ck_assert_int_eq(aml_sched_submit_task(sched, task), 0);
}

/* Contract: ENGINE-2. */
START_TEST(destroy_runs_what_is_queued_in_order)
{
	struct aml_sched *sched = aml_queue_sched_create(1);
	struct trail trail = {.length = 0};
	struct gate gate;
	struct job jobs[10];
	struct aml_task tasks[10];
	struct call destroy = {.fn = call_destroy_sched, .sched = sched};

	gate_init(&gate);
	for (int i = 0; i < 10; i++) {
		jobs[i] = (struct job){.name = (char)('A' + i), .trail = &trail};
		jobs[i].gate = i == 0 ? &gate : NULL;
		tasks[i] = job_task(&jobs[i], NULL);
		submit(sched, &tasks[i]);
	}
	gate_await(&gate);
	call_begin(&destroy);
	call_settle(&destroy);
	ck_assert_int_eq(atomic_load(&destroy.ended), 0);
	gate_open(&gate);
	ck_assert_int_eq(call_end(&destroy), 0);
	ck_assert_ptr_null(destroy.sched);
	ck_assert_str_eq(trail.text, "ABCDEFGHIJ");
	gate_destroy(&gate);
}
END_TEST

/* Contract: ENGINE-2. */
START_TEST(destroy_runs_each_queued_task_once_on_pools_of_any_size)
{
	for (size_t threads = 0; threads < 5; threads++) {
		struct aml_sched *sched = aml_queue_sched_create(threads);
		struct job jobs[100];
		struct aml_task tasks[100];

		for (int i = 0; i < 100; i++) {
			jobs[i] = (struct job){.result = 0};
			tasks[i] = job_task(&jobs[i], NULL);
			submit(sched, &tasks[i]);
		}
		aml_queue_sched_destroy(&sched);
		for (int i = 0; i < 100; i++)
			ck_assert_int_eq(jobs[i].runs, 1);
	}
}
END_TEST

/* Contract: ENGINE-6. */
START_TEST(no_thread_is_left_behind)
{
	pid_t tid;

	for (size_t threads = 0; threads < 8; threads++) {
		struct aml_sched *sched = aml_queue_sched_create(threads);

		ck_assert_ptr_nonnull(sched);
		aml_queue_sched_destroy(&sched);
	}
	/* A joined thread may stay in the process's list of threads for a moment. */
	while (threads_named("aml-dma/", &tid, 1) > 0)
		sched_yield();
}
END_TEST

/*
 * These tests know that the waiter is inside its call. The scheduler has no workers, so a waiter
 * that reaches the gate is running the task.
 */
/* Contract: ENGINE-3. */
START_TEST(destroy_lets_those_who_run_the_queue_return)
{
	struct aml_sched *sched = aml_queue_sched_create(0);
	struct gate gate;
	struct job job = {.gate = &gate}, rest = {.result = 0};
	struct aml_task task = job_task(&job, NULL), task_rest = job_task(&rest, NULL);
	struct call waiter = {.fn = call_wait_task, .sched = sched, .task = &task};
	struct call destroy = {.fn = call_destroy_sched, .sched = sched};

	gate_init(&gate);
	submit(sched, &task);
	submit(sched, &task_rest);
	call_begin(&waiter);
	gate_await(&gate);
	call_begin(&destroy);
	call_settle(&destroy);
	ck_assert_int_eq(atomic_load(&destroy.ended), 0);
	gate_open(&gate);
	ck_assert_int_eq(call_end(&waiter), 0);
	ck_assert_int_eq(call_end(&destroy), 0);
	ck_assert_int_eq(rest.runs, 1);
	gate_destroy(&gate);
}
END_TEST

/* Contract: ENGINE-3. */
START_TEST(destroy_lets_a_running_wait_any_return)
{
	struct aml_sched *sched = aml_queue_sched_create(0);
	struct gate gate;
	struct job job = {.gate = &gate};
	struct aml_task task = job_task(&job, NULL);
	struct call any = {.fn = call_wait_any, .sched = sched};
	struct call destroy = {.fn = call_destroy_sched, .sched = sched};

	gate_init(&gate);
	submit(sched, &task);
	call_begin(&any);
	gate_await(&gate);
	call_begin(&destroy);
	call_settle(&destroy);
	ck_assert_int_eq(atomic_load(&destroy.ended), 0);
	gate_open(&gate);
	ck_assert_int_eq(call_end(&any), 0);
	ck_assert_ptr_eq(any.task, &task);
	ck_assert_int_eq(call_end(&destroy), 0);
	gate_destroy(&gate);
}
END_TEST

/*
 * Start two waiters for a task that is at the gate, and return the index of the one that gets
 * -AML_EBUSY. This error proves that the other one waits for the task.
 */
static int begin_two_waiters(struct call *waiters, struct aml_sched *sched, struct aml_task *task)
{
	for (int i = 0; i < 2; i++) {
		waiters[i] = (struct call){.fn = call_wait_task, .sched = sched, .task = task};
		call_begin(&waiters[i]);
	}
	while (!atomic_load(&waiters[0].ended) && !atomic_load(&waiters[1].ended))
		sched_yield();
	return atomic_load(&waiters[0].ended) ? 0 : 1;
}

/* Contract: ENGINE-3. */
START_TEST(destroy_lets_a_sleeping_waiter_return)
{
	struct aml_sched *sched = aml_queue_sched_create(1);
	struct gate gate;
	struct job job = {.gate = &gate};
	struct aml_task task = job_task(&job, NULL);
	struct call waiters[2], destroy = {.fn = call_destroy_sched, .sched = sched};
	int told;

	gate_init(&gate);
	submit(sched, &task);
	gate_await(&gate);
	told = begin_two_waiters(waiters, sched, &task);
	ck_assert_int_eq(call_end(&waiters[told]), -AML_EBUSY);
	call_begin(&destroy);
	call_settle(&destroy);
	ck_assert_int_eq(atomic_load(&destroy.ended), 0);
	gate_open(&gate);
	ck_assert_int_eq(call_end(&waiters[1 - told]), 0);
	ck_assert_int_eq(call_end(&destroy), 0);
	gate_destroy(&gate);
}
END_TEST

/* Job body: submit two tasks, then wait only for the second. */
static int submit_more(struct job *job)
{
	NEED(aml_sched_submit_task(job->sched, &job->task[0]) == 0);
	NEED(aml_sched_submit_task(job->sched, &job->task[1]) == 0);
	NEED(aml_sched_wait_task(job->sched, &job->task[1]) == 0);
	return 0;
}

/* Contract: ENGINE-4. */
START_TEST(tasks_that_are_drained_may_submit_and_wait)
{
	for (size_t threads = 0; threads < 3; threads++) {
		struct aml_sched *sched = aml_queue_sched_create(threads);
		struct gate gate;
		struct job more[2] = {{.result = 0}, {.result = 0}};
		struct aml_task tasks[2], first_task, last_task;
		struct job first = {.gate = threads > 0 ? &gate : NULL};
		struct job last = {.body = submit_more, .sched = sched, .task = tasks};
		struct call destroy = {.fn = call_destroy_sched, .sched = sched};
		int out = -1;

		gate_init(&gate);
		tasks[0] = job_task(&more[0], NULL);
		tasks[1] = job_task(&more[1], NULL);
		first_task = job_task(&first, NULL);
		last_task = job_task(&last, &out);
		submit(sched, &first_task);
		submit(sched, &last_task);
		if (threads > 0)
			gate_await(&gate);
		call_begin(&destroy);
		call_settle(&destroy);
		gate_open(&gate);
		ck_assert_int_eq(call_end(&destroy), 0);
		ck_assert_int_eq(out, 0);
		ck_assert_int_eq(more[0].runs, 1);
		ck_assert_int_eq(more[1].runs, 1);
		gate_destroy(&gate);
	}
}
END_TEST

/* Job body: submit job->task to job->sched n times, each time from the previous run. */
static int submit_next(struct job *job)
{
	if (--job->n > 0)
		NEED(aml_sched_submit_task(job->sched, &job->task[job->n]) == 0);
	return 0;
}

/* Contract: ENGINE-4. */
START_TEST(destroy_runs_what_drained_tasks_submit_in_a_chain)
{
	enum { LINKS = 50 };

	for (size_t threads = 0; threads < 3; threads++) {
		struct aml_sched *sched = aml_queue_sched_create(threads);
		struct aml_task links[LINKS + 1];
		struct job job = {.body = submit_next, .sched = sched, .task = links, .n = LINKS};

		for (int i = 0; i <= LINKS; i++)
			links[i] = job_task(&job, NULL);
		submit(sched, &links[LINKS]);
		aml_queue_sched_destroy(&sched);
		ck_assert_int_eq(job.runs, LINKS);
	}
}
END_TEST

/* Job body: destroy the scheduler. Return 1 if the call did nothing. */
static int destroy_inside(struct job *job)
{
	struct aml_sched *sched = job->sched;

	aml_queue_sched_destroy(&sched);
	return sched == job->sched;
}

/* Job body: submit job->task to the scheduler in job->dma, and wait for it. */
static int run_on_other(struct job *job)
{
	struct aml_sched *other = (struct aml_sched *)job->dma;

	NEED(aml_sched_submit_task(other, job->task) == 0);
	NEED(aml_sched_wait_task(other, job->task) == 0);
	return 0;
}

/* Contract: ENGINE-5. */
START_TEST(destroy_inside_a_task_of_the_same_scheduler_does_nothing)
{
	for (size_t threads = 0; threads < 3; threads++) {
		struct aml_sched *sched = aml_queue_sched_create(threads);
		struct job inside = {.body = destroy_inside, .sched = sched}, after = {.result = 0};
		int out = 0;
		struct aml_task task = job_task(&inside, &out), task_after = job_task(&after, NULL);

		submit(sched, &task);
		ck_assert_int_eq(aml_sched_wait_task(sched, &task), 0);
		ck_assert_int_eq(out, 1);
		submit(sched, &task_after);
		ck_assert_int_eq(aml_sched_wait_task(sched, &task_after), 0);
		ck_assert_int_eq(after.runs, 1);
		aml_queue_sched_destroy(&sched);
	}
}
END_TEST

/* Contract: ENGINE-5. */
START_TEST(destroy_above_a_task_of_the_same_scheduler_on_the_stack_does_nothing)
{
	/* Without workers, the waiting thread runs task X of `other` inside task A of `sched`. */
	struct aml_sched *sched = aml_queue_sched_create(0), *other = aml_queue_sched_create(0);
	struct job x = {.body = destroy_inside, .sched = sched};
	int out_x = 0, out_a = -1;
	struct aml_task task_x = job_task(&x, &out_x), task_a;
	struct job a = {.body = run_on_other, .dma = (struct aml_dma *)other, .task = &task_x};

	task_a = job_task(&a, &out_a);
	submit(sched, &task_a);
	ck_assert_int_eq(aml_sched_wait_task(sched, &task_a), 0);
	ck_assert_int_eq(out_a, 0);
	ck_assert_int_eq(out_x, 1);
	aml_queue_sched_destroy(&sched);
	aml_queue_sched_destroy(&other);
}
END_TEST

/* Job body: create a scheduler, run tasks on it, destroy it. */
static int make_and_destroy(struct job *job)
{
	struct aml_sched *own = aml_queue_sched_create((size_t)job->n);
	struct job inner = {.result = 0};
	struct aml_task task = job_task(&inner, NULL), left = task;

	NEED(own != NULL);
	NEED(aml_sched_submit_task(own, &task) == 0);
	NEED(aml_sched_wait_task(own, &task) == 0);
	NEED(aml_sched_submit_task(own, &left) == 0);
	aml_queue_sched_destroy(&own);
	NEED(own == NULL);
	NEED(inner.runs == 2);
	return 0;
}

/* Contract: ENGINE-5. */
START_TEST(a_task_may_make_and_destroy_other_schedulers)
{
	for (size_t threads = 0; threads < 3; threads++) {
		struct aml_sched *sched = aml_queue_sched_create(threads);

		for (int n = 0; n < 3; n++) {
			struct job job = {.body = make_and_destroy, .n = n};
			int out = -1;
			struct aml_task task = job_task(&job, &out);

			submit(sched, &task);
			ck_assert_int_eq(aml_sched_wait_task(sched, &task), 0);
			ck_assert_int_eq(out, 0);
		}
		aml_queue_sched_destroy(&sched);
	}
}
END_TEST

/* Contract: ENGINE-3. */
START_TEST(a_scheduler_may_be_destroyed_as_soon_as_its_last_wait_returns)
{
	/* The thread that finishes the task must not touch memory that the waiter then releases. */
	for (int i = 0; i < 300; i++) {
		struct aml_sched *sched = aml_queue_sched_create((size_t)i % 4);
		struct job job = {.result = 0};
		struct aml_task task = job_task(&job, NULL);

		submit(sched, &task);
		ck_assert_int_eq(aml_sched_wait_task(sched, &task), 0);
		memset(&task, 0x5A, sizeof(task));
		aml_queue_sched_destroy(&sched);
		ck_assert_int_eq(job.runs, 1);
	}
}
END_TEST

/* Contract: ENGINE-3. */
START_TEST(destroy_waits_for_a_waiter_that_was_woken_and_has_not_left_yet)
{
	/*
	 * The only worker runs the tasks in order. When the second task has finished, the first
	 * task's waiter has been signalled, but may not have left its call.
	 */
	for (int i = 0; i < 200; i++) {
		struct aml_sched *sched = aml_queue_sched_create(1);
		struct gate gate;
		struct job first = {.gate = &gate}, second = {.result = 0};
		struct aml_task task_first = job_task(&first, NULL);
		struct aml_task task_second = job_task(&second, NULL);
		struct call waiters[2];
		int told;

		gate_init(&gate);
		submit(sched, &task_first);
		submit(sched, &task_second);
		gate_await(&gate);
		told = begin_two_waiters(waiters, sched, &task_first);
		ck_assert_int_eq(call_end(&waiters[told]), -AML_EBUSY);
		gate_open(&gate);
		ck_assert_int_eq(aml_sched_wait_task(sched, &task_second), 0);
		aml_queue_sched_destroy(&sched);
		ck_assert_int_eq(call_end(&waiters[1 - told]), 0);
		gate_destroy(&gate);
	}
}
END_TEST

SUITE("async/destroy", destroy_runs_what_is_queued_in_order,
      destroy_runs_each_queued_task_once_on_pools_of_any_size, no_thread_is_left_behind,
      destroy_lets_those_who_run_the_queue_return, destroy_lets_a_running_wait_any_return,
      destroy_lets_a_sleeping_waiter_return, tasks_that_are_drained_may_submit_and_wait,
      destroy_runs_what_drained_tasks_submit_in_a_chain,
      destroy_inside_a_task_of_the_same_scheduler_does_nothing,
      destroy_above_a_task_of_the_same_scheduler_on_the_stack_does_nothing,
      a_task_may_make_and_destroy_other_schedulers,
      a_scheduler_may_be_destroyed_as_soon_as_its_last_wait_returns,
      destroy_waits_for_a_waiter_that_was_woken_and_has_not_left_yet)
