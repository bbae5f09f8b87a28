/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The queue scheduler: its workers, its beginning and its end. queue_state.h tells how its
 * parts fit together.
 *
 * The end comes in two steps: the thread that destroys waits, as a barrier does, until nothing
 * is unfinished and no thread is inside a wait; only then are the workers told to stop, so that
 * each finds the queue empty, and joined.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <aml/utils/error.h>

#include "async/queue_state.h"

void queue_lock(struct queue_sched *q)
{
	lock(q);
}

void queue_unlock(struct queue_sched *q)
{
	unlock(q);
}

void queue_submit_locked(struct queue_sched *q, struct aml_task *task,
			 const struct queue_request *request)
{
	queue_append_locked(q, task, request);
	queue_wake_locked(q);
}

void queue_set_requests(struct queue_sched *q, queue_part_fn part,
			const size_t sizes[QUEUE_FREE_LISTS])
{
	q->part = part;
	for (size_t i = 0; i < QUEUE_FREE_LISTS; i++)
		q->sizes[i] = sizes[i];
}

void queue_set_name(struct queue_sched *q, queue_name_fn name)
{
	q->name = name;
}

void queue_give_back(struct queue_sched *q, struct aml_task *task)
{
	lock(q);
	queue_put_free_locked(q, task);
	q->callers--;
	queue_settle_locked(q);
	unlock(q);
}

struct aml_task *queue_pop_orphan(struct queue_sched *q)
{
	struct aml_task *task;

	lock(q);
	task = queue_pop(&q->orphans);
	if (task != NULL)
		q->callers++;
	unlock(q);
	return task;
}

void queue_stats(struct queue_sched *q, struct queue_stats *stats)
{
	lock(q);
	*stats = (struct queue_stats){
		.workers = q->nworkers,
		.queued = q->nqueued,
		.running = q->running,
		.finished = q->nfinished,
		.bytes = q->bytes,
	};
	unlock(q);
}

/* A worker takes all signals that concern its own doing, and no other. */
static void mask_signals(void)
{
	static const int own[] = {SIGSEGV, SIGBUS, SIGFPE,  SIGILL,
				  SIGTRAP, SIGSYS, SIGABRT, SIGPROF};
	sigset_t blocked;

	sigfillset(&blocked);
	for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++)
		sigdelset(&blocked, own[i]);
	pthread_sigmask(SIG_SETMASK, &blocked, NULL);
}

/* The function of a worker's thread. */
static void *work(void *arg)
{
	struct worker *self = arg;
	struct queue_sched *q = self->q;
	struct sleeper *me = &self->sleeper;
	char name[16];

	mask_signals();
	snprintf(name, sizeof(name), "aml-dma/%zu", self->number);
	pthread_setname_np(pthread_self(), name);
	trace_worker(q);
	lock(q);
	for (;;) {
		if (q->head != NULL && q->running < q->slots) {
			queue_run_head_locked(q, UINT64_MAX);
		} else if (q->surplus != NULL) {
			unlock(q);
			lock(q);
		} else if (q->stop) {
			break;
		} else {
			me->next = q->idle;
			q->idle = me;
			while (!me->poked)
				sleeper_sleep_locked(q, me);
			me->poked = false;
			q->waking = false;
		}
	}
	unlock(q);
	return NULL;
}

/* Tell the first n workers to end, and see to it. */
static void join_workers(struct queue_sched *q, size_t n)
{
	int cancel_state;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
	lock(q);
	q->stop = true;
	for (struct sleeper *s = q->idle; s != NULL; s = s->next) {
		s->poked = true;
		pthread_cond_signal(&s->wakeup);
	}
	q->idle = NULL;
	unlock(q);
	for (size_t i = 0; i < n; i++) {
		pthread_join(q->workers[i].thread, NULL);
		sleeper_end(&q->workers[i].sleeper);
	}
	pthread_setcancelstate(cancel_state, NULL);
}

static int start_workers(struct queue_sched *q)
{
	sigset_t all, before;
	size_t n;

	/* The workers start with every signal blocked, and choose their own mask. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	for (n = 0; n < q->nworkers; n++) {
		struct worker *worker = &q->workers[n];

		worker->q = q;
		worker->number = n;
		worker->sleeper = (struct sleeper)SLEEPER_INITIALIZER;
		if (pthread_create(&worker->thread, NULL, work, worker) != 0)
			break;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (n == q->nworkers)
		return AML_SUCCESS;
	join_workers(q, n);
	return -AML_ENOMEM;
}

/* Release a scheduler that no thread uses any more, and the requests that are its own. */
static void release(struct queue_sched *q)
{
	queue_free_list(q->finished.first);
	queue_free_list(q->failed.first);
	for (size_t i = 0; i < QUEUE_FREE_LISTS; i++)
		queue_free_list(q->free[i]);
	queue_free_list(q->surplus);
	pthread_mutex_destroy(&q->lock);
	free(q);
}

static int submit(struct aml_sched_data *data, struct aml_task *task)
{
	static const struct queue_request plain = {.parts = 1};
	struct queue_sched *q = (struct queue_sched *)data;

	lock(q);
	queue_submit_locked(q, task, &plain);
	unlock(q);
	return AML_SUCCESS;
}

static int wait(struct aml_sched_data *data, struct aml_task *task)
{
	return queue_wait_task((struct queue_sched *)data, task);
}

static struct aml_task *wait_any(struct aml_sched_data *data)
{
	return queue_wait_any((struct queue_sched *)data);
}

static struct aml_sched_ops ops = {.submit = submit, .wait = wait, .wait_any = wait_any};

struct aml_sched *aml_queue_sched_create(const size_t num_threads)
{
	struct queue_sched *q = NULL;
	size_t size;

	/* In whole cache lines. */
	if (!__builtin_mul_overflow(num_threads, sizeof(*q->workers), &size) &&
	    !__builtin_add_overflow(size, sizeof(*q) + CACHE_LINE - 1, &size)) {
		size -= size % CACHE_LINE;
		q = aligned_alloc(CACHE_LINE, size);
	}
	if (q == NULL)
		goto no_memory;
	memset(q, 0, size);
	q->sched.data = (struct aml_sched_data *)q;
	q->sched.ops = &ops;
	q->lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
	q->spins = queue_may_spin();
	q->nworkers = num_threads;
	q->slots = num_threads > 0 ? num_threads : 1;
	trace_open(q);
	if (start_workers(q) != AML_SUCCESS)
		goto no_workers;
	if (queue_register(q) != AML_SUCCESS)
		goto not_registered;
	return &q->sched;

not_registered:
	join_workers(q, q->nworkers);
no_workers:
	release(q);
no_memory:
	aml_errno = AML_ENOMEM;
	return NULL;
}

void aml_queue_sched_destroy(struct aml_sched **sched)
{
	struct sleeper me = SLEEPER_INITIALIZER;
	struct queue_sched *q;
	int cancel_state;

	if (sched == NULL || *sched == NULL || (*sched)->ops != &ops)
		return;
	q = queue_of(*sched);
	if (queue_inside(q))
		return;
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
	lock(q);
	if (q->unfinished.first != NULL || q->callers > 0) {
		me.limit = UINT64_MAX;
		q->destroyer = &me;
		queue_sleep_locked(q, &me, NULL);
		q->destroyer = NULL;
	}
	unlock(q);
	join_workers(q, q->nworkers);
	queue_unregister(q);
	trace_file_flush();
	release(q);
	*sched = NULL;
	pthread_setcancelstate(cancel_state, NULL);
}
