/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * In a library for tests (built with QUEUE_SHAKE), the invariants of queue_state.h are verified
 * whenever the lock is released; elsewhere queue_check_locked() is nothing.
 */
#ifndef ASYNC_QUEUE_CHECK_H
#define ASYNC_QUEUE_CHECK_H

#include "async/queue_state.h"

#ifdef QUEUE_SHAKE
/* Abort, with a message, if an invariant does not hold. */
void queue_check_locked(struct queue_sched *q) REQUIRES(q);
#else
static inline void queue_check_locked(struct queue_sched *q) REQUIRES(q)
{
	(void)q;
}
#endif

#endif /* ASYNC_QUEUE_CHECK_H */
