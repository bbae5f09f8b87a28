/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Forks while other threads use the library in every way. Each child continues with what it has,
 * and all of it works. An alarm in the child kills a child that hangs.
 */
#include <signal.h>

#include <aml/dma/completion.h>

#include "gate.h"
#include "stress.h"
#include "suite.h"

enum { HAMMERS = 3, CHAINED = 4, BYTES = 3000, LARGE = (3 << 20) + 7 };

/* Used by all threads and children. */
struct forge {
	struct aml_dma *dma;
	/* The source of all copies. A large copy has several parts. */
	unsigned char *from;
	atomic_int stop;
	/*
	 * The most workers of an engine that a child creates. Some tools do not support threads in
	 * a child.
	 */
	size_t child_workers;
};

static int copy_bytes_of(struct aml_dma *dma, struct aml_dma_request **req, unsigned char *to,
			 unsigned char *from, size_t size)
{
	return aml_dma_async_copy_custom(dma, req, (struct aml_layout *)to,
					 (struct aml_layout *)from, aml_dma_linux_memcpy_op,
					 (void *)size);
}

/* A chain of requests: how often their callbacks were called. Only in the process that posted. */
struct link {
	struct job jobs[CHAINED];
	struct aml_dma_request *reqs[CHAINED];
	atomic_int called;
};

static void count_link(int result, void *link)
{
	(void)result;
	atomic_fetch_add(&((struct link *)link)->called, 1);
}

/* Post a chain with callbacks, of which the second element fails and the last one is reaped. */
static int post_links(struct aml_dma *dma, struct link *link)
{
	struct aml_dma_post_attr posts[CHAINED];

	memset(link, 0, sizeof(*link));
	for (size_t i = 0; i < CHAINED; i++) {
		posts[i] = (struct aml_dma_post_attr)AML_DMA_POST_ATTR_INIT;
		posts[i].op = job_operator;
		posts[i].op_arg = &link->jobs[i];
		posts[i].callback = count_link;
		posts[i].callback_arg = link;
		posts[i].flags = i > 0 ? AML_DMA_POST_CHAIN : 0;
	}
	link->jobs[1].result = -AML_EDOM;
	posts[CHAINED - 1].flags = AML_DMA_POST_ALWAYS | AML_DMA_POST_REAP | AML_DMA_POST_CHAIN;
	return aml_dma_post(dma, CHAINED, posts, link->reqs);
}

/* Make the calls of aml/dma/completion.h. If `alone` is true, no other thread uses the engine. */
static int use_links(struct aml_dma *dma, size_t any, bool alone)
{
	struct aml_dma_completion out;
	struct link link;
	size_t index, count;
	int code, codes[CHAINED];

	NEED(post_links(dma, &link) == 0);
	NEED(aml_dma_wait_some(dma, CHAINED, link.reqs, 1, 1, &count, NULL, codes) <= 0);
	for (size_t i = 0; i < any; i++) {
		NEED(aml_dma_wait_any(dma, CHAINED, link.reqs, &index, &code) == 0);
		NEED(index == CHAINED || index == 0 ? code == 0 : code == -AML_EDOM);
	}
	code = aml_dma_wait_all(dma, CHAINED, link.reqs, codes);
	NEED(code == 0 || code == -AML_EDOM);
	/* Each thread has posted one completion, and takes one. */
	NEED(aml_dma_reap(dma, 1, &out, 1, AML_DMA_NO_DEADLINE, &count) == 0 && count == 1);
	NEED(out.result == 0);
	code = 7;
	if (alone)
		NEED(aml_dma_barrier_until(dma, AML_DMA_NO_DEADLINE, &code) == 0 && code == 0);
	else
		/* The completion may be another thread's: wait for this thread's last request. */
		while (atomic_load(&link.called) < CHAINED)
			(void)aml_dma_barrier(dma);
	NEED(atomic_load(&link.called) == CHAINED);
	NEED(link.jobs[0].runs == 1 && link.jobs[1].runs == 1 && link.jobs[2].runs == 0);
	NEED(link.jobs[CHAINED - 1].runs == 1);
	return 0;
}

/* Create and destroy an engine, and call aml_init() and aml_finalize(). */
static int come_and_go(size_t workers)
{
	struct job fine = {.result = 0}, failing = {.result = -AML_EDOM};
	struct aml_dma_request *req = NULL;
	struct aml_dma *dma = NULL;

	NEED(aml_dma_linux_create(&dma, workers) == 0);
	NEED(job_post(dma, &req, &failing) == 0);
	NEED(job_post(dma, NULL, &fine) == 0);
	NEED(aml_dma_wait(dma, &req) == -AML_EDOM);
	NEED(aml_dma_cancel_all(dma, NULL) == 0);
	NEED(use_links(dma, 2, true) == 0);
	NEED(aml_dma_linux_destroy(&dma) == 0);
	NEED(fine.runs <= 1 && failing.runs == 1);
	NEED(aml_init(NULL, NULL) == 0);
	NEED(job_copy(aml_dma_linux, &failing) == -AML_EDOM);
	return aml_finalize();
}

/* A thread of the parent that makes all kinds of calls until it is stopped. */
struct hammer {
	pthread_t thread;
	struct forge *forge;
	struct rng rng;
};

static void strike(struct hammer *h)
{
	struct aml_dma *dma = h->forge->dma;
	struct job failing = {.result = -AML_EDOM}, fine = {.result = 0};
	struct aml_dma_request *req = NULL, *other = NULL;
	unsigned char to[BYTES];
	int code;

	REQUIRE(job_post(dma, &req, &failing) == 0);
	REQUIRE(job_post(dma, &other, &fine) == 0);
	stress_dawdle(&h->rng);
	/*
	 * An engine that only a thread's stack refers to is lost in the child. Memcheck reports it.
	 */
	if (rng_chance(&h->rng, 10) && !under_valgrind())
		REQUIRE(come_and_go(rng_below(&h->rng, 3)) == 0);
	REQUIRE(aml_dma_wait(dma, &req) == -AML_EDOM);
	if (rng_chance(&h->rng, 30)) {
		/* The barrier may report failures of other threads. */
		code = aml_dma_barrier(dma);
		REQUIRE(code == 0 || code == -AML_EDOM || code == -AML_EPERM);
	}
	if (rng_chance(&h->rng, 50))
		REQUIRE(use_links(dma, rng_below(&h->rng, CHAINED), false) == 0);
	REQUIRE(aml_dma_cancel(dma, &other) == 0);
	REQUIRE(fine.runs <= 1 && failing.runs == 1);
	REQUIRE(copy_bytes_of(dma, &req, to, h->forge->from, BYTES) == 0);
	REQUIRE(job_copy(dma, &fine) == 0);
	REQUIRE(aml_dma_wait(dma, &req) == 0);
	REQUIRE(memcmp(to, h->forge->from, BYTES) == 0);
}

/*
 * AddressSanitizer's allocator has locks. A child inherits locks that are held by threads that it
 * does not have. Only under AddressSanitizer, no thread is inside a call while another one forks.
 */
static pthread_rwlock_t calls = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;

static void *hammer_main(void *arg)
{
	struct hammer *h = arg;

	while (!atomic_load(&h->forge->stop)) {
		if (!fork_spares_malloc())
			pthread_rwlock_rdlock(&calls);
		strike(h);
		if (!fork_spares_malloc())
			pthread_rwlock_unlock(&calls);
	}
	return NULL;
}

/* In a child: check that an engine works in every way, whoever created it. */
static int use(struct forge *forge, struct aml_dma *dma)
{
	struct job failing = {.result = -AML_EDOM}, fine = {.result = 0};
	struct aml_dma_request *reqs[3] = {NULL};
	unsigned char *to = calloc(1, LARGE);

	NEED(to != NULL);
	/* These barriers may also report failures from before the fork. */
	while (aml_dma_barrier(dma) != 0)
		;
	NEED(job_copy(dma, &failing) == -AML_EDOM);
	NEED(job_post(dma, &reqs[0], &failing) == 0);
	NEED(copy_bytes_of(dma, &reqs[1], to, forge->from, BYTES) == 0);
	NEED(job_post(dma, &reqs[2], &fine) == 0);
	NEED(aml_dma_wait(dma, &reqs[1]) == 0);
	NEED(memcmp(to, forge->from, BYTES) == 0 && to[BYTES] == 0);
	NEED(aml_dma_wait(dma, &reqs[0]) == -AML_EDOM);
	NEED(aml_dma_cancel(dma, &reqs[2]) == 0);
	NEED(copy_bytes_of(dma, NULL, to, forge->from, LARGE) == 0);
	NEED(job_post(dma, NULL, &failing) == 0);
	NEED(aml_dma_barrier(dma) == -AML_EDOM);
	NEED(aml_dma_barrier(dma) == 0);
	NEED(memcmp(to, forge->from, LARGE) == 0);
	NEED(failing.runs == 3 && fine.runs <= 1);
	free(to);
	return use_links(dma, 1, true);
}

/* The handles of a thread that forks. */
struct hand {
	struct forge *forge;
	struct aml_dma_request *finished, *open, *dropped;
	int depth;
};

/*
 * In a child: wait for handles from before the fork. A finished request has its result; any other
 * one is the parent's.
 */
static int let_go(struct hand *hand)
{
	struct aml_dma *dma = hand->forge->dma;
	int code;

	code = aml_dma_wait(dma, &hand->open);
	NEED(code == -AML_EDOM || code == -AML_FAILURE);
	NEED(hand->open == NULL);
	NEED(aml_dma_cancel(dma, &hand->dropped) == 0);
	NEED(hand->dropped == NULL);
	NEED(aml_dma_wait(dma, &hand->finished) == -AML_EPERM);
	return 0;
}

static int live(void *arg);

/*
 * What all children do. The number of the parent's calls of aml_init() is not known, so finalize
 * until it fails.
 */
static int grow_up(struct hand *hand)
{
	struct forge *forge = hand->forge;
	struct hand next = {.forge = forge, .depth = hand->depth + 1};

	NEED(use(forge, forge->dma) == 0);
	NEED(use(forge, aml_dma_linux) == 0);
	if (hand->depth == 0) {
		NEED(let_go(hand) == 0);
		NEED(in_child(live, &next) == 0);
	}
	while (aml_finalize() == 0)
		;
	NEED(aml_dma_linux == NULL);
	for (int i = 0; i < 3; i++) {
		NEED(aml_init(NULL, NULL) == 0);
		NEED(use(forge, aml_dma_linux) == 0);
		NEED(come_and_go((size_t)i % (forge->child_workers + 1)) == 0);
		NEED(aml_finalize() == 0);
		NEED(aml_dma_linux == NULL);
	}
	NEED(aml_dma_linux_destroy(&forge->dma) == 0);
	return 0;
}

/* Kill a child that hangs. */
static void limit_child(void)
{
	signal(SIGALRM, SIG_DFL);
	alarm(stretched(TEST_SECONDS / 2));
}

static int live(void *arg)
{
	struct hand *hand = arg;

	limit_child();
	if (hand->forge->child_workers == 0)
		setenv("AML_DMA_NUM_THREADS", "0", 1);
	return grow_up(hand);
}

/* Fork while this thread has handles. In the parent, they finish as usual. */
static void fork_once(struct forge *forge)
{
	struct job jobs[2] = {{.result = -AML_EDOM}, {.result = -AML_EDOM}};
	struct job first = {.result = -AML_EPERM};
	struct hand hand = {.forge = forge};
	int code;

	REQUIRE(job_post(forge->dma, &hand.finished, &first) == 0);
	do
		code = aml_dma_barrier(forge->dma);
	while (code != 0);
	REQUIRE(job_post(forge->dma, &hand.open, &jobs[0]) == 0);
	REQUIRE(job_post(forge->dma, &hand.dropped, &jobs[1]) == 0);
	code = in_child(live, &hand);
	if (code != 0)
		fprintf(stderr, "in a child: %d\n", code);
	REQUIRE(code == 0);
	REQUIRE(aml_dma_wait(forge->dma, &hand.open) == -AML_EDOM);
	REQUIRE(aml_dma_wait(forge->dma, &hand.dropped) == -AML_EDOM);
	REQUIRE(aml_dma_wait(forge->dma, &hand.finished) == -AML_EPERM);
}

static void fork_in_turn(struct forge *forge)
{
	if (!fork_spares_malloc())
		pthread_rwlock_wrlock(&calls);
	fork_once(forge);
	if (!fork_spares_malloc())
		pthread_rwlock_unlock(&calls);
}

struct forker {
	pthread_t thread;
	struct forge *forge;
	int times;
};

static void *forker_main(void *arg)
{
	struct forker *forker = arg;

	for (int i = 0; i < forker->times; i++)
		fork_in_turn(forker->forge);
	return NULL;
}

/* Two threads fork, `times` times in all, while other threads use the engine. */
static void fork_often(struct rng *rng, size_t workers, int times)
{
	struct forge forge = {.child_workers = children_have_threads() ? 2 : 0};
	struct hammer hammers[HAMMERS];
	struct forker forker = {.forge = &forge, .times = times / 2};

	forge.from = malloc(LARGE);
	REQUIRE(forge.from != NULL);
	rng_bytes(rng, forge.from, LARGE);
	REQUIRE(setenv("AML_DMA_NUM_THREADS", "2", 1) == 0);
	REQUIRE(aml_init(NULL, NULL) == 0);
	REQUIRE(aml_dma_linux_create(&forge.dma, workers) == 0);
	for (int i = 0; i < HAMMERS; i++) {
		hammers[i] = (struct hammer){.forge = &forge, .rng = stress_fork(rng)};
		REQUIRE(pthread_create(&hammers[i].thread, NULL, hammer_main, &hammers[i]) == 0);
	}
	REQUIRE(pthread_create(&forker.thread, NULL, forker_main, &forker) == 0);
	for (int i = 0; i < times - times / 2; i++)
		fork_in_turn(&forge);
	REQUIRE(pthread_join(forker.thread, NULL) == 0);
	atomic_store(&forge.stop, 1);
	for (int i = 0; i < HAMMERS; i++)
		REQUIRE(pthread_join(hammers[i].thread, NULL) == 0);
	REQUIRE(aml_dma_linux_destroy(&forge.dma) == 0);
	REQUIRE(aml_finalize() == 0);
	REQUIRE(aml_dma_linux == NULL);
	free(forge.from);
}

/* Contract: FORK-4. */
START_TEST(children_live_whatever_the_parent_s_threads_are_doing)
{
	struct rng rng = {0};

	while (stress_next_case(&rng, 5))
		fork_often(&rng, rng_below(&rng, 4), 8);
}
END_TEST

/*
 * Runs in a child that has not used the library. One thread makes the first aml_init(), and another
 * one forks.
 */
static void *init_in_thread(void *arg)
{
	sem_t *go = arg;
	int result;

	while (sem_wait(go) != 0)
		;
	result = aml_init(NULL, NULL);
	return result == 0 ? NULL : arg;
}

static int init_and_copy(void *arg)
{
	struct job job = {.result = -AML_EDOM};

	(void)arg;
	limit_child();
	NEED(aml_init(NULL, NULL) == 0);
	NEED(job_copy(aml_dma_linux, &job) == -AML_EDOM);
	NEED(aml_finalize() == 0);
	return 0;
}

static int fork_beside_first_init(void *arg)
{
	struct rng *rng = arg;
	pthread_t thread;
	void *failed;
	sem_t go;
	int result;

	NEED(setenv("AML_DMA_NUM_THREADS", "0", 1) == 0);
	NEED(sem_init(&go, 0, 0) == 0);
	NEED(pthread_create(&thread, NULL, init_in_thread, &go) == 0);
	NEED(sem_post(&go) == 0);
	stress_dawdle(rng);
	result = in_child(init_and_copy, NULL);
	NEED(pthread_join(thread, &failed) == 0 && failed == NULL);
	NEED(aml_finalize() == 0);
	return result;
}

/* Contract: FORK-4. */
START_TEST(a_fork_beside_the_first_init_finds_no_lock_held)
{
	struct rng rng = {0};

	if (!children_have_threads()) {
		printf("skipped: the tool does not support threads in a child\n");
		return;
	}
	while (stress_next_case(&rng, 200)) {
		int result = in_child(fork_beside_first_init, &rng);

		ck_assert_msg(result == 0, RNG_FORMAT "in a child: %d", RNG_ARGS(&rng), result);
	}
}
END_TEST

SUITE("stress/fork_storm", children_live_whatever_the_parent_s_threads_are_doing,
      a_fork_beside_the_first_init_finds_no_lock_held)
