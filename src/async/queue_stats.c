/* SPDX-License-Identifier: BSD-3-Clause */
/* The numbers of a scheduler's requests, from what it counts: see queue_state.h. */
#include "async/queue_stats.h"

#include "async/queue_bound.h"
#include "async/queue_lock.h"

void queue_stats(struct queue_sched *q, struct queue_stats *stats)
{
	queue_acquire(q);
	*stats = (struct queue_stats){
		.posted = q->seq - q->plain.submitted,
		.finished = q->nfinished - q->plain.finished,
		.failed = q->nfailed,
		.cancelled = q->ncancelled,
		.bytes = q->bytes,
		.workers = q->nworkers,
		.queued = q->nqueued - q->nbegun - q->plain.queued,
		.held = q->nheld,
		.running = queue_unfinished_locked(q),
		.untaken = q->nqueued,
		.active = q->running + q->beyond,
	};
	stats->parts = stats->finished + q->extra_parts;
	stats->running -= stats->queued + stats->held;
	queue_release(q);
}
