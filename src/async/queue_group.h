/* SPDX-License-Identifier: BSD-3-Clause */
/* The waits for one or several requests beyond AML: with a deadline, for any, for all, for some. */
#ifndef ASYNC_QUEUE_GROUP_H
#define ASYNC_QUEUE_GROUP_H

#include <stddef.h>

#include "async/queue_request.h"

struct aml_task;

/* The arguments and the outputs of a wait for several requests. */
struct queue_wait_args {
	struct aml_dma_request **reqs; /* n handles, or NULL for no request */
	size_t n;
	size_t least;      /* of queue_wait_some() */
	uint64_t deadline; /* of queue_wait_some() */
	size_t *indices;   /* of queue_wait_some(): room for n. NULL: not stored */
	int *results;      /* room for n. NULL: not stored */
	size_t count;      /* stored: the number of requests that were released */
	/*
	 * Stored: released requests of the parent process, linked by priv.next. They are on no
	 * list, and the caller must give each one back.
	 */
	struct aml_task *orphans;
};

/*
 * Wait for a request until the deadline, and release it. AML_SUCCESS: `*result` is its result.
 * -AML_EBUSY: it has not finished. -AML_EINVAL, -AML_EPERM: see aml_dma_test(). -AML_FAILURE: the
 * request belongs to the parent process. It is on no list, and the caller must give it back.
 */
int queue_wait_until(struct queue_sched *q, struct aml_task *task, uint64_t deadline, int *result);

/*
 * See aml_dma_wait_any(). Store the index and the result of the request that was released. `count`
 * is 0 if there is none.
 */
int queue_wait_first(struct queue_sched *q, struct queue_wait_args *args, size_t *index,
		     int *result);

/* See aml_dma_wait_all(). */
int queue_wait_all(struct queue_sched *q, struct queue_wait_args *args);

/* See aml_dma_wait_some(). */
int queue_wait_some(struct queue_sched *q, struct queue_wait_args *args);

#endif /* ASYNC_QUEUE_GROUP_H */
