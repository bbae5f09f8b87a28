/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Posting extended requests. What they need beyond their slot is allocated before the lock is
 * taken: edges beyond the first, the numbers of operators to pass over, and the label.
 */
#include <stdlib.h>
#include <string.h>

#include "async/queue.h"
#include "async/queue_head.h"
#include "async/queue_held.h"
#include "async/queue_post.h"
#include "async/queue_run.h"

/* The parts of `side`, in this order. */
struct side_sizes {
	size_t edges, excluded, label; /* their numbers; of the label, bytes */
};

/* Count the operators of the scheduler on the stack of the calling thread. */
static size_t count_frames(const struct queue_sched *q)
{
	size_t n = 0;

	for (const struct frame *f = queue_frame; f != NULL; f = f->outer)
		n += f->q == q;
	return n;
}

static struct side_sizes side_sizes(const struct queue_sched *q, const struct queue_extras *extras)
{
	struct side_sizes sizes = {.edges = extras->chain};

	for (size_t i = 0; i < extras->nafter; i++)
		sizes.edges += extras->after[i] != NULL;
	if (extras->options & EXTRA_AFTER_ALL)
		sizes.excluded = count_frames(q);
	if (extras->label != NULL)
		sizes.label = strnlen(extras->label, QUEUE_LABEL_BYTES_MAX) + 1;
	return sizes;
}

bool queue_create_side(const struct queue_sched *q, const struct queue_extras *extras, void **side)
{
	const struct side_sizes sizes = side_sizes(q, extras);
	size_t bytes = sizes.excluded * sizeof(uint64_t) + sizes.label, edges = 0;

	*side = NULL;
	if (sizes.edges > 1 &&
	    __builtin_mul_overflow(sizes.edges, sizeof(struct task_edge), &edges))
		return false;
	if (__builtin_add_overflow(bytes, edges, &bytes))
		return false;
	if (bytes == 0)
		return true;
	*side = malloc(bytes);
	return *side != NULL;
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

void queue_fill_extra(const struct queue_sched *q, struct aml_task *task,
		      const struct queue_extras *extras, void *side, struct aml_task *before)
{
	const struct side_sizes sizes = side_sizes(q, extras);
	struct request_extra *extra = extra_of(task);
	size_t n = 0;
	char *rest = side;

	extra->edges = sizes.edges > 1 ? side : &extra->edge;
	if (sizes.edges > 1)
		rest += sizes.edges * sizeof(struct task_edge);
	for (size_t i = 0; i < extras->nafter; i++)
		if (extras->after[i] != NULL)
			extra->edges[n++].from = extras->after[i];
	if (extras->chain)
		extra->edges[n++].from = before;
	extra->nedges = n;
	extra->excluded = (uint64_t *)(void *)rest;
	extra->nexcluded = sizes.excluded;
	if (sizes.excluded > 0) {
		store_excluded(q, (uint64_t *)(void *)rest);
		rest += sizes.excluded * sizeof(uint64_t);
	}
	extra->label = NULL;
	if (sizes.label > 0) {
		memcpy(rest, extras->label, sizes.label - 1);
		rest[sizes.label - 1] = '\0';
		extra->label = rest;
	}
	extra->side = side;
	extra->walk = 0;
	extra->first_edge = 0;
	extra->needed = false;
	extra->urgent = false;
	extra->pending = 0;
	extra->callback = extras->callback;
	extra->callback_arg = extras->callback_arg;
	extra->tag = extras->tag;
	extra->code = 0;
	extra->options = (unsigned char)extras->options;
	extra->is_ready = false;
	extra->waits_for_all = false;
	extra->skips = false;
	extra->undone = false;
}

/* A request with a completion to come is posted. An operator that reaps may have to run it. */
static void enter_reaping_locked(struct queue_sched *q, struct request_extra *extra) REQUIRES(q)
{
	reaping_list_push(&q->reaping, extra);
	if (q->walkers.first == NULL)
		return;
	extra->urgent = true;
	urgent_list_push(&q->urgent, extra);
	q->chores = true;
}

void queue_post_locked(struct queue_sched *q, struct aml_task *task)
{
	const struct queue_request request = {
		.flags = task->priv.flags, .parts = task->priv.parts, .bytes = task->priv.bytes};
	bool held = false;

	queue_enter_locked(q, task, &request, TASK_QUEUED);
	if (is_extended(task)) {
		if (extra_of(task)->options & EXTRA_REAP)
			enter_reaping_locked(q, extra_of(task));
		held = queue_hold_locked(q, task);
	}
	if (!held)
		queue_attach_locked(q, task);
	trace_post(&q->trace, task);
	if (held && extra_of(task)->waits_for_all)
		queue_release_afters_locked(q);
}

void queue_posted_locked(struct queue_sched *q)
{
	queue_wake_again_locked(q);
}

void queue_free_extra(struct aml_task *task)
{
	if (is_extended(task))
		extra_free_side(task);
}

const char *queue_label(const struct aml_task *task)
{
	return is_extended(task) ? extra_of(task)->label : NULL;
}
