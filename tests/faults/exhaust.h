/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The loop of fault injection repeats an act: with the first fault of a kind, then with the second
 * one, and so on until the act meets no fault. Each time, the act must fail as documented, leave
 * everything as it was, lose no memory and no thread, and succeed when the loop repeats it.
 */
#ifndef TESTS_FAULTS_EXHAUST_H
#define TESTS_FAULTS_EXHAUST_H

#include "faults.h"
#include "gate.h"

/*
 * An act under faults. `call` returns the code of the library's function; the others return what
 * NEED returns, 0 or a negative number. Every function except `call` may be NULL.
 */
struct act {
	const char *name;
	/* Acquire what the call needs. */
	int (*prepare)(void);
	/* Make the call under test, and keep what it creates. */
	int (*call)(void);
	/* After a failure: check that everything is as `prepare` left it. */
	int (*untouched)(void);
	/* After a success: check the result, and release what the call created. */
	int (*done)(void);
	/* Release what `prepare` acquired. */
	int (*clean)(void);
	/* The documented error. */
	int error;
	/* The call may also succeed without what it could not acquire. */
	bool may_succeed;
	/* After a failure, an engine may keep memory until `clean` destroys it. */
	bool may_keep;
};

/*
 * Exhaust the faults of a kind: first one at a time, then the n-th and all after it. Return the
 * number of faults of the first round, which is the number of calls that can fail.
 */
unsigned long exhaust(const struct act *act, enum fault_kind kind);

/* Do the same in a new process for each fault, for an act that a process does only once. */
unsigned long exhaust_in_children(const struct act *act, enum fault_kind kind);

#endif /* TESTS_FAULTS_EXHAUST_H */
