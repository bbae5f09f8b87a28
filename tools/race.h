/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Times several operations against each other. They have their turns in each of several rounds, so
 * that a slow phase of the machine meets all of them.
 */
#ifndef TOOLS_RACE_H
#define TOOLS_RACE_H

#include <stddef.h>
#include <stdint.h>

enum { RACE_ROUNDS_MAX = 32 };

struct race_runner {
	int (*run)(void *arg); /* do the operation once; not 0: it failed */
	void *arg;
	/* The results, in nanoseconds per operation: of the fastest turn, and of the median one. */
	double best_ns, median_ns;
	double turns_ns[RACE_ROUNDS_MAX];
};

/*
 * Run `rounds` rounds, at most RACE_ROUNDS_MAX. In a turn, the operation is done once without being
 * timed, and then again and again for `turn_ns`, at least once. `what`: for the line of progress.
 * Returns 0, or what a failed operation returned.
 */
int race_run(struct race_runner *runners, size_t count, unsigned rounds, uint64_t turn_ns,
	     const char *what);

#endif /* TOOLS_RACE_H */
