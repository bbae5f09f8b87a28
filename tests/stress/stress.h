/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the stress tests share: cases by number, failures that tell the seed, a clock that orders
 * events, and schedules that are shaken where the library was compiled for it.
 *
 * AML_TEST_SEED, AML_TEST_CASE and AML_TEST_LONG are as in support/random.h. The seed settles what
 * each thread calls and how long it is delayed, not how the system schedules: a case that fails may
 * have to be run a few times.
 */
#ifndef TESTS_STRESS_STRESS_H
#define TESTS_STRESS_STRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "random.h"

/*
 * Start the next of so many cases, by effort(). A test that does not come to its end
 * tells the case that it is in shortly before Check ends it.
 */
bool stress_next_case(struct rng *rng, size_t cases);

/* An independent generator, for a thread or an operator. */
struct rng stress_fork(struct rng *rng);

/*
 * End the test if the condition is false, from whatever thread or operator, and tell the seed and
 * the case. Check's own assertions are for the main thread alone.
 */
#define REQUIRE(condition)                                           \
	do {                                                         \
		if (!(condition))                                    \
			stress_fail(__FILE__, __LINE__, #condition); \
	} while (0)

_Noreturn void stress_fail(const char *file, int line, const char *what);

/* A moment: later ones are greater, and none is 0. */
uint64_t stress_now(void);

/* Let the others run for a while, at random. */
void stress_dawdle(struct rng *rng);

/* The blocks that are allocated, in programs with ledger.c. */
long stress_blocks(void);

#endif /* TESTS_STRESS_STRESS_H */
