/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Engines under random calls from several threads and from their own operators, with shaken
 * schedules at the library's lock. work.c checks what it can meanwhile; this file checks the final
 * state.
 */
#include "suite.h"
#include "work.h"

enum { THREADS_MAX = 5, LIVE_MAX = 16, POOL_MAX = 8, BATCH_MAX = 5 };

/* Handles that pass from one thread to another. */
struct handle_pool {
	pthread_mutex_t lock;
	struct work *works[POOL_MAX];
	size_t n;
};

/* The percentages of a thread's actions. The rest is posting. */
struct habits {
	unsigned wait, cancel, barrier, pass, print, engine;
	/* Waits for several, and reap, progress and cancel_all. */
	unsigned group, other;
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

/* The work is posted. */
static void posted(struct stress_poster *p, size_t rank, struct work *w)
{
	w->next = p->posted[rank];
	p->posted[rank] = w;
	if (work_has_handle(w))
		p->live[p->nlive++] = w;
}

/* The engine's bound has refused a post: let something finish. */
static void make_room(struct stress_poster *p, size_t rank)
{
	if (p->nlive > 0)
		work_wait(take_live(p));
	else
		stress_progress(&p->world->engines[rank], &p->rng);
}

/* Take the live work of an engine, in any order, up to n pieces. */
static size_t take_live_of(struct stress_poster *p, const struct stress_engine *e,
			   struct work **works, size_t n)
{
	size_t taken = 0;

	for (size_t i = 0; i < p->nlive && taken < n;) {
		if (p->live[i]->engine == e && rng_chance(&p->rng, 75)) {
			works[taken++] = p->live[i];
			p->live[i] = p->live[--p->nlive];
		} else {
			i++;
		}
	}
	return taken;
}

static void put_live(struct stress_poster *p, struct work **works, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p->live[p->nlive++] = works[i];
}

/* Post several pieces by one call. */
static void post_batch(struct stress_poster *p, size_t rank)
{
	struct stress_engine *e = &p->world->engines[rank];
	struct work *works[BATCH_MAX], *others[LIVE_MAX];
	size_t n = 0, most = rng_range(&p->rng, 1, BATCH_MAX), nothers;
	bool accepted;

	while (p->nlive + most > LIVE_MAX)
		work_wait(take_live(p));
	while (n < most && (works[n] = work_create(p->world, &p->rng, e, NULL)) != NULL)
		n++;
	nothers = take_live_of(p, e, others, LIVE_MAX);
	accepted = batch_post(works, n, &p->rng, others, nothers);
	put_live(p, others, nothers);
	for (size_t i = 0; i < n && accepted; i++)
		posted(p, rank, works[i]);
	if (!accepted)
		make_room(p, rank);
}

static void post(struct stress_poster *p)
{
	size_t rank = rng_below(&p->rng, p->world->ncore);
	struct work *w;

	if (rng_chance(&p->rng, p->world->posts)) {
		post_batch(p, rank);
	} else {
		w = work_create(p->world, &p->rng, &p->world->engines[rank], NULL);
		if (w == NULL)
			return;
		if (work_post(w, work_pick_way(&p->rng)))
			posted(p, rank, w);
		else
			make_room(p, rank);
	}
	if (p->nlive == LIVE_MAX)
		work_wait(take_live(p));
}

/* Wait for several pieces of live work, or test them. */
static void group(struct stress_poster *p)
{
	const struct stress_engine *e = p->live[rng_below(&p->rng, p->nlive)]->engine;
	struct work *works[LIVE_MAX];
	size_t n = take_live_of(p, e, works, LIVE_MAX);

	if (n > 0)
		put_live(p, works, group_call(works, n, &p->rng));
}

/* Call reap, progress or cancel_all, or read the eventfd. */
static void other(struct stress_poster *p)
{
	struct stress_engine *e = &p->world->engines[rng_below(&p->rng, p->world->ncore)];

	switch (rng_below(&p->rng, 8)) {
	case 0:
		if (p->world->cancels_all)
			stress_cancel_all(e);
		break;
	case 1:
		stress_read_fd(e);
		break;
	case 2:
	case 3:
		stress_progress(e, &p->rng);
		break;
	default:
		stress_reap(e, &p->rng, false);
		break;
	}
}

/* Call barriers. After one has succeeded, all that this thread had posted has finished. */
static void barrier(struct stress_poster *p)
{
	size_t rank = rng_below(&p->rng, p->world->ncore);
	int code;

	if (rng_chance(&p->rng, p->world->posts)) {
		if (!engine_barrier_until(&p->world->engines[rank], pick_deadline(&p->rng, true),
					  &code) ||
		    code != AML_SUCCESS)
			return;
	} else if (rng_chance(&p->rng, 50))
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
	else if ((at -= h->engine) < h->group && p->nlive > 0)
		group(p);
	else if ((at -= h->group) < h->other)
		other(p);
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
	else if (!work_has_handle(w) && (w->has_callback || w->flags & AML_DMA_POST_REAP))
		REQUIRE(reports == 0);
	else if (w->fate == FATE_NONE || w->fate == FATE_OUT)
		REQUIRE(reports == 1);
	else
		REQUIRE(reports <= 1);
}

/* Check work that waited for everything before it, except operators on its poster's stack. */
static void check_after_all(struct stress_world *world, const struct work *w)
{
	size_t n = atomic_load(&world->nworks);

	if (!(w->flags & AML_DMA_POST_AFTER_ALL) || w->started == 0 ||
	    (w->runs == 0 && work_may_be_cancelled(w)))
		return;
	for (size_t i = 0; i < n && i < WORKS_MAX; i++) {
		const struct work *x = &world->works[i];
		uint64_t ended = x->has_callback ? x->called : x->ended;

		if (x->engine != w->engine || x->started == 0 || x->refused ||
		    atomic_load(&x->turn.after) >= w->turn.before)
			continue;
		if (pthread_equal(x->thread, w->poster) && ended > w->turn.before)
			continue;
		REQUIRE(ended < w->started);
	}
}

/* Take the rest of the completions: each has come once. */
static void reap_all(struct stress_world *world, struct rng *rng, struct stress_engine *e)
{
	size_t n = atomic_load(&world->nworks), reaps = 0;

	while (atomic_load(&e->owed) > 0)
		stress_reap(e, rng, true);
	for (size_t i = 0; i < n && i < WORKS_MAX; i++) {
		const struct work *w = &world->works[i];

		if (w->engine != e || w->refused || !(w->flags & AML_DMA_POST_REAP))
			continue;
		REQUIRE(w->tellings == 1);
		reaps++;
	}
	stress_read_fd(e);
	REQUIRE(e->fd < 0 || atomic_load(&e->signalled) == reaps);
}

/* Check the engine's statistics: `posts` is the number of requests that were posted. */
static void check_statistics(struct stress_engine *e, uint64_t posts, uint64_t cancels)
{
	struct aml_dma_linux_stats stats = AML_DMA_LINUX_STATS_INIT;
	uint64_t cancelled = atomic_load(&e->cancelled);

	REQUIRE(aml_dma_linux_statistics(e->dma, &stats) == 0);
	REQUIRE(stats.posted == posts && stats.finished + stats.cancelled == posts);
	REQUIRE(stats.queued == 0 && stats.held == 0 && stats.running == 0);
	REQUIRE(stats.cancelled >= cancelled && stats.cancelled <= cancelled + cancels);
	REQUIRE(stats.workers == e->queue.workers);
}

/* Check that the engine's numbers agree with the test's records. */
static void check_engine(struct stress_world *world, struct stress_engine *e)
{
	unsigned long long finished, bytes, low = 0, doubtful = 0, low_bytes = 0, high_bytes = 0;
	size_t n = atomic_load(&world->nworks);
	uint64_t posts = 0, cancels = 0;

	for (size_t i = 0; i < n && i < WORKS_MAX; i++) {
		const struct work *w = &world->works[i];

		if (w->engine != e || w->refused)
			continue;
		posts++;
		cancels += w->fate == FATE_CANCELLED;
		work_check(w);
		check_reports(w);
		check_after_all(world, w);
		if (w->parcel == NULL) {
			low += (unsigned)w->runs;
			doubtful += w->runs == 0;
			continue;
		}
		/* Whether a copy that was cancelled or has prerequisites has run is not known. */
		high_bytes += parcel_bytes(w->parcel);
		if (w->fate == FATE_CANCELLED || w->nneeds > 0 || work_may_be_cancelled(w)) {
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
	check_statistics(e, posts, cancels);
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
		if (rng_chance(rng, world->posts))
			batch_post(&w, 1, rng, NULL, 0);
		else
			work_post(w, rng_chance(rng, 50) ? WAY_HANDLE : WAY_NO_HANDLE);
	}
	engine_destroy(e);
	n = atomic_load(&world->nworks);
	for (size_t i = first; i < n && i < WORKS_MAX; i++)
		work_check(&world->works[i]);
}

/* Run one case, with engines of up to `most_workers` workers. */
static void run_case(struct rng *rng, const struct habits *habits, const unsigned *weights,
		     unsigned failures, unsigned posts, size_t most_workers, size_t steps)
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
	world->posts = posts;
	world->cancels_all = posts > 0 && rng_chance(rng, 35);
	world->ncore = rng_range(rng, 1, CORE_MAX);
	for (size_t i = 0; i < world->ncore; i++)
		engine_create(world, rng, rng_below(rng, most_workers + 1));
	/* Other engines come after the lasting ones in the table. */
	atomic_store(&world->nengines, CORE_MAX);
	run_posters(world, rng, habits, steps);
	settle_all(world);
	for (size_t i = 0; i < world->ncore; i++)
		reap_all(world, rng, &world->engines[i]);
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
	static const struct habits habits = {20, 8, 6, 8, 3, 4, 10, 6};
	static const unsigned weights[WORK_KINDS] = {30, 30, 25, 5, 5, 5};
	struct rng rng = {0};

	while (stress_next_case(&rng, 120))
		run_case(&rng, &habits, weights, 20, 30, 8, 60);
}
END_TEST

/* Contract: ORDER-1. */
START_TEST(one_slot_runs_all_in_order_under_all_calls_at_random)
{
	static const struct habits habits = {20, 10, 6, 8, 2, 0, 8, 6};
	static const unsigned weights[WORK_KINDS] = {20, 45, 25, 5, 5, 0};
	struct rng rng = {0};

	while (stress_next_case(&rng, 160))
		run_case(&rng, &habits, weights, 20, 20, 1, 80);
}
END_TEST

/* Contract: WAIT-5. */
START_TEST(cancels_and_waits_of_all_threads_are_told_apart)
{
	static const struct habits habits = {22, 25, 2, 14, 1, 0, 10, 0};
	static const unsigned weights[WORK_KINDS] = {40, 50, 10, 0, 0, 0};
	struct rng rng = {0};

	while (stress_next_case(&rng, 160))
		run_case(&rng, &habits, weights, 20, 20, 3, 100);
}
END_TEST

/* Contract: BARRIER-4. */
START_TEST(barriers_return_each_failure_once)
{
	static const struct habits habits = {15, 5, 25, 5, 1, 0, 8, 4};
	static const unsigned weights[WORK_KINDS] = {10, 60, 20, 0, 10, 0};
	struct rng rng = {0};

	while (stress_next_case(&rng, 160))
		run_case(&rng, &habits, weights, 60, 20, 3, 80);
}
END_TEST

/* Contract: THREAD-1. */
START_TEST(engines_come_and_go_while_others_are_in_use)
{
	static const struct habits habits = {15, 5, 5, 5, 0, 35, 5, 5};
	static const unsigned weights[WORK_KINDS] = {25, 30, 20, 5, 5, 15};
	struct rng rng = {0};

	while (stress_next_case(&rng, 70))
		run_case(&rng, &habits, weights, 20, 30, 4, 20);
}
END_TEST

/* Contract: AFTER-1. */
START_TEST(requests_wait_for_what_they_need_under_all_calls_at_random)
{
	static const struct habits habits = {6, 5, 5, 6, 1, 2, 25, 18};
	static const unsigned weights[WORK_KINDS] = {25, 40, 25, 4, 4, 2};
	struct rng rng = {0};

	while (stress_next_case(&rng, 160))
		run_case(&rng, &habits, weights, 10, 85, 3, 80);
}
END_TEST

SUITE("stress", requests_wait_for_what_they_need_under_all_calls_at_random,
      engines_keep_their_promises_under_all_calls_at_random,
      one_slot_runs_all_in_order_under_all_calls_at_random,
      cancels_and_waits_of_all_threads_are_told_apart, barriers_return_each_failure_once,
      engines_come_and_go_while_others_are_in_use)
