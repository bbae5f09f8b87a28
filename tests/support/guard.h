/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Guarded memory: random bytes, with a picture beside them of what they should be. The memory lies
 * between two pages that fault, at random against the one, against the other, or at some distance
 * from both, and what is left of its own pages is compared too: so a copy can neither
 * write nor (half of the time) read outside unnoticed.
 *
 *     struct guard memory;
 *
 *     guard_create(&memory, 100, &rng);
 *     … do something to memory.data, and to memory.expected what it should have done …
 *     guard_assert(&memory, &rng);
 *     guard_destroy(&memory);
 */
#ifndef TESTS_SUPPORT_GUARD_H
#define TESTS_SUPPORT_GUARD_H

#include <stdbool.h>
#include <stddef.h>

#include "random.h"
#include "suite.h"

struct guard {
	/* The memory, and its size in bytes. */
	unsigned char *data;
	size_t size;
	/* What the memory should hold; at first, what it holds. */
	unsigned char *expected;

	/* The pages that the memory lies in, without the two that fault, and their picture. */
	unsigned char *pages;
	size_t pages_size;
	unsigned char *picture;
};

void guard_create(struct guard *guard, size_t size, struct rng *rng);
void guard_destroy(struct guard *guard);

/* Whether the memory, and what is around it, is as expected. */
bool guard_intact(const struct guard *guard);

/* A text, valid until the next call, that tells the first byte that is not. */
const char *guard_report(const struct guard *guard);

#define guard_assert(guard, rng) \
	ck_assert_msg(guard_intact(guard), RNG_FORMAT "%s", RNG_ARGS(rng), guard_report(guard))

#endif /* TESTS_SUPPORT_GUARD_H */
