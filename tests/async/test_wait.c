/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Waiting for one task and for any task: which wait gets which completion, second waiters, and
 * tasks that are released after their wait.
 */
#include <sched.h>

#include "gate.h"
#include "suite.h"

static void submit(struct aml_sched *sched, struct aml_task *task)
{
	ck_assert_int_eq(aml_sched_submit_task(sched, task), 0);
}

START_TEST(a_wait_lasts_until_the_task_has_finished)
{
	struct aml_sched *sched = aml_queue_sched_create(1);
	struct gate gate;
	struct job job = {.gate = &gate, .result = 7};
	int out = 0;
	struct aml_task task = job_task(&job, &out);
	struct call waiter = {.fn = call_wait_task, .sched = sched, .task = &task};

	gate_init(&gate);
	submit(sched, &task);
	gate_await(&gate);
	call_begin(&waiter);
	call_settle(&waiter);
	ck_assert_int_eq(atomic_load(&waiter.ended), 0);
	gate_open(&gate);
	ck_assert_int_eq(call_end(&waiter), 0);
	ck_assert_int_eq(out, 7);
	aml_queue_sched_destroy(&sched);
	gate_destroy(&gate);
}
END_TEST

/* Contract: THREAD-2. */
START_TEST(what_a_task_wrote_is_visible_after_its_wait)
{
	struct aml_sched *sched = aml_queue_sched_create(2);

	/*
	 * These variables are plain, so that ThreadSanitizer reports accesses that nothing orders.
	 */
	for (int i = 0; i < 2000; i++) {
		struct job job = {.result = i};
		int out = -1;
		struct aml_task task = job_task(&job, &out);

		submit(sched, &task);
		if (i % 2 == 0)
			ck_assert_int_eq(aml_sched_wait_task(sched, &task), 0);
		else
			ck_assert_ptr_eq(aml_sched_wait_any(sched), &task);
		ck_assert_int_eq(out, i);
		ck_assert_int_eq(job.runs, 1);
	}
	aml_queue_sched_destroy(&sched);
}
END_TEST

START_TEST(waiting_for_a_finished_task_returns_at_once)
{
	struct aml_sched *sched = aml_queue_sched_create(1);
	struct job first = {.result = 0}, second = {.result = 0};
	struct aml_task task_first = job_task(&first, NULL), task_second = job_task(&second, NULL);

	submit(sched, &task_first);
	submit(sched, &task_second);
	ck_assert_int_eq(aml_sched_wait_task(sched, &task_second), 0);
	ck_assert_int_eq(first.runs, 1);
	ck_assert_int_eq(aml_sched_wait_task(sched, &task_first), 0);
	aml_queue_sched_destroy(&sched);
}
END_TEST

/* Contract: WAIT-5. */
START_TEST(a_task_that_was_returned_is_an_error)
{
	for (size_t threads = 0; threads < 3; threads++) {
		struct aml_sched *sched = aml_queue_sched_create(threads);
		struct job job = {.result = 0};
		struct aml_task task = job_task(&job, NULL);

		submit(sched, &task);
		ck_assert_int_eq(aml_sched_wait_task(sched, &task), 0);
		ck_assert_int_eq(aml_sched_wait_task(sched, &task), -AML_EINVAL);
		ck_assert_int_eq(aml_sched_wait_task(sched, &task), -AML_EINVAL);
		ck_assert_ptr_null(aml_sched_wait_any(sched));

		submit(sched, &task);
		ck_assert_ptr_eq(aml_sched_wait_any(sched), &task);
		ck_assert_int_eq(aml_sched_wait_task(sched, &task), -AML_EINVAL);
		ck_assert_int_eq(job.runs, 2);
		aml_queue_sched_destroy(&sched);
	}
}
END_TEST

/* Contract: WAIT-5. */
START_TEST(a_task_of_another_scheduler_is_an_error_and_stays_valid)
{
	struct aml_sched *one = aml_queue_sched_create(1), *two = aml_queue_sched_create(0);
	struct job job = {.result = 0};
	struct aml_task task = job_task(&job, NULL);

	submit(two, &task);
	ck_assert_int_eq(aml_sched_wait_task(one, &task), -AML_EINVAL);
	ck_assert_ptr_null(aml_sched_wait_any(one));
	ck_assert_int_eq(job.runs, 0);
	ck_assert_int_eq(aml_sched_wait_task(two, &task), 0);
	ck_assert_int_eq(job.runs, 1);
	aml_queue_sched_destroy(&one);
	aml_queue_sched_destroy(&two);
}
END_TEST

/* The first waiter runs the task itself. A task at the gate proves that the wait has begun. */
/* Contract: WAIT-5. */
START_TEST(a_second_waiter_is_told_that_the_task_is_waited_for)
{
	struct aml_sched *sched = aml_queue_sched_create(0);
	struct gate gate;
	struct job job = {.gate = &gate};
	struct aml_task task = job_task(&job, NULL);
	struct call first = {.fn = call_wait_task, .sched = sched, .task = &task};

	gate_init(&gate);
	submit(sched, &task);
	call_begin(&first);
	gate_await(&gate);
	ck_assert_int_eq(aml_sched_wait_task(sched, &task), -AML_EBUSY);
	ck_assert_int_eq(aml_sched_wait_task(sched, &task), -AML_EBUSY);
	gate_open(&gate);
	ck_assert_int_eq(call_end(&first), 0);
	ck_assert_int_eq(aml_sched_wait_task(sched, &task), -AML_EINVAL);
	aml_queue_sched_destroy(&sched);
	gate_destroy(&gate);
}
END_TEST

/* Contract: WAIT-5. */
START_TEST(of_many_waiters_for_one_task_one_gets_it)
{
	enum { WAITERS = 4 };
	struct aml_sched *sched = aml_queue_sched_create(1);
	struct gate gate;
	struct job job = {.gate = &gate};
	struct aml_task task = job_task(&job, NULL);
	struct call waiters[WAITERS];
	int got = 0, busy = 0, ended = 0;

	gate_init(&gate);
	submit(sched, &task);
	gate_await(&gate);
	for (int i = 0; i < WAITERS; i++) {
		waiters[i] = (struct call){.fn = call_wait_task, .sched = sched, .task = &task};
		call_begin(&waiters[i]);
	}
	/* While the task runs, all waiters but one return. */
	while (ended < WAITERS - 1) {
		ended = 0;
		for (int i = 0; i < WAITERS; i++)
			ended += atomic_load(&waiters[i].ended);
		sched_yield();
	}
	gate_open(&gate);
	for (int i = 0; i < WAITERS; i++) {
		int err = call_end(&waiters[i]);

		got += err == AML_SUCCESS;
		busy += err == -AML_EBUSY;
	}
	ck_assert_int_eq(got, 1);
	ck_assert_int_eq(busy, WAITERS - 1);
	aml_queue_sched_destroy(&sched);
	gate_destroy(&gate);
}
END_TEST

/* Contract: ERROR-1. */
START_TEST(wait_any_with_nothing_pending_returns_null_and_leaves_errno_alone)
{
	for (size_t threads = 0; threads < 3; threads++) {
		struct aml_sched *sched = aml_queue_sched_create(threads);

		aml_errno = AML_EDOM;
		ck_assert_ptr_null(aml_sched_wait_any(sched));
		ck_assert_int_eq(aml_errno, AML_EDOM);
		aml_queue_sched_destroy(&sched);
	}
}
END_TEST

/* Contract: WAIT-6. */
START_TEST(wait_any_returns_each_task_once)
{
	enum { TASKS = 50 };

	for (size_t threads = 0; threads < 4; threads++) {
		struct aml_sched *sched = aml_queue_sched_create(threads);
		struct job jobs[TASKS];
		struct aml_task tasks[TASKS];
		int returned[TASKS] = {0};

		for (int i = 0; i < TASKS; i++) {
			jobs[i] = (struct job){.result = 0};
			tasks[i] = job_task(&jobs[i], NULL);
			submit(sched, &tasks[i]);
		}
		for (int i = 0; i < TASKS; i++) {
			struct aml_task *task = aml_sched_wait_any(sched);

			ck_assert_ptr_nonnull(task);
			ck_assert(task >= tasks && task < tasks + TASKS);
			ck_assert_int_eq(returned[task - tasks]++, 0);
			ck_assert_int_eq(jobs[task - tasks].runs, 1);
		}
		ck_assert_ptr_null(aml_sched_wait_any(sched));
		aml_queue_sched_destroy(&sched);
	}
}
END_TEST

/* Contract: WAIT-6. */
START_TEST(wait_any_waits_for_what_runs)
{
	struct aml_sched *sched = aml_queue_sched_create(1);
	struct gate gate;
	struct job job = {.gate = &gate};
	struct aml_task task = job_task(&job, NULL);
	struct call any = {.fn = call_wait_any, .sched = sched};

	gate_init(&gate);
	submit(sched, &task);
	gate_await(&gate);
	call_begin(&any);
	call_settle(&any);
	ck_assert_int_eq(atomic_load(&any.ended), 0);
	gate_open(&gate);
	ck_assert_int_eq(call_end(&any), 0);
	ck_assert_ptr_eq(any.task, &task);
	aml_queue_sched_destroy(&sched);
	gate_destroy(&gate);
}
END_TEST

START_TEST(wait_any_returns_a_finished_task_while_others_run)
{
	struct aml_sched *sched = aml_queue_sched_create(2);
	struct gate gate;
	struct job held = {.gate = &gate}, free = {.result = 0};
	struct aml_task task_held = job_task(&held, NULL), task_free = job_task(&free, NULL);

	gate_init(&gate);
	submit(sched, &task_held);
	gate_await(&gate);
	submit(sched, &task_free);
	ck_assert_ptr_eq(aml_sched_wait_any(sched), &task_free);
	gate_open(&gate);
	ck_assert_ptr_eq(aml_sched_wait_any(sched), &task_held);
	ck_assert_ptr_null(aml_sched_wait_any(sched));
	aml_queue_sched_destroy(&sched);
	gate_destroy(&gate);
}
END_TEST

/* Contract: WAIT-6. */
START_TEST(wait_any_passes_over_a_task_that_somebody_waits_for)
{
	struct aml_sched *sched = aml_queue_sched_create(0);
	struct gate gate;
	struct job job = {.gate = &gate};
	struct aml_task task = job_task(&job, NULL);
	struct call waiter = {.fn = call_wait_task, .sched = sched, .task = &task};

	gate_init(&gate);
	submit(sched, &task);
	call_begin(&waiter);
	gate_await(&gate);
	/* The unfinished task has a waiter, so wait_any has no task to wait for. */
	aml_errno = AML_EDOM;
	ck_assert_ptr_null(aml_sched_wait_any(sched));
	ck_assert_int_eq(aml_errno, AML_EDOM);
	gate_open(&gate);
	ck_assert_int_eq(call_end(&waiter), 0);
	aml_queue_sched_destroy(&sched);
	gate_destroy(&gate);
}
END_TEST

/* Contract: WAIT-6. */
START_TEST(a_wait_any_returns_null_when_a_waiter_claims_the_last_task)
{
	/* The task continues only after the wait_any has returned. */
	struct aml_sched *sched = aml_queue_sched_create(1);
	struct gate gate;
	struct job job = {.gate = &gate};
	struct aml_task task = job_task(&job, NULL);
	struct call any = {.fn = call_wait_any, .sched = sched, .task = &task};
	struct call waiter = {.fn = call_wait_task, .sched = sched, .task = &task};

	gate_init(&gate);
	submit(sched, &task);
	gate_await(&gate);
	call_begin(&any);
	call_settle(&any);
	call_begin(&waiter);
	ck_assert_int_eq(call_end(&any), 0);
	ck_assert_ptr_null(any.task);
	gate_open(&gate);
	ck_assert_int_eq(call_end(&waiter), 0);
	aml_queue_sched_destroy(&sched);
	gate_destroy(&gate);
}
END_TEST

/* Contract: WAIT-6. */
START_TEST(wait_anys_share_out_the_tasks)
{
	struct aml_sched *sched = aml_queue_sched_create(2);
	struct gate gate;
	struct job jobs[2];
	struct aml_task tasks[2];
	struct call calls[4];
	int got[2] = {0}, none = 0;

	gate_init(&gate);
	for (int i = 0; i < 2; i++) {
		jobs[i] = (struct job){.gate = &gate};
		tasks[i] = job_task(&jobs[i], NULL);
		submit(sched, &tasks[i]);
		gate_await(&gate);
	}
	for (int i = 0; i < 4; i++) {
		calls[i] = (struct call){.fn = call_wait_any, .sched = sched};
		call_begin(&calls[i]);
		call_settle(&calls[i]);
	}
	gate_open(&gate);
	gate_open(&gate);
	for (int i = 0; i < 4; i++) {
		ck_assert_int_eq(call_end(&calls[i]), 0);
		if (calls[i].task == NULL)
			none++;
		else
			got[calls[i].task - tasks]++;
	}
	ck_assert_int_eq(got[0], 1);
	ck_assert_int_eq(got[1], 1);
	/* The two calls without a task have returned NULL. */
	ck_assert_int_eq(none, 2);
	aml_queue_sched_destroy(&sched);
	gate_destroy(&gate);
}
END_TEST

/* A thread that submits tasks and waits for them while others do the same. */
struct task_owner {
	struct aml_sched *sched;
	pthread_t thread;
	int wrong;
};

static void *submit_and_wait(void *arg)
{
	struct task_owner *owner = arg;

	for (int i = 0; i < 500; i++) {
		struct job jobs[3];
		struct aml_task tasks[3];
		int outs[3] = {-1, -1, -1};

		for (int k = 0; k < 3; k++) {
			jobs[k] = (struct job){.result = i + k};
			tasks[k] = job_task(&jobs[k], &outs[k]);
			owner->wrong += aml_sched_submit_task(owner->sched, &tasks[k]) != 0;
		}
		for (int k = 2; k >= 0; k--) {
			owner->wrong += aml_sched_wait_task(owner->sched, &tasks[k]) != 0;
			owner->wrong += outs[k] != i + k;
		}
	}
	return NULL;
}

/* Contract: WAIT-4. */
START_TEST(waits_for_one_task_never_take_another_s_completion)
{
	enum { OWNERS = 4 };

	for (size_t threads = 0; threads < 4; threads++) {
		struct aml_sched *sched = aml_queue_sched_create(threads);
		struct task_owner owners[OWNERS];

		for (int i = 0; i < OWNERS; i++) {
			owners[i] = (struct task_owner){.sched = sched};
			ck_assert_int_eq(pthread_create(&owners[i].thread, NULL, submit_and_wait,
							&owners[i]),
					 0);
		}
		for (int i = 0; i < OWNERS; i++) {
			ck_assert_int_eq(pthread_join(owners[i].thread, NULL), 0);
			ck_assert_int_eq(owners[i].wrong, 0);
		}
		ck_assert_ptr_null(aml_sched_wait_any(sched));
		aml_queue_sched_destroy(&sched);
	}
}
END_TEST

/* A task of an owner. A thread that takes it by wait_any posts `taken`. */
struct owned_task {
	struct job job;
	struct aml_task task;
	sem_t taken;
};

struct task_contest {
	struct task_owner owner;
	struct owned_task units[4];
	atomic_int *stop;
	int waited, lost;
};

static void *submit_and_wait_in_contest(void *arg)
{
	struct task_contest *contest = arg;

	for (int i = 0; i < 300; i++) {
		for (int k = 0; k < 4; k++) {
			struct owned_task *unit = &contest->units[k];

			unit->job = (struct job){.result = 0};
			unit->task = job_task(&unit->job, NULL);
			unit->task.data = unit;
			contest->owner.wrong +=
				aml_sched_submit_task(contest->owner.sched, &unit->task) != 0;
		}
		for (int k = 0; k < 4; k++) {
			struct owned_task *unit = &contest->units[k];

			switch (aml_sched_wait_task(contest->owner.sched, &unit->task)) {
			case AML_SUCCESS:
				contest->waited++;
				break;
			case -AML_EINVAL:
				/*
				 * Another thread's wait_any has taken the task. If not, this wait
				 * hangs.
				 */
				contest->lost++;
				sem_wait(&unit->taken);
				break;
			default:
				contest->owner.wrong++;
			}
			contest->owner.wrong += unit->job.runs != 1;
		}
	}
	return NULL;
}

static void *take_any(void *arg)
{
	struct task_contest *contest = arg;

	while (!atomic_load(contest->stop)) {
		struct aml_task *task = aml_sched_wait_any(contest->owner.sched);

		if (task != NULL) {
			contest->lost++;
			sem_post(&((struct owned_task *)task->data)->taken);
		} else {
			sched_yield();
		}
	}
	return NULL;
}

/* Contract: WAIT-4. */
START_TEST(a_task_goes_to_its_waiter_or_to_a_wait_any_and_never_to_both)
{
	for (size_t threads = 0; threads < 3; threads++) {
		struct aml_sched *sched = aml_queue_sched_create(threads);
		atomic_int stop = 0;
		struct task_contest contests[3], taker = {.owner = {.sched = sched}, .stop = &stop};
		int lost = 0;

		ck_assert_int_eq(pthread_create(&taker.owner.thread, NULL, take_any, &taker), 0);
		for (int i = 0; i < 3; i++) {
			contests[i] = (struct task_contest){.owner = {.sched = sched}};
			for (int k = 0; k < 4; k++)
				sem_init(&contests[i].units[k].taken, 0, 0);
			ck_assert_int_eq(pthread_create(&contests[i].owner.thread, NULL,
							submit_and_wait_in_contest, &contests[i]),
					 0);
		}
		for (int i = 0; i < 3; i++) {
			ck_assert_int_eq(pthread_join(contests[i].owner.thread, NULL), 0);
			ck_assert_int_eq(contests[i].owner.wrong, 0);
			ck_assert_int_eq(contests[i].waited + contests[i].lost, 300 * 4);
			lost += contests[i].lost;
		}
		atomic_store(&stop, 1);
		ck_assert_int_eq(pthread_join(taker.owner.thread, NULL), 0);
		ck_assert_int_eq(taker.lost, lost);
		for (int i = 0; i < 3; i++) {
			for (int k = 0; k < 4; k++) {
				ck_assert_int_eq(sem_trywait(&contests[i].units[k].taken), -1);
				sem_destroy(&contests[i].units[k].taken);
			}
		}
		aml_queue_sched_destroy(&sched);
	}
}
END_TEST

SUITE("async/wait", a_wait_lasts_until_the_task_has_finished,
      what_a_task_wrote_is_visible_after_its_wait, waiting_for_a_finished_task_returns_at_once,
      a_task_that_was_returned_is_an_error, a_task_of_another_scheduler_is_an_error_and_stays_valid,
      a_second_waiter_is_told_that_the_task_is_waited_for, of_many_waiters_for_one_task_one_gets_it,
      wait_any_with_nothing_pending_returns_null_and_leaves_errno_alone,
      wait_any_returns_each_task_once, wait_any_waits_for_what_runs,
      wait_any_returns_a_finished_task_while_others_run,
      wait_any_passes_over_a_task_that_somebody_waits_for,
      a_wait_any_returns_null_when_a_waiter_claims_the_last_task, wait_anys_share_out_the_tasks,
      waits_for_one_task_never_take_another_s_completion,
      a_task_goes_to_its_waiter_or_to_a_wait_any_and_never_to_both)
