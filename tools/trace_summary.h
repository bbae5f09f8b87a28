/* SPDX-License-Identifier: BSD-3-Clause */
/* The numbers of a trace: per kind of copy, per thread, and of the whole. */
#ifndef TOOLS_TRACE_SUMMARY_H
#define TOOLS_TRACE_SUMMARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trace_log.h"

/*
 * The time below or at which so many percent of some times lie: the smallest of the times for which
 * that holds. All are 0 if there are no times.
 */
struct summary_times {
	size_t count;
	uint64_t p50_ns, p90_ns, p99_ns, max_ns;
};

/* Requests of one kind, or with one label, or all. */
struct summary_kind {
	size_t name; /* in log->names; SIZE_MAX: all requests */
	size_t requests;
	size_t finished, failed; /* ended by themselves, and those of them with an error */
	size_t cancelled, unfinished;
	uint64_t parts;
	uint64_t bytes;              /* of the requests that finished without an error */
	uint64_t run_ns;             /* the sum of the run times of these requests */
	struct summary_times queued; /* from the post to the start, of those that started */
	struct summary_times run;    /* from the start to the end, of those that finished */
};

struct summary_thread {
	size_t slices;
	uint64_t busy_ns; /* in slices */
};

struct trace_summary {
	uint64_t span_ns; /* from the first event to the last one */
	struct summary_kind total;
	struct summary_kind *kinds;  /* those of the library first */
	struct summary_kind *labels; /* in the order of the first request of each */
	size_t kind_count, label_count;
	struct summary_thread *threads; /* as those of the log */
	size_t worker_count;
	uint64_t *worker_ns; /* element n: how long n workers were busy; to worker_count */
	uint64_t *thread_ns; /* the same of all threads; to log->thread_count */
};

/* Sum up a log. False: out of memory. Release the summary in both cases. */
bool trace_summary_make(struct trace_summary *summary, const struct trace_log *log);

void trace_summary_release(struct trace_summary *summary);

/* A rate in bytes per second. 0 if the time is. */
double trace_rate(uint64_t bytes, uint64_t ns);

#endif /* TOOLS_TRACE_SUMMARY_H */
