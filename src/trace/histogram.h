/* SPDX-License-Identifier: BSD-3-Clause */
/* The times that requests were queued and ran, in readable form. */
#ifndef TRACE_HISTOGRAM_H
#define TRACE_HISTOGRAM_H

#include <stdbool.h>
#include <stdio.h>

#include "trace/trace.h"

/*
 * Print the times, and whether a trace is being written. If neither is switched on, nothing is
 * printed. False: writing failed.
 */
bool trace_print(FILE *stream, const char *prefix, const struct trace_source *source);

#endif /* TRACE_HISTOGRAM_H */
