/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Generated cases. The environment variable AML_TEST_SEED sets the seed; without it, the seed is
 * fixed. Each case depends only on the seed and on its own number. A failure prints both. To run
 * one case again, set AML_TEST_SEED and AML_TEST_CASE. Under a slow tool there are fewer cases.
 * With AML_TEST_LONG in the environment there are ten times as many: set
 * CK_TIMEOUT_MULTIPLIER too, which extends the time limit. See effort() in tool.h.
 *
 *     struct rng rng = {0};
 *
 *     while (rng_next_case(&rng, 1000)) {
 *             size_t n = rng_range(&rng, 1, 6);
 *             …
 *             ck_assert_msg(good, RNG_FORMAT "n = %zu", RNG_ARGS(&rng), n);
 *     }
 */
#ifndef TESTS_SUPPORT_RANDOM_H
#define TESTS_SUPPORT_RANDOM_H

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Set to zero before the first case. A test without cases calls rng_start(). */
struct rng {
	uint64_t state;
	uint64_t seed;
	/* The number of the case, starting at 0. */
	uint64_t number;
	bool started;
};

/* The beginning of the message of a failure. */
#define RNG_FORMAT "AML_TEST_SEED=%" PRIu64 " AML_TEST_CASE=%" PRIu64 ": "
#define RNG_ARGS(rng) (rng)->seed, (rng)->number

/* Start the case with this number. */
void rng_start(struct rng *rng, uint64_t number);

/* Start the next case. Return false after the last of effort(cases) cases. */
bool rng_next_case(struct rng *rng, size_t cases);

uint64_t rng_next(struct rng *rng);

/* 0 to n - 1. n must not be 0. */
size_t rng_below(struct rng *rng, size_t n);

/* low to high, inclusive. */
size_t rng_range(struct rng *rng, size_t low, size_t high);

/* True with a probability of `percent` percent. */
bool rng_chance(struct rng *rng, unsigned percent);

/* 0 to n - 1 in random order. */
void rng_permutation(struct rng *rng, size_t n, size_t *permutation);

void rng_bytes(struct rng *rng, void *bytes, size_t size);

#endif /* TESTS_SUPPORT_RANDOM_H */
