/* SPDX-License-Identifier: BSD-3-Clause */
/* Schedulers across fork(). */
#ifndef ASYNC_QUEUE_FORK_H
#define ASYNC_QUEUE_FORK_H

#include "async/queue_request.h"

/*
 * Register the fork handlers of schedulers, once. Call this function before registering fork
 * handlers that take a lock under which schedulers are created. -AML_ENOMEM: out of memory.
 */
int queue_handle_fork(void);

/* Put a scheduler on the list of all. -AML_ENOMEM: the fork handlers cannot be registered. */
int queue_register(struct queue_sched *q);

/* Remove a scheduler from the list of all. */
void queue_unregister(struct queue_sched *q);

#endif /* ASYNC_QUEUE_FORK_H */
