/* SPDX-License-Identifier: BSD-3-Clause */
/* Draws a trace as SVG: the slices of each thread over time, and a bar for each request. */
#ifndef TOOLS_TRACE_DRAW_H
#define TOOLS_TRACE_DRAW_H

#include <stdio.h>

#include "trace_place.h"

/* Draw what was placed. `caption`: the title, or NULL. Errors of the stream stay in it. */
void trace_draw(FILE *stream, const struct trace_places *places, const char *caption);

#endif /* TOOLS_TRACE_DRAW_H */
