/* SPDX-License-Identifier: BSD-3-Clause */
/* Schedulers in a forked child. */
#ifndef ASYNC_QUEUE_FORK_H
#define ASYNC_QUEUE_FORK_H

#include "async/queue_request.h"

/*
 * Make sure that fork() keeps schedulers whole, before anybody registers fork handlers that
 * take a lock under which schedulers are made. -AML_ENOMEM.
 */
int queue_handle_fork(void);

/* Put a scheduler on the list of all; -AML_ENOMEM if fork handlers cannot be had. */
int queue_register(struct queue_sched *q);
void queue_unregister(struct queue_sched *q);

#endif /* ASYNC_QUEUE_FORK_H */
