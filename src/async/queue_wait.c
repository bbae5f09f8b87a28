/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The calls that wait: for one task, for any task, for all earlier tasks, for a slot. A thread that
 * waits outside of any operator may run tasks itself. An operator gives up its slot while it waits,
 * so that what it waits for can run.
 */
#include <stddef.h>

#include <aml/utils/error.h>

#include "async/queue.h"
#include "async/queue_lock.h"
#include "async/queue_memory.h"
#include "async/queue_run.h"
#include "async/queue_wait.h"

/* Sleep until done or poked. */
static void doze_locked(struct queue_sched *q, struct sleeper *me) REQUIRES(q)
{
	bool helper = q->nworkers == 0;

	me->asleep = true;
	if (helper)
		helper_list_push(&q->helpers, me);
	while (!me->done && !me->poked)
		sleeper_sleep_locked(q, me);
	if (helper)
		helper_list_unlink(&q->helpers, me);
	me->asleep = false;
	if (me->poked) {
		me->poked = false;
		q->waking = false;
	}
}

/*
 * Report whether a waiting thread may run the head. It may run the task that it waits for. It may
 * run any other task up to its limit only if the task is small or there are no workers.
 */
static bool may_run_locked(const struct queue_sched *q, const struct sleeper *me,
			   const struct aml_task *mine) REQUIRES(q)
{
	const struct aml_task *head = q->head;

	return head == mine || (head->priv.seq <= me->limit &&
				(q->nworkers == 0 || (head->priv.flags & TASK_SMALL)));
}

/* Sleep until `me` is done. Meanwhile, run the head whenever may_run_locked() allows it. */
static void sleep_locked(struct queue_sched *q, struct sleeper *me, struct aml_task *mine)
	REQUIRES(q)
{
	while (!me->done) {
		if (q->head != NULL && q->running < q->slots && may_run_locked(q, me, mine)) {
			queue_run_head_locked(q, me->limit);
		} else {
			queue_wake_again_locked(q);
			doze_locked(q, me);
		}
	}
	queue_wake_locked(q);
}

/*
 * Give up the slot of the operator `frame`. If the operator belongs to another scheduler, the lock
 * of q is released meanwhile. Not analysed: the lock depends on a condition.
 */
static void yield_slot_locked(struct queue_sched *q, struct frame *frame) REQUIRES(q) NOT_ANALYSED
{
	if (frame->q != q) {
		queue_release(q);
		queue_acquire(frame->q);
	}
	queue_free_slot_locked(frame->q);
	queue_wake_locked(frame->q);
	if (frame->q != q) {
		queue_release(frame->q);
		queue_acquire(q);
	}
}

/*
 * Take a slot again for the operator `frame`. The lock of q is released as in
 * yield_slot_locked().
 */
static void regain_slot_locked(struct queue_sched *q, struct frame *frame) REQUIRES(q) NOT_ANALYSED
{
	struct queue_sched *own = frame->q;

	if (own != q) {
		queue_release(q);
		queue_acquire(own);
	}
	if (own->running < own->slots) {
		own->running++;
	} else {
		struct sleeper me = SLEEPER_INITIALIZER;

		sleeper_list_push(&own->resumers, &me);
		me.asleep = true;
		while (!me.done)
			sleeper_sleep_locked(own, &me);
		sleeper_end(&me);
	}
	if (own != q) {
		queue_release(own);
		queue_acquire(q);
	}
}

/*
 * Run a task, or its next part, ahead of its turn for an operator of another scheduler. It gets a
 * free slot if nothing else is queued that could use the slot; else it runs beyond the bound.
 */
static void run_abroad_locked(struct queue_sched *q, struct aml_task *task) REQUIRES(q)
{
	bool has_slot = q->running < q->slots && (q->head == NULL || q->head == task);

	if (has_slot)
		q->running++;
	else
		q->beyond++;
	queue_run_task_locked(q, task, has_slot);
	if (has_slot)
		queue_free_slot_locked(q);
	else
		q->beyond--;
}

/* Let the operator `frame` wait without its slot. It runs the rest of `mine` ahead of its turn. */
static void block_locked(struct queue_sched *q, struct frame *frame, struct sleeper *me,
			 struct aml_task *mine) REQUIRES(q)
{
	if (frame->has_slot)
		yield_slot_locked(q, frame);
	while (mine != NULL && has_untaken_part(mine))
		run_abroad_locked(q, mine);
	sleep_locked(q, me, NULL);
	if (frame->has_slot)
		regain_slot_locked(q, frame);
}

void queue_sleep_locked(struct queue_sched *q, struct sleeper *me, struct aml_task *mine)
{
	struct frame *frame = queue_frame;
	int cancel_state;

	/* Neither the sleep nor a task that runs meanwhile may be a cancellation point. */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
	if (frame == NULL) {
		sleep_locked(q, me, mine);
	} else {
		/* In its own scheduler, the task takes over the slot of the waiting operator. */
		while (frame->q == q && mine != NULL && has_untaken_part(mine))
			queue_run_task_locked(q, mine, frame->has_slot);
		if (!me->done)
			block_locked(q, frame, me, mine);
	}
	sleeper_end(me);
	pthread_setcancelstate(cancel_state, NULL);
}

/* Wait as queue_sleep_locked(), in a call that the end of the scheduler must wait for. */
static void wait_locked(struct queue_sched *q, struct sleeper *me, struct aml_task *mine)
	REQUIRES(q)
{
	q->callers++;
	queue_sleep_locked(q, me, mine);
	q->callers--;
	queue_settle_locked(q);
}

/* Report whether the function of the task is on the stack of the calling thread. */
static bool task_is_on_stack(const struct aml_task *task)
{
	for (const struct frame *f = queue_frame; f != NULL; f = f->outer)
		if (f->task == task)
			return true;
	return false;
}

int queue_may_wait_locked(const struct queue_sched *q, const struct aml_task *task)
{
	if (task->priv.sched != q || task->priv.state == TASK_RETURNED)
		return -AML_EINVAL;
	if (task->priv.waiter != NULL ||
	    (task->priv.state == TASK_RUNNING && task_is_on_stack(task)))
		return -AML_EBUSY;
	return AML_SUCCESS;
}

void queue_take_finished_locked(struct queue_sched *q, struct aml_task *task)
{
	bool request = task->priv.flags & TASK_REQUEST;

	if (!request)
		queue_claim_locked(q);
	if (task->priv.state != TASK_FINISHED) {
		struct sleeper me = SLEEPER_INITIALIZER;

		/* An operator may run only the task itself, ahead of its turn. */
		me.limit = queue_frame == NULL ? task->priv.seq : 0;
		task->priv.waiter = &me;
		wait_locked(q, &me, task);
		task->priv.waiter = NULL;
	} else if (!request) {
		task_list_unlink(&q->done, task);
	} else if (task->priv.flags & TASK_UNREPORTED) {
		task_list_unlink(&q->failed, task);
	}
	task->priv.state = TASK_RETURNED;
}

int queue_wait_task(struct queue_sched *q, struct aml_task *task)
{
	int err;

	queue_acquire(q);
	err = queue_may_wait_locked(q, task);
	if (err == AML_SUCCESS && task->priv.flags & TASK_REQUEST) {
		err = -AML_EINVAL;
	} else if (err == AML_SUCCESS && task->priv.state == TASK_ORPHAN) {
		task->priv.state = TASK_RETURNED;
		err = -AML_FAILURE;
	} else if (err == AML_SUCCESS) {
		queue_take_finished_locked(q, task);
	}
	queue_release(q);
	return err;
}

int queue_wait(struct queue_sched *q, struct aml_task *task, int *result)
{
	int err;

	queue_acquire(q);
	err = queue_may_wait_locked(q, task);
	if (err == AML_SUCCESS && task->priv.state == TASK_ORPHAN) {
		task_list_unlink(&q->orphans, task);
		q->callers++;
		err = -AML_FAILURE;
	} else if (err == AML_SUCCESS) {
		queue_take_finished_locked(q, task);
		*result = *(int *)(void *)task->out;
		queue_put_free_locked(q, task);
	}
	queue_release(q);
	return err;
}

void queue_submit_and_wait(struct queue_sched *q, struct aml_task *task,
			   const struct queue_request *request)
{
	queue_acquire(q);
	queue_append_locked(q, task, request);
	queue_take_finished_locked(q, task);
	queue_release(q);
}

int queue_barrier(struct queue_sched *q)
{
	struct sleeper me = SLEEPER_INITIALIZER;
	struct aml_task *failed;

	if (queue_inside(q))
		return -AML_EBUSY;
	queue_acquire(q);
	failed = task_list_pop(&q->failed);
	if (failed != NULL) {
		me.code = *(int *)(void *)failed->out;
		failed->priv.flags &= ~(unsigned)TASK_UNREPORTED;
		if (failed->priv.flags & TASK_OWNED)
			queue_put_free_locked(q, failed);
	} else if (q->unfinished.first != NULL) {
		me.limit = q->seq;
		sleeper_list_push(&q->barriers, &me);
		wait_locked(q, &me, NULL);
	}
	queue_release(q);
	return me.code;
}

struct aml_task *queue_wait_any(struct queue_sched *q)
{
	struct sleeper me = SLEEPER_INITIALIZER;

	if (queue_inside(q)) {
		aml_errno = AML_EBUSY;
		return NULL;
	}
	queue_acquire(q);
	me.task = task_list_pop(&q->done);
	if (me.task != NULL) {
		me.task->priv.state = TASK_RETURNED;
		queue_claim_locked(q);
	} else if (q->unclaimed > 0) {
		me.limit = UINT64_MAX;
		sleeper_list_push(&q->anys, &me);
		wait_locked(q, &me, NULL);
	}
	queue_release(q);
	return me.task;
}

bool queue_inside(const struct queue_sched *q)
{
	for (const struct frame *f = queue_frame; f != NULL; f = f->outer)
		if (f->q == q)
			return true;
	return false;
}
