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
#include "async/queue_walk.h"

/* Sleep until done, poked, called or late. */
static void doze_locked(struct queue_sched *q, struct sleeper *me) REQUIRES(q)
{
	bool helper = q->nworkers == 0;

	me->asleep = true;
	if (helper)
		helper_list_push(&q->helpers, me);
	while (!me->done && !me->poked && !me->late && !me->called)
		sleeper_sleep_locked(q, me);
	if (helper)
		helper_list_unlink(&q->helpers, me);
	me->asleep = false;
	if (me->poked) {
		me->poked = false;
		q->waking = false;
	}
	if (me->granted)
		queue_use_grant_locked(q, me, me->limit,
				       !me->done && q->head != NULL &&
					       sleeper_may_run_locked(q, me));
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
 * Give up a slot of the scheduler `own`. If that is another one, the lock of q is released
 * meanwhile. Not analysed: the lock depends on a condition.
 */
static void yield_slot_locked(struct queue_sched *q, struct queue_sched *own)
	REQUIRES(q) NOT_ANALYSED
{
	if (own != q) {
		queue_release(q);
		queue_acquire(own);
	}
	queue_free_slot_locked(own);
	queue_wake_locked(own);
	if (own != q) {
		queue_release(own);
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

/* Take a slot again. The lock of q is released as in yield_slot_locked(). */
static void regain_slot_locked(struct queue_sched *q, struct queue_sched *own)
	REQUIRES(q) NOT_ANALYSED
{
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
 * Give up all slots of the operators on the stack, of which `frame` is the innermost, before it
 * waits. Returns whether the lock of q was released.
 */
static bool yield_slots_locked(struct queue_sched *q, struct frame *frame) REQUIRES(q)
{
	bool unlocked = false;

	for (struct frame *f = frame; f != NULL; f = f->outer) {
		if (!f->has_slot)
			continue;
		f->has_slot = false;
		f->sleeper = frame;
		yield_slot_locked(q, f->q);
		unlocked |= f->q != q;
	}
	return unlocked;
}

/* Take all slots again that yield_slots_locked() gave up. */
static void regain_slots_locked(struct queue_sched *q, struct frame *frame) REQUIRES(q)
{
	struct frame *next;

	do {
		next = NULL;
		for (struct frame *f = frame; f != NULL; f = f->outer)
			if (f->sleeper == frame &&
			    (next == NULL || (uintptr_t)f->q < (uintptr_t)next->q))
				next = f;
		if (next != NULL) {
			regain_slot_locked(q, next->q);
			next->has_slot = true;
			next->sleeper = NULL;
		}
	} while (next != NULL);
}

/*
 * If an operator waits for a slot, or a sleeping thread could run the head, pass it a slot, and
 * wait for one. The lock of q is released as in yield_slot_locked().
 */
static void pass_slot_locked(struct queue_sched *q, struct queue_sched *own)
	REQUIRES(q) NOT_ANALYSED
{
	if (own != q) {
		queue_release(q);
		queue_acquire(own);
	}
	if (own->resumers.first != NULL) {
		queue_free_slot_locked(own);
		await_slot_locked(own);
	} else if (own->head != NULL && own->running == own->slots &&
		   queue_grant_slot_locked(own)) {
		await_slot_locked(own);
	}
	if (own != q) {
		queue_release(own);
		queue_acquire(q);
	}
}

/* Pass on the slots of the stack, of which `frame` is the innermost operator. */
static void pass_slots_locked(struct queue_sched *q, struct frame *frame) REQUIRES(q)
{
	const struct frame *with_slot = NULL;
	size_t n = 0;

	for (const struct frame *f = frame; f != NULL; f = f->outer) {
		if (!f->has_slot)
			continue;
		with_slot = f;
		n++;
	}
	if (n == 1) {
		pass_slot_locked(q, with_slot->q);
	} else if (n > 1) {
		yield_slots_locked(q, frame);
		regain_slots_locked(q, frame);
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

/*
 * Return the next task of the group that can run, or that one of them needs and that can run. NULL:
 * there is none.
 */
static struct aml_task *next_of_handles_locked(struct queue_sched *q, struct queue_group *group)
	REQUIRES(q)
{
	for (; group->next < group->n; group->next = group_after(group, group->next)) {
		struct aml_task *target = task_of_handle(group->handles[group->next]);
		struct aml_task *task = queue_walk_next_locked(q, &group->walk, target);

		if (task != NULL)
			return task;
	}
	return NULL;
}

/* The same for a call that reaps. */
static struct aml_task *next_of_reaping_locked(struct queue_sched *q, struct queue_group *group)
	REQUIRES(q)
{
	struct request_extra *next;

	for (struct request_extra *extra = q->reaping.first; extra != NULL; extra = next) {
		struct aml_task *task = queue_walk_next_locked(q, &group->walk, task_of(extra));

		next = extra->next_reaping;
		if (task != NULL)
			return task;
	}
	return NULL;
}

/* Return the next task for an operator that waits for the group. NULL: there is none. */
static struct aml_task *next_of_group_locked(struct queue_sched *q, struct queue_group *group)
	REQUIRES(q)
{
	struct aml_task *task;

	if (queue_walk_is_void_locked(q, &group->walk))
		group->next = group->first;
	for (;;) {
		task = group->reaps ? next_of_reaping_locked(q, group)
				    : next_of_handles_locked(q, group);
		if (task != NULL || !queue_walk_again(&group->walk))
			return task;
		group->next = group->first;
	}
}

/*
 * Run what a group needs, ahead of its turn, one after the other, until the sleeper is done or
 * late. Run at least one task or part if there is one. `in_slot`: the tasks take over the slot of
 * the operator `frame`. Return whether anything was run.
 */
static bool run_group_locked(struct queue_sched *q, struct frame *frame, struct queue_group *group,
			     bool in_slot) REQUIRES(q)
{
	bool ran = false, has_slot = in_slot && frame->has_slot;
	struct sleeper *me = group->sleeper;
	struct aml_task *task;

	if (has_slot)
		frame->has_slot = false;

	while (!me->done && !(ran && sleeper_is_late(me)) &&
	       (task = next_of_group_locked(q, group)) != NULL) {
		if (queue_is_unrun(task))
			queue_end_unrun_locked(q, task);
		else if (in_slot)
			queue_run_task_locked(q, task, has_slot);
		else
			run_abroad_locked(q, task);
		group->walk.unlocked = true;
		ran = true;
	}
	if (has_slot)
		frame->has_slot = true;
	return ran;
}

/*
 * Sleep, without a slot, until the sleeper of a group is done or late. Meanwhile, run what becomes
 * ready and is needed.
 */
static void sleep_walking_locked(struct queue_sched *q, struct frame *frame,
				 struct queue_group *group) REQUIRES(q)
{
	struct sleeper *me = group->sleeper;
	bool walks;

	while (!me->done && !sleeper_is_late(me)) {
		run_group_locked(q, frame, group, false);
		if (me->done || sleeper_is_late(me))
			break;
		walks = group->reaps || group->walk.number != 0;
		queue_wake_again_locked(q);
		if (walks) {
			me->below = group->walk.below;
			walker_list_push(&q->walkers, me);
		}
		doze_locked(q, me);
		if (walks)
			walker_list_unlink(&q->walkers, me);
		me->called = false;
		/* Others may have made ready what the walk has passed. */
		group->walk.unlocked = true;
	}
	queue_wake_locked(q);
}

/* Let the operator `frame` wait. It has no slot while it sleeps, or runs tasks abroad. */
static void sleep_inside_locked(struct queue_sched *q, struct frame *frame, struct sleeper *me,
				struct queue_group *group) REQUIRES(q)
{
	bool abroad = frame->q != q, ran = false;

	if (!abroad && group != NULL)
		ran = run_group_locked(q, frame, group, true);
	if (me->done) {
		queue_wake_locked(q);
		return;
	}
	abroad = abroad && group != NULL && next_of_group_locked(q, group) != NULL;
	if (!abroad && sleeper_is_late(me)) {
		if (!ran)
			pass_slots_locked(q, frame);
		queue_wake_locked(q);
		return;
	}
	/* Without the lock, others may have run and released what the walk is at. */
	if (yield_slots_locked(q, frame) && group != NULL) {
		group->walk = (struct queue_walk){.number = 0};
		group->next = group->first;
	}
	if (abroad)
		run_group_locked(q, frame, group, false);
	if (group != NULL)
		sleep_walking_locked(q, frame, group);
	else
		sleep_locked(q, me);
	regain_slots_locked(q, frame);
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
