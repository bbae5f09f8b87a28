/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The engines and the work of the stress test, see work.h: what operators do, and the checks when
 * they start, when they end, and when a call returns.
 */
#include "work.h"

#include "tool.h"

/* The code of a failure is this number minus the number of its work. */
enum { FIRST_CODE = -1000 };

bool engine_is_core(const struct stress_engine *engine)
{
	return engine < &engine->world->engines[CORE_MAX];
}

struct stress_engine *engine_create(struct stress_world *world, struct rng *rng, size_t workers)
{
	struct aml_dma_linux_attr attr = AML_DMA_LINUX_ATTR_INIT;
	size_t number = atomic_fetch_add(&world->nengines, 1);
	struct stress_engine *e;

	if (number >= ENGINES_MAX)
		return NULL;
	e = &world->engines[number];
	e->world = world;
	turn_queue_init(&e->queue, workers);
	atomic_init(&e->cancel_alls, 0);
	atomic_init(&e->cancelled, 0);
	atomic_init(&e->owed, 0);
	atomic_init(&e->signalled, 0);
	e->bound = world->posts > 0 && rng_chance(rng, 25) ? rng_range(rng, 2, 24) : 0;
	attr.num_threads = workers;
	attr.max_unfinished = e->bound;
	if (e->bound > 0)
		REQUIRE(aml_dma_linux_create_attr(&e->dma, &attr) == 0);
	else
		REQUIRE(aml_dma_linux_create(&e->dma, workers) == 0);
	e->fd = world->posts > 0 && rng_chance(rng, 50) ? aml_dma_linux_eventfd(e->dma) : -1;
	return e;
}

/* Record that a barrier, called at `called`, has returned the code of a failure. */
static void account_failure(struct stress_engine *engine, int code, uint64_t called)
{
	struct stress_world *world = engine->world;
	uint64_t settled;
	struct work *w;

	REQUIRE(code <= FIRST_CODE && code > FIRST_CODE - WORKS_MAX);
	w = &world->works[FIRST_CODE - code];
	REQUIRE(w->engine == engine && w->code == code && w->way != WAY_COPY);
	/* Its result was not known without a barrier. */
	REQUIRE(work_has_handle(w) || !(w->has_callback || w->flags & AML_DMA_POST_REAP));
	REQUIRE(w->finished && w->runs == 1);
	REQUIRE(atomic_fetch_add_explicit(&w->reports, 1, memory_order_relaxed) == 0);
	/* A barrier must not report a failure that a wait had returned or that was cancelled. */
	settled = atomic_load_explicit(&w->settled, memory_order_relaxed);
	REQUIRE(settled == 0 || settled > called);
}

int engine_barrier(struct stress_engine *engine)
{
	uint64_t called = stress_now();
	struct context outer = turn_block(NULL, &engine->queue);
	int code = aml_dma_barrier(engine->dma);

	turn_unblock(outer);
	if (code != AML_SUCCESS)
		account_failure(engine, code, called);
	return code;
}

bool engine_barrier_until(struct stress_engine *engine, uint64_t deadline, int *code)
{
	uint64_t called = stress_now();
	struct context outer = turn_block(NULL, &engine->queue);
	int err = aml_dma_barrier_until(engine->dma, deadline, code);

	turn_unblock(outer);
	REQUIRE(err == AML_SUCCESS || (err == -AML_EBUSY && deadline != AML_DMA_NO_DEADLINE));
	if (err == AML_SUCCESS && *code != AML_SUCCESS)
		account_failure(engine, *code, called);
	return err == AML_SUCCESS;
}

void engine_settle(struct stress_engine *engine)
{
	while (engine_barrier(engine) != AML_SUCCESS)
		;
}

void engine_destroy(struct stress_engine *engine)
{
	struct context outer = turn_block(NULL, &engine->queue);

	REQUIRE(aml_dma_linux_destroy(&engine->dma) == 0);
	REQUIRE(engine->dma == NULL);
	turn_unblock(outer);
}

unsigned long long engine_figure(struct stress_engine *engine, const char *label)
{
	char text[512] = "";
	FILE *stream = fmemopen(text, sizeof(text), "w");
	const char *line;

	REQUIRE(stream != NULL);
	REQUIRE(aml_dma_fprintf(stream, NULL, engine->dma) == 0);
	fclose(stream);
	line = strstr(text, label);
	REQUIRE(line != NULL);
	return strtoull(line + strlen(label), NULL, 10);
}

/* An operator calls barriers only on engines with a higher rank than its own. */
static void call_barrier(struct work *w)
{
	struct stress_world *world = w->engine->world;
	size_t rank = (size_t)(w->engine - world->engines);

	if (w->nested || w->depth > 0 || w->local || !engine_is_core(w->engine))
		return;
	if (++rank < world->ncore)
		engine_settle(&world->engines[rng_range(&w->rng, rank, world->ncore - 1)]);
}

/* Make calls that return an error and change nothing. */
static void try_on_itself(struct work *w)
{
	struct aml_dma *dma = w->engine->dma;
	struct aml_dma_request *handle = w->slot != NULL ? *w->slot : w->req, *copy = handle;
	size_t index = 7;
	int code = 7;

	REQUIRE(aml_dma_barrier(dma) == -AML_EBUSY);
	REQUIRE(aml_dma_barrier_until(dma, 0, &code) == -AML_EPERM);
	REQUIRE(aml_dma_progress(dma, 1, &index) == -AML_EPERM);
	REQUIRE(aml_dma_linux_destroy(&dma) == -AML_EBUSY);
	REQUIRE(dma == w->engine->dma);
	aml_errno = AML_SUCCESS;
	REQUIRE(aml_sched_wait_any(((struct aml_dma_linux_data *)dma->data)->sched) == NULL);
	REQUIRE(aml_errno == AML_EBUSY);
	if (!work_has_handle(w))
		return;
	REQUIRE(copy != NULL);
	REQUIRE(aml_dma_test(dma, &copy, &code) == -AML_EPERM);
	REQUIRE(aml_dma_wait_until(dma, &copy, AML_DMA_NO_DEADLINE, &code) == -AML_EPERM);
	REQUIRE(aml_dma_wait_any(dma, 1, &copy, &index, &code) == -AML_EPERM);
	REQUIRE(aml_dma_wait_some(dma, 1, &copy, 1, AML_DMA_NO_DEADLINE, &index, NULL, NULL) ==
		-AML_EPERM);
	REQUIRE(code == 7 && index == 7);
	REQUIRE(aml_dma_wait_all(dma, 1, &copy, &code) == -AML_EPERM && code == -AML_EPERM);
	REQUIRE(aml_dma_wait(dma, &copy) == -AML_EBUSY);
	REQUIRE(aml_dma_cancel(dma, &copy) == -AML_EBUSY);
	REQUIRE(copy == handle);
}

/* An engine for the children of a piece. */
static struct stress_engine *pick_engine(struct work *w)
{
	struct stress_world *world = w->engine->world;

	if (!w->local && rng_chance(&w->rng, 60))
		return &world->engines[rng_below(&w->rng, world->ncore)];
	return w->engine;
}

/* Post children by one call, and make calls that test and wait for them. */
static void nest_batch(struct work *w)
{
	struct work *children[CHILDREN_MAX], *waited[CHILDREN_MAX];
	struct stress_engine *e = pick_engine(w);
	size_t n = rng_range(&w->rng, 1, CHILDREN_MAX), created = 0, left = 0;

	while (created < n && (children[created] = work_create(e->world, &w->rng, e, w)) != NULL)
		created++;
	REQUIRE(batch_post(children, created, &w->rng, NULL, 0));
	for (size_t i = 0; i < created; i++)
		if (work_has_handle(children[i]))
			waited[left++] = children[i];
	for (int i = 0; i < 6 && left > 0; i++) {
		left = group_call(waited, left, &w->rng);
		if (rng_chance(&w->rng, 10) && e->world->cancels_all)
			stress_cancel_all(e);
		if (rng_chance(&w->rng, 20))
			stress_reap(e, &w->rng, false);
		if (rng_chance(&w->rng, 10) && left > 0)
			work_cancel(waited[--left]);
	}
	/* The others are lost, and the engine releases them. */
}

/* Post more work to a lasting engine or to this one, and wait for it or cancel it in any order. */
static void nest(struct work *w)
{
	struct stress_world *world = w->engine->world;
	struct work *children[CHILDREN_MAX];
	size_t n = rng_range(&w->rng, 1, CHILDREN_MAX), posted = 0;

	if (rng_chance(&w->rng, world->posts)) {
		nest_batch(w);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		struct work *child = work_create(world, &w->rng, pick_engine(w), w);

		if (child == NULL)
			break;
		REQUIRE(work_post(child, work_pick_way(&w->rng)));
		if (child->way == WAY_HANDLE)
			children[posted++] = child;
		stress_dawdle(&w->rng);
	}
	while (posted > 0) {
		size_t i = rng_below(&w->rng, posted);
		struct work *child = children[i];

		children[i] = children[--posted];
		if (rng_chance(&w->rng, 75))
			work_wait(child);
		else if (rng_chance(&w->rng, 75))
			work_cancel(child);
		/* Otherwise the handle is lost, and the engine releases it. */
	}
}

static void act(struct work *w)
{
	stress_dawdle(&w->rng);
	switch (w->kind) {
	case WORK_NEST:
		nest(w);
		break;
	case WORK_SELF:
		try_on_itself(w);
		break;
	case WORK_BARRIER:
		call_barrier(w);
		break;
	case WORK_ENGINE:
		use_own_engine(w->engine->world, &w->rng, w);
		break;
	case WORK_COPY:
	case WORK_LEAF:
	case WORK_KINDS:
		break;
	}
	stress_dawdle(&w->rng);
}

/* The operator starts: its prerequisites have finished and, unless it always runs, succeeded. */
static void check_needs(const struct work *w)
{
	bool always = w->flags & AML_DMA_POST_ALWAYS;

	for (size_t i = 0; i < w->nneeds; i++) {
		const struct work *p = w->needs[i];

		if (p->has_callback)
			REQUIRE(p->calls == 1 && p->called != 0 && (always || p->result == 0));
		if (p->parcel != NULL) {
			/* The owner of a handle may overwrite the destination. */
			if (!always && !work_has_handle(p))
				REQUIRE(parcel_is_right(p->parcel));
		} else if (!always) {
			REQUIRE(p->runs == 1 && p->finished && p->code == AML_SUCCESS);
			REQUIRE(p->ended < w->started);
		} else {
			REQUIRE(!p->running && p->finished == (p->runs == 1));
			REQUIRE(p->finished || p->nneeds > 0 || work_may_be_cancelled(p));
		}
	}
}

int work_operate(struct aml_layout *dst, const struct aml_layout *src, void *arg)
{
	struct work *w = arg;
	struct context outer;

	REQUIRE((const void *)dst == arg && (const void *)src == arg);
	REQUIRE(w->runs++ == 0);
	REQUIRE(w->fate != FATE_CANCELLED);
	outer = turn_enter(&w->turn);
	w->nested = outer.inside != NULL;
	w->thread = pthread_self();
	w->started = stress_now();
	check_needs(w);
	w->running = true;
	act(w);
	w->running = false;
	w->finished = true;
	w->ended = stress_now();
	turn_leave(&w->turn, outer);
	return w->code;
}

void work_call_back(int result, void *arg)
{
	struct work *w = arg;
	struct context outer = turn_enter_callback(&w->turn, w->runs == 1);

	REQUIRE(w->calls++ == 0 && w->has_callback);
	if (w->runs == 1)
		REQUIRE(pthread_equal(w->thread, pthread_self()));
	w->thread = pthread_self();
	if (w->started == 0)
		w->started = stress_now();
	w->result = result;
	work_check_result(w, result);
	stress_dawdle(&w->rng);
	if (w->depth + 1 < DEPTH_MAX && rng_chance(&w->rng, 15))
		nest(w);
	w->called = stress_now();
	turn_leave(&w->turn, outer);
}

/* Choose a kind by the world's weights. The depth of nested work is limited. */
static enum work_kind pick_kind(const struct stress_world *world, struct rng *rng,
				const struct work *parent)
{
	size_t at = rng_below(rng, 100);
	enum work_kind kind = WORK_COPY;

	while (kind < WORK_KINDS - 1 && at >= world->weights[kind])
		at -= world->weights[kind++];
	if (parent != NULL && (parent->depth + 1 >= DEPTH_MAX || kind == WORK_BARRIER) &&
	    kind != WORK_COPY && kind != WORK_SELF)
		kind = WORK_LEAF;
	return kind;
}

struct work *work_create(struct stress_world *world, struct rng *rng, struct stress_engine *engine,
			 struct work *parent)
{
	size_t number = atomic_fetch_add(&world->nworks, 1);
	struct work *w;

	if (number >= WORKS_MAX)
		return NULL;
	w = &world->works[number];
	w->engine = engine;
	w->turn.queue = &engine->queue;
	w->kind = pick_kind(world, rng, parent);
	w->rng = stress_fork(rng);
	w->depth = parent != NULL ? parent->depth + 1 : 0;
	w->local = parent != NULL && parent->local;
	if (w->kind == WORK_COPY)
		w->parcel = parcel_create(rng);
	else if (rng_chance(rng, world->failures))
		w->code = FIRST_CODE - (int)number;
	return w;
}

static int post_operator(struct work *w, struct aml_dma_request **req)
{
	struct aml_layout *any = (struct aml_layout *)(void *)w;

	return aml_dma_async_copy_custom(w->engine->dma, req, any, any, work_operate, w);
}

/* Run the work as a synchronous copy. */
static void work_now(struct work *w)
{
	struct aml_layout *any = (struct aml_layout *)(void *)w;
	struct context outer = turn_block(&w->turn, NULL);
	int err;

	if (w->parcel != NULL)
		err = parcel_now(w->parcel, w->engine->dma);
	else
		err = aml_dma_copy_custom(w->engine->dma, any, any, work_operate, w);
	turn_unblock(outer);
	REQUIRE(err == w->code);
	work_check(w);
}

enum work_way work_pick_way(struct rng *rng)
{
	return (enum work_way)rng_below(rng, 3);
}

bool work_post(struct work *work, enum work_way way)
{
	struct aml_dma_request **req = way == WAY_HANDLE ? &work->req : NULL;
	int err = AML_SUCCESS;

	work->way = way;
	work->fate = way == WAY_HANDLE ? FATE_OUT : FATE_NONE;
	turn_post(&work->turn);
	if (way == WAY_COPY)
		work_now(work);
	else if (work->parcel != NULL)
		err = parcel_post(work->parcel, work->engine->dma, req);
	else
		err = post_operator(work, req);
	if (err == -AML_EBUSY && work->engine->bound > 0 && !turn_inside()) {
		work->refused = true;
		work->fate = FATE_NONE;
		REQUIRE(work->req == NULL);
		return false;
	}
	REQUIRE(err == AML_SUCCESS);
	REQUIRE(way != WAY_HANDLE || work->req != NULL);
	turn_posted(&work->turn);
	return true;
}

bool work_has_handle(const struct work *work)
{
	if (work->way == WAY_POST)
		return !(work->flags & (AML_DMA_POST_DETACH | AML_DMA_POST_REAP));
	return work->way == WAY_HANDLE;
}

bool work_may_be_cancelled(const struct work *work)
{
	return atomic_load_explicit(&work->cancelling, memory_order_relaxed) ||
	       atomic_load_explicit(&work->engine->cancel_alls, memory_order_relaxed) > 0;
}

/* Record that a wait or a cancel has returned. */
static void settle(struct work *work, enum fate fate)
{
	REQUIRE(work->req == NULL);
	work->fate = fate;
	atomic_exchange_explicit(&work->settled, stress_now(), memory_order_relaxed);
}

void work_wait(struct work *work)
{
	struct context outer = work->turn.held ? turn_block_picking(&work->engine->queue)
					       : turn_block(&work->turn, NULL);
	int err = aml_dma_wait(work->engine->dma, &work->req);

	turn_unblock(outer);
	work_released(work, err);
}

void work_released(struct work *work, int code)
{
	REQUIRE(work->tellings++ == 0);
	work->told = code;
	settle(work, FATE_WAITED);
	work_check_result(work, code);
	work_check(work);
}

void work_cancel(struct work *work)
{
	/* A cancel may wait, but never runs what it cancels. */
	struct context outer = turn_block_cancelling(&work->engine->queue);
	int err;

	/* DRD knows only of atomic operations with the lock prefix. */
	atomic_exchange_explicit(&work->cancelling, true, memory_order_relaxed);
	err = aml_dma_cancel(work->engine->dma, &work->req);
	turn_unblock(outer);
	REQUIRE(err == AML_SUCCESS);
	/* From now on, nothing may touch the work. */
	REQUIRE(!work->running);
	if (work->parcel != NULL)
		parcel_scribble(work->parcel);
	settle(work, FATE_CANCELLED);
}

/*
 * May the work, which has finished, have passed this code to what needed it? Uncertain cases are
 * not followed.
 */
static bool may_pass(const struct work *work, int code, int depth)
{
	if (work_may_be_cancelled(work) || depth > 5)
		return true;
	if (work->has_callback)
		return work->result == code;
	if (work->runs == 1)
		return work->code == code;
	for (size_t i = 0; i < work->nneeds && !(work->flags & AML_DMA_POST_ALWAYS); i++)
		if (may_pass(work->needs[i], code, depth + 1))
			return true;
	return false;
}

void work_check_result(const struct work *work, int result)
{
	bool passed = false;

	REQUIRE(!work->running && work->finished == (work->runs == 1));
	if (work->has_callback)
		REQUIRE(work->calls == 1 && work->result == result);
	if (work->runs == 1) {
		REQUIRE(result == work->code);
		return;
	}
	if (work->parcel != NULL && result == AML_SUCCESS) {
		REQUIRE(parcel_is_right(work->parcel));
		return;
	}
	/* It did not run. */
	REQUIRE(result != AML_SUCCESS);
	if (result == -AML_FAILURE && work_may_be_cancelled(work))
		return;
	REQUIRE(!(work->flags & AML_DMA_POST_ALWAYS));
	for (size_t i = 0; i < work->nneeds; i++)
		passed = passed || may_pass(work->needs[i], result, 0);
	REQUIRE(passed);
}

/* Check work that has finished, and perhaps did not run. */
static void check_if_run(const struct work *work)
{
	REQUIRE(!work->running && work->finished == (work->runs == 1));
	if (work->parcel == NULL)
		return;
	/* Another thread may have taken the completion of work without a handle. */
	if ((work->has_callback && work->result == AML_SUCCESS) ||
	    (work_has_handle(work) && work->tellings == 1 && work->told == AML_SUCCESS))
		REQUIRE(parcel_is_right(work->parcel));
}

void work_check(const struct work *work)
{
	if (work->refused)
		return;
	if (work->has_callback)
		REQUIRE(work->calls == 1 && work->called != 0);
	if (work->parcel != NULL && work->fate == FATE_CANCELLED)
		REQUIRE(parcel_is_scribbled(work->parcel));
	else if (work->fate == FATE_CANCELLED)
		REQUIRE(!work->running && work->finished == (work->runs == 1));
	else if (work->nneeds > 0 || work_may_be_cancelled(work))
		check_if_run(work);
	else if (work->parcel != NULL)
		REQUIRE(parcel_is_right(work->parcel));
	else
		REQUIRE(work->finished && work->runs == 1 && !work->running);
}

/*
 * Helgrind does not see the C library's lock on the stacks of joined threads, and reports the reuse
 * of such a stack by another thread as a race. Under Helgrind, only the main thread creates
 * threads.
 */
static bool may_make_threads(void)
{
	return !under_helgrind();
}

void use_own_engine(struct stress_world *world, struct rng *rng, struct work *parent)
{
	size_t workers = rng_below(rng, 4);
	struct stress_engine *e = engine_create(world, rng, may_make_threads() ? workers : 0);
	struct work *works[8];
	size_t n = rng_below(rng, 8), posted = 0;

	if (e == NULL)
		return;
	for (size_t i = 0; i < n; i++) {
		struct work *w = work_create(world, rng, e, parent);

		if (w == NULL)
			break;
		works[posted++] = w;
		if (rng_chance(rng, world->posts) ? !batch_post(&w, 1, rng, NULL, 0)
						  : !work_post(w, work_pick_way(rng)))
			continue;
		if (work_has_handle(w) && rng_chance(rng, 20))
			work_wait(w);
		else if (work_has_handle(w) && rng_chance(rng, 20))
			work_cancel(w);
		else if (rng_chance(rng, world->posts / 4))
			stress_reap(e, rng, false);
		else if (rng_chance(rng, 10))
			engine_settle(e);
	}
	if (rng_chance(rng, 30))
		engine_settle(e);
	/* Destroy finishes all posted work, and releases handles that are not waited for. */
	engine_destroy(e);
	for (size_t i = 0; i < posted; i++)
		work_check(works[i]);
}
