/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A histogram of times, of constant size. Each power of two of nanoseconds is split into 64
 * buckets, so a percentile is accurate to within 2 %.
 */
#ifndef HISTOGRAM_H
#define HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_STEPS 64
#define HISTOGRAM_SIZE (HISTOGRAM_STEPS * 40)

struct histogram {
	uint64_t counts[HISTOGRAM_SIZE];
	uint64_t total;
};

/* Count a time. */
void histogram_add(struct histogram *histogram, double ns);

/* Add the counts of another histogram. */
void histogram_merge(struct histogram *histogram, const struct histogram *other);

/* The time that `part` of the counts do not exceed, 0 < part <= 1; 0 if the histogram is empty. */
double histogram_percentile(const struct histogram *histogram, double part);

#endif /* HISTOGRAM_H */
