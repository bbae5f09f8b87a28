/* SPDX-License-Identifier: BSD-3-Clause */
/* The wait for any request of a list. */
#ifndef ASYNC_QUEUE_ANY_H
#define ASYNC_QUEUE_ANY_H

#include "async/queue_group.h"

/*
 * See aml_dma_wait_any(). Store the index and the result of the request that was released. `count`
 * is 0 if there is none.
 */
int queue_wait_first(struct queue_sched *q, struct queue_wait_args *args, size_t *index,
		     int *result);

#endif /* ASYNC_QUEUE_ANY_H */
