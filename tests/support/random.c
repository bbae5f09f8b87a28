/* SPDX-License-Identifier: BSD-3-Clause */
/* Generated cases: a splitmix64 generator that is seeded anew for each case. */
#include "random.h"

#include <stdlib.h>
#include <string.h>

#include "tool.h"

#define DEFAULT_SEED 20240229

static uint64_t from_environment(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text && *text ? strtoull(text, NULL, 0) : otherwise;
}

void rng_start(struct rng *rng, uint64_t number)
{
	rng->seed = from_environment("AML_TEST_SEED", DEFAULT_SEED);
	rng->number = number;
	rng->started = true;
	/* The states of two cases lie far apart in the generator's one cycle, so cases differ. */
	rng->state = rng->seed;
	rng->state = rng_next(rng) ^ (number * UINT64_C(0xd1342543de82ef95));
	rng->state = rng_next(rng);
}

bool rng_next_case(struct rng *rng, size_t cases)
{
	uint64_t only = from_environment("AML_TEST_CASE", UINT64_MAX);

	if (only != UINT64_MAX) {
		if (rng->started)
			return false;
		rng_start(rng, only);
		return true;
	}
	rng_start(rng, rng->started ? rng->number + 1 : 0);
	return rng->number < effort(cases);
}

uint64_t rng_next(struct rng *rng)
{
	uint64_t z = (rng->state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

size_t rng_below(struct rng *rng, size_t n)
{
	return (size_t)(rng_next(rng) % n);
}

size_t rng_range(struct rng *rng, size_t low, size_t high)
{
	return low + rng_below(rng, high - low + 1);
}

bool rng_chance(struct rng *rng, unsigned percent)
{
	return rng_below(rng, 100) < percent;
}

void rng_permutation(struct rng *rng, size_t n, size_t *permutation)
{
	for (size_t i = 0; i < n; i++) {
		size_t j = rng_below(rng, i + 1);

		permutation[i] = permutation[j];
		permutation[j] = i;
	}
}

void rng_bytes(struct rng *rng, void *bytes, size_t size)
{
	unsigned char *at = bytes;

	while (size) {
		uint64_t word = rng_next(rng);
		size_t n = size < sizeof(word) ? size : sizeof(word);

		memcpy(at, &word, n);
		at += n;
		size -= n;
	}
}
