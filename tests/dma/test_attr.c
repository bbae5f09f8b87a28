/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Engines with attributes: the number of the workers, their CPUs, names and stacks, and what is
 * refused. The test build of the library finds no CPU quota, because its folder does not exist.
 */
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/resource.h>

#include "gate.h"
#include "made.h"
#include "suite.h"

enum { WORKERS_MAX = 12, STACK_FOR_OPERATORS = 256 << 10 };

#define UNTOUCHED ((struct aml_dma *)(uintptr_t)0x5a5a)

/* Thread-local storage, which takes its memory from the stack of a thread. */
static __thread volatile unsigned char storage[3 << 20];

/* A worker, as an operator in it sees it. */
struct look {
	struct job job;
	char name[16];
	cpu_set_t cpus;
	int policy, nice;
	size_t stack;
};

/* A body: look at the thread. */
static int look_around(struct job *job)
{
	struct look *look = (struct look *)(void *)job;
	pthread_attr_t attr;

	NEED(pthread_getname_np(pthread_self(), look->name, sizeof(look->name)) == 0);
	NEED(sched_getaffinity(0, sizeof(look->cpus), &look->cpus) == 0);
	look->policy = sched_getscheduler(0);
	look->nice = getpriority(PRIO_PROCESS, 0);
	NEED(pthread_getattr_np(pthread_self(), &attr) == 0);
	NEED(pthread_attr_getstacksize(&attr, &look->stack) == 0);
	NEED(pthread_attr_destroy(&attr) == 0);
	return 0;
}

/* Look at n workers of an engine, all it has, and destroy the engine. looks[i]: the worker i. */
static void look_at(struct aml_dma *dma, size_t n, struct look looks[])
{
	struct look mixed[WORKERS_MAX];
	struct gate gate;

	gate_init(&gate);
	for (size_t i = 0; i < n; i++) {
		mixed[i] = (struct look){.job = {.gate = &gate, .body = look_around}};
		ck_assert_int_eq(job_post(dma, NULL, &mixed[i].job), 0);
	}
	for (size_t i = 0; i < n; i++)
		gate_await(&gate);
	for (size_t i = 0; i < n; i++)
		gate_open(&gate);
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	for (size_t i = 0; i < n; i++) {
		const char *slash = strrchr(mixed[i].name, '/');
		size_t number;

		ck_assert_ptr_nonnull(slash);
		number = strtoul(slash + 1, NULL, 10);
		ck_assert_uint_lt(number, n);
		looks[number] = mixed[i];
	}
	destroy_engine(&dma);
	gate_destroy(&gate);
}

static struct aml_dma *engine_with(const struct aml_dma_linux_attr *attr)
{
	struct aml_dma *dma = NULL;

	ck_assert_int_eq(aml_dma_linux_create_attr(&dma, attr), 0);
	ck_assert_ptr_nonnull(dma);
	return dma;
}

static size_t workers_of(struct aml_dma *dma)
{
	struct aml_dma_linux_stats stats = AML_DMA_LINUX_STATS_INIT;

	ck_assert_int_eq(aml_dma_linux_statistics(dma, &stats), 0);
	return (size_t)stats.workers;
}

/* Create an engine, count its workers, and destroy it. */
static size_t count_workers(const struct aml_dma_linux_attr *attr)
{
	struct aml_dma *dma = engine_with(attr);
	size_t n = workers_of(dma);

	destroy_engine(&dma);
	return n;
}

/* No quota limits the workers, and no variable sets their number. */
static void no_quota(void)
{
	ck_assert_int_eq(setenv("AML_TEST_ROOT", "no-such-folder", 1), 0);
	ck_assert_int_eq(unsetenv("AML_DMA_NUM_THREADS"), 0);
}

/* The CPUs that this thread may use. */
static cpu_set_t own_cpus(void)
{
	cpu_set_t cpus;

	ck_assert_int_eq(sched_getaffinity(0, sizeof(cpus), &cpus), 0);
	return cpus;
}

/* The number of the i-th CPU of a set, and again from the first one. */
static size_t nth_cpu(const cpu_set_t *cpus, size_t i)
{
	size_t cpu = 0;

	i %= (size_t)CPU_COUNT(cpus);
	while (!CPU_ISSET(cpu, cpus) || i-- > 0)
		cpu++;
	return cpu;
}

static cpu_set_t only(size_t cpu)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(cpu, &cpus);
	return cpus;
}

/* The attributes are refused with the code, and nothing is left behind. */
static void expect_refused(const struct aml_dma_linux_attr *attr, int code)
{
	struct aml_dma *dma = UNTOUCHED;
	cpu_set_t before = own_cpus(), after;
	sigset_t mask, mask_after;

	ck_assert_int_eq(pthread_sigmask(SIG_BLOCK, NULL, &mask), 0);
	ck_assert_int_eq(aml_dma_linux_create_attr(&dma, attr), code);
	ck_assert_ptr_eq(dma, UNTOUCHED);
	after = own_cpus();
	ck_assert(CPU_EQUAL(&before, &after));
	ck_assert_int_eq(pthread_sigmask(SIG_BLOCK, NULL, &mask_after), 0);
	for (int sig = 1; sig <= SIGRTMAX; sig++)
		ck_assert_int_eq(sigismember(&mask, sig), sigismember(&mask_after, sig));
	/* Joined threads may stay visible for a moment. Others make the test exceed its limit. */
	while (threads_named(attr->name != NULL ? attr->name : "aml-dma/", NULL, 0) > 0)
		sched_yield();
}

/* Contract: ATTR-1. */
START_TEST(null_and_the_initialiser_are_the_defaults)
{
	const struct aml_dma_linux_attr init = AML_DMA_LINUX_ATTR_INIT;
	cpu_set_t mine = own_cpus();
	size_t n = (size_t)CPU_COUNT(&mine);

	no_quota();
	ck_assert_uint_eq(init.size, sizeof(init));
	ck_assert_uint_eq(init.num_threads, AML_DMA_LINUX_THREADS_AUTO);
	ck_assert_uint_eq(AML_DMA_LINUX_THREADS_AUTO, SIZE_MAX);
	for (int i = 0; i < 2 && n <= WORKERS_MAX; i++) {
		struct aml_dma *dma = engine_with(i == 0 ? NULL : &init);
		struct look looks[WORKERS_MAX];

		ck_assert_uint_eq(workers_of(dma), n);
		look_at(dma, n, looks);
		for (size_t k = 0; k < n; k++) {
			char name[16];

			snprintf(name, sizeof(name), "aml-dma/%u", (unsigned)k);
			ck_assert_str_eq(looks[k].name, name);
			ck_assert(CPU_EQUAL(&looks[k].cpus, &mine));
		}
	}
}
END_TEST

/* Contract: ATTR-2. */
START_TEST(the_number_of_workers_is_taken_as_it_is)
{
	struct aml_dma_linux_attr attr = AML_DMA_LINUX_ATTR_INIT;
	struct aml_dma_request *req = NULL;
	struct job job = {.result = 0};
	struct aml_dma *dma;

	ck_assert_int_eq(setenv("AML_DMA_NUM_THREADS", "5", 1), 0);
	for (attr.num_threads = 0; attr.num_threads < 5; attr.num_threads++)
		ck_assert_uint_eq(count_workers(&attr), attr.num_threads);
	/* Without workers, who waits runs the request. */
	attr.num_threads = 0;
	dma = engine_with(&attr);
	ck_assert_int_eq(job_post(dma, &req, &job), 0);
	ck_assert_int_eq(job.runs, 0);
	ck_assert_int_eq(aml_dma_wait(dma, &req), 0);
	ck_assert_int_eq(job.runs, 1);
	ck_assert_int_eq(job.tid, gettid());
	destroy_engine(&dma);
}
END_TEST

/* Contract: ATTR-2. */
START_TEST(the_variable_sets_the_automatic_number)
{
	static const char *const wrong[] = {"", " 1", "-1", "1x", "99999999999999999999"};
	struct aml_dma_linux_attr attr = AML_DMA_LINUX_ATTR_INIT;

	ck_assert_int_eq(setenv("AML_DMA_NUM_THREADS", "3", 1), 0);
	ck_assert_uint_eq(count_workers(&attr), 3);
	ck_assert_uint_eq(count_workers(NULL), 3);
	ck_assert_int_eq(setenv("AML_DMA_NUM_THREADS", "0", 1), 0);
	ck_assert_uint_eq(count_workers(NULL), 0);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		ck_assert_int_eq(setenv("AML_DMA_NUM_THREADS", wrong[i], 1), 0);
		expect_refused(&attr, -AML_EINVAL);
		/* Whoever names a number does not need the variable. */
		attr.num_threads = 2;
		ck_assert_uint_eq(count_workers(&attr), 2);
		attr.num_threads = AML_DMA_LINUX_THREADS_AUTO;
	}
}
END_TEST

/* Contract: ATTR-2. */
START_TEST(the_cpus_set_the_automatic_number)
{
	struct aml_dma_linux_attr attr = AML_DMA_LINUX_ATTR_INIT;
	cpu_set_t mine = own_cpus(), one = only(nth_cpu(&mine, 0)), many;

	no_quota();
	attr.cpus = &one;
	attr.cpus_size = sizeof(one);
	ck_assert_uint_eq(count_workers(&attr), 1);
	/* CPUs that do not exist do not count. */
	memset(&many, 0xff, sizeof(many));
	attr.cpus = &many;
	ck_assert_uint_ge(count_workers(&attr), (size_t)CPU_COUNT(&mine));
	ck_assert_uint_le(count_workers(&attr), (size_t)sysconf(_SC_NPROCESSORS_CONF));
	attr.cpus = NULL;
	ck_assert_int_eq(sched_setaffinity(0, sizeof(one), &one), 0);
	ck_assert_uint_eq(count_workers(&attr), 1);
	ck_assert_uint_eq(count_workers(NULL), 1);
}
END_TEST

/* Contract: ATTR-3. */
START_TEST(the_workers_run_on_the_cpus_of_the_set)
{
	struct aml_dma_linux_attr attr = AML_DMA_LINUX_ATTR_INIT;
	cpu_set_t mine = own_cpus(), first = only(nth_cpu(&mine, 0)), after;
	size_t last = nth_cpu(&mine, (size_t)CPU_COUNT(&mine) - 1);
	/* More CPUs than the kernel or this machine has. */
	const size_t size = 4 * sizeof(cpu_set_t);
	struct look looks[3];
	cpu_set_t *set = calloc(1, size);
	struct aml_dma *dma;

	ck_assert_ptr_nonnull(set);
	CPU_SET_S(last, size, set);
	CPU_SET_S(8 * size - 1, size, set);
	attr.num_threads = 3;
	attr.cpus = set;
	attr.cpus_size = size;
	/* The workers may use CPUs that the calling thread does not use. */
	ck_assert_int_eq(sched_setaffinity(0, sizeof(first), &first), 0);
	dma = engine_with(&attr);
	memset(set, 0xff, size);
	free(set);
	look_at(dma, 3, looks);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(CPU_COUNT(&looks[i].cpus), 1);
		ck_assert(CPU_ISSET(last, &looks[i].cpus));
	}
	after = own_cpus();
	ck_assert(CPU_EQUAL(&after, &first));
}
END_TEST

/* Contract: ATTR-3. */
START_TEST(a_set_may_be_small)
{
	struct aml_dma_linux_attr attr = AML_DMA_LINUX_ATTR_INIT;
	cpu_set_t mine = own_cpus();
	size_t cpu = nth_cpu(&mine, 0);
	struct look looks[1];
	unsigned long word;

	/* The first words of the set. A set of this machine's CPUs may not fit into one. */
	if (cpu >= 8 * sizeof(word))
		return;
	word = 1UL << cpu;
	attr.num_threads = 1;
	attr.cpus = &word;
	attr.cpus_size = sizeof(word);
	look_at(engine_with(&attr), 1, looks);
	ck_assert_int_eq(CPU_COUNT(&looks[0].cpus), 1);
	ck_assert(CPU_ISSET(cpu, &looks[0].cpus));
}
END_TEST

/* Worker i is bound to the i-th CPU. */
static void expect_pinned(const struct aml_dma_linux_attr *attr, const cpu_set_t *cpus)
{
	struct look looks[WORKERS_MAX];

	look_at(engine_with(attr), attr->num_threads, looks);
	for (size_t i = 0; i < attr->num_threads; i++) {
		ck_assert_int_eq(CPU_COUNT(&looks[i].cpus), 1);
		ck_assert(CPU_ISSET(nth_cpu(cpus, i), &looks[i].cpus));
	}
}

/* Contract: ATTR-4. */
START_TEST(pinned_workers_take_the_cpus_in_turn)
{
	struct aml_dma_linux_attr attr = AML_DMA_LINUX_ATTR_INIT;
	cpu_set_t mine = own_cpus(), last = only(nth_cpu(&mine, (size_t)CPU_COUNT(&mine) - 1));

	attr.flags = AML_DMA_LINUX_PIN;
	for (attr.num_threads = 1; attr.num_threads <= 5; attr.num_threads += 2) {
		attr.cpus = &mine;
		attr.cpus_size = sizeof(mine);
		expect_pinned(&attr, &mine);
		attr.cpus = &last;
		expect_pinned(&attr, &last);
		/* Without a set: the CPUs of the calling thread. */
		attr.cpus = NULL;
		expect_pinned(&attr, &mine);
	}
	ck_assert_int_eq(sched_setaffinity(0, sizeof(last), &last), 0);
	attr.num_threads = 2;
	expect_pinned(&attr, &last);
	attr.num_threads = 0;
	ck_assert_uint_eq(count_workers(&attr), 0);
}
END_TEST

/* Contract: ATTR-5. */
START_TEST(a_set_without_a_usable_cpu_is_refused)
{
	static const size_t numbers[] = {0, 1, 3, AML_DMA_LINUX_THREADS_AUTO};
	const size_t large = 2 * sizeof(cpu_set_t);
	cpu_set_t none, far[2];

	no_quota();
	CPU_ZERO(&none);
	memset(far, 0, sizeof(far));
	/* This CPU does not exist, even if the kernel knows so many. */
	CPU_SET_S(8 * large - 1, large, far);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		for (unsigned flags = 0; flags <= AML_DMA_LINUX_PIN; flags++) {
			struct aml_dma_linux_attr attr = AML_DMA_LINUX_ATTR_INIT;

			attr.num_threads = numbers[i];
			attr.flags = flags;
			attr.cpus = &none;
			attr.cpus_size = sizeof(none);
			expect_refused(&attr, -AML_EINVAL);
			attr.cpus_size = 0;
			expect_refused(&attr, -AML_EINVAL);
			attr.cpus = far;
			attr.cpus_size = large;
			expect_refused(&attr, -AML_EINVAL);
		}
	}
}
END_TEST

/* Contract: ATTR-5. */
START_TEST(a_pin_that_the_kernel_refuses_undoes_all)
{
	struct aml_dma_linux_attr attr = AML_DMA_LINUX_ATTR_INIT;
	cpu_set_t mine = own_cpus(), set = only(nth_cpu(&mine, 0));
	struct look looks[2];

	CPU_SET(CPU_SETSIZE - 1, &set);
	attr.cpus = &set;
	attr.cpus_size = sizeof(set);
	attr.flags = AML_DMA_LINUX_PIN;
	for (attr.num_threads = 2; attr.num_threads < 5; attr.num_threads++)
		expect_refused(&attr, -AML_EINVAL);
	attr.name = "pinned";
	expect_refused(&attr, -AML_EINVAL);
	attr.num_threads = 1;
	expect_pinned(&attr, &set);
	/* Without a pin, one usable CPU is enough. */
	attr.num_threads = 2;
	attr.flags = 0;
	look_at(engine_with(&attr), 2, looks);
	ck_assert_int_eq(CPU_COUNT(&looks[1].cpus), 1);
}
END_TEST

static void expect_names(const char *name, size_t n, const char *const expected[])
{
	struct aml_dma_linux_attr attr = AML_DMA_LINUX_ATTR_INIT;
	struct look looks[WORKERS_MAX];
	struct aml_dma *dma;
	char *copy = strdup(name);

	ck_assert_ptr_nonnull(copy);
	attr.num_threads = n;
	attr.name = copy;
	dma = engine_with(&attr);
	memset(copy, 'x', strlen(copy));
	free(copy);
	look_at(dma, n, looks);
	for (size_t i = 0; i < n; i++)
		ck_assert_str_eq(looks[i].name, expected[i]);
}

/* Contract: ATTR-6. */
START_TEST(the_name_is_cut_but_never_the_number)
{
	expect_names("halo", 2, (const char *const[]){"halo/0", "halo/1"});
	expect_names("", 1, (const char *const[]){"/0"});
	expect_names("a/b", 1, (const char *const[]){"a/b/0"});
	/* With the number, these have 15 and 16 bytes. */
	expect_names("1234567890123", 1, (const char *const[]){"1234567890123/0"});
	expect_names("12345678901234", 1, (const char *const[]){"1234567890123/0"});
	expect_names("1234567890123456", 12,
		     (const char *const[]){"1234567890123/0", "1234567890123/1", "1234567890123/2",
					   "1234567890123/3", "1234567890123/4", "1234567890123/5",
					   "1234567890123/6", "1234567890123/7", "1234567890123/8",
					   "1234567890123/9", "123456789012/10",
					   "123456789012/11"});
}
END_TEST

/* A body: look at the thread, and use the promised room of its stack. */
static int use_the_stack(struct job *job)
{
	volatile unsigned char room[STACK_FOR_OPERATORS];

	for (size_t i = 0; i < sizeof(room); i++)
		room[i] = (unsigned char)i;
	NEED(room[sizeof(room) - 1] == 255);
	for (size_t i = 0; i < sizeof(storage); i += 4096)
		storage[i] = 1;
	storage[sizeof(storage) - 1] = 1;
	return look_around(job);
}

/* Return the size of the stack of a worker of an engine with these attributes. */
static size_t stack_of(size_t stack_size)
{
	struct aml_dma_linux_attr attr = AML_DMA_LINUX_ATTR_INIT;
	struct look look = {.job = {.body = use_the_stack}};
	struct aml_dma *dma;

	attr.num_threads = 1;
	attr.stack_size = stack_size;
	dma = engine_with(&attr);
	ck_assert_int_eq(job_post(dma, NULL, &look.job), 0);
	ck_assert_int_eq(aml_dma_barrier(dma), 0);
	destroy_engine(&dma);
	return look.stack;
}

static void set_default_stack(size_t size)
{
	pthread_attr_t attr;

	ck_assert_int_eq(pthread_attr_init(&attr), 0);
	ck_assert_int_eq(pthread_attr_setstacksize(&attr, size), 0);
	ck_assert_int_eq(pthread_setattr_default_np(&attr), 0);
	ck_assert_int_eq(pthread_attr_destroy(&attr), 0);
}

/* Contract: ATTR-7. */
START_TEST(a_stack_that_is_too_small_is_raised)
{
	const size_t least = sizeof(storage) + STACK_FOR_OPERATORS;

	ck_assert_uint_ge(stack_of(1), least);
	ck_assert_uint_ge(stack_of((size_t)2 << 20), least);
	/* The default may be too small as well. */
	set_default_stack((size_t)2 << 20);
	ck_assert_uint_ge(stack_of(0), least);
	ck_assert_uint_ge(stack_of(64 << 10), least);
}
END_TEST

/* Contract: ATTR-7. */
START_TEST(a_stack_has_the_size_that_was_asked_for)
{
	const size_t large = (size_t)48 << 20;

	ck_assert_uint_ge(stack_of(large), large);
	ck_assert_uint_lt(stack_of(large), large + (1 << 20));
	ck_assert_uint_ge(stack_of(large + 12345), large + 12345);
	/* 0 is the default, and any other size replaces it. */
	set_default_stack(large);
	ck_assert_uint_ge(stack_of(0), large);
	ck_assert_uint_lt(stack_of((size_t)8 << 20), large);
}
END_TEST

/* Contract: ATTR-7. */
START_TEST(a_stack_that_no_memory_is_large_enough_for_is_refused)
{
	static const size_t sizes[] = {
		SIZE_MAX,
		SIZE_MAX - 4096,
		SIZE_MAX / 2 + 1,
#if SIZE_MAX > UINT32_MAX /* with sizes of 32 bits, a machine may have as much */
		SIZE_MAX / 2,
		SIZE_MAX / 4,
#endif
	};
	cpu_set_t mine = own_cpus();

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct aml_dma_linux_attr attr = AML_DMA_LINUX_ATTR_INIT;

		attr.num_threads = 1;
		attr.stack_size = sizes[i];
		expect_refused(&attr, -AML_ENOMEM);
		attr.cpus = &mine;
		attr.cpus_size = sizeof(mine);
		expect_refused(&attr, -AML_ENOMEM);
		attr.flags = AML_DMA_LINUX_PIN;
		expect_refused(&attr, -AML_ENOMEM);
	}
}
END_TEST

/* Contract: ATTR-8. */
START_TEST(workers_inherit_what_the_attributes_do_not_set)
{
	struct aml_dma_linux_attr attr = AML_DMA_LINUX_ATTR_INIT;
	struct sched_param param = {0};
	cpu_set_t mine = own_cpus(), last = only(nth_cpu(&mine, (size_t)CPU_COUNT(&mine) - 1));
	struct look looks[2];

	ck_assert_int_eq(sched_setscheduler(0, SCHED_BATCH, &param), 0);
	ck_assert_int_eq(setpriority(PRIO_PROCESS, 0, 7), 0);
	ck_assert_int_eq(sched_setaffinity(0, sizeof(last), &last), 0);
	attr.num_threads = 2;
	attr.name = "heir";
	for (int i = 0; i < 2; i++) {
		look_at(engine_with(&attr), 2, looks);
		for (int k = 0; k < 2; k++) {
			ck_assert_int_eq(looks[k].policy, SCHED_BATCH);
			ck_assert_int_eq(looks[k].nice, 7);
			ck_assert(CPU_EQUAL(&looks[k].cpus, i == 0 ? &last : &mine));
		}
		attr.cpus = &mine;
		attr.cpus_size = sizeof(mine);
	}
}
END_TEST

/* A structure of a later version. */
struct later_attr {
	struct aml_dma_linux_attr attr;
	unsigned char more[24];
};

/* Contract: ATTR-9. */
START_TEST(the_size_of_the_structure_is_checked)
{
	struct later_attr later = {.attr = AML_DMA_LINUX_ATTR_INIT};

	later.attr.num_threads = 1;
	for (size_t size = 0; size < sizeof(later.attr); size++) {
		later.attr.size = size;
		expect_refused(&later.attr, -AML_EINVAL);
	}
	for (size_t size = sizeof(later.attr); size <= sizeof(later); size++) {
		later.attr.size = size;
		ck_assert_uint_eq(count_workers(&later.attr), 1);
	}
	for (size_t i = 0; i < sizeof(later.more); i++) {
		later.more[i] = 1;
		later.attr.size = sizeof(later);
		expect_refused(&later.attr, -AML_ENOTSUP);
		/* Bytes behind the size are not read. */
		later.attr.size = sizeof(later.attr) + i;
		ck_assert_uint_eq(count_workers(&later.attr), 1);
		later.more[i] = 0;
	}
}
END_TEST

/* Contract: ATTR-9. */
START_TEST(what_is_unknown_is_refused)
{
	struct aml_dma_linux_attr attr = AML_DMA_LINUX_ATTR_INIT;

	ck_assert_int_eq(aml_dma_linux_create_attr(NULL, NULL), -AML_EINVAL);
	ck_assert_int_eq(aml_dma_linux_create_attr(NULL, &attr), -AML_EINVAL);
	attr.num_threads = 1;
	for (unsigned bit = 1; bit != 0; bit <<= 1) {
		attr.reserved = bit;
		expect_refused(&attr, -AML_EINVAL);
		attr.reserved = 0;
		if (bit == AML_DMA_LINUX_PIN)
			continue;
		attr.flags = bit;
		expect_refused(&attr, -AML_EINVAL);
		attr.flags = bit | AML_DMA_LINUX_PIN;
		expect_refused(&attr, -AML_EINVAL);
		attr.flags = 0;
	}
	attr.num_threads = SIZE_MAX - 1;
	expect_refused(&attr, -AML_ENOMEM);
}
END_TEST

SUITE("dma/attr", null_and_the_initialiser_are_the_defaults,
      the_number_of_workers_is_taken_as_it_is, the_variable_sets_the_automatic_number,
      the_cpus_set_the_automatic_number, the_workers_run_on_the_cpus_of_the_set, a_set_may_be_small,
      pinned_workers_take_the_cpus_in_turn, a_set_without_a_usable_cpu_is_refused,
      a_pin_that_the_kernel_refuses_undoes_all, the_name_is_cut_but_never_the_number,
      a_stack_that_is_too_small_is_raised, a_stack_has_the_size_that_was_asked_for,
      a_stack_that_no_memory_is_large_enough_for_is_refused,
      workers_inherit_what_the_attributes_do_not_set, the_size_of_the_structure_is_checked,
      what_is_unknown_is_refused)
