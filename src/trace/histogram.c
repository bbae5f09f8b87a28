/* SPDX-License-Identifier: BSD-3-Clause */
/* The times that requests were queued and ran, in readable form. */
#include <errno.h>

#include "trace/file.h"
#include "trace/histogram.h"

/* Print the end of a bucket with its unit. All times in the bucket are below it. */
static bool print_end(FILE *stream, unsigned bucket)
{
	static const char *const units[] = {"ns", "us", "ms", "s"};
	double end = (double)((uint64_t)1 << bucket);
	size_t unit = 0;

	while (end >= 1000 && unit < sizeof(units) / sizeof(*units) - 1) {
		end /= 1000;
		unit++;
	}
	return fprintf(stream, "%.3g %s", end, units[unit]) >= 0;
}

/* Return the first bucket up to which at least `percent` of all times are counted. */
static unsigned bucket_of(const uint64_t *buckets, uint64_t all, unsigned percent)
{
	uint64_t least = all - all * (100 - percent) / 100, count = 0;
	unsigned i = 0;

	while (i < TRACE_BUCKETS - 1 && (count += buckets[i]) < least)
		i++;
	return i;
}

static bool print_buckets(FILE *stream, const char *prefix, const uint64_t *buckets)
{
	bool ok = true;

	for (unsigned i = 0; i < TRACE_BUCKETS && ok; i++)
		if (buckets[i] > 0)
			ok = fprintf(stream, "%s    below ", prefix) >= 0 && print_end(stream, i) &&
			     fprintf(stream, ": %llu\n", (unsigned long long)buckets[i]) >= 0;
	return ok;
}

static bool print_histogram(FILE *stream, const char *prefix, const char *what,
			    const uint64_t *buckets)
{
	uint64_t all = 0;

	for (unsigned i = 0; i < TRACE_BUCKETS; i++)
		all += buckets[i];
	if (all == 0)
		return fprintf(stream, "%s  time %s: of no request\n", prefix, what) >= 0;
	return fprintf(stream, "%s  time %s: p50 below ", prefix, what) >= 0 &&
	       print_end(stream, bucket_of(buckets, all, 50)) &&
	       fputs(", p99 below ", stream) >= 0 &&
	       print_end(stream, bucket_of(buckets, all, 99)) && fputs("\n", stream) >= 0 &&
	       print_buckets(stream, prefix, buckets);
}

static bool print_file(FILE *stream, const char *prefix)
{
	int error = trace_file_error();

	if (error < 0)
		return true;
	if (error == 0)
		return fprintf(stream, "%s  trace: being written\n", prefix) >= 0;
	errno = error;
	return fprintf(stream, "%s  trace: not written: %m\n", prefix) >= 0;
}

bool trace_print(FILE *stream, const char *prefix, const struct trace_source *source)
{
	struct trace_times times;

	if (!trace_times(source, &times))
		return print_file(stream, prefix);
	return print_histogram(stream, prefix, "queued", times.queued) &&
	       print_histogram(stream, prefix, "run", times.run) && print_file(stream, prefix);
}
