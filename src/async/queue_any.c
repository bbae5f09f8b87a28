/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The wait for any request of a list: by a roster (queue_roster.h) if the program has waited for
 * any of this list before, else by a group on the stack (queue_group.c). A list is known by its
 * address. Its content is always compared.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <aml/utils/error.h>

#include "async/queue.h"
#include "async/queue_any.h"
#include "async/queue_lock.h"
#include "async/queue_roster.h"
#include "async/queue_run.h"
#include "async/queue_wait.h"

enum {
	/* Shorter lists have no roster. */
	ROSTER_PLACES_MIN = 16,
	/* The number of rosters of a scheduler. */
	ROSTERS_MAX = 8,
	/* The places that are compared at once. */
	ROSTER_COMPARED = 128,
};

/* Return the roster of a list, unless a call sleeps. NULL: there is none. */
static struct queue_roster *find_roster_locked(const struct queue_sched *q, const void *list)
	REQUIRES(q)
{
	for (struct queue_roster *r = q->rosters.last; r != NULL; r = r->prev)
		if (r->list == list)
			return r;
	return NULL;
}

/* Remove a roster with its members. The caller frees it without the lock. */
static void drop_roster_locked(struct queue_sched *q, struct queue_roster *r) REQUIRES(q)
{
	queue_roster_clear(r);
	roster_list_unlink(&q->rosters, r);
	q->nrosters--;
}

/* Return the roster that was not used for the longest time, if there are too many. */
static struct queue_roster *surplus_roster_locked(const struct queue_sched *q) REQUIRES(q)
{
	struct queue_roster *r = q->nrosters < ROSTERS_MAX ? NULL : q->rosters.first;

	while (r != NULL && r->busy)
		r = r->next;
	return r;
}

/*
 * Return the roster of a list, with room for n places. Create one if this list was seen before: the
 * lock is released meanwhile. NULL: the call does without.
 */
static struct queue_roster *take_roster_locked(struct queue_sched *q, const void *list, size_t n)
	REQUIRES(q)
{
	struct queue_roster *r = find_roster_locked(q, list), *old = r;
	const void **seen = &q->seen[(uintptr_t)list / sizeof(void *) % QUEUE_SEEN_LISTS];

	if (r != NULL && r->busy)
		return NULL;
	if (r != NULL && n <= r->room)
		return r;
	if (r == NULL && *seen != list) {
		*seen = list;
		return NULL;
	}
	if (old == NULL)
		old = surplus_roster_locked(q);
	if (old != NULL)
		drop_roster_locked(q, old);
	q->callers++;
	queue_release(q);
	free(old);
	r = queue_roster_create(list, n);
	queue_acquire(q);
	q->callers--;
	queue_settle_locked(q);
	if (r != NULL) {
		roster_list_push(&q->rosters, r);
		q->nrosters++;
	}
	return r;
}

#if defined(__x86_64__)
/* A vector of 64 bytes, at any address of a list. */
typedef uint64_t list_vector __attribute__((vector_size(64), aligned(8), may_alias));

/*
 * Report whether the lists a and b are equal. memcmp() of the C library uses vectors of 32 bytes
 * and looks at the result of each few: for a list in the first cache, this takes twice as long.
 */
__attribute__((target("avx512f"))) static bool lists_equal_avx512(const void *a, const void *b,
								  size_t bytes)
{
	const char *a_bytes = a, *b_bytes = b;
	list_vector differ[2] = {{0}};
	uint64_t all = 0;
	/* A roster is placed so that both are aligned from there on. */
	size_t at = -(uintptr_t)a % sizeof(list_vector);

	if (at > bytes || memcmp(a, b, at) != 0)
		return memcmp(a, b, bytes) == 0;
	for (; at + 2 * sizeof(list_vector) <= bytes; at += 2 * sizeof(list_vector)) {
		const list_vector *x = (const list_vector *)(const void *)(a_bytes + at);
		const list_vector *y = (const list_vector *)(const void *)(b_bytes + at);

		differ[0] |= x[0] ^ y[0];
		differ[1] |= x[1] ^ y[1];
	}
	differ[0] |= differ[1];
	for (size_t i = 0; i < sizeof(list_vector) / sizeof(uint64_t); i++)
		all |= differ[0][i];
	return all == 0 && memcmp(a_bytes + at, b_bytes + at, bytes - at) == 0;
}
#endif

/* Report whether the list of a roster has not changed. */
static bool list_is_same(const struct queue_roster *r, struct aml_dma_request *const *list)
{
	size_t bytes = r->n * sizeof(*list);

#if defined(__x86_64__)
	if (__builtin_cpu_supports("avx512f"))
		return lists_equal_avx512(list, r->handles, bytes);
#endif
	return memcmp(list, r->handles, bytes) == 0;
}

/* Return the first place from i on where the list differs from the roster. n: there is none. */
static size_t next_difference(const struct queue_roster *r, struct aml_dma_request *const *list,
			      size_t i)
{
	/* Usually, there is none: one comparison is faster than several. */
	if (i == 0 && list_is_same(r, list))
		return r->n;
	for (; i < r->n; i = (i / ROSTER_COMPARED + 1) * ROSTER_COMPARED) {
		size_t end = (i / ROSTER_COMPARED + 1) * ROSTER_COMPARED;

		end = end < r->n ? end : r->n;
		if (memcmp(&list[i], &r->handles[i], (end - i) * sizeof(*list)) == 0)
			continue;
		while (list[i] == r->handles[i])
			i++;
		return i;
	}
	return r->n;
}

/*
 * Let the request at place i of the list become a member. It may have moved there from a place that
 * is still to be looked at. `*finished`: new members that have finished, linked by links.next.
 */
static int update_place_locked(struct queue_sched *q, struct queue_roster *r,
			       struct aml_dma_request *const *list, uint32_t i, uint32_t **finished)
	REQUIRES(q)
{
	struct aml_task *task = task_of_handle(list[i]);
	uint64_t check = 0; /* not used: rosters are for waits outside of operators */
	int err;

	if (task->priv.sched == q && task_waiter(task) == &r->sleeper &&
	    list[task->priv.index] != list[i])
		queue_roster_remove(r, task->priv.index);
	err = queue_may_join_locked(q, &r->sleeper, task, &check);
	if (err != AML_SUCCESS)
		return err;
	queue_roster_add(r, i, list[i]);
	if (has_finished(task)) {
		**finished = i;
		*finished = &r->links[i].next;
	}
	return AML_SUCCESS;
}

/* Give a roster n places. */
static void resize_roster(struct queue_roster *r, size_t n)
{
	for (size_t i = n; i < r->n; i++)
		if (r->handles[i] != NULL)
			queue_roster_remove(r, (uint32_t)i);
	for (size_t i = r->n; i < n; i++)
		r->handles[i] = NULL;
	r->n = n;
}

/* Make the members those of the list. On an error, the roster has some of them. */
static int update_roster_locked(struct queue_sched *q, struct queue_roster *r,
				struct aml_dma_request *const *list, size_t n) REQUIRES(q)
{
	uint32_t finished = ROSTER_NONE, *link = &finished;
	size_t i = r->taken;
	int err = AML_SUCCESS;

	if (n != r->n)
		resize_roster(r, n);
	/* If only one place differs, it is usually that of the last result. */
	if (i >= n || list[i] == r->handles[i])
		i = next_difference(r, list, 0);
	while (i < n && err == AML_SUCCESS) {
		if (r->handles[i] != NULL)
			queue_roster_remove(r, (uint32_t)i);
		if (list[i] != NULL)
			err = update_place_locked(q, r, list, (uint32_t)i, &link);
		i = next_difference(r, list, i == r->taken ? 0 : i + 1);
	}
	*link = ROSTER_NONE;
	if (finished != ROSTER_NONE)
		queue_roster_sort(r, finished);
	return err;
}

/* Sleep until a member has finished. */
static void sleep_by_roster_locked(struct queue_sched *q, struct queue_roster *r) REQUIRES(q)
{
	struct sleeper *me = &r->sleeper;

	*me = (struct sleeper)SLEEPER_INITIALIZER;
	me->roster = r;
	me->limit = r->limit;
	me->runs_one = true;
	me->only_small = r->members > 1;
	r->busy = true;
	queue_wait_group_locked(q, me, NULL);
	r->busy = false;
}

/* Wait by a roster. */
static int wait_by_roster_locked(struct queue_sched *q, struct queue_roster *r,
				 struct queue_wait_args *args, size_t *index, int *result)
	REQUIRES(q)
{
	int err = update_roster_locked(q, r, args->reqs, args->n);
	struct aml_task *task;

	if (err != AML_SUCCESS || r->members == 0)
		return err;
	if (r->first == ROSTER_NONE)
		sleep_by_roster_locked(q, r);
	*index = r->first;
	r->taken = r->first;
	task = task_of_handle(r->handles[r->first]);
	queue_roster_remove(r, r->first);
	queue_unlist_locked(q, task);
	*result = queue_release_locked(q, task, &args->orphans);
	args->reqs[*index] = NULL;
	args->count = 1;
	return AML_SUCCESS;
}

/* Wait by a group. */
static int wait_by_group_locked(struct queue_sched *q, struct queue_wait_args *args, size_t *index,
				int *result) REQUIRES(q)
{
	struct sleeper me = SLEEPER_INITIALIZER;
	struct queue_group group = {.sleeper = &me, .handles = args->reqs, .n = args->n};
	struct group_state state = {0};
	struct aml_task *first = NULL;
	int err = queue_join_locked(q, &group, &state, false);

	if (err != AML_SUCCESS)
		return err;
	if (state.tasks > 0 && state.finished == 0)
		queue_await_locked(q, &group, &state, 1, SLEEPER_NO_DEADLINE);
	for (size_t i = group.first; i < group.n; i = group_after(&group, i)) {
		struct aml_task *task = task_of_handle(group.handles[i]);

		task_set_waiter(task, NULL);
		if (has_finished(task) && (first == NULL || task->priv.seq < first->priv.seq)) {
			first = task;
			*index = i;
		}
	}
	if (first == NULL)
		return AML_SUCCESS;
	queue_unlist_locked(q, first);
	*result = queue_release_locked(q, first, &args->orphans);
	args->reqs[*index] = NULL;
	args->count = 1;
	return AML_SUCCESS;
}

int queue_wait_first(struct queue_sched *q, struct queue_wait_args *args, size_t *index,
		     int *result)
{
	struct queue_roster *r = NULL;
	int err;

	if (args->n > UINT_MAX)
		return -AML_EINVAL;
	queue_acquire(q);
	if (queue_frame == NULL && args->n >= ROSTER_PLACES_MIN)
		r = take_roster_locked(q, args->reqs, args->n);
	if (r == NULL) {
		err = wait_by_group_locked(q, args, index, result);
	} else {
		err = wait_by_roster_locked(q, r, args, index, result);
		if (r->members == 0) {
			drop_roster_locked(q, r);
		} else {
			if (r != q->rosters.last) {
				roster_list_unlink(&q->rosters, r);
				roster_list_push(&q->rosters, r);
			}
			r = NULL;
		}
	}
	queue_release(q);
	free(r);
	return err;
}
