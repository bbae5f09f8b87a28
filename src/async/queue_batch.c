/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Batches: a thread takes several small tasks from the head, runs them without the lock, and
 * finishes all of them with the lock held once. Small tasks belong to requests that cannot fail,
 * and call no code of the program, so that no frame is needed while they run.
 *
 * Most batches are a row: tasks that follow each other in `unfinished`. No task can come between
 * them, and all of them leave the list in one step.
 */
#include <stddef.h>

#include <aml/utils/error.h>

#include "async/queue.h"
#include "async/queue_batch.h"
#include "async/queue_head.h"
#include "async/queue_held.h"
#include "async/queue_lock.h"
#include "async/queue_memory.h"

/* The small tasks that a thread has taken. */
struct task_batch {
	struct aml_task *tasks[QUEUE_BATCH_TASKS_MAX];
	bool follows[QUEUE_BATCH_TASKS_MAX]; /* the one before it is its prerequisite */
	size_t n, room;
	uint64_t bytes, bytes_max;
	bool is_row;
	bool is_near; /* the tasks are in the cache */
};

/*
 * Report whether a task may join a batch: it is small, its seq is at most `limit`, and with the
 * bytes that the batch has already, it stays below the bound.
 */
static bool fits_batch(const struct task_batch *batch, const struct aml_task *task, uint64_t limit)
{
	return (task->priv.flags & TASK_SMALL) && task->priv.seq <= limit &&
	       batch->bytes + task->priv.bytes <= batch->bytes_max;
}

/* Append a task that was taken. */
static void batch_append(struct task_batch *batch, struct aml_task *task, bool follows)
{
	task->priv.state = TASK_RUNNING;
	task->priv.taken = 1;
	task->priv.active = 1;
	batch->bytes += task->priv.bytes;
	batch->follows[batch->n] = follows;
	batch->is_row &= batch->n == 0 || task->priv.prev == batch->tasks[batch->n - 1];
	batch->tasks[batch->n++] = task;
}

/* Take the requests that can follow the last one of the batch. `head`: see queue_held.h. */
static void take_chain_locked(struct queue_sched *q, struct task_batch *batch, uint64_t limit,
			      bool head) REQUIRES(q)
{
	while (batch->n < batch->room) {
		struct aml_task *last = batch->tasks[batch->n - 1], *next;

		next = queue_next_of_chain_locked(q, last, head);
		if (next == NULL || !fits_batch(batch, next, limit))
			return;
		queue_take_next_of_chain_locked(q, last, next);
		batch_append(batch, next, true);
	}
}

/* Take the head, and requests that depend on it, or on each other, only. */
static void take_head_locked(struct queue_sched *q, struct task_batch *batch, uint64_t limit)
	REQUIRES(q)
{
	struct aml_task *head = q->head;

	batch_append(batch, head, false);
	/* The search for the next head then finds these requests in the cache. */
	if (task_edges(head) != NULL)
		take_chain_locked(q, batch, limit, true);
	queue_leave_locked(q, head);
	take_chain_locked(q, batch, limit, false);
}

/* Take tasks on which no request depends, one after the other, from `fifo`, which is the head. */
static void take_plain_locked(struct queue_sched *q, struct task_batch *batch, uint64_t limit)
	REQUIRES(q)
{
	struct aml_task *task = q->fifo;
	size_t before = batch->n;

	do {
		batch_append(batch, task, false);
		if (!batch->is_near)
			queue_prefetch_locked(q, task);
		if (is_extended(task))
			queue_not_urgent_locked(q, extra_of(task));
		do
			task = task->priv.next;
		while (task != NULL && !can_run(task));
	} while (task != NULL && batch->n < batch->room && fits_batch(batch, task, limit) &&
		 task_edges(task) == NULL);
	q->nqueued -= batch->n - before;
	q->fifo = task;
	q->head = task;
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
	batch->is_row = true;
	while (batch->n < batch->room && q->head != NULL && fits_batch(batch, q->head, limit)) {
		if (q->ready == NULL && task_edges(q->head) == NULL)
			take_plain_locked(q, batch, limit);
		else
			take_head_locked(q, batch, limit);
	}
}

/* Run a small task, or skip it. The lock must not be held. */
static void run_small(struct queue_sched *q, struct aml_task *task)
{
	uint64_t began = trace_start(&q->trace, task, TRACE_WHOLE);

	if (is_extended(task) && extra_of(task)->skips) {
		q->drop(task);
		*request_result(task) = extra_of(task)->code;
	} else {
		q->small(task);
	}
	trace_end(&q->trace, task, TRACE_WHOLE, began);
	trace_finish(&q->trace, task);
	if (is_extended(task) && extra_of(task)->side != NULL)
		extra_free_side(task);
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

static void run_tasks(struct queue_sched *q, const struct task_batch *batch)
{
	for (size_t i = 0; i < batch->n; i++) {
		if (batch->follows[i]) {
			int before = *request_result(batch->tasks[i - 1]);

			if (before != AML_SUCCESS)
				fail_next_of_chain(batch->tasks[i], before);
		}
		run_small(q, batch->tasks[i]);
	}
}

/* Remove the tasks of a batch from `unfinished`. */
static void unlink_batch_locked(struct queue_sched *q, const struct task_batch *batch) REQUIRES(q)
{
	struct aml_task *before = batch->tasks[0]->priv.prev;
	struct aml_task *after = batch->tasks[batch->n - 1]->priv.next;

	if (!batch->is_row) {
		for (size_t i = 0; i < batch->n; i++)
			task_list_unlink(&q->unfinished, batch->tasks[i]);
		return;
	}
	if (before != NULL)
		before->priv.next = after;
	else
		q->unfinished.first = after;
	if (after != NULL)
		after->priv.prev = before;
	else
		q->unfinished.last = before;
}

/* Report whether a request without extras has succeeded, and nobody waits for it. */
static bool is_quiet(const struct aml_task *task)
{
	return !is_extended(task) && task->priv.waiter == NULL &&
	       *request_result(task) == AML_SUCCESS;
}

static void finish_batch_locked(struct queue_sched *q, const struct task_batch *batch) REQUIRES(q)
{
	struct aml_task *owned[QUEUE_BATCH_TASKS_MAX];
	size_t nowned = 0;

	unlink_batch_locked(q, batch);
	for (size_t i = 0; i < batch->n; i++) {
		struct aml_task *task = batch->tasks[i];

		task->priv.active = 0;
		if (is_quiet(task)) {
			task->priv.seq = ++q->nfinished + q->ncancelled;
			task->priv.state = TASK_FINISHED;
			q->bytes += task->priv.bytes;
			if (task->priv.flags & TASK_OWNED)
				owned[nowned++] = task;
			continue;
		}
		if (batch->follows[i] && extra_of(task)->skips)
			queue_silence_skipped_locked(task);
		queue_file_locked(q, task);
	}
	queue_put_several_locked(q, owned, nowned);
	/* A barrier gets all failures before it learns that all is done. */
	if (q->settles)
		queue_settle_locked(q);
}

/*
 * Report whether the batch is short: its thread is on its way to what is left in the queue, and to
 * what comes meanwhile.
 */
static bool is_short_locked(const struct queue_sched *q, const struct task_batch *batch) REQUIRES(q)
{
	return batch->bytes <= QUEUE_SHORT_BYTES_MAX &&
	       (q->head == NULL ||
		((q->head->priv.flags & TASK_SMALL) && q->nqueued <= QUEUE_SHORT_TASKS_MAX));
}

/* Run a batch of tasks up to `limit`. At least one task fits. */
static void run_some_locked(struct queue_sched *q, struct task_batch *batch, uint64_t limit)
	REQUIRES(q)
{
	bool sets_out;

	take_batch_locked(q, batch, limit);
	sets_out = !q->waking && is_short_locked(q, batch);
	if (sets_out)
		queue_set_out_locked(q);
	else
		queue_wake_locked(q);
	queue_release(q);
	run_tasks(q, batch);
	queue_acquire(q);
	if (sets_out)
		q->waking = false;
	finish_batch_locked(q, batch);
}

void queue_run_batch_locked(struct queue_sched *q, uint64_t limit)
{
	struct task_batch batch;

	batch.bytes_max = QUEUE_BATCH_BYTES_MAX;
	batch.is_near = false;
	run_some_locked(q, &batch, limit);
}

void queue_help_locked(struct queue_sched *q, uint64_t limit)
{
	const struct aml_task *head = q->head;
	struct task_batch batch;

	if (q->nqueued + q->nheld < QUEUE_HELP_TASKS_MIN || head == NULL || !queue_is_tiny(head) ||
	    head->priv.seq > limit || q->running == q->slots || q->nworkers == 0)
		return;
	batch.bytes_max = QUEUE_HELP_BYTES_MAX;
	batch.is_near = true;
	q->running++;
	run_some_locked(q, &batch, limit);
	queue_free_slot_locked(q);
}
