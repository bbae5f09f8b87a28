/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The moves of tasks and sleepers from state to state, as queue_state.h tells; and all of them in
 * one, for what the calling thread does at once.
 */
#include <stdlib.h>

#include <aml/utils/error.h>

#include "async/queue_state.h"

void queue_push(struct task_list *list, struct aml_task *task)
{
	task->priv.next = NULL;
	task->priv.prev = list->last;
	if (list->last != NULL)
		list->last->priv.next = task;
	else
		list->first = task;
	list->last = task;
}

void queue_unlink(struct task_list *list, struct aml_task *task)
{
	struct aml_task *next = task->priv.next, *prev = task->priv.prev;

	if (prev != NULL)
		prev->priv.next = next;
	else
		list->first = next;
	if (next != NULL)
		next->priv.prev = prev;
	else
		list->last = prev;
}

struct aml_task *queue_pop(struct task_list *list)
{
	struct aml_task *task = list->first;

	if (task != NULL)
		queue_unlink(list, task);
	return task;
}

void sleeper_push(struct sleeper_list *list, struct sleeper *s)
{
	s->next = NULL;
	s->prev = list->last;
	if (list->last != NULL)
		list->last->next = s;
	else
		list->first = s;
	list->last = s;
}

void sleeper_unlink(struct sleeper_list *list, struct sleeper *s)
{
	if (s->prev != NULL)
		s->prev->next = s->next;
	else
		list->first = s->next;
	if (s->next != NULL)
		s->next->prev = s->prev;
	else
		list->last = s->prev;
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
	pthread_cond_wait(&me->wakeup, &q->lock);
}

void sleeper_end(struct sleeper *me)
{
	if (me->slept)
		pthread_cond_destroy(&me->wakeup);
}

/* The first on a list is done. */
static void first_done(struct sleeper_list *list)
{
	struct sleeper *s = list->first;

	sleeper_unlink(list, s);
	sleeper_done(s);
}

/* Somebody who sleeps and may run the head, off `idle` if it is a worker. */
static struct sleeper *runner(struct queue_sched *q)
{
	struct sleeper *s = q->idle;

	if (s != NULL) {
		q->idle = s->next;
		return s;
	}
	s = q->head->priv.waiter;
	if (s != NULL && s->asleep)
		return s;
	for (s = q->helpers; s != NULL; s = s->next_helper)
		if (s->limit >= q->head->priv.seq)
			return s;
	return NULL;
}

void queue_poke_locked(struct queue_sched *q)
{
	struct sleeper *s = runner(q);

	if (s == NULL)
		return;
	q->waking = true;
	q->unanswered = 0;
	q->poked_at = queue_clock();
	s->poked = true;
	pthread_cond_signal(&s->wakeup);
}

/*
 * Is there a poke that nobody answered in time? The clock is read for the first posts after it
 * only: a burst of posts that wakes nobody must stay cheap.
 */
static bool poke_is_late_locked(struct queue_sched *q)
{
	if (++q->unanswered >= POKE_LATE_POSTS)
		return q->unanswered % POKE_LATE_POSTS == 0;
	return queue_clock() - q->poked_at >= POKE_LATE_NS;
}

void queue_wake_again_locked(struct queue_sched *q)
{
	if (q->head != NULL && q->running < q->slots && (!q->waking || poke_is_late_locked(q)))
		queue_poke_locked(q);
}

/* It is submitted, in this state. */
static void submit(struct queue_sched *q, struct aml_task *task,
		   const struct queue_request *request, enum task_state state)
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
	queue_push(&q->unfinished, task);
}

void queue_append_locked(struct queue_sched *q, struct aml_task *task,
			 const struct queue_request *request)
{
	submit(q, task, request, TASK_QUEUED);
	if (q->head == NULL)
		q->head = task;
	q->nqueued++;
	if (!(request->flags & TASK_REQUEST))
		q->unclaimed++;
	trace_post(task);
}

void queue_leave_locked(struct queue_sched *q, struct aml_task *task)
{
	struct aml_task *next = task->priv.next;

	q->nqueued--;
	if (task != q->head)
		return;
	/* Each task that ran whole ahead of its turn is passed over once. */
	while (next != NULL && !untaken(next))
		next = next->priv.next;
	q->head = next;
}

void queue_settle_locked(struct queue_sched *q)
{
	const struct aml_task *oldest = q->unfinished.first;

	while (q->barriers.first != NULL &&
	       (oldest == NULL || q->barriers.first->limit < oldest->priv.seq))
		first_done(&q->barriers);
	if (q->destroyer != NULL && oldest == NULL && q->callers == 0)
		sleeper_done(q->destroyer);
}

void queue_put_free_locked(struct queue_sched *q, struct aml_task *task)
{
	unsigned list = task->priv.flags >> TASK_CLASS_SHIFT;

	task->priv.state = TASK_RETURNED;
	if (q->free_bytes + q->sizes[list] <= FREE_MAX) {
		task->priv.next = q->free[list];
		q->free[list] = task;
		q->free_bytes += q->sizes[list];
	} else {
		task->priv.next = q->surplus;
		q->surplus = task;
	}
}

struct aml_task *queue_take_free_locked(struct queue_sched *q, unsigned list)
{
	struct aml_task *task = q->free[list];

	if (task != NULL) {
		q->free[list] = task->priv.next;
		q->free_bytes -= q->sizes[list];
	}
	return task;
}

void queue_free_list(struct aml_task *task)
{
	while (task != NULL) {
		struct aml_task *next = task->priv.next;

		free(task);
		task = next;
	}
}

void queue_unlock_surplus(struct queue_sched *q)
{
	struct aml_task *surplus = q->surplus;

	q->surplus = NULL;
	pthread_mutex_unlock(&q->lock);
	shake();
	queue_free_list(surplus);
}

/* Tell the first barrier that covers it of a request's failure. False: there is none. */
static bool report(struct queue_sched *q, const struct aml_task *task, int code)
{
	for (struct sleeper *s = q->barriers.first; s != NULL; s = s->next) {
		if (s->limit < task->priv.seq)
			continue;
		s->code = code;
		sleeper_unlink(&q->barriers, s);
		sleeper_done(s);
		return true;
	}
	return false;
}

/* A request's result. */
static const int *result_of(const struct aml_task *task)
{
	return (const int *)(const void *)task->out;
}

/* A finished request that nobody waits for goes to its list. */
static void file_request(struct queue_sched *q, struct aml_task *task)
{
	int code = *result_of(task);

	if (code != AML_SUCCESS && !report(q, task, code)) {
		task->priv.flags |= TASK_UNREPORTED;
		queue_push(&q->failed, task);
	} else if (task->priv.flags & TASK_OWNED) {
		queue_put_free_locked(q, task);
	} else {
		queue_push(&q->finished, task);
	}
}

/* A finished task that nobody waits for goes to wait_any, now or later. */
static void file_task(struct queue_sched *q, struct aml_task *task)
{
	struct sleeper *s = q->anys.first;

	if (s == NULL) {
		queue_push(&q->done, task);
		return;
	}
	task->priv.state = TASK_RETURNED;
	s->task = task;
	first_done(&q->anys);
	queue_claim_locked(q);
}

void queue_finish_locked(struct queue_sched *q, struct aml_task *task)
{
	bool request = task->priv.flags & TASK_REQUEST;

	q->nfinished++;
	if (request && *result_of(task) == AML_SUCCESS)
		q->bytes += task->priv.bytes;
	task->priv.state = TASK_FINISHED;
	queue_unlink(&q->unfinished, task);
	if (task->priv.waiter != NULL)
		sleeper_done(task->priv.waiter);
	else if (request)
		file_request(q, task);
	else
		file_task(q, task);
	/* Last, so that a barrier hears of a failure before it hears that all is done. */
	queue_settle_locked(q);
}

void queue_claim_locked(struct queue_sched *q)
{
	q->unclaimed--;
	while (q->unclaimed == 0 && q->anys.first != NULL)
		first_done(&q->anys);
}

void queue_free_slot_locked(struct queue_sched *q)
{
	if (q->running == q->slots && q->resumers.first != NULL)
		first_done(&q->resumers);
	else
		q->running--;
}

/* May the calling thread do at once what it would submit? */
static bool may_begin(const struct queue_sched *q)
{
	return q->head == NULL && q->running < q->slots;
}

bool queue_begin(struct queue_sched *q, struct aml_task *task, bool waits)
{
	lock(q);
	if (!may_begin(q) || !(waits || q->nworkers > 0)) {
		unlock(q);
		return false;
	}
	/* What nobody looks at in the frame of another thread stays as it is. */
	task->priv.seq = ++q->seq;
	task->priv.state = TASK_RUNNING;
	task->priv.flags = TASK_REQUEST | TASK_ON_STACK;
	task->priv.parts = 1;
	task->priv.taken = 1;
	queue_push(&q->unfinished, task);
	q->running++;
	unlock(q);
	return true;
}

void queue_end(struct queue_sched *q, struct aml_task *task, uint64_t bytes)
{
	lock(q);
	q->nfinished++;
	queue_unlink(&q->unfinished, task);
	q->bytes += bytes;
	if (q->barriers.first != NULL || q->destroyer != NULL)
		queue_settle_locked(q);
	queue_free_slot_locked(q);
	queue_wake_locked(q);
	unlock(q);
}

bool queue_begin_locked(struct queue_sched *q, struct aml_task *task,
			const struct queue_request *request)
{
	if (!may_begin(q) || q->nworkers == 0)
		return false;
	submit(q, task, request, TASK_RUNNING);
	q->running++;
	return true;
}

void queue_end_locked(struct queue_sched *q, struct aml_task *task)
{
	task->priv.active = 0;
	queue_finish_locked(q, task);
	queue_free_slot_locked(q);
	queue_wake_locked(q);
}
