/* SPDX-License-Identifier: BSD-3-Clause */
/* Reports of results: a table for readers, CSV and JSON for programs. */
#ifndef REPORT_H
#define REPORT_H

#include <stdio.h>

#include "bench.h"

/* The functions of a format: begin a report, add each case once it is measured, end the report. */
struct report_format {
	void (*begin)(FILE *stream, const struct settings *settings);
	void (*add)(FILE *stream, size_t index, const struct bench_case *c, enum outcome outcome,
		    const struct results *results);
	void (*end)(FILE *stream);
};

extern const struct report_format report_table, report_csv, report_json;

/* Parse a row of a CSV report, without the name of its case. False: the line is not a row. */
bool report_read_row(char *line, struct result *row);

#endif /* REPORT_H */
