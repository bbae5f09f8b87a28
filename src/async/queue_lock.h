/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The lock of a scheduler. Its release also does the chores, if `chores` says that there are any:
 * it frees the surplus, writes the eventfd and calls walkers, see queue_state.h.
 */
#ifndef ASYNC_QUEUE_LOCK_H
#define ASYNC_QUEUE_LOCK_H

#include "async/queue_check.h"
#include "async/queue_state.h"

/*
 * A function of the tests, which delays threads where schedules can differ. It exists only for a
 * library built with QUEUE_SHAKE.
 */
#ifdef QUEUE_SHAKE
__attribute__((weak)) void queue_shake(void);
#endif

static inline void queue_shake_here(void)
{
#ifdef QUEUE_SHAKE
	if (queue_shake != NULL)
		queue_shake();
#endif
}

/* Release the lock, and do the chores. */
__attribute__((cold)) void queue_release_chores(struct queue_sched *q) RELEASE(q);

/* Write the eventfd if completions have come since the last time. */
void queue_signal_locked(struct queue_sched *q) REQUIRES(q);

/* Take the lock after a try has failed. */
void queue_await_lock(struct queue_sched *q) ACQUIRE(q);

/* Report whether spinning for a lock makes sense: the calling thread may use several CPUs. */
bool queue_may_spin(void);

/* Use little of the CPU for a moment. */
static inline void queue_pause_cpu(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

/* Call the walkers if there are urgent requests. */
void queue_call_walkers_locked(struct queue_sched *q) REQUIRES(q);

static inline void queue_acquire(struct queue_sched *q) ACQUIRE(q) NOT_ANALYSED
{
	queue_shake_here();
	if (!lock_try(&q->lock))
		queue_await_lock(q);
}

static inline void queue_release(struct queue_sched *q) RELEASE(q) NOT_ANALYSED
{
	queue_check_locked(q);
	if (__builtin_expect(q->chores, 0)) {
		queue_release_chores(q);
		return;
	}
	lock_release(&q->lock);
	queue_shake_here();
}

#endif /* ASYNC_QUEUE_LOCK_H */
