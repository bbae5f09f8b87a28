/* SPDX-License-Identifier: BSD-3-Clause */
/* The moves of tasks and sleepers from state to state. */
#ifndef ASYNC_QUEUE_H
#define ASYNC_QUEUE_H

#include "async/queue_state.h"

/* What the sleeper waits for has come. */
void sleeper_done(struct sleeper *s);

/* The calling thread's sleeper waits for one signal, which may come for no reason. */
void sleeper_sleep_locked(struct queue_sched *q, struct sleeper *me) REQUIRES(q);

/* No thread signals the sleeper any more. */
void sleeper_end(struct sleeper *me);

/* Poke somebody to run the head, which is owed. */
void queue_poke_locked(struct queue_sched *q) REQUIRES(q);

/* The same if it is owed. */
static inline void queue_wake_locked(struct queue_sched *q) REQUIRES(q)
{
	if (q->head != NULL && q->running < q->slots && !q->waking)
		queue_poke_locked(q);
}

/* The same, also if the last poke is late; for who posts or is about to sleep. */
void queue_wake_again_locked(struct queue_sched *q) REQUIRES(q);

/* Make a task one of `unfinished`, QUEUED or, taken, RUNNING. */
void queue_enter_locked(struct queue_sched *q, struct aml_task *task,
			const struct queue_request *request, enum task_state state) REQUIRES(q);

/* Append a task to the queue; the poke is the caller's. */
void queue_append_locked(struct queue_sched *q, struct aml_task *task,
			 const struct queue_request *request) REQUIRES(q);

/* A task leaves the queue, its last part taken, or never to be. */
void queue_leave_locked(struct queue_sched *q, struct aml_task *task) REQUIRES(q);

/*
 * A task has left `unfinished`: barriers that have no older one to wait for are done, and so is
 * the thread that destroys the scheduler if it waits for nothing more.
 */
void queue_settle_locked(struct queue_sched *q) REQUIRES(q);

/* A task's function has returned: its result goes to whom it concerns. */
void queue_finish_locked(struct queue_sched *q, struct aml_task *task) REQUIRES(q);

/* A slot is free, for a resumer if there is one. */
void queue_free_slot_locked(struct queue_sched *q) REQUIRES(q);

/* One less task for wait_any to return. */
void queue_claim_locked(struct queue_sched *q) REQUIRES(q);

/* Put a request on its free list. */
void queue_put_free_locked(struct queue_sched *q, struct aml_task *task) REQUIRES(q);

#endif /* ASYNC_QUEUE_H */
