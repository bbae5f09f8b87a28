/* SPDX-License-Identifier: BSD-3-Clause */
/* Cases, failures and shaken schedules: see stress.h. */
#include "stress.h"

#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "gate.h"
#include "suite.h"

/* The current case. Written only while no other thread runs. */
static struct rng current;

/* How often the library's threads are delayed at its lock in this case, in percent. */
static unsigned shaking;

/* How many threads were delayed in this case. */
static atomic_uint shaken;

static atomic_uint_fast64_t now;

/* Runs shortly before the time limit. */
static void tell(int sig)
{
	char text[160];
	int length =
		snprintf(text, sizeof(text), RNG_FORMAT "did not finish\n", RNG_ARGS(&current));

	(void)sig;
	if (write(STDERR_FILENO, text, (size_t)length) < 0)
		return;
}

/* Set an alarm only if Check sets a time limit. */
static void set_alarm(void)
{
	const char *forks = getenv("CK_FORK");

	if (forks != NULL && strcmp(forks, "no") == 0)
		return;
	signal(SIGALRM, tell);
	alarm(stretched(TEST_SECONDS) - 1);
}

bool stress_next_case(struct rng *rng, size_t cases)
{
	static const unsigned degrees[] = {0, 2, 10, 40};

	if (!rng->started)
		set_alarm();
	if (!rng_next_case(rng, cases))
		return false;
	current = *rng;
	shaking = degrees[rng_below(rng, 4)];
	atomic_store(&shaken, 0);
	return true;
}

struct rng stress_fork(struct rng *rng)
{
	return (struct rng){.state = rng_next(rng), .seed = rng->seed, .number = rng->number};
}

void stress_fail(const char *file, int line, const char *what)
{
	fprintf(stderr, RNG_FORMAT "%s:%d: %s\n", RNG_ARGS(&current), file, line, what);
	abort();
}

uint64_t stress_now(void)
{
	/* Relaxed, so that it does not order what the library fails to order. */
	return atomic_fetch_add_explicit(&now, 1, memory_order_relaxed) + 1;
}

void stress_dawdle(struct rng *rng)
{
	size_t n = rng_below(rng, 400);

	if (n < 4) {
		while (n-- > 0)
			sched_yield();
	} else {
		for (volatile size_t i = 0; i < n; i++)
			;
	}
}

/* The library calls this before it takes its lock and after it has released it. */
void queue_shake(void);

void queue_shake(void)
{
	static __thread struct rng rng;

	if (shaking == 0)
		return;
	if (!rng.started || rng.number != current.number) {
		rng = (struct rng){.number = current.number, .started = true};
		rng.state = current.seed + (current.number << 32) +
			    atomic_fetch_add_explicit(&shaken, 1, memory_order_relaxed);
	}
	if (!rng_chance(&rng, shaking))
		return;
	if (rng_chance(&rng, 30))
		sched_yield();
	else
		stress_dawdle(&rng);
}
