/* SPDX-License-Identifier: BSD-3-Clause */
/* Prints the numbers of a trace, for people and as JSON. */
#ifndef TOOLS_TRACE_REPORT_H
#define TOOLS_TRACE_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "trace_log.h"
#include "trace_summary.h"

void trace_report_text(FILE *stream, const char *path, const struct trace_log *log,
		       const struct trace_summary *summary);

/* False: not everything could be written. */
bool trace_report_json(FILE *stream, const char *path, const struct trace_log *log,
		       const struct trace_summary *summary);

#endif /* TOOLS_TRACE_REPORT_H */
