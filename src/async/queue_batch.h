/* SPDX-License-Identifier: BSD-3-Clause */
/* Running several small tasks with one slot. */
#ifndef ASYNC_QUEUE_BATCH_H
#define ASYNC_QUEUE_BATCH_H

#include "async/queue_state.h"

/*
 * A tiny task is small, and moves at most QUEUE_TINY_BYTES_MAX. To hand it to another CPU takes
 * longer than to run it. A post helps if at least QUEUE_HELP_TASKS_MIN tasks are queued or held. It
 * then moves at most QUEUE_HELP_BYTES_MAX. A short batch moves at most QUEUE_SHORT_BYTES_MAX, and
 * leaves at most QUEUE_SHORT_TASKS_MAX in the queue.
 */
enum {
	QUEUE_TINY_BYTES_MAX = 512,
	QUEUE_HELP_TASKS_MIN = 32,
	QUEUE_HELP_BYTES_MAX = 8 << 10,
	QUEUE_SHORT_BYTES_MAX = 16 << 10,
	QUEUE_SHORT_TASKS_MAX = 512,
};

/* Report whether the head, which is not NULL, can begin a batch of tasks up to `limit`. */
static inline bool queue_is_batch_locked(const struct queue_sched *q, uint64_t limit) REQUIRES(q)
{
	return (q->head->priv.flags & TASK_SMALL) && q->head->priv.seq <= limit &&
	       q->head->priv.bytes <= QUEUE_BATCH_BYTES_MAX;
}

/*
 * Run the head and the small tasks after it, up to `limit`, in a slot that the caller has taken.
 * The head can begin a batch. The lock is released meanwhile.
 */
void queue_run_batch_locked(struct queue_sched *q, uint64_t limit) REQUIRES(q);

/*
 * For a thread that has posted tasks after the one with the number `limit`: run some of the tasks
 * up to `limit` if they are tiny and many. The lock is released meanwhile. The caller pays the poke
 * afterwards.
 */
void queue_help_locked(struct queue_sched *q, uint64_t limit) REQUIRES(q);

/* Report whether to run the task takes less time than to hand it to another CPU. */
static inline bool queue_is_tiny(const struct aml_task *task)
{
	return (task->priv.flags & TASK_SMALL) && task->priv.bytes <= QUEUE_TINY_BYTES_MAX;
}

#endif /* ASYNC_QUEUE_BATCH_H */
