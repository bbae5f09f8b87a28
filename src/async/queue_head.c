/* SPDX-License-Identifier: BSD-3-Clause */
/* The head of the queue, as queue_state.h describes it. */
#include <stddef.h>

#include "async/queue_head.h"
#include "async/queue_ready.h"

/* How many slots ahead of the task that is taken are loaded. */
enum { PREFETCH_SLOTS = 8 };

/* Set the head to the older one of `fifo` and the heap's root. */
static void choose_head_locked(struct queue_sched *q) REQUIRES(q)
{
	/* All requests of the heap are older than `fifo`. */
	q->head = q->ready != NULL ? task_of(q->ready) : q->fifo;
}

/* Report whether a walker may need a request that is ready. */
static bool a_walker_needs_locked(const struct queue_sched *q, const struct aml_task *task)
	REQUIRES(q)
{
	if (extra_of(task)->needed || extra_of(task)->options & EXTRA_REAP)
		return true;
	for (const struct sleeper *s = q->walkers.first; s != NULL; s = s->next_walker)
		if (s->below > task->priv.seq)
			return true;
	return false;
}

void queue_urgent_locked(struct queue_sched *q, struct request_extra *extra)
{
	if (extra->urgent == q->call)
		return;
	extra->urgent = q->call;
	q->nurgent++;
	q->chores = true;
}

void queue_not_urgent_locked(struct queue_sched *q, struct request_extra *extra)
{
	if (extra->urgent != q->call)
		return;
	extra->urgent = 0;
	q->nurgent--;
}

void queue_ready_locked(struct queue_sched *q, struct aml_task *task)
{
	task->priv.state = TASK_QUEUED;
	q->nheld--;
	q->nqueued++;
	if (q->walkers.first != NULL && a_walker_needs_locked(q, task))
		queue_urgent_locked(q, extra_of(task));
	/* The scan finds it. */
	if (q->fifo != NULL && q->fifo->priv.seq < task->priv.seq)
		return;
	ready_add(&q->ready, extra_of(task));
	choose_head_locked(q);
}

void queue_prefetch_locked(const struct queue_sched *q, const struct aml_task *task)
{
	const struct slot_place *place =
		&q->places[task->priv.flags >> TASK_CLASS_SHIFT & (QUEUE_FREE_LISTS - 1)];
	uintptr_t begin = (uintptr_t)task - place->offset + (size_t)PREFETCH_SLOTS * place->bytes;

	if (q->nqueued + q->nheld <= PREFETCH_SLOTS)
		return;
	for (size_t at = 0; at < place->bytes; at += CACHE_LINE_BYTES)
		__builtin_prefetch((const void *)(begin + at), 1);
}

void queue_leave_locked(struct queue_sched *q, struct aml_task *task)
{
	struct request_extra *extra = is_extended(task) ? extra_of(task) : NULL;

	q->nqueued--;
	if (extra != NULL)
		queue_not_urgent_locked(q, extra);
	if (task == q->fifo) {
		struct aml_task *next = task->priv.next;

		queue_prefetch_locked(q, task);
		/* The loop passes each task that is held, or ran ahead of its turn, only once. */
		while (next != NULL && !can_run(next))
			next = next->priv.next;
		q->fifo = next;
	} else if (extra != NULL && extra->is_ready) {
		ready_remove(&q->ready, extra);
	} else {
		return;
	}
	choose_head_locked(q);
}
