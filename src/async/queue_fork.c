/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Schedulers in a forked child: the workers and whoever slept are not there. fork() takes the
 * lock of the list and then that of each scheduler, so that the child finds their state whole,
 * and makes of each a scheduler with 0 workers and nothing queued. The child initialises the
 * locks anew; condition variables went with the stacks of those who slept.
 *
 * What was unfinished belongs to the parent. A request's handle may still be waited for or
 * cancelled, so these are kept as orphans; one in the frame of a thread that is not here any
 * more is left alone, and a task is its owner's memory.
 */
#include <stddef.h>

#include <aml/utils/error.h>

#include "async/queue_fork.h"
#include "async/queue_state.h"

/* Guards the list and `handled`. Taken before any scheduler's lock, never with one held. */
static struct lock all_lock = LOCK_INITIALIZER;
static struct sched_list all GUARDED_BY(all_lock);
static bool handled GUARDED_BY(all_lock); /* the fork handlers are in place */

/* The three take and release as many locks as there are schedulers, which no analysis follows. */
static void fork_prepare(void) NOT_ANALYSED
{
	lock_acquire(&all_lock);
	for (struct queue_sched *q = all.first; q != NULL; q = q->next)
		lock_acquire(&q->lock);
	trace_fork_prepare();
}

static void fork_parent(void) NOT_ANALYSED
{
	trace_fork_parent();
	for (struct queue_sched *q = all.first; q != NULL; q = q->next)
		lock_release(&q->lock);
	lock_release(&all_lock);
}

/* Give what was unfinished back to the parent. */
static void disown_unfinished_locked(struct queue_sched *q) REQUIRES(q)
{
	struct aml_task *next;

	for (struct aml_task *task = q->unfinished.first; task != NULL; task = next) {
		next = task->priv.next;
		if (task->priv.flags & TASK_ON_STACK)
			continue;
		task->priv.state = TASK_ORPHAN;
		task->priv.waiter = NULL;
		if (task->priv.flags & TASK_REQUEST)
			task_list_push(&q->orphans, task);
	}
	q->unfinished = (struct task_list){NULL, NULL};
	q->head = NULL;
	q->nqueued = 0;
	q->unclaimed = 0;
	for (const struct aml_task *task = q->done.first; task != NULL; task = task->priv.next)
		q->unclaimed++;
}

static void fork_child(void) NOT_ANALYSED
{
	trace_fork_child();
	for (struct queue_sched *q = all.first; q != NULL; q = q->next) {
		lock_renew(&q->lock);
		disown_unfinished_locked(q);
		q->nworkers = 0;
		q->slots = 1;
		q->running = 0;
		q->callers = 0;
		q->idle = NULL;
		q->helpers = (struct helper_list){NULL, NULL};
		q->barriers = (struct sleeper_list){NULL, NULL};
		q->anys = (struct sleeper_list){NULL, NULL};
		q->resumers = (struct sleeper_list){NULL, NULL};
		q->destroyer = NULL;
		q->waking = false;
	}
	lock_renew(&all_lock);
}

int queue_handle_fork(void)
{
	int err;

	lock_acquire(&all_lock);
	if (!handled)
		handled = pthread_atfork(fork_prepare, fork_parent, fork_child) == 0;
	err = handled ? AML_SUCCESS : -AML_ENOMEM;
	lock_release(&all_lock);
	return err;
}

/*
 * At load time, so that no fork comes before: one amid the first use of a lock would leave it
 * locked in the child. If there is no memory then, the first scheduler tries again.
 */
__attribute__((constructor)) static void handle_fork_early(void)
{
	(void)queue_handle_fork();
}

int queue_register(struct queue_sched *q)
{
	int err = queue_handle_fork();

	if (err != AML_SUCCESS)
		return err;
	lock_acquire(&all_lock);
	sched_list_push(&all, q);
	lock_release(&all_lock);
	return AML_SUCCESS;
}

void queue_unregister(struct queue_sched *q)
{
	lock_acquire(&all_lock);
	sched_list_unlink(&all, q);
	lock_release(&all_lock);
}
