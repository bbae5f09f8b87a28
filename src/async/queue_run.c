/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Running tasks: the head of the queue as a whole or part by part, or a batch from there, see
 * queue_batch.c; and single tasks ahead of their turn. A thread holds no lock while it runs the
 * function or a part of a task. Meanwhile it counts in `running`, or in `beyond` if it has no slot.
 */
#include <stddef.h>

#include <aml/utils/error.h>

#include "async/queue.h"
#include "async/queue_batch.h"
#include "async/queue_head.h"
#include "async/queue_lock.h"
#include "async/queue_run.h"

__thread struct frame *queue_frame;

/*
 * Return the address of queue_frame. The compiler must not look it up again: that is a call of the
 * dynamic linker.
 */
static inline struct frame **frame_top(void)
{
	struct frame **top = &queue_frame;

	__asm__("" : "+r"(top));
	return top;
}

/*
 * Call the function of an extended request, or skip it, and call its callback, which is the end of
 * its operator.
 */
static void extended_call(struct queue_sched *q, struct aml_task *task)
{
	const struct request_extra *extra = extra_of(task);
	int code = -AML_FAILURE;

	if (extra->skips) {
		q->drop(task);
		*request_result(task) = extra->code;
	} else {
		task->fn(task->in, task->out);
	}
	if (!extra->undone)
		code = *request_result(task);
	if (extra->callback != NULL)
		extra->callback(code, extra->callback_arg);
}

/* Call the function of a task. The lock must not be held. */
static void task_call(struct queue_sched *q, struct aml_task *task, bool has_slot)
{
	struct frame **const top = frame_top();
	struct frame frame = {.q = q, .task = task, .outer = *top, .has_slot = has_slot};

	*top = &frame;
	if (is_extended(task))
		extended_call(q, task);
	else
		task->fn(task->in, task->out);
	*top = frame.outer;
}

/* Run a part of a task, which may call code of the program. The lock must not be held. */
static void task_call_part(struct queue_sched *q, struct aml_task *task, unsigned part,
			   bool has_slot)
{
	struct frame **const top = frame_top();
	struct frame frame = {.q = q, .task = task, .outer = *top, .has_slot = has_slot};

	*top = &frame;
	q->part(task, part);
	*top = frame.outer;
}

/* The task has run: report it, and free what is not needed any more. */
static void task_close(struct queue_sched *q, struct aml_task *task)
{
	trace_finish(&q->trace, task);
	if (is_extended(task))
		extra_free_side(task);
}

/* Run a task that is not divisible. */
static void task_run_whole(struct queue_sched *q, struct aml_task *task, bool has_slot)
{
	uint64_t began = trace_start(&q->trace, task, TRACE_WHOLE);

	task_call(q, task, has_slot);
	trace_end(&q->trace, task, TRACE_WHOLE, began);
	task_close(q, task);
}

void queue_drop_unrun_locked(struct queue_sched *q, struct aml_task *task)
{
	q->beyond++;
	queue_release(q);
	if (is_extended(task)) {
		task_call(q, task, false);
		extra_free_side(task);
	} else {
		q->drop(task);
	}
	queue_acquire(q);
	q->beyond--;
	task->priv.active--;
}

void queue_end_unrun_locked(struct queue_sched *q, struct aml_task *task)
{
	task->priv.flags &= ~(unsigned)TASK_UNRUN;
	queue_drop_unrun_locked(q, task);
	/* It has a number, but counts as cancelled. */
	q->extra_parts += is_extended(task);
	queue_finish_locked(q, task);
	q->nfinished--;
	q->nfailed--;
	q->ncancelled++;
	queue_wake_locked(q);
}

/* Count a part that was taken of a task, or the task. */
static void count_taken_locked(struct queue_sched *q, const struct aml_task *task) REQUIRES(q)
{
	if (task->priv.parts > 1) {
		q->nbegun += task->priv.taken == 1;
		q->nbegun -= !has_untaken_part(task);
	} else if (!(task->priv.flags & TASK_REQUEST)) {
		q->plain.queued--;
	}
}

void queue_run_task_locked(struct queue_sched *q, struct aml_task *task, bool has_slot)
{
	bool divisible = task->priv.parts > 1;
	unsigned part = task->priv.taken++;
	uint64_t began;

	task->priv.state = TASK_RUNNING;
	task->priv.active++;
	count_taken_locked(q, task);
	if (!has_untaken_part(task))
		queue_leave_locked(q, task);
	queue_wake_locked(q);
	if (divisible) {
		/* With the lock held: no other thread can start another part before this event. */
		began = trace_start(&q->trace, task, part);
		queue_release(q);
		task_call_part(q, task, part, has_slot);
		trace_end(&q->trace, task, part, began);
	} else {
		queue_release(q);
		task_run_whole(q, task, has_slot);
	}
	queue_acquire(q);
	task->priv.active--;
	if (divisible)
		q->extra_parts++;
	if (has_untaken_part(task) || task->priv.active > 0)
		return;
	if (divisible) {
		/* No other thread touches the task any more. */
		queue_release(q);
		task_call(q, task, has_slot);
		task_close(q, task);
		queue_acquire(q);
		q->extra_parts--;
	}
	queue_finish_locked(q, task);
}

void queue_run_head_locked(struct queue_sched *q, uint64_t limit)
{
	q->running++;
	if (q->nworkers > 0 && queue_is_batch_locked(q, limit))
		queue_run_batch_locked(q, limit);
	else
		queue_run_task_locked(q, q->head, true);
	queue_free_slot_locked(q);
}

void queue_use_grant_locked(struct queue_sched *q, struct sleeper *me, uint64_t limit, bool runs)
{
	me->granted = false;
	if (runs && q->head != NULL) {
		q->running--;
		queue_run_head_locked(q, limit);
	} else {
		queue_free_slot_locked(q);
	}
}
