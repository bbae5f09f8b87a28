/* SPDX-License-Identifier: BSD-3-Clause */
/* The table. */
#include <stdlib.h>
#include <string.h>

#include <aml/utils/version.h>

#include "loops.h"
#include "machine.h"
#include "report.h"

#define TEXT_SIZE 24

static struct {
	unsigned cases, skipped, failed, judged, met;
	char suite[NAME_SIZE]; /* whose problems are being printed; empty: none */
} totals;

static void format_time(char text[TEXT_SIZE], double ns)
{
	if (ns < 1e4)
		snprintf(text, TEXT_SIZE, "%.1f ns", ns);
	else if (ns < 1e7)
		snprintf(text, TEXT_SIZE, "%.1f us", ns / 1e3);
	else
		snprintf(text, TEXT_SIZE, "%.1f ms", ns / 1e6);
}

static void format_value(char text[TEXT_SIZE], double value, enum unit unit)
{
	switch (unit) {
	case NANOSECONDS:
		format_time(text, value);
		break;
	case BYTES:
		snprintf(text, TEXT_SIZE, "%.0f B", value);
		break;
	case PERCENT:
		snprintf(text, TEXT_SIZE, "%.2f %%", value);
		break;
	}
}

/* One byte per nanosecond is 1 GB/s. */
static void format_rate(char text[TEXT_SIZE], const struct result *row)
{
	text[0] = '\0';
	if (row->unit != NANOSECONDS || row->best <= 0)
		return;
	if (row->payload > 0)
		snprintf(text, TEXT_SIZE, "%.2f GB/s", row->payload / row->best);
	else
		snprintf(text, TEXT_SIZE, "%.2f M/s", 1e3 / row->best);
}

static void format_target(char text[TEXT_SIZE], const struct result *row)
{
	const char *unit = "";

	text[0] = '\0';
	if (row->target.value <= 0 || row->target.sense == NO_TARGET)
		return;
	if (row->target.sense == BELOW)
		unit = row->unit == BYTES ? " B" : row->unit == PERCENT ? " %" : " ns";
	snprintf(text, TEXT_SIZE, "%s %.4g%s",
		 row->target.sense == FASTER ? ">=" : "<=", row->target.value, unit);
}

static void begin(FILE *stream, const struct settings *settings)
{
	const char *isa = getenv("AML_DMA_ISA");

	fprintf(stream, "aml-dma-bench of libaml-dma %s\n", aml_version_string);
	fprintf(stream, "  processor  %s; %d CPUs; L2 %ld KiB, last cache %ld KiB\n",
		machine_processor(), machine_cpu_count(), machine_l2() / 1024,
		machine_last_cache() / 1024);
	fprintf(stream, "  system     %s; %s\n", machine_system(), machine_compiler());
	fprintf(stream, "  kernels    %s; plain loops compiled for %s\n",
		isa == NULL || *isa == '\0' ? "auto" : isa, loops_target());
	fprintf(stream, "  others     %s\n", machine_peers());
	fprintf(stream, "  measured   %u worker%s; best and median of %u; pages: %s\n",
		settings->workers, settings->workers == 1 ? "" : "s", settings->repetitions,
		report_pages(settings));
	if (settings->quick)
		fputs("  Tiny sizes: these figures do not describe this machine.\n", stream);
	totals.cases = 0;
}

static void add_row(FILE *stream, const struct result *row)
{
	static const char *const verdicts[] = {
		[NOT_JUDGED] = "", [MET] = "met", [MISSED] = "MISSED"};
	char name[2 * NAME_SIZE + 2], best[TEXT_SIZE], median[TEXT_SIZE], rate[TEXT_SIZE];
	char ratio[TEXT_SIZE] = "", target[TEXT_SIZE], line[12 * TEXT_SIZE];
	bool other_isa = row->isa[0] != '\0' && strcmp(row->isa, "auto") != 0;
	int length;

	snprintf(name, sizeof(name), "%s%s%s", row->contestant, other_isa ? " " : "",
		 other_isa ? row->isa : "");
	format_value(best, row->best, row->unit);
	format_value(median, row->median, row->unit);
	format_rate(rate, row);
	if (row->ratio > 0)
		snprintf(ratio, sizeof(ratio), "%.2f", row->ratio);
	format_target(target, row);
	length = snprintf(line, sizeof(line), "  %-36s %11s %11s %12s %7s  %-8s %s", name, best,
			  median, rate, ratio, target, verdicts[row->verdict]);
	while (length > 0 && line[length - 1] == ' ')
		length--;
	fprintf(stream, "%.*s\n", length, line);
	if (row->p50 > 0)
		fprintf(stream,
			"  %-36s %.2f M/s; latency 50 %%: %.0f ns, 99 %%: %.0f ns, 99.9 %%: %.0f ns\n",
			"", 1e3 / row->best, row->p50, row->p99, row->p999);
}

static void add_title(FILE *stream, const struct bench_case *c, const struct results *results)
{
	const struct result *compared = NULL;

	for (size_t i = 0; i < results->count && compared == NULL; i++) {
		if (results->rows[i].ratio > 0 && results->rows[i].yardstick[0] != '\0')
			compared = &results->rows[i];
	}
	fprintf(stream, "\n%s: %s", c->name, c->about);
	if (compared != NULL)
		fprintf(stream, " (ratio: %s to %s)",
			compared->target.sense == SLOWER ? "time" : "speed", compared->yardstick);
	fputc('\n', stream);
}

static void add(FILE *stream, const struct bench_case *c, enum outcome outcome,
		const struct results *results)
{
	if (results->count > 0 && totals.cases % 12 == 0)
		fprintf(stream, "\n  %-36s %11s %11s %12s %7s  %s\n", "contestant", "best",
			"median", "rate", "ratio", "target");
	add_title(stream, c, results);
	for (size_t i = 0; i < results->count; i++) {
		const struct result *row = &results->rows[i];

		add_row(stream, row);
		totals.judged += row->verdict != NOT_JUDGED;
		totals.met += row->verdict == MET;
	}
	totals.cases++;
	totals.suite[0] = '\0';
	totals.skipped += outcome == SKIPPED;
	totals.failed += outcome == FAILED;
	if (results->note[0] != '\0')
		fprintf(stream, "  %s%s\n",
			outcome == SKIPPED  ? "Skipped: "
			: outcome == FAILED ? "FAILED: "
					    : "",
			results->note);
	fflush(stream);
}

/* The name of the suite that a line belongs to. */
static void suite_of(char suite[NAME_SIZE], const struct bench_case *line)
{
	copy_text(suite, NAME_SIZE, line->name);
	if (strrchr(suite, '/') != NULL)
		*strrchr(suite, '/') = '\0';
}

/* A line: the problem, its size, the engine's time, and the ratio of the speeds by yardstick. */
static void add_problem(FILE *stream, const struct bench_case *c, const struct results *results)
{
	char suite[NAME_SIZE], best[TEXT_SIZE] = "", size[TEXT_SIZE] = "";

	suite_of(suite, c);
	if (strcmp(suite, totals.suite) != 0)
		fprintf(stream, "\n%s: the speed of the engine divided by that of others\n", suite);
	copy_text(totals.suite, sizeof(totals.suite), suite);
	for (size_t i = 0; i < results->count; i++) {
		if (results->rows[i].workers == 0)
			continue;
		format_time(best, results->rows[i].best);
		snprintf(size, sizeof(size), "%.1f KiB", results->rows[i].payload / 1024);
	}
	fprintf(stream, "  %s %-52s %12s %10s ", strrchr(c->name, '/') + 1, c->about, size, best);
	for (size_t i = 0; i < results->count; i++) {
		const struct result *row = &results->rows[i];

		if (row->ratio <= 0)
			continue;
		if (strstr(row->yardstick, ", no call") != NULL) {
			fprintf(stream, " (%.2f)", row->ratio);
			continue;
		}
		fprintf(stream, "  %s %.2f", row->yardstick, row->ratio);
		if (row->again > 0)
			fprintf(stream, ", again %.2f%s", row->again,
				row->verdict == MISSED ? "!" : "");
	}
	fputc('\n', stream);
	fflush(stream);
}

static void add_summary(FILE *stream, const struct bench_case *c, const struct results *results)
{
	static const char *const verdicts[] = {
		[NOT_JUDGED] = "", [MET] = "met", [MISSED] = "MISSED"};
	const char *yardstick = "";

	fprintf(stream, "\n%s: %s\n", c->name, c->about);
	for (size_t i = 0; i < results->count; i++) {
		const struct result *row = &results->rows[i];
		char target[TEXT_SIZE];

		if (strcmp(yardstick, row->yardstick) != 0)
			fprintf(stream, "  against %s\n", row->yardstick);
		yardstick = row->yardstick;
		format_target(target, row);
		fprintf(stream, "    %7.3g  %-10s%-8s%s\n", row->ratio, target,
			verdicts[row->verdict], row->contestant);
		totals.judged += row->verdict != NOT_JUDGED;
		totals.met += row->verdict == MET;
	}
	fflush(stream);
}

static void end(FILE *stream)
{
	fprintf(stream, "\n%u case%s, %u skipped, %u failed; %u of %u targets met\n", totals.cases,
		totals.cases == 1 ? "" : "s", totals.skipped, totals.failed, totals.met,
		totals.judged);
}

const struct report_format report_table = {.begin = begin,
					   .add = add,
					   .add_problem = add_problem,
					   .add_summary = add_summary,
					   .end = end};

const char *report_pages(const struct settings *settings)
{
	static const char path[] = "/sys/kernel/mm/transparent_hugepage/enabled";
	FILE *stream;
	char line[80] = "";

	if (settings->pages != PAGES_DEFAULT)
		return settings->pages == PAGES_4K ? "4k" : "thp";
	stream = fopen(path, "re");
	if (stream == NULL)
		return "4k (default)";
	if (fgets(line, sizeof(line), stream) == NULL)
		line[0] = '\0';
	fclose(stream);
	return strstr(line, "[always]") != NULL ? "thp (default)" : "4k (default)";
}
