/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A worker without work spins for a limited time, if tasks have come at short intervals, and not if
 * other threads need the CPUs. -Wl,--wrap replaces the clock and sched_yield() by functions of this
 * test: in the library, only a worker that spins yields.
 */
#include <sched.h>
#include <time.h>

#include "async/queue_sched.h"
#include "async/queue_state.h"
#include "gate.h"
#include "suite.h"

#define STEP 100        /* from one reading of the clock to the next, in nanoseconds */
#define GAP 400000      /* the longest time between two tasks, in nanoseconds */
#define SLICE 300000    /* the time of another thread, in nanoseconds */
#define CPUS_USED 10000 /* by the busy process; more than any machine has */
#define BATCH 100

static atomic_long clock_now = 1000000000, gap = GAP, yields;
static atomic_long submitted, longest; /* the time of the last task; from there to a yield */
static atomic_bool crowded;            /* another thread wants the CPU of the thread that yields */
static atomic_bool waits;              /* the thread that yields waits for the CPU */
static __thread bool tester;           /* the thread that runs the test */
static sem_t slice;                    /* the other thread is done */
static atomic_bool busy;               /* the process uses all CPUs */

int __wrap_clock_gettime(clockid_t id, struct timespec *ts);
int __wrap_sched_getcpu(void);
int __real_sched_yield(void);
int __wrap_sched_yield(void);

int __wrap_clock_gettime(clockid_t id, struct timespec *ts)
{
	long now = atomic_fetch_add(&clock_now, STEP);

	if (id == CLOCK_PROCESS_CPUTIME_ID)
		now *= busy ? CPUS_USED : 1;
	*ts = (struct timespec){.tv_sec = now / 1000000000, .tv_nsec = now % 1000000000};
	return 0;
}

/* No thread is moved. */
int __wrap_sched_getcpu(void)
{
	return 0;
}

int __wrap_sched_yield(void)
{
	if (tester)
		return __real_sched_yield();
	atomic_fetch_add(&yields, 1);
	if (clock_now - submitted > longest)
		longest = clock_now - submitted;
	if (crowded) {
		atomic_fetch_add(&clock_now, SLICE);
		waits = true;
		sem_wait(&slice);
	}
	return 0;
}

/* Let a worker run a task, `gap` after the last one. */
static void run_task(struct aml_sched *sched)
{
	struct gate gate;
	struct job job = {.gate = &gate};
	struct aml_task task = job_task(&job, NULL);

	gate_init(&gate);
	gate_open(&gate);
	submitted = atomic_fetch_add(&clock_now, gap) + gap;
	ck_assert_int_eq(aml_sched_submit_task(sched, &task), 0);
	while (sem_trywait(&gate.came) != 0) {
		if (atomic_exchange(&waits, false))
			sem_post(&slice);
		sched_yield();
	}
	ck_assert_int_eq(aml_sched_wait_task(sched, &task), 0);
	gate_destroy(&gate);
}

/* Return the number of yields meanwhile. After each task, wait until the thread `tid` sleeps. */
static long run_batch(struct aml_sched *sched, pid_t tid)
{
	long before = yields;

	for (int i = 0; i < BATCH; i++) {
		run_task(sched);
		if (tid != 0)
			thread_settle(tid);
	}
	return yields - before;
}

static struct aml_sched *one_worker(pid_t *tid)
{
	struct aml_sched *sched = aml_queue_sched_create(1);

	tester = true;
	ck_assert_ptr_nonnull(sched);
	while (threads_named("aml-dma/", tid, 1) == 0)
		;
	return sched;
}

static int cpu_count(cpu_set_t *set)
{
	ck_assert_int_eq(sched_getaffinity(0, sizeof(*set), set), 0);
	return CPU_COUNT(set);
}

/* Contract: WAIT-7. */
START_TEST(a_worker_spins_for_a_limited_time)
{
	struct aml_sched *sched;
	cpu_set_t set;
	pid_t tid;

	sched = one_worker(&tid);
	/* If the worker polled for ever, this would not end. */
	for (int rounds = 0; rounds < 20; rounds++) {
		while (cpu_count(&set) > 1 && run_batch(sched, tid) == 0)
			;
	}
	ck_assert_int_le(longest, QUEUE_SPIN_NS_MAX + 1000 * STEP);
	aml_queue_sched_destroy(&sched);
}
END_TEST

/* Contract: WAIT-7. */
START_TEST(on_one_cpu_no_worker_spins)
{
	struct aml_sched *sched;
	cpu_set_t set, one;
	size_t cpu = 0;
	pid_t tid;

	cpu_count(&set);
	while (!CPU_ISSET(cpu, &set))
		cpu++;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	ck_assert_int_eq(sched_setaffinity(0, sizeof(one), &one), 0);
	sched = one_worker(&tid);
	ck_assert_int_eq(run_batch(sched, 0) + run_batch(sched, 0), 0);
	aml_queue_sched_destroy(&sched);
}
END_TEST

/* Contract: WAIT-7. */
START_TEST(a_worker_whose_cpu_is_wanted_hardly_spins)
{
	struct aml_sched *sched;
	pid_t tid;

	sem_init(&slice, 0, 0);
	crowded = true;
	/* The gap and a slice are a short gap together. */
	gap = GAP / 4;
	sched = one_worker(&tid);
	/* Each spin ends with its first yield. The next one needs twice as many gaps. */
	ck_assert_int_le(run_batch(sched, tid) + run_batch(sched, tid), 2 * BATCH / 20);
	crowded = false;
	sem_post(&slice);
	aml_queue_sched_destroy(&sched);
	sem_destroy(&slice);
}
END_TEST

/* Contract: WAIT-7. */
START_TEST(no_worker_spins_in_a_process_that_uses_all_cpus)
{
	struct aml_sched *sched;
	cpu_set_t set;
	pid_t tid;

	sched = one_worker(&tid);
	while (cpu_count(&set) > 1 && run_batch(sched, 0) == 0)
		;
	busy = true;
	/* If workers went on spinning, this would not end. */
	for (int quiet = 0; quiet < 20; quiet++) {
		if (run_batch(sched, 0) > 0)
			quiet = 0;
	}
	aml_queue_sched_destroy(&sched);
}
END_TEST

SUITE("stress/idle_spin", a_worker_spins_for_a_limited_time, on_one_cpu_no_worker_spins,
      a_worker_whose_cpu_is_wanted_hardly_spins, no_worker_spins_in_a_process_that_uses_all_cpus)
