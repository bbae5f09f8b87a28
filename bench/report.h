/* SPDX-License-Identifier: BSD-3-Clause */
/* Reports of results: a table for people, CSV and JSON for programs. */
#ifndef REPORT_H
#define REPORT_H

#include <stdio.h>

#include "bench.h"

/* How a format begins a report, adds each case as soon as it is measured, and ends. */
struct report_format {
	void (*begin)(FILE *stream, const struct settings *settings);
	void (*add)(FILE *stream, size_t index, const struct bench_case *c, enum outcome outcome,
		    const struct results *results);
	void (*end)(FILE *stream);
};

extern const struct report_format report_table, report_csv, report_json;

/* Read a row of a CSV report back, without its case's name. False if the line is no row. */
bool report_read_row(char *line, struct result *row);

#endif /* REPORT_H */
