/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Generated cases. They follow from a seed: AML_TEST_SEED in the environment, or a fixed one.
 * Every case starts afresh from the seed and its number, both of which a failure prints, so that
 * AML_TEST_SEED and AML_TEST_CASE together run one case again. Under a slow tool there are fewer
 * cases; AML_TEST_LONG in the environment makes a hundred times as many (CK_TIMEOUT_MULTIPLIER
 * then has to stretch the time limit): see effort() in tool.h.
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

/* All zero before the first case; rng_start() serves where there are no cases. */
struct rng {
	uint64_t state;
	uint64_t seed;
	/* The number of the case, from 0 on. */
	uint64_t number;
	bool started;
};

/* What begins a message of a failure. */
#define RNG_FORMAT "AML_TEST_SEED=%" PRIu64 " AML_TEST_CASE=%" PRIu64 ": "
#define RNG_ARGS(rng) (rng)->seed, (rng)->number

/* Start the case of a number. */
void rng_start(struct rng *rng, uint64_t number);

/* Start the next of so many cases, by effort(); false when they are through. */
bool rng_next_case(struct rng *rng, size_t cases);

uint64_t rng_next(struct rng *rng);

/* 0 to n - 1; n is not 0. */
size_t rng_below(struct rng *rng, size_t n);

/* low to high, both included. */
size_t rng_range(struct rng *rng, size_t low, size_t high);

/* True so many times of a hundred. */
bool rng_chance(struct rng *rng, unsigned percent);

/* 0 to n - 1 in random order. */
void rng_permutation(struct rng *rng, size_t n, size_t *permutation);

void rng_bytes(struct rng *rng, void *bytes, size_t size);

#endif /* TESTS_SUPPORT_RANDOM_H */
