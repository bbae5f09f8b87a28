/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The bound on unfinished requests. It is checked where a thread posts, with the lock that the post
 * needs anyway.
 */
#ifndef ASYNC_QUEUE_BOUND_H
#define ASYNC_QUEUE_BOUND_H

#include <aml/utils/error.h>

#include "async/queue_state.h"

/* Return the number of requests that were posted and have neither finished nor been cancelled. */
static inline uint64_t queue_unfinished_locked(const struct queue_sched *q) REQUIRES(q)
{
	return q->seq - q->nfinished - q->ncancelled - (q->plain.submitted - q->plain.finished);
}

/* queue_room_locked() for a scheduler that has a bound. */
int queue_bounded_room_locked(const struct queue_sched *q, size_t n) REQUIRES(q);

/* Report as queue_may_post_locked() whether the calling thread may post n requests. */
static inline int queue_room_locked(const struct queue_sched *q, size_t n) REQUIRES(q)
{
	return __builtin_expect(q->unfinished_max == 0, 1) ? AML_SUCCESS
							   : queue_bounded_room_locked(q, n);
}

#endif /* ASYNC_QUEUE_BOUND_H */
