/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Many engines, requests and bytes, and engines that cannot be created. Under a limit of address
 * space or of threads, a call returns the documented error and undoes everything.
 */
#include <aml/layout/dense.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "gate.h"
#include "random.h"
#include "suite.h"

#define MIB ((size_t)1 << 20)
#define GIB ((size_t)1 << 30)

/* The memory that the system has available, in bytes. */
static size_t available(void)
{
	FILE *stream = fopen("/proc/meminfo", "r");
	unsigned long long kib = 0;
	char line[128];

	while (stream != NULL && fgets(line, sizeof(line), stream) != NULL)
		if (sscanf(line, "MemAvailable: %llu", &kib) == 1)
			break;
	if (stream != NULL)
		fclose(stream);
	return (size_t)kib << 10;
}

static void *tell_tid(void *arg)
{
	*(pid_t *)arg = gettid();
	return NULL;
}

/* Create and join a thread. Return the error. */
static int try_thread(pid_t *tid)
{
	pthread_t thread;
	int err = pthread_create(&thread, NULL, tell_tid, tid);

	return err != 0 ? err : pthread_join(thread, NULL);
}

/*
 * The number of threads, including the threads that a tool starts with the program's first thread.
 */
static size_t count_threads(void)
{
	char path[64];
	pid_t tid = 0;

	if (try_thread(&tid) != 0)
		abort();
	/* The joined thread may stay visible for a moment. */
	snprintf(path, sizeof(path), "/proc/self/task/%d", (int)tid);
	while (access(path, F_OK) == 0)
		sched_yield();
	return threads_named("", NULL, 0);
}

/* Joined threads may stay visible for a moment. */
static void await_threads(size_t n)
{
	while (threads_named("", NULL, 0) != n)
		sched_yield();
}

/* Check that an engine works. */
static int try_engine(struct aml_dma *dma)
{
	struct job jobs[8], last = {.result = -AML_EDOM};
	struct aml_dma_request *req = NULL;

	for (int i = 0; i < 8; i++) {
		jobs[i] = (struct job){.result = 0};
		NEED(job_post(dma, NULL, &jobs[i]) == 0);
	}
	NEED(job_post(dma, &req, &last) == 0);
	NEED(aml_dma_wait(dma, &req) == -AML_EDOM);
	NEED(aml_dma_barrier(dma) == 0);
	for (int i = 0; i < 8; i++)
		NEED(jobs[i].runs == 1);
	NEED(job_copy(dma, &last) == -AML_EDOM);
	return 0;
}

/* Check that an engine can be created and works. */
static int try_create(size_t workers)
{
	struct aml_dma *dma = NULL;

	NEED(aml_dma_linux_create(&dma, workers) == 0);
	NEED(try_engine(dma) == 0);
	NEED(aml_dma_linux_destroy(&dma) == 0);
	return 0;
}

/* Contract: ENGINE-8. */
START_TEST(a_thousand_engines_one_after_another)
{
	size_t threads = count_threads(), n = effort(1000);

	for (size_t i = 0; i < n; i++)
		ck_assert_int_eq(try_create(i % 5), 0);
	await_threads(threads);
}
END_TEST

/* Contract: ENGINE-8. */
START_TEST(sixty_four_engines_at_once)
{
	enum { N = 64 };
	size_t threads = count_threads(), order[N];
	struct aml_dma *dmas[N] = {NULL};
	struct rng rng = {0};

	rng_start(&rng, 0);
	for (size_t i = 0; i < N; i++)
		ck_assert_int_eq(aml_dma_linux_create(&dmas[i], i % 9), 0);
	for (size_t i = 0; i < N; i++)
		ck_assert_int_eq(try_engine(dmas[i]), 0);
	rng_permutation(&rng, N, order);
	for (size_t i = 0; i < N; i++) {
		ck_assert_int_eq(aml_dma_linux_destroy(&dmas[order[i]]), 0);
		if (i + 1 < N)
			ck_assert_int_eq(try_engine(dmas[order[i + 1]]), 0);
	}
	await_threads(threads);
}
END_TEST

/* Requests that copy one number each. */
struct crowds {
	struct aml_dma *dma;
	size_t n;
	struct aml_dma_request **reqs;
	uint64_t *from, *to;
};

static int post_number(struct crowds *c, size_t i)
{
	return aml_dma_async_copy_custom(c->dma, &c->reqs[i], (struct aml_layout *)&c->to[i],
					 (struct aml_layout *)&c->from[i], aml_dma_linux_memcpy_op,
					 (void *)sizeof(uint64_t));
}

/* Return false if memory is short. */
static bool crowds_create(struct crowds *c, struct aml_dma *dma)
{
	c->dma = dma;
	c->n = effort_at_once(1000000);
	if (available() < 2000 * c->n) {
		printf("skipped: less than %zu MiB of memory are free\n", 2000 * c->n / MIB);
		return false;
	}
	c->reqs = calloc(c->n, sizeof(*c->reqs));
	c->from = calloc(c->n, sizeof(*c->from));
	c->to = calloc(c->n, sizeof(*c->to));
	ck_assert(c->reqs != NULL && c->from != NULL && c->to != NULL);
	for (size_t i = 0; i < c->n; i++)
		c->from[i] = (i + 1) * 0x9e3779b97f4a7c15;
	return true;
}

static void crowds_destroy(struct crowds *c)
{
	free(c->reqs);
	free(c->from);
	free(c->to);
}

/*
 * Wait for all requests in random order, except every tenth, which is cancelled. `never`: those
 * were cancelled before they could run.
 */
static void crowds_finish(struct crowds *c, bool never)
{
	size_t *order = calloc(c->n, sizeof(*order));
	struct rng rng = {0};

	rng_start(&rng, c->n);
	ck_assert_ptr_nonnull(order);
	rng_permutation(&rng, c->n, order);
	for (size_t i = 0; i < c->n; i++) {
		struct aml_dma_request **req = &c->reqs[order[i]];

		if (order[i] % 10 == 0)
			continue;
		if (aml_dma_wait(c->dma, req) != 0 || *req != NULL)
			ck_abort_msg("request %zu", order[i]);
	}
	for (size_t i = 0; i < c->n; i += 10)
		if (*&c->reqs[i] != NULL && aml_dma_cancel(c->dma, &c->reqs[i]) != 0)
			ck_abort_msg("request %zu", i);
	for (size_t i = 0; i < c->n; i++)
		if (c->to[i] != (i % 10 == 0 && never ? 0 : c->from[i]))
			ck_abort_msg("number %zu", i);
	free(order);
}

/* Contract: MEMORY-3. */
START_TEST(a_million_requests_in_flight_behind_a_busy_worker)
{
	struct aml_dma *dma = NULL;
	struct crowds c;
	struct gate gate;
	struct job job = {.gate = &gate};
	char text[512] = "", line[64];
	FILE *stream;

	ck_assert_int_eq(aml_dma_linux_create(&dma, 1), 0);
	gate_init(&gate);
	if (crowds_create(&c, dma)) {
		ck_assert_int_eq(job_post(dma, NULL, &job), 0);
		gate_await(&gate);
		for (size_t i = 0; i < c.n; i++)
			if (post_number(&c, i) != 0)
				ck_abort_msg("request %zu", i);
		stream = fmemopen(text, sizeof(text), "w");
		ck_assert_ptr_nonnull(stream);
		ck_assert_int_eq(aml_dma_fprintf(stream, NULL, dma), 0);
		fclose(stream);
		snprintf(line, sizeof(line), "queued requests: %zu\n", c.n);
		ck_assert_ptr_nonnull(strstr(text, line));
		/* Cancel from the middle of the queue. */
		for (size_t i = 0; i < c.n; i += 10)
			ck_assert_int_eq(aml_dma_cancel(dma, &c.reqs[i]), 0);
		gate_open(&gate);
		crowds_finish(&c, true);
		crowds_destroy(&c);
	}
	ck_assert_int_eq(aml_dma_linux_destroy(&dma), 0);
	gate_destroy(&gate);
}
END_TEST

/* Contract: MEMORY-3. */
START_TEST(a_million_requests_in_flight_without_a_worker)
{
	struct aml_dma *dma = NULL;
	struct crowds c;

	ck_assert_int_eq(aml_dma_linux_create(&dma, 0), 0);
	if (crowds_create(&c, dma)) {
		for (size_t i = 0; i < c.n; i++)
			if (post_number(&c, i) != 0)
				ck_abort_msg("request %zu", i);
		/* The wait for the last request runs all of them. */
		ck_assert_int_eq(aml_dma_wait(dma, &c.reqs[c.n - 1]), 0);
		for (size_t i = 0; i < c.n; i++)
			ck_assert(c.to[i] == c.from[i]);
		ck_assert_int_eq(post_number(&c, c.n - 1), 0);
		crowds_finish(&c, false);
		crowds_destroy(&c);
	}
	ck_assert_int_eq(aml_dma_linux_destroy(&dma), 0);
}
END_TEST

static struct aml_layout *bytes(void *at, size_t size)
{
	struct aml_layout *layout = NULL;

	ck_assert_int_eq(
		aml_layout_dense_create(&layout, at, AML_LAYOUT_ORDER_C, 1, 1, &size, NULL, NULL),
		0);
	return layout;
}

/* Copy `size` bytes on an engine with workers. */
static void copy_bytes_of(void *to, void *from, size_t size)
{
	struct aml_layout *dst = bytes(to, size), *src = bytes(from, size);
	struct aml_dma_request *req = NULL;
	struct aml_dma *dma = NULL;

	ck_assert_int_eq(aml_dma_linux_create(&dma, 2), 0);
	ck_assert_int_eq(aml_dma_async_copy(dma, &req, dst, src), 0);
	ck_assert_int_eq(aml_dma_wait(dma, &req), 0);
	ck_assert_int_eq(aml_dma_linux_destroy(&dma), 0);
	aml_layout_destroy(&dst);
	aml_layout_destroy(&src);
}

/*
 * A buffer of more than 4 GiB that maps one stretch of memory repeatedly and so takes little
 * memory. Only the windows, at the offsets where overflows could show, have memory of their own.
 */
#define STRETCH (16 * MIB)
#define WINDOW ((size_t)64 << 10)
#define WINDOWS 4
#define VAST (4 * GIB + 3 * MIB + 77)

struct vast {
	unsigned char *at, *stretch;
	int file;
};

static size_t window_at(size_t i)
{
	static const size_t at[WINDOWS] = {0, 2 * GIB - WINDOW / 2, 4 * GIB - WINDOW / 2,
					   4 * GIB + 3 * MIB};

	return at[i];
}

static void *map(void *at, size_t size, int flags, int file)
{
	void *memory = mmap(at, size, PROT_READ | PROT_WRITE, flags, file, 0);

	ck_assert_ptr_ne(memory, MAP_FAILED);
	return memory;
}

static bool vast_create(struct vast *v)
{
	size_t size = VAST / STRETCH * STRETCH + STRETCH;

	v->file = memfd_create("stretch", MFD_CLOEXEC);
	if (v->file < 0)
		return false;
	ck_assert_int_eq(ftruncate(v->file, (off_t)STRETCH), 0);
	v->stretch = map(NULL, STRETCH, MAP_SHARED, v->file);
	v->at = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	ck_assert_ptr_ne(v->at, MAP_FAILED);
	for (size_t at = 0; at < size; at += STRETCH)
		map(v->at + at, STRETCH, MAP_SHARED | MAP_FIXED, v->file);
	for (size_t i = 0; i < WINDOWS; i++)
		map(v->at + window_at(i), WINDOW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1);
	return true;
}

static void vast_destroy(struct vast *v)
{
	munmap(v->at, VAST / STRETCH * STRETCH + STRETCH);
	munmap(v->stretch, STRETCH);
	close(v->file);
}

/*
 * Whether the two million page faults of a copy of two such buffers end within the test's time. In
 * some virtual machines a fault takes 20 us.
 */
static bool faults_are_fast(const struct vast *v)
{
	uint64_t begin = now_ns();

	for (size_t at = 0; at < STRETCH; at += 4096)
		v->at[STRETCH + at] = 1;
	return now_ns() - begin < 2000 * (STRETCH / 4096);
}

/* Contract: MEMORY-3. */
START_TEST(more_than_four_gib_in_one_copy)
{
	struct rng rng = {0};
	struct vast from, to;
	size_t last;

	if (VAST < 4 * MIB || under_sanitizer() || under_valgrind() || !vast_create(&from)) {
		printf("skipped: sizes of 32 bits, running under a tool, or no memfd_create\n");
		return;
	}
	ck_assert(vast_create(&to));
	if (getenv("AML_TEST_LONG") == NULL && !faults_are_fast(&to)) {
		printf("skipped: a page fault takes too long; AML_TEST_LONG=1 copies nevertheless\n");
		return;
	}
	rng_start(&rng, 0);
	rng_bytes(&rng, from.stretch, STRETCH);
	for (size_t i = 0; i < WINDOWS; i++)
		rng_bytes(&rng, from.at + window_at(i), WINDOW);
	copy_bytes_of(to.at, from.at, VAST);
	ck_assert(memcmp(to.stretch, from.stretch, STRETCH) == 0);
	for (size_t i = 0; i < WINDOWS - 1; i++)
		ck_assert(memcmp(to.at + window_at(i), from.at + window_at(i), WINDOW) == 0);
	/* Only a part of the last window is copied. */
	last = window_at(WINDOWS - 1);
	ck_assert(memcmp(to.at + last, from.at + last, VAST - last) == 0);
	for (size_t i = VAST; i < last + WINDOW; i++)
		ck_assert_uint_eq(to.at[i], 0);
	vast_destroy(&from);
	vast_destroy(&to);
}
END_TEST

/* Contract: MEMORY-3. */
START_TEST(more_than_four_gib_of_memory_in_one_copy)
{
	size_t size = 4 * GIB + 3 * MIB + 5;
	uint64_t *from, *to;

	if (getenv("AML_TEST_LONG") == NULL || under_sanitizer() || under_valgrind() ||
	    available() < 9 * GIB + GIB / 2) {
		printf("skipped: AML_TEST_LONG is not set, a tool is running, or memory is short\n");
		return;
	}
	from = map(NULL, size + 8, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
	to = map(NULL, size + 8, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
	for (size_t i = 0; i < size / 8 + 1; i++)
		from[i] = i * 0x9e3779b97f4a7c15;
	copy_bytes_of(to, from, size);
	ck_assert(memcmp(to, from, size) == 0);
	ck_assert_uint_eq(((unsigned char *)to)[size], 0);
	munmap(from, size + 8);
	munmap(to, size + 8);
}
END_TEST

/* Contract: MEMORY-3. */
START_TEST(elements_that_lie_further_apart_than_four_gib)
{
	enum { ROWS = 3, COLS = 4, SIZE = 64 };
	/*
	 * The source's columns are 5 GiB apart and its rows 300 MiB; for the destination it is the
	 * reverse.
	 */
	size_t dims[] = {COLS, ROWS}, pitch[] = {1, 1}, reach = 16 * GIB;
	size_t far[] = {5 * GIB / SIZE, 300 * MIB / SIZE};
	size_t near[] = {300 * MIB / SIZE, 5 * GIB / SIZE};
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
	unsigned char *from = mmap(NULL, reach, PROT_READ | PROT_WRITE, flags, -1, 0);
	unsigned char *to = mmap(NULL, reach, PROT_READ | PROT_WRITE, flags, -1, 0);
	struct aml_layout *src = NULL, *dst = NULL;

	if (from == MAP_FAILED || to == MAP_FAILED) {
		printf("skipped: the address space is too small\n");
		return;
	}
	ck_assert_int_eq(aml_layout_dense_create(&src, from, AML_LAYOUT_ORDER_FORTRAN, SIZE, 2,
						 dims, far, pitch),
			 0);
	ck_assert_int_eq(aml_layout_dense_create(&dst, to, AML_LAYOUT_ORDER_FORTRAN, SIZE, 2, dims,
						 near, pitch),
			 0);
	for (size_t row = 0; row < ROWS; row++)
		for (size_t col = 0; col < COLS; col++)
			memset(from + (col * far[0] + row * far[1]) * SIZE,
			       (int)(1 + row * COLS + col), SIZE);
	for (size_t workers = 0; workers < 3; workers++) {
		struct aml_dma *dma = NULL;

		ck_assert_int_eq(aml_dma_linux_create(&dma, workers), 0);
		ck_assert_int_eq(aml_dma_copy(dma, dst, src), 0);
		ck_assert_int_eq(aml_dma_linux_destroy(&dma), 0);
		for (size_t row = 0; row < ROWS; row++)
			for (size_t col = 0; col < COLS; col++) {
				size_t at = (col * near[0] + row * near[1]) * SIZE;

				for (size_t i = 0; i < SIZE; i++)
					ck_assert_uint_eq(to[at + i], 1 + row * COLS + col);
				memset(to + at, 0, SIZE);
			}
	}
	aml_layout_destroy(&src);
	aml_layout_destroy(&dst);
	munmap(from, reach);
	munmap(to, reach);
}
END_TEST

/* Set a limit by its number. The type of the number differs between C libraries. */
static void limit(int resource, size_t value)
{
	bool space = resource == RLIMIT_AS;
	struct rlimit now;

	if ((space ? getrlimit(RLIMIT_AS, &now) : getrlimit(RLIMIT_NPROC, &now)) != 0)
		abort();
	now.rlim_cur = value < now.rlim_max ? value : now.rlim_max;
	if ((space ? setrlimit(RLIMIT_AS, &now) : setrlimit(RLIMIT_NPROC, &now)) != 0)
		abort();
}

/* The size of the process's address space, in bytes. */
static size_t address_space(void)
{
	FILE *stream = fopen("/proc/self/statm", "r");
	unsigned long long pages = 0;

	if (stream == NULL || fscanf(stream, "%llu", &pages) != 1)
		abort();
	fclose(stream);
	return (size_t)pages * (size_t)sysconf(_SC_PAGESIZE);
}

enum { CREW = 6 };

/*
 * Call each function that creates threads, under a limit. Each call succeeds, or returns the
 * documented error and leaves its output unchanged. Nothing is left behind.
 */
static int create_all(int resource, size_t value, int *refused)
{
	struct aml_dma untouched, *dma = &untouched;
	struct aml_sched *sched;
	int err;

	limit(resource, value);
	err = aml_dma_linux_create(&dma, CREW);
	limit(resource, SIZE_MAX);
	NEED(err == 0 || (err == -AML_ENOMEM && dma == &untouched));
	NEED(err != 0 || aml_dma_linux_destroy(&dma) == 0);
	*refused += err != 0;

	limit(resource, value);
	aml_errno = AML_EDOM;
	sched = aml_queue_sched_create(CREW);
	limit(resource, SIZE_MAX);
	NEED(sched != NULL || aml_errno == AML_ENOMEM);
	NEED(sched == NULL || aml_errno == AML_EDOM);
	aml_queue_sched_destroy(&sched);

	limit(resource, value);
	err = aml_init(NULL, NULL);
	limit(resource, SIZE_MAX);
	NEED(err == 0 || (err == -AML_ENOMEM && aml_dma_linux == NULL));
	NEED(aml_finalize() == (err == 0 ? 0 : -AML_EINVAL));
	NEED(aml_dma_linux == NULL);
	return 0;
}

/* In a child: create with increasing room, from none until nothing is refused. */
static int create_in_little_space(void *arg)
{
	size_t threads = count_threads();
	int refused = 0, before = -1, result;

	(void)arg;
	setenv("AML_DMA_NUM_THREADS", "6", 1);
	for (size_t room = 0; refused > before; room += 5 * MIB) {
		before = refused;
		result = create_all(RLIMIT_AS, address_space() + room, &refused);
		if (result != 0)
			return result;
		await_threads(threads);
	}
	NEED(refused > 0);
	for (size_t i = 0; i < 3; i++)
		NEED(try_create(CREW) == 0);
	await_threads(threads);
	return 0;
}

/* Contract: ENGINE-1. */
START_TEST(engines_under_a_limit_of_address_space)
{
	if (under_sanitizer() || under_valgrind())
		printf("skipped: the tool needs the address space\n");
	else
		ck_assert_int_eq(in_child(create_in_little_space, NULL), 0);
}
END_TEST

/* In a child: post until memory runs out. All posted requests work. */
static int post_in_little_space(void *arg)
{
	enum { MOST = 2000000 };
	struct aml_dma_request **reqs = calloc(MOST, sizeof(*reqs)), *after = NULL;
	struct job job = {.result = -AML_EDOM};
	struct aml_dma *dma = NULL;
	int n = 0, err = 0;

	(void)arg;
	NEED(reqs != NULL);
	NEED(aml_dma_linux_create(&dma, 0) == 0);
	limit(RLIMIT_AS, address_space() + 40 * MIB);
	while (n < MOST && (err = job_post(dma, &reqs[n], &job)) == 0)
		n++;
	NEED(err == -AML_ENOMEM && reqs[n] == NULL);
	NEED(job_post(dma, NULL, &job) == -AML_ENOMEM);
	/*
	 * A synchronous copy takes no memory, and runs all requests posted before it. The memory of
	 * a released request serves another one.
	 */
	NEED(job_copy(dma, &job) == -AML_EDOM);
	NEED(aml_dma_cancel(dma, &reqs[0]) == 0);
	NEED(job_post(dma, &reqs[0], &job) == 0);
	limit(RLIMIT_AS, SIZE_MAX);
	NEED(job_post(dma, &after, &job) == 0);
	for (int i = 0; i < n; i++)
		NEED(aml_dma_wait(dma, &reqs[i]) == -AML_EDOM);
	NEED(aml_dma_wait(dma, &after) == -AML_EDOM);
	NEED(job.runs == n + 3);
	NEED(aml_dma_barrier(dma) == 0);
	NEED(aml_dma_linux_destroy(&dma) == 0);
	free(reqs);
	return n > 1000 ? 0 : -n;
}

/* Contract: MEMORY-2. */
START_TEST(requests_under_a_limit_of_address_space)
{
	if (under_sanitizer() || under_valgrind())
		printf("skipped: the tool needs the address space\n");
	else
		ck_assert_int_eq(in_child(post_in_little_space, NULL), 0);
}
END_TEST

enum { NO_LIMIT = 1 };

/* In a child: create with room for more and more threads. */
static int create_with_few_threads(void *arg)
{
	size_t threads;
	int refused = 0;
	pid_t tid;

	(void)arg;
	/*
	 * The limit does not apply to root, and counts all threads of a user. Switch to a user
	 * without threads.
	 */
	if (geteuid() == 0) {
		uid_t user = 1000000000 + (uid_t)getpid();

		if (setresuid(user, user, user) != 0)
			return NO_LIMIT;
	}
	threads = count_threads();
	limit(RLIMIT_NPROC, threads);
	if (try_thread(&tid) == 0)
		return NO_LIMIT;
	setenv("AML_DMA_NUM_THREADS", "6", 1);
	for (size_t room = 0; room < CREW; room++) {
		int result = create_all(RLIMIT_NPROC, threads + room, &refused);

		if (result != 0)
			return result;
		await_threads(threads);
	}
	NEED(refused == CREW);
	for (size_t i = 0; i < 3; i++)
		NEED(try_create(CREW) == 0);
	await_threads(threads);
	return 0;
}

/* Contract: ENGINE-1. */
START_TEST(engines_under_a_limit_of_threads)
{
	int result = under_valgrind() ? NO_LIMIT : in_child(create_with_few_threads, NULL);

	/* DRD itself fails if it cannot create a thread. */
	if (result == NO_LIMIT)
		printf("skipped: the limit of threads does not apply here, or a tool is running\n");
	else
		ck_assert_int_eq(result, 0);
}
END_TEST

SUITE("stress/limits", a_thousand_engines_one_after_another, sixty_four_engines_at_once,
      a_million_requests_in_flight_behind_a_busy_worker,
      a_million_requests_in_flight_without_a_worker, more_than_four_gib_in_one_copy,
      more_than_four_gib_of_memory_in_one_copy, elements_that_lie_further_apart_than_four_gib,
      engines_under_a_limit_of_address_space, requests_under_a_limit_of_address_space,
      engines_under_a_limit_of_threads)
