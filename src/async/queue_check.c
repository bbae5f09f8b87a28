/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The check of the invariants of queue_state.h, in a library for tests. The scheduler's state does
 * not show which thread runs a part, nor whose stack a sleeper lies on: the model (tests/model)
 * checks that.
 *
 * Walking a long list at each call would be slow: see can_afford().
 */
#ifdef QUEUE_SHAKE
#include <stdio.h>
#include <stdlib.h>

#include "async/queue.h"
#include "async/queue_bound.h"
#include "async/queue_check.h"
#include "async/queue_roster.h"

enum {
	/* The average of list elements that a call looks at: long lists are walked less often. */
	CHECK_STEPS_PER_CALL = 32,
	/* The elements that are looked at in a list of unknown length. */
	CHECK_FIRST_ELEMENTS = 32,
};

#define MUST(condition)                                                                         \
	do {                                                                                    \
		if (!(condition)) {                                                             \
			fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #condition); \
			abort();                                                                \
		}                                                                               \
	} while (0)

static bool is_request(const struct aml_task *task)
{
	return task->priv.flags & TASK_REQUEST;
}

/* The links of a task agree with the links of its neighbours. */
static void check_links(const struct task_list *list, const struct aml_task *task)
{
	const struct aml_task *next = task->priv.next, *prev = task->priv.prev;

	MUST(prev != NULL ? prev->priv.next == task : list->first == task);
	MUST(next != NULL ? next->priv.prev == task : list->last == task);
}

/* The task is QUEUED or RUNNING, and the numbers of its parts agree with that. */
static void check_unfinished(const struct aml_task *task)
{
	MUST(task->priv.state == TASK_QUEUED || task->priv.state == TASK_RUNNING ||
	     task->priv.state == TASK_HELD);
	MUST(task->priv.taken <= task->priv.parts);
	if (task->priv.state != TASK_RUNNING)
		MUST(task->priv.taken == 0 && task->priv.active == 0 && task->priv.parts > 0);
	else
		MUST(task->priv.taken > 0);
	/* queue_begin() does not set `active`. */
	if (!(task->priv.flags & TASK_ON_STACK))
		MUST(task->priv.active <= task->priv.taken);
}

/* `pending` agrees with what the request waits for. */
static void check_held(const struct aml_task *task)
{
	struct request_extra *extra = extra_of(task);
	size_t pending = extra->waits_for_all;

	for (size_t i = 0; i < extra->nedges; i++) {
		const struct task_edge *edge = &extra_edges(extra)[i];

		if (edge->from == NULL)
			continue;
		MUST(edge->to == task);
		MUST(edge->prev != NULL ? edge->prev->next == edge
					: task_edges(edge->from) == edge);
		pending++;
	}
	MUST(is_extended(task) && pending > 0 && extra->pending == pending);
	MUST(!extra->is_ready);
}

/* `unfinished` is in order, the head is its first task with an untaken part, the counts agree. */
static void check_queue_locked(const struct queue_sched *q) REQUIRES(q)
{
	const struct aml_task *head = NULL, *fifo = NULL;
	size_t queued = 0, unclaimed = 0, begun = 0, plain = 0, plain_queued = 0, unfinished = 0;
	size_t held = 0;
	uint64_t seq = 0;

	for (const struct aml_task *t = q->unfinished.first; t != NULL; t = t->priv.next) {
		check_links(&q->unfinished, t);
		check_unfinished(t);
		MUST(t->priv.seq > seq);
		seq = t->priv.seq;
		unfinished++;
		plain += !is_request(t);
		held += t->priv.state == TASK_HELD;
		if (can_run(t)) {
			bool is_ready = is_extended(t) && extra_of(t)->is_ready;

			MUST(!is_ready || fifo == NULL);
			queued++;
			begun += t->priv.taken > 0;
			plain_queued += !is_request(t);
			if (head == NULL)
				head = t;
			if (fifo == NULL && !is_ready)
				fifo = t;
		}
		if (t->priv.state == TASK_HELD)
			check_held(t);
		unclaimed += !is_request(t) && task_waiter(t) == NULL;
	}
	for (const struct aml_task *t = q->done.first; t != NULL; t = t->priv.next) {
		check_links(&q->done, t);
		MUST(t->priv.state == TASK_FINISHED && !is_request(t) && t->priv.waiter == NULL);
		unclaimed++;
	}
	MUST(seq <= q->seq);
	MUST(q->head == head && q->fifo == fifo);
	MUST(q->nqueued == queued && q->nbegun == begun && q->plain.queued == plain_queued);
	MUST(q->nheld == held);
	MUST(q->plain.submitted - q->plain.finished == plain);
	MUST(queue_unfinished_locked(q) == unfinished - plain);
	MUST(q->unclaimed == unclaimed);
}

/* The first requests of `failed` and `orphans` are in the right state. */
static void check_requests_locked(const struct queue_sched *q) REQUIRES(q)
{
	const struct aml_task *t = q->failed.first;

	for (int i = 0; t != NULL && i < CHECK_FIRST_ELEMENTS; t = t->priv.next, i++) {
		check_links(&q->failed, t);
		MUST(t->priv.state == TASK_FINISHED && is_request(t));
		MUST(t->priv.flags & TASK_UNREPORTED);
	}
	t = q->orphans.first;
	for (int i = 0; t != NULL && i < CHECK_FIRST_ELEMENTS; t = t->priv.next, i++) {
		check_links(&q->orphans, t);
		MUST(t->priv.state == TASK_ORPHAN && is_request(t));
	}
}

/* The lists of blocks contain what the blocks' bits say. */
static void check_blocks_locked(const struct queue_sched *q) REQUIRES(q)
{
	size_t blocks = 0, open = 0, idle = 0;

	for (const struct request_block *b = q->blocks.first; b != NULL; b = b->next_of_all) {
		MUST((uint32_t)__builtin_popcountll(b->free[0]) +
			     (uint32_t)__builtin_popcountll(b->free[1]) ==
		     b->nfree);
		MUST(b->nfree <= b->slots);
		blocks++;
		open += b->nfree > 0;
		idle += b->nfree == b->slots;
	}
	for (unsigned i = 0; i < QUEUE_FREE_LISTS; i++) {
		for (const struct request_block *b = q->open[i].first; b != NULL; b = b->next) {
			MUST(b->nfree > 0 && b->list == i);
			open--;
		}
	}
	MUST(open == 0 && blocks == q->nblocks);
	MUST(q->idle_bytes == idle * QUEUE_BLOCK_BYTES && q->idle_low <= q->idle_bytes);
	MUST(q->idle_bytes <= QUEUE_IDLE_BYTES_MAX);
}

/* The completion queue has as many places as were promised, and as many completions as it says. */
static void check_completions_locked(const struct queue_sched *q) REQUIRES(q)
{
	const struct completion_queue *c = &q->completions;
	size_t blocks = 0, before = 0, filled;

	for (const struct completion_block *b = c->first; b != NULL; b = b->next) {
		before += c->tail != NULL && blocks == before && b != c->tail;
		blocks++;
		MUST(b->next != NULL || b == c->last);
	}
	filled = c->tail != NULL ? before : blocks;
	MUST(blocks == c->blocks);
	MUST(c->read < COMPLETION_BLOCK_PLACES && c->write < COMPLETION_BLOCK_PLACES);
	MUST(filled * COMPLETION_BLOCK_PLACES + c->write == c->read + c->count);
	MUST(c->count <= c->promised && c->promised <= blocks * COMPLETION_BLOCK_PLACES - c->read);
}

static void check_slots_locked(const struct queue_sched *q) REQUIRES(q)
{
	MUST(q->slots == (q->nworkers > 0 ? q->nworkers : 1));
	MUST(q->running <= q->slots);
	MUST(q->resumers.first == NULL || q->running == q->slots);
	for (const struct sleeper *s = q->resumers.first; s != NULL; s = s->next)
		MUST(!s->done);
}

/* The lists of sleepers are right, and no poke is owed that could be paid. */
static void check_sleepers_locked(const struct queue_sched *q) REQUIRES(q)
{
	bool could_run = q->head != NULL && q->running < q->slots;
	uint64_t limit = 0;
	size_t idle = 0;

	for (const struct sleeper *s = q->idle; s != NULL; s = s->next) {
		MUST(!s->poked && !s->done);
		idle++;
	}
	MUST(idle <= q->nworkers);
	for (const struct sleeper *s = q->helpers.first; s != NULL; s = s->next_helper)
		MUST(q->nworkers == 0 && s->asleep);
	for (const struct sleeper *s = q->barriers.first; s != NULL; s = s->next) {
		MUST(!s->done && s->limit >= limit);
		limit = s->limit;
	}
	for (const struct sleeper *s = q->anys.first; s != NULL; s = s->next)
		MUST(!s->done && q->unclaimed > 0);
	if (could_run && !q->waking) {
		const struct sleeper *waiter = task_waiter(q->head);

		/* A waiter that is awake looks at the head before it sleeps. */
		if (waiter != NULL && !waiter->asleep && task_idle_roster(q->head) == NULL)
			return;
		MUST(q->idle == NULL &&
		     (waiter == NULL || !waiter->asleep || !sleeper_may_run_locked(q, waiter)));
		for (const struct sleeper *s = q->helpers.last; s != NULL; s = s->prev_helper)
			MUST(s->done || s->limit < q->head->priv.seq);
	}
}

/* Report whether the calls so far have saved enough steps for a walk of `length` steps. */
static bool can_afford(size_t length)
{
	static long saved;

	if (__atomic_add_fetch(&saved, CHECK_STEPS_PER_CALL, __ATOMIC_RELAXED) < (long)length)
		return false;
	__atomic_fetch_sub(&saved, (long)length, __ATOMIC_RELAXED);
	return true;
}

/* The members of rosters are at their places, and the finished ones in order. */
static void check_rosters_locked(const struct queue_sched *q) REQUIRES(q)
{
	for (const struct queue_roster *r = q->rosters.first; r != NULL; r = r->next) {
		size_t members = 0, finished = 0;
		uint32_t prev = ROSTER_NONE;
		uint64_t seq = 0;

		if (!can_afford(2 * r->n))
			continue;
		MUST(r->n <= r->room && r->sleeper.roster == r);
		MUST(r->busy || r->sleeper.done);
		for (size_t i = 0; i < r->n; i++) {
			const struct aml_task *t = task_of_handle(r->handles[i]);

			if (t == NULL)
				continue;
			MUST(task_waiter(t) == &r->sleeper && t->priv.index == i);
			members++;
			finished += has_finished(t);
		}
		MUST(members == r->members);
		for (uint32_t i = r->first; i != ROSTER_NONE; i = r->links[i].next) {
			const struct aml_task *t = task_of_handle(r->handles[i]);

			MUST(has_finished(t) && t->priv.seq > seq);
			MUST(r->links[i].prev == prev);
			seq = t->priv.seq;
			prev = i;
			finished--;
		}
		MUST(r->last == prev && finished == 0);
	}
}

void queue_check_locked(struct queue_sched *q)
{
	check_slots_locked(q);
	check_sleepers_locked(q);
	if (can_afford(q->nqueued + q->unclaimed + q->nheld))
		check_queue_locked(q);
	if (can_afford(q->completions.blocks))
		check_completions_locked(q);
	if (can_afford(2 * q->nblocks))
		check_blocks_locked(q);
	check_requests_locked(q);
	check_rosters_locked(q);
}
#endif
