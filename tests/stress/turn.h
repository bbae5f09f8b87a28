/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a queue promises about who runs what and when, checked at each start of an operator or a
 * task: its place (which thread runs it), its turn (in the order of posting where only one runs at
 * a time), and the bound on how many run at once.
 *
 * Whoever is about to post, to call what may block, or to run, tells it here.
 */
#ifndef TESTS_STRESS_TURN_H
#define TESTS_STRESS_TURN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a test knows of an engine or a scheduler. */
struct queue {
	size_t workers;
	/* At most so many run at once. */
	int slots;
	/* Those that run in their turn, or in the slot of such a one, and are not blocked. */
	atomic_int active;
	/* With one slot: when the latest of those that have started in their turn was posted. */
	atomic_uint_fast64_t latest;
};

/* An operator's or a task's. */
struct turn {
	/* Set before anything else. */
	struct queue *queue;
	/* Before the call that posts it, and after that; UINT64_MAX until that is known. */
	uint64_t before;
	atomic_uint_fast64_t after;
	/* It runs beyond the bound, since one of another queue waits for it. */
	bool extra;
};

/* What a thread is in the midst of. */
struct context {
	/* The innermost one that runs on its stack; NULL: none. */
	struct turn *inside;
	/* What the call that it is in waits for, or the queue that it drains. */
	const struct turn *awaits;
	const struct queue *drains;
};

void turn_queue_init(struct queue *queue, size_t workers);

/* Before and after the call that posts. */
void turn_post(struct turn *turn);
void turn_posted(struct turn *turn);

/*
 * Before and after a call that may block: for one (NULL: for none that it may run), or on a
 * queue altogether (NULL: no).
 */
struct context turn_block(const struct turn *awaits, const struct queue *drains);
void turn_unblock(struct context outer);

/* It runs from here to there. */
struct context turn_enter(struct turn *turn);
void turn_leave(struct turn *turn, struct context outer);

#endif /* TESTS_STRESS_TURN_H */
