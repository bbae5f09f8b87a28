/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * CSV: one line per contestant and case. No field is quoted, so a comma or a quotation mark in a
 * text becomes a space.
 */
#include <stdlib.h>
#include <string.h>

#include "machine.h"
#include "report.h"

static const char *const units[] = {[NANOSECONDS] = "ns", [BYTES] = "bytes", [PERCENT] = "percent"};
static const char *const senses[] = {
	[NO_TARGET] = "", [FASTER] = "faster", [SLOWER] = "slower", [BELOW] = "below"};
static const char *const verdicts[] = {[NOT_JUDGED] = "", [MET] = "met", [MISSED] = "missed"};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* The fields, in order. */
enum field {
	CASE,
	CONTESTANT,
	ISA,
	WORKERS,
	UNIT,
	BEST,
	MEDIAN,
	PAYLOAD,
	RATE,
	RATIO,
	YARDSTICK,
	SENSE,
	TARGET,
	VERDICT,
	AGAIN,
	PAGES,
	P50,
	P99,
	P999,
	PROCESSOR,
	FIELDS
};

static void put_text(FILE *stream, const char *text)
{
	for (; *text != '\0'; text++)
		fputc(*text == ',' || *text == '"' ? ' ' : *text, stream);
	fputc(',', stream);
}

/* Write a number, or an empty field if the number was not measured. */
static void put_number(FILE *stream, double number, bool measured)
{
	if (measured)
		fprintf(stream, "%.10g", number);
	fputc(',', stream);
}

/* The pages of the buffers. */
static const char *pages = "";

static void begin(FILE *stream, const struct settings *settings)
{
	pages = report_pages(settings);
	fputs("case,contestant,isa,workers,unit,best,median,payload_bytes,gb_per_s,ratio,yardstick,"
	      "sense,target,verdict,again,pages,p50_ns,p99_ns,p999_ns,processor\n",
	      stream);
}

static void add_row(FILE *stream, const char *name, const struct result *row)
{
	bool rated = row->unit == NANOSECONDS && row->payload > 0 && row->best > 0;

	put_text(stream, name);
	put_text(stream, row->contestant);
	put_text(stream, row->isa);
	put_number(stream, row->workers, row->isa[0] != '\0');
	put_text(stream, units[row->unit]);
	put_number(stream, row->best, true);
	put_number(stream, row->median, true);
	put_number(stream, row->payload, row->payload > 0);
	put_number(stream, rated ? row->payload / row->best : 0, rated);
	put_number(stream, row->ratio, row->ratio > 0);
	put_text(stream, row->yardstick);
	put_text(stream, senses[row->target.sense]);
	put_number(stream, row->target.value, row->target.value > 0);
	put_text(stream, verdicts[row->verdict]);
	put_number(stream, row->again, row->again > 0);
	put_text(stream, pages);
	put_number(stream, row->p50, row->p50 > 0);
	put_number(stream, row->p99, row->p99 > 0);
	put_number(stream, row->p999, row->p999 > 0);
	for (const char *at = machine_processor(); *at != '\0'; at++)
		fputc(*at == ',' || *at == '"' ? ' ' : *at, stream);
	fputc('\n', stream);
}

static void add(FILE *stream, const struct bench_case *c, enum outcome outcome,
		const struct results *results)
{
	(void)outcome;
	for (size_t i = 0; i < results->count; i++)
		add_row(stream, c->name, &results->rows[i]);
	fflush(stream);
}

/* Print a line of a suite. The name of the line also describes it. */
static void add_line(FILE *stream, const struct bench_case *c, const struct results *results)
{
	struct bench_case line = *c;
	char name[NAME_SIZE + ABOUT_SIZE + 1];

	snprintf(name, sizeof(name), "%s %s", c->name, c->about);
	copy_text(line.name, sizeof(line.name), name);
	add(stream, &line, DONE, results);
}

static void end(FILE *stream)
{
	(void)stream;
}

const struct report_format report_csv = {
	.begin = begin, .add = add, .add_problem = add_line, .add_summary = add_line, .end = end};

static unsigned index_of(const char *text, const char *const *texts, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		if (strcmp(text, texts[i]) == 0)
			return (unsigned)i;
	}
	return 0;
}

bool report_read_row(char *line, struct result *row)
{
	char *fields[FIELDS];
	size_t count = 0;
	char *field;

	line[strcspn(line, "\n")] = '\0';
	while (count < FIELDS && (field = strsep(&line, ",")) != NULL)
		fields[count++] = field;
	if (count != FIELDS || strcmp(fields[CASE], "case") == 0)
		return false;
	memset(row, 0, sizeof(*row));
	copy_text(row->contestant, sizeof(row->contestant), fields[CONTESTANT]);
	copy_text(row->isa, sizeof(row->isa), fields[ISA]);
	copy_text(row->yardstick, sizeof(row->yardstick), fields[YARDSTICK]);
	row->workers = (unsigned)strtoul(fields[WORKERS], NULL, 10);
	row->unit = index_of(fields[UNIT], units, COUNT(units));
	row->best = strtod(fields[BEST], NULL);
	row->median = strtod(fields[MEDIAN], NULL);
	row->payload = strtod(fields[PAYLOAD], NULL);
	row->ratio = strtod(fields[RATIO], NULL);
	row->target.sense = index_of(fields[SENSE], senses, COUNT(senses));
	row->target.value = strtod(fields[TARGET], NULL);
	row->verdict = index_of(fields[VERDICT], verdicts, COUNT(verdicts));
	row->again = strtod(fields[AGAIN], NULL);
	row->p50 = strtod(fields[P50], NULL);
	row->p99 = strtod(fields[P99], NULL);
	row->p999 = strtod(fields[P999], NULL);
	return true;
}
