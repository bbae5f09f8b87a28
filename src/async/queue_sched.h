/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the DMA engine asks of a queue scheduler beyond the public interface: requests, which
 * are tasks with an int as output (0 is success) that barriers count and wait_any passes over.
 *
 * A request's memory begins with its task and came from malloc(). Finished requests go back to
 * one of the scheduler's free lists, from where the engine takes them again; where these are
 * long already, to free().
 *
 * Functions whose names end in _locked want the lock of queue_lock() held.
 */
#ifndef ASYNC_QUEUE_SCHED_H
#define ASYNC_QUEUE_SCHED_H

#include <stdbool.h>
#include <stdint.h>

#include <aml/utils/async.h>

#include "util/lock.h"

/* In the annotations it stands for its own lock. */
struct CAPABILITY queue_sched;

/* What a task is, in the low bits of aml_task.priv.flags. */
enum {
	TASK_REQUEST = 1 << 0,  /* an engine's request */
	TASK_OWNED = 1 << 1,    /* …without a handle: the scheduler releases it */
	TASK_ON_STACK = 1 << 2, /* …in its poster's frame: never released or listed */
	TASK_SMALL = 1 << 4,    /* …short, that neither blocks nor calls code of a program's */
};

/* The free lists: requests of one size each. */
enum { QUEUE_FREE_LISTS = 4 };

/* The number of the free list that a request returns to, from bit TASK_CLASS_SHIFT on. */
enum { TASK_CLASS_SHIFT = 8 };

/*
 * What a worker's stack has room for, at least: a copy by the library, and the operators of a
 * program.
 */
enum { QUEUE_STACK_COPY = 64 << 10, QUEUE_STACK_OPERATORS = 256 << 10 };

struct queue_stats {
	size_t workers, queued, running;
	uint64_t finished, bytes;
};

/* The scheduler behind an aml_sched of aml_queue_sched_create(). */
static inline struct queue_sched *queue_of(const struct aml_sched *sched)
{
	return (struct queue_sched *)sched->data;
}

void queue_lock(struct queue_sched *q) ACQUIRE(q);
void queue_unlock(struct queue_sched *q) RELEASE(q);

/* A request of free list `list`, or NULL. */
struct aml_task *queue_take_free_locked(struct queue_sched *q, unsigned list) REQUIRES(q);

/*
 * The function that runs a part of a divisible task, which has more than one. It neither blocks
 * nor submits. Once all parts that were taken have run, the task's own function is called, to
 * close it.
 */
typedef void (*queue_part_fn)(struct aml_task *task, unsigned part);

/* Before anything is submitted: that function, and the size of the requests on each free list. */
void queue_set_requests(struct queue_sched *q, queue_part_fn part,
			const size_t sizes[QUEUE_FREE_LISTS]);

/* The kind of a request in one word, for a trace: plain letters. */
typedef const char *(*queue_name_fn)(const struct aml_task *task);
void queue_set_name(struct queue_sched *q, queue_name_fn name);

/* What a request is to the scheduler. */
struct queue_request {
	unsigned flags; /* TASK_… and the free list's number */
	unsigned parts; /* 1: it is not divisible */
	uint64_t bytes; /* what it moves */
};

/*
 * Append a request with its public members filled in. It may start as soon as the lock is
 * released.
 */
void queue_submit_locked(struct queue_sched *q, struct aml_task *task,
			 const struct queue_request *request) REQUIRES(q);

/*
 * Wait for a request, store its result and put it on its free list. -AML_EINVAL or
 * -AML_EBUSY as aml_sched_wait_task(), the request as it was. -AML_FAILURE: it belongs to
 * the parent process and never runs here; it is on no list, and the caller's to release.
 */
int queue_wait(struct queue_sched *q, struct aml_task *task, int *result);

/*
 * Take a request out of the queue or wait until it has finished. On AML_SUCCESS it is on no
 * list, and the caller's to release; `*ran` tells whether its function was called.
 */
int queue_cancel(struct queue_sched *q, struct aml_task *task, bool *ran);

/*
 * Put a request that one of these calls handed over on its free list. Destroy waits for this, so
 * each handed over must be given back.
 */
void queue_give_back(struct queue_sched *q, struct aml_task *task);

/* Submit a request of TASK_ON_STACK and wait until it has finished. */
void queue_run(struct queue_sched *q, struct aml_task *task, const struct queue_request *request);

/*
 * Doing at once what would be submitted, in the calling thread, at less cost: where the queue is
 * empty and a slot is free, and only what neither blocks, nor fails, nor calls code of a program's.
 * It begins, which takes the slot, does it, and ends. False: it cannot begin. A thread that does
 * not wait (`waits`) may do so only with what is short, and only where there are workers.
 *
 * `task` has no public members, and is nobody else's.
 */
bool queue_begin(struct queue_sched *q, struct aml_task *task, bool waits);
void queue_end(struct queue_sched *q, struct aml_task *task, uint64_t bytes);

/*
 * The same with a request of the allocator's, by a thread that does not wait. It is filled in
 * before the lock is let go: a child that is forked meanwhile has it among what is the parent's.
 */
bool queue_begin_locked(struct queue_sched *q, struct aml_task *task,
			const struct queue_request *request) REQUIRES(q);
void queue_end_locked(struct queue_sched *q, struct aml_task *task) REQUIRES(q);

/* See aml_dma_barrier(). */
int queue_barrier(struct queue_sched *q);

/* Is the calling thread inside a task of this scheduler? */
bool queue_inside(const struct queue_sched *q);

/* In a forked child: a request that belongs to the parent, off its list; NULL: no more. */
struct aml_task *queue_pop_orphan(struct queue_sched *q);

void queue_stats(struct queue_sched *q, struct queue_stats *stats);

/*
 * Make sure that fork() keeps schedulers whole, before anybody registers fork handlers that
 * take a lock under which schedulers are made. -AML_ENOMEM.
 */
int queue_handle_fork(void);

/* The scheduler where a task was submitted. */
static inline struct queue_sched *queue_of_task(const struct aml_task *task)
{
	return (struct queue_sched *)task->priv.sched;
}

#endif /* ASYNC_QUEUE_SCHED_H */
