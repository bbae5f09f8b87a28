/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A queue scheduler, as the engine sees it: its lock, its free lists, and the submission of
 * requests. queue_wait.h declares the calls that wait, queue_begin.h the way without a submission,
 * queue_stats.h the statistics.
 */
#ifndef ASYNC_QUEUE_SCHED_H
#define ASYNC_QUEUE_SCHED_H

#include "async/queue_request.h"
#include "machine/affinity.h"
#include "trace/trace.h"

/* The least room on a worker's stack: for the library's operators, and for custom operators. */
enum { QUEUE_STACK_COPY_BYTES = 64 << 10, QUEUE_STACK_OPERATORS_BYTES = 256 << 10 };

/* How to create a scheduler. */
struct queue_attr {
	size_t num_threads;
	const struct affinity *cpus; /* of the workers; NULL: as the creating thread */
	bool pin;                    /* worker i to the i-th CPU of `cpus`, which is not NULL */
	const char *name;            /* of the workers; NULL: aml-dma */
	size_t stack_bytes;          /* of a worker; raised if too small; 0: the default */
	size_t unfinished_max;       /* the bound on unfinished requests; 0: none */
};

/*
 * Create a scheduler. It needs none of the attributes later. -AML_EINVAL: no worker may run on its
 * CPUs. -AML_ENOMEM: out of memory or threads. On an error, everything is undone.
 */
int queue_create(struct aml_sched **sched, const struct queue_attr *attr);

void queue_lock(struct queue_sched *q) ACQUIRE(q);
/*
 * Report whether the calling thread may post n requests. -AML_EBUSY: they would exceed the bound on
 * unfinished requests now. -AML_EINVAL: n exceeds it by itself.
 */
int queue_may_post_locked(struct queue_sched *q, size_t n) REQUIRES(q);

/* Take the lock, also if the result is not AML_SUCCESS, and report the same. */
int queue_lock_to_post(struct queue_sched *q, size_t n) ACQUIRE(q);

void queue_unlock(struct queue_sched *q) RELEASE(q);

/* What a scheduler does with requests, and the size in bytes of those of each class. */
struct queue_requests {
	queue_part_fn part;
	queue_small_fn small;
	queue_drop_fn drop;
	size_t sizes[QUEUE_SIZES];
};

/* Set this before anything is submitted. */
void queue_set_requests(struct queue_sched *q, const struct queue_requests *requests);

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

#endif /* ASYNC_QUEUE_SCHED_H */
