/* SPDX-License-Identifier: BSD-3-Clause */
/* The pool of workers. */
#ifndef ASYNC_QUEUE_WORKER_H
#define ASYNC_QUEUE_WORKER_H

#include "async/queue_request.h"

/* Start `n` workers. -AML_ENOMEM: out of memory or threads, and no worker is left. */
int queue_start_workers(struct queue_sched *q, size_t n);

/*
 * End the workers: each ends when there is nothing to run. Join them and free their memory. In a
 * forked child, only free their memory.
 */
void queue_join_workers(struct queue_sched *q);

#endif /* ASYNC_QUEUE_WORKER_H */
