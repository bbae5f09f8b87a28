/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Requests, as the queue scheduler sees them. A request is a task whose output is an int (0 is
 * success). Barriers count requests, and wait_any passes over them.
 *
 * A request begins with its task. The scheduler provides the memory of requests and reuses it: see
 * queue_memory.c.
 *
 * Functions whose names end in _locked need the scheduler's lock.
 */
#ifndef ASYNC_QUEUE_REQUEST_H
#define ASYNC_QUEUE_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include <aml/utils/async.h>

#include "util/lock.h"

/* A handle. A request begins with its task. */
struct aml_dma_request;

/* In lock annotations, a scheduler stands for its own lock. */
struct CAPABILITY queue_sched;

/* The kind of a task, in the low bits of aml_task.priv.flags. */
enum {
	TASK_REQUEST = 1 << 0,  /* a request of an engine */
	TASK_OWNED = 1 << 1,    /* a request without a handle: the scheduler releases it */
	TASK_ON_STACK = 1 << 2, /* a request in the frame of its poster: never freed or reused */
	TASK_SMALL = 1 << 4,    /* a short request that neither blocks nor calls program code */
	TASK_EXTENDED = 1 << 5, /* a request with a struct request_extra */
};

/*
 * The number of sizes of requests. The free memory of each size is a free list of blocks, and that
 * of extended requests of each size another one.
 */
enum { QUEUE_SIZES = 4, QUEUE_FREE_LISTS = 2 * QUEUE_SIZES };

/*
 * From these bits of the flags on: the number of the free list that the request goes to, and of its
 * slot in its block. They are set in the memory that the scheduler provides: see
 * queue_take_free_locked().
 */
enum { TASK_CLASS_SHIFT = 8, TASK_SLOT_SHIFT = 16 };

/* The description of a request for the scheduler. */
struct queue_request {
	unsigned flags; /* TASK_…, the number of the free list, and of the slot */
	unsigned parts; /* 1: the request is not divisible */
	uint64_t bytes; /* the bytes that the request moves */
};

/*
 * Run a part of a divisible task. The function may do what the function of a task may do. Several
 * threads call it at once. After all taken parts have run, the scheduler calls the task's own
 * function, which closes the task.
 */
typedef void (*queue_part_fn)(struct aml_task *task, unsigned part);

/*
 * Run a small request, which cannot fail. The function calls no code of the program, and does not
 * use the scheduler.
 */
typedef void (*queue_small_fn)(struct aml_task *task);

/*
 * Close a request that does not run: release what it owns, and mark it as done. It is called
 * without the lock.
 */
typedef void (*queue_drop_fn)(struct aml_task *task);

/* Return the scheduler behind an aml_sched of aml_queue_sched_create(). */
static inline struct queue_sched *queue_of(const struct aml_sched *sched)
{
	return (struct queue_sched *)sched->data;
}

/* Return the scheduler that a task was submitted to. */
static inline struct queue_sched *queue_of_task(const struct aml_task *task)
{
	return (struct queue_sched *)task->priv.sched;
}

#endif /* ASYNC_QUEUE_REQUEST_H */
