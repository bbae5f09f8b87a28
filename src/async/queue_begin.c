/* SPDX-License-Identifier: BSD-3-Clause */
/* Work that the calling thread does at once: all moves of a task in two steps. */
#include <stddef.h>

#include <aml/utils/error.h>

#include "async/queue.h"
#include "async/queue_begin.h"
#include "async/queue_bound.h"
#include "async/queue_lock.h"

/* Report whether the calling thread may do at once what it would submit. */
static bool may_begin_locked(const struct queue_sched *q) REQUIRES(q)
{
	return q->head == NULL && q->running < q->slots;
}

/* Report whether the calling thread may begin at once what it posts without waiting for it. */
static bool may_post_locked(const struct queue_sched *q) REQUIRES(q)
{
	return q->nworkers > 0 && queue_room_locked(q, 1) == AML_SUCCESS;
}

bool queue_begin(struct queue_sched *q, struct aml_task *task, bool waits)
{
	queue_acquire(q);
	if (!may_begin_locked(q) || !(waits || may_post_locked(q))) {
		queue_release(q);
		return false;
	}
	/* The other members are not set: no thread reads them for a task in this frame. */
	task->priv.seq = ++q->seq;
	task->priv.state = TASK_RUNNING;
	task->priv.flags = TASK_REQUEST | TASK_ON_STACK;
	task->priv.parts = 1;
	task->priv.taken = 1;
	task_list_push(&q->unfinished, task);
	q->running++;
	queue_release(q);
	return true;
}

/* End a task that began at once. `failed`: it counts as failed. `bytes` is what it has moved. */
static inline void end_begun(struct queue_sched *q, struct aml_task *task, uint64_t bytes,
			     bool failed)
{
	queue_acquire(q);
	q->nfinished++;
	q->nfailed += failed;
	task_list_unlink(&q->unfinished, task);
	q->bytes += bytes;
	if (q->settles)
		queue_settle_locked(q);
	queue_free_slot_locked(q);
	queue_wake_locked(q);
	queue_release(q);
}

void queue_end(struct queue_sched *q, struct aml_task *task, uint64_t bytes)
{
	end_begun(q, task, bytes, false);
}

void queue_end_failed(struct queue_sched *q, struct aml_task *task)
{
	end_begun(q, task, 0, true);
}

bool queue_begin_locked(struct queue_sched *q, struct aml_task *task,
			const struct queue_request *request)
{
	if (!may_begin_locked(q) || q->nworkers == 0)
		return false;
	queue_enter_locked(q, task, request, TASK_RUNNING);
	q->running++;
	return true;
}

void queue_end_locked(struct queue_sched *q, struct aml_task *task)
{
	task->priv.active = 0;
	queue_finish_locked(q, task);
	queue_free_slot_locked(q);
	queue_wake_locked(q);
}
