/* SPDX-License-Identifier: BSD-3-Clause */
/* The head of the queue, as queue_state.h describes it. */
#include <stddef.h>

#include "async/queue_head.h"
#include "async/queue_ready.h"

void queue_attach_locked(struct queue_sched *q, struct aml_task *task)
{
	if (q->fifo == NULL)
		q->fifo = task;
	if (q->head == NULL)
		q->head = task;
	q->nqueued++;
}

/* Set the head to the older one of `fifo` and the heap's root. */
static void choose_head_locked(struct queue_sched *q) REQUIRES(q)
{
	/* All requests of the heap are older than `fifo`. */
	q->head = q->ready != NULL ? task_of(q->ready) : q->fifo;
}

void queue_ready_locked(struct queue_sched *q, struct aml_task *task)
{
	task->priv.state = TASK_QUEUED;
	q->nqueued++;
	/* The scan finds it. */
	if (q->fifo != NULL && q->fifo->priv.seq < task->priv.seq)
		return;
	ready_add(&q->ready, extra_of(task));
	choose_head_locked(q);
}

void queue_leave_locked(struct queue_sched *q, struct aml_task *task)
{
	q->nqueued--;
	if (task == q->fifo) {
		struct aml_task *next = task->priv.next;

		/* The loop passes each task that is held, or ran ahead of its turn, only once. */
		while (next != NULL && !can_run(next))
			next = next->priv.next;
		q->fifo = next;
	} else if (is_extended(task) && extra_of(task)->is_ready) {
		ready_remove(&q->ready, extra_of(task));
	} else {
		return;
	}
	choose_head_locked(q);
}
