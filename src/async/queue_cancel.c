/* SPDX-License-Identifier: BSD-3-Clause */
/* Cancelling: tasks that have not started never run, and the others are waited for. */
#include <pthread.h>
#include <stddef.h>

#include <aml/utils/error.h>

#include "async/queue.h"
#include "async/queue_cancel.h"
#include "async/queue_head.h"
#include "async/queue_held.h"
#include "async/queue_lock.h"
#include "async/queue_run.h"
#include "async/queue_wait.h"

/* Count a request that was cancelled while none of its parts ran. `begun`: some had run. */
static void count_withdrawn_locked(struct queue_sched *q, bool begun) REQUIRES(q)
{
	if (!begun) {
		q->ncancelled++;
		return;
	}
	q->nfinished++;
	q->nfailed++;
	q->extra_parts--;
}

/* Take a task that has not started, or the rest of its parts, out of the queue. */
static void take_out_locked(struct queue_sched *q, struct aml_task *task) REQUIRES(q)
{
	q->nbegun -= task->priv.taken > 0;
	if (task->priv.state == TASK_HELD)
		queue_unhold_locked(q, task);
	else
		queue_leave_locked(q, task);
}

/* A request was taken out before it started: it fails without running. It is RUNNING. */
static void fail_unrun_locked(struct queue_sched *q, struct aml_task *task) REQUIRES(q)
{
	trace_cancel(&q->trace, task);
	task->priv.state = TASK_RUNNING;
	task->priv.parts = task->priv.taken = task->priv.active = 1;
	task->priv.bytes = 0;
	task->priv.flags |= TASK_SILENT;
	*request_result(task) = -AML_FAILURE;
	if (is_extended(task)) {
		extra_of(task)->skips = true;
		extra_of(task)->code = -AML_FAILURE;
	}
}

/*
 * Let no further part of the task be taken. True: no part runs, and the task is withdrawn. False:
 * the caller must wait until the task is FINISHED.
 */
static bool withdraw_locked(struct queue_sched *q, struct aml_task *task) REQUIRES(q)
{
	bool begun;

	if (task->priv.state == TASK_FINISHED || !has_untaken_part(task))
		return false;
	begun = task->priv.taken > 0;
	take_out_locked(q, task);
	/* The next task may be the head now, with no thread on its way to it. */
	queue_wake_locked(q);
	if (task->priv.active > 0) {
		task->priv.parts = task->priv.taken;
		task->priv.bytes = 0;
		if (is_extended(task))
			extra_of(task)->undone = true;
		return false;
	}
	fail_unrun_locked(q, task);
	if (is_extended(task) && extra_of(task)->callback != NULL)
		queue_drop_unrun_locked(q, task);
	count_withdrawn_locked(q, begun);
	task_list_unlink(&q->unfinished, task);
	if (task_edges(task) != NULL)
		queue_release_held_locked(q, task, -AML_FAILURE);
	queue_settle_locked(q);
	queue_wake_locked(q);
	return true;
}

int queue_cancel(struct queue_sched *q, struct aml_task *task, bool *ran)
{
	int err, cancel_state;

	/* A callback may not be a cancellation point. */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
	queue_acquire(q);
	err = queue_may_wait_locked(q, task);
	if (err != AML_SUCCESS) {
		queue_release(q);
		pthread_setcancelstate(cancel_state, NULL);
		return err;
	}
	/* Until queue_give_back(): the end of the scheduler waits for that call. */
	q->callers++;
	*ran = false;
	if (task->priv.state == TASK_ORPHAN) {
		task_list_unlink(&q->orphans, task);
	} else if (!withdraw_locked(q, task)) {
		*ran = true;
		queue_take_finished_locked(q, task, true);
	}
	task->priv.state = TASK_RETURNED;
	queue_release(q);
	pthread_setcancelstate(cancel_state, NULL);
	return AML_SUCCESS;
}

/*
 * Take all requests out that have not started. They are RUNNING, so that barriers wait for their
 * callbacks, and the calling thread has yet to end them. The trace does not need their `data` any
 * more. Return their number.
 */
static size_t take_all_out_locked(struct queue_sched *q) REQUIRES(q)
{
	size_t n = 0;

	for (struct aml_task *task = q->unfinished.first; task != NULL; task = task->priv.next) {
		bool request = task->priv.flags & TASK_REQUEST;

		if (!request || task->priv.flags & TASK_ON_STACK || task->priv.taken > 0)
			continue;
		take_out_locked(q, task);
		fail_unrun_locked(q, task);
		task->priv.flags |= TASK_UNRUN;
		task->data = (void *)&queue_frame;
		n++;
	}
	return n;
}

/* The oldest request that the calling thread has yet to end. NULL: there is none. */
static struct aml_task *next_unrun_locked(const struct queue_sched *q) REQUIRES(q)
{
	struct aml_task *task = q->unfinished.first;

	while (task != NULL && !queue_is_unrun(task))
		task = task->priv.next;
	return task;
}

size_t queue_cancel_all(struct queue_sched *q)
{
	struct aml_task *task;
	int cancel_state;
	size_t n;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
	queue_acquire(q);
	q->callers++;
	n = take_all_out_locked(q);
	/* What is left may be the head now, with no thread on its way to it. */
	queue_wake_locked(q);
	while ((task = next_unrun_locked(q)) != NULL)
		queue_end_unrun_locked(q, task);
	q->callers--;
	queue_settle_locked(q);
	queue_release(q);
	pthread_setcancelstate(cancel_state, NULL);
	return n;
}
