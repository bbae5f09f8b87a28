/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A thread is busy while it runs a slice. Slices of a thread may lie within others, so they are
 * joined before they are counted.
 */
#include <stdlib.h>
#include <string.h>

#include "trace_summary.h"

/* The names that the library gives, in the order of the output. Others are labels. */
static const char *const kind_names[] = {"flat",    "strided", "transpose", "walk",    "boxes",
					 "deref",   "empty",   "transform", "fill",    "copy_user",
					 "compare", "convert", "reduce",    "operator"};
enum { KIND_NAMES = sizeof(kind_names) / sizeof(*kind_names) };

/* A time at which the number of busy threads changes. */
struct busy_edge {
	uint64_t ns;
	int change;
};

/* The time in which a thread is busy, from slices that touch or overlap. */
struct busy_time {
	uint64_t from_ns, to_ns;
	size_t thread;
};

double trace_rate(uint64_t bytes, uint64_t ns)
{
	return ns > 0 ? (double)bytes / ((double)ns / 1e9) : 0;
}

static int compare_ns(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Element number ceil(n * percent / 100) of n sorted times, counted from 1. */
static uint64_t percentile_of(const uint64_t *times, size_t n, unsigned percent)
{
	size_t rank = n / 100 * percent + (n % 100 * percent + 99) / 100;

	return times[rank - 1];
}

static struct summary_times summarize_times(uint64_t *times, size_t n)
{
	if (n == 0)
		return (struct summary_times){0};
	qsort(times, n, sizeof(*times), compare_ns);
	return (struct summary_times){
		.count = n,
		.p50_ns = percentile_of(times, n, 50),
		.p90_ns = percentile_of(times, n, 90),
		.p99_ns = percentile_of(times, n, 99),
		.max_ns = times[n - 1],
	};
}

static void summarize_request(struct summary_kind *kind, const struct log_request *request)
{
	kind->requests++;
	kind->parts += request->parts;
	kind->unfinished += !request->ended;
	kind->cancelled += request->cancelled;
	if (!request->ended || request->cancelled)
		return;
	kind->finished++;
	kind->failed += request->failed;
	if (request->failed)
		return;
	kind->bytes += request->bytes;
	kind->run_ns += request->ended_ns - request->started_ns;
}

/* Sum up the n requests whose numbers are in `which`. `times` has room for n. */
static void summarize_kind(struct summary_kind *kind, const struct trace_log *log,
			   const size_t *which, size_t n, uint64_t *times)
{
	size_t queued = 0, run = 0;

	for (size_t i = 0; i < n; i++) {
		const struct log_request *request = &log->requests[which[i]];

		summarize_request(kind, request);
		if (request->started)
			times[queued++] = request->started_ns - request->posted_ns;
	}
	kind->queued = summarize_times(times, queued);
	for (size_t i = 0; i < n; i++) {
		const struct log_request *request = &log->requests[which[i]];

		if (request->ended && !request->cancelled)
			times[run++] = request->ended_ns - request->started_ns;
	}
	kind->run = summarize_times(times, run);
}

/* Store for each name its place in the output: the library's kinds, then labels. */
static void rank_names(const struct trace_log *log, size_t *rank_of_name)
{
	for (size_t i = 0; i < log->name_count; i++) {
		size_t kind = 0;

		while (kind < KIND_NAMES && strcmp(log->names[i].text, kind_names[kind]) != 0)
			kind++;
		rank_of_name[i] = kind < KIND_NAMES ? kind : KIND_NAMES + i;
	}
}

/* The kind of a request, or its label. SIZE_MAX: it has none. */
static size_t group_of(const struct log_request *request, bool by_label)
{
	if (!by_label)
		return request->kind;
	return request->name != request->kind ? request->name : SIZE_MAX;
}

/*
 * Order the requests by the rank of their groups. `next` has KIND_NAMES + name_count + 1 zeros.
 * Returns the number of requests that have a group.
 */
static size_t order_requests(const struct trace_log *log, bool by_label, const size_t *rank_of_name,
			     size_t *next, size_t *which)
{
	size_t n = 0;

	for (size_t i = 0; i < log->request_count; i++) {
		size_t group = group_of(&log->requests[i], by_label);

		n += group != SIZE_MAX;
		if (group != SIZE_MAX)
			next[rank_of_name[group] + 1]++;
	}
	for (size_t rank = 1; rank < KIND_NAMES + log->name_count; rank++)
		next[rank] += next[rank - 1];
	for (size_t i = 0; i < log->request_count; i++) {
		size_t group = group_of(&log->requests[i], by_label);

		if (group != SIZE_MAX)
			which[next[rank_of_name[group]]++] = i;
	}
	return n;
}

/*
 * Store the sums of each kind, or of each label, and their number in *count. *total: the sum of all
 * of these requests, if it is not NULL. False: out of memory.
 */
static bool summarize_groups(const struct trace_log *log, bool by_label,
			     struct summary_kind **groups, size_t *count,
			     struct summary_kind *total)
{
	size_t n = log->request_count, *which = calloc(n + 1, sizeof(*which)),
	       *rank_of_name = calloc(log->name_count + 1, sizeof(*rank_of_name)),
	       *next = calloc(KIND_NAMES + log->name_count + 1, sizeof(*next));
	uint64_t *times = calloc(n + 1, sizeof(*times));
	bool room = which != NULL && rank_of_name != NULL && next != NULL && times != NULL;

	*groups = calloc(log->name_count + 1, sizeof(**groups));
	room = room && *groups != NULL;
	if (room) {
		rank_names(log, rank_of_name);
		n = order_requests(log, by_label, rank_of_name, next, which);
	}
	if (room && total != NULL) {
		total->name = SIZE_MAX;
		summarize_kind(total, log, which, n, times);
	}
	for (size_t from = 0, to; room && from < n; from = to) {
		size_t group = group_of(&log->requests[which[from]], by_label);
		struct summary_kind *kind = &(*groups)[(*count)++];

		for (to = from; to < n && group_of(&log->requests[which[to]], by_label) == group;
		     to++)
			;
		kind->name = group;
		summarize_kind(kind, log, which + from, to - from, times);
	}
	free(which);
	free(rank_of_name);
	free(next);
	free(times);
	return room;
}

static int compare_busy(const void *a, const void *b)
{
	const struct busy_time *x = a, *y = b;

	if (x->thread != y->thread)
		return x->thread < y->thread ? -1 : 1;
	return (x->from_ns > y->from_ns) - (x->from_ns < y->from_ns);
}

/* Store the busy times, by thread and time. Those of a thread do not touch. Return their number. */
static size_t join_slices(const struct trace_log *log, struct busy_time *times)
{
	size_t n = 0;

	for (size_t i = 0; i < log->slice_count; i++)
		times[i] = (struct busy_time){.from_ns = log->slices[i].from_ns,
					      .to_ns = log->slices[i].to_ns,
					      .thread = log->slices[i].thread};
	qsort(times, log->slice_count, sizeof(*times), compare_busy);
	for (size_t i = 0; i < log->slice_count; i++) {
		struct busy_time *last = n > 0 ? &times[n - 1] : NULL;

		if (last == NULL || last->thread != times[i].thread ||
		    last->to_ns < times[i].from_ns)
			times[n++] = times[i];
		else if (last->to_ns < times[i].to_ns)
			last->to_ns = times[i].to_ns;
	}
	return n;
}

static int compare_edges(const void *a, const void *b)
{
	const struct busy_edge *x = a, *y = b;

	return (x->ns > y->ns) - (x->ns < y->ns);
}

/* Add to element n of `busy_ns` how long n threads were busy, of the workers or of all threads. */
static void count_busy(const struct trace_log *log, const struct busy_time *times, size_t n,
		       bool workers_only, struct busy_edge *edges, uint64_t *busy_ns)
{
	size_t edge_count = 0, busy = 0;
	uint64_t since = log->first_ns;

	for (size_t i = 0; i < n; i++) {
		if (workers_only && !log->threads[times[i].thread].is_worker)
			continue;
		edges[edge_count++] = (struct busy_edge){times[i].from_ns, 1};
		edges[edge_count++] = (struct busy_edge){times[i].to_ns, -1};
	}
	qsort(edges, edge_count, sizeof(*edges), compare_edges);
	for (size_t i = 0, j; i < edge_count; i = j) {
		int change = 0;

		for (j = i; j < edge_count && edges[j].ns == edges[i].ns; j++)
			change += edges[j].change;
		busy_ns[busy] += edges[i].ns - since;
		since = edges[i].ns;
		busy = (size_t)((long)busy + change);
	}
	busy_ns[0] += log->last_ns - since;
}

static bool summarize_threads(struct trace_summary *summary, const struct trace_log *log)
{
	struct busy_time *times = calloc(log->slice_count + 1, sizeof(*times));
	struct busy_edge *edges = calloc(2 * log->slice_count + 1, sizeof(*edges));
	bool room;
	size_t n;

	for (size_t i = 0; i < log->thread_count; i++)
		summary->worker_count += log->threads[i].is_worker;
	summary->threads = calloc(log->thread_count + 1, sizeof(*summary->threads));
	summary->worker_ns = calloc(summary->worker_count + 1, sizeof(*summary->worker_ns));
	summary->thread_ns = calloc(log->thread_count + 1, sizeof(*summary->thread_ns));
	room = times != NULL && edges != NULL && summary->threads != NULL &&
	       summary->worker_ns != NULL && summary->thread_ns != NULL;
	if (room) {
		for (size_t i = 0; i < log->slice_count; i++)
			summary->threads[log->slices[i].thread].slices++;
		n = join_slices(log, times);
		for (size_t i = 0; i < n; i++)
			summary->threads[times[i].thread].busy_ns +=
				times[i].to_ns - times[i].from_ns;
		count_busy(log, times, n, true, edges, summary->worker_ns);
		count_busy(log, times, n, false, edges, summary->thread_ns);
	}
	free(times);
	free(edges);
	return room;
}

bool trace_summary_make(struct trace_summary *summary, const struct trace_log *log)
{
	*summary = (struct trace_summary){.span_ns = log->last_ns - log->first_ns};
	return summarize_groups(log, false, &summary->kinds, &summary->kind_count,
				&summary->total) &&
	       summarize_groups(log, true, &summary->labels, &summary->label_count, NULL) &&
	       summarize_threads(summary, log);
}

void trace_summary_release(struct trace_summary *summary)
{
	free(summary->kinds);
	free(summary->labels);
	free(summary->threads);
	free(summary->worker_ns);
	free(summary->thread_ns);
	*summary = (struct trace_summary){0};
}
