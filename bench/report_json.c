/* SPDX-License-Identifier: BSD-3-Clause */
/* JSON: the machine, the settings, and the cases with their rows. */
#include <aml/utils/version.h>

#include "loops.h"
#include "machine.h"
#include "report.h"

static void put_string(FILE *stream, const char *text)
{
	fputc('"', stream);
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', stream);
		if ((unsigned char)*text < ' ')
			fprintf(stream, "\\u%04x", (unsigned)(unsigned char)*text);
		else
			fputc(*text, stream);
	}
	fputc('"', stream);
}

static void put_text(FILE *stream, const char *key, const char *text)
{
	fprintf(stream, "\"%s\": ", key);
	put_string(stream, text);
	fputs(", ", stream);
}

/* Write a number, or null if the number was not measured. */
static void put_number(FILE *stream, const char *key, double number, bool measured)
{
	if (measured)
		fprintf(stream, "\"%s\": %.10g, ", key, number);
	else
		fprintf(stream, "\"%s\": null, ", key);
}

/* Whether the next case is the first one. */
static bool first;

static void begin(FILE *stream, const struct settings *settings)
{
	fputs("{\n\"machine\": {", stream);
	put_text(stream, "processor", machine_processor());
	put_text(stream, "system", machine_system());
	put_text(stream, "compiler", machine_compiler());
	put_text(stream, "loops", loops_target());
	put_text(stream, "others", machine_peers());
	put_number(stream, "l2_bytes", (double)machine_l2(), machine_l2() > 0);
	put_number(stream, "last_cache_bytes", (double)machine_last_cache(),
		   machine_last_cache() > 0);
	fprintf(stream, "\"cpus\": %d},\n\"settings\": {", machine_cpu_count());
	put_text(stream, "version", aml_version_string);
	put_text(stream, "pages", report_pages(settings));
	fprintf(stream, "\"workers\": %u, \"repetitions\": %u, \"seed\": %llu, \"quick\": %s",
		settings->workers, settings->repetitions, settings->seed,
		settings->quick ? "true" : "false");
	first = true;
	fputs("},\n\"cases\": [", stream);
}

static void add_row(FILE *stream, const struct result *row)
{
	static const char *const units[] = {
		[NANOSECONDS] = "ns", [BYTES] = "bytes", [PERCENT] = "percent"};
	static const char *const senses[] = {
		[NO_TARGET] = "", [FASTER] = "faster", [SLOWER] = "slower", [BELOW] = "below"};
	bool rated = row->unit == NANOSECONDS && row->payload > 0 && row->best > 0;

	fputs("  {", stream);
	put_text(stream, "contestant", row->contestant);
	put_text(stream, "isa", row->isa);
	put_number(stream, "workers", row->workers, row->isa[0] != '\0');
	put_text(stream, "unit", units[row->unit]);
	put_number(stream, "best", row->best, true);
	put_number(stream, "median", row->median, true);
	put_number(stream, "payload_bytes", row->payload, row->payload > 0);
	put_number(stream, "gb_per_s", rated ? row->payload / row->best : 0, rated);
	put_number(stream, "ratio", row->ratio, row->ratio > 0);
	put_text(stream, "yardstick", row->yardstick);
	put_text(stream, "sense", senses[row->target.sense]);
	put_number(stream, "target", row->target.value, row->target.value > 0);
	put_number(stream, "again", row->again, row->again > 0);
	put_number(stream, "p50_ns", row->p50, row->p50 > 0);
	put_number(stream, "p99_ns", row->p99, row->p99 > 0);
	put_number(stream, "p999_ns", row->p999, row->p999 > 0);
	fprintf(stream, "\"met\": %s}",
		row->verdict == NOT_JUDGED ? "null"
		: row->verdict == MET      ? "true"
					   : "false");
}

static void add(FILE *stream, const struct bench_case *c, enum outcome outcome,
		const struct results *results)
{
	static const char *const outcomes[] = {
		[DONE] = "done", [SKIPPED] = "skipped", [FAILED] = "failed"};

	fprintf(stream, "%s\n {", first ? "" : ",");
	first = false;
	put_text(stream, "case", c->name);
	put_text(stream, "about", c->about);
	put_text(stream, "outcome", outcomes[outcome]);
	put_text(stream, "note", results->note);
	fputs("\"rows\": [", stream);
	for (size_t i = 0; i < results->count; i++) {
		fputs(i == 0 ? "\n" : ",\n", stream);
		add_row(stream, &results->rows[i]);
	}
	fputs("]}", stream);
	fflush(stream);
}

/* A line of a suite is a case of its own. */
static void add_line(FILE *stream, const struct bench_case *c, const struct results *results)
{
	add(stream, c, DONE, results);
}

static void end(FILE *stream)
{
	fputs("\n]\n}\n", stream);
}

const struct report_format report_json = {
	.begin = begin, .add = add, .add_problem = add_line, .add_summary = add_line, .end = end};
