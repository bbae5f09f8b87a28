/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The scheduler interface: arguments, dispatch, custom operation tables, and the members of a task
 * that submit leaves unchanged.
 */
#include "gate.h"
#include "suite.h"

/* Contract: ERROR-3. */
START_TEST(null_arguments_are_errors)
{
	struct aml_sched *sched = aml_queue_sched_create(1);
	struct job job = {.result = 0};
	struct aml_task task = job_task(&job, NULL);

	ck_assert_ptr_nonnull(sched);
	ck_assert_int_eq(aml_sched_submit_task(NULL, &task), -AML_EINVAL);
	ck_assert_int_eq(aml_sched_submit_task(sched, NULL), -AML_EINVAL);
	ck_assert_int_eq(aml_sched_submit_task(NULL, NULL), -AML_EINVAL);
	ck_assert_int_eq(aml_sched_wait_task(NULL, &task), -AML_EINVAL);
	ck_assert_int_eq(aml_sched_wait_task(sched, NULL), -AML_EINVAL);
	aml_errno = 0;
	ck_assert_ptr_null(aml_sched_wait_any(NULL));
	ck_assert_int_eq(aml_errno, AML_EINVAL);
	aml_queue_sched_destroy(&sched);
	ck_assert_int_eq(job.runs, 0);
}
END_TEST

/* Contract: ERROR-4. */
START_TEST(a_scheduler_without_a_table_is_an_error)
{
	struct aml_sched bare = {NULL, NULL}, *sched = &bare;
	struct job job = {.result = 0};
	struct aml_task task = job_task(&job, NULL);

	ck_assert_int_eq(aml_sched_submit_task(sched, &task), -AML_EINVAL);
	ck_assert_int_eq(aml_sched_wait_task(sched, &task), -AML_EINVAL);
	aml_errno = 0;
	ck_assert_ptr_null(aml_sched_wait_any(sched));
	ck_assert_int_eq(aml_errno, AML_EINVAL);
	/* Not a queue scheduler, so destroy leaves it unchanged. */
	aml_queue_sched_destroy(&sched);
	ck_assert_ptr_eq(sched, &bare);
	aml_queue_sched_destroy(NULL);
	ck_assert_int_eq(job.runs, 0);
}
END_TEST

/* Contract: WAIT-5. */
START_TEST(an_engine_s_request_is_no_task_of_its_scheduler)
{
	struct aml_dma *dma = NULL;
	struct job job = {.result = -AML_EDOM};
	struct aml_dma_request *req = NULL;
	struct aml_sched *sched;

	ck_assert_int_eq(aml_dma_linux_create(&dma, 1), 0);
	sched = ((struct aml_dma_linux_data *)dma->data)->sched;
	ck_assert_int_eq(job_post(dma, &req, &job), 0);
	for (int i = 0; i < 2; i++) {
		/*
		 * The request may be unfinished in the first round, but has finished in the second.
		 */
		ck_assert_int_eq(
			aml_sched_wait_task(sched, &((struct aml_dma_linux_request *)req)->task),
			-AML_EINVAL);
		ck_assert_int_eq(aml_dma_barrier(dma), i == 0 ? -AML_EDOM : 0);
	}
	ck_assert_int_eq(aml_dma_wait(dma, &req), -AML_EDOM);
	ck_assert_int_eq(aml_dma_linux_destroy(&dma), 0);
}
END_TEST

/* Contract: ERROR-3. */
START_TEST(a_task_without_a_function_is_an_error)
{
	struct aml_sched *sched = aml_queue_sched_create(0);
	struct aml_task task = {.fn = NULL};

	ck_assert_int_eq(aml_sched_submit_task(sched, &task), -AML_EINVAL);
	aml_errno = AML_EDOM;
	ck_assert_ptr_null(aml_sched_wait_any(sched));
	ck_assert_int_eq(aml_errno, AML_EDOM);
	aml_queue_sched_destroy(&sched);
}
END_TEST

/* Contract: ENGINE-6. */
START_TEST(destroy_sets_the_pointer_to_null_and_takes_null)
{
	struct aml_sched *sched = aml_queue_sched_create(2);

	ck_assert_ptr_nonnull(sched);
	aml_queue_sched_destroy(&sched);
	ck_assert_ptr_null(sched);
	aml_queue_sched_destroy(&sched);
	ck_assert_ptr_null(sched);
	aml_queue_sched_destroy(NULL);
}
END_TEST

/* Contract: ENGINE-1. */
START_TEST(more_threads_than_can_be_had_is_an_error)
{
	const size_t numbers[] = {SIZE_MAX, SIZE_MAX / 2, SIZE_MAX / 8 + 1, SIZE_MAX / 64};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		aml_errno = 0;
		ck_assert_ptr_null(aml_queue_sched_create(numbers[i]));
		ck_assert_int_eq(aml_errno, AML_ENOMEM);
	}
}
END_TEST

/* Contract: ORDER-6. */
START_TEST(a_task_runs_once_with_its_input_and_output)
{
	for (size_t threads = 0; threads < 4; threads++) {
		struct aml_sched *sched = aml_queue_sched_create(threads);
		struct job job = {.result = 42};
		int out = 0;
		struct aml_task task = job_task(&job, &out);

		ck_assert_int_eq(aml_sched_submit_task(sched, &task), 0);
		ck_assert_int_eq(aml_sched_wait_task(sched, &task), 0);
		ck_assert_int_eq(out, 42);
		ck_assert_int_eq(job.runs, 1);
		aml_queue_sched_destroy(&sched);
		ck_assert_int_eq(job.runs, 1);
	}
}
END_TEST

/* Contract: OWN-11. */
START_TEST(the_public_members_of_a_task_are_left_alone)
{
	struct aml_sched *sched = aml_queue_sched_create(1);
	struct job job = {.result = 1};
	int out = 0;
	struct aml_task task = job_task(&job, &out);
	aml_task_work fn = task.fn;

	task.data = &sched;
	ck_assert_int_eq(aml_sched_submit_task(sched, &task), 0);
	ck_assert_int_eq(aml_sched_wait_task(sched, &task), 0);
	ck_assert_ptr_eq(task.in, &job);
	ck_assert_ptr_eq(task.out, &out);
	ck_assert(task.fn == fn);
	ck_assert_ptr_eq(task.data, &sched);
	aml_queue_sched_destroy(&sched);
}
END_TEST

/* Contract: OWN-11. */
START_TEST(a_task_may_be_submitted_again_once_it_was_waited_for)
{
	for (size_t threads = 0; threads < 3; threads++) {
		struct aml_sched *one = aml_queue_sched_create(threads);
		struct aml_sched *two = aml_queue_sched_create(threads);
		struct job job = {.result = 0};
		struct aml_task task = job_task(&job, NULL);

		for (int i = 0; i < 50; i++) {
			ck_assert_int_eq(aml_sched_submit_task(one, &task), 0);
			ck_assert_int_eq(aml_sched_wait_task(one, &task), 0);
			ck_assert_int_eq(aml_sched_submit_task(two, &task), 0);
			ck_assert_ptr_eq(aml_sched_wait_any(two), &task);
		}
		ck_assert_int_eq(job.runs, 100);
		aml_queue_sched_destroy(&one);
		aml_queue_sched_destroy(&two);
	}
}
END_TEST

/* A custom scheduler: it records its calls and returns the result that the test has set. */
struct own_sched {
	struct aml_task *task;
	int submits, waits, wait_anys;
	int result;
};

static int own_submit(struct aml_sched_data *data, struct aml_task *task)
{
	struct own_sched *own = (struct own_sched *)data;

	own->submits++;
	own->task = task;
	return own->result;
}

static int own_wait(struct aml_sched_data *data, struct aml_task *task)
{
	struct own_sched *own = (struct own_sched *)data;

	own->waits++;
	own->task = task;
	return own->result;
}

static struct aml_task *own_wait_any(struct aml_sched_data *data)
{
	struct own_sched *own = (struct own_sched *)data;

	own->wait_anys++;
	return own->task;
}

/* Contract: ERROR-7. */
START_TEST(a_scheduler_of_ones_own_gets_the_calls)
{
	struct aml_sched_ops ops = {own_submit, own_wait, own_wait_any};
	struct own_sched own = {.result = AML_SUCCESS};
	struct aml_sched sched = {(struct aml_sched_data *)&own, &ops};
	struct job job = {.result = 0};
	struct aml_task task = job_task(&job, NULL);

	ck_assert_int_eq(aml_sched_submit_task(&sched, &task), 0);
	ck_assert_int_eq(own.submits, 1);
	ck_assert_ptr_eq(own.task, &task);
	own.task = NULL;
	ck_assert_int_eq(aml_sched_wait_task(&sched, &task), 0);
	ck_assert_int_eq(own.waits, 1);
	ck_assert_ptr_eq(own.task, &task);
	ck_assert_ptr_eq(aml_sched_wait_any(&sched), &task);
	ck_assert_int_eq(own.wait_anys, 1);
	ck_assert_int_eq(job.runs, 0);

	own.result = -AML_EPERM;
	ck_assert_int_eq(aml_sched_submit_task(&sched, &task), -AML_EPERM);
	ck_assert_int_eq(aml_sched_wait_task(&sched, &task), -AML_EPERM);
	own.task = NULL;
	aml_errno = AML_EDOM;
	ck_assert_ptr_null(aml_sched_wait_any(&sched));
	ck_assert_int_eq(aml_errno, AML_EDOM);
}
END_TEST

/* Contract: ERROR-7. */
START_TEST(bad_arguments_do_not_reach_a_scheduler_of_ones_own)
{
	struct aml_sched_ops ops = {own_submit, own_wait, own_wait_any};
	struct own_sched own = {.result = AML_SUCCESS};
	struct aml_sched sched = {(struct aml_sched_data *)&own, &ops};
	struct aml_task task = {.fn = NULL};

	ck_assert_int_eq(aml_sched_submit_task(&sched, NULL), -AML_EINVAL);
	ck_assert_int_eq(aml_sched_submit_task(&sched, &task), -AML_EINVAL);
	ck_assert_int_eq(aml_sched_wait_task(&sched, NULL), -AML_EINVAL);
	ck_assert_int_eq(own.submits, 0);
	ck_assert_int_eq(own.waits, 0);
}
END_TEST

/* Contract: ERROR-7. */
START_TEST(an_operation_that_the_table_lacks_is_not_supported)
{
	struct aml_sched_ops ops = {NULL, NULL, NULL};
	struct aml_sched sched = {NULL, &ops};
	struct job job = {.result = 0};
	struct aml_task task = job_task(&job, NULL);

	ck_assert_int_eq(aml_sched_submit_task(&sched, &task), -AML_ENOTSUP);
	ck_assert_int_eq(aml_sched_wait_task(&sched, &task), -AML_ENOTSUP);
	aml_errno = 0;
	ck_assert_ptr_null(aml_sched_wait_any(&sched));
	ck_assert_int_eq(aml_errno, AML_ENOTSUP);
}
END_TEST

/* A custom scheduler that counts calls and forwards them to another scheduler. */
struct shell {
	struct aml_sched *below;
	int calls;
};

static int shell_submit(struct aml_sched_data *data, struct aml_task *task)
{
	struct shell *shell = (struct shell *)data;

	shell->calls++;
	return aml_sched_submit_task(shell->below, task);
}

static int shell_wait(struct aml_sched_data *data, struct aml_task *task)
{
	struct shell *shell = (struct shell *)data;

	shell->calls++;
	return aml_sched_wait_task(shell->below, task);
}

START_TEST(a_scheduler_may_be_built_on_another)
{
	struct aml_sched_ops ops = {.submit = shell_submit, .wait = shell_wait};
	struct shell shell = {.below = aml_queue_sched_create(1)};
	struct aml_sched sched = {(struct aml_sched_data *)&shell, &ops};
	struct job job = {.result = 0};
	struct aml_task task = job_task(&job, NULL);

	ck_assert_int_eq(aml_sched_submit_task(&sched, &task), 0);
	ck_assert_int_eq(aml_sched_wait_task(&sched, &task), 0);
	ck_assert_int_eq(job.runs, 1);
	ck_assert_int_eq(shell.calls, 2);
	aml_queue_sched_destroy(&shell.below);
}
END_TEST

/* Contract: ENGINE-8. */
START_TEST(many_schedulers_live_side_by_side)
{
	enum { SCHEDS = 20 };
	struct aml_sched *scheds[SCHEDS];
	struct job jobs[SCHEDS];
	struct aml_task tasks[SCHEDS];

	for (size_t i = 0; i < SCHEDS; i++) {
		scheds[i] = aml_queue_sched_create(i % 3);
		ck_assert_ptr_nonnull(scheds[i]);
		jobs[i] = (struct job){.result = 0};
		tasks[i] = job_task(&jobs[i], NULL);
		ck_assert_int_eq(aml_sched_submit_task(scheds[i], &tasks[i]), 0);
	}
	for (size_t i = 0; i < SCHEDS; i++)
		ck_assert_int_eq(aml_sched_wait_task(scheds[i], &tasks[i]), 0);
	for (size_t i = 0; i < SCHEDS; i++) {
		aml_queue_sched_destroy(&scheds[i]);
		ck_assert_int_eq(jobs[i].runs, 1);
	}
}
END_TEST

SUITE("async/sched", null_arguments_are_errors, a_scheduler_without_a_table_is_an_error,
      an_engine_s_request_is_no_task_of_its_scheduler, a_task_without_a_function_is_an_error,
      destroy_sets_the_pointer_to_null_and_takes_null, more_threads_than_can_be_had_is_an_error,
      a_task_runs_once_with_its_input_and_output, the_public_members_of_a_task_are_left_alone,
      a_task_may_be_submitted_again_once_it_was_waited_for, a_scheduler_of_ones_own_gets_the_calls,
      bad_arguments_do_not_reach_a_scheduler_of_ones_own,
      an_operation_that_the_table_lacks_is_not_supported, a_scheduler_may_be_built_on_another,
      many_schedulers_live_side_by_side)
