/* SPDX-License-Identifier: BSD-3-Clause */
/* The moves of tasks and sleepers from state to state, as queue_state.h describes them. */
#include <stddef.h>

#include <aml/utils/error.h>

#include "async/queue.h"
#include "async/queue_check.h"
#include "async/queue_head.h"
#include "async/queue_held.h"
#include "async/queue_lock.h"
#include "async/queue_memory.h"
#include "async/queue_roster.h"

void sleeper_signal(struct sleeper *s)
{
	/* Tools that watch locks take a read-modify-write operation for a read. */
	if (s->spins)
		(void)__atomic_exchange_n(&s->spin_over, true, __ATOMIC_RELAXED);
	else
		pthread_cond_signal(&s->wakeup);
}

void sleeper_done(struct sleeper *s)
{
	s->done = true;
	if (s->asleep)
		pthread_cond_signal(&s->wakeup);
}

/* One of the tasks that a sleeper waits for has finished. */
static void sleeper_count(struct sleeper *s)
{
	if (--s->need == 0)
		sleeper_done(s);
}

/* Prepare the condition variable for deadlines of clock_ns(). No thread uses it yet. */
static void wakeup_set_clock(pthread_cond_t *wakeup)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(wakeup, &attr);
	pthread_condattr_destroy(&attr);
}

/* Return a time of clock_ns() for the system: not later than it can express. */
static struct timespec time_of_ns(uint64_t ns)
{
	const uint64_t most = sizeof(time_t) < 8 ? INT32_MAX : INT64_MAX;
	uint64_t seconds = ns / 1000000000;

	return (struct timespec){.tv_sec = (time_t)(seconds < most ? seconds : most),
				 .tv_nsec = (long)(ns % 1000000000)};
}

void sleeper_sleep_locked(struct queue_sched *q, struct sleeper *me)
{
	/* The sleep releases the lock. */
	queue_signal_locked(q);
	queue_call_walkers_locked(q);
	if (me->called)
		return;
	queue_check_locked(q);
	if (me->deadline == SLEEPER_NO_DEADLINE) {
		me->slept = true;
		pthread_cond_wait(&me->wakeup, &q->lock.mutex);
	} else {
		struct timespec deadline = time_of_ns(me->deadline);

		if (!me->slept)
			wakeup_set_clock(&me->wakeup);
		me->slept = true;
		pthread_cond_timedwait(&me->wakeup, &q->lock.mutex, &deadline);
		sleeper_is_late(me);
	}
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

/*
 * Find a sleeper that may run the head, and has no slot for it yet. A worker leaves `idle`. NULL:
 * there is none.
 */
static struct sleeper *find_runner_locked(struct queue_sched *q) REQUIRES(q)
{
	struct sleeper *s = q->idle;

	if (s != NULL) {
		q->idle = s->next;
		return s;
	}
	s = task_waiter(q->head);
	if (s != NULL && s->asleep && !s->granted && sleeper_may_run_locked(q, s))
		return s;
	/* The one that went to sleep last comes first. */
	for (s = q->helpers.last; s != NULL; s = s->prev_helper)
		if (s->limit >= q->head->priv.seq && !s->granted)
			return s;
	return NULL;
}

/* Poke a sleeper that find_runner_locked() has found. */
static void poke_sleeper_locked(struct queue_sched *q, struct sleeper *s) REQUIRES(q)
{
	queue_set_out_locked(q);
	q->poked_at = clock_ns();
	q->awaited_at = q->poked_at;
	s->poked = true;
	sleeper_signal(s);
}

void queue_poke_locked(struct queue_sched *q)
{
	struct sleeper *s = find_runner_locked(q);

	if (s != NULL)
		poke_sleeper_locked(q, s);
}

bool queue_grant_slot_locked(struct queue_sched *q)
{
	struct sleeper *s = q->waking ? NULL : find_runner_locked(q);

	if (s == NULL)
		return false;
	s->granted = true;
	poke_sleeper_locked(q, s);
	return true;
}

/*
 * Report whether the thread on its way is late. The clock is read after 1, 2, 4, 8 posts and so on:
 * a burst of posts that wakes no thread must stay cheap.
 */
static bool is_late_locked(struct queue_sched *q) REQUIRES(q)
{
	unsigned posts = ++q->awaited_posts;
	unsigned most =
		q->head->priv.flags & TASK_SMALL ? QUEUE_LATE_SMALL_POSTS : QUEUE_LATE_POSTS;

	if (posts % most == 0)
		return true;
	if (posts & (posts - 1))
		return false;
	if (q->awaited_at == 0)
		q->awaited_at = clock_ns();
	return clock_ns() - q->awaited_at >= QUEUE_LATE_NS;
}

void queue_wake_again_locked(struct queue_sched *q)
{
	if (q->head != NULL && q->running < q->slots && (!q->waking || is_late_locked(q)))
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
	queue_attach_locked(q, task);
	if (!(request->flags & TASK_REQUEST)) {
		q->unclaimed++;
		q->plain.submitted++;
		q->plain.queued++;
	}
	trace_post(&q->trace, task);
}

void queue_settle_locked(struct queue_sched *q)
{
	const struct aml_task *oldest = q->unfinished.first;

	while (q->barriers.first != NULL &&
	       (oldest == NULL || q->barriers.first->limit < oldest->priv.seq))
		sleeper_list_end_first(&q->barriers);
	if (q->destroyer != NULL && oldest == NULL && q->callers == 0)
		sleeper_done(q->destroyer);
	if (q->afters.first != NULL)
		queue_release_afters_locked(q);
	q->settles = q->barriers.first != NULL || q->destroyer != NULL || q->afters.first != NULL;
}

/*
 * Report the failure of a request to the first barrier that covers it. `seq`: its place in the
 * order of submission. False: there is none.
 */
static bool report_to_barrier_locked(struct queue_sched *q, uint64_t seq, int code) REQUIRES(q)
{
	for (struct sleeper *s = q->barriers.first; s != NULL; s = s->next) {
		if (s->limit < seq)
			continue;
		s->code = code;
		sleeper_list_unlink(&q->barriers, s);
		sleeper_done(s);
		return true;
	}
	return false;
}

/* Report whether no barrier may report the failure of a request that no thread waits for. */
static bool is_silent(const struct aml_task *task)
{
	return task->priv.flags & TASK_SILENT ||
	       (is_extended(task) && task->priv.flags & TASK_OWNED &&
		extra_of(task)->callback != NULL);
}

void queue_wake_reaper_locked(struct queue_sched *q)
{
	for (struct sleeper *s = q->reapers.first; s != NULL; s = s->next) {
		if (s->least > q->completions.count)
			continue;
		sleeper_list_unlink(&q->reapers, s);
		sleeper_done(s);
		return;
	}
}

/*
 * Put the completion of a finished request on the completion queue, release the request, and wake a
 * thread that waits for this.
 */
static void complete_locked(struct queue_sched *q, struct aml_task *task) REQUIRES(q)
{
	reaping_list_unlink(&q->reaping, extra_of(task));
	completions_push(&q->completions, extra_of(task)->tag, *request_result(task));
	queue_put_free_locked(q, task);
	if (q->eventfd >= 0) {
		q->signals++;
		q->chores = true;
	}
	queue_wake_reaper_locked(q);
}

/*
 * A request that no thread waits for has finished: put it on the completion queue, or report its
 * failure, or put it on `failed`. `seq`: its place in the order of submission.
 */
static void file_request_locked(struct queue_sched *q, struct aml_task *task, uint64_t seq)
	REQUIRES(q)
{
	int code = *request_result(task);

	if (is_extended(task) && extra_of(task)->options & EXTRA_REAP) {
		complete_locked(q, task);
	} else if (code != AML_SUCCESS && !is_silent(task) &&
		   !report_to_barrier_locked(q, seq, code)) {
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

/* Count a finished request that failed. If it was skipped, no part of it ran. */
static void count_failed_locked(struct queue_sched *q, const struct aml_task *task) REQUIRES(q)
{
	q->nfailed++;
	if (is_extended(task) && extra_of(task)->skips)
		q->extra_parts--;
}

void queue_file_locked(struct queue_sched *q, struct aml_task *task)
{
	bool request = task->priv.flags & TASK_REQUEST;
	struct sleeper *waiter = task_waiter(task);
	uint64_t seq = task->priv.seq;

	task->priv.seq = ++q->nfinished + q->ncancelled;
	if (!request)
		q->plain.finished++;
	else if (*request_result(task) == AML_SUCCESS)
		q->bytes += task->priv.bytes;
	else
		count_failed_locked(q, task);
	task->priv.state = TASK_FINISHED;
	if (task_edges(task) != NULL)
		queue_release_held_locked(
			q, task,
			waiter != NULL && waiter->cancels ? -AML_FAILURE : *request_result(task));
	if (waiter != NULL && waiter->roster != NULL)
		roster_finish(waiter->roster, task->priv.index);
	if (waiter != NULL && !waiter->done)
		sleeper_count(waiter);
	else if (request)
		file_request_locked(q, task, seq);
	else
		file_task_locked(q, task);
}

void queue_finish_locked(struct queue_sched *q, struct aml_task *task)
{
	task_list_unlink(&q->unfinished, task);
	queue_file_locked(q, task);
	/* This call is last, so that a barrier gets a failure before it learns that all is done. */
	if (q->settles)
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
