/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A queue scheduler, as the engine sees it: its lock, its free lists, and the submission of
 * requests. queue_wait.h declares the calls that wait, queue_begin.h the way without a submission.
 */
#ifndef ASYNC_QUEUE_SCHED_H
#define ASYNC_QUEUE_SCHED_H

#include "async/queue_request.h"
#include "trace/trace.h"

/* The least room on a worker's stack: for a copy by the library, and for custom operators. */
enum { QUEUE_STACK_COPY_BYTES = 64 << 10, QUEUE_STACK_OPERATORS_BYTES = 256 << 10 };

struct queue_stats {
	size_t workers, queued, running;
	uint64_t finished, bytes; /* tasks, and what successful requests moved */
};

void queue_lock(struct queue_sched *q) ACQUIRE(q);
void queue_unlock(struct queue_sched *q) RELEASE(q);

/*
 * Set the functions that run parts and release what requests own, and the size in bytes of the
 * requests of each class. Call this function before anything is submitted.
 */
void queue_set_requests(struct queue_sched *q, queue_part_fn part, queue_drop_fn drop,
			const size_t sizes[QUEUE_SIZES]);

/* Return the trace source of the scheduler. The engine sets the function that names tasks. */
struct trace_source *queue_trace(struct queue_sched *q);

/*
 * Append a request whose public members are filled in. It can start as soon as the lock is
 * released.
 */
void queue_submit_locked(struct queue_sched *q, struct aml_task *task,
			 const struct queue_request *request) REQUIRES(q);

/*
 * Release the memory of a request that queue_cancel(), queue_wait() or queue_pop_orphan() handed to
 * the caller. Each such request must be given back: aml_queue_sched_destroy() waits for it.
 */
void queue_give_back(struct queue_sched *q, struct aml_task *task);

/*
 * In a forked child: take a request that belongs to the parent off its list, for the caller to give
 * back. NULL: there is none.
 */
struct aml_task *queue_pop_orphan(struct queue_sched *q);

/* Store the present numbers of the scheduler. */
void queue_stats(struct queue_sched *q, struct queue_stats *stats);

#endif /* ASYNC_QUEUE_SCHED_H */
