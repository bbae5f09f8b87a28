/* SPDX-License-Identifier: BSD-3-Clause */
/* The completion queue, and running the head for an event loop. */
#ifndef ASYNC_QUEUE_REAP_H
#define ASYNC_QUEUE_REAP_H

#include <stddef.h>

#include <aml/dma/completion.h>

#include "async/queue_request.h"

/* See aml_dma_reap(). */
int queue_reap(struct queue_sched *q, size_t n, struct aml_dma_completion *out, size_t least,
	       uint64_t deadline, size_t *count);

/* See aml_dma_progress(). */
int queue_progress(struct queue_sched *q, size_t most, size_t *ran);

/* See aml_dma_linux_eventfd(). */
int queue_eventfd(struct queue_sched *q);

#endif /* ASYNC_QUEUE_REAP_H */
