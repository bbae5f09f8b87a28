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

/*
 * Cancel every HELD or QUEUED request of which no part has started, except those in the frame of
 * their poster. They finish at once with -AML_FAILURE, and their callbacks are called. Return their
 * number.
 */
size_t queue_cancel_all(struct queue_sched *q);

#endif /* ASYNC_QUEUE_CANCEL_H */
