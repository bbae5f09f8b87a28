/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A queue scheduler as the engine sees it: its lock, its free lists, and how to submit requests.
 * queue_wait.h has what waits for them, queue_begin.h what does without them.
 */
#ifndef ASYNC_QUEUE_SCHED_H
#define ASYNC_QUEUE_SCHED_H

#include "async/queue_request.h"
#include "trace/trace.h"

/*
 * What a worker's stack has room for, at least: a copy by the library, and the operators of a
 * program.
 */
enum { QUEUE_STACK_COPY = 64 << 10, QUEUE_STACK_OPERATORS = 256 << 10 };

struct queue_stats {
	size_t workers, queued, running;
	uint64_t finished, bytes;
};

void queue_lock(struct queue_sched *q) ACQUIRE(q);
void queue_unlock(struct queue_sched *q) RELEASE(q);

/* A request of free list `list`, or NULL. */
struct aml_task *queue_take_free_locked(struct queue_sched *q, unsigned list) REQUIRES(q);

/* Before anything is submitted: that function, and the size of the requests on each free list. */
void queue_set_requests(struct queue_sched *q, queue_part_fn part,
			const size_t sizes[QUEUE_FREE_LISTS]);

/* The traces of what is submitted here; the engine says how they are called. */
struct trace_source *queue_trace(struct queue_sched *q);

/*
 * Append a request with its public members filled in. It may start as soon as the lock is
 * released.
 */
void queue_submit_locked(struct queue_sched *q, struct aml_task *task,
			 const struct queue_request *request) REQUIRES(q);

/*
 * Put a request that one of these calls handed over on its free list. Destroy waits for this, so
 * each handed over must be given back.
 */
void queue_give_back(struct queue_sched *q, struct aml_task *task);

/* In a forked child: a request that belongs to the parent, off its list; NULL: no more. */
struct aml_task *queue_pop_orphan(struct queue_sched *q);

void queue_stats(struct queue_sched *q, struct queue_stats *stats);

#endif /* ASYNC_QUEUE_SCHED_H */
