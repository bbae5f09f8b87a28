/* SPDX-License-Identifier: BSD-3-Clause */
/* The spin of an idle worker before it sleeps. */
#ifndef ASYNC_QUEUE_SPIN_H
#define ASYNC_QUEUE_SPIN_H

#include "async/queue_state.h"

/*
 * Determine whether the workers, which inherit the scheduling policy of the calling thread, may
 * spin. Reads files once in a process.
 */
void queue_spin_prepare(struct queue_sched *q);

/* Put an idle worker on the stack `idle`. Others come below one that spins. */
void queue_push_idle_locked(struct queue_sched *q, struct sleeper *me) REQUIRES(q);

/*
 * Spin until the idle worker is poked, at most QUEUE_SPIN_NS_MAX, if that is expected to be worth
 * it; see queue_spin.c. The lock is released meanwhile. The worker may be poked or not afterwards.
 */
void queue_spin_locked(struct queue_sched *q, struct sleeper *me) REQUIRES(q);

/* Learn from a poke that ended the idle time of a worker. */
void queue_spin_learn_locked(struct queue_sched *q, const struct sleeper *me) REQUIRES(q);

#endif /* ASYNC_QUEUE_SPIN_H */
