/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Waiting for a scheduler's lock. It is never held for long: some hundred nanoseconds, where to
 * sleep and to be woken takes as many thousand. So a thread that finds it taken tries again for a
 * while before it sleeps. On one CPU it does not, since whoever holds the lock could not go on.
 *
 * It leaves the lock alone in between, and for much longer than the lock is held: each try takes
 * the lock's cache line, and what the lock guards, from the thread that is at work with them. That
 * one comes back for the lock several times meanwhile, and finds all of it in its own cache.
 */
#include <sched.h>
#include <stdlib.h>

#include "async/queue_lock.h"
#include "util/clock.h"

/* How often it tries, and how many nanoseconds it waits before each try. */
enum { TRIES = 4, GAP = 2400 };

static void pause_cpu(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

bool queue_may_spin(void)
{
	cpu_set_t cpus;

	/* With more CPUs than the set holds it fails. */
	return sched_getaffinity(0, sizeof(cpus), &cpus) != 0 || CPU_COUNT(&cpus) > 1;
}

void queue_await_lock(struct queue_sched *q) NOT_ANALYSED
{
	for (int i = 0; q->spins && i < TRIES; i++) {
		uint64_t end = clock_ns() + GAP;

		while (clock_ns() < end)
			pause_cpu();
		if (lock_try(&q->lock))
			return;
	}
	lock_acquire(&q->lock);
}

void queue_free_list(struct aml_task *task)
{
	while (task != NULL) {
		struct aml_task *next = task->priv.next;

		free(task);
		task = next;
	}
}

void queue_release_surplus(struct queue_sched *q) NOT_ANALYSED
{
	struct aml_task *surplus = q->surplus;

	q->surplus = NULL;
	lock_release(&q->lock);
	queue_shake_here();
	queue_free_list(surplus);
}
