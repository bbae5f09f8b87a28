/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The engines and the work of the stress test, see work.h: what operators do, and the checks when
 * they start, when they end, and when a call returns.
 */
#include "work.h"

/* The code of a failure is this number minus the number of its work. */
enum { FIRST_CODE = -1000 };

bool engine_is_core(const struct stress_engine *engine)
{
	return engine < &engine->world->engines[CORE_MAX];
}

struct stress_engine *engine_create(struct stress_world *world, size_t workers)
{
	size_t number = atomic_fetch_add(&world->nengines, 1);
	struct stress_engine *e;

	if (number >= ENGINES_MAX)
		return NULL;
	e = &world->engines[number];
	e->world = world;
	turn_queue_init(&e->queue, workers);
	REQUIRE(aml_dma_linux_create(&e->dma, workers) == 0);
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
	REQUIRE(w->finished);
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

	if (w->depth > 0 || w->local || !engine_is_core(w->engine))
		return;
	if (++rank < world->ncore)
		engine_settle(&world->engines[rng_range(&w->rng, rank, world->ncore - 1)]);
}

/* Make calls that return an error and change nothing. */
static void try_on_itself(struct work *w)
{
	struct aml_dma *dma = w->engine->dma;
	struct aml_dma_request *copy = w->req;

	REQUIRE(aml_dma_barrier(dma) == -AML_EBUSY);
	REQUIRE(aml_dma_linux_destroy(&dma) == -AML_EBUSY);
	REQUIRE(dma == w->engine->dma);
	aml_errno = AML_SUCCESS;
	REQUIRE(aml_sched_wait_any(((struct aml_dma_linux_data *)dma->data)->sched) == NULL);
	REQUIRE(aml_errno == AML_EBUSY);
	if (w->way != WAY_HANDLE)
		return;
	REQUIRE(copy != NULL);
	REQUIRE(aml_dma_wait(dma, &copy) == -AML_EBUSY);
	REQUIRE(aml_dma_cancel(dma, &copy) == -AML_EBUSY);
	REQUIRE(copy == w->req);
}

/* Post more work to a lasting engine or to this one, and wait for it or cancel it in any order. */
static void nest(struct work *w)
{
	struct stress_world *world = w->engine->world;
	struct work *children[CHILDREN_MAX];
	size_t n = rng_range(&w->rng, 1, CHILDREN_MAX), posted = 0;

	for (size_t i = 0; i < n; i++) {
		struct stress_engine *e = w->engine;
		struct work *child;

		if (!w->local && rng_chance(&w->rng, 60))
			e = &world->engines[rng_below(&w->rng, world->ncore)];
		child = work_create(world, &w->rng, e, w);
		if (child == NULL)
			break;
		work_post(child, (enum work_way)rng_below(&w->rng, 3));
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

/* The operator, which gets its work also in place of both layouts. */
static int operate(struct aml_layout *dst, const struct aml_layout *src, void *arg)
{
	struct work *w = arg;
	struct context outer;

	REQUIRE((const void *)dst == arg && (const void *)src == arg);
	REQUIRE(w->runs++ == 0);
	REQUIRE(w->fate != FATE_CANCELLED);
	outer = turn_enter(&w->turn);
	w->running = true;
	act(w);
	w->running = false;
	w->finished = true;
	turn_leave(&w->turn, outer);
	return w->code;
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

	return aml_dma_async_copy_custom(w->engine->dma, req, any, any, operate, w);
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
		err = aml_dma_copy_custom(w->engine->dma, any, any, operate, w);
	turn_unblock(outer);
	REQUIRE(err == w->code);
	work_check(w);
}

void work_post(struct work *work, enum work_way way)
{
	struct aml_dma_request **req = way == WAY_HANDLE ? &work->req : NULL;

	work->way = way;
	work->fate = way == WAY_HANDLE ? FATE_OUT : FATE_NONE;
	turn_post(&work->turn);
	if (way == WAY_COPY)
		work_now(work);
	else if (work->parcel != NULL)
		REQUIRE(parcel_post(work->parcel, work->engine->dma, req) == 0);
	else
		REQUIRE(post_operator(work, req) == 0);
	REQUIRE(way != WAY_HANDLE || work->req != NULL);
	turn_posted(&work->turn);
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
	struct context outer = turn_block(&work->turn, NULL);
	int err = aml_dma_wait(work->engine->dma, &work->req);

	turn_unblock(outer);
	REQUIRE(err == work->code);
	settle(work, FATE_WAITED);
	work_check(work);
}

void work_cancel(struct work *work)
{
	/* A cancel may wait, but never runs what it cancels, so `awaits` is NULL. */
	struct context outer = turn_block(NULL, NULL);
	int err = aml_dma_cancel(work->engine->dma, &work->req);

	turn_unblock(outer);
	REQUIRE(err == AML_SUCCESS);
	/* From now on, nothing may touch the work. */
	REQUIRE(!work->running);
	if (work->parcel != NULL)
		parcel_scribble(work->parcel);
	settle(work, FATE_CANCELLED);
}

void work_check(const struct work *work)
{
	if (work->parcel != NULL && work->fate == FATE_CANCELLED)
		REQUIRE(parcel_is_scribbled(work->parcel));
	else if (work->parcel != NULL)
		REQUIRE(parcel_is_right(work->parcel));
	else if (work->fate == FATE_CANCELLED)
		REQUIRE(!work->running && work->finished == (work->runs == 1));
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
	const char *preload = getenv("LD_PRELOAD");

	return preload == NULL || strstr(preload, "helgrind") == NULL;
}

void use_own_engine(struct stress_world *world, struct rng *rng, struct work *parent)
{
	size_t workers = rng_below(rng, 4);
	struct stress_engine *e = engine_create(world, may_make_threads() ? workers : 0);
	struct work *works[8];
	size_t n = rng_below(rng, 8), posted = 0;

	if (e == NULL)
		return;
	for (size_t i = 0; i < n; i++) {
		struct work *w = work_create(world, rng, e, parent);

		if (w == NULL)
			break;
		works[posted++] = w;
		work_post(w, (enum work_way)rng_below(rng, 3));
		if (w->way == WAY_HANDLE && rng_chance(rng, 20))
			work_wait(w);
		else if (w->way == WAY_HANDLE && rng_chance(rng, 20))
			work_cancel(w);
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
