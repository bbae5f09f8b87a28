/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Threads that post, wait, cancel, copy, nest and call barriers at random, and invariants that are
 * checked at the end. AML_TEST_SEED sets the seed, which the test prints; AML_TEST_LONG runs ten
 * times as many rounds.
 */
#include <limits.h>
#include <sched.h>
#include <time.h>

#include "gate.h"
#include "suite.h"

#define THREADS 4
#define STEPS 300
#define HANDLES 8

/* A request: how it behaves, and what happened to it. */
struct random_request {
	struct shared *shared;
	struct random_poster *poster;
	int place;  /* in the order of its poster's posts */
	int result; /* unique if it is a failure */
	bool nests;
	uint64_t random;
	atomic_int runs;
	atomic_bool dead; /* its cancel has returned */
	bool cancelled;   /* its handle was cancelled */
	bool detached;    /* it has no handle */
	int written;      /* a plain counter that the operator writes */
};

/* A thread that makes random calls. */
struct random_poster {
	struct shared *shared;
	pthread_t thread;
	uint64_t random;
	int nunits, nposted;
	struct random_request units[STEPS];
	struct aml_dma_request *reqs[HANDLES];
	struct random_request *posted[HANDLES];
	atomic_int last_started;
};

/* The engine under test, a second engine for nested requests, and what went wrong. */
struct shared {
	struct aml_dma *dma, *beside;
	bool ordered; /* one request runs at a time, in order */
	struct crowd crowd;
	atomic_int wrong; /* the line of a failed check */
	atomic_int reports[THREADS * STEPS + 1];
	struct random_poster posters[THREADS];
};

/* In threads and operators: record the line of a check that fails. */
#define HOLDS(shared, condition)                                  \
	do {                                                      \
		if (!(condition))                                 \
			atomic_store(&(shared)->wrong, __LINE__); \
	} while (0)

/* splitmix64 */
static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += 0x9E3779B97F4A7C15u;

	z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
	z = (z ^ z >> 27) * 0x94D049BB133111EBu;
	return z ^ z >> 31;
}

static int leaf(struct aml_layout *dst, const struct aml_layout *src, void *arg)
{
	(void)dst;
	(void)src;
	(*(int *)arg)++;
	return -AML_EPERM;
}

/* Inside an operator: post leaves to either engine, and wait for them or cancel them. */
static void nest(struct shared *shared, uint64_t random)
{
	struct aml_dma *dma = random & 1 ? shared->dma : shared->beside;
	struct aml_dma_request *reqs[2] = {NULL};
	struct aml_layout *any = &any_layout;
	int runs[3] = {0};

	for (int i = 0; i < 2; i++)
		HOLDS(shared,
		      aml_dma_async_copy_custom(dma, &reqs[i], any, any, leaf, &runs[i]) == 0);
	HOLDS(shared, aml_dma_wait(dma, &reqs[1]) == -AML_EPERM);
	HOLDS(shared, runs[1] == 1);
	if (random & 2)
		HOLDS(shared, aml_dma_cancel(dma, &reqs[0]) == 0 && runs[0] <= 1);
	else
		HOLDS(shared, aml_dma_wait(dma, &reqs[0]) == -AML_EPERM && runs[0] == 1);
	HOLDS(shared, aml_dma_copy_custom(dma, any, any, leaf, &runs[2]) == -AML_EPERM);
	HOLDS(shared, runs[2] == 1);
	HOLDS(shared, aml_dma_barrier(shared->dma) == -AML_EBUSY);
}

static int run_unit(struct aml_layout *dst, const struct aml_layout *src, void *arg)
{
	struct random_request *unit = arg;
	struct shared *shared = unit->shared;

	(void)dst;
	(void)src;
	crowd_enter(&shared->crowd);
	HOLDS(shared, !atomic_load(&unit->dead));
	if (shared->ordered)
		HOLDS(shared,
		      atomic_exchange(&unit->poster->last_started, unit->place) < unit->place);
	unit->written++;
	if (unit->random % 4 == 0)
		sched_yield();
	if (unit->nests) {
		/* A request that waits does not count as running. */
		crowd_leave(&shared->crowd);
		nest(shared, unit->random >> 8);
		crowd_enter(&shared->crowd);
	}
	atomic_fetch_add(&unit->runs, 1);
	HOLDS(shared, !atomic_load(&unit->dead));
	crowd_leave(&shared->crowd);
	return unit->result;
}

/* Make a new unit. A fourth of the units fail, each with a code of its own. */
static struct random_request *make(struct random_poster *poster)
{
	struct random_request *unit = &poster->units[poster->nunits++];
	uint64_t random = next_random(&poster->random);

	memset(unit, 0, sizeof(*unit));
	unit->shared = poster->shared;
	unit->poster = poster;
	unit->place = poster->nunits;
	unit->random = random;
	unit->nests = random >> 40 & 3 ? false : true;
	if (random >> 32 & 3)
		return unit;
	unit->result = -1000 - (int)(unit - poster->units) -
		       STEPS * (int)(poster - poster->shared->posters);
	return unit;
}

static int post(struct random_request *unit, struct aml_dma_request **req)
{
	unit->detached = req == NULL;
	return aml_dma_async_copy_custom(unit->shared->dma, req, &any_layout, &any_layout, run_unit,
					 unit);
}

/* Call a barrier and count what it reports. */
static int barrier(struct shared *shared)
{
	int err = aml_dma_barrier(shared->dma), number = -1000 - err;

	/* A barrier may also report a leaf that has failed before its wait began. */
	if (err == 0 || err == -AML_EPERM)
		return err;
	if (number < 0 || number >= THREADS * STEPS)
		HOLDS(shared, false);
	else
		atomic_fetch_add(&shared->reports[number], 1);
	return err;
}

/* Wait for one of the poster's handles, or cancel it. */
static void release(struct random_poster *poster, int i, bool cancel)
{
	struct shared *shared = poster->shared;
	struct random_request *unit = poster->posted[i];

	if (cancel) {
		HOLDS(shared, aml_dma_cancel(shared->dma, &poster->reqs[i]) == 0);
		atomic_store(&unit->dead, true);
		unit->cancelled = true;
		HOLDS(shared, unit->written == atomic_load(&unit->runs));
	} else {
		HOLDS(shared, aml_dma_wait(shared->dma, &poster->reqs[i]) == unit->result);
		HOLDS(shared, unit->written == 1);
	}
	HOLDS(shared, poster->reqs[i] == NULL);
	poster->nposted--;
	poster->reqs[i] = poster->reqs[poster->nposted];
	poster->posted[i] = poster->posted[poster->nposted];
}

static void step(struct random_poster *poster)
{
	struct shared *shared = poster->shared;
	uint64_t random = next_random(&poster->random), choice = random % 16;
	int i = poster->nposted > 0 ? (int)(random >> 8) & INT_MAX : -1;
	struct random_request *unit;

	if (choice < 6 && poster->nposted < HANDLES) {
		unit = make(poster);
		poster->posted[poster->nposted] = unit;
		HOLDS(shared, post(unit, &poster->reqs[poster->nposted]) == 0);
		HOLDS(shared, poster->reqs[poster->nposted] != NULL);
		poster->nposted++;
	} else if (choice < 11 && i >= 0) {
		release(poster, i % poster->nposted, choice > 8);
	} else if (choice < 13) {
		HOLDS(shared, post(make(poster), NULL) == 0);
	} else if (choice < 14) {
		unit = make(poster);
		HOLDS(shared, aml_dma_copy_custom(shared->dma, &any_layout, &any_layout, run_unit,
						  unit) == unit->result);
		HOLDS(shared, unit->written == 1);
	} else if (choice < 15) {
		barrier(shared);
	} else {
		sched_yield();
	}
}

static void *run_poster(void *arg)
{
	struct random_poster *poster = arg;

	while (poster->nunits < STEPS)
		step(poster);
	while (poster->nposted > 0)
		release(poster, 0, poster->nposted % 2 == 0);
	return NULL;
}

/* Check a unit after all threads have ended. */
static void check_unit(struct shared *shared, const struct random_request *unit, int number,
		       const char *seed)
{
	int runs = atomic_load(&unit->runs), reports = atomic_load(&shared->reports[number]);

	if (unit->cancelled)
		ck_assert_msg(runs <= 1, "%s: unit %d ran %d times", seed, number, runs);
	else
		ck_assert_msg(runs == 1, "%s: unit %d ran %d times", seed, number, runs);
	ck_assert_msg(unit->written == runs, "%s: unit %d", seed, number);
	if (unit->result == 0)
		ck_assert_msg(reports == 0, "%s: unit %d was reported", seed, number);
	else if (unit->detached)
		ck_assert_msg(reports == 1, "%s: unit %d was reported %d times", seed, number,
			      reports);
	else
		ck_assert_msg(reports <= 1, "%s: unit %d was reported %d times", seed, number,
			      reports);
}

static void run_round(size_t workers, uint64_t *random, const char *seed)
{
	struct shared *shared = calloc(1, sizeof(*shared));
	int bound = workers == 0 ? 1 : (int)workers;

	ck_assert_ptr_nonnull(shared);
	ck_assert_int_eq(aml_dma_linux_create(&shared->dma, workers), 0);
	ck_assert_int_eq(aml_dma_linux_create(&shared->beside, 1), 0);
	shared->ordered = workers <= 1;
	for (int i = 0; i < THREADS; i++) {
		struct random_poster *poster = &shared->posters[i];

		poster->shared = shared;
		poster->random = next_random(random);
		ck_assert_int_eq(pthread_create(&poster->thread, NULL, run_poster, poster), 0);
	}
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_join(shared->posters[i].thread, NULL), 0);
	while (barrier(shared) != 0)
		;
	ck_assert_int_eq(aml_dma_linux_destroy(&shared->dma), 0);
	ck_assert_int_eq(aml_dma_linux_destroy(&shared->beside), 0);
	ck_assert_msg(atomic_load(&shared->wrong) == 0, "%s: see line %d", seed,
		      atomic_load(&shared->wrong));
	ck_assert_msg(shared->crowd.most <= bound, "%s: %d at once", seed, shared->crowd.most);
	for (int i = 0; i < THREADS; i++)
		for (int k = 0; k < STEPS; k++)
			check_unit(shared, &shared->posters[i].units[k], i * STEPS + k, seed);
	free(shared);
}

static void stress(size_t workers)
{
	const char *set = getenv("AML_TEST_SEED");
	int rounds = getenv("AML_TEST_LONG") != NULL ? 100 : 10;
	uint64_t random = set != NULL ? strtoull(set, NULL, 0)
				      : (uint64_t)time(NULL) * 65536 + (uint64_t)getpid();
	char seed[64];

	snprintf(seed, sizeof(seed), "AML_TEST_SEED=%llu, %zu workers", (unsigned long long)random,
		 workers);
	printf("%s\n", seed);
	fflush(stdout);
	for (int i = 0; i < rounds; i++)
		run_round(workers, &random, seed);
}

/* Contract: THREAD-1. */
START_TEST(without_workers)
{
	stress(0);
}
END_TEST

/* Contract: THREAD-1. */
START_TEST(with_one_worker)
{
	stress(1);
}
END_TEST

/* Contract: THREAD-1. */
START_TEST(with_two_workers)
{
	stress(2);
}
END_TEST

/* Contract: THREAD-1. */
START_TEST(with_three_workers)
{
	stress(3);
}
END_TEST

/* Contract: THREAD-1. */
START_TEST(with_four_workers)
{
	stress(4);
}
END_TEST

SUITE("dma/many_threads", without_workers, with_one_worker, with_two_workers, with_three_workers,
      with_four_workers)
