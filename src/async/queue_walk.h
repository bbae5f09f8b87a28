/* SPDX-License-Identifier: BSD-3-Clause */
/* Walks over what a held request needs, for waits inside operators. */
#ifndef ASYNC_QUEUE_WALK_H
#define ASYNC_QUEUE_WALK_H

#include "async/queue_state.h"

/*
 * Return a task that can run, or is to be ended (queue_is_unrun()), and that `target` needs: the
 * target itself, or one of its prerequisites, or of theirs. NULL: all that it needs runs elsewhere.
 * The search continues where it stopped, as long as no other one has begun: a walk through all that
 * is needed takes linear time.
 */
struct aml_task *queue_walk_next_locked(struct queue_sched *q, struct queue_walk *walk,
					struct aml_task *target) REQUIRES(q);

/* Report whether a walk must begin again at the first target, because another one has begun. */
bool queue_walk_is_void_locked(const struct queue_sched *q, struct queue_walk *walk) REQUIRES(q);

/*
 * After a walk has found nothing more for the last target: report whether it must begin again,
 * because the thread has run something since it began.
 */
bool queue_walk_again(struct queue_walk *walk);

/*
 * Report whether a request needs, directly or through others, one whose operator is on the stack of
 * the calling thread. `*check` is 0 at the first call, and is kept for calls with other requests
 * while the lock is held: so that what they share is looked at once.
 */
bool queue_needs_stack_locked(struct queue_sched *q, struct aml_task *task, uint64_t *check)
	REQUIRES(q);

#endif /* ASYNC_QUEUE_WALK_H */
