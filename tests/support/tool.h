/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether a tool is at work that makes the tests slow, and how much of them it has time for. */
#ifndef TESTS_SUPPORT_TOOL_H
#define TESTS_SUPPORT_TOOL_H

#include <stdbool.h>
#include <stddef.h>

/* Whether a tool that takes memory or slows threads down is at work. */
bool under_sanitizer(void);
bool under_valgrind(void);
/*
 * Can a child allocate, whatever other threads did when it was forked? Not with AddressSanitizer,
 * whose allocator has locks that a child inherits as they are.
 */
bool fork_spares_malloc(void);
/*
 * May a forked child start threads? Not with AddressSanitizer, since a thread allocates when it
 * starts; and ThreadSanitizer takes them for the parent's, and gives up.
 */
bool children_have_threads(void);

/*
 * How many of n cases or rounds there are to be, at least one: all, and under a slow tool a part,
 * as the others run without it. AML_TEST_LONG in the environment makes it a hundred times as many.
 */
size_t effort(size_t n);

/* Whether number i of n given cases, from 0 on, is one of those. */
bool effort_has(size_t i, size_t n);

/* A time limit, stretched by CK_TIMEOUT_MULTIPLIER in the environment as Check's are. */
unsigned stretched(unsigned seconds);

#endif /* TESTS_SUPPORT_TOOL_H */
