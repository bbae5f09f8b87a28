/* SPDX-License-Identifier: BSD-3-Clause */
/* Requests of a multiplexer: their memory, their states, and the threads that wait for a change. */
#include "dma/multiplex_claim.h"

#include <stdlib.h>
#include <time.h>

#include <aml/dma/completion.h>
#include <aml/utils/error.h>

#include "async/queue.h"
#include "async/queue_lock.h"
#include "async/queue_run.h"
#include "async/queue_wait.h"
#include "dma/multiplex_turn.h"
#include "util/clock.h"

/* The bytes of a request without plans. 0: too many. */
static size_t request_bytes(size_t count)
{
	const size_t each = sizeof(struct multiplex_part) + 2 * sizeof(void *);
	size_t bytes;

	if (__builtin_mul_overflow(count, each, &bytes) ||
	    __builtin_add_overflow(bytes, sizeof(struct multiplex_request), &bytes))
		return 0;
	return bytes;
}

void multiplex_request_init(struct multiplex *m, struct multiplex_request *r, size_t count)
{
	r->pub.count = count;
	r->pub.reqs = (struct aml_dma_request **)(void *)(r->parts + count);
	r->pub.dmas = (struct aml_dma **)(void *)(r->pub.reqs + count);
	r->pub.flags = 0;
	r->owner = m;
	r->state = MULTIPLEX_POSTING;
	r->listed = false;
	r->filed = false;
	r->orphan = false;
	r->framed = false;
	r->detached = false;
	r->parent = NULL;
	r->code = AML_SUCCESS;
	for (size_t i = 0; i < count; i++) {
		r->pub.reqs[i] = NULL;
		r->pub.dmas[i] = NULL;
		r->parts[i] = (struct multiplex_part){.request = r};
	}
}

struct multiplex_request *multiplex_request_new(struct multiplex *m, size_t count,
						size_t plan_bytes)
{
	size_t bytes = request_bytes(count);
	struct multiplex_request *r;

	if (bytes == 0 || __builtin_add_overflow(bytes, plan_bytes, &bytes))
		return NULL;
	r = malloc(bytes);
	if (r == NULL)
		return NULL;
	multiplex_request_init(m, r, count);
	return r;
}

void *multiplex_plans_of(struct multiplex_request *r)
{
	return r->pub.dmas + r->pub.count;
}

void multiplex_append_locked(struct multiplex *m, struct multiplex_request *r)
{
	r->seq = ++m->seq;
	r->user = pthread_self();
	multiplex_list_push(&m->unfinished, r);
}

/* Wake a sleeper of the multiplexer, whose lock must be held. */
static void wake_sleeper(struct multiplex_sleeper *s)
{
	s->woken = true;
	if (s->queue == NULL) {
		pthread_cond_signal(&s->wakeup);
		return;
	}
	queue_acquire(s->queue);
	if (!s->inside->done)
		sleeper_done(s->inside);
	queue_release(s->queue);
}

void multiplex_wake_locked(struct multiplex *m)
{
	for (struct multiplex_sleeper *s = m->sleepers.first; s != NULL; s = s->next)
		wake_sleeper(s);
}

/* Prepare a sleeper. Its condition variable has the clock of clock_ns(). */
static void sleeper_begin(struct multiplex_sleeper *me)
{
	pthread_condattr_t attr;

	*me = (struct multiplex_sleeper){.woken = false};
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&me->wakeup, &attr);
	pthread_condattr_destroy(&attr);
}

/*
 * Let the operator on top of the stack sleep. It gives up its slot meanwhile: what it sleeps for
 * may need the slot.
 */
static void doze_inside_locked(struct multiplex *m, struct multiplex_sleeper *me, uint64_t deadline)
	REQUIRES(m)
{
	struct queue_sched *q = queue_frame->q;
	struct sleeper inside = SLEEPER_INITIALIZER;

	inside.deadline = deadline;
	me->queue = q;
	me->inside = &inside;
	multiplex_release(m);
	queue_acquire(q);
	if (!inside.done)
		queue_wait_group_locked(q, &inside, NULL);
	queue_release(q);
	multiplex_acquire(m);
	me->queue = NULL;
}

/* Sleep until the sleeper is woken. False: the deadline has passed. */
static bool sleeper_doze_locked(struct multiplex *m, struct multiplex_sleeper *me,
				uint64_t deadline) REQUIRES(m)
{
	const uint64_t most = sizeof(time_t) < 8 ? INT32_MAX : INT64_MAX;
	uint64_t seconds = deadline / 1000000000;
	const struct timespec until = {.tv_sec = (time_t)(seconds < most ? seconds : most),
				       .tv_nsec = (long)(deadline % 1000000000)};
	int cancel_state;

	if (queue_frame != NULL && !me->woken) {
		doze_inside_locked(m, me, deadline);
		return me->woken;
	}
	/* The sleep may not be a cancellation point. */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
	while (!me->woken && (deadline == AML_DMA_NO_DEADLINE || clock_ns() < deadline)) {
		if (deadline == AML_DMA_NO_DEADLINE)
			pthread_cond_wait(&me->wakeup, &m->lock.mutex);
		else
			pthread_cond_timedwait(&me->wakeup, &m->lock.mutex, &until);
	}
	pthread_setcancelstate(cancel_state, NULL);
	return me->woken;
}

bool multiplex_sleep_locked(struct multiplex *m, uint64_t deadline)
{
	struct multiplex_sleeper me;
	bool woken;

	sleeper_begin(&me);
	multiplex_sleepers_push(&m->sleepers, &me);
	woken = sleeper_doze_locked(m, &me, deadline);
	multiplex_sleepers_unlink(&m->sleepers, &me);
	pthread_cond_destroy(&me.wakeup);
	return woken;
}

void multiplex_enter_locked(struct multiplex *m)
{
	m->callers++;
}

void multiplex_leave_locked(struct multiplex *m)
{
	if (--m->callers == 0 && m->destroyer != NULL)
		wake_sleeper(m->destroyer);
}

void multiplex_await_callers_locked(struct multiplex *m)
{
	struct multiplex_sleeper me;

	sleeper_begin(&me);
	m->destroyer = &me;
	if (m->callers > 0)
		(void)sleeper_doze_locked(m, &me, AML_DMA_NO_DEADLINE);
	m->destroyer = NULL;
	pthread_cond_destroy(&me.wakeup);
}

/* Is a request used by a thread for which owners sleep? */
static bool is_in_use(const struct multiplex_request *r)
{
	return r->state == MULTIPLEX_POSTING || r->state == MULTIPLEX_BARRED ||
	       r->state == MULTIPLEX_AWAITED;
}

int multiplex_claim_locked(struct multiplex *m, struct multiplex_request *r,
			   enum multiplex_request_state state, uint64_t deadline)
{
	bool late = false;

	while (is_in_use(r)) {
		if (pthread_equal(r->user, pthread_self()))
			return -AML_EPERM;
		if (late)
			return -AML_EBUSY;
		if (r->state == MULTIPLEX_BARRED)
			(void)multiplex_sleep_locked(m, AML_DMA_NO_DEADLINE);
		else
			late = !multiplex_sleep_locked(m, deadline);
	}
	if (r->state == MULTIPLEX_CLAIMED)
		return -AML_EPERM;
	if (r->state == MULTIPLEX_POSTED) {
		r->state = state;
		r->user = pthread_self();
	}
	return AML_SUCCESS;
}

/* Report whether all parts are done. The result is then the code of the lowest one that failed. */
static bool request_is_done(struct multiplex_request *r)
{
	int code = AML_SUCCESS;

	for (size_t i = 0; i < r->pub.count; i++) {
		if (!r->parts[i].done)
			return false;
		if (code == AML_SUCCESS)
			code = r->parts[i].code;
	}
	r->code = code;
	return true;
}

/* Count the parts that failed, and the end of timed ones that did not run. */
static void count_end_locked(struct multiplex *m, struct multiplex_request *r) REQUIRES(m)
{
	for (size_t i = 0; i < r->pub.count; i++) {
		if (r->parts[i].code != AML_SUCCESS)
			m->engines[r->parts[i].engine].failed++;
		if (r->parts[i].timed)
			multiplex_count_finish_locked(m, &r->parts[i], -AML_FAILURE);
	}
}

void multiplex_unclaim_locked(struct multiplex *m, struct multiplex_request *r)
{
	if (r->state == MULTIPLEX_FINISHED)
		return;
	r->state = MULTIPLEX_POSTED;
	if (request_is_done(r)) {
		r->state = MULTIPLEX_FINISHED;
		r->pub.flags |= AML_DMA_MULTIPLEX_REQUEST_FLAGS_DONE;
		multiplex_list_unlink(&m->unfinished, r);
		if (r->detached)
			multiplex_owned_list_unlink(&m->owned, r);
		multiplex_list_push(&m->done, r);
		count_end_locked(m, r);
	}
	multiplex_wake_locked(m);
}

void multiplex_take_locked(struct multiplex *m, struct multiplex_request *r)
{
	multiplex_list_unlink(r->filed ? &m->failed : &m->done, r);
}

void multiplex_file_failure_locked(struct multiplex *m, struct multiplex_request *r)
{
	if (r->code == AML_SUCCESS || r->filed || r->orphan)
		return;
	multiplex_list_unlink(&m->done, r);
	multiplex_list_push(&m->failed, r);
	r->filed = true;
}
