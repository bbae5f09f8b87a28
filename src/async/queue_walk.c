/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Walks over what a held request needs: its unfinished prerequisites, and theirs. A walk goes depth
 * first. It does not recurse: each request on the path from the target to the present one has, in
 * its extras, the one above it and the place in its edges.
 *
 * These members are shared by all walks. A walk begins with a new number, with which it marks what
 * it visits, and may be continued only if no later walk has begun (`last_walk`). A request on the
 * path of a walk that may be continued is HELD, because it waits for the task below it, which the
 * walk has returned; only a cancel can remove it, and counts as a later walk.
 *
 * A walk that finds nothing more has passed requests that were HELD because of a task that runs
 * elsewhere. If the thread has released the lock since the walk began, some of them may be ready
 * now, and a new walk must look again. Otherwise the thread sleeps. `needed` marks what walks have
 * visited: when such a request becomes ready, the sleeping threads that walk are called, see
 * queue_head.c.
 */
#include <stddef.h>

#include "async/queue_run.h"
#include "async/queue_walk.h"

static bool is_held(const struct aml_task *task)
{
	return task->priv.state == TASK_HELD;
}

/* Can the thread run the task, or end it? */
static bool can_advance(const struct aml_task *task)
{
	return can_run(task) || queue_is_unrun(task);
}

/* Enter a HELD request, from the one that needs it. */
static void walk_enter(struct request_extra *extra, struct request_extra *above, uint64_t number)
{
	/* Edges that have come to an end stay so. */
	while (extra->first_edge < extra->nedges &&
	       extra_edges(extra)[extra->first_edge].from == NULL)
		extra->first_edge++;
	extra->walk = number;
	extra->needed = true;
	extra->stuck = false;
	extra->above = above;
	extra->place = extra->first_edge;
}

/*
 * Look at the prerequisites of a HELD request, from its place on. Return one that can run. Or store
 * one that is HELD and was not visited in `*held`, and return NULL.
 */
static struct aml_task *look_at_edges_locked(struct request_extra *extra, uint64_t number,
					     struct aml_task **held)
{
	for (; extra->place < extra->nedges; extra->place++) {
		struct aml_task *from = extra_edges(extra)[extra->place].from;

		if (from == NULL)
			continue;
		if (can_advance(from))
			return from;
		if (is_held(from) && extra_of(from)->walk != number) {
			*held = from;
			return NULL;
		}
	}
	return NULL;
}

bool queue_walk_is_void_locked(const struct queue_sched *q, struct queue_walk *walk)
{
	if (walk->number == 0 || walk->number == q->last_walk)
		return false;
	*walk = (struct queue_walk){.number = 0};
	return true;
}

bool queue_walk_again(struct queue_walk *walk)
{
	if (walk->number == 0 || !walk->unlocked)
		return false;
	*walk = (struct queue_walk){.number = 0};
	return true;
}

struct aml_task *queue_walk_next_locked(struct queue_sched *q, struct queue_walk *walk,
					struct aml_task *target)
{
	if (can_advance(target))
		return target;
	if (walk->top == NULL && !is_held(target))
		return NULL;
	if (walk->number == 0)
		walk->number = ++q->last_walk;
	if (walk->top == NULL && is_held(target) && extra_of(target)->walk != walk->number) {
		walk_enter(extra_of(target), NULL, walk->number);
		walk->top = extra_of(target);
	}
	while (walk->top != NULL) {
		struct request_extra *top = walk->top;
		struct aml_task *held = NULL, *task = task_of(top);

		if (!is_held(task)) {
			walk->top = top->above;
			if (can_advance(task))
				return task;
			continue;
		}
		task = look_at_edges_locked(top, walk->number, &held);
		if (task != NULL)
			return task;
		if (held != NULL) {
			walk_enter(extra_of(held), top, walk->number);
			walk->top = extra_of(held);
			continue;
		}
		if (top->waits_for_all) {
			if (q->head != NULL && q->head->priv.seq < task_of(top)->priv.seq)
				return q->head;
			if (walk->below < task_of(top)->priv.seq)
				walk->below = task_of(top)->priv.seq;
		}
		walk->top = top->above;
	}
	return NULL;
}

/* Report whether a request waits for all, and one of the operators on the stack is among these. */
static bool waits_for_stack(const struct queue_sched *q, const struct request_extra *extra)
{
	size_t n = extra_after(extra)->nexcluded;

	for (const struct frame *f = queue_frame; f != NULL; f = f->outer) {
		uint64_t seq = f->task->priv.seq;
		size_t i = 0;

		if (f->q != q || seq >= task_of(extra)->priv.seq)
			continue;
		while (i < n && extra_excluded(extra)[i] != seq)
			i++;
		if (i == n)
			return true;
	}
	return false;
}

/* Report whether a request itself waits for an operator on the stack. */
static bool is_stuck(const struct queue_sched *q, struct request_extra *extra)
{
	for (size_t i = extra->first_edge; i < extra->nedges; i++) {
		const struct aml_task *from = extra_edges(extra)[i].from;

		if (from != NULL && from->priv.state == TASK_RUNNING && queue_on_stack(from))
			return true;
	}
	return extra->waits_for_all && waits_for_stack(q, extra);
}

/* Report whether a request that waits for all has an older one that waits for the stack. */
static bool has_stuck_before_locked(const struct queue_sched *q, const struct request_extra *extra)
	REQUIRES(q)
{
	/* If no operator was passed over, it waits for all of them itself. */
	if (extra_after(extra)->nexcluded == 0)
		return false;
	for (const struct aml_task *t = q->unfinished.first; t != task_of(extra); t = t->priv.next)
		if (is_held(t) && is_stuck(q, extra_of(t)))
			return true;
	return false;
}

/* All requests on the path to this one need the stack. */
static void mark_stuck(struct request_extra *extra)
{
	for (; extra != NULL; extra = extra->above)
		extra->stuck = true;
}

bool queue_needs_stack_locked(struct queue_sched *q, struct aml_task *task, uint64_t *check)
{
	struct request_extra *top = extra_of(task);

	if (*check == 0)
		*check = ++q->last_walk;
	if (top->walk == *check)
		return top->stuck;
	walk_enter(top, NULL, *check);
	while (top != NULL) {
		struct aml_task *from = NULL;

		if (top->place == top->first_edge &&
		    (is_stuck(q, top) || (top->waits_for_all && has_stuck_before_locked(q, top)))) {
			mark_stuck(top);
			return true;
		}
		for (; from == NULL && top->place < top->nedges; top->place++) {
			from = extra_edges(top)[top->place].from;
			if (from == NULL || !is_held(from)) {
				from = NULL;
			} else if (extra_of(from)->walk == *check) {
				if (extra_of(from)->stuck) {
					mark_stuck(top);
					return true;
				}
				from = NULL;
			}
		}
		if (from != NULL) {
			walk_enter(extra_of(from), top, *check);
			top = extra_of(from);
		} else {
			top = top->above;
		}
	}
	return false;
}
