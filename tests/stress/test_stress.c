/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Engines under random calls from several threads and from their own operators, with shaken
 * schedules at the library's lock. work.c checks what it can meanwhile; this file checks the final
 * state.
 */
#include "suite.h"
#include "work.h"

enum { THREADS_MAX = 5, LIVE_MAX = 16, POOL_MAX = 8 };

/* Handles that pass from one thread to another. */
struct handle_pool {
	pthread_mutex_t lock;
	struct work *works[POOL_MAX];
	size_t n;
};

/* The percentages of a thread's actions. The rest is posting. */
struct habits {
	unsigned wait, cancel, barrier, pass, print, engine;
};

/* A thread that posts. */
struct stress_poster {
	pthread_t thread;
	struct stress_world *world;
	struct handle_pool *pool;
	const struct habits *habits;
	struct rng rng;
	size_t steps;
	/* The handles that the thread owns. */
	struct work *live[LIVE_MAX];
	size_t nlive;
	/* What it has posted to each engine since its last successful barrier there. */
	struct work *posted[CORE_MAX];
	unsigned long long finished[CORE_MAX];
};

static struct work *take_live(struct stress_poster *p)
{
	size_t i = rng_below(&p->rng, p->nlive);
	struct work *w = p->live[i];

	p->live[i] = p->live[--p->nlive];
	return w;
}

static void post(struct stress_poster *p)
{
	size_t rank = rng_below(&p->rng, p->world->ncore);
	struct work *w = work_create(p->world, &p->rng, &p->world->engines[rank], NULL);

	if (w == NULL)
		return;
	work_post(w, (enum work_way)rng_below(&p->rng, 3));
	w->next = p->posted[rank];
	p->posted[rank] = w;
	if (w->way == WAY_HANDLE)
		p->live[p->nlive++] = w;
	if (p->nlive == LIVE_MAX)
		work_wait(take_live(p));
}

/* Call barriers. After one has succeeded, all that this thread had posted has finished. */
static void barrier(struct stress_poster *p)
{
	size_t rank = rng_below(&p->rng, p->world->ncore);

	if (rng_chance(&p->rng, 50))
		engine_settle(&p->world->engines[rank]);
	else if (engine_barrier(&p->world->engines[rank]) != AML_SUCCESS)
		return;
	for (struct work *w = p->posted[rank]; w != NULL; w = w->next)
		if (!w->given)
			work_check(w);
	p->posted[rank] = NULL;
}

/* Give a handle to another thread, or take one. */
static void pass(struct stress_poster *p)
{
	struct handle_pool *pool = p->pool;

	pthread_mutex_lock(&pool->lock);
	if (p->nlive > 0 && pool->n < POOL_MAX && rng_chance(&p->rng, 50)) {
		struct work *w = take_live(p);

		/* Only the thread that has posted the work writes and reads this member. */
		if (!w->given)
			w->given = true;
		pool->works[pool->n++] = w;
	} else if (p->nlive < LIVE_MAX - 1 && pool->n > 0) {
		p->live[p->nlive++] = pool->works[--pool->n];
	}
	pthread_mutex_unlock(&pool->lock);
}

static void print(struct stress_poster *p)
{
	size_t rank = rng_below(&p->rng, p->world->ncore);
	struct stress_engine *e = &p->world->engines[rank];
	unsigned long long finished = engine_figure(e, "finished requests:");

	REQUIRE(finished >= p->finished[rank]);
	p->finished[rank] = finished;
	REQUIRE(engine_figure(e, "workers:") == e->queue.workers);
}

static void step(struct stress_poster *p)
{
	const struct habits *h = p->habits;
	size_t at = rng_below(&p->rng, 100);

	if (at < h->wait && p->nlive > 0)
		work_wait(take_live(p));
	else if ((at -= h->wait) < h->cancel && p->nlive > 0)
		work_cancel(take_live(p));
	else if ((at -= h->cancel) < h->barrier)
		barrier(p);
	else if ((at -= h->barrier) < h->pass)
		pass(p);
	else if ((at -= h->pass) < h->print)
		print(p);
	else if ((at -= h->print) < h->engine)
		use_own_engine(p->world, &p->rng, NULL);
	else
		post(p);
}

static void *poster_main(void *arg)
{
	struct stress_poster *p = arg;

	for (size_t i = 0; i < p->steps; i++) {
		step(p);
		if (rng_chance(&p->rng, 10))
			stress_dawdle(&p->rng);
	}
	/* The thread leaves some handles to the engine. */
	while (p->nlive > 0 && rng_chance(&p->rng, 95))
		work_wait(take_live(p));
	return NULL;
}

static void run_posters(struct stress_world *world, struct rng *rng, const struct habits *habits,
			size_t steps)
{
	struct handle_pool pool = {.n = 0};
	struct stress_poster *posters = calloc(THREADS_MAX, sizeof(*posters));
	size_t n = rng_range(rng, 2, THREADS_MAX);

	REQUIRE(posters != NULL && pthread_mutex_init(&pool.lock, NULL) == 0);
	for (size_t i = 0; i < n; i++) {
		struct stress_poster *p = &posters[i];

		p->world = world;
		p->pool = &pool;
		p->habits = habits;
		p->rng = stress_fork(rng);
		p->steps = rng_range(rng, 1, 2 * steps);
		REQUIRE(pthread_create(&p->thread, NULL, poster_main, p) == 0);
	}
	for (size_t i = 0; i < n; i++)
		REQUIRE(pthread_join(posters[i].thread, NULL) == 0);
	while (pool.n > 0)
		work_wait(pool.works[--pool.n]);
	pthread_mutex_destroy(&pool.lock);
	free(posters);
}

/* Call barriers on all engines until three successive rounds have found no new work. */
static void settle_all(struct stress_world *world)
{
	size_t known = SIZE_MAX;

	for (int quiet = 0; quiet < 3;) {
		size_t n = atomic_load(&world->nworks);

		quiet = n == known ? quiet + 1 : 0;
		known = n;
		for (size_t i = 0; i < world->ncore; i++)
			engine_settle(&world->engines[i]);
	}
}

/* Check how often barriers have returned the failure, after all of them have succeeded. */
static void check_reports(const struct work *w)
{
	int reports = atomic_load(&w->reports);

	if (w->code == AML_SUCCESS || w->way == WAY_COPY || w->runs == 0)
		REQUIRE(reports == 0);
	else if (w->fate == FATE_NONE || w->fate == FATE_OUT)
		REQUIRE(reports == 1);
	else
		REQUIRE(reports <= 1);
}

/* Check that the engine's numbers agree with the test's records. */
static void check_engine(struct stress_world *world, struct stress_engine *e)
{
	unsigned long long finished, bytes, low = 0, doubtful = 0, low_bytes = 0, high_bytes = 0;
	size_t n = atomic_load(&world->nworks);

	for (size_t i = 0; i < n && i < WORKS_MAX; i++) {
		const struct work *w = &world->works[i];

		if (w->engine != e)
			continue;
		work_check(w);
		check_reports(w);
		if (w->parcel == NULL) {
			low += (unsigned)w->runs;
			continue;
		}
		/* Whether a cancelled copy has run is not known. */
		high_bytes += parcel_bytes(w->parcel);
		if (w->fate == FATE_CANCELLED) {
			doubtful++;
		} else {
			low++;
			low_bytes += parcel_bytes(w->parcel);
		}
	}
	finished = engine_figure(e, "finished requests:");
	bytes = engine_figure(e, "bytes moved:");
	REQUIRE(finished >= low && finished <= low + doubtful);
	REQUIRE(bytes >= low_bytes && bytes <= high_bytes);
	REQUIRE(engine_figure(e, "queued requests:") == 0);
	REQUIRE(engine_figure(e, "running requests:") == 0);
	REQUIRE(atomic_load(&e->queue.active) == 0);
}

/* Destroy an engine with work in its queue. All of the work runs. */
static void destroy_busy(struct stress_world *world, struct rng *rng, struct stress_engine *e)
{
	size_t first = atomic_load(&world->nworks), n = rng_below(rng, 12);

	for (size_t i = 0; i < n; i++) {
		struct work *w = work_create(world, rng, e, NULL);

		if (w == NULL)
			break;
		/* The other engines may no longer exist when the work runs. */
		w->local = true;
		work_post(w, rng_chance(rng, 50) ? WAY_HANDLE : WAY_NO_HANDLE);
	}
	engine_destroy(e);
	n = atomic_load(&world->nworks);
	for (size_t i = first; i < n && i < WORKS_MAX; i++)
		work_check(&world->works[i]);
}

/* Run one case, with engines of up to `most_workers` workers. */
static void run_case(struct rng *rng, const struct habits *habits, const unsigned *weights,
		     unsigned failures, size_t most_workers, size_t steps)
{
	struct aml_dma *first = NULL;
	struct stress_world *world;
	long blocks;

	/* The first engine of a process looks at the machine, with memory of the C library. */
	REQUIRE(aml_dma_linux_create(&first, 1) == 0);
	REQUIRE(aml_dma_linux_destroy(&first) == 0);
	blocks = stress_blocks();
	world = calloc(1, sizeof(*world));

	REQUIRE(world != NULL);
	memcpy(world->weights, weights, sizeof(world->weights));
	world->failures = failures;
	world->ncore = rng_range(rng, 1, CORE_MAX);
	for (size_t i = 0; i < world->ncore; i++)
		engine_create(world, rng_below(rng, most_workers + 1));
	/* Other engines come after the lasting ones in the table. */
	atomic_store(&world->nengines, CORE_MAX);
	run_posters(world, rng, habits, steps);
	settle_all(world);
	for (size_t i = 0; i < world->ncore; i++)
		check_engine(world, &world->engines[i]);
	for (size_t i = 0; i < world->ncore; i++)
		destroy_busy(world, rng, &world->engines[i]);
	for (size_t i = 0; i < WORKS_MAX && i < atomic_load(&world->nworks); i++)
		parcel_destroy(world->works[i].parcel);
	free(world);
	REQUIRE(stress_blocks() == blocks);
}

/* Contract: ORDER-6, THREAD-1, MEMORY-1. */
START_TEST(engines_keep_their_promises_under_all_calls_at_random)
{
	static const struct habits habits = {20, 8, 6, 8, 3, 4};
	static const unsigned weights[WORK_KINDS] = {30, 30, 25, 5, 5, 5};
	struct rng rng = {0};

	while (stress_next_case(&rng, 120))
		run_case(&rng, &habits, weights, 20, 8, 60);
}
END_TEST

/* Contract: ORDER-1. */
START_TEST(one_slot_runs_all_in_order_under_all_calls_at_random)
{
	static const struct habits habits = {20, 10, 6, 8, 2, 0};
	static const unsigned weights[WORK_KINDS] = {20, 45, 25, 5, 5, 0};
	struct rng rng = {0};

	while (stress_next_case(&rng, 160))
		run_case(&rng, &habits, weights, 20, 1, 80);
}
END_TEST

/* Contract: WAIT-5. */
START_TEST(cancels_and_waits_of_all_threads_are_told_apart)
{
	static const struct habits habits = {22, 25, 2, 14, 1, 0};
	static const unsigned weights[WORK_KINDS] = {40, 50, 10, 0, 0, 0};
	struct rng rng = {0};

	while (stress_next_case(&rng, 160))
		run_case(&rng, &habits, weights, 20, 3, 100);
}
END_TEST

/* Contract: BARRIER-4. */
START_TEST(barriers_return_each_failure_once)
{
	static const struct habits habits = {15, 5, 25, 5, 1, 0};
	static const unsigned weights[WORK_KINDS] = {10, 60, 20, 0, 10, 0};
	struct rng rng = {0};

	while (stress_next_case(&rng, 160))
		run_case(&rng, &habits, weights, 60, 3, 80);
}
END_TEST

/* Contract: THREAD-1. */
START_TEST(engines_come_and_go_while_others_are_in_use)
{
	static const struct habits habits = {15, 5, 5, 5, 0, 35};
	static const unsigned weights[WORK_KINDS] = {25, 30, 20, 5, 5, 15};
	struct rng rng = {0};

	while (stress_next_case(&rng, 70))
		run_case(&rng, &habits, weights, 20, 4, 20);
}
END_TEST

SUITE("stress", engines_keep_their_promises_under_all_calls_at_random,
      one_slot_runs_all_in_order_under_all_calls_at_random,
      cancels_and_waits_of_all_threads_are_told_apart, barriers_return_each_failure_once,
      engines_come_and_go_while_others_are_in_use)
