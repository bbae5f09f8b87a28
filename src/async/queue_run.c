/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Running tasks: the head of the queue as a whole, part by part, or as a batch of small tasks; and
 * single tasks ahead of their turn. A thread holds no lock while it runs the function or a part of
 * a task. Meanwhile it counts in `running`, or in `beyond` if it has no slot.
 */
#include <stddef.h>

#include <aml/utils/error.h>

#include "async/queue.h"
#include "async/queue_head.h"
#include "async/queue_held.h"
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

void queue_end_unrun_locked(struct queue_sched *q, struct aml_task *task)
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

/*
 * Report whether a task may join a batch: it is small, its seq is at most `limit`, and with the
 * `bytes` that the batch has already, it stays below the bound.
 */
static bool fits_batch(const struct aml_task *task, uint64_t limit, uint64_t bytes)
{
	return (task->priv.flags & TASK_SMALL) && task->priv.seq <= limit &&
	       bytes + task->priv.bytes <= QUEUE_BATCH_BYTES_MAX;
}

/* The small tasks that a thread has taken. */
struct task_batch {
	struct aml_task *tasks[QUEUE_BATCH_TASKS_MAX];
	bool follows[QUEUE_BATCH_TASKS_MAX]; /* the one before it is its prerequisite */
	size_t n, room;
	uint64_t bytes;
};

/* Append a task that was taken. */
static void batch_append(struct task_batch *batch, struct aml_task *task, bool follows)
{
	task->priv.state = TASK_RUNNING;
	task->priv.taken = 1;
	task->priv.active = 1;
	batch->bytes += task->priv.bytes;
	batch->follows[batch->n] = follows;
	batch->tasks[batch->n++] = task;
}

/* Take the requests that can follow the last one of the batch. `head`: see queue_held.h. */
static void take_chain_locked(struct queue_sched *q, struct task_batch *batch, uint64_t limit,
			      bool head) REQUIRES(q)
{
	while (batch->n < batch->room) {
		struct aml_task *last = batch->tasks[batch->n - 1], *next;

		next = queue_next_of_chain_locked(q, last, head);
		if (next == NULL || !fits_batch(next, limit, batch->bytes))
			return;
		queue_take_next_of_chain_locked(q, last, next);
		batch_append(batch, next, true);
	}
}

/* Return how many tasks a batch may have. */
static size_t batch_room_locked(const struct queue_sched *q) REQUIRES(q)
{
	size_t share = (q->nqueued + q->nheld) / q->slots;

	if (share < QUEUE_BATCH_TASKS)
		return QUEUE_BATCH_TASKS;
	return share < QUEUE_BATCH_TASKS_MAX ? share : QUEUE_BATCH_TASKS_MAX;
}

/* Take small tasks from the head, and requests that depend on the task before them only. */
static void take_batch_locked(struct queue_sched *q, struct task_batch *batch, uint64_t limit)
	REQUIRES(q)
{
	batch->n = 0;
	batch->room = batch_room_locked(q);
	batch->bytes = 0;
	while (batch->n < batch->room && q->head != NULL &&
	       fits_batch(q->head, limit, batch->bytes)) {
		struct aml_task *head = q->head;

		batch_append(batch, head, false);
		/* The search for the next head then finds these requests in the cache. */
		if (task_edges(head) != NULL)
			take_chain_locked(q, batch, limit, true);
		queue_leave_locked(q, head);
		take_chain_locked(q, batch, limit, false);
	}
}

/* The task before it in the batch has failed: if it is a prerequisite, the request does not run. */
static void fail_next_of_chain(struct aml_task *task, int code)
{
	struct request_extra *extra = extra_of(task);

	if (extra->options & EXTRA_ALWAYS)
		return;
	extra->skips = true;
	extra->code = code;
}

/* Run small tasks one after the other, with one slot. */
static void run_batch_locked(struct queue_sched *q, uint64_t limit) REQUIRES(q)
{
	struct task_batch batch;

	take_batch_locked(q, &batch, limit);
	queue_wake_locked(q);
	queue_release(q);
	for (size_t i = 0; i < batch.n; i++) {
		int before = batch.follows[i] ? *request_result(batch.tasks[i - 1]) : AML_SUCCESS;

		if (before != AML_SUCCESS)
			fail_next_of_chain(batch.tasks[i], before);
		task_run_whole(q, batch.tasks[i], true);
	}
	queue_acquire(q);
	for (size_t i = 0; i < batch.n; i++) {
		struct aml_task *task = batch.tasks[i];

		if (batch.follows[i] && extra_of(task)->skips)
			queue_silence_skipped_locked(task);
		task->priv.active = 0;
		queue_finish_locked(q, task);
	}
}

void queue_run_head_locked(struct queue_sched *q, uint64_t limit)
{
	q->running++;
	if (q->nworkers > 0 && fits_batch(q->head, limit, 0))
		run_batch_locked(q, limit);
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
