/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Schedulers across fork(). In the child, neither the workers nor the threads that slept exist.
 * fork() takes the lock of the list, then the lock of each scheduler, so that the child finds the
 * state of each scheduler complete. The child then turns each one into a scheduler with 0 workers
 * and an empty queue. It initialises the locks anew. The condition variables disappeared with the
 * stacks of the sleeping threads.
 *
 * Unfinished tasks belong to the parent. The child may still wait for a request or cancel it, so
 * the scheduler keeps its requests as orphans. It ignores a request in the frame of a thread that
 * does not exist in the child. The memory of a plain task belongs to its owner.
 */
#include <stddef.h>

#include <aml/utils/error.h>

#include "async/queue_fork.h"
#include "async/queue_memory.h"
#include "async/queue_roster.h"
#include "async/queue_state.h"

/* Guards the two variables below. Taken before any scheduler's lock, never with one held. */
static struct lock all_lock = LOCK_INITIALIZER;
static struct sched_list all_scheds GUARDED_BY(all_lock);
static bool fork_handled GUARDED_BY(all_lock); /* the fork handlers are registered */

/* Not analysed: the three handlers take and release the locks of any number of schedulers. */
static void fork_prepare(void) NOT_ANALYSED
{
	lock_acquire(&all_lock);
	for (struct queue_sched *q = all_scheds.first; q != NULL; q = q->next)
		lock_acquire(&q->lock);
	trace_fork_prepare();
}

static void fork_parent(void) NOT_ANALYSED
{
	trace_fork_parent();
	for (struct queue_sched *q = all_scheds.first; q != NULL; q = q->next)
		lock_release(&q->lock);
	lock_release(&all_lock);
}

/* An unfinished task of the parent counts as finished, and a request as failed. */
static void count_orphan_locked(struct queue_sched *q, const struct aml_task *task) REQUIRES(q)
{
	q->nfinished++;
	if (task->priv.flags & TASK_REQUEST) {
		q->nfailed++;
		q->extra_parts--;
	} else {
		q->plain.finished++;
	}
}

/*
 * Let no thread of the parent wait for several requests any more: they may be waited for again.
 * Rosters lose their members. The memory of these threads' stacks is still there, as all memory of
 * the parent is.
 */
static void end_groups_locked(struct queue_sched *q) REQUIRES(q)
{
	for (const struct queue_group *g = q->groups.first; g != NULL; g = g->next_group)
		for (size_t i = g->first; i < g->n; i = group_after(g, i))
			task_set_waiter(task_of_handle(g->handles[i]), NULL);
	q->groups = (struct group_list){NULL, NULL};
	for (struct queue_roster *r = q->rosters.first; r != NULL; r = r->next) {
		queue_roster_clear(r);
		r->list = NULL;
		r->busy = false;
	}
}

/* Leave all unfinished tasks to the parent. */
static void disown_unfinished_locked(struct queue_sched *q) REQUIRES(q)
{
	struct aml_task *next;

	for (struct aml_task *task = q->unfinished.first; task != NULL; task = next) {
		next = task->priv.next;
		count_orphan_locked(q, task);
		if (task->priv.flags & TASK_ON_STACK)
			continue;
		task->priv.state = TASK_ORPHAN;
		task->priv.flags &= ~(unsigned)TASK_UNRUN;
		task->priv.waiter = NULL;
		task->priv.seq = q->nfinished + q->ncancelled;
		if (task->priv.flags & TASK_REQUEST)
			task_list_push(&q->orphans, task);
	}
	q->unfinished = (struct task_list){NULL, NULL};
	q->fifo = NULL;
	q->ready = NULL;
	q->afters = (struct after_list){NULL, NULL};
	q->nurgent = 0;
	q->head = NULL;
	q->nqueued = 0;
	q->nbegun = 0;
	q->nheld = 0;
	q->plain.queued = 0;
	q->unclaimed = 0;
	for (const struct aml_task *task = q->done.first; task != NULL; task = task->priv.next)
		q->unclaimed++;
}

/*
 * Drop the completions, which the parent reaps, and leave the descriptor to the parent. A post of
 * the forking thread, from whose operators of a layout it forks, keeps the places promised to it.
 */
static void drop_completions_locked(struct queue_sched *q) REQUIRES(q)
{
	size_t promises = 0;

	while (reaping_list_pop(&q->reaping) != NULL)
		promises++;
	completions_drop(&q->completions, promises);
	q->signals = 0;
	q->eventfd = -1;
}

static void fork_child(void) NOT_ANALYSED
{
	trace_fork_child();
	for (struct queue_sched *q = all_scheds.first; q != NULL; q = q->next) {
		lock_renew(&q->lock);
		end_groups_locked(q);
		disown_unfinished_locked(q);
		drop_completions_locked(q);
		q->nworkers = 0;
		q->slots = 1;
		q->running = 0;
		q->callers = 0;
		q->idle = NULL;
		q->helpers = (struct helper_list){NULL, NULL};
		q->barriers = (struct sleeper_list){NULL, NULL};
		q->anys = (struct sleeper_list){NULL, NULL};
		q->resumers = (struct sleeper_list){NULL, NULL};
		q->reapers = (struct sleeper_list){NULL, NULL};
		q->walkers = (struct walker_list){NULL, NULL};
		q->beyond = 0;
		q->destroyer = NULL;
		q->waking = false;
	}
	lock_renew(&all_lock);
}

int queue_handle_fork(void)
{
	int err;

	lock_acquire(&all_lock);
	if (!fork_handled)
		fork_handled = pthread_atfork(fork_prepare, fork_parent, fork_child) == 0;
	err = fork_handled ? AML_SUCCESS : -AML_ENOMEM;
	lock_release(&all_lock);
	return err;
}

/*
 * At load time, before any lock is used: a fork during the first use of a lock, without handlers,
 * would leave the lock taken in the child. If out of memory, the first scheduler tries again.
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
	sched_list_push(&all_scheds, q);
	lock_release(&all_lock);
	return AML_SUCCESS;
}

void queue_unregister(struct queue_sched *q)
{
	lock_acquire(&all_lock);
	sched_list_unlink(&all_scheds, q);
	lock_release(&all_lock);
}
