/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Guarded memory: random bytes, and a copy that holds the expected content. The memory lies in
 * pages of its own between two pages without access. It begins at the first page, ends at the last
 * one, or lies at some distance from both, by random choice. The rest of its pages is compared too.
 * So each write outside the memory is detected. A read outside is detected if it reaches a page
 * without access.
 *
 *     struct guard memory;
 *
 *     guard_create(&memory, 100, &rng);
 *     … change memory.data by the code under test, and memory.expected by plain loops …
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
	/* The expected content of the memory; at first, its actual content. */
	unsigned char *expected;

	/* The accessible pages around the memory, and their expected content. */
	unsigned char *pages;
	size_t pages_size;
	unsigned char *picture;
};

void guard_create(struct guard *guard, size_t size, struct rng *rng);
void guard_destroy(struct guard *guard);

/* Place memory of another size, not larger than the first one, elsewhere in the same pages. */
void guard_replace(struct guard *guard, size_t size, struct rng *rng);

/* Whether the memory and the rest of its pages have the expected content. */
bool guard_intact(const struct guard *guard);

/* A message about the first wrong byte, valid until the next call. */
const char *guard_report(const struct guard *guard);

#define guard_assert(guard, rng) \
	ck_assert_msg(guard_intact(guard), RNG_FORMAT "%s", RNG_ARGS(rng), guard_report(guard))

#endif /* TESTS_SUPPORT_GUARD_H */
