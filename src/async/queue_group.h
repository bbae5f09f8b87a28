/* SPDX-License-Identifier: BSD-3-Clause */
/* The waits for one or several requests beyond AML: with a deadline, for any, for all, for some. */
#ifndef ASYNC_QUEUE_GROUP_H
#define ASYNC_QUEUE_GROUP_H

#include <stddef.h>

#include "async/queue_state.h"

/* The arguments and the outputs of a wait for several requests. */
struct queue_wait_args {
	struct aml_dma_request **reqs; /* n handles, or NULL for no request */
	size_t n;
	size_t least;      /* of queue_wait_some() */
	uint64_t deadline; /* of queue_wait_some() */
	size_t *indices;   /* of queue_wait_some(): room for n. NULL: not stored */
	int *results;      /* room for n. NULL: not stored */
	size_t count;      /* stored: the number of requests that were released */
	/*
	 * Stored: released requests of the parent process, linked by priv.next. They are on no
	 * list, and the caller must give each one back.
	 */
	struct aml_task *orphans;
};

/*
 * Wait for a request until the deadline, and release it. AML_SUCCESS: `*result` is its result.
 * -AML_EBUSY: it has not finished. -AML_EINVAL, -AML_EPERM: see aml_dma_test(). -AML_FAILURE: the
 * request belongs to the parent process. It is on no list, and the caller must give it back.
 */
int queue_wait_until(struct queue_sched *q, struct aml_task *task, uint64_t deadline, int *result);

/* See aml_dma_wait_all(). */
int queue_wait_all(struct queue_sched *q, struct queue_wait_args *args);

/* See aml_dma_wait_some(). */
int queue_wait_some(struct queue_sched *q, struct queue_wait_args *args);

/* What the requests of a group were when the wait began. */
struct group_state {
	size_t tasks;    /* the number of requests */
	size_t finished; /* those of them that have finished */
	size_t refused;  /* handles that may not be waited for */
};

/*
 * Return AML_SUCCESS if the sleeper may wait for the task, and let the task leave its roster.
 * -AML_EINVAL also if the sleeper waits for the task already. `*check`: see
 * queue_needs_stack_locked().
 */
int queue_may_join_locked(struct queue_sched *q, const struct sleeper *me, struct aml_task *task,
			  uint64_t *check) REQUIRES(q);

/*
 * Let the sleeper of the group wait for each request of the list. With `some`, handles that may not
 * be waited for are passed over. On an error, nothing has changed.
 */
int queue_join_locked(struct queue_sched *q, struct queue_group *group, struct group_state *state,
		      bool some) REQUIRES(q);

/*
 * Sleep until `need` more of the requests have finished, or the deadline has passed. 0: only test,
 * which may run something.
 */
void queue_await_locked(struct queue_sched *q, struct queue_group *group,
			const struct group_state *state, size_t need, uint64_t deadline)
	REQUIRES(q);

/* Take a request that has finished off its list. */
void queue_unlist_locked(struct queue_sched *q, struct aml_task *task) REQUIRES(q);

/*
 * Release a finished request that is on no list. Return its result. A request of the parent process
 * goes to `*orphans`, linked by priv.next.
 */
int queue_release_locked(struct queue_sched *q, struct aml_task *task, struct aml_task **orphans)
	REQUIRES(q);

#endif /* ASYNC_QUEUE_GROUP_H */
