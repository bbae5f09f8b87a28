/* SPDX-License-Identifier: BSD-3-Clause */
/* Rosters: the places of their members, and the order in which these have finished. */
#include <stdlib.h>

#include "async/queue_roster.h"

struct queue_roster *queue_roster_create(const void *list, size_t n)
{
	struct queue_roster *r;
	size_t head = sizeof(*r) + CACHE_LINE_BYTES;
	size_t room = (SIZE_MAX - head) / (sizeof(*r->links) + sizeof(*r->handles));
	char *handles;

	r = n <= room ? malloc(head + n * (sizeof(*r->links) + sizeof(*r->handles))) : NULL;
	if (r == NULL)
		return NULL;
	/* The handles and the list have the same places in their cache lines. */
	handles = (char *)(r + 1);
	handles += ((uintptr_t)list - (uintptr_t)handles) % CACHE_LINE_BYTES;
	handles += -(uintptr_t)handles % _Alignof(struct aml_dma_request *);
	*r = (struct queue_roster){.sleeper = SLEEPER_INITIALIZER,
				   .list = list,
				   .n = n,
				   .room = n,
				   .first = ROSTER_NONE,
				   .last = ROSTER_NONE};
	r->sleeper.done = true;
	r->sleeper.roster = r;
	r->handles = (struct aml_dma_request **)(void *)handles;
	r->links = (struct roster_link *)(void *)&r->handles[n];
	for (size_t i = 0; i < n; i++)
		r->handles[i] = NULL;
	return r;
}

static const struct aml_task *roster_task(const struct queue_roster *r, uint32_t place)
{
	return task_of_handle(r->handles[place]);
}

void queue_roster_remove(struct queue_roster *r, uint32_t place)
{
	struct aml_task *task = task_of_handle(r->handles[place]);

	if (has_finished(task)) {
		struct roster_link link = r->links[place];

		if (link.prev != ROSTER_NONE)
			r->links[link.prev].next = link.next;
		else
			r->first = link.next;
		if (link.next != ROSTER_NONE)
			r->links[link.next].prev = link.prev;
		else
			r->last = link.prev;
	}
	task_set_waiter(task, NULL);
	r->handles[place] = NULL;
	r->members--;
}

void queue_roster_clear(struct queue_roster *r)
{
	for (size_t i = 0; i < r->n && r->members > 0; i++)
		if (r->handles[i] != NULL)
			queue_roster_remove(r, (uint32_t)i);
}

void queue_roster_add(struct queue_roster *r, uint32_t place, struct aml_dma_request *handle)
{
	struct aml_task *task = task_of_handle(handle);

	r->handles[place] = handle;
	r->members++;
	task->priv.index = place;
	task_set_waiter(task, &r->sleeper);
	if (!has_finished(task) && task->priv.seq > r->limit)
		r->limit = task->priv.seq;
}

/* Merge two lists of places that are linked by links.next, in the order of the finish. */
static uint32_t merge_places(struct queue_roster *r, uint32_t a, uint32_t b)
{
	uint32_t first = ROSTER_NONE, *link = &first;

	while (a != ROSTER_NONE && b != ROSTER_NONE) {
		uint32_t *least =
			roster_task(r, a)->priv.seq < roster_task(r, b)->priv.seq ? &a : &b;

		*link = *least;
		link = &r->links[*least].next;
		*least = *link;
	}
	*link = a != ROSTER_NONE ? a : b;
	return first;
}

/* Sort a list of places by the order of the finish. Sorted sections cost little. */
static uint32_t sort_places(struct queue_roster *r, uint32_t list)
{
	enum { LISTS_MAX = 33 };
	uint32_t lists[LISTS_MAX], sorted = ROSTER_NONE;

	/* List k is the merge of 2^k sections. */
	for (unsigned k = 0; k < LISTS_MAX; k++)
		lists[k] = ROSTER_NONE;
	while (list != ROSTER_NONE) {
		uint32_t section = list, last = list, next;
		unsigned k = 0;

		while ((next = r->links[last].next) != ROSTER_NONE &&
		       roster_task(r, next)->priv.seq > roster_task(r, last)->priv.seq)
			last = next;
		list = next;
		r->links[last].next = ROSTER_NONE;
		for (; lists[k] != ROSTER_NONE; k++) {
			section = merge_places(r, lists[k], section);
			lists[k] = ROSTER_NONE;
		}
		lists[k] = section;
	}
	for (unsigned k = 0; k < LISTS_MAX; k++)
		if (lists[k] != ROSTER_NONE)
			sorted = merge_places(r, lists[k], sorted);
	return sorted;
}

void queue_roster_sort(struct queue_roster *r, uint32_t place)
{
	uint32_t next, prev;

	if (r->links[place].next != ROSTER_NONE)
		place = sort_places(r, place);
	/* Usually, the new ones have finished last. */
	if (r->last != ROSTER_NONE &&
	    roster_task(r, place)->priv.seq < roster_task(r, r->last)->priv.seq) {
		place = merge_places(r, r->first, place);
		r->first = ROSTER_NONE;
		r->last = ROSTER_NONE;
	}
	prev = r->last;
	if (prev == ROSTER_NONE)
		r->first = place;
	else
		r->links[prev].next = place;
	for (; place != ROSTER_NONE; place = next) {
		next = r->links[place].next;
		r->links[place].prev = prev;
		prev = place;
	}
	r->last = prev;
}
