/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Posting extended requests. What they need beyond their slot is allocated before the lock is
 * taken: edges beyond the first, the numbers of operators to pass over, and the label.
 */
#include <stdlib.h>
#include <string.h>

#include "async/queue.h"
#include "async/queue_batch.h"
#include "async/queue_head.h"
#include "async/queue_held.h"
#include "async/queue_lock.h"
#include "async/queue_memory.h"
#include "async/queue_post.h"
#include "async/queue_run.h"

/* Count the operators of the scheduler on the stack of the calling thread. */
static size_t count_frames(const struct queue_sched *q)
{
	size_t n = 0;

	for (const struct frame *f = queue_frame; f != NULL; f = f->outer)
		n += f->q == q;
	return n;
}

/* Allocate `side`: the edges, the excluded operators, and the label, in this order. */
__attribute__((noinline)) static bool allocate_side(struct queue_extras *extras)
{
	size_t bytes = extras->nexcluded * sizeof(uint64_t) + extras->label_bytes, edges = 0;

	if (extras->options & EXTRA_AFTER_ALL)
		bytes += sizeof(struct task_after);
	if (extras->nedges > UINT32_MAX)
		return false;
	if (extras->nedges > 1 &&
	    __builtin_mul_overflow(extras->nedges, sizeof(struct task_edge), &edges))
		return false;
	if (__builtin_add_overflow(bytes, edges, &bytes))
		return false;
	extras->side = malloc(bytes);
	return extras->side != NULL;
}

bool queue_create_large_side(const struct queue_sched *q, struct queue_extras *extras)
{
	const struct aml_dma_post_attr *attr = extras->attr;

	for (size_t i = 0; i < attr->nafter; i++)
		extras->nedges += attr->after[i] != NULL;
	extras->nexcluded = extras->options & EXTRA_AFTER_ALL ? count_frames(q) : 0;
	extras->label_bytes = 0;
	if (extras->label != NULL)
		extras->label_bytes = strnlen(extras->label, QUEUE_LABEL_BYTES_MAX) + 1;
	return (extras->nedges <= 1 && !(extras->options & EXTRA_AFTER_ALL) &&
		extras->label_bytes == 0) ||
	       allocate_side(extras);
}

/* Store the numbers of the operators on the stack in ascending order. */
static void store_excluded(const struct queue_sched *q, uint64_t *excluded)
{
	size_t n = 0;

	for (const struct frame *f = queue_frame; f != NULL; f = f->outer) {
		size_t i = n;

		if (f->q != q)
			continue;
		for (; i > 0 && excluded[i - 1] > f->task->priv.seq; i--)
			excluded[i] = excluded[i - 1];
		excluded[i] = f->task->priv.seq;
		n++;
	}
}

/* Fill in what an extended request has in `side`, except for the edges. */
__attribute__((noinline)) static void fill_side(const struct queue_sched *q, struct aml_task *task,
						const struct queue_extras *extras)
{
	struct request_extra *extra = extra_of(task);

	extra->has_label = extras->label_bytes > 0;
	if (extras->options & EXTRA_AFTER_ALL) {
		extra_after(extra)->task = task;
		extra_after(extra)->nexcluded = extras->nexcluded;
		store_excluded(q, extra_excluded(extra));
	}
	if (extra->has_label) {
		memcpy(extra_label(extra), extras->label, extras->label_bytes - 1);
		extra_label(extra)[extras->label_bytes - 1] = '\0';
	}
}

void queue_fill_extra(const struct queue_sched *q, struct aml_task *task,
		      const struct queue_extras *extras, struct aml_task *before)
{
	const struct aml_dma_post_attr *attr = extras->attr;
	struct request_extra *extra = extra_of(task);
	struct task_edge *edges;
	size_t n = 0;

	extra->callback = attr->callback;
	extra->callback_arg = attr->callback_arg;
	extra->tag = attr->tag;
	extra->side = extras->side;
	extra->code = 0;
	extra->pending = 0;
	extra->nedges = (uint32_t)extras->nedges;
	extra->urgent = 0;
	extra->options = (unsigned char)extras->options;
	extra->has_label = false;
	extra->is_ready = false;
	extra->waits_for_all = false;
	extra->skips = false;
	extra->undone = false;
	extra->needed = false;
	extra->stuck = false;
	if (extras->nedges > 0) {
		edges = extra_edges(extra);
		for (size_t i = 0; i < attr->nafter; i++)
			if (attr->after[i] != NULL)
				edges[n++].from = task_of_handle(attr->after[i]);
		if (extras->chain)
			edges[n].from = before;
	}
	if (extras->side != NULL)
		fill_side(q, task, extras);
}

bool queue_promise_completion_locked(struct queue_sched *q)
{
	while (!completions_promise(&q->completions)) {
		struct completion_block *block;

		queue_release(q);
		block = completions_create_block();
		queue_acquire(q);
		if (block == NULL)
			return false;
		completions_add_block(&q->completions, block);
	}
	return true;
}

void queue_unmake_locked(struct queue_sched *q, struct aml_task *task)
{
	if (is_extended(task) && extra_of(task)->options & EXTRA_REAP)
		q->completions.promised--;
	queue_put_free_locked(q, task);
}

/* A request with a completion to come is posted. An operator that reaps may have to run it. */
static void enter_reaping_locked(struct queue_sched *q, struct request_extra *extra) REQUIRES(q)
{
	reaping_list_push(&q->reaping, extra);
	if (q->walkers.first == NULL)
		return;
	queue_urgent_locked(q, extra);
}

/* Enter an extended request. Return whether it is HELD. */
static bool enter_extended_locked(struct queue_sched *q, struct aml_task *task) REQUIRES(q)
{
	struct request_extra *extra = extra_of(task);

	if (extra->options & EXTRA_REAP)
		enter_reaping_locked(q, extra);
	return (extra->nedges > 0 || extra->options & EXTRA_AFTER_ALL) &&
	       queue_hold_locked(q, task);
}

void queue_post_locked(struct queue_sched *q, struct aml_task *first)
{
	uint64_t before = q->seq;
	struct aml_task *next;

	for (struct aml_task *task = first; task != NULL; task = next) {
		bool held;

		next = task->priv.next;
		task->priv.sched = q;
		task->priv.waiter = NULL;
		task->priv.seq = ++q->seq;
		task->priv.state = TASK_QUEUED;
		task->priv.taken = 0;
		task->priv.active = 0;
		task_list_push(&q->unfinished, task);
		held = is_extended(task) && enter_extended_locked(q, task);
		if (!held)
			queue_attach_locked(q, task);
		trace_post(&q->trace, task);
		if (held && extra_of(task)->waits_for_all)
			queue_release_afters_locked(q);
	}
	if (queue_frame == NULL)
		queue_help_locked(q, before);
	queue_wake_again_locked(q);
}

void queue_free_extra(struct aml_task *task)
{
	if (is_extended(task))
		extra_free_side(task);
}

const char *queue_label(const struct aml_task *task)
{
	return is_extended(task) && extra_of(task)->has_label ? extra_label(extra_of(task)) : NULL;
}
