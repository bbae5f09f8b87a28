/* SPDX-License-Identifier: BSD-3-Clause */
/* Posting extended requests, and several requests at once. */
#ifndef ASYNC_QUEUE_POST_H
#define ASYNC_QUEUE_POST_H

#include <stddef.h>

#include <aml/dma/completion.h>

#include "async/queue_extra.h"
#include "async/queue_request.h"

/* The longest label in a trace, in bytes, without the 0 at its end. */
enum { QUEUE_LABEL_BYTES_MAX = 63 };

/* What a request is to have beyond its task. */
struct queue_extras {
	const struct aml_dma_post_attr *attr; /* its prerequisites, callback and tag */
	const char *label;                    /* NULL: none */
	unsigned options;                     /* EXTRA_… */
	bool chain;                           /* the request before it is a prerequisite, too */

	/* Of queue_create_side(): the number of edges, and what `side` has room for. */
	size_t nedges;
	void *side;                    /* NULL: nothing is needed */
	size_t nexcluded, label_bytes; /* if `side` is not NULL */
};

/* queue_create_side() for a request that has `after`, EXTRA_AFTER_ALL or a label. */
bool queue_create_large_side(const struct queue_sched *q, struct queue_extras *extras);

/*
 * Allocate what the extras of a request need beyond its slot. False: out of memory. The caller
 * owns `side` until queue_fill_extra().
 */
static inline bool queue_create_side(const struct queue_sched *q, struct queue_extras *extras)
{
	extras->nedges = extras->chain;
	extras->side = NULL;
	if (extras->attr->nafter == 0 && !(extras->options & EXTRA_AFTER_ALL) &&
	    extras->label == NULL)
		return true;
	return queue_create_large_side(q, extras);
}

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
 * Append requests, linked by priv.next, whose public members and extras are filled in, and whose
 * private members `flags`, `parts` and `bytes` are set. They can start as soon as the lock is
 * released.
 */
void queue_post_locked(struct queue_sched *q, struct aml_task *first) REQUIRES(q);

/* Free what a request has beyond its slot, if it does not run. The lock is not held. */
void queue_free_extra(struct aml_task *task);

/* Return the label of a task in a trace. NULL: it has none. */
const char *queue_label(const struct aml_task *task);

#endif /* ASYNC_QUEUE_POST_H */
