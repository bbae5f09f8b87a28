/* SPDX-License-Identifier: BSD-3-Clause */
/* The numbers of a scheduler's requests. */
#ifndef ASYNC_QUEUE_STATS_H
#define ASYNC_QUEUE_STATS_H

#include "async/queue_request.h"

struct queue_stats {
	/* As in struct aml_dma_linux_stats. */
	uint64_t posted, finished, failed, cancelled, bytes, parts;
	uint64_t workers, queued, held, running;
	uint64_t untaken; /* tasks with a part that nobody has taken */
	uint64_t active;  /* tasks and parts that run now, and are not blocked in a wait */
};

/* Store the numbers, all of the same moment. */
void queue_stats(struct queue_sched *q, struct queue_stats *stats);

#endif /* ASYNC_QUEUE_STATS_H */
