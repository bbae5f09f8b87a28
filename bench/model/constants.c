/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Measures the constants of the simulation one_lock.py on this machine, and the times that the
 * simulation should find for one and two threads. Prints a name and a value a line; times are in
 * nanoseconds, medians of nine measurements. Needs two CPUs that nothing else uses. Takes some ten
 * seconds. With --quick, it does everything a few times, which tests it and measures nothing.
 */
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <aml.h>
#include <aml/dma/linux.h>
#include <aml/dma/multiplex.h>

enum {
	IN_FLIGHT = 64, /* requests of a posting thread */
	BYTES = 64,     /* of a request */
	CACHE_LINE = 64,
	REPETITIONS = 9,
	NOT_AVAILABLE = 77, /* an exit status */
};

static size_t cpus[2];
static bool quick;

/* Return how often something is done. */
static size_t rounds(size_t usual)
{
	return quick ? usual / 1000 + 1 : usual;
}

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "constants: %s\n", what);
	exit(EXIT_FAILURE);
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

static void relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#endif
}

static void find_cpus(void)
{
	cpu_set_t set;
	int found = 0;

	if (sched_getaffinity(0, sizeof(set), &set) != 0)
		fail("the CPUs of the process cannot be read");
	for (size_t cpu = 0; cpu < CPU_SETSIZE && found < 2; cpu++)
		if (CPU_ISSET(cpu, &set))
			cpus[found++] = cpu;
	if (found < 2) {
		fputs("constants: the process may use one CPU only, and this needs two\n", stderr);
		exit(NOT_AVAILABLE);
	}
}

static void pin(size_t cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set) != 0)
		fail("a thread cannot be pinned to a CPU");
}

static void unpin(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpus[0], &set);
	CPU_SET(cpus[1], &set);
	(void)sched_setaffinity(0, sizeof(set), &set);
}

static void create_thread(pthread_t *thread, void *(*body)(void *), void *arg)
{
	if (pthread_create(thread, NULL, body, arg) != 0)
		fail("a thread could not be created");
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Return the median of a measurement that is made several times. */
static double median(double (*measure)(const void *arg), const void *arg)
{
	double times[REPETITIONS];

	(void)measure(arg);
	for (int i = 0; i < REPETITIONS; i++)
		times[i] = measure(arg);
	qsort(times, REPETITIONS, sizeof(*times), compare);
	return times[REPETITIONS / 2];
}

static void report(const char *name, double value)
{
	printf("%-24s %10.1f\n", name, value);
	fflush(stdout);
}

/* Locks, lines and futexes */

static double time_lock(const void *arg)
{
	const size_t n = rounds(1000000);
	pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	double begun = now();

	(void)arg;
	for (size_t i = 0; i < n; i++) {
		(void)pthread_mutex_trylock(&mutex);
		pthread_mutex_unlock(&mutex);
	}
	return (now() - begun) / (double)n;
}

/* A baton goes back and forth between two threads. */
struct baton {
	_Alignas(CACHE_LINE) atomic_size_t turn;
	_Alignas(CACHE_LINE) size_t turns;
};

static void pass(struct baton *baton, size_t parity)
{
	for (size_t i = 0; i < baton->turns; i++) {
		while (atomic_load_explicit(&baton->turn, memory_order_acquire) % 2 != parity)
			relax();
		atomic_fetch_add_explicit(&baton->turn, 1, memory_order_release);
	}
}

static void *pass_back(void *baton)
{
	pin(cpus[1]);
	pass(baton, 1);
	return NULL;
}

/* Return the time in which a line goes from one CPU to the other. */
static double time_line(const void *arg)
{
	struct baton baton = {.turns = rounds(20000)};
	pthread_t thread;
	double begun;

	(void)arg;
	pin(cpus[0]);
	create_thread(&thread, pass_back, &baton);
	begun = now();
	pass(&baton, 0);
	pthread_join(thread, NULL);
	return (now() - begun) / (double)(2 * baton.turns);
}

static long futex(atomic_int *word, int op, int value)
{
	return syscall(SYS_futex, word, op | FUTEX_PRIVATE_FLAG, value, NULL, NULL, 0);
}

static double time_wake_none(const void *arg)
{
	const size_t n = rounds(100000);
	atomic_int word = 0;
	double begun = now();

	(void)arg;
	for (size_t i = 0; i < n; i++)
		futex(&word, FUTEX_WAKE, 1);
	return (now() - begun) / (double)n;
}

/* A thread that sleeps on the other CPU, and tells when it runs again. */
struct dozing {
	atomic_int word; /* the number of the wakeup that the thread sleeps for; 0: it ends */
	atomic_int woken;
	double at;
};

static void *sleep_often(void *arg)
{
	struct dozing *s = arg;
	int word = 1;

	pin(cpus[1]);
	while (word != 0) {
		while (atomic_load(&s->word) == word)
			futex(&s->word, FUTEX_WAIT, word);
		s->at = now();
		atomic_store(&s->woken, word);
		word = atomic_load(&s->word);
	}
	return NULL;
}

/* Measure the call that wakes a thread after a short sleep, and the time until the thread runs. */
static void time_wakes(double *call, double *latency)
{
	enum { WAKES = 201, SLEEP_NS = 10000 };
	struct dozing s = {.word = 1};
	double calls[WAKES], latencies[WAKES];
	pthread_t thread;

	create_thread(&thread, sleep_often, &s);
	for (int i = 0; i < WAKES; i++) {
		double begun;

		for (begun = now(); now() - begun < SLEEP_NS;)
			relax();
		begun = now();
		atomic_store(&s.word, i + 1 < WAKES ? i + 2 : 0);
		futex(&s.word, FUTEX_WAKE, 1);
		calls[i] = now() - begun;
		while (atomic_load(&s.woken) != i + 1)
			relax();
		latencies[i] = s.at - begun;
	}
	pthread_join(thread, NULL);
	qsort(calls, WAKES, sizeof(*calls), compare);
	qsort(latencies, WAKES, sizeof(*latencies), compare);
	*call = calls[WAKES / 2];
	*latency = latencies[WAKES / 2];
}

/* Threads that post */

/* A thread with its requests in flight. */
struct client {
	struct aml_dma *dma;
	struct aml_dma_request *reqs[IN_FLIGHT];
	size_t at; /* the oldest request */
	char dst[IN_FLIGHT * BYTES], src[IN_FLIGHT * BYTES];
};

static void post(struct client *p)
{
	size_t at = p->at % IN_FLIGHT;

	if (aml_dma_async_copy_custom(p->dma, &p->reqs[at], (void *)(p->dst + at * BYTES),
				      (void *)(p->src + at * BYTES), aml_dma_linux_memcpy_op,
				      (void *)(uintptr_t)BYTES) != AML_SUCCESS)
		fail("a copy could not be posted");
	p->at++;
}

static void await(struct client *p)
{
	if (aml_dma_wait(p->dma, &p->reqs[p->at % IN_FLIGHT]) != AML_SUCCESS)
		fail("a copy has failed");
}

static struct client *client_create(struct aml_dma *dma)
{
	struct client *p =
		aligned_alloc(CACHE_LINE, sizeof(*p) + CACHE_LINE - sizeof(*p) % CACHE_LINE);

	if (p == NULL)
		fail("there is no memory");
	memset(p, 0, sizeof(*p));
	p->dma = dma;
	for (size_t i = 0; i < IN_FLIGHT; i++)
		post(p);
	return p;
}

static void client_destroy(struct client *p)
{
	for (size_t i = 0; i < IN_FLIGHT; i++) {
		await(p);
		p->at++;
	}
	free(p);
}

/* Threads that post and wait, each on its own CPU. */
struct game {
	struct aml_dma *dma;
	size_t threads;
	size_t requests; /* of each thread */
	pthread_barrier_t start;
	struct player {
		struct game *game;
		size_t number;
		double begun, ended;
	} players[2];
};

static void *play(void *arg)
{
	struct player *me = arg;
	struct game *g = me->game;
	struct client *p;

	pin(cpus[me->number]);
	p = client_create(g->dma);
	pthread_barrier_wait(&g->start);
	me->begun = now();
	for (size_t i = 0; i < g->requests; i++) {
		await(p);
		post(p);
	}
	me->ended = now();
	pthread_barrier_wait(&g->start);
	client_destroy(p);
	return NULL;
}

/* Return the time of a request: threads that run at once make two requests meanwhile. */
static double time_posts(const void *arg)
{
	struct game g = {.dma = ((const struct game *)arg)->dma,
			 .threads = ((const struct game *)arg)->threads,
			 .requests = rounds(200000)};
	pthread_t threads[2];
	double begun = 0, ended = 0;

	pthread_barrier_init(&g.start, NULL, (unsigned)g.threads);
	for (size_t i = 0; i < g.threads; i++) {
		g.players[i] = (struct player){.game = &g, .number = i};
		create_thread(&threads[i], play, &g.players[i]);
	}
	for (size_t i = 0; i < g.threads; i++) {
		pthread_join(threads[i], NULL);
		if (i == 0 || g.players[i].begun < begun)
			begun = g.players[i].begun;
		if (i == 0 || g.players[i].ended > ended)
			ended = g.players[i].ended;
	}
	pthread_barrier_destroy(&g.start);
	return (ended - begun) / (double)(g.requests * g.threads);
}

/* Measure small requests of one thread and of two. */
static void measure_posts(struct aml_dma *dma, const char *one, const char *two)
{
	struct game g = {.dma = dma, .threads = 1};

	report(one, median(time_posts, &g));
	g.threads = 2;
	report(two, median(time_posts, &g));
}

/* Measure an engine, and a multiplexer over two engines of one worker each. */
static void measure_engines(void)
{
	const size_t weights[] = {1, 1};
	struct aml_dma *dma, *inner[2], *over;

	if (aml_dma_linux_create(&dma, 2) != AML_SUCCESS ||
	    aml_dma_linux_create(&inner[0], 1) != AML_SUCCESS ||
	    aml_dma_linux_create(&inner[1], 1) != AML_SUCCESS ||
	    aml_dma_multiplex_create(&over, 2, (const struct aml_dma **)inner, weights) !=
		    AML_SUCCESS)
		fail("an engine could not be created");
	measure_posts(dma, "request_ns", "posters_2_ns");
	measure_posts(over, "multiplexed_ns", "multiplexed_2_ns");
	aml_dma_multiplex_destroy(&over);
	aml_dma_linux_destroy(&inner[0]);
	aml_dma_linux_destroy(&inner[1]);
	aml_dma_linux_destroy(&dma);
}

/* Workers that drain a queue */

/* Operators of a given length. The first ones keep the workers from the others. */
struct load {
	struct aml_dma *dma;
	size_t workers;
	double ns;
	atomic_size_t blocked;
	atomic_bool go;
};

static int block(struct aml_layout *dst, const struct aml_layout *src, void *arg)
{
	struct load *load = arg;

	(void)dst;
	(void)src;
	atomic_fetch_add(&load->blocked, 1);
	while (!atomic_load(&load->go))
		relax();
	return AML_SUCCESS;
}

static int work(struct aml_layout *dst, const struct aml_layout *src, void *arg)
{
	const struct load *load = arg;
	double end;

	(void)dst;
	(void)src;
	if (load->ns == 0)
		return AML_SUCCESS;
	end = now() + load->ns;
	while (now() < end)
		relax();
	return AML_SUCCESS;
}

/* Post operators, whose layouts are not used. */
static void post_operators(struct load *load, aml_dma_operator op, size_t n)
{
	void *none = load;

	for (size_t i = 0; i < n; i++)
		if (aml_dma_async_copy_custom(load->dma, NULL, none, none, op, load) != AML_SUCCESS)
			fail("an operator could not be posted");
}

/* Return the time of a request. */
static double time_drain(const void *arg)
{
	const struct load *given = arg;
	struct load load = {.dma = given->dma, .workers = given->workers, .ns = given->ns};
	const size_t drained = rounds(4000);
	double begun;

	post_operators(&load, block, load.workers);
	post_operators(&load, work, drained);
	while (atomic_load(&load.blocked) < load.workers)
		sched_yield();
	begun = now();
	atomic_store(&load.go, true);
	if (aml_dma_barrier(load.dma) != AML_SUCCESS)
		fail("an operator has failed");
	return (now() - begun) / (double)drained;
}

static void measure_drains(void)
{
	static const double lengths[] = {0, 500, 1000, 2000, 10000};
	char name[48];

	for (size_t workers = 1; workers <= 2; workers++) {
		struct load load = {.workers = workers};

		if (aml_dma_linux_create(&load.dma, workers) != AML_SUCCESS)
			fail("an engine could not be created");
		for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
			load.ns = lengths[i];
			snprintf(name, sizeof(name), "workers_%zu_of_%.0f_ns", workers, lengths[i]);
			report(name, median(time_drain, &load));
		}
		aml_dma_linux_destroy(&load.dma);
	}
}

int main(int argc, char **argv)
{
	double call, latency;

	if (argc > 2 || (argc == 2 && strcmp(argv[1], "--quick") != 0)) {
		fprintf(stderr, "constants: %s: the only option is --quick\n", argv[argc - 1]);
		return 2;
	}
	quick = argc == 2;
	if (aml_init(&argc, &argv) != AML_SUCCESS)
		fail("the library could not be initialised");
	find_cpus();
	pin(cpus[0]);
	report("lock_ns", median(time_lock, NULL));
	report("line_ns", median(time_line, NULL));
	report("wake_none_ns", median(time_wake_none, NULL));
	time_wakes(&call, &latency);
	report("wake_ns", call);
	report("wake_latency_ns", latency);
	unpin();
	measure_engines();
	measure_drains();
	report("line_at_the_end_ns", median(time_line, NULL));
	return aml_finalize() == AML_SUCCESS ? EXIT_SUCCESS : EXIT_FAILURE;
}
