/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every fault of creating layouts, schedulers and engines: the n-th allocation, the n-th thread,
 * the n-th registration of fork handlers, and the n-th initialisation of a lock or a condition
 * variable, for every n.
 */
#include <aml/layout/dense.h>
#include <aml/layout/native.h>
#include <aml/layout/pad.h>
#include <aml/layout/reshape.h>
#include <aml/layout/steps.h>
#include <sched.h>
#include <sys/resource.h>

#include "exhaust.h"
#include "oracle.h"
#include "suite.h"
#include "user_layout.h"

/* The value of an output before it is stored. */
#define UNTOUCHED ((void *)(uintptr_t)0x5a5a)

/* Check the fault injection itself, and its counts. */

START_TEST(each_allocator_fails_when_told_to)
{
	void *blocks[5], *block = UNTOUCHED;
	long before = faults_blocks(), after;
	unsigned long fired;

	faults_arm(FAULT_MEMORY, 1, true);
	blocks[0] = malloc(1);
	blocks[1] = calloc(1, 1);
	blocks[2] = realloc(NULL, 1);
	blocks[3] = aligned_alloc(64, 64);
	blocks[4] = posix_memalign(&block, 64, 64) == ENOMEM ? NULL : block;
	fired = faults_disarm();
	after = faults_blocks();
	for (int i = 0; i < 5; i++)
		ck_assert_ptr_null(blocks[i]);
	ck_assert_uint_eq(fired, 5);
	ck_assert_uint_eq(faults_calls(FAULT_MEMORY), 5);
	ck_assert_ptr_eq(block, UNTOUCHED);
	ck_assert_int_eq(after, before);
}
END_TEST

START_TEST(blocks_are_counted)
{
	void *blocks[5];
	long before = faults_blocks();

	blocks[0] = malloc(1);
	blocks[1] = calloc(1, 1);
	blocks[2] = realloc(NULL, 1);
	blocks[3] = aligned_alloc(64, 64);
	ck_assert_int_eq(posix_memalign(&blocks[4], 64, 64), 0);
	ck_assert_int_eq(faults_blocks(), before + 5);
	blocks[2] = realloc(blocks[2], 100);
	ck_assert_int_eq(faults_blocks(), before + 5);
	for (int i = 0; i < 5; i++)
		free(blocks[i]);
	free(NULL);
	ck_assert_int_eq(faults_blocks(), before);
}
END_TEST

static void *nothing(void *arg)
{
	return arg;
}

static void no_handler(void)
{
}

START_TEST(the_n_th_call_of_the_kind_alone_fails)
{
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	pthread_t thread;
	int errs[9], n = 0;
	void *block;

	faults_arm(FAULT_THREAD, 2, false);
	block = malloc(1);
	for (; n < 3; n++) {
		errs[n] = pthread_create(&thread, NULL, nothing, NULL);
		if (errs[n] == 0)
			pthread_join(thread, NULL);
	}
	faults_arm(FAULT_ATFORK, 1, false);
	errs[n++] = pthread_atfork(no_handler, NULL, NULL);
	errs[n++] = pthread_atfork(no_handler, NULL, NULL);
	faults_arm(FAULT_MUTEX, 1, false);
	errs[n++] = pthread_mutex_init(&mutex, NULL);
	errs[n++] = pthread_mutex_init(&mutex, NULL);
	faults_arm(FAULT_COND, 1, false);
	errs[n++] = pthread_cond_init(&cond, NULL);
	errs[n++] = pthread_cond_init(&cond, NULL);
	ck_assert_uint_eq(faults_disarm(), 1);
	pthread_mutex_destroy(&mutex);
	pthread_cond_destroy(&cond);
	ck_assert_ptr_nonnull(block);
	free(block);
	for (int i = 0; i < n; i++)
		ck_assert_int_eq(errs[i], i == 1 ? EAGAIN : i >= 3 && i % 2 ? ENOMEM : 0);
}
END_TEST

/* Layouts. */

static double memory[512];
static struct aml_layout *in, *out;
static int order;

/* A way to create a layout `out`, possibly from another layout `in`. */
struct way {
	const char *name;
	/* Create `in`. NULL: there is no `in`. */
	void (*build)(void);
	int (*call)(void);
	/* The least number of allocations. */
	unsigned long faults;
	/* On success, `out` owns `in`. */
	bool owns;
	/*
	 * The native extents of `out`, and the index of its last element in `memory`, or
	 * IN_NEUTRAL.
	 */
	size_t ndims, dims[3];
	ptrdiff_t last;
};

static const struct way *way;

/* Return two sizes, given in native order, in the layouts' order. */
static const size_t *two(size_t a, size_t b)
{
	static size_t user[8][2];
	static unsigned turn;
	size_t *mine = user[turn++ % 8];

	flip(order, 2, (size_t[]){a, b}, mine);
	return mine;
}

static void build_dense(void)
{
	ck_assert_int_eq(aml_layout_dense_create(&in, memory, order, sizeof(*memory), 2, two(6, 4),
						 NULL, two(10, 4)),
			 AML_SUCCESS);
}

static void build_contiguous(void)
{
	ck_assert_int_eq(aml_layout_dense_create(&in, memory, order, sizeof(*memory), 2, two(6, 4),
						 NULL, NULL),
			 AML_SUCCESS);
}

static void build_user(void)
{
	struct oracle oracle;

	oracle_dense(&oracle, memory, AML_LAYOUT_ORDER_FORTRAN, sizeof(*memory), 2,
		     (size_t[]){6, 4}, NULL, NULL);
	in = &user_layout_create(&oracle, order, USER_DUPLICATE, NULL)->layout;
	oracle_destroy(&oracle);
}

static void build_steps(void)
{
	const ptrdiff_t size = sizeof(*memory);

	ck_assert_int_eq(aml_layout_steps_create(
				 &in, memory + 23, order, sizeof(*memory), 2, two(6, 4),
				 order == AML_LAYOUT_ORDER_C ? (ptrdiff_t[]){-6 * size, -size}
							     : (ptrdiff_t[]){-size, -6 * size}),
			 AML_SUCCESS);
}

static void pad_it(void)
{
	struct aml_layout *pad;

	ck_assert_int_eq(aml_layout_pad_create(&pad, order, in, two(7, 4), memory), AML_SUCCESS);
	in = pad;
}

static void reshape_it(void)
{
	struct aml_layout *reshape;

	ck_assert_int_eq(aml_layout_reshape_create(&reshape, in, order, 2, two(3, 8)), AML_SUCCESS);
	in = reshape;
}

static void build_pad(void)
{
	build_contiguous();
	pad_it();
}

static void build_reshape(void)
{
	build_contiguous();
	reshape_it();
}

static void build_pad_of_reshape_of_user(void)
{
	struct aml_layout *pad;

	build_user();
	reshape_it();
	ck_assert_int_eq(aml_layout_pad_create(&pad, order, in, two(3, 9), memory), AML_SUCCESS);
	in = pad;
}

static int call_dense(void)
{
	return aml_layout_dense_create(&out, memory, order, sizeof(*memory), 2, two(6, 4),
				       two(1, 2), two(10, 4));
}

static int call_steps(void)
{
	const ptrdiff_t size = sizeof(*memory);

	return aml_layout_steps_create(&out, memory + 100, order, sizeof(*memory), 2, two(6, 4),
				       order == AML_LAYOUT_ORDER_C
					       ? (ptrdiff_t[]){10 * size, -size}
					       : (ptrdiff_t[]){-size, 10 * size});
}

static int call_reverse(void)
{
	return aml_layout_reverse(in, &out, order == AML_LAYOUT_ORDER_C ? 1 : 0);
}

static int call_slice(void)
{
	return aml_layout_slice(in, &out, two(1, 1), two(2, 3), two(3, 1));
}

static int call_slice_native(void)
{
	return aml_layout_slice_native(in, &out, NULL, (size_t[]){2, 3}, NULL);
}

static int call_dense_reshape(void)
{
	return aml_layout_reshape(in, &out, 2, two(12, 2));
}

static int call_dense_reshape_to_one(void)
{
	return aml_layout_reshape(in, &out, 1, (size_t[]){24});
}

static int call_pad(void)
{
	return aml_layout_pad_create(&out, order, in, two(6, 5), memory);
}

static int call_pad_at(void)
{
	return aml_layout_pad_create_at(&out, order, in, two(9, 5), memory, two(3, 1));
}

static int call_reshape(void)
{
	return aml_layout_reshape_create(&out, in, order, 2, two(8, 3));
}

static int call_duplicate(void)
{
	return aml_layout_duplicate(in, &out, NULL);
}

static int call_duplicate_elsewhere(void)
{
	return aml_layout_duplicate(in, &out, memory + 100);
}

#define IN_NEUTRAL -1

static const struct way ways[] = {
	{"dense", NULL, call_dense, 1, false, 2, {6, 4}, 65},
	{"dense slice", build_dense, call_slice, 1, false, 2, {2, 3}, 34},
	{"dense slice_native", build_dense, call_slice_native, 1, false, 2, {2, 3}, 21},
	{"dense reshape", build_contiguous, call_dense_reshape, 1, false, 2, {12, 2}, 23},
	{"dense reshape to one",
	 build_contiguous,
	 call_dense_reshape_to_one,
	 1,
	 false,
	 1,
	 {24},
	 23},
	{"dense duplicate", build_dense, call_duplicate, 1, false, 2, {6, 4}, 35},
	{"duplicate elsewhere", build_dense, call_duplicate_elsewhere, 1, false, 2, {6, 4}, 135},
	{"steps", NULL, call_steps, 1, false, 2, {6, 4}, 125},
	{"steps slice", build_steps, call_slice, 1, false, 2, {2, 3}, 1},
	{"steps slice_native", build_steps, call_slice_native, 1, false, 2, {2, 3}, 10},
	{"steps reshape", build_steps, call_dense_reshape, 1, false, 2, {12, 2}, 0},
	{"steps duplicate", build_steps, call_duplicate, 1, false, 2, {6, 4}, 0},
	{"steps reverse", build_steps, call_reverse, 1, false, 2, {6, 4}, 5},
	{"dense reverse", build_dense, call_reverse, 1, false, 2, {6, 4}, 30},
	{"pad at offsets", build_dense, call_pad_at, 1, true, 2, {9, 5}, 35},
	{"pad over dense", build_dense, call_pad, 1, true, 2, {6, 5}, IN_NEUTRAL},
	{"pad over user-defined", build_user, call_pad, 1, true, 2, {6, 5}, IN_NEUTRAL},
	{"pad over pad", build_pad, call_pad, 1, true, 2, {6, 5}, IN_NEUTRAL},
	{"reshape over dense", build_dense, call_reshape, 1, true, 2, {8, 3}, 35},
	{"reshape over reshape", build_reshape, call_reshape, 1, true, 2, {8, 3}, 23},
	{"pad duplicate", build_pad, call_duplicate, 2, false, 2, {7, 4}, IN_NEUTRAL},
	{"pad duplicate elsewhere",
	 build_pad,
	 call_duplicate_elsewhere,
	 2,
	 false,
	 2,
	 {7, 4},
	 IN_NEUTRAL},
	{"reshape duplicate", build_reshape, call_duplicate, 2, false, 2, {3, 8}, 23},
	{"reshape duplicate elsewhere",
	 build_reshape,
	 call_duplicate_elsewhere,
	 2,
	 false,
	 2,
	 {3, 8},
	 123},
	{"user-defined duplicate", build_user, call_duplicate, 1, false, 2, {6, 4}, 23},
	{"deep duplicate",
	 build_pad_of_reshape_of_user,
	 call_duplicate,
	 3,
	 false,
	 2,
	 {3, 9},
	 IN_NEUTRAL},
};

/* The last element of a layout that is not empty. */
static void *last_of(const struct aml_layout *layout, size_t ndims, const size_t *dims)
{
	size_t coords[AML_LAYOUT_NDIMS_MAX];

	for (size_t i = 0; i < ndims; i++)
		coords[i] = dims[i] - 1;
	return aml_layout_deref_native(layout, coords);
}

static void *last_of_in;

static void *in_last(void)
{
	size_t dims[AML_LAYOUT_NDIMS_MAX];

	aml_layout_dims_native(in, dims);
	return last_of(in, aml_layout_ndims(in), dims);
}

static int prepare_layout(void)
{
	if (way->build != NULL) {
		way->build();
		last_of_in = in_last();
	}
	out = UNTOUCHED;
	return 0;
}

static int layout_untouched(void)
{
	NEED(out == UNTOUCHED);
	NEED(in == NULL || in_last() == last_of_in);
	return 0;
}

static int layout_made(void)
{
	size_t dims[AML_LAYOUT_NDIMS_MAX];
	double *last;

	NEED(out != NULL && out != UNTOUCHED);
	NEED(aml_layout_ndims(out) == way->ndims);
	NEED(aml_layout_dims_native(out, dims) == AML_SUCCESS);
	NEED(memcmp(dims, way->dims, way->ndims * sizeof(*dims)) == 0);
	last = last_of(out, way->ndims, dims);
	if (way->last == IN_NEUTRAL)
		NEED(last < memory || last >= memory + 512);
	else
		NEED(last == memory + way->last);
	NEED(way->owns || in == NULL || in_last() == last_of_in);
	aml_layout_destroy(&out);
	out = UNTOUCHED;
	if (way->owns)
		in = NULL;
	return 0;
}

static int clean_layout(void)
{
	aml_layout_destroy(&in);
	return 0;
}

/* Contract: ERROR-5. */
START_TEST(layouts_without_memory)
{
	static const struct act make = {
		.prepare = prepare_layout,
		.untouched = layout_untouched,
		.done = layout_made,
		.clean = clean_layout,
		.error = -AML_ENOMEM,
	};

	for (order = 0; order < 2; order++) {
		for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
			struct act act = make;

			way = &ways[i];
			act.name = way->name;
			act.call = way->call;
			ck_assert_uint_ge(exhaust(&act, FAULT_MEMORY), way->faults);
		}
	}
}
END_TEST

/* Schedulers and engines. */

static size_t workers;
static struct aml_sched *sched;
static struct aml_dma *dma;

static int no_pool(void)
{
	sched = UNTOUCHED;
	dma = UNTOUCHED;
	return 0;
}

static int create_sched(void)
{
	struct aml_sched *made;

	aml_errno = AML_SUCCESS;
	made = aml_queue_sched_create(workers);
	if (made == NULL)
		return -aml_errno;
	sched = made;
	return AML_SUCCESS;
}

static int pool_untouched(void)
{
	NEED(sched == UNTOUCHED);
	NEED(dma == UNTOUCHED);
	return 0;
}

static int sched_works(void)
{
	struct job job = {.result = 3};
	int result = 0;
	struct aml_task task = job_task(&job, &result);

	NEED(faults_threads() == (long)workers);
	NEED(aml_sched_submit_task(sched, &task) == AML_SUCCESS);
	NEED(aml_sched_wait_task(sched, &task) == AML_SUCCESS);
	NEED(job.runs == 1 && result == 3);
	aml_queue_sched_destroy(&sched);
	NEED(sched == NULL);
	return no_pool();
}

static int create_dma(void)
{
	return aml_dma_linux_create(&dma, workers);
}

/* Copy a few bytes with the engine. */
static int copies(struct aml_dma *engine)
{
	char from[] = "from here to there", to[sizeof(from)] = "";

	NEED(aml_dma_copy_custom(engine, (struct aml_layout *)to, (struct aml_layout *)from,
				 aml_dma_linux_memcpy_op, (void *)sizeof(to)) == AML_SUCCESS);
	NEED(strcmp(from, to) == 0);
	return 0;
}

static int dma_works(void)
{
	int err = copies(dma);

	NEED(faults_threads() == (long)workers);
	if (err < 0)
		return err;
	NEED(aml_dma_linux_destroy(&dma) == AML_SUCCESS);
	NEED(dma == NULL);
	return no_pool();
}

static const struct act make_sched = {
	.name = "aml_queue_sched_create",
	.prepare = no_pool,
	.call = create_sched,
	.untouched = pool_untouched,
	.done = sched_works,
	.error = -AML_ENOMEM,
};

static const struct act make_dma = {
	.name = "aml_dma_linux_create",
	.prepare = no_pool,
	.call = create_dma,
	.untouched = pool_untouched,
	.done = dma_works,
	.error = -AML_ENOMEM,
};

/* Contract: ERROR-5. */
START_TEST(pools_without_memory)
{
	for (workers = 0; workers <= 4; workers++) {
		ck_assert_uint_ge(exhaust(&make_sched, FAULT_MEMORY), 1);
		ck_assert_uint_ge(exhaust(&make_dma, FAULT_MEMORY), 2);
	}
}
END_TEST

/* Contract: ERROR-5. */
START_TEST(pools_without_threads)
{
	for (workers = 0; workers <= 8; workers++) {
		ck_assert_uint_eq(exhaust(&make_sched, FAULT_THREAD), workers);
		ck_assert_uint_eq(exhaust(&make_dma, FAULT_THREAD), workers);
	}
}
END_TEST

/* The library's locks and condition variables have static initialisers, which cannot fail. */
/* Contract: ERROR-5. */
START_TEST(pools_without_locks)
{
	for (workers = 0; workers <= 2; workers++) {
		exhaust(&make_sched, FAULT_MUTEX);
		exhaust(&make_sched, FAULT_COND);
		exhaust(&make_dma, FAULT_MUTEX);
		exhaust(&make_dma, FAULT_COND);
	}
}
END_TEST

/*
 * A process registers the handlers once: when the library is loaded or, if that fails, at the first
 * use. In this program the registration at load fails, and the test must make the first use.
 */
static unsigned long failed_at_load;

__attribute__((constructor(101))) static void fail_at_load(void)
{
	faults_arm(FAULT_ATFORK, 1, true);
}

/* Contract: ERROR-5. */
START_TEST(pools_without_fork_handlers)
{
	ck_assert_uint_ge(failed_at_load, 1);
	for (workers = 0; workers <= 2; workers++) {
		ck_assert_uint_ge(exhaust_in_children(&make_sched, FAULT_ATFORK), 1);
		ck_assert_uint_ge(exhaust_in_children(&make_dma, FAULT_ATFORK), 1);
	}
}
END_TEST

/* Engines with attributes: the CPUs of the calling thread, as a set or not, pinned or not. */
static struct aml_dma_linux_attr attr = AML_DMA_LINUX_ATTR_INIT;

static int create_with_attr(void)
{
	return aml_dma_linux_create_attr(&dma, &attr);
}

static const struct act make_dma_with_attr = {
	.name = "aml_dma_linux_create_attr",
	.prepare = no_pool,
	.call = create_with_attr,
	.untouched = pool_untouched,
	.done = dma_works,
	.error = -AML_ENOMEM,
};

/* Contract: ERROR-5. */
START_TEST(engines_with_attributes_without_memory_or_threads)
{
	cpu_set_t cpus;

	ck_assert_int_eq(sched_getaffinity(0, sizeof(cpus), &cpus), 0);
	attr.name = "faulty";
	attr.stack_size = 1 << 20;
	for (unsigned i = 0; i < 4; i++) {
		attr.cpus = i / 2 ? &cpus : NULL;
		attr.cpus_size = sizeof(cpus);
		attr.flags = i % 2 ? AML_DMA_LINUX_PIN : 0;
		for (workers = 0; workers <= 3; workers++) {
			/* Without workers, a thread tries the CPUs of the set. */
			bool probes = workers == 0 && attr.flags + (attr.cpus != NULL) > 0;

			attr.num_threads = workers;
			ck_assert_uint_ge(exhaust(&make_dma_with_attr, FAULT_MEMORY),
					  2 + workers + (attr.cpus != NULL));
			ck_assert_uint_eq(exhaust(&make_dma_with_attr, FAULT_THREAD),
					  workers + probes);
		}
	}
}
END_TEST

/* An automatic number of workers for a set of CPUs: a thread counts them. */
/* Contract: ERROR-5. */
START_TEST(engines_for_a_set_of_cpus_without_memory_or_threads)
{
	struct act act = make_dma_with_attr;
	cpu_set_t all, one;

	unsetenv("AML_DMA_NUM_THREADS");
	ck_assert_int_eq(sched_getaffinity(0, sizeof(all), &all), 0);
	CPU_ZERO(&one);
	for (size_t cpu = 0; CPU_COUNT(&one) == 0; cpu++)
		if (CPU_ISSET(cpu, &all))
			CPU_SET(cpu, &one);
	attr.cpus = &one;
	attr.cpus_size = sizeof(one);
	workers = 1;
	/* What is needed to read the quota may fail: it then does not limit the workers. */
	act.may_succeed = true;
	ck_assert_uint_ge(exhaust(&act, FAULT_MEMORY), 4);
	ck_assert_uint_eq(exhaust(&make_dma_with_attr, FAULT_THREAD), 2);
}
END_TEST

/* Contract: ERROR-5, ATTR-5. */
START_TEST(engines_that_are_refused_leave_nothing)
{
	long blocks = faults_blocks();
	cpu_set_t cpus;

	ck_assert_int_eq(sched_getaffinity(0, sizeof(cpus), &cpus), 0);
	/* The last CPU of the set does not exist. */
	CPU_SET(CPU_SETSIZE - 1, &cpus);
	attr.cpus = &cpus;
	attr.cpus_size = sizeof(cpus);
	attr.flags = AML_DMA_LINUX_PIN;
	attr.num_threads = (size_t)CPU_COUNT(&cpus);
	no_pool();
	ck_assert_int_eq(create_with_attr(), -AML_EINVAL);
	ck_assert_int_eq(pool_untouched(), 0);
	CPU_ZERO(&cpus);
	attr.flags = 0;
	ck_assert_int_eq(create_with_attr(), -AML_EINVAL);
	attr.num_threads = 0;
	ck_assert_int_eq(create_with_attr(), -AML_EINVAL);
	ck_assert_int_eq(pool_untouched(), 0);
	ck_assert_int_eq(faults_blocks(), blocks);
	ck_assert_int_eq(faults_threads(), 0);
}
END_TEST

/* The peak of the memory that this process has touched, in KiB. */
static long touched(void)
{
	struct rusage usage;

	ck_assert_int_eq(getrusage(RUSAGE_SELF, &usage), 0);
	return usage.ru_maxrss;
}

/* Contract: ERROR-5. */
START_TEST(more_workers_than_there_can_be_threads)
{
	static const size_t numbers[] = {1000000, 10000000, SIZE_MAX};
	long before = faults_blocks(), size = touched();

	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		int first, second;

		workers = numbers[i];
		no_pool();
		faults_arm(FAULT_THREAD, 4, true);
		first = create_sched();
		second = create_dma();
		faults_disarm();
		ck_assert_int_eq(first, -AML_ENOMEM);
		ck_assert_int_eq(second, -AML_ENOMEM);
		ck_assert_int_eq(pool_untouched(), 0);
		ck_assert_int_eq(faults_blocks(), before);
		ck_assert_int_eq(faults_threads(), 0);
	}
	/* A worker's memory is allocated only just before its thread is created. */
	if (!under_sanitizer())
		ck_assert_int_lt(touched() - size, 16 << 10);
}
END_TEST

/* aml_init(). */

static int start_library(void)
{
	return aml_init(NULL, NULL);
}

static int not_started(void)
{
	NEED(aml_dma_linux == NULL);
	NEED(aml_finalize() == -AML_EINVAL);
	return 0;
}

static int library_works(void)
{
	int err = copies(aml_dma_linux);

	if (err < 0)
		return err;
	NEED(aml_finalize() == AML_SUCCESS);
	return not_started();
}

static const struct act init = {
	.name = "aml_init",
	.prepare = not_started,
	.call = start_library,
	.untouched = not_started,
	.done = library_works,
	.error = -AML_ENOMEM,
};

/* Contract: ERROR-5. */
START_TEST(init_without_memory)
{
	setenv("AML_DMA_NUM_THREADS", "0", 1);
	ck_assert_uint_ge(exhaust(&init, FAULT_MEMORY), 2);
	setenv("AML_DMA_NUM_THREADS", "3", 1);
	ck_assert_uint_ge(exhaust(&init, FAULT_MEMORY), 2);
}
END_TEST

/* If there is no memory to count the CPUs, aml_init() uses one worker. */
START_TEST(init_without_memory_to_count_the_cpus)
{
	struct act act = init;

	act.name = "aml_init, a worker for each CPU";
	act.may_succeed = true;
	unsetenv("AML_DMA_NUM_THREADS");
	ck_assert_uint_ge(exhaust(&act, FAULT_MEMORY), 2);
}
END_TEST

/* A quota that cannot be read is no limit. */
/* Contract: INIT-6. */
START_TEST(init_without_files)
{
	struct act act = init;

	act.name = "aml_init, a worker for each CPU of a quota";
	act.may_succeed = true;
	unsetenv("AML_DMA_NUM_THREADS");
	ck_assert_uint_ge(exhaust(&act, FAULT_FILE), 2);
}
END_TEST

/* The number of workers of aml_dma_linux without a quota. */
static long count_workers(void)
{
	long before = faults_threads(), n;
	int err;

	faults_arm(FAULT_FILE, 1, true);
	err = aml_init(NULL, NULL);
	ck_assert_uint_ge(faults_disarm(), 1);
	ck_assert_int_eq(err, AML_SUCCESS);
	n = faults_threads() - before;
	ck_assert_int_eq(aml_finalize(), AML_SUCCESS);
	return n;
}

/*
 * A machine with more CPUs than a cpu_set_t holds, and a machine on which the mask cannot be read.
 */
/* Contract: INIT-5. */
START_TEST(init_with_masks_that_the_kernel_refuses)
{
	cpu_set_t cpus;

	unsetenv("AML_DMA_NUM_THREADS");
	ck_assert_int_eq(sched_getaffinity(0, sizeof(cpus), &cpus), 0);
	faults_affinity(EINVAL, 2 * sizeof(cpus));
	ck_assert_int_eq(count_workers(), CPU_COUNT(&cpus));
	faults_affinity(EINVAL, 16 * sizeof(cpus));
	ck_assert_int_eq(count_workers(), CPU_COUNT(&cpus));
	faults_affinity(EINVAL, SIZE_MAX);
	ck_assert_int_eq(count_workers(), 1);
	faults_affinity(EPERM, SIZE_MAX);
	ck_assert_int_eq(count_workers(), 1);
	faults_affinity(0, 0);
}
END_TEST

/* Contract: ERROR-5. */
START_TEST(init_without_threads)
{
	setenv("AML_DMA_NUM_THREADS", "3", 1);
	ck_assert_uint_eq(exhaust(&init, FAULT_THREAD), 3);
	unsetenv("AML_DMA_NUM_THREADS");
	ck_assert_uint_ge(exhaust(&init, FAULT_THREAD), 1);
}
END_TEST

/* Contract: ERROR-5. */
START_TEST(init_without_locks)
{
	setenv("AML_DMA_NUM_THREADS", "2", 1);
	exhaust(&init, FAULT_MUTEX);
	exhaust(&init, FAULT_COND);
}
END_TEST

/* Contract: ERROR-5. */
START_TEST(init_without_fork_handlers)
{
	setenv("AML_DMA_NUM_THREADS", "1", 1);
	ck_assert_uint_ge(exhaust_in_children(&init, FAULT_ATFORK), 1);
}
END_TEST

/* A second aml_init() acquires nothing, so it cannot fail. */
/* Contract: INIT-1. */
START_TEST(a_further_init_acquires_nothing)
{
	long blocks = faults_blocks(), threads = faults_threads();
	int errs[4];

	errs[0] = aml_init(NULL, NULL);
	faults_arm(FAULT_ANY, 1, true);
	errs[1] = aml_init(NULL, NULL);
	errs[2] = aml_finalize();
	errs[3] = aml_finalize();
	ck_assert_uint_eq(faults_disarm(), 0);
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(errs[i], AML_SUCCESS);
	ck_assert_int_eq(faults_blocks(), blocks);
	ck_assert_int_eq(faults_threads(), threads);
}
END_TEST

Suite *make_suite(void)
{
	const TTest *const tests[] = {each_allocator_fails_when_told_to,
				      blocks_are_counted,
				      the_n_th_call_of_the_kind_alone_fails,
				      layouts_without_memory,
				      pools_without_memory,
				      pools_without_threads,
				      pools_without_locks,
				      pools_without_fork_handlers,
				      engines_with_attributes_without_memory_or_threads,
				      engines_for_a_set_of_cpus_without_memory_or_threads,
				      engines_that_are_refused_leave_nothing,
				      more_workers_than_there_can_be_threads,
				      init_without_memory,
				      init_without_memory_to_count_the_cpus,
				      init_without_files,
				      init_with_masks_that_the_kernel_refuses,
				      init_without_threads,
				      init_without_locks,
				      init_without_fork_handlers,
				      a_further_init_acquires_nothing};

	failed_at_load = faults_disarm();
	return suite_of("faults/faults", sizeof(tests) / sizeof(*tests), tests);
}
