/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The check of the invariants of queue_state.h. A library for tests, built with QUEUE_SHAKE, checks
 * them at each release of the lock. In any other library queue_check_locked() does nothing.
 */
#ifndef ASYNC_QUEUE_CHECK_H
#define ASYNC_QUEUE_CHECK_H

#include "async/queue_state.h"

#ifdef QUEUE_SHAKE
/* Print a message and abort if an invariant does not hold. */
void queue_check_locked(struct queue_sched *q) REQUIRES(q);
#else
static inline void queue_check_locked(struct queue_sched *q) REQUIRES(q)
{
	(void)q;
}
#endif

#endif /* ASYNC_QUEUE_CHECK_H */
