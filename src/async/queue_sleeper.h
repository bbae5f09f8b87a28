/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The data of threads that wait: sleepers, and what they wait for. queue_state.h has the rules. The
 * lock of the scheduler guards all of it.
 */
#ifndef ASYNC_QUEUE_SLEEPER_H
#define ASYNC_QUEUE_SLEEPER_H

#include <pthread.h>

#include "async/queue_extra.h"
#include "async/queue_request.h"
#include "util/list.h"

struct queue_roster;

/* A thread that may have to sleep. Until it is `done`, it is on the list of what it waits for. */
struct sleeper {
	pthread_cond_t wakeup;
	struct sleeper *next, *prev; /* in its list */
	struct sleeper *next_helper; /* in `helpers` */
	struct sleeper *prev_helper;
	struct sleeper *next_walker; /* in `walkers` */
	struct sleeper *prev_walker;
	uint64_t below;    /* in `walkers`: it needs all tasks before this one */
	uint64_t limit;    /* seq of the newest task that its barrier covers, or that it may run */
	uint64_t deadline; /* it sleeps until then, in ns of clock_ns() */
	size_t least;      /* the number of completions that it waits for */
	size_t need;       /* tasks that have it as their waiter and must still finish */
	struct queue_roster *roster; /* whose members it waits for; NULL: it belongs to none */
	struct aml_task *task;       /* the result of wait_any */
	int code;                    /* the result of a barrier */
	bool done;                   /* what it waits for has come */
	bool late;                   /* its deadline has passed */
	bool poked;                  /* it must look at the head */
	bool granted;                /* it was poked, and has a slot that it has not used yet */
	bool called;                 /* it must walk again */
	bool asleep;                 /* it is in pthread_cond_wait() */
	bool slept;                  /* it has been in pthread_cond_wait(): `wakeup` was in use */
	bool cancels;                /* it waits for a request that it has cancelled */
	bool only_small;             /* with workers, it runs no task that is not small */
	bool runs_one;               /* without workers, it runs at least one task or part */
	/* Of an idle worker: */
	bool spins;          /* it spins: set `spin_over` instead of a signal */
	bool spin_over;      /* end the spin. Atomic */
	uint64_t idle_since; /* in ns */
};

/* The deadline of a sleeper that has none. */
#define SLEEPER_NO_DEADLINE UINT64_MAX

#define SLEEPER_INITIALIZER                                                                    \
	{                                                                                      \
		.wakeup = PTHREAD_COND_INITIALIZER, .deadline = SLEEPER_NO_DEADLINE, .need = 1 \
	}

struct sleeper_list {
	struct sleeper *first, *last;
};
DEFINE_LIST(sleeper_list, struct sleeper, next, prev)

struct helper_list {
	struct sleeper *first, *last;
};
DEFINE_LIST(helper_list, struct sleeper, next_helper, prev_helper)

struct walker_list {
	struct sleeper *first, *last;
};
DEFINE_LIST(walker_list, struct sleeper, next_walker, prev_walker)

/* A walk over what held requests need, see queue_walk.c. All 0: it has not begun. */
struct queue_walk {
	uint64_t number;           /* with which it marks requests; 0: it has visited none */
	struct request_extra *top; /* the request that it is at; NULL: none */
	uint64_t below;            /* all tasks before this one are needed */
	bool unlocked;             /* the lock was released since the walk began */
};

/*
 * The tasks that one call waits for, in the order of its list. Each has the sleeper of the call as
 * its waiter. The handles lie in the memory of the caller, and may have gaps.
 */
struct queue_group {
	struct sleeper *sleeper;
	struct aml_dma_request *const *handles;
	size_t n;     /* the number of handles, with the gaps */
	size_t first; /* the place of the first task; n: there is none */
	size_t next;  /* the place of the next task that the thread may run */
	bool linked;  /* priv.index of each task is the place of the next one */
	bool reaps;   /* no handles: all requests of `reaping` */
	struct queue_walk walk;
	struct queue_group *next_group; /* in `groups` */
	struct queue_group *prev_group;
};

struct group_list {
	struct queue_group *first, *last;
};
DEFINE_LIST(group_list, struct queue_group, next_group, prev_group)

/* Return the task of a handle: a request begins with its task. */
static inline struct aml_task *task_of_handle(const struct aml_dma_request *handle)
{
	return (struct aml_task *)(uintptr_t)handle;
}

/* Return the place of the task after the one at place i. */
static inline size_t group_after(const struct queue_group *group, size_t i)
{
	if (group->linked)
		return task_of_handle(group->handles[i])->priv.index;
	do
		i++;
	while (i < group->n && group->handles[i] == NULL);
	return i;
}

#endif /* ASYNC_QUEUE_SLEEPER_H */
