/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rosters: what a scheduler remembers of a list that a program passes to wait_any again and again.
 *
 * A wait for any of n requests has to look at all of them, and a program that waits for any until
 * all are done would look at n² of them. A roster stays the waiter of the requests of such a list
 * between the calls, and links those that have finished in the order of their finish. The next call
 * compares the list with the copy in the roster, which is far cheaper than looking at the requests.
 * It lets the requests at places that differ join and leave, and takes the first one that has
 * finished. So the result is the same as without the roster.
 *
 * The sleeper of a roster is `done` while no call sleeps: a member that finishes then is filed as
 * if no thread waited for it. Any other use of a member removes it from its roster.
 *
 * Memory. The thread that calls wait_any allocates a roster without the lock, and frees it, or
 * another one that was not used for long, when it is empty. Without memory there is no roster. The
 * end of the scheduler frees the others.
 */
#ifndef ASYNC_QUEUE_ROSTER_H
#define ASYNC_QUEUE_ROSTER_H

#include "async/queue_state.h"

/* The place of no member. */
#define ROSTER_NONE UINT32_MAX

/* The neighbours of a finished member in the order of the finish. */
struct roster_link {
	uint32_t next, prev;
};

struct queue_roster {
	struct sleeper sleeper;           /* the waiter of the members */
	struct queue_roster *next, *prev; /* in `rosters` */
	const void *list;                 /* the address of the program's list; NULL: none */
	size_t n, room;                   /* the number of places, and how many there may be */
	size_t members;                   /* requests that are in the roster */
	uint64_t limit;                   /* the largest seq of a member before its finish */
	uint32_t first, last;             /* finished members */
	uint32_t taken;                   /* the place of the last result */
	bool busy;                        /* a call sleeps */
	struct roster_link *links;        /* of each place */
	struct aml_dma_request **handles; /* of each place; NULL: none */
};

DEFINE_LIST(roster_list, struct queue_roster, next, prev)

/* Report whether a task is a member of a roster whose call does not sleep. */
static inline struct queue_roster *task_idle_roster(const struct aml_task *task)
{
	const struct sleeper *waiter = task_waiter(task);

	return waiter != NULL && waiter->roster != NULL && !waiter->roster->busy ? waiter->roster
										 : NULL;
}

/* A member has finished, after all others that have: append it to the finished members. */
static inline void roster_finish(struct queue_roster *r, uint32_t place)
{
	r->links[place] = (struct roster_link){.next = ROSTER_NONE, .prev = r->last};
	if (r->last != ROSTER_NONE)
		r->links[r->last].next = place;
	else
		r->first = place;
	r->last = place;
}

/* Create a roster without members for a list of n places. NULL: out of memory. */
struct queue_roster *queue_roster_create(const void *list, size_t n);

/* Remove the member at this place: no thread waits for it any more. */
void queue_roster_remove(struct queue_roster *r, uint32_t place);

/* Remove all members. */
void queue_roster_clear(struct queue_roster *r);

/*
 * Let a request that no thread waits for become a member at an empty place. A member that has
 * finished must be passed to queue_roster_sort().
 */
void queue_roster_add(struct queue_roster *r, uint32_t place, struct aml_dma_request *handle);

/*
 * Put new members that have finished among the finished members. Their places are linked, from
 * `place` on, by links.next.
 */
void queue_roster_sort(struct queue_roster *r, uint32_t place);

#endif /* ASYNC_QUEUE_ROSTER_H */
