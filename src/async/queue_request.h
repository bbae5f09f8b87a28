/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a request is to the queue scheduler: a task with an int as output (0 is success) that
 * barriers count and wait_any passes over.
 *
 * A request's memory begins with its task and came from malloc(). Finished requests go back to
 * one of the scheduler's free lists, from where the engine takes them again. Where these are
 * long already, requests go to free().
 *
 * Functions whose names end in _locked need the scheduler's lock.
 */
#ifndef ASYNC_QUEUE_REQUEST_H
#define ASYNC_QUEUE_REQUEST_H

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

/* What the scheduler needs to know of a request. */
struct queue_request {
	unsigned flags; /* TASK_… and the free list's number */
	unsigned parts; /* 1: it is not divisible */
	uint64_t bytes; /* what it moves */
};

/*
 * The function that runs a part of a divisible task, which has more than one. It neither blocks
 * nor submits. Once all parts that were taken have run, the task's own function is called, to
 * close it.
 */
typedef void (*queue_part_fn)(struct aml_task *task, unsigned part);

/* The scheduler behind an aml_sched of aml_queue_sched_create(). */
static inline struct queue_sched *queue_of(const struct aml_sched *sched)
{
	return (struct queue_sched *)sched->data;
}

/* The scheduler where a task was submitted. */
static inline struct queue_sched *queue_of_task(const struct aml_task *task)
{
	return (struct queue_sched *)task->priv.sched;
}

#endif /* ASYNC_QUEUE_REQUEST_H */
