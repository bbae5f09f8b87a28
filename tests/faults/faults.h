/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Injected faults: the n-th call of a kind from now on fails, as if memory or threads were short.
 *
 * A program is linked with the library's objects, faults.c and -Wl,--wrap=FUNCTION for each
 * FUNCTION for which faults.c has a __wrap_FUNCTION. So calls from the program's own objects, in
 * any thread, fail and are counted. Calls inside the C library are not. Check may be among the
 * objects, and it allocates: make no assertion while faults are armed.
 *
 *     faults_arm(FAULT_MEMORY, 2, false);
 *     err = call_that_allocates();
 *     if (faults_disarm() > 0)
 *             … its second allocation has failed
 */
#ifndef TESTS_FAULTS_FAULTS_H
#define TESTS_FAULTS_FAULTS_H

#include <stdbool.h>
#include <stddef.h>

enum fault_kind {
	/* malloc, calloc, realloc, aligned_alloc, posix_memalign, and glibc's CPU_ALLOC. */
	FAULT_MEMORY,
	/* pthread_create. */
	FAULT_THREAD,
	/* pthread_atfork. */
	FAULT_ATFORK,
	/* pthread_mutex_init. */
	FAULT_MUTEX,
	/* pthread_cond_init. */
	FAULT_COND,
	/* fopen, eventfd. */
	FAULT_FILE,
	FAULT_KINDS,
	/* For faults_arm(): a call of any kind. */
	FAULT_ANY = FAULT_KINDS
};

/* From now on, the n-th call of the kind fails; n starts at 1. `on`: all later calls fail too. */
void faults_arm(enum fault_kind kind, unsigned long n, bool on);

/*
 * Make sched_getaffinity() fail with `error` for masks of less than `smaller` bytes; 0: it does not
 * fail.
 */
void faults_affinity(int error, size_t smaller);

/* End the faults. Return how many calls have failed since faults_arm(). */
unsigned long faults_disarm(void);

/* How many calls of the kind were made from the last faults_arm() to faults_disarm(). */
unsigned long faults_calls(enum fault_kind kind);

/* The number of blocks that were allocated and not yet released. */
long faults_blocks(void);

/* The number of threads that were created and not yet joined. */
long faults_threads(void);

/* The name of the kind, for messages. */
const char *faults_name(enum fault_kind kind);

#endif /* TESTS_FAULTS_FAULTS_H */
