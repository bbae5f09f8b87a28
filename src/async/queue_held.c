/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Held requests. A request is HELD while `pending` is not 0. It waits for the edges of its
 * prerequisites and, with EXTRA_AFTER_ALL, on the list `afters`. No function here recurses: a
 * request that becomes ready only enters the queue.
 */
#include <stddef.h>

#include <aml/utils/error.h>

#include "async/queue_head.h"
#include "async/queue_held.h"

void queue_silence_skipped_locked(struct aml_task *task)
{
	task->priv.flags |= TASK_SILENT;
	task->priv.bytes = 0;
}

/* The last prerequisite has finished: if one has failed, the request does not run. */
static void decide_to_run_locked(struct aml_task *task)
{
	struct request_extra *extra = extra_of(task);

	if (extra->code == AML_SUCCESS || extra->options & EXTRA_ALWAYS)
		return;
	extra->skips = true;
	queue_silence_skipped_locked(task);
	task->priv.parts = 1;
}

/* A held request waits for one thing less. */
static void count_down_locked(struct queue_sched *q, struct aml_task *task) REQUIRES(q)
{
	if (--extra_of(task)->pending > 0)
		return;
	decide_to_run_locked(task);
	queue_ready_locked(q, task);
}

/* Report whether a task has neither finished nor been left to the parent process. */
static bool is_unfinished(const struct aml_task *task)
{
	return task->priv.state == TASK_HELD || task->priv.state == TASK_QUEUED ||
	       task->priv.state == TASK_RUNNING;
}

/* Link the edges of a request to prerequisites that have not finished. */
static void link_edges_locked(struct aml_task *task)
{
	struct request_extra *extra = extra_of(task);
	uint64_t first = UINT64_MAX; /* the number of the first one that failed */

	for (size_t i = 0; i < extra->nedges; i++) {
		struct task_edge *edge = &extra_edges(extra)[i];
		const struct aml_task *from = edge->from;
		const struct task_edge *last = task_edges(from);

		if (!is_unfinished(from)) {
			bool orphan = from->priv.state == TASK_ORPHAN;
			int code = orphan ? -AML_FAILURE : *request_result(from);

			edge->from = NULL;
			if (code != AML_SUCCESS && from->priv.seq < first) {
				first = from->priv.seq;
				extra->code = code;
			}
		} else if (last != NULL && last->to == task) {
			/* It was named before: its newest edge is that of this request. */
			edge->from = NULL;
		} else {
			edge->to = task;
			edge_link(edge);
			extra->pending++;
		}
	}
}

bool queue_hold_locked(struct queue_sched *q, struct aml_task *task)
{
	struct request_extra *extra = extra_of(task);

	link_edges_locked(task);
	if (extra->options & EXTRA_AFTER_ALL) {
		extra->waits_for_all = true;
		extra->pending++;
		after_list_push(&q->afters, extra_after(extra));
		q->settles = true;
	}
	if (extra->pending > 0) {
		task->priv.state = TASK_HELD;
		extra->walk = 0;
		extra->first_edge = 0;
		q->nheld++;
		return true;
	}
	decide_to_run_locked(task);
	return false;
}

void queue_release_held_locked(struct queue_sched *q, struct aml_task *task, int code)
{
	struct task_edge *edge = task_edges(task), *next;

	task_set_edges(task, NULL);
	for (; edge != NULL; edge = next) {
		struct request_extra *extra = extra_of(edge->to);

		next = edge->next;
		edge->from = NULL;
		if (extra->code == AML_SUCCESS)
			extra->code = code;
		count_down_locked(q, edge->to);
	}
}

struct aml_task *queue_next_of_chain_locked(const struct queue_sched *q,
					    const struct aml_task *task, bool head)
{
	const struct task_edge *edge = task_edges(task);
	const struct request_extra *extra;
	struct aml_task *next;

	if (edge == NULL || edge->next != NULL)
		return NULL;
	next = edge->to;
	extra = extra_of(next);
	if (extra->pending > 1 || (extra->code != AML_SUCCESS && !(extra->options & EXTRA_ALWAYS)))
		return NULL;
	if (head ? next != task->priv.next : q->head != NULL && q->head->priv.seq < next->priv.seq)
		return NULL;
	return next;
}

void queue_take_next_of_chain_locked(struct queue_sched *q, const struct aml_task *task,
				     struct aml_task *next)
{
	edge_unlink(task_edges(task));
	extra_of(next)->pending = 0;
	q->nheld--;
	queue_not_urgent_locked(q, extra_of(next));
	queue_prefetch_locked(q, next);
}

/*
 * Report whether everything before a request of `afters` has finished, except operators that it
 * passes over. Both are in ascending order.
 */
static bool all_before_finished_locked(const struct queue_sched *q,
				       const struct request_extra *extra) REQUIRES(q)
{
	const struct aml_task *task = q->unfinished.first;
	const uint64_t *excluded = extra_excluded(extra);
	size_t n = extra_after(extra)->nexcluded;

	for (size_t i = 0; task != task_of(extra); task = task->priv.next) {
		while (i < n && excluded[i] < task->priv.seq)
			i++;
		if (i == n || excluded[i] != task->priv.seq)
			return false;
	}
	return true;
}

void queue_release_afters_locked(struct queue_sched *q)
{
	struct task_after *after;

	/* A request that waits for all waits for the first of the list, too. */
	while ((after = q->afters.first) != NULL &&
	       all_before_finished_locked(q, extra_of(after->task))) {
		after_list_unlink(&q->afters, after);
		extra_of(after->task)->waits_for_all = false;
		count_down_locked(q, after->task);
	}
}

void queue_unhold_locked(struct queue_sched *q, struct aml_task *task)
{
	struct request_extra *extra = extra_of(task);

	q->nheld--;
	for (size_t i = 0; i < extra->nedges; i++)
		if (extra_edges(extra)[i].from != NULL)
			edge_unlink(&extra_edges(extra)[i]);
	if (extra->waits_for_all)
		after_list_unlink(&q->afters, extra_after(extra));
	extra->waits_for_all = false;
	extra->pending = 0;
	queue_not_urgent_locked(q, extra);
	/* A walk may be at the request: it must begin again. */
	q->last_walk++;
}
