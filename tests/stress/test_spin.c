/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A thread that finds a scheduler's lock taken spins for a limited time, and not at all on one CPU.
 * -Wl,--wrap replaces the lock and the clock by functions of this test.
 */
#include <errno.h>
#include <sched.h>
#include <time.h>

#include "async/queue_sched.h"
#include "suite.h"

#define LONGEST 10000 /* nanoseconds */
#define STEP 100      /* from one reading of the clock to the next, in nanoseconds */

static __thread bool taken; /* the lock seems taken to this thread */
static long tries, sleeps, begun, clock_now;

int __real_pthread_mutex_trylock(pthread_mutex_t *mutex);
int __wrap_pthread_mutex_trylock(pthread_mutex_t *mutex);
int __real_pthread_mutex_lock(pthread_mutex_t *mutex);
int __wrap_pthread_mutex_lock(pthread_mutex_t *mutex);
int __real_clock_gettime(clockid_t id, struct timespec *ts);
int __wrap_clock_gettime(clockid_t id, struct timespec *ts);

int __wrap_pthread_mutex_trylock(pthread_mutex_t *mutex)
{
	if (!taken)
		return __real_pthread_mutex_trylock(mutex);
	tries++;
	return EBUSY;
}

int __wrap_pthread_mutex_lock(pthread_mutex_t *mutex)
{
	if (taken)
		sleeps++;
	taken = false;
	return __real_pthread_mutex_lock(mutex);
}

int __wrap_clock_gettime(clockid_t id, struct timespec *ts)
{
	if (!taken)
		return __real_clock_gettime(id, ts);
	clock_now += STEP;
	*ts = (struct timespec){.tv_sec = clock_now / 1000000000,
				.tv_nsec = clock_now % 1000000000};
	return 0;
}

/* Take the lock while it seems taken. The clock passes the end of a second meanwhile. */
static void contend(struct aml_sched *sched)
{
	struct queue_sched *q = queue_of(sched);

	tries = 0;
	sleeps = 0;
	begun = clock_now = 1000000000L - 1000;
	taken = true;
	queue_lock(q);
	ck_assert(!taken);
	queue_unlock(q);
	ck_assert_int_eq(sleeps, 1);
	ck_assert_int_le(clock_now - begun, LONGEST);
}

/* How many CPUs the calling thread may use. */
static int cpus(cpu_set_t *set)
{
	ck_assert_int_eq(sched_getaffinity(0, sizeof(*set), set), 0);
	return CPU_COUNT(set);
}

/* Contract: WAIT-7. */
START_TEST(it_ends_in_sleep)
{
	struct aml_sched *sched = aml_queue_sched_create(0);
	cpu_set_t set;

	ck_assert_ptr_nonnull(sched);
	contend(sched);
	if (cpus(&set) > 1)
		ck_assert_int_gt(tries, 2);
	ck_assert_int_le(tries, LONGEST / STEP + 1);
	aml_queue_sched_destroy(&sched);
}
END_TEST

/* Contract: WAIT-7. */
START_TEST(on_one_cpu_there_is_none)
{
	struct aml_sched *sched;
	cpu_set_t set, one;
	size_t cpu = 0;

	cpus(&set);
	while (!CPU_ISSET(cpu, &set))
		cpu++;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	ck_assert_int_eq(sched_setaffinity(0, sizeof(one), &one), 0);
	sched = aml_queue_sched_create(0);
	ck_assert_ptr_nonnull(sched);
	contend(sched);
	/* The first attempt is not spinning. */
	ck_assert_int_eq(tries, 1);
	ck_assert_int_eq(clock_now, begun);
	aml_queue_sched_destroy(&sched);
}
END_TEST

SUITE("stress/spin", it_ends_in_sleep, on_one_cpu_there_is_none)
