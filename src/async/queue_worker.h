/* SPDX-License-Identifier: BSD-3-Clause */
/* The pool. */
#ifndef ASYNC_QUEUE_WORKER_H
#define ASYNC_QUEUE_WORKER_H

#include "async/queue_request.h"

/* Start `n` workers. -AML_ENOMEM: there are none. */
int queue_start_workers(struct queue_sched *q, size_t n);

/*
 * Tell all workers to end, once there is nothing to run; wait for them, and release their memory.
 * In a forked child there is only the memory.
 */
void queue_join_workers(struct queue_sched *q);

#endif /* ASYNC_QUEUE_WORKER_H */
