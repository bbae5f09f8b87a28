/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The waits for one or several requests beyond AML. They allocate nothing: the group, with its
 * sleeper, is on the stack of the waiting thread, and the handles are in the list of the caller.
 *
 * A wait first makes its sleeper the waiter of each request, also of those that have finished: so
 * it finds a request that stands in the list twice. It then sleeps until enough requests have
 * finished, and releases those that it takes. All others are as before. The sleeper counts the
 * requests that it still needs, so that it is woken once.
 */
#include <limits.h>

#include <aml/utils/error.h>

#include "async/queue.h"
#include "async/queue_group.h"
#include "async/queue_lock.h"
#include "async/queue_memory.h"
#include "async/queue_run.h"
#include "async/queue_sleep.h"
#include "async/queue_wait.h"

int queue_may_join_locked(struct queue_sched *q, const struct sleeper *me, struct aml_task *task,
			  uint64_t *check)
{
	int err;

	if (task->priv.sched == q && task_waiter(task) == me)
		return -AML_EINVAL;
	err = queue_may_wait_for_locked(q, task, check);
	return err == -AML_EBUSY ? -AML_EPERM : err;
}

/* Report whether the handle at place i is at a place before, too. */
static bool is_repeated_locked(const struct queue_sched *q, const struct queue_group *group,
			       size_t i) REQUIRES(q)
{
	const struct aml_task *task = task_of_handle(group->handles[i]);

	if (task->priv.sched == q && task_waiter(task) == group->sleeper)
		return true;
	for (size_t j = 0; j < i; j++)
		if (group->handles[j] == group->handles[i])
			return true;
	return false;
}

/* Let the sleeper of the group no longer wait for the requests at the places before `end`. */
static void group_leave_locked(struct queue_sched *q, const struct queue_group *group, size_t end)
	REQUIRES(q)
{
	for (size_t i = 0; i < end; i++) {
		struct aml_task *task = task_of_handle(group->handles[i]);

		if (task != NULL && task->priv.sched == q && task_waiter(task) == group->sleeper)
			task_set_waiter(task, NULL);
	}
}

int queue_join_locked(struct queue_sched *q, struct queue_group *group, struct group_state *state,
		      bool some)
{
	struct sleeper *me = group->sleeper;
	struct aml_task *last = NULL;
	uint64_t check = 0;

	group->first = group->n;
	for (size_t i = 0; i < group->n; i++) {
		struct aml_task *task = task_of_handle(group->handles[i]);
		int err = task != NULL ? queue_may_join_locked(q, me, task, &check) : AML_SUCCESS;

		if (task == NULL)
			continue;
		if (err != AML_SUCCESS && some && !is_repeated_locked(q, group, i)) {
			state->refused++;
			continue;
		}
		if (err != AML_SUCCESS) {
			group_leave_locked(q, group, i);
			return some ? -AML_EINVAL : err;
		}
		task_set_waiter(task, me);
		if (last == NULL)
			group->first = i;
		else
			last->priv.index = (unsigned)i;
		last = task;
		state->tasks++;
		if (has_finished(task))
			state->finished++;
		else if (queue_frame == NULL && task->priv.seq > me->limit)
			me->limit = task->priv.seq;
	}
	if (last != NULL)
		last->priv.index = (unsigned)group->n;
	group->linked = state->refused > 0;
	group->next = group->first;
	return AML_SUCCESS;
}

void queue_await_locked(struct queue_sched *q, struct queue_group *group,
			const struct group_state *state, size_t need, uint64_t deadline)
{
	struct sleeper *me = group->sleeper;

	me->need = need > 0 ? need : 1;
	me->deadline = need > 0 ? deadline : 0;
	me->runs_one = true;
	me->only_small = queue_frame == NULL && (me->deadline != SLEEPER_NO_DEADLINE ||
						 need < state->tasks - state->finished);
	group_list_push(&q->groups, group);
	queue_wait_group_locked(q, me, group);
	group_list_unlink(&q->groups, group);
}

void queue_unlist_locked(struct queue_sched *q, struct aml_task *task)
{
	if (task->priv.state == TASK_ORPHAN)
		task_list_unlink(&q->orphans, task);
	else if (task->priv.flags & TASK_UNREPORTED)
		task_list_unlink(&q->failed, task);
}

int queue_release_locked(struct queue_sched *q, struct aml_task *task, struct aml_task **orphans)
{
	int result;

	if (task->priv.state == TASK_ORPHAN) {
		q->callers++;
		task->priv.next = *orphans;
		*orphans = task;
		return -AML_FAILURE;
	}
	result = *request_result(task);
	queue_put_free_locked(q, task);
	return result;
}

int queue_wait_until(struct queue_sched *q, struct aml_task *task, uint64_t deadline, int *result)
{
	struct aml_dma_request *handle = (struct aml_dma_request *)(void *)task;
	struct sleeper me = SLEEPER_INITIALIZER;
	struct queue_group group = {.sleeper = &me, .handles = &handle, .n = 1};
	struct group_state state = {0};
	struct aml_task *orphan = NULL;
	int err;

	queue_acquire(q);
	err = queue_join_locked(q, &group, &state, false);
	if (err == AML_SUCCESS) {
		if (state.finished == 0)
			queue_await_locked(q, &group, &state, 1, deadline);
		task_set_waiter(task, NULL);
		if (has_finished(task)) {
			queue_unlist_locked(q, task);
			*result = queue_release_locked(q, task, &orphan);
		} else {
			err = -AML_EBUSY;
		}
	}
	queue_release(q);
	return orphan != NULL ? -AML_FAILURE : err;
}

/*
 * Store the result of each slot of a wait for all that is not waited for. Return the code at the
 * lowest place that is not 0, and its place.
 */
static int store_refusals_locked(struct queue_sched *q, const struct queue_group *group,
				 int *results, size_t *place) REQUIRES(q)
{
	int first = AML_SUCCESS;

	for (size_t i = 0; i < group->n; i++) {
		const struct aml_task *task = task_of_handle(group->handles[i]);
		int code = AML_SUCCESS;

		if (task != NULL && task->priv.sched != q)
			code = -AML_EINVAL;
		else if (task != NULL && task_waiter(task) != group->sleeper)
			code = -AML_EPERM;
		if (results != NULL)
			results[i] = code;
		if (first == AML_SUCCESS && code != AML_SUCCESS) {
			first = code;
			*place = i;
		}
	}
	return first;
}

int queue_wait_all(struct queue_sched *q, struct queue_wait_args *args)
{
	struct sleeper me = SLEEPER_INITIALIZER;
	struct queue_group group = {.sleeper = &me, .handles = args->reqs, .n = args->n};
	struct group_state state = {0};
	size_t place = args->n;
	int err;

	if (args->n > UINT_MAX)
		return -AML_EINVAL;
	queue_acquire(q);
	err = queue_join_locked(q, &group, &state, true);
	if (err != AML_SUCCESS) {
		queue_release(q);
		return err;
	}
	if (state.refused > 0 || args->results != NULL)
		err = store_refusals_locked(q, &group, args->results, &place);
	if (state.finished < state.tasks)
		queue_await_locked(q, &group, &state, state.tasks - state.finished,
				   SLEEPER_NO_DEADLINE);
	for (size_t i = group.first; i < group.n;) {
		struct aml_task *task = task_of_handle(group.handles[i]);
		size_t next = group_after(&group, i);
		int code;

		task_set_waiter(task, NULL);
		queue_unlist_locked(q, task);
		code = queue_release_locked(q, task, &args->orphans);
		if (args->results != NULL)
			args->results[i] = code;
		if (code != AML_SUCCESS && i < place) {
			place = i;
			err = code;
		}
		args->reqs[i] = NULL;
		i = next;
	}
	args->count = state.tasks;
	queue_release(q);
	return err;
}

/* Merge two lists of requests that are linked by priv.next, in the order of their finish. */
static struct aml_task *merge_lists(struct aml_task *a, struct aml_task *b)
{
	struct aml_task *first = NULL, **link = &first;

	while (a != NULL && b != NULL) {
		struct aml_task **least = a->priv.seq < b->priv.seq ? &a : &b;

		*link = *least;
		link = &(*least)->priv.next;
		*least = *link;
	}
	*link = a != NULL ? a : b;
	return first;
}

/* Sort a list of requests by the order of their finish. Sorted sections cost little. */
static struct aml_task *sort_list(struct aml_task *list)
{
	enum { LISTS_MAX = 64 };
	struct aml_task *lists[LISTS_MAX] = {NULL}, *sorted = NULL;

	/* List k is the merge of 2^k sections. */
	while (list != NULL) {
		struct aml_task *section = list, *last = list;
		unsigned k = 0;

		while (last->priv.next != NULL && last->priv.next->priv.seq > last->priv.seq)
			last = last->priv.next;
		list = last->priv.next;
		last->priv.next = NULL;
		for (; lists[k] != NULL; k++) {
			section = merge_lists(lists[k], section);
			lists[k] = NULL;
		}
		lists[k] = section;
	}
	for (unsigned k = 0; k < LISTS_MAX; k++)
		if (lists[k] != NULL)
			sorted = merge_lists(lists[k], sorted);
	return sorted;
}

/*
 * Let the sleeper of the group wait for nothing any more. Return its finished requests, in the
 * order in which they finished; they are on no list. priv.index of each is its place.
 */
static struct aml_task *part_locked(struct queue_sched *q, struct queue_group *group) REQUIRES(q)
{
	struct aml_task *list = NULL, **link = &list;

	for (size_t i = group->first; i < group->n; i = group_after(group, i)) {
		struct aml_task *task = task_of_handle(group->handles[i]);

		task_set_waiter(task, NULL);
		if (!has_finished(task))
			continue;
		queue_unlist_locked(q, task);
		task->priv.index = (unsigned)i;
		*link = task;
		link = &task->priv.next;
	}
	*link = NULL;
	return sort_list(list);
}

int queue_wait_some(struct queue_sched *q, struct queue_wait_args *args)
{
	struct sleeper me = SLEEPER_INITIALIZER;
	struct queue_group group = {.sleeper = &me, .handles = args->reqs, .n = args->n};
	struct group_state state = {0};
	struct aml_task *task, *next;
	size_t least;
	int err;

	if (args->n > UINT_MAX)
		return -AML_EINVAL;
	queue_acquire(q);
	err = queue_join_locked(q, &group, &state, false);
	if (err != AML_SUCCESS) {
		queue_release(q);
		return err;
	}
	least = args->least < state.tasks ? args->least : state.tasks;
	if (state.finished < least || (args->least == 0 && state.finished < state.tasks))
		queue_await_locked(q, &group, &state, least > 0 ? least - state.finished : 0,
				   args->deadline);
	for (task = part_locked(q, &group); task != NULL; task = next) {
		size_t i = task->priv.index;
		int result;

		next = task->priv.next;
		result = queue_release_locked(q, task, &args->orphans);
		args->reqs[i] = NULL;
		if (args->indices != NULL)
			args->indices[args->count] = i;
		if (args->results != NULL)
			args->results[args->count] = result;
		args->count++;
	}
	queue_release(q);
	return args->count >= least ? AML_SUCCESS : -AML_EBUSY;
}
