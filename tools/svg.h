/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Writes a drawing as SVG. Lengths are in pixels, y grows downward, and what is drawn later lies on
 * top. A colour is a text like "#0072b2". Errors of the stream are for its owner to find.
 */
#ifndef TOOLS_SVG_H
#define TOOLS_SVG_H

#include <stdio.h>

struct svg_box {
	double left, top, width, height;
	const char *colour;
};

enum svg_anchor { SVG_START, SVG_MIDDLE, SVG_END };

/* Begin a white drawing. */
void svg_begin(FILE *stream, double width, double height);
void svg_end(FILE *stream);

/* `format`: a text that a viewer shows for the box. */
void svg_draw_box(FILE *stream, const struct svg_box *box, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

void svg_draw_line(FILE *stream, double x1, double y1, double x2, double y2, const char *colour);

/* `anchor` is the point of the text that lies at x. y is the base of the letters. */
void svg_draw_text(FILE *stream, double x, double y, enum svg_anchor anchor, const char *text);

#endif /* TOOLS_SVG_H */
