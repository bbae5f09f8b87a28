/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The loop of fault injection: an act is done again and again, the first time with the first
 * fault of a kind, then with the second, and so on until it comes through without one. Each time it
 * must fail as documented, leave everything as it was, lose no memory and no thread, and
 * succeed when it is done again.
 */
#ifndef TESTS_FAULTS_EXHAUST_H
#define TESTS_FAULTS_EXHAUST_H

#include "faults.h"
#include "gate.h"

/*
 * An act under faults. Each function returns 0 or a negative number, `call` the code of the
 * library's function and the others what NEED returns; all but `call` may be NULL.
 */
struct act {
	const char *name;
	/* Acquire what the call needs. */
	int (*prepare)(void);
	/* The call proper; it keeps what it makes. */
	int (*call)(void);
	/* After a failure: everything is as `prepare` left it. */
	int (*untouched)(void);
	/* After a success: it has done what it should. Release what the call made. */
	int (*done)(void);
	/* Release what `prepare` acquired. */
	int (*clean)(void);
	/* The documented error. */
	int error;
	/* It may also do without what it did not get. */
	bool may_succeed;
};

/*
 * Exhaust the faults of a kind, first one at a time, then from the n-th on all. Returns the number
 * of faults of the first round, which is the number of calls that can fail.
 */
unsigned long exhaust(const struct act *act, enum fault_kind kind);

/* The same, each time in a process of its own, for what is done once in a process. */
unsigned long exhaust_in_children(const struct act *act, enum fault_kind kind);

#endif /* TESTS_FAULTS_EXHAUST_H */
