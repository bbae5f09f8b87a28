/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The completion queue: finished requests that wait to be reaped, and the eventfd that says so. A
 * thread that reaps more than there is sleeps on `reapers`. Another thread may take the completions
 * before it wakes up: it then sleeps again.
 */
#include <pthread.h>
#include <stddef.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <aml/utils/error.h>

#include "async/queue.h"
#include "async/queue_lock.h"
#include "async/queue_reap.h"
#include "async/queue_run.h"
#include "async/queue_sleep.h"
#include "async/queue_wait.h"

/* Wait until `least` completions are there, or the deadline has passed. */
static void await_completions_locked(struct queue_sched *q, size_t least, uint64_t deadline)
	REQUIRES(q)
{
	bool late = false;

	while (q->completions.count < least && !late) {
		struct sleeper me = SLEEPER_INITIALIZER;
		struct queue_group group = {.sleeper = &me, .reaps = true};

		me.limit = queue_frame == NULL ? UINT64_MAX : 0;
		me.least = least;
		me.deadline = deadline;
		sleeper_list_push(&q->reapers, &me);
		queue_sleep_locked(q, &me, &group);
		late = !me.done;
		if (late)
			sleeper_list_unlink(&q->reapers, &me);
	}
}

/* Run the head, or a part of it, if something is to be reaped, and nobody else may run it. */
static void run_one_locked(struct queue_sched *q) REQUIRES(q)
{
	int cancel_state;

	if (q->nworkers > 0 || q->reaping.first == NULL || q->head == NULL ||
	    q->running == q->slots)
		return;
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
	queue_run_head_locked(q, 0);
	pthread_setcancelstate(cancel_state, NULL);
}

int queue_reap(struct queue_sched *q, size_t n, struct aml_dma_completion *out, size_t least,
	       uint64_t deadline, size_t *count)
{
	struct completion_block *surplus = NULL;
	size_t taken;

	queue_acquire(q);
	q->callers++;
	if (queue_frame == NULL && q->completions.count < n)
		run_one_locked(q);
	if (least > 0)
		await_completions_locked(q, least, deadline);
	else if (queue_frame != NULL && n > 0)
		await_completions_locked(q, 1, 0);
	taken = completions_take(&q->completions, out, n, &surplus);
	if (q->completions.count > 0)
		queue_wake_reaper_locked(q);
	queue_wake_locked(q);
	q->callers--;
	queue_settle_locked(q);
	queue_release(q);
	completions_free_blocks(surplus);
	if (count != NULL)
		*count = taken;
	return taken >= least ? AML_SUCCESS : -AML_EBUSY;
}

int queue_progress(struct queue_sched *q, size_t most, size_t *ran)
{
	size_t n = 0;
	int cancel_state;

	if (queue_inside(q))
		return -AML_EPERM;
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
	queue_acquire(q);
	q->callers++;
	for (; n < most && q->head != NULL && q->running < q->slots; n++) {
		q->running++;
		queue_run_task_locked(q, q->head, true);
		queue_free_slot_locked(q);
	}
	queue_wake_locked(q);
	q->callers--;
	queue_settle_locked(q);
	queue_release(q);
	pthread_setcancelstate(cancel_state, NULL);
	if (ran != NULL)
		*ran = n;
	return AML_SUCCESS;
}

/* Close a descriptor: close() is a cancellation point, and this function is none. */
static void close_at_once(int fd)
{
	int cancel_state;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
	close(fd);
	pthread_setcancelstate(cancel_state, NULL);
}

int queue_eventfd(struct queue_sched *q)
{
	int fd, extra = -1;

	queue_acquire(q);
	fd = q->eventfd;
	queue_release(q);
	if (fd >= 0)
		return fd;
	fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (fd < 0)
		return -AML_ENOMEM;
	queue_acquire(q);
	if (q->eventfd >= 0) {
		extra = fd;
		fd = q->eventfd;
	} else {
		q->eventfd = fd;
		q->signals = q->completions.count;
		q->chores = q->chores || q->signals > 0;
	}
	queue_release(q);
	if (extra >= 0)
		close_at_once(extra);
	return fd;
}
