/* SPDX-License-Identifier: BSD-3-Clause */
/* Histograms of times. */
#include <stddef.h>

#include "histogram.h"

/*
 * Below 2 * HISTOGRAM_STEPS, a bucket is one nanosecond. A larger value is shifted right until it
 * is in [STEPS, 2 * STEPS). Each shift has STEPS buckets.
 */
static size_t bucket_of(uint64_t ns)
{
	size_t shift = 0, bucket;

	while (ns >> shift >= 2 * HISTOGRAM_STEPS)
		shift++;
	bucket = shift * HISTOGRAM_STEPS + (size_t)(ns >> shift);
	return bucket < HISTOGRAM_SIZE ? bucket : HISTOGRAM_SIZE - 1;
}

/* The largest value in a bucket. */
static double top_of(size_t bucket)
{
	size_t shift = bucket < 2 * HISTOGRAM_STEPS ? 0 : bucket / HISTOGRAM_STEPS - 1;
	uint64_t value = bucket - shift * HISTOGRAM_STEPS;

	return (double)(((value + 1) << shift) - 1);
}

void histogram_add(struct histogram *histogram, double ns)
{
	histogram->counts[bucket_of(ns > 0 ? (uint64_t)ns : 0)]++;
	histogram->total++;
}

void histogram_merge(struct histogram *histogram, const struct histogram *other)
{
	for (size_t i = 0; i < HISTOGRAM_SIZE; i++)
		histogram->counts[i] += other->counts[i];
	histogram->total += other->total;
}

double histogram_percentile(const struct histogram *histogram, double part)
{
	double wanted = part * (double)histogram->total;
	uint64_t seen = 0;

	for (size_t i = 0; i < HISTOGRAM_SIZE; i++) {
		seen += histogram->counts[i];
		if (seen > 0 && (double)seen >= wanted)
			return top_of(i);
	}
	return 0;
}
