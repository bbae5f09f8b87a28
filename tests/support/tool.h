/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Detects tools that make tests slow, such as sanitizers, and adapts the amount of work to them.
 * Tells the time.
 */
#ifndef TESTS_SUPPORT_TOOL_H
#define TESTS_SUPPORT_TOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether the program runs under a sanitizer that uses much memory or slows threads down. */
bool under_sanitizer(void);
bool under_valgrind(void);
bool under_helgrind(void);
/*
 * Whether the program runs under Helgrind or DRD. In a forked child, these tools still know the
 * threads of the parent, and report races with them: do not fork while threads sleep.
 */
bool under_race_checker(void);
/*
 * Whether a forked child can allocate, whatever other threads did during the fork. AddressSanitizer
 * does not allow it: a child inherits the locks of its allocator in any state.
 */
bool fork_spares_malloc(void);
/*
 * Whether a forked child can start threads. AddressSanitizer does not allow it, because a starting
 * thread allocates. ThreadSanitizer mistakes the threads for the parent's, and stops the program.
 */
bool children_have_threads(void);

/*
 * How many of n cases or rounds to run: all without a tool, and a part under a slow tool, but at
 * least one. With AML_TEST_LONG in the environment, the number is ten times as large.
 */
size_t effort(size_t n);

/* How many of n things to have at once: as effort(), but at most n, since memory is bounded. */
size_t effort_at_once(size_t n);

/* Whether case i of n given cases, counted from 0, is one of the effort(n) cases to run. */
bool effort_has(size_t i, size_t n);

/* A time limit, multiplied by CK_TIMEOUT_MULTIPLIER in the environment as Check's limits are. */
unsigned stretched(unsigned seconds);

/* The time of CLOCK_MONOTONIC, in nanoseconds. */
uint64_t now_ns(void);

#endif /* TESTS_SUPPORT_TOOL_H */
