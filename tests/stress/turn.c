/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Checks of places, turns and bounds: see turn.h. A thread that blocks inside an operator is
 * removed from its queue's count before the call that may give up its slot, and added after the
 * call has regained it. So the count never exceeds the library's own.
 *
 * Counters are relaxed, so that they do not order what the library fails to order.
 */
#include "turn.h"

#include <pthread.h>
#include <string.h>

#include "stress.h"

static __thread struct context here;

/* The queue that a worker works for. NULL: the worker has not run anything, or is no worker. */
static __thread const struct queue *home;

static bool is_worker(void)
{
	static __thread int answer = -1;
	char name[16];

	if (answer < 0)
		answer = pthread_getname_np(pthread_self(), name, sizeof(name)) == 0 &&
			 strncmp(name, "aml-dma/", 8) == 0;
	return answer;
}

void turn_queue_init(struct queue *queue, size_t workers)
{
	queue->workers = workers;
	queue->slots = workers > 0 ? (int)workers : 1;
	atomic_init(&queue->active, 0);
	atomic_init(&queue->latest, 0);
}

void turn_post(struct turn *turn)
{
	turn->extra = false;
	turn->held = false;
	atomic_exchange_explicit(&turn->after, UINT64_MAX, memory_order_relaxed);
	turn->before = stress_now();
}

void turn_posted(struct turn *turn)
{
	atomic_exchange_explicit(&turn->after, stress_now(), memory_order_relaxed);
}

static void count(struct turn *turn)
{
	struct queue *q = turn->queue;

	if (!turn->extra)
		REQUIRE(atomic_fetch_add_explicit(&q->active, 1, memory_order_relaxed) < q->slots);
}

static void uncount(struct turn *turn)
{
	if (!turn->extra)
		atomic_fetch_sub_explicit(&turn->queue->active, 1, memory_order_relaxed);
}

struct context turn_block(const struct turn *awaits, const struct queue *drains)
{
	struct context outer = here;

	if (here.inside != NULL)
		uncount(here.inside);
	here = (struct context){.inside = outer.inside, .awaits = awaits, .drains = drains};
	return outer;
}

struct context turn_block_picking(const struct queue *picks)
{
	struct context outer = turn_block(NULL, NULL);

	here.picks = picks;
	return outer;
}

struct context turn_block_cancelling(const struct queue *cancels)
{
	/* Outside of operators, it may have to wait, and meanwhile runs what is older. */
	struct context outer = turn_block(NULL, turn_inside() ? NULL : cancels);

	here.cancels = cancels;
	return outer;
}

bool turn_inside(void)
{
	return here.inside != NULL;
}

void turn_unblock(struct context outer)
{
	here = outer;
	if (here.inside != NULL)
		count(here.inside);
}

/* May the calling thread run this? */
static void check_place(const struct turn *turn)
{
	const struct queue *q = turn->queue;

	if (here.awaits == turn || here.picks == q)
		return;
	if (q->workers > 0) {
		/* Only the queue's own workers may, and not inside another operator. */
		REQUIRE(is_worker() && here.inside == NULL);
		REQUIRE(home == NULL || home == q);
		home = q;
	} else if (here.awaits != NULL) {
		/* A waiter that is outside all operators. */
		REQUIRE(here.inside == NULL && here.awaits->queue == q);
	} else {
		/* A barrier, a wait_any, a destroy, or a cancel. */
		REQUIRE(here.drains == q);
	}
}

/* If one slot runs all in turn, nothing that was posted later may have started. */
static void check_turn(const struct turn *turn)
{
	struct queue *q = turn->queue;
	uint64_t latest = atomic_load_explicit(&q->latest, memory_order_relaxed);

	if (q->slots > 1)
		return;
	REQUIRE(turn->held || atomic_load_explicit(&turn->after, memory_order_relaxed) >= latest);
	if (latest < turn->before)
		atomic_exchange_explicit(&q->latest, turn->before, memory_order_relaxed);
}

/* Does an operator run this ahead of its turn? */
static bool is_nested(struct turn *turn)
{
	if (here.inside == NULL || (here.awaits != turn && here.picks != turn->queue))
		return false;
	turn->extra = here.picks == turn->queue || here.inside->extra ||
		      here.inside->queue != turn->queue;
	return true;
}

struct context turn_enter(struct turn *turn)
{
	struct context outer = here;

	check_place(turn);
	if (!is_nested(turn))
		check_turn(turn);
	count(turn);
	here = (struct context){.inside = turn};
	return outer;
}

struct context turn_enter_callback(struct turn *turn, bool ran)
{
	struct context outer = here;

	if (!ran && here.cancels == turn->queue)
		turn->extra = true;
	else
		check_place(turn);
	if (!ran && here.cancels == NULL)
		is_nested(turn);
	count(turn);
	here = (struct context){.inside = turn};
	return outer;
}

void turn_leave(struct turn *turn, struct context outer)
{
	here = outer;
	uncount(turn);
}
