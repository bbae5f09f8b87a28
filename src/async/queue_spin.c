/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The spin of an idle worker before it sleeps.
 *
 * Waking a thread on a halted CPU takes the waking thread several microseconds. A program that
 * posts a copy, computes, and posts the next copy pays that time for each post. So a worker without
 * work spins for some time before it sleeps, if all of these hold:
 *  - Tasks have been coming at short intervals. A gap is the time from when a worker becomes idle
 *    to its next poke. The last gaps were short, as many as `needed`. A spin that ends without a
 *    poke doubles `needed`. A spin that ends with a poke halves it. A spin takes at most twice as
 *    long as the longest of the last gaps.
 *  - A CPU is unused: the process used at least half a CPU less than it may, not counting spins. If
 *    another thread wants the CPU of the spinning worker nevertheless, a call of sched_yield()
 *    takes long. The spin then ends, and counts as one without a poke.
 *  - No other worker of the scheduler spins, and workers are no real-time threads.
 *
 * For the other threads, a spin is like a sleep: the worker is on `idle`, and a poke to it is owed
 * and paid. Only the signal differs: sleeper_signal() sets `spin_over`, which the worker reads
 * without the mutex. That only ends the spin. With the mutex held, the worker then reads whether it
 * was poked. A spin also ends by itself, like a spurious wakeup. The worker then sleeps.
 */
#include <sched.h>
#include <time.h>

#include "async/queue_lock.h"
#include "async/queue_spin.h"
#include "machine/cpus.h"
#include "util/clock.h"

enum {
	/* The least and the greatest number of short gaps that are needed before a spin. */
	SPIN_GAPS_MIN = 4,
	SPIN_GAPS_MAX = 64,
	/* The number of looks between two calls of sched_yield(): some 2 microseconds. */
	SPIN_LOOKS = 32,
	/* If a yield takes longer, another thread used the CPU. */
	SPIN_YIELD_LATE_NS = 200000,
	/*
	 * A thread that posts often posts more, and takes the lock again. A worker that took the
	 * lock at once would delay it, and would miss the second task.
	 */
	SPIN_PAUSE_NS = 1000,
	/*
	 * The use of the CPUs is averaged over a time between these limits. The system counts the
	 * time of a thread that runs on another CPU only every few milliseconds.
	 */
	SPIN_WINDOW_NS_MIN = 40000000,
	SPIN_WINDOW_NS_MAX = 160000000,
};

/* The CPUs that the process may use, as far as known when the first pool of workers was created. */
static pthread_once_t cpus_once = PTHREAD_ONCE_INIT;
static uint64_t cpus;

static void count_cpus(void)
{
	cpus = machine_cpus();
}

void queue_spin_prepare(struct queue_sched *q)
{
	int policy = sched_getscheduler(0);

	pthread_once(&cpus_once, count_cpus);
	/* The yield of a real-time thread does not leave the CPU to other threads. */
	q->spin.allowed = q->spins && cpus > 1 && policy != SCHED_FIFO && policy != SCHED_RR;
}

void queue_push_idle_locked(struct queue_sched *q, struct sleeper *me)
{
	struct sleeper **at = &q->idle;

	if (q->idle != NULL && q->idle->spins)
		at = &q->idle->next;
	me->next = *at;
	*at = me;
	if (q->spin.allowed)
		me->idle_since = clock_ns();
}

void queue_spin_learn_locked(struct queue_sched *q, const struct sleeper *me)
{
	struct queue_spin *spin = &q->spin;
	uint64_t gap = q->poked_at - me->idle_since;

	/* If no gap counts, no worker spins. */
	if (!spin->allowed)
		return;
	if (gap > QUEUE_SPIN_NS_MAX) {
		spin->short_gaps = 0;
		return;
	}
	if (spin->short_gaps < SPIN_GAPS_MAX)
		spin->short_gaps++;
	spin->gap -= spin->gap / 8;
	if (spin->gap < gap)
		spin->gap = gap;
}

/*
 * Report whether the process, without its spins, leaves a CPU unused. Only the thread that spins
 * calls this, without the lock.
 */
static bool process_leaves_cpu(struct queue_spin *spin, uint64_t now)
{
	uint64_t length = now - spin->window_began, use;
	struct timespec used;

	if (length < SPIN_WINDOW_NS_MIN)
		return !spin->full;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	use = (uint64_t)used.tv_sec * 1000000000 + (uint64_t)used.tv_nsec;
	if (length <= SPIN_WINDOW_NS_MAX)
		spin->full = use - spin->window_use + length / 2 > cpus * length + spin->spun;
	spin->window_began = now;
	spin->window_use = use;
	spin->spun = 0;
	return !spin->full;
}

/*
 * Spin until a signal, or until the time `end`. False: another thread wanted the CPU. The system
 * may then move this thread to an unused CPU. In this case the thread continues to spin there.
 */
static bool spin_until(const struct sleeper *me, uint64_t end)
{
	uint64_t now = clock_ns();
	int cpu = sched_getcpu();

	for (unsigned looks = 1; now < end; looks++) {
		uint64_t before = now;

		if (__atomic_load_n(&me->spin_over, __ATOMIC_RELAXED))
			break;
		if (looks % SPIN_LOOKS == 0)
			sched_yield();
		else
			queue_pause_cpu();
		now = clock_ns();
		if (now - before > SPIN_YIELD_LATE_NS) {
			if (sched_getcpu() == cpu)
				return false;
			cpu = sched_getcpu();
			end += now - before;
		}
	}
	return true;
}

/* Leave time for what the thread that has poked does next. */
static void await_more(void)
{
	uint64_t end = clock_ns() + SPIN_PAUSE_NS;

	while (clock_ns() < end)
		queue_pause_cpu();
}

/* Report whether the gaps so far make a spin worthwhile. */
static bool may_spin_locked(const struct queue_sched *q) REQUIRES(q)
{
	const struct queue_spin *spin = &q->spin;

	return !q->stop && !spin->taken && spin->short_gaps >= SPIN_GAPS_MIN &&
	       spin->short_gaps >= spin->needed;
}

/* Learn from a spin that has ended. `had_cpu`: a CPU was unused. */
static void count_spin_locked(struct queue_sched *q, bool paid_off, bool had_cpu) REQUIRES(q)
{
	struct queue_spin *spin = &q->spin;

	if (paid_off) {
		spin->needed /= 2;
		return;
	}
	spin->short_gaps = 0;
	if (had_cpu)
		spin->needed = spin->needed < SPIN_GAPS_MAX / 2 ? 2 * spin->needed + SPIN_GAPS_MIN
								: SPIN_GAPS_MAX;
}

void queue_spin_locked(struct queue_sched *q, struct sleeper *me)
{
	struct queue_spin *spin = &q->spin;
	uint64_t length = 2 * spin->gap < QUEUE_SPIN_NS_MAX ? 2 * spin->gap : QUEUE_SPIN_NS_MAX;
	bool has_cpu, alone = true;

	if (!may_spin_locked(q))
		return;
	(void)__atomic_exchange_n(&me->spin_over, false, __ATOMIC_RELAXED);
	me->spins = true;
	spin->taken = true;
	queue_release(q);
	has_cpu = process_leaves_cpu(spin, me->idle_since);
	if (has_cpu)
		alone = spin_until(me, me->idle_since + length);
	if (alone && __atomic_load_n(&me->spin_over, __ATOMIC_RELAXED))
		await_more();
	if (has_cpu)
		spin->spun += clock_ns() - me->idle_since;
	queue_acquire(q);
	me->spins = false;
	spin->taken = false;
	count_spin_locked(q, alone && me->poked, has_cpu);
}
