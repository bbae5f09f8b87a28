/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tasks that submit and wait inside other tasks, to any depth and across schedulers. A task that
 * waits for a task below it on its own stack gets an error.
 */
#include "gate.h"
#include "suite.h"

#define DEEP 200

static void submit(struct aml_sched *sched, struct aml_task *task)
{
	ck_assert_int_eq(aml_sched_submit_task(sched, task), 0);
}

/* Submit a job and wait for it, inside or outside a task. Return its result or the call's error. */
static int run(struct aml_sched *sched, struct job *job)
{
	int out = -9999, err;
	struct aml_task task = job_task(job, &out);

	err = aml_sched_submit_task(sched, &task);
	if (err == AML_SUCCESS)
		err = aml_sched_wait_task(sched, &task);
	return err == AML_SUCCESS ? out : err;
}

/* Job body: nested tasks, n levels deep. The result is the sum of 1 … n. */
static int dive(struct job *job)
{
	struct job next = {.body = dive, .sched = job->sched, .n = job->n - 1};
	int sum;

	if (job->n == 0)
		return 0;
	sum = run(job->sched, &next);
	return sum < 0 ? sum : sum + job->n;
}

/* Contract: NEST-1. */
START_TEST(a_task_may_submit_and_wait_to_any_depth)
{
	for (size_t threads = 0; threads < 4; threads++) {
		struct aml_sched *sched = aml_queue_sched_create(threads);
		struct job job = {.body = dive, .sched = sched, .n = DEEP};

		ck_assert_int_eq(run(sched, &job), DEEP * (DEEP + 1) / 2);
		aml_queue_sched_destroy(&sched);
	}
}
END_TEST

/* Job body: submit two tasks before waiting for either. */
static int fibonacci(struct job *job)
{
	struct job jobs[2];
	struct aml_task tasks[2];
	int outs[2] = {0};

	if (job->n < 2)
		return job->n;
	for (int i = 0; i < 2; i++) {
		jobs[i] = (struct job){.body = fibonacci, .sched = job->sched, .n = job->n - 1 - i};
		tasks[i] = job_task(&jobs[i], &outs[i]);
		NEED(aml_sched_submit_task(job->sched, &tasks[i]) == 0);
	}
	for (int i = 0; i < 2; i++) {
		NEED(aml_sched_wait_task(job->sched, &tasks[i]) == 0);
		NEED(outs[i] >= 0);
	}
	return outs[0] + outs[1];
}

/* Contract: NEST-1. */
START_TEST(a_tree_of_tasks_comes_to_its_end)
{
	for (size_t threads = 0; threads < 4; threads++) {
		struct aml_sched *sched = aml_queue_sched_create(threads);
		struct job job = {.body = fibonacci, .sched = sched, .n = 15};

		ck_assert_int_eq(run(sched, &job), 610);
		aml_queue_sched_destroy(&sched);
	}
}
END_TEST

/* Job body: like dive(), but alternating between two schedulers. */
struct sched_pair {
	struct aml_sched *here, *there;
};

static int cross(struct job *job)
{
	struct sched_pair *pair = (struct sched_pair *)job->other;
	struct job next = {.body = cross, .other = job->other, .n = job->n - 1};
	int sum;

	if (job->n == 0)
		return 0;
	sum = run(job->n % 2 == 0 ? pair->here : pair->there, &next);
	return sum < 0 ? sum : sum + job->n;
}

/* Contract: NEST-1. */
START_TEST(tasks_may_go_from_one_scheduler_to_another_and_back)
{
	for (size_t threads = 0; threads < 9; threads++) {
		struct sched_pair pair = {aml_queue_sched_create(threads % 3),
					  aml_queue_sched_create(threads / 3)};
		struct job job = {.body = cross, .other = (struct job *)&pair, .n = DEEP};

		ck_assert_int_eq(run(pair.there, &job), DEEP * (DEEP + 1) / 2);
		aml_queue_sched_destroy(&pair.here);
		aml_queue_sched_destroy(&pair.there);
	}
}
END_TEST

/* Job body: submit B, C and D, wait only for D, then append 'a' to the trail. */
static int wait_for_the_third(struct job *job)
{
	for (int i = 0; i < 3; i++)
		NEED(aml_sched_submit_task(job->sched, &job->task[i]) == 0);
	NEED(aml_sched_wait_task(job->sched, &job->task[2]) == 0);
	NEED(job->other[2].runs == 1);
	NEED(job->other[2].tid == job->tid);
	trail_add(job->trail, 'a');
	return 0;
}

/* Contract: NEST-2. */
START_TEST(a_wait_inside_a_task_runs_what_has_not_started_ahead_of_its_turn)
{
	for (size_t threads = 0; threads < 2; threads++) {
		struct aml_sched *sched = aml_queue_sched_create(threads);
		struct trail trail = {.length = 0};
		struct job inner[3];
		struct aml_task tasks[3];
		struct job a = {.name = 'A',
				.trail = &trail,
				.body = wait_for_the_third,
				.sched = sched,
				.other = inner,
				.task = tasks};

		for (int i = 0; i < 3; i++) {
			inner[i] = (struct job){.name = (char)('B' + i), .trail = &trail};
			tasks[i] = job_task(&inner[i], NULL);
		}
		ck_assert_int_eq(run(sched, &a), 0);
		ck_assert_int_eq(aml_sched_wait_task(sched, &tasks[1]), 0);
		ck_assert_int_eq(aml_sched_wait_task(sched, &tasks[0]), 0);
		ck_assert_str_eq(trail.text, "ADaBC");
		aml_queue_sched_destroy(&sched);
	}
}
END_TEST

/* Job body: run job->other on job->sched. */
static int run_other(struct job *job)
{
	return run(job->sched, job->other);
}

/* Contract: NEST-2. */
START_TEST(a_wait_inside_a_task_runs_it_though_the_other_pool_is_full)
{
	for (size_t threads = 1; threads < 3; threads++) {
		struct aml_sched *one = aml_queue_sched_create(1);
		struct aml_sched *full = aml_queue_sched_create(threads);
		struct gate gate;
		struct job held[2], x = {.result = 3};
		struct aml_task holding[2];
		struct job a = {.body = run_other, .sched = full, .other = &x};

		gate_init(&gate);
		for (size_t i = 0; i < threads; i++) {
			held[i] = (struct job){.gate = &gate};
			holding[i] = job_task(&held[i], NULL);
			submit(full, &holding[i]);
			gate_await(&gate);
		}
		ck_assert_int_eq(run(one, &a), 3);
		ck_assert_int_eq(x.tid, a.tid);
		for (size_t i = 0; i < threads; i++)
			gate_open(&gate);
		aml_queue_sched_destroy(&one);
		aml_queue_sched_destroy(&full);
		gate_destroy(&gate);
	}
}
END_TEST

/* Job body: wait for job->task on job->sched. */
static int wait_inside(struct job *job)
{
	int err = aml_sched_wait_task(job->sched, job->task);

	if (job->trail != NULL)
		trail_add(job->trail, 'a');
	return err;
}

/* Contract: NEST-2. */
START_TEST(a_wait_inside_a_task_lasts_until_what_runs_elsewhere_has_finished)
{
	struct aml_sched *sched = aml_queue_sched_create(2);
	struct gate gate, inside;
	struct trail trail = {.length = 0};
	struct job b = {.gate = &gate};
	struct aml_task task_b = job_task(&b, NULL), task_a;
	struct job a = {.name = 'A',
			.trail = &trail,
			.gate = &inside,
			.body = wait_inside,
			.sched = sched,
			.task = &task_b};
	int out = -1;

	gate_init(&gate);
	gate_init(&inside);
	submit(sched, &task_b);
	gate_await(&gate);
	task_a = job_task(&a, &out);
	submit(sched, &task_a);
	gate_await(&inside);
	gate_open(&inside);
	yield_a_while();
	thread_settle(a.tid);
	ck_assert_uint_eq(atomic_load(&trail.length), 1);
	gate_open(&gate);
	ck_assert_int_eq(aml_sched_wait_task(sched, &task_a), 0);
	ck_assert_int_eq(out, 0);
	ck_assert_str_eq(trail.text, "Aa");
	aml_queue_sched_destroy(&sched);
	gate_destroy(&gate);
	gate_destroy(&inside);
}
END_TEST

/* Contract: NEST-4. */
START_TEST(a_task_that_waits_for_itself_is_told)
{
	for (size_t threads = 0; threads < 3; threads++) {
		struct aml_sched *sched = aml_queue_sched_create(threads);
		struct aml_task task;
		struct job job = {.body = wait_inside, .sched = sched, .task = &task};
		int out = 0;

		task = job_task(&job, &out);
		submit(sched, &task);
		ck_assert_int_eq(aml_sched_wait_task(sched, &task), 0);
		ck_assert_int_eq(out, -AML_EBUSY);
		ck_assert_int_eq(job.runs, 1);
		aml_queue_sched_destroy(&sched);
	}
}
END_TEST

/* Contract: NEST-4. */
START_TEST(a_task_that_waits_for_one_below_it_on_the_stack_is_told)
{
	/* A waits for B. The wait runs B on the thread of A, and B waits for A. */
	for (size_t threads = 0; threads < 2; threads++) {
		struct aml_sched *sched = aml_queue_sched_create(threads);
		struct aml_task task_a;
		struct job b = {.body = wait_inside, .sched = sched, .task = &task_a};
		struct job a = {.body = run_other, .sched = sched, .other = &b};
		int out = 0;

		task_a = job_task(&a, &out);
		submit(sched, &task_a);
		ck_assert_int_eq(aml_sched_wait_task(sched, &task_a), 0);
		ck_assert_int_eq(out, -AML_EBUSY);
		aml_queue_sched_destroy(&sched);
	}
}
END_TEST

/* Contract: NEST-4. */
START_TEST(a_cycle_through_another_scheduler_is_told)
{
	/* As above, but B belongs to another scheduler, whose only worker is held at the gate. */
	struct aml_sched *sched = aml_queue_sched_create(1);
	struct aml_sched *other = aml_queue_sched_create(1);
	struct gate gate;
	struct aml_task task_a, holding;
	struct job held = {.gate = &gate};
	struct job b = {.body = wait_inside, .sched = sched, .task = &task_a};
	struct job a = {.body = run_other, .sched = other, .other = &b};
	int out = 0;

	gate_init(&gate);
	holding = job_task(&held, NULL);
	submit(other, &holding);
	gate_await(&gate);
	task_a = job_task(&a, &out);
	submit(sched, &task_a);
	ck_assert_int_eq(aml_sched_wait_task(sched, &task_a), 0);
	ck_assert_int_eq(out, -AML_EBUSY);
	gate_open(&gate);
	aml_queue_sched_destroy(&sched);
	aml_queue_sched_destroy(&other);
	gate_destroy(&gate);
}
END_TEST

/* Job body: call wait_any. Return -AML_FAILURE for a task, else the negative of aml_errno. */
static int wait_any_inside(struct job *job)
{
	aml_errno = 0;
	return aml_sched_wait_any(job->sched) == NULL ? -aml_errno : -AML_FAILURE;
}

/* Contract: NEST-5. */
START_TEST(wait_any_inside_a_task_of_the_same_scheduler_is_told)
{
	for (size_t threads = 0; threads < 3; threads++) {
		struct aml_sched *sched = aml_queue_sched_create(threads);
		struct aml_sched *other = aml_queue_sched_create(threads);
		struct job left = {.result = 0};
		struct aml_task task_left = job_task(&left, NULL);
		struct job any = {.body = wait_any_inside, .sched = sched};
		/* Without workers, task X of `other` runs on the stack of task A of `sched`. */
		struct job x = {.body = wait_any_inside, .sched = sched};
		struct job a = {.body = run_other, .sched = other, .other = &x};

		submit(sched, &task_left);
		ck_assert_int_eq(run(sched, &any), -AML_EBUSY);
		if (threads == 0)
			ck_assert_int_eq(run(sched, &a), -AML_EBUSY);
		ck_assert_ptr_eq(aml_sched_wait_any(sched), &task_left);
		aml_queue_sched_destroy(&sched);
		aml_queue_sched_destroy(&other);
	}
}
END_TEST

/* Job body: take two tasks of another scheduler by wait_any, then find no third one. */
static int take_two_inside(struct job *job)
{
	struct aml_task *one = aml_sched_wait_any(job->sched);
	struct aml_task *two = aml_sched_wait_any(job->sched);

	NEED(one != NULL && two != NULL && one != two);
	NEED(aml_sched_wait_any(job->sched) == NULL);
	return 0;
}

/* Contract: NEST-5. */
START_TEST(wait_any_inside_another_scheduler_s_task_works)
{
	for (size_t threads = 0; threads < 3; threads++) {
		struct aml_sched *sched = aml_queue_sched_create(threads);
		struct aml_sched *other = aml_queue_sched_create(1);
		struct job jobs[2] = {{.result = 0}, {.result = 0}};
		struct aml_task tasks[2];
		struct job inside = {.body = take_two_inside, .sched = sched};

		for (int i = 0; i < 2; i++) {
			tasks[i] = job_task(&jobs[i], NULL);
			submit(sched, &tasks[i]);
		}
		ck_assert_int_eq(run(other, &inside), 0);
		ck_assert_int_eq(jobs[0].runs + jobs[1].runs, 2);
		aml_queue_sched_destroy(&sched);
		aml_queue_sched_destroy(&other);
	}
}
END_TEST

/* Contract: NEST-1. */
START_TEST(nested_waits_of_many_threads_at_once_come_to_their_end)
{
	enum { CALLERS = 4 };

	for (size_t threads = 0; threads < 4; threads++) {
		struct aml_sched *sched = aml_queue_sched_create(threads);
		struct job jobs[CALLERS];
		struct aml_task tasks[CALLERS];
		int outs[CALLERS];
		struct call calls[CALLERS];

		for (int i = 0; i < CALLERS; i++) {
			jobs[i] = (struct job){.body = fibonacci, .sched = sched, .n = 11};
			tasks[i] = job_task(&jobs[i], &outs[i]);
			submit(sched, &tasks[i]);
			calls[i] = (struct call){
				.fn = call_wait_task, .sched = sched, .task = &tasks[i]};
			call_begin(&calls[i]);
		}
		for (int i = 0; i < CALLERS; i++) {
			ck_assert_int_eq(call_end(&calls[i]), 0);
			ck_assert_int_eq(outs[i], 89);
		}
		aml_queue_sched_destroy(&sched);
	}
}
END_TEST

/* Job body: leave the crowd for the time of each wait. */
static int leave_and_come_back(struct job *job)
{
	struct sched_pair *pair = (struct sched_pair *)job->other;

	for (int i = 0; i < 20; i++) {
		struct job there = {.result = 1}, here = {.crowd = job->crowd, .result = 2};

		crowd_leave(job->crowd);
		NEED(run(pair->there, &there) == 1);
		crowd_enter(job->crowd);
		crowd_leave(job->crowd);
		NEED(run(pair->here, &here) == 2);
		crowd_enter(job->crowd);
	}
	return 0;
}

/* Contract: ORDER-2. */
START_TEST(no_more_run_at_once_than_the_bound_though_tasks_wait_inside)
{
	enum { JOBS = 8 };

	for (size_t threads = 0; threads < 4; threads++) {
		struct sched_pair pair = {aml_queue_sched_create(threads),
					  aml_queue_sched_create(2)};
		struct crowd crowd = {.most = 0};
		struct job jobs[JOBS];
		struct aml_task tasks[JOBS];
		int outs[JOBS];
		struct call calls[JOBS];

		for (int i = 0; i < JOBS; i++) {
			jobs[i] = (struct job){.body = leave_and_come_back,
					       .crowd = &crowd,
					       .other = (struct job *)&pair};
			tasks[i] = job_task(&jobs[i], &outs[i]);
			submit(pair.here, &tasks[i]);
			calls[i] = (struct call){
				.fn = call_wait_task, .sched = pair.here, .task = &tasks[i]};
			call_begin(&calls[i]);
		}
		for (int i = 0; i < JOBS; i++) {
			ck_assert_int_eq(call_end(&calls[i]), 0);
			ck_assert_int_eq(outs[i], 0);
		}
		aml_queue_sched_destroy(&pair.here);
		aml_queue_sched_destroy(&pair.there);
		ck_assert_int_le(crowd.most, threads == 0 ? 1 : (int)threads);
	}
}
END_TEST

SUITE("async/nested", a_task_may_submit_and_wait_to_any_depth, a_tree_of_tasks_comes_to_its_end,
      tasks_may_go_from_one_scheduler_to_another_and_back,
      a_wait_inside_a_task_runs_what_has_not_started_ahead_of_its_turn,
      a_wait_inside_a_task_runs_it_though_the_other_pool_is_full,
      a_wait_inside_a_task_lasts_until_what_runs_elsewhere_has_finished,
      a_task_that_waits_for_itself_is_told, a_task_that_waits_for_one_below_it_on_the_stack_is_told,
      a_cycle_through_another_scheduler_is_told,
      wait_any_inside_a_task_of_the_same_scheduler_is_told,
      wait_any_inside_another_scheduler_s_task_works,
      nested_waits_of_many_threads_at_once_come_to_their_end,
      no_more_run_at_once_than_the_bound_though_tasks_wait_inside)
