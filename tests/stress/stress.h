/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Common parts of the stress tests: numbered cases, failures that report the seed, a clock that
 * orders events, and shaken schedules if the library was compiled for them.
 *
 * AML_TEST_SEED, AML_TEST_CASE and AML_TEST_LONG work as described in support/random.h. The seed
 * determines what each thread calls and how long it is delayed, but not how the system schedules
 * the threads. You may have to run a failing case several times.
 */
#ifndef TESTS_STRESS_STRESS_H
#define TESTS_STRESS_STRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "random.h"

/*
 * Start the next of `cases` cases, a number that effort() scales. A test that does not finish
 * reports its current case shortly before Check ends the test.
 */
bool stress_next_case(struct rng *rng, size_t cases);

/* Return an independent generator for a thread or an operator. */
struct rng stress_fork(struct rng *rng);

/*
 * If the condition is false, end the test and report the seed and the case. Any thread or operator
 * may use this. Check's own assertions are for the main thread only.
 */
#define REQUIRE(condition)                                           \
	do {                                                         \
		if (!(condition))                                    \
			stress_fail(__FILE__, __LINE__, #condition); \
	} while (0)

_Noreturn void stress_fail(const char *file, int line, const char *what);

/* Return a time stamp: later ones are greater, and none is 0. */
uint64_t stress_now(void);

/* Let other threads run for a random short time. */
void stress_dawdle(struct rng *rng);

/* The number of allocated blocks, in programs that contain ledger.c. */
long stress_blocks(void);

#endif /* TESTS_STRESS_STRESS_H */
