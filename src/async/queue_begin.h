/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Doing at once what would be submitted, in the calling thread, at less cost: where the queue is
 * empty and a slot is free, and only what neither blocks, nor fails, nor calls code of a program's.
 * It begins, which takes the slot, does it, and ends. False: it cannot begin. A thread that does
 * not wait (`waits`) may do so only with what is short, and only where there are workers.
 *
 * `task` has no public members, and is nobody else's.
 */
#ifndef ASYNC_QUEUE_BEGIN_H
#define ASYNC_QUEUE_BEGIN_H

#include "async/queue_request.h"

bool queue_begin(struct queue_sched *q, struct aml_task *task, bool waits);
void queue_end(struct queue_sched *q, struct aml_task *task, uint64_t bytes);

/*
 * The same with a request of the allocator's, by a thread that does not wait. It is filled in
 * before the lock is let go: a child that is forked meanwhile has it among what is the parent's.
 */
bool queue_begin_locked(struct queue_sched *q, struct aml_task *task,
			const struct queue_request *request) REQUIRES(q);
void queue_end_locked(struct queue_sched *q, struct aml_task *task) REQUIRES(q);

#endif /* ASYNC_QUEUE_BEGIN_H */
