/* SPDX-License-Identifier: BSD-3-Clause */
/* The head of the queue: which task is taken next. */
#ifndef ASYNC_QUEUE_HEAD_H
#define ASYNC_QUEUE_HEAD_H

#include "async/queue_state.h"

/* Put a QUEUED task, the newest of `unfinished`, on the queue. The caller pays the poke. */
static inline void queue_attach_locked(struct queue_sched *q, struct aml_task *task) REQUIRES(q)
{
	q->nqueued++;
	if (q->fifo != NULL)
		return;
	q->fifo = task;
	if (q->head == NULL)
		q->head = task;
}

/* A HELD request is ready: it is QUEUED. The caller pays the poke. */
void queue_ready_locked(struct queue_sched *q, struct aml_task *task) REQUIRES(q);

/* Walkers must be called for a request, unless a thread takes it before the lock is released. */
void queue_urgent_locked(struct queue_sched *q, struct request_extra *extra) REQUIRES(q);

/* A request was taken or cancelled: no walker has to be called for it. */
void queue_not_urgent_locked(struct queue_sched *q, struct request_extra *extra) REQUIRES(q);

/*
 * After a task was taken: load a slot that is likely to be taken soon. A burst of requests uses
 * consecutive slots, and their lines are in the cache of the thread that posts. Without this, the
 * threads that take requests wait for one line after the other, with the lock held. If the guess is
 * wrong, the address may be that of other memory, which does no harm.
 */
void queue_prefetch_locked(const struct queue_sched *q, const struct aml_task *task) REQUIRES(q);

/* Remove a task from the queue: no part of it will be taken any more. */
void queue_leave_locked(struct queue_sched *q, struct aml_task *task) REQUIRES(q);

#endif /* ASYNC_QUEUE_HEAD_H */
