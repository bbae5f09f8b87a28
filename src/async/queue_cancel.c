/* SPDX-License-Identifier: BSD-3-Clause */
/* Cancelling: tasks that have not started never run, and the others are waited for. */
#include <stddef.h>

#include <aml/utils/error.h>

#include "async/queue.h"
#include "async/queue_cancel.h"
#include "async/queue_lock.h"
#include "async/queue_wait.h"

/* Count a request that is cancelled while no part of it runs. */
static void count_withdrawn_locked(struct queue_sched *q, const struct aml_task *task) REQUIRES(q)
{
	if (task->priv.taken == 0) {
		q->ncancelled++;
		return;
	}
	q->nfinished++;
	q->nfailed++;
	q->extra_parts--;
}

/*
 * Let no further part of the task be taken. True: no part runs, and the task is withdrawn. False:
 * the caller must wait until the task is FINISHED.
 */
static bool withdraw_locked(struct queue_sched *q, struct aml_task *task) REQUIRES(q)
{
	if (task->priv.state == TASK_FINISHED || !has_untaken_part(task))
		return false;
	queue_leave_locked(q, task);
	if (task->priv.taken > 0)
		q->nbegun--;
	/* The next task may be the head now, with no thread on its way to it. */
	queue_wake_locked(q);
	task->priv.parts = task->priv.taken;
	if (task->priv.active > 0) {
		task->priv.bytes = 0;
		return false;
	}
	count_withdrawn_locked(q, task);
	trace_cancel(&q->trace, task);
	task_list_unlink(&q->unfinished, task);
	queue_settle_locked(q);
	return true;
}

int queue_cancel(struct queue_sched *q, struct aml_task *task, bool *ran)
{
	int err;

	queue_acquire(q);
	err = queue_may_wait_locked(q, task);
	if (err != AML_SUCCESS) {
		queue_release(q);
		return err;
	}
	/* Until queue_give_back(): the end of the scheduler waits for that call. */
	q->callers++;
	*ran = false;
	if (task->priv.state == TASK_ORPHAN) {
		task_list_unlink(&q->orphans, task);
	} else if (!withdraw_locked(q, task)) {
		*ran = true;
		queue_take_finished_locked(q, task);
	}
	task->priv.state = TASK_RETURNED;
	queue_release(q);
	return AML_SUCCESS;
}
