/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Waiting for the lock of a scheduler. A thread holds the lock for some hundred nanoseconds, while
 * sleeping and being woken takes some thousand. So a thread that finds the lock taken tries again
 * several times before it sleeps. On one CPU it sleeps at once, because the thread that holds the
 * lock could not continue.
 *
 * Between later tries, the thread does not touch the lock for much longer than the lock is held.
 * Each try takes the cache line of the lock, and of the data that it guards, from the thread that
 * works with them. Meanwhile that thread takes the lock several times more, and finds all of it in
 * its own cache.
 */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#include "async/queue_lock.h"
#include "async/queue_memory.h"
#include "util/clock.h"

/*
 * The number of tries, and the pause before each one. The first pause is shorter: a thread that
 * only looks at the queue, or finishes a short batch, holds the lock once for some hundred
 * nanoseconds, and does not take it again soon.
 */
enum { LOCK_TRIES = 4, LOCK_FIRST_PAUSE_NS = 400, LOCK_PAUSE_NS = 2400 };

bool queue_may_spin(void)
{
	cpu_set_t cpus;

	/* The call fails if the machine has more CPUs than the set has room for. */
	return sched_getaffinity(0, sizeof(cpus), &cpus) != 0 || CPU_COUNT(&cpus) > 1;
}

void queue_await_lock(struct queue_sched *q) NOT_ANALYSED
{
	for (int i = 0; q->spins && i < LOCK_TRIES; i++) {
		uint64_t end = clock_ns() + (i > 0 ? LOCK_PAUSE_NS : LOCK_FIRST_PAUSE_NS);

		while (clock_ns() < end)
			queue_pause_cpu();
		if (lock_try(&q->lock))
			return;
	}
	lock_acquire(&q->lock);
}

/*
 * The write never blocks. If the counter of the descriptor is full, the descriptor is readable
 * anyway. The lock is held, so that the descriptor is not closed meanwhile. A cancelled thread must
 * not end here: write() is a cancellation point.
 */
void queue_signal_locked(struct queue_sched *q)
{
	uint64_t signals = q->signals;
	int saved, cancel_state;

	if (signals == 0)
		return;
	q->signals = 0;
	saved = errno;
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
	if (write(q->eventfd, &signals, sizeof(signals)) < 0)
		errno = saved;
	pthread_setcancelstate(cancel_state, NULL);
}

void queue_call_walkers_locked(struct queue_sched *q)
{
	if (q->nurgent == 0)
		return;
	/* The requests are no longer urgent. After 2^32 calls, an old one may seem to be again. */
	q->nurgent = 0;
	if (++q->call == 0)
		q->call = 1;
	for (struct sleeper *s = q->walkers.first; s != NULL; s = s->next_walker) {
		s->called = true;
		pthread_cond_signal(&s->wakeup);
	}
}

void queue_release_chores(struct queue_sched *q) NOT_ANALYSED
{
	struct request_block *surplus = q->surplus;

	queue_signal_locked(q);
	queue_call_walkers_locked(q);
	q->surplus = NULL;
	q->chores = false;
	lock_release(&q->lock);
	queue_shake_here();
	queue_free_surplus(surplus);
}
