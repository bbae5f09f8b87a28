/* SPDX-License-Identifier: BSD-3-Clause */
/* The calls that wait. */
#ifndef ASYNC_QUEUE_WAIT_H
#define ASYNC_QUEUE_WAIT_H

#include "async/queue_request.h"

struct sleeper;

/*
 * Wait for a request, store its result and put it on its free list. -AML_EINVAL or
 * -AML_EBUSY as aml_sched_wait_task(), the request as it was. -AML_FAILURE: it belongs to
 * the parent process and never runs here; it is on no list, and the caller's to release.
 */
int queue_wait(struct queue_sched *q, struct aml_task *task, int *result);

/*
 * Take a request out of the queue or wait until it has finished. On AML_SUCCESS it is on no
 * list, and the caller's to release; `*ran` tells whether its function was called.
 */
int queue_cancel(struct queue_sched *q, struct aml_task *task, bool *ran);

/* Submit a request of TASK_ON_STACK and wait until it has finished. */
void queue_submit_and_wait(struct queue_sched *q, struct aml_task *task,
			   const struct queue_request *request);

/* See aml_dma_barrier(). */
int queue_barrier(struct queue_sched *q);

/* Is the calling thread inside a task of this scheduler? */
bool queue_inside(const struct queue_sched *q);

/* The scheduler's operations of struct aml_sched_ops. */
int queue_wait_task(struct queue_sched *q, struct aml_task *task);
struct aml_task *queue_wait_any(struct queue_sched *q);

/*
 * Wait until `me` is done, from wherever the caller is, running what this thread may run: `mine`,
 * the task that it waits for (may be NULL), and up to `me->limit` small tasks, or without workers
 * whatever is the head. The operator that the caller is in, if any, has no slot meanwhile. Ends the
 * use of `me`.
 */
void queue_sleep_locked(struct queue_sched *q, struct sleeper *me, struct aml_task *mine)
	REQUIRES(q);

#endif /* ASYNC_QUEUE_WAIT_H */
