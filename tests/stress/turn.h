/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Checks of a queue's promises at each start of an operator or a task. Place: the right thread runs
 * it. Turn: a queue with one slot runs in the order of posting. Bound: not too many run at once.
 *
 * A thread calls these functions before it posts, makes a call that may block, or runs an operator.
 */
#ifndef TESTS_STRESS_TURN_H
#define TESTS_STRESS_TURN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a test records of an engine or a scheduler. */
struct queue {
	size_t workers;
	/* The bound on how many run at once. */
	int slots;
	/* How many run and are not blocked, without those beyond the bound. */
	atomic_int active;
	/* With one slot: when the latest one that has started in its turn was posted. */
	atomic_uint_fast64_t latest;
};

/* Belongs to one operator or task. */
struct turn {
	/* Set before anything else. */
	struct queue *queue;
	/*
	 * The times before and after the call that posts; `after` is UINT64_MAX until the call has
	 * returned.
	 */
	uint64_t before;
	atomic_uint_fast64_t after;
	/*
	 * It runs beyond the bound, since an operator of another queue waits for it, an operator
	 * may run it without a slot, or it is a callback of a request that a cancel has met.
	 */
	bool extra;
	/* It may be held, and start after what was posted later. */
	bool held;
};

/* What a thread is doing. */
struct context {
	/* The innermost one that runs on the thread's stack, or NULL. */
	struct turn *inside;
	/* What the thread's current call waits for, or the queue that the call drains. */
	const struct turn *awaits;
	const struct queue *drains;
	/* The queue of which the call may run anything, ahead of its turn inside an operator. */
	const struct queue *picks;
	/* The queue of which the call cancels requests, and calls their callbacks. Without workers
	 * it may drain the queue, too. */
	const struct queue *cancels;
};

void turn_queue_init(struct queue *queue, size_t workers);

/* Call these before and after the call that posts. */
void turn_post(struct turn *turn);
void turn_posted(struct turn *turn);

/*
 * Call these before and after a call that may block. `awaits` is what the call waits for and may
 * run itself, or NULL. `drains` is the queue that the call may run in order, or NULL.
 */
struct context turn_block(const struct turn *awaits, const struct queue *drains);
/* The same for a call that sets `picks` or `cancels`. */
struct context turn_block_picking(const struct queue *picks);
struct context turn_block_cancelling(const struct queue *cancels);
void turn_unblock(struct context outer);

/* Is the calling thread inside an operator, a task or a callback? */
bool turn_inside(void);

/* Call these at the start and at the end of an operator or a task. */
struct context turn_enter(struct turn *turn);
/* Call this instead at the start of a callback. `ran`: the operator of the test has run. */
struct context turn_enter_callback(struct turn *turn, bool ran);
void turn_leave(struct turn *turn, struct context outer);

#endif /* TESTS_STRESS_TURN_H */
