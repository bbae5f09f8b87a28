/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The bound on unfinished requests. It is checked where a thread posts, with the lock that the post
 * needs anyway.
 */
#ifndef ASYNC_QUEUE_BOUND_H
#define ASYNC_QUEUE_BOUND_H

#include <aml/utils/error.h>

#include "async/queue_run.h"
#include "async/queue_state.h"

/* Return the number of requests that were posted and have neither finished nor been cancelled. */
static inline uint64_t queue_unfinished_locked(const struct queue_sched *q) REQUIRES(q)
{
	return q->seq - q->nfinished - q->ncancelled - (q->plain.submitted - q->plain.finished);
}

/* Report as queue_may_post_locked() whether the calling thread may post n requests. */
static inline int queue_room_locked(const struct queue_sched *q, size_t n) REQUIRES(q)
{
	uint64_t unfinished;

	if (q->unfinished_max == 0 || queue_frame != NULL)
		return AML_SUCCESS;
	if (n > q->unfinished_max)
		return -AML_EINVAL;
	/* Requests that were not refused may exceed the bound. */
	unfinished = queue_unfinished_locked(q);
	if (unfinished >= q->unfinished_max || n > q->unfinished_max - unfinished)
		return -AML_EBUSY;
	return AML_SUCCESS;
}

#endif /* ASYNC_QUEUE_BOUND_H */
