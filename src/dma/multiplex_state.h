/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The state of a multiplexer, shared by the files multiplex*.c of this folder. They stand above the
 * engine of linux.c, which is only one of the kinds of inner engines.
 *
 * Inner engines are used through the generic interface. Of two kinds the multiplexer knows more: of
 * the engine of linux.c and of multiplexers (multiplex_wait.c). It can ask both whether a request
 * has finished, or is on the stack of the calling thread; and it passes them plans, so that a copy
 * is planned once.
 *
 * Lock. One mutex guards the lists, the turns and figures of the engines, and the members of
 * requests that say so. With the mutex held, no code of an inner engine is called, except that the
 * engines of the library are asked for the state of a request. They never call the multiplexer with
 * a lock held, so the order of the locks is: outer multiplexer, inner multiplexer, queue.
 *
 * States of a request:
 *
 *     POSTING ──▶ POSTED ──▶ FINISHED ──▶ released
 *                  │  ▲
 *                  ▼  │
 *                 CLAIMED
 *
 * POSTING: the posting thread calls the inner engines, which store the handles of the parts. No
 * other thread may read these yet: it sleeps until the request is POSTED. The request is known to
 * the program from the start, because its operator may use its handle.
 * CLAIMED: one thread waits for the parts, or cancels them. It may read and write the parts without
 * the lock. It gives the request back POSTED if it was refused or its deadline has passed, and
 * FINISHED otherwise. Only the owner of the handle releases the request, or anybody if the request
 * has no handle. The owner's call fails if another thread has claimed the request for a wait. A
 * barrier's claim is not a wait: owners sleep until it is over. Such a claim is BARRED if it ends
 * at once, so that deadlines do not matter, and AWAITED otherwise.
 *
 * A barrier claims a request only for a moment, if it can: it names the parts as the prerequisites
 * of requests of its own, the *joins*, gives the request back, and waits for the joins. Otherwise
 * an operator that waits for the same request would sleep for a barrier that needs this operator.
 * Engines without aml_dma_post() have no joins; others may have no memory or no room for one. Then
 * the barrier gives the request back, too, and tests its parts now and then. It keeps its claim
 * only if an engine has no tests.
 *
 * Lists. `unfinished` has the requests that are not FINISHED, in the order of posting. `failed` has
 * FINISHED requests without a handle that failed, until a barrier reports them. `done` has all
 * other FINISHED requests: they wait for their owners. `owned` has those requests of `unfinished`
 * that are posted and have no handle, the one that was looked at last at the end.
 *
 * Memory. A request is one block, with its parts and their plans. The thread that releases it frees
 * it, without the lock. The end of the multiplexer frees what is on the lists.
 *
 * Sleepers. A thread that waits for a change of a request sleeps on its own condition variable, in
 * `sleepers`. Each change that may matter wakes all of them: there are few. Inside an operator of
 * an engine of linux.c, the thread sleeps as a sleeper of the operator's queue, which gives up the
 * operator's slot meanwhile: the change may need that slot.
 *
 * Fork. In the child, claims and posts of threads that do not exist there are undone
 * (multiplex_fork.c). The inner engines report the requests of the parent as failed.
 */
#ifndef DMA_MULTIPLEX_STATE_H
#define DMA_MULTIPLEX_STATE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <aml/dma.h>
#include <aml/dma/multiplex.h>

#include "plan/plan.h"
#include "util/list.h"
#include "util/lock.h"

struct numa;
struct queue_sched;
struct sleeper;

enum multiplex_request_state {
	MULTIPLEX_POSTING = 1,
	MULTIPLEX_POSTED,
	MULTIPLEX_CLAIMED, /* by a wait or a cancel */
	MULTIPLEX_BARRED,  /* CLAIMED for a moment, by a call that does not wait for it */
	MULTIPLEX_AWAITED, /* CLAIMED by a barrier, or by the end of the multiplexer */
	MULTIPLEX_FINISHED
};

/* A part of a request. The thread that has claimed the request may use it. */
struct multiplex_part {
	struct multiplex_request *request;
	struct copy_plan *plan; /* in the block of the request; NULL: the part has none */
	size_t from, to;        /* its share of a split copy, see copy_plan_share() */
	aml_dma_operator op;    /* of a custom operator, see multiplex_operator.c */
	void *op_arg;
	uint64_t bytes; /* that it moves; 0: not known */
	size_t engine;  /* the number of its inner engine */
	int code;       /* its result, once `done` */
	bool done;
	bool cancelled; /* it is `done` because it was cancelled */
	bool ending;    /* an inner engine is called that may release its request */
	bool timed;     /* multiplex_note_finish() is called when it has finished */
};

struct multiplex_request {
	struct aml_dma_multiplex_request pub;
	struct multiplex *owner; /* constant until the request is released */
	/* Guarded by the lock. */
	struct multiplex_request *next, *prev; /* in one of the lists */
	struct multiplex_request *next_owned;  /* in `owned` */
	struct multiplex_request *prev_owned;
	uint64_t seq; /* its place in the order of posting */
	enum multiplex_request_state state;
	bool listed;    /* a call that checks its list has seen it */
	bool filed;     /* it is on `failed` */
	bool orphan;    /* in a forked child: of the parent. No barrier reports its failure */
	pthread_t user; /* the thread that posts it or has claimed it */
	/* Constant. */
	bool framed;                            /* it lies in the frame of a synchronous copy */
	bool detached;                          /* it has no handle */
	const struct multiplex_request *parent; /* of another multiplexer, whose part it is */
	/* Once FINISHED. */
	int code;

	struct multiplex_part parts[]; /* pub.count; then the arrays of `pub`, then plans */
};

struct multiplex_list {
	struct multiplex_request *first, *last;
};
DEFINE_LIST(multiplex_list, struct multiplex_request, next, prev)

struct multiplex_owned_list {
	struct multiplex_request *first, *last;
};
DEFINE_LIST(multiplex_owned_list, struct multiplex_request, next_owned, prev_owned)

/* A thread that sleeps until a request changes. */
struct multiplex_sleeper {
	pthread_cond_t wakeup;
	struct multiplex_sleeper *next, *prev;
	bool woken;
	struct queue_sched *queue; /* of the operator that sleeps; NULL: it is on `wakeup` */
	struct sleeper *inside; /* on the stack of this operator. Guarded by the lock of `queue` */
};

struct multiplex_sleepers {
	struct multiplex_sleeper *first, *last;
};
DEFINE_LIST(multiplex_sleepers, struct multiplex_sleeper, next, prev)

/* What the measurement of an inner engine has found, without weights. */
struct multiplex_rate {
	uint64_t moved;   /* bytes that were posted since the last look */
	uint64_t timed;   /* bytes of finished parts that were timed */
	uint64_t busy_ns; /* the time in which such parts were posted and not finished */
	uint64_t busy_since;
	size_t active; /* timed parts that are posted and not finished */
};

/* An inner engine. All but `dma` is guarded by the lock. */
struct multiplex_engine {
	struct aml_dma *dma;
	ptrdiff_t credit; /* of its turns, see multiplex_turn.c */
	size_t owed;      /* turns that were given back, because a post failed */
	uint64_t requests, parts, bytes, failed; /* whole requests, parts of split ones, … */
	struct multiplex_rate rate;
};

struct CAPABILITY multiplex {
	struct aml_dma dma;
	struct aml_dma_multiplex_data data;

	struct lock lock;
	struct multiplex_list unfinished, failed, done;
	struct multiplex_owned_list owned;
	struct multiplex_sleepers sleepers;
	uint64_t seq;                        /* of the last request */
	size_t callers;                      /* threads inside a call that claims or sleeps */
	struct multiplex_sleeper *destroyer; /* the thread that waits until there are none */
	size_t owed;                         /* of all engines */
	uint64_t posted; /* bytes since the weights were last computed; without weights */
	bool measured;   /* the weights were computed once */
	/* Constant. */
	bool adapts;       /* there are no weights from the program */
	bool ends;         /* it owns its inner engines */
	struct numa *numa; /* the nodes of the inner engines, owned; NULL: it goes by weights */
	size_t *shares;    /* the weights divided by their greatest common divisor */
	size_t total;      /* their sum */

	struct multiplex *next_of_all, *prev_of_all; /* see multiplex_fork.c */
	struct multiplex_engine engines[];
};

/* Return the multiplexer with this data. */
static inline struct multiplex *multiplex_of(const struct aml_dma_data *data)
{
	return (struct multiplex *)(void *)((char *)(uintptr_t)data -
					    offsetof(struct multiplex, data));
}

/* May an inner engine get requests? Weights that adapt are above 0, and others do not change. */
static inline bool multiplex_uses_engine(const struct multiplex *m, size_t i)
{
	return m->adapts || m->shares[i] > 0;
}

static inline void multiplex_acquire(struct multiplex *m) ACQUIRE(m) NOT_ANALYSED
{
	lock_acquire(&m->lock);
}

static inline void multiplex_release(struct multiplex *m) RELEASE(m) NOT_ANALYSED
{
	lock_release(&m->lock);
}

#endif /* DMA_MULTIPLEX_STATE_H */
