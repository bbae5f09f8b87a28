/* SPDX-License-Identifier: BSD-3-Clause */
/* The calls that cancel. */
#ifndef ASYNC_QUEUE_CANCEL_H
#define ASYNC_QUEUE_CANCEL_H

#include "async/queue_request.h"

/*
 * Take a request out of the queue, or wait until it has finished. AML_SUCCESS: the request is on no
 * list, and the caller must give it back; `*ran` says whether its function was called. -AML_EINVAL
 * and -AML_EBUSY as for aml_sched_wait_task(): nothing has changed.
 */
int queue_cancel(struct queue_sched *q, struct aml_task *task, bool *ran);

#endif /* ASYNC_QUEUE_CANCEL_H */
