/* SPDX-License-Identifier: BSD-3-Clause */
/* The moves of tasks and sleepers from state to state. */
#ifndef ASYNC_QUEUE_H
#define ASYNC_QUEUE_H

#include "async/queue_state.h"
#include "util/clock.h"

/* Signal a sleeper: end its sleep or its spin. The lock must be held. */
void sleeper_signal(struct sleeper *s);

/* Mark the sleeper as done, and wake it if it sleeps. */
void sleeper_done(struct sleeper *s);

/*
 * Wait for a signal to the sleeper of the calling thread, at most until its deadline, and then set
 * `late`. The wakeup may be spurious.
 */
void sleeper_sleep_locked(struct queue_sched *q, struct sleeper *me) REQUIRES(q);

/* Report whether the deadline of the sleeper has passed, and set `late`. */
static inline bool sleeper_is_late(struct sleeper *me)
{
	if (me->deadline != SLEEPER_NO_DEADLINE && !me->late)
		me->late = clock_ns() >= me->deadline;
	return me->late;
}

/* End the use of a sleeper that no thread signals any more. */
void sleeper_end(struct sleeper *me);

/*
 * Report whether a waiting thread may run the head. It may run what it waits for, and other tasks
 * up to its limit. If there are workers, it may run only small ones of the others, and if it has
 * `only_small`, of all.
 */
static inline bool sleeper_may_run_locked(const struct queue_sched *q, const struct sleeper *me)
	REQUIRES(q)
{
	const struct aml_task *head = q->head;

	return (task_waiter(head) == me && !me->only_small) ||
	       (head->priv.seq <= me->limit &&
		(q->nworkers == 0 || (head->priv.flags & TASK_SMALL)));
}

/* Poke a sleeping thread that may run the head, if there is one. A poke must be owed. */
void queue_poke_locked(struct queue_sched *q) REQUIRES(q);

/*
 * Pass a taken slot, of which none is free, to a sleeping thread that may run the head, and poke
 * the thread. There must be a head. False: there is no such thread.
 */
bool queue_grant_slot_locked(struct queue_sched *q) REQUIRES(q);

/* The calling thread sets out for the head, as queue_state.h describes: no poke is owed. */
static inline void queue_set_out_locked(struct queue_sched *q) REQUIRES(q)
{
	q->waking = true;
	q->awaited_at = 0;
	q->awaited_posts = 0;
}

/* Poke a thread if a poke is owed. */
static inline void queue_wake_locked(struct queue_sched *q) REQUIRES(q)
{
	if (q->head != NULL && q->running < q->slots && !q->waking)
		queue_poke_locked(q);
}

/*
 * Poke a thread if a poke is owed, or if the thread on its way is late. For threads that submit a
 * task or are about to sleep.
 */
void queue_wake_again_locked(struct queue_sched *q) REQUIRES(q);

/* Append a task to `unfinished`: QUEUED, or taken and RUNNING. */
void queue_enter_locked(struct queue_sched *q, struct aml_task *task,
			const struct queue_request *request, enum task_state state) REQUIRES(q);

/* Append a task to the queue. The caller pays the poke. */
void queue_append_locked(struct queue_sched *q, struct aml_task *task,
			 const struct queue_request *request) REQUIRES(q);

/*
 * After a task has left `unfinished`: end the wait of each barrier that covers no unfinished task,
 * and of the thread that destroys the scheduler if nothing is unfinished and no thread waits.
 */
void queue_settle_locked(struct queue_sched *q) REQUIRES(q);

/* Wake the first of `reapers` for which there are enough completions. */
void queue_wake_reaper_locked(struct queue_sched *q) REQUIRES(q);

/*
 * After the function of a task has returned: the task is FINISHED. Wake the thread that waits for
 * it, or put it on the list where a wait, wait_any or a barrier finds it.
 */
void queue_finish_locked(struct queue_sched *q, struct aml_task *task) REQUIRES(q);

/*
 * The same for a task that has left `unfinished`. The caller calls queue_settle_locked() when it
 * has filed all such tasks.
 */
void queue_file_locked(struct queue_sched *q, struct aml_task *task) REQUIRES(q);

/* Free a slot: pass it to the first resumer if there is one. */
void queue_free_slot_locked(struct queue_sched *q) REQUIRES(q);

/* Count one task less that wait_any may return. */
void queue_claim_locked(struct queue_sched *q) REQUIRES(q);

#endif /* ASYNC_QUEUE_H */
