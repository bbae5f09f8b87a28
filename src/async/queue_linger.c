/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lingering: a worker that is awake stays away from the queue while a thread posts tiny tasks at a
 * high rate. The thread that posts finds all lines of the queue in its own cache. It runs most of
 * the tasks itself, when it helps or waits, or the worker takes many of them at once.
 *
 * The worker pauses for some time, looks how many tasks have been posted meanwhile, and pauses
 * again if the rate is still high. Each pause is twice as long as the one before, up to a bound. So
 * a task waits at most some microseconds longer, less than a sleeping worker needs to wake up. The
 * worker is on its way to the head meanwhile: it always looks at the end.
 *
 * Each look costs the thread that posts some hundred nanoseconds, and up to some thousand if it
 * finds the lock taken: see queue_lock.c. Shorter pauses would end too soon after such a delay.
 */
#include "async/queue_linger.h"
#include "async/queue.h"
#include "async/queue_batch.h"
#include "async/queue_lock.h"

enum {
	LINGER_NS_MIN = 4000,
	LINGER_NS_MAX = 16000,
	/* The rate is high if tasks come at shorter intervals, on average. */
	LINGER_INTERVAL_NS = LINGER_NS_MIN / QUEUE_LINGER_POSTS_MIN,
};

/* Report whether the queue has so little to do that a worker may stay away. */
static bool may_linger_locked(const struct queue_sched *q) REQUIRES(q)
{
	if (!q->spins || q->stop || q->callers > 0)
		return false;
	return q->head == NULL ||
	       (queue_is_tiny(q->head) && q->nqueued + q->nheld < QUEUE_BATCH_TASKS_MAX);
}

void queue_linger_while_posted_locked(struct queue_sched *q, uint64_t *seen)
{
	uint64_t ns = LINGER_NS_MIN, posts = q->seq - *seen;

	*seen = q->seq;
	while (posts * LINGER_INTERVAL_NS >= ns && may_linger_locked(q)) {
		uint64_t end = clock_ns() + ns;

		queue_set_out_locked(q);
		queue_release(q);
		while (clock_ns() < end)
			queue_pause_cpu();
		queue_acquire(q);
		q->waking = false;
		posts = q->seq - *seen;
		*seen = q->seq;
		if (ns < LINGER_NS_MAX)
			ns *= 2;
	}
}
