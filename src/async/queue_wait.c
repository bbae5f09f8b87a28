/* SPDX-License-Identifier: BSD-3-Clause */
/* The calls that wait for one task, for any task, or for all earlier tasks. */
#include <stddef.h>

#include <aml/utils/error.h>

#include "async/queue.h"
#include "async/queue_lock.h"
#include "async/queue_memory.h"
#include "async/queue_roster.h"
#include "async/queue_run.h"
#include "async/queue_sleep.h"
#include "async/queue_wait.h"
#include "async/queue_walk.h"

void queue_wait_group_locked(struct queue_sched *q, struct sleeper *me, struct queue_group *group)
{
	q->callers++;
	queue_sleep_locked(q, me, group);
	q->callers--;
	queue_settle_locked(q);
}

int queue_may_wait_locked(const struct queue_sched *q, struct aml_task *task)
{
	struct queue_roster *roster;

	if (task->priv.sched != q || task->priv.state == TASK_RETURNED)
		return -AML_EINVAL;
	roster = task_idle_roster(task);
	if (roster != NULL)
		queue_roster_remove(roster, task->priv.index);
	if (task_waiter(task) != NULL || (task->priv.state == TASK_RUNNING && queue_on_stack(task)))
		return -AML_EBUSY;
	return AML_SUCCESS;
}

int queue_may_wait_for_locked(struct queue_sched *q, struct aml_task *task, uint64_t *check)
{
	int err = queue_may_wait_locked(q, task);

	if (err == AML_SUCCESS && task->priv.state == TASK_HELD && queue_frame != NULL &&
	    queue_needs_stack_locked(q, task, check))
		err = -AML_EBUSY;
	return err;
}

void queue_take_finished_locked(struct queue_sched *q, struct aml_task *task, bool cancels)
{
	bool request = task->priv.flags & TASK_REQUEST;

	if (!request)
		queue_claim_locked(q);
	if (task->priv.state != TASK_FINISHED) {
		struct aml_dma_request *handle = (struct aml_dma_request *)(void *)task;
		struct sleeper me = SLEEPER_INITIALIZER;
		struct queue_group group = {.sleeper = &me, .handles = &handle, .n = 1};

		/* An operator may run only the task itself, ahead of its turn. */
		me.limit = queue_frame == NULL ? task->priv.seq : 0;
		me.cancels = cancels;
		task_set_waiter(task, &me);
		group_list_push(&q->groups, &group);
		queue_wait_group_locked(q, &me, &group);
		group_list_unlink(&q->groups, &group);
		task_set_waiter(task, NULL);
	} else if (!request) {
		task_list_unlink(&q->done, task);
	} else if (task->priv.flags & TASK_UNREPORTED) {
		task_list_unlink(&q->failed, task);
	}
	task->priv.state = TASK_RETURNED;
}

int queue_wait_task(struct queue_sched *q, struct aml_task *task)
{
	int err;

	queue_acquire(q);
	err = queue_may_wait_locked(q, task);
	if (err == AML_SUCCESS && task->priv.flags & TASK_REQUEST) {
		err = -AML_EINVAL;
	} else if (err == AML_SUCCESS && task->priv.state == TASK_ORPHAN) {
		task->priv.state = TASK_RETURNED;
		err = -AML_FAILURE;
	} else if (err == AML_SUCCESS) {
		queue_take_finished_locked(q, task, false);
	}
	queue_release(q);
	return err;
}

/* queue_wait() for a request that has not finished, or may not be waited for, or has failed. */
__attribute__((noinline)) static int wait_locked(struct queue_sched *q, struct aml_task *task)
	REQUIRES(q)
{
	uint64_t check = 0;
	int err = queue_may_wait_for_locked(q, task, &check);

	if (err == AML_SUCCESS && task->priv.state == TASK_ORPHAN) {
		task_list_unlink(&q->orphans, task);
		q->callers++;
		err = -AML_FAILURE;
	} else if (err == AML_SUCCESS) {
		queue_take_finished_locked(q, task, false);
	}
	return err;
}

int queue_wait(struct queue_sched *q, struct aml_task *task, int *result)
{
	int err = AML_SUCCESS;

	queue_acquire(q);
	/* Most requests have finished: nothing waits for them, and they are on no list. */
	if (task->priv.sched != q || task->priv.state != TASK_FINISHED ||
	    task->priv.waiter != NULL || task->priv.flags & TASK_UNREPORTED)
		err = wait_locked(q, task);
	if (err == AML_SUCCESS) {
		*result = *request_result(task);
		queue_put_free_locked(q, task);
	}
	queue_release(q);
	return err;
}

bool queue_has_finished(struct queue_sched *q, const struct aml_task *task)
{
	bool finished;

	queue_acquire(q);
	finished = has_finished(task);
	queue_release(q);
	return finished;
}

void queue_submit_and_wait(struct queue_sched *q, struct aml_task *task,
			   const struct queue_request *request)
{
	queue_acquire(q);
	queue_append_locked(q, task, request);
	queue_take_finished_locked(q, task, false);
	queue_release(q);
}

int queue_barrier(struct queue_sched *q, uint64_t deadline, int *result)
{
	struct sleeper me = SLEEPER_INITIALIZER;
	struct aml_task *failed;

	if (queue_inside(q))
		return -AML_EPERM;
	queue_acquire(q);
	me.deadline = deadline;
	me.runs_one = true;
	me.done = true;
	failed = task_list_pop(&q->failed);
	if (failed != NULL) {
		me.code = *(int *)(void *)failed->out;
		failed->priv.flags &= ~(unsigned)TASK_UNREPORTED;
		if (failed->priv.flags & TASK_OWNED)
			queue_put_free_locked(q, failed);
	} else if (q->unfinished.first != NULL) {
		me.done = false;
		me.limit = q->seq;
		sleeper_list_push(&q->barriers, &me);
		q->settles = true;
		queue_wait_group_locked(q, &me, NULL);
		if (!me.done)
			sleeper_list_unlink(&q->barriers, &me);
	}
	queue_release(q);
	if (!me.done)
		return -AML_EBUSY;
	*result = me.code;
	return AML_SUCCESS;
}

struct aml_task *queue_wait_any(struct queue_sched *q)
{
	struct sleeper me = SLEEPER_INITIALIZER;

	if (queue_inside(q)) {
		aml_errno = AML_EBUSY;
		return NULL;
	}
	queue_acquire(q);
	me.task = task_list_pop(&q->done);
	if (me.task != NULL) {
		me.task->priv.state = TASK_RETURNED;
		queue_claim_locked(q);
	} else if (q->unclaimed > 0) {
		me.limit = UINT64_MAX;
		sleeper_list_push(&q->anys, &me);
		queue_wait_group_locked(q, &me, NULL);
	}
	queue_release(q);
	return me.task;
}
