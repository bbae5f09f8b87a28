/* SPDX-License-Identifier: BSD-3-Clause */
/* The pool of workers. */
#ifndef ASYNC_QUEUE_WORKER_H
#define ASYNC_QUEUE_WORKER_H

#include "async/queue_sched.h"

/*
 * Start the workers. -AML_EINVAL: the kernel does not let a worker run on its CPUs. -AML_ENOMEM:
 * out of memory or threads. No worker is left then.
 */
int queue_start_workers(struct queue_sched *q, const struct queue_attr *attr);

/*
 * Count the CPUs of a set that the process may use, by a thread that tries. The errors are those of
 * queue_start_workers(). Only to call before anything is created: the thread takes time.
 */
int queue_count_cpus(const struct affinity *cpus, size_t *n);

/*
 * End the workers: each ends when there is nothing to run. Join them and free their memory. In a
 * forked child, only free their memory.
 */
void queue_join_workers(struct queue_sched *q);

#endif /* ASYNC_QUEUE_WORKER_H */
