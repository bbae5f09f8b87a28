/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Measuring: the clock, the buffers, and the interleaved repetitions of contestants.
 *
 * In each repetition every contestant has its turn, each time beginning with another one, so
 * that a machine that is slower for a while is so for all. A turn begins when the threads of
 * the others have gone to sleep, is warmed up by an operation that does not count, and takes at
 * least a millisecond: short operations are repeated within it.
 *
 * Buffers are what malloc() gives for large sizes: anonymous pages, on a page boundary and not
 * asked to be huge, and touched before anything is measured.
 */
#ifndef MEASURE_H
#define MEASURE_H

#include <stdbool.h>
#include <stddef.h>

#include "bench.h"

struct contestant {
	char name[NAME_SIZE];
	int (*run)(void *arg); /* one operation; not 0: it failed */
	void *arg;
	double units; /* requests in an operation, which its time is divided by */
	/* What measure() finds, per unit. */
	double best, median;
};

/* Time all of the contestants. If an operation failed, the note says whose. */
enum outcome measure(const struct settings *settings, struct contestant *contestants, size_t count,
		     struct results *out);

/* Wait until the process uses no CPU any more, for at most half a second. */
void settle(void);

/* Nanoseconds of a clock that only goes forward, and of CPU time of the whole process. */
double now(void);
double cpu_time(void);

/* Sleep for so many nanoseconds. */
void pause_for(double ns);

/* The median of values, which are sorted thereby. `count` is not 0. */
double median_of(double *values, size_t count);

/* A buffer, touched; NULL without memory. */
void *buffer_create(const struct settings *settings, size_t bytes);
void buffer_destroy(void *buffer, size_t bytes);

/* Fill a buffer with bytes that no two neighbouring elements share. */
void buffer_fill(void *buffer, size_t bytes);

/* May this much be allocated without harm? If not, a note says so. */
bool memory_suffices(double bytes, struct results *out);

#endif /* MEASURE_H */
