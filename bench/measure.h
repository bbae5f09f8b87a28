/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Measuring: the clock, the buffers, and the interleaved repetitions of contestants.
 *
 * In each repetition every contestant has a turn. Each repetition begins with another contestant,
 * so a slow phase of the machine affects all contestants. A turn begins when the threads of the
 * other contestants sleep. An operation that does not count warms up the contestant, unless it is
 * long. A turn takes at least the time in `settings->effort`: short operations are repeated.
 *
 * Buffers are like those of malloc() for large sizes: anonymous pages on a page boundary, of the
 * kind in `settings->pages`. They are touched before the measurement.
 */
#ifndef MEASURE_H
#define MEASURE_H

#include <stdbool.h>
#include <stddef.h>

#include "bench.h"

struct contestant {
	char name[NAME_SIZE];
	int (*run)(void *arg); /* run one operation; not 0: it failed */
	void *arg;
	double units; /* requests per operation; its time is divided by this number */
	/* The results of measure(), per unit. */
	double best, median;
};

/* Time all contestants. If an operation fails, the note names the contestant. */
enum outcome measure(const struct settings *settings, struct contestant *contestants, size_t count,
		     struct results *out);

/* Wait until the process no longer uses CPU time, for at most half a second. */
void settle(void);

/* A monotonic clock, and the CPU time of the whole process, both in nanoseconds. */
double now(void);
double cpu_time(void);

/* Sleep for `ns` nanoseconds. */
void pause_for(double ns);

/* The median of the values. Sorts the array. `count` must not be 0. */
double median_of(double *values, size_t count);

/* Create a buffer and touch its pages. NULL if out of memory. */
void *buffer_create(const struct settings *settings, size_t bytes);
void buffer_destroy(void *buffer, size_t bytes);

/* Fill a buffer with pseudo-random bytes from 0x20 to 0x5f. */
void buffer_fill(void *buffer, size_t bytes);

/* True if there is enough memory for `bytes`. If not, the note says so. */
bool memory_suffices(double bytes, struct results *out);

#endif /* MEASURE_H */
