/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The queue scheduler: its creation, its end, and all calls except those that wait. queue_state.h
 * describes how the files of the scheduler fit together.
 *
 * A scheduler ends in two steps. First, the thread that destroys it waits, as a barrier does, until
 * nothing is unfinished and no thread is inside a wait. Then it stops and joins the workers, which
 * find the queue empty.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <aml/utils/error.h>

#include "async/queue.h"
#include "async/queue_bound.h"
#include "async/queue_fork.h"
#include "async/queue_lock.h"
#include "async/queue_memory.h"
#include "async/queue_roster.h"
#include "async/queue_sched.h"
#include "async/queue_sleep.h"
#include "async/queue_spin.h"
#include "async/queue_wait.h"
#include "async/queue_worker.h"

void queue_lock(struct queue_sched *q)
{
	queue_acquire(q);
}

int queue_may_post_locked(struct queue_sched *q, size_t n)
{
	return queue_room_locked(q, n);
}

int queue_lock_to_post(struct queue_sched *q, size_t n)
{
	queue_acquire(q);
	return queue_room_locked(q, n);
}

void queue_unlock(struct queue_sched *q)
{
	queue_release(q);
}

void queue_submit_locked(struct queue_sched *q, struct aml_task *task,
			 const struct queue_request *request)
{
	queue_append_locked(q, task, request);
	queue_wake_again_locked(q);
}

void queue_set_requests(struct queue_sched *q, const struct queue_requests *requests)
{
	q->part = requests->part;
	q->small = requests->small;
	q->drop = requests->drop;
	queue_set_sizes(q, requests->sizes);
}

struct trace_source *queue_trace(struct queue_sched *q)
{
	return &q->trace;
}

void queue_give_back(struct queue_sched *q, struct aml_task *task)
{
	queue_acquire(q);
	queue_put_free_locked(q, task);
	q->callers--;
	queue_settle_locked(q);
	queue_release(q);
}

struct aml_task *queue_pop_orphan(struct queue_sched *q)
{
	struct aml_task *task;

	queue_acquire(q);
	task = task_list_pop(&q->orphans);
	if (task != NULL)
		q->callers++;
	queue_release(q);
	return task;
}

/* Free a scheduler that no thread uses any more, and the requests that it owns. */
static void sched_free(struct queue_sched *q)
{
	struct queue_roster *roster;

	while ((roster = roster_list_pop(&q->rosters)) != NULL)
		free(roster);
	queue_free_blocks(q);
	completions_free_blocks(q->completions.first);
	if (q->eventfd >= 0)
		close(q->eventfd);
	pthread_mutex_destroy(&q->lock.mutex);
	free(q);
}

static int sched_submit(struct aml_sched_data *data, struct aml_task *task)
{
	static const struct queue_request plain = {.parts = 1};
	struct queue_sched *q = (struct queue_sched *)data;

	queue_acquire(q);
	queue_submit_locked(q, task, &plain);
	queue_release(q);
	return AML_SUCCESS;
}

static int sched_wait(struct aml_sched_data *data, struct aml_task *task)
{
	return queue_wait_task((struct queue_sched *)data, task);
}

static struct aml_task *sched_wait_any(struct aml_sched_data *data)
{
	return queue_wait_any((struct queue_sched *)data);
}

static struct aml_sched_ops queue_sched_ops = {
	.submit = sched_submit, .wait = sched_wait, .wait_any = sched_wait_any};

int queue_create(struct aml_sched **sched, const struct queue_attr *attr)
{
	struct queue_sched *q = aligned_alloc(CACHE_LINE_BYTES, sizeof(*q));
	int err;

	if (q == NULL)
		return -AML_ENOMEM;
	memset(q, 0, sizeof(*q));
	q->sched.data = (struct aml_sched_data *)q;
	q->sched.ops = &queue_sched_ops;
	q->lock = (struct lock)LOCK_INITIALIZER;
	q->spins = queue_may_spin();
	if (attr->num_threads > 0)
		queue_spin_prepare(q);
	q->eventfd = -1;
	q->call = 1;
	q->nworkers = (unsigned)attr->num_threads;
	q->slots = q->nworkers > 0 ? q->nworkers : 1;
	q->unfinished_max = attr->unfinished_max;
	trace_open(&q->trace);
	err = queue_start_workers(q, attr);
	if (err != AML_SUCCESS)
		goto no_workers;
	err = queue_register(q);
	if (err != AML_SUCCESS)
		goto not_registered;
	*sched = &q->sched;
	return AML_SUCCESS;

not_registered:
	queue_join_workers(q);
no_workers:
	sched_free(q);
	return err;
}

struct aml_sched *aml_queue_sched_create(const size_t num_threads)
{
	struct aml_sched *sched;
	int err = queue_create(&sched, &(struct queue_attr){.num_threads = num_threads});

	if (err == AML_SUCCESS)
		return sched;
	aml_errno = -err;
	return NULL;
}

void aml_queue_sched_destroy(struct aml_sched **sched)
{
	struct sleeper me = SLEEPER_INITIALIZER;
	struct queue_sched *q;
	int cancel_state;

	if (sched == NULL || *sched == NULL || (*sched)->ops != &queue_sched_ops)
		return;
	q = queue_of(*sched);
	if (queue_inside(q))
		return;
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
	queue_acquire(q);
	if (q->unfinished.first != NULL || q->callers > 0) {
		me.limit = UINT64_MAX;
		q->destroyer = &me;
		q->settles = true;
		queue_sleep_locked(q, &me, NULL);
		q->destroyer = NULL;
	}
	queue_release(q);
	queue_join_workers(q);
	queue_unregister(q);
	trace_file_flush();
	sched_free(q);
	*sched = NULL;
	pthread_setcancelstate(cancel_state, NULL);
}
