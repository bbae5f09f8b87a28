/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The sleep of threads that wait. A thread that waits outside of any operator may run tasks itself.
 * An operator runs what it waits for ahead of its turn, and gives up its slot while it sleeps, so
 * that what it waits for can run.
 */
#include <stddef.h>

#include "async/queue.h"
#include "async/queue_lock.h"
#include "async/queue_run.h"
#include "async/queue_sleep.h"

/* Sleep until done, poked or late. */
static void doze_locked(struct queue_sched *q, struct sleeper *me) REQUIRES(q)
{
	bool helper = q->nworkers == 0;

	me->asleep = true;
	if (helper)
		helper_list_push(&q->helpers, me);
	while (!me->done && !me->poked && !me->late)
		sleeper_sleep_locked(q, me);
	if (helper)
		helper_list_unlink(&q->helpers, me);
	me->asleep = false;
	if (me->poked) {
		me->poked = false;
		q->waking = false;
	}
}

/* Sleep until `me` is done or late. Meanwhile, run the head whenever it may. */
static void sleep_locked(struct queue_sched *q, struct sleeper *me) REQUIRES(q)
{
	while (!me->done && !sleeper_is_late(me)) {
		if (q->head != NULL && q->running < q->slots && sleeper_may_run_locked(q, me)) {
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

/* Sleep until another thread passes its slot on. */
static void await_slot_locked(struct queue_sched *q) REQUIRES(q)
{
	struct sleeper me = SLEEPER_INITIALIZER;

	sleeper_list_push(&q->resumers, &me);
	me.asleep = true;
	while (!me.done)
		sleeper_sleep_locked(q, &me);
	sleeper_end(&me);
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
	if (own->running < own->slots)
		own->running++;
	else
		await_slot_locked(own);
	if (own != q) {
		queue_release(own);
		queue_acquire(q);
	}
}

/*
 * If an operator waits for a slot, pass it the slot of the operator `frame`, and take one again.
 * The lock of q is released as in yield_slot_locked().
 */
static void pass_slot_locked(struct queue_sched *q, struct frame *frame) REQUIRES(q) NOT_ANALYSED
{
	struct queue_sched *own = frame->q;

	if (own != q) {
		queue_release(q);
		queue_acquire(own);
	}
	if (own->resumers.first != NULL) {
		queue_free_slot_locked(own);
		await_slot_locked(own);
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

/* Return the next task of the group with an untaken part. NULL: there is none. */
static struct aml_task *next_of_group_locked(struct queue_sched *q, struct queue_group *group)
	REQUIRES(q)
{
	(void)q;
	for (; group->next < group->n; group->next = group_after(group, group->next)) {
		struct aml_task *task = task_of_handle(group->handles[group->next]);

		if (can_run(task))
			return task;
	}
	return NULL;
}

/*
 * Run the tasks of a group that have untaken parts, ahead of their turn, one after the other, until
 * the sleeper is done or late. Run at least one task or part if there is one. In its own scheduler,
 * a task takes over the slot of the operator `frame`. Return whether anything was run.
 */
static bool run_group_locked(struct queue_sched *q, struct frame *frame, struct queue_group *group)
	REQUIRES(q)
{
	struct sleeper *me = group->sleeper;
	struct aml_task *task;
	bool ran = false;

	while (!me->done && !(ran && sleeper_is_late(me)) &&
	       (task = next_of_group_locked(q, group)) != NULL) {
		if (frame->q == q)
			queue_run_task_locked(q, task, frame->has_slot);
		else
			run_abroad_locked(q, task);
		ran = true;
	}
	return ran;
}

/* Let the operator `frame` wait. It has no slot while it sleeps, or runs tasks abroad. */
static void sleep_inside_locked(struct queue_sched *q, struct frame *frame, struct sleeper *me,
				struct queue_group *group) REQUIRES(q)
{
	bool abroad = frame->q != q, ran = false;

	if (!abroad && group != NULL)
		ran = run_group_locked(q, frame, group);
	if (me->done) {
		queue_wake_locked(q);
		return;
	}
	abroad = abroad && group != NULL && next_of_group_locked(q, group) != NULL;
	if (!abroad && sleeper_is_late(me)) {
		if (!ran && frame->has_slot)
			pass_slot_locked(q, frame);
		queue_wake_locked(q);
		return;
	}
	if (frame->has_slot)
		yield_slot_locked(q, frame);
	if (abroad)
		run_group_locked(q, frame, group);
	sleep_locked(q, me);
	if (frame->has_slot)
		regain_slot_locked(q, frame);
}

void queue_sleep_locked(struct queue_sched *q, struct sleeper *me, struct queue_group *group)
{
	struct frame *frame = queue_frame;
	int cancel_state;

	/* Neither the sleep nor a task that runs meanwhile may be a cancellation point. */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
	if (frame != NULL) {
		sleep_inside_locked(q, frame, me, group);
	} else {
		if (me->runs_one && q->nworkers == 0 && q->head != NULL && q->running < q->slots)
			queue_run_head_locked(q, me->limit);
		sleep_locked(q, me);
	}
	sleeper_end(me);
	pthread_setcancelstate(cancel_state, NULL);
}

bool queue_inside(const struct queue_sched *q)
{
	for (const struct frame *f = queue_frame; f != NULL; f = f->outer)
		if (f->q == q)
			return true;
	return false;
}
