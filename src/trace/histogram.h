/* SPDX-License-Identifier: BSD-3-Clause */
/* How long requests were queued and how long they ran, for a person to read. */
#ifndef TRACE_HISTOGRAM_H
#define TRACE_HISTOGRAM_H

#include <stdbool.h>
#include <stdio.h>

#include "trace/trace.h"

/*
 * Print the times that were taken, and what became of the trace. Prints nothing where neither was
 * asked for. False: writing failed.
 */
bool trace_print(FILE *stream, const char *prefix, const struct trace_source *source);

#endif /* TRACE_HISTOGRAM_H */
