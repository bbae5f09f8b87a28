/* SPDX-License-Identifier: BSD-3-Clause */
/* Taking and releasing a scheduler's lock. */
#ifndef ASYNC_QUEUE_LOCK_H
#define ASYNC_QUEUE_LOCK_H

#include "async/queue_check.h"
#include "async/queue_state.h"

/* A test's, to delay threads where schedules differ; in a library built with QUEUE_SHAKE alone. */
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

/* Release requests that are linked by `next`. */
void queue_free_list(struct aml_task *task);

/* Release the lock, and the surplus. */
__attribute__((cold)) void queue_release_surplus(struct queue_sched *q) RELEASE(q);

/* Take the lock, which another thread holds. */
void queue_await_lock(struct queue_sched *q) ACQUIRE(q);

/* May a thread spin for a lock, on the CPUs that the calling thread may use? */
bool queue_may_spin(void);

static inline void queue_acquire(struct queue_sched *q) ACQUIRE(q) NOT_ANALYSED
{
	queue_shake_here();
	if (!lock_try(&q->lock))
		queue_await_lock(q);
}

static inline void queue_release(struct queue_sched *q) RELEASE(q) NOT_ANALYSED
{
	queue_check_locked(q);
	if (__builtin_expect(q->surplus != NULL, 0)) {
		queue_release_surplus(q);
		return;
	}
	lock_release(&q->lock);
	queue_shake_here();
}

#endif /* ASYNC_QUEUE_LOCK_H */
