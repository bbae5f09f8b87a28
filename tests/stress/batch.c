/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Calls beyond AML in the stress test of engines: posts with attributes, waits for several
 * requests, the completion queue, cancel_all and progress. See work.h.
 *
 * No call waits for ever by mistake of the test. An operator does not wait for work that waits for
 * everything before it, because that might wait for the operator. A thread calls reap only for
 * completions to which it has the sole right: `owed` counts those that were posted and are free.
 */
#include <sched.h>
#include <time.h>
#include <unistd.h>

#include "tool.h"
#include "work.h"

enum { REAP_MAX = 8, NEAR_NS = 200000 };

uint64_t pick_deadline(struct rng *rng, bool may_be_never)
{
	struct timespec t;

	switch (rng_below(rng, may_be_never ? 3 : 2)) {
	case 0:
		return rng_below(rng, 2);
	case 1:
		/*
		 * At its deadline, the C library's wait may signal the condition variable without
		 * the lock. Helgrind reports this.
		 */
		if (under_helgrind())
			return 1;
		REQUIRE(clock_gettime(CLOCK_MONOTONIC, &t) == 0);
		return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec +
		       rng_below(rng, NEAR_NS);
	default:
		return AML_DMA_NO_DEADLINE;
	}
}

/* Choose the prerequisites of a piece. Return whether it waits for everything before it. */
static bool pick_needs(struct work *w, struct work *before, struct rng *rng,
		       struct work *const *others, size_t nothers)
{
	bool all = w->flags & AML_DMA_POST_AFTER_ALL;

	if (before != NULL && rng_chance(rng, 50) &&
	    !(turn_inside() && before->waits_for_all && work_has_handle(w))) {
		w->flags |= AML_DMA_POST_CHAIN;
		w->needs[w->nneeds++] = before;
		all = all || before->waits_for_all;
	}
	while (nothers > 0 && w->nneeds < NEEDS_MAX && rng_chance(rng, 40)) {
		struct work *other = others[rng_below(rng, nothers)];

		w->needs[w->nneeds++] = other;
		all = all || other->waits_for_all;
	}
	return all;
}

/* Choose the attributes of a piece. `before`: the one before it in the same post, or NULL. */
static void pick_attributes(struct work *w, struct work *before, struct rng *rng,
			    struct work *const *others, size_t nothers)
{
	w->way = WAY_POST;
	w->has_callback = rng_chance(rng, 50);
	if (rng_chance(rng, 25))
		w->flags |= AML_DMA_POST_ALWAYS;
	if (rng_chance(rng, 25))
		w->flags |= AML_DMA_POST_DETACH;
	if (rng_chance(rng, 25))
		w->flags |= AML_DMA_POST_REAP;
	if (rng_chance(rng, 10) && !(turn_inside() && work_has_handle(w)))
		w->flags |= AML_DMA_POST_AFTER_ALL;
	w->waits_for_all = pick_needs(w, before, rng, others, nothers);
	w->fate = work_has_handle(w) ? FATE_OUT : FATE_NONE;
	w->poster = pthread_self();
}

/* Fill in the attributes of a post. */
static void describe(struct work *w, struct aml_dma_post_attr *attr, struct aml_dma_request **after,
		     struct rng *rng)
{
	size_t n = 0;

	*attr = (struct aml_dma_post_attr)AML_DMA_POST_ATTR_INIT;
	if (w->parcel != NULL) {
		parcel_describe(w->parcel, attr);
	} else {
		attr->dest = attr->src = (struct aml_layout *)(void *)w;
		attr->op = work_operate;
		attr->op_arg = w;
	}
	for (size_t i = w->flags & AML_DMA_POST_CHAIN ? 1 : 0; i < w->nneeds; i++) {
		REQUIRE(w->needs[i]->req != NULL);
		if (rng_chance(rng, 20))
			after[n++] = NULL;
		after[n++] = w->needs[i]->req;
	}
	attr->flags = w->flags;
	attr->nafter = n;
	attr->after = n > 0 ? after : NULL;
	attr->callback = w->has_callback ? work_call_back : NULL;
	attr->callback_arg = w;
	attr->tag = (uint64_t)(w - w->engine->world->works);
	attr->label = rng_chance(rng, 10) ? "stress" : NULL;
	turn_post(&w->turn);
	w->turn.held = w->nneeds > 0 || w->flags & AML_DMA_POST_AFTER_ALL;
}

/* The bound has refused the pieces: they do not exist. */
static void refuse(struct work **works, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		works[i]->refused = true;
		works[i]->fate = FATE_NONE;
	}
}

/* The pieces are posted. */
static void accept(struct work **works, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct work *w = works[i];

		REQUIRE((*w->slot != NULL) == work_has_handle(w));
		w->req = *w->slot;
		turn_posted(&w->turn);
		if (w->flags & AML_DMA_POST_REAP)
			atomic_fetch_add_explicit(&w->engine->owed, 1, memory_order_relaxed);
	}
}

bool batch_post(struct work **works, size_t n, struct rng *rng, struct work *const *others,
		size_t nothers)
{
	struct aml_dma_post_attr attrs[GROUP_MAX];
	struct aml_dma_request *after[GROUP_MAX][2 * NEEDS_MAX], **slots;
	struct stress_engine *e;
	int err;

	if (n == 0)
		return true;
	e = works[0]->engine;
	REQUIRE(n <= GROUP_MAX);
	slots = &e->world->slots[atomic_fetch_add(&e->world->nslots, n)];
	for (size_t i = 0; i < n; i++) {
		pick_attributes(works[i], i > 0 ? works[i - 1] : NULL, rng, others, nothers);
		describe(works[i], &attrs[i], after[i], rng);
		works[i]->slot = &slots[i];
	}
	err = aml_dma_post(e->dma, n, attrs, slots);
	for (size_t i = 0; i < n; i++)
		if (works[i]->parcel != NULL)
			parcel_described(works[i]->parcel, &attrs[i]);
	if (err != AML_SUCCESS) {
		REQUIRE(e->bound > 0 && !turn_inside());
		REQUIRE(err == (n > e->bound ? -AML_EINVAL : -AML_EBUSY));
		refuse(works, n);
		return false;
	}
	REQUIRE(turn_inside() || e->bound == 0 || n <= e->bound);
	accept(works, n);
	return true;
}

/* Is one of the pieces a prerequisite of this one? NULL elements are skipped. */
static bool needs_any(const struct work *w, struct work *const *works, size_t n)
{
	for (size_t i = 0; i < w->nneeds; i++)
		for (size_t j = 0; j < n; j++)
			if (works[j] == w->needs[i])
				return true;
	return false;
}

/* A call that may wait for a group of pieces of an engine. */
static struct context block_for_group(const struct stress_engine *e, uint64_t deadline)
{
	/* With workers, a call with a deadline runs no operator. */
	if (e->queue.workers > 0 && deadline != AML_DMA_NO_DEADLINE && !turn_inside())
		return turn_block(NULL, NULL);
	return turn_block_picking(&e->queue);
}

/* The list of a call, in which some slots are NULL. */
struct stress_group {
	struct stress_engine *engine;
	struct work *works[2 * GROUP_MAX];
	struct aml_dma_request *reqs[2 * GROUP_MAX];
	size_t n;
};

/* Each slot is NULL, or as before the call. */
static void check_slots(const struct stress_group *list)
{
	for (size_t i = 0; i < list->n; i++)
		REQUIRE(list->reqs[i] == (list->works[i] != NULL ? list->works[i]->req : NULL));
}

/* The call has released the piece at this place. */
static void take(struct stress_group *list, size_t place, int code)
{
	struct work *w = list->works[place];

	REQUIRE(place < list->n && w != NULL && list->reqs[place] == NULL);
	list->works[place] = NULL;
	/* What it needed has finished before. */
	REQUIRE(atomic_load_explicit(&w->engine->cancel_alls, memory_order_relaxed) > 0 ||
		!needs_any(w, list->works, list->n));
	w->req = NULL;
	work_released(w, code);
}

static void call_until(struct stress_group *list, struct rng *rng, bool test)
{
	size_t i = rng_below(rng, list->n);
	uint64_t deadline = test ? 0 : pick_deadline(rng, true);
	struct context outer;
	struct aml_dma_request **req = &list->reqs[i];
	int err, code = 7;

	if (list->works[i] == NULL) {
		REQUIRE(aml_dma_test(list->engine->dma, req, &code) == -AML_EINVAL && code == 7);
		return;
	}
	outer = block_for_group(list->engine, deadline);
	if (test)
		err = aml_dma_test(list->engine->dma, req, &code);
	else
		err = aml_dma_wait_until(list->engine->dma, req, deadline, &code);
	turn_unblock(outer);
	if (err == AML_SUCCESS) {
		struct work *w = list->works[i];

		REQUIRE(*req == NULL);
		list->works[i] = NULL;
		w->req = NULL;
		work_released(w, code);
	} else {
		REQUIRE(err == -AML_EBUSY && deadline != AML_DMA_NO_DEADLINE && code == 7);
	}
}

static void call_any(struct stress_group *list)
{
	struct context outer = turn_block_picking(&list->engine->queue);
	size_t index = 777;
	int code = 7;
	int err = aml_dma_wait_any(list->engine->dma, list->n, list->reqs, &index, &code);

	turn_unblock(outer);
	REQUIRE(err == AML_SUCCESS && index < list->n);
	take(list, index, code);
}

static void call_all(struct stress_group *list)
{
	struct context outer = turn_block_picking(&list->engine->queue);
	int codes[2 * GROUP_MAX], first = AML_SUCCESS;
	int err = aml_dma_wait_all(list->engine->dma, list->n, list->reqs, codes);

	turn_unblock(outer);
	for (size_t i = 0; i < list->n; i++) {
		struct work *w = list->works[i];

		if (first == AML_SUCCESS)
			first = codes[i];
		REQUIRE(list->reqs[i] == NULL && (w != NULL || codes[i] == AML_SUCCESS));
		list->works[i] = NULL;
		if (w == NULL)
			continue;
		w->req = NULL;
		work_released(w, codes[i]);
	}
	REQUIRE(err == first);
}

static void call_some(struct stress_group *list, struct rng *rng)
{
	size_t least = rng_below(rng, list->n + 2), count = 777, handles = 0;
	uint64_t deadline = pick_deadline(rng, true);
	size_t indices[2 * GROUP_MAX];
	int codes[2 * GROUP_MAX];
	struct context outer = block_for_group(list->engine, deadline);
	int err = aml_dma_wait_some(list->engine->dma, list->n, list->reqs, least, deadline, &count,
				    indices, codes);

	turn_unblock(outer);
	for (size_t i = 0; i < list->n; i++)
		handles += list->works[i] != NULL;
	least = least < handles ? least : handles;
	REQUIRE(count <= handles && err == (count >= least ? AML_SUCCESS : -AML_EBUSY));
	REQUIRE(err == AML_SUCCESS || deadline != AML_DMA_NO_DEADLINE);
	for (size_t i = 0; i < count; i++)
		take(list, indices[i], codes[i]);
}

size_t group_call(struct work **works, size_t n, struct rng *rng)
{
	struct stress_group list = {.engine = works[0]->engine};
	size_t left = 0;

	REQUIRE(n > 0 && n <= GROUP_MAX);
	for (size_t i = 0; i < n; i++) {
		if (rng_chance(rng, 10))
			list.n++;
		list.works[list.n] = works[i];
		list.reqs[list.n++] = works[i]->req;
	}
	switch (rng_below(rng, 6)) {
	case 0:
		call_until(&list, rng, true);
		break;
	case 1:
		call_until(&list, rng, false);
		break;
	case 2:
		call_any(&list);
		break;
	case 3:
		call_all(&list);
		break;
	default:
		call_some(&list, rng);
		break;
	}
	check_slots(&list);
	for (size_t i = 0; i < list.n; i++)
		if (list.works[i] != NULL)
			works[left++] = list.works[i];
	return left;
}

/* A completion was taken. */
static void check_completion(struct stress_engine *e, const struct aml_dma_completion *c)
{
	struct stress_world *world = e->world;
	struct work *w;

	REQUIRE(c->tag < WORKS_MAX && c->reserved == 0);
	w = &world->works[c->tag];
	REQUIRE(w->engine == e && w->way == WAY_POST && w->flags & AML_DMA_POST_REAP);
	REQUIRE(w->tellings++ == 0);
	w->told = c->result;
	work_check_result(w, c->result);
}

/* Take the right to up to n completions. */
static size_t take_owed(struct stress_engine *e, size_t n)
{
	long owed = atomic_load_explicit(&e->owed, memory_order_relaxed), taken;

	do {
		taken = owed < (long)n ? owed : (long)n;
	} while (!atomic_compare_exchange_weak_explicit(
		&e->owed, &owed, owed - taken, memory_order_relaxed, memory_order_relaxed));
	return (size_t)taken;
}

void stress_reap(struct stress_engine *engine, struct rng *rng, bool all)
{
	struct aml_dma_completion out[REAP_MAX];
	size_t n = take_owed(engine, all ? REAP_MAX : rng_below(rng, REAP_MAX + 1)), count = 777;
	size_t least = all ? n : rng_below(rng, n + 1);
	/* An operator must not wait for what may wait for it. */
	uint64_t deadline = all ? AML_DMA_NO_DEADLINE : pick_deadline(rng, !turn_inside());
	struct context outer;
	int err;

	if (turn_inside() || engine->queue.workers == 0)
		outer = turn_block_picking(&engine->queue);
	else
		outer = turn_block(NULL, NULL);
	REQUIRE(aml_dma_reap(engine->dma, n, out, n + 1, deadline, &count) == -AML_EINVAL);
	err = aml_dma_reap(engine->dma, n, n > 0 ? out : NULL, least, deadline, &count);
	turn_unblock(outer);
	REQUIRE(count <= n && err == (count >= least ? AML_SUCCESS : -AML_EBUSY));
	REQUIRE(err == AML_SUCCESS || deadline != AML_DMA_NO_DEADLINE);
	atomic_fetch_add_explicit(&engine->owed, (long)(n - count), memory_order_relaxed);
	for (size_t i = 0; i < count; i++)
		check_completion(engine, &out[i]);
}

void stress_read_fd(struct stress_engine *engine)
{
	uint64_t n;

	if (engine->fd < 0)
		return;
	REQUIRE(aml_dma_linux_eventfd(engine->dma) == engine->fd);
	if (read(engine->fd, &n, sizeof(n)) == sizeof(n))
		atomic_fetch_add_explicit(&engine->signalled, n, memory_order_relaxed);
}

void stress_cancel_all(struct stress_engine *engine)
{
	struct context outer = turn_block_cancelling(&engine->queue);
	size_t n = 777;

	atomic_fetch_add_explicit(&engine->cancel_alls, 1, memory_order_relaxed);
	REQUIRE(aml_dma_cancel_all(engine->dma, &n) == AML_SUCCESS);
	turn_unblock(outer);
	atomic_fetch_add_explicit(&engine->cancelled, n, memory_order_relaxed);
}

void stress_progress(struct stress_engine *engine, struct rng *rng)
{
	struct context outer = turn_block_picking(&engine->queue);
	size_t most = rng_below(rng, 4), ran = 777;

	REQUIRE(aml_dma_progress(engine->dma, most, &ran) == AML_SUCCESS && ran <= most);
	turn_unblock(outer);
}
