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

#include "async/queue_state.h"

/* Guards the list and `handled`. Taken before any scheduler's lock, never with one held. */
static pthread_mutex_t all_lock = PTHREAD_MUTEX_INITIALIZER;
static struct queue_sched *all;
static bool handled; /* the fork handlers are in place */

static void prepare(void)
{
	pthread_mutex_lock(&all_lock);
	for (struct queue_sched *q = all; q != NULL; q = q->next)
		pthread_mutex_lock(&q->lock);
	trace_fork_prepare();
}

static void parent(void)
{
	trace_fork_parent();
	for (struct queue_sched *q = all; q != NULL; q = q->next)
		pthread_mutex_unlock(&q->lock);
	pthread_mutex_unlock(&all_lock);
}

/* Give what was unfinished back to the parent. */
static void disown(struct queue_sched *q)
{
	struct aml_task *next;

	for (struct aml_task *task = q->unfinished.first; task != NULL; task = next) {
		next = task->priv.next;
		if (task->priv.flags & TASK_ON_STACK)
			continue;
		task->priv.state = TASK_ORPHAN;
		task->priv.waiter = NULL;
		if (task->priv.flags & TASK_REQUEST)
			queue_push(&q->orphans, task);
	}
	q->unfinished = (struct task_list){NULL, NULL};
	q->head = NULL;
	q->nqueued = 0;
	q->unclaimed = 0;
	for (const struct aml_task *task = q->done.first; task != NULL; task = task->priv.next)
		q->unclaimed++;
}

/*
 * A lock that this thread took before the fork: let go, so that tools which watch locks know,
 * and made anew, since those who waited for it are not here.
 */
static void renew(pthread_mutex_t *lock)
{
	pthread_mutex_unlock(lock);
	*lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
}

static void child(void)
{
	trace_fork_child();
	for (struct queue_sched *q = all; q != NULL; q = q->next) {
		renew(&q->lock);
		disown(q);
		q->nworkers = 0;
		q->slots = 1;
		q->running = 0;
		q->callers = 0;
		q->idle = NULL;
		q->helpers = NULL;
		q->barriers = (struct sleeper_list){NULL, NULL};
		q->anys = (struct sleeper_list){NULL, NULL};
		q->resumers = (struct sleeper_list){NULL, NULL};
		q->destroyer = NULL;
		q->waking = false;
	}
	renew(&all_lock);
}

int queue_handle_fork(void)
{
	pthread_mutex_lock(&all_lock);
	if (!handled)
		handled = pthread_atfork(prepare, parent, child) == 0;
	pthread_mutex_unlock(&all_lock);
	return handled ? AML_SUCCESS : -AML_ENOMEM;
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
	pthread_mutex_lock(&all_lock);
	q->prev = NULL;
	q->next = all;
	if (all != NULL)
		all->prev = q;
	all = q;
	pthread_mutex_unlock(&all_lock);
	return AML_SUCCESS;
}

void queue_unregister(struct queue_sched *q)
{
	pthread_mutex_lock(&all_lock);
	if (q->prev != NULL)
		q->prev->next = q->next;
	else
		all = q->next;
	if (q->next != NULL)
		q->next->prev = q->prev;
	pthread_mutex_unlock(&all_lock);
}
