/* SPDX-License-Identifier: BSD-3-Clause */
/* The JSON has all numbers; the text leaves out what is 0 in most traces. */
#include "trace_report.h"

#include <inttypes.h>
#include <string.h>

#include "json.h"
#include "units.h"

enum { REPORT_SCHEMA = 1 };

/* Print a text that may hold any bytes, in a column of `width`. 0: no column. */
static void print_name(FILE *stream, const char *name, int width)
{
	int n = 0;

	for (; *name != '\0'; name++, n++)
		fputc(*name >= ' ' && *name <= '~' ? *name : '?', stream);
	if (n < width)
		fprintf(stream, "%*s", width - n, "");
}

static const char *kind_text(const struct trace_log *log, const struct summary_kind *kind)
{
	return kind->name == SIZE_MAX ? "all" : log->names[kind->name].text;
}

/* The width of the names of some kinds or labels. */
static int name_width(const struct trace_log *log, const struct summary_kind *groups, size_t count)
{
	size_t width = 9;

	for (size_t i = 0; i < count; i++)
		if (strlen(kind_text(log, &groups[i])) > width)
			width = strlen(kind_text(log, &groups[i]));
	return (int)width;
}

static void print_counts(FILE *stream, const struct trace_log *log, const struct summary_kind *kind,
			 int width)
{
	char bytes[UNITS_TEXT_BYTES], rate[UNITS_TEXT_BYTES] = "-";

	fputs("  ", stream);
	print_name(stream, kind_text(log, kind), width);
	units_bytes(bytes, (double)kind->bytes);
	if (kind->bytes > 0)
		units_rate(rate, trace_rate(kind->bytes, kind->run_ns));
	fprintf(stream, " %9zu %9" PRIu64 " %7zu %9zu %10zu %10s %11s\n", kind->requests,
		kind->parts, kind->failed, kind->cancelled, kind->unfinished, bytes, rate);
}

static void print_times(FILE *stream, const struct trace_log *log, const struct summary_kind *kind,
			int width)
{
	const struct summary_times *all[] = {&kind->queued, &kind->run};

	fputs("  ", stream);
	print_name(stream, kind_text(log, kind), width);
	for (size_t i = 0; i < 2; i++) {
		const uint64_t times[] = {all[i]->p50_ns, all[i]->p90_ns, all[i]->p99_ns,
					  all[i]->max_ns};

		fputs(i == 0 ? "" : "  ", stream);
		for (size_t j = 0; j < 4; j++) {
			char text[UNITS_TEXT_BYTES] = "-";

			if (all[i]->count > 0)
				units_time(text, (double)times[j]);
			fprintf(stream, " %9s", text);
		}
	}
	fputc('\n', stream);
}

/* Print two lines for each of some kinds or labels, and for `total` unless it is NULL. */
static void print_groups(FILE *stream, const struct trace_log *log, const char *what,
			 const struct summary_kind *groups, size_t count,
			 const struct summary_kind *total)
{
	int width = name_width(log, groups, count);

	fprintf(stream, "\n  %-*s %9s %9s %7s %9s %10s %10s %11s\n", width, what, "requests",
		"parts", "failed", "cancelled", "unfinished", "copied", "rate");
	for (size_t i = 0; i < count; i++)
		print_counts(stream, log, &groups[i], width);
	if (total != NULL)
		print_counts(stream, log, total, width);
	fprintf(stream, "\n  %-*s %-40s  %s\n", width, "", "    queued", "    run");
	fprintf(stream, "  %-*s %9s %9s %9s %9s   %9s %9s %9s %9s\n", width, what, "50 %", "90 %",
		"99 %", "max", "50 %", "90 %", "99 %", "max");
	for (size_t i = 0; i < count; i++)
		print_times(stream, log, &groups[i], width);
	if (total != NULL)
		print_times(stream, log, total, width);
}

static double share_of(uint64_t ns, uint64_t span_ns)
{
	return span_ns > 0 ? (double)ns / (double)span_ns : 0;
}

static void print_overlap(FILE *stream, const char *what, const uint64_t *busy_ns, size_t count,
			  uint64_t span_ns)
{
	fprintf(stream, "\n  %s busy at once\n", what);
	for (size_t i = 0; i <= count; i++) {
		char text[UNITS_TEXT_BYTES];

		units_time(text, (double)busy_ns[i]);
		fprintf(stream, "  %9zu %9s %6.1f %%\n", i, text,
			100 * share_of(busy_ns[i], span_ns));
	}
}

static void print_threads(FILE *stream, const struct trace_log *log,
			  const struct trace_summary *summary)
{
	fprintf(stream, "\n  %-28s %9s %9s %8s\n", "thread", "slices", "busy", "share");
	for (size_t i = 0; i < log->thread_count; i++) {
		const struct summary_thread *thread = &summary->threads[i];
		char busy[UNITS_TEXT_BYTES];

		units_time(busy, (double)thread->busy_ns);
		fputs("  ", stream);
		print_name(stream, log->threads[i].name, 28);
		fprintf(stream, " %9zu %9s %6.1f %%\n", thread->slices, busy,
			100 * share_of(thread->busy_ns, summary->span_ns));
	}
}

/* The number of threads that ran slices and are no workers. */
static size_t helper_count(const struct trace_log *log, const struct trace_summary *summary)
{
	size_t count = 0;

	for (size_t i = 0; i < log->thread_count; i++)
		count += !log->threads[i].is_worker && summary->threads[i].slices > 0;
	return count;
}

void trace_report_text(FILE *stream, const char *path, const struct trace_log *log,
		       const struct trace_summary *summary)
{
	const struct summary_kind *total = &summary->total;
	char span[UNITS_TEXT_BYTES], rate[UNITS_TEXT_BYTES];
	size_t helpers = helper_count(log, summary);

	units_time(span, (double)summary->span_ns);
	units_rate(rate, trace_rate(total->bytes, summary->span_ns));
	fprintf(stream, "%s: %zu requests of ", path, total->requests);
	print_name(stream, *log->program != '\0' ? log->program : "a program", 0);
	fprintf(stream, " in %s: %.0f a second, %s\n", span,
		trace_rate(total->requests, summary->span_ns), rate);
	if (total->requests > 0)
		print_groups(stream, log, "kind", summary->kinds, summary->kind_count,
			     summary->kind_count > 1 ? total : NULL);
	if (summary->label_count > 0)
		print_groups(stream, log, "label", summary->labels, summary->label_count, NULL);
	if (log->thread_count > 0)
		print_threads(stream, log, summary);
	if (total->requests > 0 && summary->worker_count > 0)
		print_overlap(stream, "workers", summary->worker_ns, summary->worker_count,
			      summary->span_ns);
	if (helpers > 0)
		print_overlap(stream, "threads", summary->thread_ns,
			      summary->worker_count + helpers, summary->span_ns);
}

static void report_times(struct json_writer *json, const char *key,
			 const struct summary_times *times)
{
	json_object(json, key);
	json_number(json, "count", times->count);
	if (times->count > 0) {
		json_number(json, "p50_ns", times->p50_ns);
		json_number(json, "p90_ns", times->p90_ns);
		json_number(json, "p99_ns", times->p99_ns);
		json_number(json, "max_ns", times->max_ns);
	}
	json_close(json);
}

/*
 * Write an object with `key`, or one in an array without it, whose member `what` is the name.
 * `what` may be NULL.
 */
static void report_kind(struct json_writer *json, const char *key, const char *what,
			const struct trace_log *log, const struct summary_kind *kind)
{
	json_object(json, key);
	if (what != NULL)
		json_text(json, what, kind_text(log, kind));
	json_number(json, "requests", kind->requests);
	json_number(json, "finished", kind->finished);
	json_number(json, "failed", kind->failed);
	json_number(json, "cancelled", kind->cancelled);
	json_number(json, "unfinished", kind->unfinished);
	json_number(json, "parts", kind->parts);
	json_number(json, "copied_bytes", kind->bytes);
	json_number(json, "run_total_ns", kind->run_ns);
	json_real(json, "run_bytes_per_second", trace_rate(kind->bytes, kind->run_ns));
	report_times(json, "queued", &kind->queued);
	report_times(json, "run", &kind->run);
	json_close(json);
}

static void report_overlap(struct json_writer *json, const char *key, const uint64_t *busy_ns,
			   size_t count, uint64_t span_ns)
{
	json_array(json, key);
	for (size_t i = 0; i <= count; i++) {
		json_object(json, NULL);
		json_number(json, "busy", i);
		json_number(json, "time_ns", busy_ns[i]);
		json_real(json, "share", share_of(busy_ns[i], span_ns));
		json_close(json);
	}
	json_close(json);
}

static void report_threads(struct json_writer *json, const struct trace_log *log,
			   const struct trace_summary *summary)
{
	json_array(json, "threads");
	for (size_t i = 0; i < log->thread_count; i++) {
		const struct summary_thread *thread = &summary->threads[i];

		json_object(json, NULL);
		json_number(json, "tid", log->threads[i].tid);
		json_text(json, "name", log->threads[i].name);
		json_flag(json, "worker", log->threads[i].is_worker);
		json_number(json, "slices", thread->slices);
		json_number(json, "busy_ns", thread->busy_ns);
		json_real(json, "busy_share", share_of(thread->busy_ns, summary->span_ns));
		json_close(json);
	}
	json_close(json);
}

bool trace_report_json(FILE *stream, const char *path, const struct trace_log *log,
		       const struct trace_summary *summary)
{
	const struct summary_kind *total = &summary->total;
	struct json_writer json;

	json_begin(&json, stream, "trace", REPORT_SCHEMA);
	json_text(&json, "file", path);
	json_text(&json, "program", *log->program != '\0' ? log->program : NULL);
	json_number(&json, "pid", log->pid);
	json_number(&json, "span_ns", summary->span_ns);
	json_real(&json, "requests_per_second", trace_rate(total->requests, summary->span_ns));
	json_real(&json, "bytes_per_second", trace_rate(total->bytes, summary->span_ns));
	report_kind(&json, "all", NULL, log, total);
	json_array(&json, "kinds");
	for (size_t i = 0; i < summary->kind_count; i++)
		report_kind(&json, NULL, "kind", log, &summary->kinds[i]);
	json_close(&json);
	json_array(&json, "labels");
	for (size_t i = 0; i < summary->label_count; i++)
		report_kind(&json, NULL, "label", log, &summary->labels[i]);
	json_close(&json);
	report_threads(&json, log, summary);
	report_overlap(&json, "workers_busy", summary->worker_ns, summary->worker_count,
		       summary->span_ns);
	report_overlap(&json, "threads_busy", summary->thread_ns, log->thread_count,
		       summary->span_ns);
	return json_end(&json);
}
