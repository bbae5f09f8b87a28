/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Faults on demand: the n-th call of a kind from now on fails, as if memory or threads were short.
 *
 * A program is linked with the library's objects, faults.c and one -Wl,--wrap=FUNCTION for each
 * FUNCTION that faults.c has a __wrap_FUNCTION of; so calls made from the program's own objects
 * fail and are counted, never those inside of the C library. Calls of all threads are. Check may be
 * among the objects and allocates: no assertion of its while faults are armed.
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
	/* fopen. */
	FAULT_FILE,
	FAULT_KINDS,
	/* In faults_arm(): a call of any kind. */
	FAULT_ANY = FAULT_KINDS
};

/* Let the n-th call of the kind from now on fail (from 1 on), and with `on` all after it too. */
void faults_arm(enum fault_kind kind, unsigned long n, bool on);

/* Let sched_getaffinity() fail with `error` for masks smaller than so many bytes; 0: for none. */
void faults_affinity(int error, size_t smaller);

/* No call fails any more; returns how many have since faults_arm(). */
unsigned long faults_disarm(void);

/* How many calls of the kind there were from the last faults_arm() to faults_disarm(). */
unsigned long faults_calls(enum fault_kind kind);

/* The blocks of memory that were allocated and not yet released. */
long faults_blocks(void);

/* The threads that were created and not yet joined. */
long faults_threads(void);

/* The name of the kind, for messages. */
const char *faults_name(enum fault_kind kind);

#endif /* TESTS_FAULTS_FAULTS_H */
