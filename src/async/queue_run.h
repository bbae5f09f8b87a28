/* SPDX-License-Identifier: BSD-3-Clause */
/* Running tasks. */
#ifndef ASYNC_QUEUE_RUN_H
#define ASYNC_QUEUE_RUN_H

#include "async/queue_state.h"

/* The innermost operator of the calling thread. */
extern __thread struct frame *queue_frame;

/*
 * Run a task, or its next part, with a slot that the caller has taken, or beyond the bound; no lock
 * is held meanwhile.
 */
void queue_run_task_locked(struct queue_sched *q, struct aml_task *task, bool has_slot) REQUIRES(q);
/*
 * Take the head, or its next part, or as a batch small tasks up to `limit`, and run it, with a slot
 * of its own; no lock is held meanwhile.
 */
void queue_run_head_locked(struct queue_sched *q, uint64_t limit) REQUIRES(q);

#endif /* ASYNC_QUEUE_RUN_H */
