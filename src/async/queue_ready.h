/* SPDX-License-Identifier: BSD-3-Clause */
/* The heap of requests that became ready after the scan for the head had passed them. */
#ifndef ASYNC_QUEUE_READY_H
#define ASYNC_QUEUE_READY_H

#include "async/queue_extra.h"

/* Put a request into the heap. `*root` is the oldest request of the heap; NULL: it is empty. */
void ready_add(struct request_extra **root, struct request_extra *extra);

/* Take a request out of the heap. */
void ready_remove(struct request_extra **root, struct request_extra *extra);

#endif /* ASYNC_QUEUE_READY_H */
