/* SPDX-License-Identifier: BSD-3-Clause */
/* Held requests: their edges, and how they become ready. */
#ifndef ASYNC_QUEUE_HELD_H
#define ASYNC_QUEUE_HELD_H

#include "async/queue_state.h"

/*
 * After an extended request was entered in `unfinished`: link its edges, whose prerequisites are in
 * `from`, and put it on `afters` if it must wait for everything. True: it is HELD. False: it
 * can go on the queue; a failed prerequisite is taken into account.
 */
bool queue_hold_locked(struct queue_sched *q, struct aml_task *task) REQUIRES(q);

/*
 * A task with edges has finished with this code: pass the code on, and make the requests ready
 * that waited for it only. The caller pays the poke.
 */
void queue_release_held_locked(struct queue_sched *q, struct aml_task *task, int code) REQUIRES(q);

/*
 * Return the request that waits only for `task`, and becomes the head when `task` has finished, if
 * everything that was taken with it has left the queue. NULL: there is none. `head`: `task`, or a
 * task that it follows in the same way, is the head and has not left the queue yet; then only the
 * next one of `unfinished` is found.
 */
struct aml_task *queue_next_of_chain_locked(const struct queue_sched *q,
					    const struct aml_task *task, bool head) REQUIRES(q);

/* Take that request for the thread that has taken `task`. The caller sets its state. */
void queue_take_next_of_chain_locked(struct queue_sched *q, const struct aml_task *task,
				     struct aml_task *next) REQUIRES(q);

/*
 * After a task has left `unfinished`, or a request has entered `afters`: make those requests of
 * `afters` ready that wait for nothing else. The caller pays the poke.
 */
void queue_release_afters_locked(struct queue_sched *q) REQUIRES(q);

/* A request is skipped: it moves no bytes, and no barrier reports its failure. */
void queue_silence_skipped_locked(struct aml_task *task);

/* A HELD request was cancelled: let it wait for nothing any more. It does not become ready. */
void queue_unhold_locked(struct queue_sched *q, struct aml_task *task) REQUIRES(q);

#endif /* ASYNC_QUEUE_HELD_H */
