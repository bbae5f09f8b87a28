/* SPDX-License-Identifier: BSD-3-Clause */
/* The moves of tasks and sleepers from state to state, as queue_state.h describes them. */
#include <stddef.h>

#include <aml/utils/error.h>

#include "async/queue.h"
#include "async/queue_check.h"
#include "async/queue_memory.h"
#include "util/clock.h"

void sleeper_signal(struct sleeper *s)
{
	/* Tools that watch locks take a read-modify-write operation for a read. */
	if (s->spins)
		(void)__atomic_exchange_n(&s->called, true, __ATOMIC_RELAXED);
	else
		pthread_cond_signal(&s->wakeup);
}

void sleeper_done(struct sleeper *s)
{
	s->done = true;
	if (s->asleep)
		pthread_cond_signal(&s->wakeup);
}

void sleeper_sleep_locked(struct queue_sched *q, struct sleeper *me)
{
	me->slept = true;
	queue_check_locked(q);
	pthread_cond_wait(&me->wakeup, &q->lock.mutex);
}

void sleeper_end(struct sleeper *me)
{
	if (me->slept)
		pthread_cond_destroy(&me->wakeup);
}

/* Mark the first sleeper of a list as done, and remove it. */
static void sleeper_list_end_first(struct sleeper_list *list)
{
	struct sleeper *s = list->first;

	sleeper_list_unlink(list, s);
	sleeper_done(s);
}

/* Find a sleeper that may run the head. A worker leaves `idle`. NULL: there is none. */
static struct sleeper *find_runner_locked(struct queue_sched *q) REQUIRES(q)
{
	struct sleeper *s = q->idle;

	if (s != NULL) {
		q->idle = s->next;
		return s;
	}
	s = q->head->priv.waiter;
	if (s != NULL && s->asleep)
		return s;
	/* The one that went to sleep last comes first. */
	for (s = q->helpers.last; s != NULL; s = s->prev_helper)
		if (s->limit >= q->head->priv.seq)
			return s;
	return NULL;
}

void queue_poke_locked(struct queue_sched *q)
{
	struct sleeper *s = find_runner_locked(q);

	if (s == NULL)
		return;
	q->waking = true;
	q->unanswered = 0;
	q->poked_at = clock_ns();
	s->poked = true;
	sleeper_signal(s);
}

/*
 * Report whether the last poke was not answered in time. The clock is read only for the first posts
 * after the poke: a burst of posts that wakes no thread must stay cheap.
 */
static bool poke_is_late_locked(struct queue_sched *q) REQUIRES(q)
{
	if (++q->unanswered >= QUEUE_POKE_LATE_POSTS)
		return q->unanswered % QUEUE_POKE_LATE_POSTS == 0;
	return clock_ns() - q->poked_at >= QUEUE_POKE_LATE_NS;
}

void queue_wake_again_locked(struct queue_sched *q)
{
	if (q->head != NULL && q->running < q->slots && (!q->waking || poke_is_late_locked(q)))
		queue_poke_locked(q);
}

void queue_enter_locked(struct queue_sched *q, struct aml_task *task,
			const struct queue_request *request, enum task_state state) REQUIRES(q)
{
	task->priv.sched = q;
	task->priv.waiter = NULL;
	task->priv.seq = ++q->seq;
	task->priv.bytes = request->bytes;
	task->priv.state = state;
	task->priv.flags = request->flags;
	task->priv.parts = request->parts;
	task->priv.taken = state == TASK_RUNNING;
	task->priv.active = state == TASK_RUNNING;
	task_list_push(&q->unfinished, task);
}

void queue_append_locked(struct queue_sched *q, struct aml_task *task,
			 const struct queue_request *request)
{
	queue_enter_locked(q, task, request, TASK_QUEUED);
	if (q->head == NULL)
		q->head = task;
	q->nqueued++;
	if (!(request->flags & TASK_REQUEST))
		q->unclaimed++;
	trace_post(&q->trace, task);
}

void queue_leave_locked(struct queue_sched *q, struct aml_task *task)
{
	struct aml_task *next = task->priv.next;

	q->nqueued--;
	if (task != q->head)
		return;
	/* The loop passes each task that ran whole ahead of its turn only once. */
	while (next != NULL && !has_untaken_part(next))
		next = next->priv.next;
	q->head = next;
}

void queue_settle_locked(struct queue_sched *q)
{
	const struct aml_task *oldest = q->unfinished.first;

	while (q->barriers.first != NULL &&
	       (oldest == NULL || q->barriers.first->limit < oldest->priv.seq))
		sleeper_list_end_first(&q->barriers);
	if (q->destroyer != NULL && oldest == NULL && q->callers == 0)
		sleeper_done(q->destroyer);
}

/* Report the failure of a request to the first barrier that covers it. False: there is none. */
static bool report_to_barrier_locked(struct queue_sched *q, const struct aml_task *task, int code)
	REQUIRES(q)
{
	for (struct sleeper *s = q->barriers.first; s != NULL; s = s->next) {
		if (s->limit < task->priv.seq)
			continue;
		s->code = code;
		sleeper_list_unlink(&q->barriers, s);
		sleeper_done(s);
		return true;
	}
	return false;
}

static const int *request_result(const struct aml_task *task)
{
	return (const int *)(const void *)task->out;
}

/* A request that no thread waits for has finished: report its failure, or put it on `failed`. */
static void file_request_locked(struct queue_sched *q, struct aml_task *task) REQUIRES(q)
{
	int code = *request_result(task);

	if (code != AML_SUCCESS && !report_to_barrier_locked(q, task, code)) {
		task->priv.flags |= TASK_UNREPORTED;
		task_list_push(&q->failed, task);
	} else if (task->priv.flags & TASK_OWNED) {
		queue_put_free_locked(q, task);
	}
}

/* Give a finished task that no thread waits for to a thread in wait_any, now or later. */
static void file_task_locked(struct queue_sched *q, struct aml_task *task) REQUIRES(q)
{
	struct sleeper *s = q->anys.first;

	if (s == NULL) {
		task_list_push(&q->done, task);
		return;
	}
	task->priv.state = TASK_RETURNED;
	s->task = task;
	sleeper_list_end_first(&q->anys);
	queue_claim_locked(q);
}

void queue_finish_locked(struct queue_sched *q, struct aml_task *task)
{
	bool request = task->priv.flags & TASK_REQUEST;

	q->nfinished++;
	if (request && *request_result(task) == AML_SUCCESS)
		q->bytes += task->priv.bytes;
	task->priv.state = TASK_FINISHED;
	task_list_unlink(&q->unfinished, task);
	if (task->priv.waiter != NULL)
		sleeper_done(task->priv.waiter);
	else if (request)
		file_request_locked(q, task);
	else
		file_task_locked(q, task);
	/* This call is last, so that a barrier gets a failure before it learns that all is done. */
	queue_settle_locked(q);
}

void queue_claim_locked(struct queue_sched *q)
{
	q->unclaimed--;
	while (q->unclaimed == 0 && q->anys.first != NULL)
		sleeper_list_end_first(&q->anys);
}

void queue_free_slot_locked(struct queue_sched *q)
{
	if (q->running == q->slots && q->resumers.first != NULL)
		sleeper_list_end_first(&q->resumers);
	else
		q->running--;
}
