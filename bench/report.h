/* SPDX-License-Identifier: BSD-3-Clause */
/* Reports of results: a table for readers, CSV and JSON for programs. */
#ifndef REPORT_H
#define REPORT_H

#include <stdio.h>

#include "bench.h"

/* The functions of a format: begin a report, add each case once it is measured, end the report. */
struct report_format {
	void (*begin)(FILE *stream, const struct settings *settings);
	void (*add)(FILE *stream, const struct bench_case *c, enum outcome outcome,
		    const struct results *results);
	/* Add a problem of a suite, or the summary of a suite, before the suite itself. */
	void (*add_problem)(FILE *stream, const struct bench_case *c,
			    const struct results *results);
	void (*add_summary)(FILE *stream, const struct bench_case *c,
			    const struct results *results);
	void (*end)(FILE *stream);
};

extern const struct report_format report_table, report_csv, report_json;

/* The pages of the buffers, in words. */
const char *report_pages(const struct settings *settings);

/* Parse a row of a CSV report, without the name of its case. False: the line is not a row. */
bool report_read_row(char *line, struct result *row);

#endif /* REPORT_H */
