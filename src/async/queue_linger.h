/* SPDX-License-Identifier: BSD-3-Clause */
/* The pause of a worker while a thread posts tiny tasks. */
#ifndef ASYNC_QUEUE_LINGER_H
#define ASYNC_QUEUE_LINGER_H

#include "async/queue_state.h"

/* A worker lingers if at least this number of tasks was posted since it looked last. */
enum { QUEUE_LINGER_POSTS_MIN = 4 };

/* What queue_linger_locked() does if QUEUE_LINGER_POSTS_MIN tasks were posted. */
void queue_linger_while_posted_locked(struct queue_sched *q, uint64_t *seen) REQUIRES(q);

/*
 * Before a worker looks at the head: linger while a thread posts tiny tasks. `*seen`: the newest
 * task when the worker looked last. The lock may be released meanwhile.
 */
static inline void queue_linger_locked(struct queue_sched *q, uint64_t *seen) REQUIRES(q)
{
	if (q->seq - *seen < QUEUE_LINGER_POSTS_MIN)
		*seen = q->seq;
	else
		queue_linger_while_posted_locked(q, seen);
}

#endif /* ASYNC_QUEUE_LINGER_H */
