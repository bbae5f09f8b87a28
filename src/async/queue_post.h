/* SPDX-License-Identifier: BSD-3-Clause */
/* Posting extended requests, and several requests at once. */
#ifndef ASYNC_QUEUE_POST_H
#define ASYNC_QUEUE_POST_H

#include <stddef.h>

#include "async/queue_request.h"

/* The longest label in a trace, in bytes, without the 0 at its end. */
enum { QUEUE_LABEL_BYTES_MAX = 63 };

/* What a request is to have beyond its task. */
struct queue_extras {
	unsigned options; /* EXTRA_… */
	size_t nafter;
	struct aml_task *const
		*after; /* prerequisites of this scheduler; NULL elements are skipped */
	bool chain;     /* the request before it is a prerequisite, too */
	void (*callback)(int result, void *arg);
	void *callback_arg;
	uint64_t tag;
	const char *label; /* NULL: none */

	/* Of queue_create_side(): the number of edges, and what `side` has room for. */
	size_t nedges, nexcluded, label_bytes;
	void *side; /* NULL: nothing is needed */
};

/*
 * Allocate what the extras of a request need beyond its slot. False: out of memory. The caller
 * owns `side` until queue_fill_extra().
 */
bool queue_create_side(const struct queue_sched *q, struct queue_extras *extras);

/*
 * Fill in an extended request, whose edges, excluded operators and label go to `side`. `before`:
 * the request before it, for `chain`.
 */
void queue_fill_extra(const struct queue_sched *q, struct aml_task *task,
		      const struct queue_extras *extras, struct aml_task *before);

/*
 * Promise a place on the completion queue to a request that is being posted. False: out of memory.
 * The lock may be released meanwhile.
 */
bool queue_promise_completion_locked(struct queue_sched *q) REQUIRES(q);

/*
 * Release the memory of a request that was made but will not be posted, and the place on the
 * completion queue that was promised to it.
 */
void queue_unmake_locked(struct queue_sched *q, struct aml_task *task) REQUIRES(q);

/*
 * Append a request whose public members and extras are filled in, and whose private members
 * `flags`, `parts` and `bytes` are set. The caller pays the poke.
 */
void queue_post_locked(struct queue_sched *q, struct aml_task *task) REQUIRES(q);

/* Pay the poke after posting requests. */
void queue_posted_locked(struct queue_sched *q) REQUIRES(q);

/* Free what a request has beyond its slot, if it does not run. The lock is not held. */
void queue_free_extra(struct aml_task *task);

/* Return the label of a task in a trace. NULL: it has none. */
const char *queue_label(const struct aml_task *task);

#endif /* ASYNC_QUEUE_POST_H */
