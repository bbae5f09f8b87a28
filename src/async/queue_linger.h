/* SPDX-License-Identifier: BSD-3-Clause */
/* The pause of a worker while a thread posts tiny tasks. */
#ifndef ASYNC_QUEUE_LINGER_H
#define ASYNC_QUEUE_LINGER_H

#include "async/queue_state.h"

/*
 * Before a worker looks at the head: linger while a thread posts tiny tasks. `*seen`: the newest
 * task when the worker looked last. The lock may be released meanwhile.
 */
void queue_linger_locked(struct queue_sched *q, uint64_t *seen) REQUIRES(q);

#endif /* ASYNC_QUEUE_LINGER_H */
