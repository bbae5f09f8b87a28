/* SPDX-License-Identifier: BSD-3-Clause */
/* The calls that wait. */
#ifndef ASYNC_QUEUE_WAIT_H
#define ASYNC_QUEUE_WAIT_H

#include "async/queue_request.h"

struct queue_group;
struct sleeper;

/*
 * Wait for a request, store its result, and release its memory. -AML_EINVAL and
 * -AML_EBUSY as for aml_sched_wait_task(): nothing has changed. -AML_FAILURE: the request belongs
 * to the parent process and never runs here. It is on no list, and the caller must give it back.
 */
int queue_wait(struct queue_sched *q, struct aml_task *task, int *result);

/* Report whether a request that the caller may use has finished. */
bool queue_has_finished(struct queue_sched *q, const struct aml_task *task);

/* Submit a request with TASK_ON_STACK, and wait until it has finished. */
void queue_submit_and_wait(struct queue_sched *q, struct aml_task *task,
			   const struct queue_request *request);

/*
 * Wait for all earlier tasks. AML_SUCCESS: `*result` is what aml_dma_barrier() returns. -AML_EBUSY:
 * the deadline has passed. -AML_EPERM: the calling thread is inside a task of the scheduler.
 */
int queue_barrier(struct queue_sched *q, uint64_t deadline, int *result);

/*
 * Return AML_SUCCESS if the caller may wait for the task or cancel it, and let the task leave its
 * roster; -AML_EINVAL or -AML_EBUSY as
 * for aml_sched_wait_task().
 */
int queue_may_wait_locked(const struct queue_sched *q, struct aml_task *task) REQUIRES(q);

/*
 * The same for a wait, which may not need an operator on the stack of the caller either.
 * `*check`: see queue_needs_stack_locked().
 */
int queue_may_wait_for_locked(struct queue_sched *q, struct aml_task *task, uint64_t *check)
	REQUIRES(q);

/*
 * Wait until a task that the caller may wait for is FINISHED, and take it off its list. `cancels`:
 * the caller has cancelled it.
 */
void queue_take_finished_locked(struct queue_sched *q, struct aml_task *task, bool cancels)
	REQUIRES(q);

/* The operations wait and wait_any of struct aml_sched_ops. */
int queue_wait_task(struct queue_sched *q, struct aml_task *task);
struct aml_task *queue_wait_any(struct queue_sched *q);

/*
 * Wait as queue_sleep_locked(), in a call that the end of the scheduler must wait for.
 */
void queue_wait_group_locked(struct queue_sched *q, struct sleeper *me, struct queue_group *group)
	REQUIRES(q);

#endif /* ASYNC_QUEUE_WAIT_H */
