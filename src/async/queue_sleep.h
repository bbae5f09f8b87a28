/* SPDX-License-Identifier: BSD-3-Clause */
/* The sleep of threads that wait. */
#ifndef ASYNC_QUEUE_SLEEP_H
#define ASYNC_QUEUE_SLEEP_H

#include "async/queue_state.h"

/*
 * Wait until `me` is done or late, inside or outside of an operator. Meanwhile, run what this
 * thread may run:
 *  - outside, what sleeper_may_run_locked() allows; with `runs_one` and without workers, at least
 *    one task or part, if there is any and a slot is free;
 *  - inside, the tasks of `group` in the order of its list, and at least one task or part of these.
 *    While the operator sleeps, or runs tasks of another scheduler, it has no slot. If it is late,
 *    and runs nothing, it passes its slot to an operator that waits for one, and waits for one.
 *
 * `group`: the tasks that `me` waits for. NULL: none in particular. The function ends the use of
 * `me`.
 */
void queue_sleep_locked(struct queue_sched *q, struct sleeper *me, struct queue_group *group)
	REQUIRES(q);

/* Report whether the calling thread is inside a task of this scheduler. */
bool queue_inside(const struct queue_sched *q);

#endif /* ASYNC_QUEUE_SLEEP_H */
