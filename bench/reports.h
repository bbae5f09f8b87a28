/* SPDX-License-Identifier: BSD-3-Clause */
/* The reports of a run: one or several formats, each to a file or to standard output. */
#ifndef REPORTS_H
#define REPORTS_H

#include "report.h"

#define REPORTS_MAX 4

/* A report and its destination. */
struct report_output {
	const struct report_format *format;
	FILE *stream;
	const char *path; /* NULL: standard output */
};

struct reports {
	struct report_output outputs[REPORTS_MAX];
	size_t count;
};

/* Open all files and begin the reports. If a file cannot be opened, print a message and exit. */
void reports_open(struct reports *reports, const struct settings *settings);

/* Add a case. */
void reports_add(struct reports *reports, const struct bench_case *c, enum outcome outcome,
		 const struct results *results);

/* Report a problem, or the summary of a suite. `c` has the name and the description. */
void reports_add_problem(struct reports *reports, const struct bench_case *c,
			 const struct results *results);
void reports_add_summary(struct reports *reports, const struct bench_case *c,
			 const struct results *results);

/* End the reports and close the files. Returns -1 if a report could not be written. */
int reports_close(struct reports *reports);

#endif /* REPORTS_H */
