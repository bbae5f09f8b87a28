/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A queue scheduler without workers: waiting threads run the queue, in order, one task at a time.
 */
#include "gate.h"
#include "suite.h"

#define TASKS 26

static struct aml_sched *sched;
static struct trail trail;
static struct crowd crowd;
static struct job jobs[TASKS];
static struct aml_task tasks[TASKS];

/* Create a scheduler and fill in n tasks A, B, C, … */
static void set_up(int n)
{
	sched = aml_queue_sched_create(0);
	ck_assert_ptr_nonnull(sched);
	memset(&trail, 0, sizeof(trail));
	memset(&crowd, 0, sizeof(crowd));
	for (int i = 0; i < n; i++) {
		jobs[i] = (struct job){.name = (char)('A' + i), .trail = &trail, .crowd = &crowd};
		tasks[i] = job_task(&jobs[i], NULL);
	}
}

static void submit(int n)
{
	for (int i = 0; i < n; i++)
		ck_assert_int_eq(aml_sched_submit_task(sched, &tasks[i]), 0);
}

static struct call waiter_for(int i)
{
	return (struct call){.fn = call_wait_task, .sched = sched, .task = &tasks[i]};
}

/* Contract: RUN-6. */
START_TEST(nothing_runs_until_somebody_waits)
{
	pid_t tid;

	set_up(3);
	submit(3);
	yield_a_while();
	ck_assert_uint_eq(atomic_load(&trail.length), 0);
	ck_assert_uint_eq(threads_named("aml-dma/", &tid, 1), 0);
	aml_queue_sched_destroy(&sched);
}
END_TEST

/* Contract: RUN-6. */
START_TEST(a_waiter_runs_the_queue_in_order_up_to_its_task)
{
	set_up(4);
	submit(4);
	ck_assert_int_eq(aml_sched_wait_task(sched, &tasks[2]), 0);
	ck_assert_str_eq(trail.text, "ABC");
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(jobs[i].tid, gettid());
	ck_assert_int_eq(aml_sched_wait_task(sched, &tasks[0]), 0);
	ck_assert_int_eq(aml_sched_wait_task(sched, &tasks[1]), 0);
	ck_assert_str_eq(trail.text, "ABC");
	ck_assert_int_eq(aml_sched_wait_task(sched, &tasks[3]), 0);
	ck_assert_str_eq(trail.text, "ABCD");
	aml_queue_sched_destroy(&sched);
}
END_TEST

/* Contract: RUN-6. */
START_TEST(wait_any_runs_the_queue_in_order)
{
	set_up(5);
	submit(5);
	for (int i = 0; i < 5; i++)
		ck_assert_ptr_nonnull(aml_sched_wait_any(sched));
	ck_assert_ptr_null(aml_sched_wait_any(sched));
	ck_assert_str_eq(trail.text, "ABCDE");
	aml_queue_sched_destroy(&sched);
}
END_TEST

/* Contract: RUN-6. */
START_TEST(wait_any_leaves_what_it_need_not_run)
{
	set_up(3);
	submit(3);
	ck_assert_ptr_eq(aml_sched_wait_any(sched), &tasks[0]);
	ck_assert_str_eq(trail.text, "A");
	aml_queue_sched_destroy(&sched);
	ck_assert_str_eq(trail.text, "ABC");
}
END_TEST

/* Contract: ENGINE-2. */
START_TEST(destroy_runs_the_queue_in_order)
{
	set_up(TASKS);
	submit(TASKS);
	aml_queue_sched_destroy(&sched);
	ck_assert_str_eq(trail.text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
}
END_TEST

/* Contract: RUN-6. */
START_TEST(waiters_in_many_threads_run_one_at_a_time_in_order)
{
	struct call calls[TASKS];

	set_up(TASKS);
	for (int round = 0; round < 20; round++) {
		submit(TASKS);
		for (int i = TASKS - 1; i >= 0; i--) {
			calls[i] = waiter_for(i);
			call_begin(&calls[i]);
		}
		for (int i = 0; i < TASKS; i++)
			ck_assert_int_eq(call_end(&calls[i]), 0);
		ck_assert_str_eq(trail.text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
		ck_assert_int_eq(crowd.most, 1);
		memset(&trail, 0, sizeof(trail));
	}
	aml_queue_sched_destroy(&sched);
}
END_TEST

/*
 * One waiter runs A, which stops at the gate. Another thread makes the call `next`. Then A
 * continues.
 */
static void leave_to(struct call *next)
{
	struct gate gate;
	struct call first = waiter_for(0);

	gate_init(&gate);
	jobs[0].gate = &gate;
	call_begin(&first);
	gate_await(&gate);
	ck_assert_int_eq(jobs[0].tid, first.tid);
	call_begin(next);
	call_settle(next);
	ck_assert_int_eq(atomic_load(&next->ended), 0);
	ck_assert_uint_eq(atomic_load(&trail.length), 1);
	gate_open(&gate);
	ck_assert_int_eq(call_end(&first), 0);
	ck_assert_int_eq(call_end(next), 0);
	gate_destroy(&gate);
}

/* Contract: RUN-7. */
START_TEST(a_waiter_that_leaves_wakes_another)
{
	struct call next;

	set_up(4);
	submit(4);
	next = waiter_for(2);
	leave_to(&next);
	ck_assert_str_eq(trail.text, "ABC");
	ck_assert_int_eq(jobs[1].tid, next.tid);
	ck_assert_int_eq(jobs[2].tid, next.tid);
	aml_queue_sched_destroy(&sched);
}
END_TEST

/* Contract: RUN-7. */
START_TEST(a_waiter_that_leaves_wakes_a_wait_any)
{
	struct call next;

	set_up(3);
	submit(3);
	next = (struct call){.fn = call_wait_any, .sched = sched};
	leave_to(&next);
	ck_assert_ptr_eq(next.task, &tasks[1]);
	ck_assert_str_eq(trail.text, "AB");
	ck_assert_int_eq(jobs[1].tid, next.tid);
	aml_queue_sched_destroy(&sched);
}
END_TEST

/* Contract: RUN-7. */
START_TEST(a_wait_any_that_leaves_wakes_a_waiter)
{
	struct gate gate;
	struct call any, next;

	gate_init(&gate);
	set_up(3);
	jobs[0].gate = &gate;
	submit(3);
	any = (struct call){.fn = call_wait_any, .sched = sched};
	call_begin(&any);
	gate_await(&gate);
	next = waiter_for(2);
	call_begin(&next);
	call_settle(&next);
	gate_open(&gate);
	ck_assert_int_eq(call_end(&any), 0);
	ck_assert_ptr_eq(any.task, &tasks[0]);
	ck_assert_int_eq(call_end(&next), 0);
	ck_assert_str_eq(trail.text, "ABC");
	aml_queue_sched_destroy(&sched);
	gate_destroy(&gate);
}
END_TEST

START_TEST(a_waiter_whose_task_another_ran_returns)
{
	struct gate gate;
	struct call runner, other;

	gate_init(&gate);
	set_up(3);
	jobs[1].gate = &gate;
	submit(3);
	runner = waiter_for(2);
	call_begin(&runner);
	gate_await(&gate);
	/* B runs on the runner's thread, and another thread waits for B. */
	other = waiter_for(1);
	call_begin(&other);
	call_settle(&other);
	ck_assert_int_eq(atomic_load(&other.ended), 0);
	gate_open(&gate);
	ck_assert_int_eq(call_end(&other), 0);
	ck_assert_int_eq(call_end(&runner), 0);
	ck_assert_str_eq(trail.text, "ABC");
	ck_assert_int_eq(jobs[1].tid, runner.tid);
	aml_queue_sched_destroy(&sched);
	gate_destroy(&gate);
}
END_TEST

/* Job body: wait for job->task on job->sched, then append 'a' to the trail. */
static int wait_inside(struct job *job)
{
	int err = aml_sched_wait_task(job->sched, job->task);

	trail_add(job->trail, 'a');
	return err;
}

/* Contract: RUN-7. */
START_TEST(a_runner_that_blocks_in_a_wait_of_its_own_wakes_another)
{
	struct aml_sched *other = aml_queue_sched_create(1);
	struct gate gate, inside;
	struct job x = {.gate = &gate};
	struct aml_task task_x = job_task(&x, NULL);
	struct call first, next;

	gate_init(&gate);
	gate_init(&inside);
	ck_assert_int_eq(aml_sched_submit_task(other, &task_x), 0);
	gate_await(&gate);
	set_up(2);
	jobs[0].gate = &inside;
	jobs[0].body = wait_inside;
	jobs[0].sched = other;
	jobs[0].task = &task_x;
	jobs[0].crowd = NULL;
	submit(2);
	first = waiter_for(0);
	call_begin(&first);
	gate_await(&inside);
	next = waiter_for(1);
	call_begin(&next);
	call_settle(&next);
	ck_assert_uint_eq(atomic_load(&trail.length), 1);
	/* Now A waits for X, so B can run before A has finished. */
	gate_open(&inside);
	ck_assert_int_eq(call_end(&next), 0);
	ck_assert_int_eq(jobs[1].tid, next.tid);
	gate_open(&gate);
	ck_assert_int_eq(call_end(&first), 0);
	ck_assert_str_eq(trail.text, "ABa");
	aml_queue_sched_destroy(&sched);
	aml_queue_sched_destroy(&other);
	gate_destroy(&gate);
	gate_destroy(&inside);
}
END_TEST

START_TEST(a_submission_wakes_a_wait_any_that_has_a_task_running_elsewhere)
{
	/*
	 * One wait_any runs A. Another one sleeps, because no wait has claimed A. When the first
	 * one takes A, only B, which was submitted meanwhile, is left for the second.
	 */
	struct gate gate;
	struct call one, two;

	gate_init(&gate);
	set_up(2);
	jobs[0].gate = &gate;
	ck_assert_int_eq(aml_sched_submit_task(sched, &tasks[0]), 0);
	one = (struct call){.fn = call_wait_any, .sched = sched};
	two = one;
	call_begin(&one);
	gate_await(&gate);
	call_begin(&two);
	call_settle(&two);
	ck_assert_int_eq(aml_sched_submit_task(sched, &tasks[1]), 0);
	gate_open(&gate);
	ck_assert_int_eq(call_end(&one), 0);
	ck_assert_int_eq(call_end(&two), 0);
	ck_assert_ptr_nonnull(one.task);
	ck_assert_ptr_nonnull(two.task);
	ck_assert_ptr_ne(one.task, two.task);
	ck_assert_str_eq(trail.text, "AB");
	aml_queue_sched_destroy(&sched);
	gate_destroy(&gate);
}
END_TEST

SUITE("async/zero_threads", nothing_runs_until_somebody_waits,
      a_waiter_runs_the_queue_in_order_up_to_its_task, wait_any_runs_the_queue_in_order,
      wait_any_leaves_what_it_need_not_run, destroy_runs_the_queue_in_order,
      waiters_in_many_threads_run_one_at_a_time_in_order, a_waiter_that_leaves_wakes_another,
      a_waiter_that_leaves_wakes_a_wait_any, a_wait_any_that_leaves_wakes_a_waiter,
      a_waiter_whose_task_another_ran_returns,
      a_runner_that_blocks_in_a_wait_of_its_own_wakes_another,
      a_submission_wakes_a_wait_any_that_has_a_task_running_elsewhere)
