/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Work that the calling thread does at once instead of submitting it, at less cost. The work must
 * neither block, nor fail, nor call code of the program. The caller begins, which takes a slot,
 * does the work, and ends.
 */
#ifndef ASYNC_QUEUE_BEGIN_H
#define ASYNC_QUEUE_BEGIN_H

#include "async/queue_request.h"

/*
 * Begin. False: the work cannot begin, because tasks are queued or no slot is free. `waits`: the
 * calling thread would wait for the task. If not, the work must be short, and can begin only if
 * there are workers. `task` lies in the caller's frame; its public members are not used.
 */
bool queue_begin(struct queue_sched *q, struct aml_task *task, bool waits);

/* End what queue_begin() began. `bytes`: what the work moved. */
void queue_end(struct queue_sched *q, struct aml_task *task, uint64_t bytes);

/* The same for work that has failed. */
void queue_end_failed(struct queue_sched *q, struct aml_task *task);

/*
 * Begin with a request that was allocated, in a thread that does not wait. The caller fills in the
 * request before it releases the lock: a child that another thread forks meanwhile finds the
 * request among the orphans.
 */
bool queue_begin_locked(struct queue_sched *q, struct aml_task *task,
			const struct queue_request *request) REQUIRES(q);

/* End what queue_begin_locked() began. */
void queue_end_locked(struct queue_sched *q, struct aml_task *task) REQUIRES(q);

#endif /* ASYNC_QUEUE_BEGIN_H */
