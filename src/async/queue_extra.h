/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a request has beyond its task if it has prerequisites, a callback, a completion or a label:
 * an extended request. It lies in the same slot, just before the task, so that other requests do
 * not grow. The lock of the scheduler guards it, except the members that are constant from the
 * post on.
 *
 * Edges. An edge leads from a prerequisite to the request that is held because of it. The edges of
 * a request are an array: one edge in the request itself, or in `side`. While a prerequisite has
 * not finished, the edge is on the list of the prerequisite, whose head is hidden in the task's
 * member `waiter`: any request may become a prerequisite, and plain ones have no other room. The
 * list is doubly linked, so that a cancelled request can leave it.
 *
 * The member `side` is the one allocation of a request with several edges, a label, or
 * EXTRA_AFTER_ALL. The thread that has run the request, or gives it back, frees it without the
 * lock.
 */
#ifndef ASYNC_QUEUE_EXTRA_H
#define ASYNC_QUEUE_EXTRA_H

#include <stddef.h>
#include <stdlib.h>

#include "async/queue_request.h"
#include "util/list.h"

struct sleeper;

struct task_edge {
	struct aml_task *from;         /* the prerequisite; NULL: it has finished */
	struct aml_task *to;           /* the held request */
	struct task_edge *next, *prev; /* in the list of `from` */
	struct sleeper *waiter;        /* of `from`; valid in the first edge of the list */
};

/* Constant: what was asked for. */
enum {
	EXTRA_ALWAYS = 1 << 0,    /* run whatever the prerequisites returned */
	EXTRA_REAP = 1 << 1,      /* put the completion on the completion queue */
	EXTRA_AFTER_ALL = 1 << 2, /* everything posted before is a prerequisite */
};

/* In `side` of a request with EXTRA_AFTER_ALL. */
struct task_after {
	struct task_after *next, *prev; /* in `afters` */
	struct aml_task *task;          /* constant */
	size_t nexcluded;               /* the number of operators to pass over. Constant */
};

/*
 * The members that each extended request uses come last, next to the task. The others are set when
 * they are needed. A slot must not grow: an engine keeps as many slots after a burst as it has
 * memory for.
 */
struct request_extra {
	/* Of an unfinished request with EXTRA_REAP: its neighbours in `reaping`. */
	struct request_extra *next_reaping, *prev_reaping;
	/* Of walks, see queue_walk.c: the number of the last one, and the request above this one.
	 */
	uint64_t walk;
	struct request_extra *above;
	uint32_t place;      /* the next edge that the walk looks at */
	uint32_t first_edge; /* the edges before it have come to an end */
	union {
		struct task_edge edge; /* while it is HELD: the only edge; see extra_edges() */
		struct {
			/* While it is in the heap `ready`: its links, see queue_ready.c. */
			struct request_extra *ready_child, *ready_next, *ready_prev;
		};
	};

	void (*callback)(int result, void *arg); /* NULL: none. Constant */
	void *callback_arg;                      /* constant */
	uint64_t tag;                            /* of the completion. Constant */
	void *side;                              /* NULL: none */
	int code;                                /* of the first prerequisite that failed; or 0 */
	uint32_t pending;                        /* unfinished prerequisites; one for all before */
	uint32_t nedges;                         /* constant */
	uint32_t urgent;       /* the call of walkers that is due because of it; 0: none */
	unsigned char options; /* EXTRA_…. Constant */
	bool has_label;        /* constant */
	bool is_ready;         /* it is in the heap `ready` */
	bool waits_for_all;    /* it is in `afters` */
	bool skips;            /* it does not run: a prerequisite failed, or a cancel met it */
	bool undone;           /* a cancel has left parts undone */
	bool needed;           /* a walk has visited it */
	bool stuck;            /* it needs an operator on the stack of the thread that walks */
};

struct reaping_list {
	struct request_extra *first, *last;
};
DEFINE_LIST(reaping_list, struct request_extra, next_reaping, prev_reaping)

struct after_list {
	struct task_after *first, *last;
};
DEFINE_LIST(after_list, struct task_after, next, prev)

/* Report whether the task is an extended request. */
static inline bool is_extended(const struct aml_task *task)
{
	return task->priv.flags & TASK_EXTENDED;
}

/* Return what an extended request has beyond its task. */
static inline struct request_extra *extra_of(const struct aml_task *task)
{
	return (struct request_extra *)(uintptr_t)task - 1;
}

static inline struct aml_task *task_of(const struct request_extra *extra)
{
	return (struct aml_task *)(uintptr_t)(extra + 1);
}

_Static_assert(sizeof(struct request_extra) % _Alignof(struct aml_task) == 0,
	       "a task follows at once");

/*
 * The parts of `side`, in this order: struct task_after with EXTRA_AFTER_ALL; the edges, if there
 * are several; the numbers of the operators to pass over, in ascending order; the label.
 */

/* Return the part of a request with EXTRA_AFTER_ALL. */
static inline struct task_after *extra_after(const struct request_extra *extra)
{
	return (struct task_after *)extra->side;
}

/* Return the edges of a request that is HELD, or is being posted. */
static inline struct task_edge *extra_edges(struct request_extra *extra)
{
	size_t before = extra->options & EXTRA_AFTER_ALL ? sizeof(struct task_after) : 0;

	if (__builtin_expect(extra->nedges <= 1, 1))
		return &extra->edge;
	return (struct task_edge *)(void *)((char *)extra->side + before);
}

/* Return the first byte of `side` after the edges. */
static inline char *extra_behind_edges(const struct request_extra *extra)
{
	size_t before = extra->options & EXTRA_AFTER_ALL ? sizeof(struct task_after) : 0;

	if (extra->nedges > 1)
		before += extra->nedges * sizeof(struct task_edge);
	return (char *)extra->side + before;
}

/* Return the numbers of the operators to pass over. */
static inline uint64_t *extra_excluded(const struct request_extra *extra)
{
	return (uint64_t *)(void *)extra_behind_edges(extra);
}

/* Return the label of a request that has one. */
static inline char *extra_label(const struct request_extra *extra)
{
	bool all = extra->options & EXTRA_AFTER_ALL;

	return extra_behind_edges(extra) +
	       (all ? extra_after(extra)->nexcluded * sizeof(uint64_t) : 0);
}

/* Free `side` of an extended request, without the lock. */
static inline void extra_free_side(struct aml_task *task)
{
	free(extra_of(task)->side);
	extra_of(task)->side = NULL;
	extra_of(task)->has_label = false;
}

/*
 * The member priv.waiter of a task is the address of the sleeper that waits for the task. If other
 * requests depend on the task, it is the address of their first edge, plus one; the sleeper is then
 * in that edge.
 */

/* Return the first edge to a request that depends on the task. NULL: there is none. */
static inline struct task_edge *task_edges(const struct aml_task *task)
{
	char *waiter = task->priv.waiter;

	if (__builtin_expect(((uintptr_t)waiter & 1) == 0, 1))
		return NULL;
	return (struct task_edge *)(void *)(waiter - 1);
}

/* Return the sleeper that waits for the task. NULL: there is none. */
static inline struct sleeper *task_waiter(const struct aml_task *task)
{
	const struct task_edge *edge = task_edges(task);

	return edge != NULL ? edge->waiter : (struct sleeper *)task->priv.waiter;
}

/* Set the sleeper that waits for the task. NULL: none does. */
static inline void task_set_waiter(struct aml_task *task, struct sleeper *waiter)
{
	struct task_edge *edge = task_edges(task);

	if (edge != NULL)
		edge->waiter = waiter;
	else
		task->priv.waiter = waiter;
}

/* Set the first edge of the task. NULL: none; then keep the sleeper. */
static inline void task_set_edges(struct aml_task *task, struct task_edge *first)
{
	struct sleeper *waiter = task_waiter(task);

	task->priv.waiter = waiter;
	if (first == NULL)
		return;
	first->waiter = waiter;
	task->priv.waiter = (char *)first + 1;
}

/* Put an edge on the list of its prerequisite. */
static inline void edge_link(struct task_edge *edge)
{
	struct task_edge *next = task_edges(edge->from);

	task_set_edges(edge->from, edge);
	edge->next = next;
	edge->prev = NULL;
	if (next != NULL)
		next->prev = edge;
}

/* Take an edge off the list of its prerequisite. */
static inline void edge_unlink(struct task_edge *edge)
{
	if (edge->prev != NULL)
		edge->prev->next = edge->next;
	else
		task_set_edges(edge->from, edge->next);
	if (edge->next != NULL)
		edge->next->prev = edge->prev;
	edge->from = NULL;
}

#endif /* ASYNC_QUEUE_EXTRA_H */
