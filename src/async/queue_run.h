/* SPDX-License-Identifier: BSD-3-Clause */
/* Running tasks: the head, or a task ahead of its turn. */
#ifndef ASYNC_QUEUE_RUN_H
#define ASYNC_QUEUE_RUN_H

#include "async/queue_state.h"

/* The innermost operator on the stack of the calling thread. NULL: none. */
extern __thread struct frame *queue_frame;

/* Report whether the function of the task is on the stack of the calling thread. */
static inline bool queue_on_stack(const struct aml_task *task)
{
	for (const struct frame *f = queue_frame; f != NULL; f = f->outer)
		if (f->task == task)
			return true;
	return false;
}

/*
 * Run a task, or its next part. `has_slot`: with a slot that the caller has taken; else beyond the
 * bound. The lock is released meanwhile.
 */
void queue_run_task_locked(struct queue_sched *q, struct aml_task *task, bool has_slot) REQUIRES(q);

/*
 * Take a slot and run the head, its next part, or a batch of small tasks whose seq is at most
 * `limit`. There must be a head and a free slot. The lock is released meanwhile.
 */
void queue_run_head_locked(struct queue_sched *q, uint64_t limit) REQUIRES(q);

/*
 * Use the slot that another thread has granted: run the head as queue_run_head_locked(), or, if
 * there is no head any more or `runs` is false, free the slot.
 */
void queue_use_grant_locked(struct queue_sched *q, struct sleeper *me, uint64_t limit, bool runs)
	REQUIRES(q);

/*
 * Release what a RUNNING request owns that was cancelled before it started, and call its callback,
 * beyond the bound. The result is set already. The lock is released meanwhile.
 */
void queue_drop_unrun_locked(struct queue_sched *q, struct aml_task *task) REQUIRES(q);

/* The calling thread has yet to end the request, which it has cancelled: see TASK_UNRUN. */
static inline bool queue_is_unrun(const struct aml_task *task)
{
	return task->priv.flags & TASK_UNRUN && task->data == (void *)&queue_frame;
}

/* End such a request, as cancelled. The lock is released meanwhile. */
void queue_end_unrun_locked(struct queue_sched *q, struct aml_task *task) REQUIRES(q);

#endif /* ASYNC_QUEUE_RUN_H */
