/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The order in which a queue scheduler runs tasks, the bound on running tasks, and the threads that
 * run them.
 */
#include "gate.h"
#include "suite.h"

#define TASKS 26

/* Fill in tasks named A, B, C, … */
static void fill(struct job *jobs, struct aml_task *tasks, int n, struct job like)
{
	for (int i = 0; i < n; i++) {
		jobs[i] = like;
		jobs[i].name = (char)('A' + i);
		tasks[i] = job_task(&jobs[i], NULL);
	}
}

static void submit_task(struct aml_sched *sched, struct aml_task *task)
{
	ck_assert_int_eq(aml_sched_submit_task(sched, task), 0);
}

static void wait_task(struct aml_sched *sched, struct aml_task *task)
{
	ck_assert_int_eq(aml_sched_wait_task(sched, task), 0);
}

/* Job body: wait for job->task on job->sched. */
static int wait_inside(struct job *job)
{
	return aml_sched_wait_task(job->sched, job->task);
}

/* Contract: ORDER-1. */
START_TEST(one_worker_runs_everything_one_at_a_time_in_order)
{
	struct aml_sched *sched = aml_queue_sched_create(1);
	struct trail trail = {.length = 0};
	struct crowd crowd = {.most = 0};
	struct job jobs[TASKS];
	struct aml_task tasks[TASKS];

	fill(jobs, tasks, TASKS, (struct job){.trail = &trail, .crowd = &crowd});
	for (int i = 0; i < TASKS; i++)
		submit_task(sched, &tasks[i]);
	for (int i = TASKS - 1; i >= 0; i--)
		wait_task(sched, &tasks[i]);
	ck_assert_str_eq(trail.text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
	ck_assert_int_eq(crowd.most, 1);
	aml_queue_sched_destroy(&sched);
}
END_TEST

/* Contract: ORDER-1. */
START_TEST(one_free_worker_of_several_runs_the_rest_in_order)
{
	for (size_t threads = 2; threads < 5; threads++) {
		struct aml_sched *sched = aml_queue_sched_create(threads);
		struct trail trail = {.length = 0};
		struct gate gate;
		struct job held[4], jobs[TASKS];
		struct aml_task holding[4], tasks[TASKS];

		gate_init(&gate);
		fill(held, holding, 4, (struct job){.gate = &gate});
		fill(jobs, tasks, TASKS, (struct job){.trail = &trail});
		for (size_t i = 0; i < threads - 1; i++) {
			submit_task(sched, &holding[i]);
			gate_await(&gate);
		}
		for (int i = 0; i < TASKS; i++)
			submit_task(sched, &tasks[i]);
		for (int i = TASKS - 1; i >= 0; i--)
			wait_task(sched, &tasks[i]);
		ck_assert_str_eq(trail.text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
		for (size_t i = 0; i < threads - 1; i++)
			gate_open(&gate);
		aml_queue_sched_destroy(&sched);
		gate_destroy(&gate);
	}
}
END_TEST

/* Contract: ORDER-2. */
START_TEST(as_many_run_at_once_as_there_are_workers)
{
	for (size_t threads = 1; threads < 6; threads++) {
		struct aml_sched *sched = aml_queue_sched_create(threads);
		struct crowd crowd = {.most = 0};
		struct gate gate;
		struct job jobs[8];
		struct aml_task tasks[8];
		struct call last;

		gate_init(&gate);
		fill(jobs, tasks, 8, (struct job){.gate = &gate, .crowd = &crowd});
		for (size_t i = 0; i < 8; i++)
			submit_task(sched, &tasks[i]);
		for (size_t i = 0; i < threads; i++)
			gate_await(&gate);
		/* A waiting thread does not raise the number of running tasks. */
		last = (struct call){.fn = call_wait_task, .sched = sched, .task = &tasks[threads]};
		call_begin(&last);
		call_settle(&last);
		ck_assert_int_eq(sem_trywait(&gate.came), -1);
		for (size_t i = 0; i < 8; i++)
			gate_open(&gate);
		ck_assert_int_eq(call_end(&last), 0);
		aml_queue_sched_destroy(&sched);
		ck_assert_int_eq(crowd.most, (int)threads);
		gate_destroy(&gate);
	}
}
END_TEST

/* Contract: RUN-1. */
START_TEST(workers_run_the_queue_though_nobody_waits)
{
	struct aml_sched *sched = aml_queue_sched_create(2);
	struct gate gate;
	struct job jobs[10];
	struct aml_task tasks[10];

	gate_init(&gate);
	fill(jobs, tasks, 10, (struct job){.gate = &gate});
	for (int i = 0; i < 10; i++)
		submit_task(sched, &tasks[i]);
	for (int i = 0; i < 10; i++) {
		gate_await(&gate);
		gate_open(&gate);
	}
	aml_queue_sched_destroy(&sched);
	gate_destroy(&gate);
}
END_TEST

/*
 * A scheduler whose only worker is blocked: its task A waits for X, which is held at the gate on
 * another scheduler. The slot is free, but no worker is.
 */
struct blocked_worker {
	struct aml_sched *sched, *other;
	struct gate gate, inside;
	struct job a, x;
	struct aml_task task_a, task_x;
};

static int pass_and_wait(struct job *job)
{
	int err = wait_inside(job);

	if (job->trail != NULL)
		trail_add(job->trail, 'a');
	return err;
}

static void block(struct blocked_worker *b, struct trail *trail)
{
	struct job probe = {.result = 0};
	struct aml_task task = job_task(&probe, NULL);

	memset(b, 0, sizeof(*b));
	gate_init(&b->gate);
	gate_init(&b->inside);
	b->sched = aml_queue_sched_create(1);
	b->other = aml_queue_sched_create(1);
	b->x = (struct job){.gate = &b->gate};
	b->task_x = job_task(&b->x, NULL);
	submit_task(b->other, &b->task_x);
	gate_await(&b->gate);
	b->a = (struct job){.name = 'A',
			    .trail = trail,
			    .gate = &b->inside,
			    .body = pass_and_wait,
			    .sched = b->other,
			    .task = &b->task_x};
	b->task_a = job_task(&b->a, NULL);
	submit_task(b->sched, &b->task_a);
	gate_await(&b->inside);
	gate_open(&b->inside);
	/* Only this thread can run the probe, and not before A has given up its slot. */
	submit_task(b->sched, &task);
	wait_task(b->sched, &task);
}

/*
 * Let X finish, and wait until it has finished: the other scheduler runs one task at a time, in
 * order.
 */
static void unblock(struct blocked_worker *b)
{
	struct job after = {.result = 0};
	struct aml_task task = job_task(&after, NULL);

	gate_open(&b->gate);
	submit_task(b->other, &task);
	wait_task(b->other, &task);
}

static void release(struct blocked_worker *b)
{
	aml_queue_sched_destroy(&b->sched);
	aml_queue_sched_destroy(&b->other);
	gate_destroy(&b->gate);
	gate_destroy(&b->inside);
}

/* Contract: RUN-3. */
START_TEST(a_waiter_runs_its_own_task_when_it_is_the_head_and_a_slot_is_free)
{
	struct blocked_worker b;
	struct job job = {.result = 0};
	struct aml_task task = job_task(&job, NULL);

	block(&b, NULL);
	submit_task(b.sched, &task);
	wait_task(b.sched, &task);
	ck_assert_int_eq(job.runs, 1);
	ck_assert_int_eq(job.tid, gettid());
	unblock(&b);
	wait_task(b.sched, &b.task_a);
	release(&b);
}
END_TEST

/* Contract: RUN-4. */
START_TEST(a_waiter_never_runs_what_stands_before_its_own_task)
{
	struct blocked_worker b;
	struct job before = {.name = 'B'}, own = {.name = 'C'};
	struct aml_task task_before = job_task(&before, NULL), task_own = job_task(&own, NULL);
	struct call waiter = {.fn = call_wait_task, .task = &task_own};

	block(&b, NULL);
	waiter.sched = b.sched;
	submit_task(b.sched, &task_before);
	submit_task(b.sched, &task_own);
	call_begin(&waiter);
	call_settle(&waiter);
	ck_assert_int_eq(atomic_load(&waiter.ended), 0);
	unblock(&b);
	ck_assert_int_eq(call_end(&waiter), 0);
	wait_task(b.sched, &b.task_a);
	wait_task(b.sched, &task_before);
	ck_assert_int_eq(before.runs, 1);
	ck_assert_int_eq(before.tid, b.a.tid);
	ck_assert_int_eq(own.runs, 1);
	release(&b);
}
END_TEST

/* Contract: RUN-4. */
START_TEST(a_waiter_may_be_waited_for_by_what_stands_before_its_task)
{
	/* The first task continues only after the waiter has returned from its wait. */
	struct aml_sched *sched = aml_queue_sched_create(2);
	struct gate gate;
	struct job first = {.gate = &gate}, second = {.result = 0};
	struct aml_task task_first = job_task(&first, NULL), task_second = job_task(&second, NULL);

	gate_init(&gate);
	for (int i = 0; i < 200; i++) {
		submit_task(sched, &task_first);
		submit_task(sched, &task_second);
		wait_task(sched, &task_second);
		gate_open(&gate);
		wait_task(sched, &task_first);
		gate_await(&gate);
	}
	aml_queue_sched_destroy(&sched);
	gate_destroy(&gate);
}
END_TEST

/* Contract: ORDER-2. */
START_TEST(a_task_that_has_waited_takes_a_slot_again_before_it_goes_on)
{
	struct blocked_worker b;
	struct gate gate;
	struct trail trail = {.length = 0};
	struct job job = {.name = 'B', .trail = &trail, .gate = &gate};
	struct aml_task task = job_task(&job, NULL);
	struct call waiter = {.fn = call_wait_task, .task = &task};

	gate_init(&gate);
	block(&b, &trail);
	waiter.sched = b.sched;
	submit_task(b.sched, &task);
	call_begin(&waiter);
	gate_await(&gate);
	/* Now the waiter holds the slot. Let X, for which A waits, finish. */
	unblock(&b);
	thread_settle(b.a.tid);
	yield_a_while();
	ck_assert_uint_eq(atomic_load(&trail.length), 2);
	gate_open(&gate);
	ck_assert_int_eq(call_end(&waiter), 0);
	wait_task(b.sched, &b.task_a);
	ck_assert_str_eq(trail.text, "ABa");
	release(&b);
	gate_destroy(&gate);
}
END_TEST

/* Contract: ORDER-2. */
START_TEST(a_task_that_waits_beside_busy_workers_leaves_its_slot_too)
{
	/*
	 * With two workers, A waits for B, which is held at the gate. One of the two slots is free.
	 */
	struct aml_sched *sched = aml_queue_sched_create(2);
	struct gate gate, inside;
	struct job b = {.gate = &gate}, c = {.result = 0};
	struct aml_task task_b = job_task(&b, NULL), task_c = job_task(&c, NULL);
	struct job a = {.gate = &inside, .body = wait_inside, .sched = sched, .task = &task_b};
	struct aml_task task_a = job_task(&a, NULL);

	gate_init(&gate);
	gate_init(&inside);
	submit_task(sched, &task_b);
	gate_await(&gate);
	submit_task(sched, &task_a);
	gate_await(&inside);
	gate_open(&inside);
	submit_task(sched, &task_c);
	wait_task(sched, &task_c);
	ck_assert_int_eq(c.tid, gettid());
	gate_open(&gate);
	wait_task(sched, &task_a);
	aml_queue_sched_destroy(&sched);
	gate_destroy(&gate);
	gate_destroy(&inside);
}
END_TEST

SUITE("async/order", one_worker_runs_everything_one_at_a_time_in_order,
      one_free_worker_of_several_runs_the_rest_in_order, as_many_run_at_once_as_there_are_workers,
      workers_run_the_queue_though_nobody_waits,
      a_waiter_runs_its_own_task_when_it_is_the_head_and_a_slot_is_free,
      a_waiter_never_runs_what_stands_before_its_own_task,
      a_waiter_may_be_waited_for_by_what_stands_before_its_task,
      a_task_that_has_waited_takes_a_slot_again_before_it_goes_on,
      a_task_that_waits_beside_busy_workers_leaves_its_slot_too)
