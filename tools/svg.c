/* SPDX-License-Identifier: BSD-3-Clause */
#include "svg.h"

#include <stdarg.h>

/* A box from this width on has a white edge, so that boxes of one colour can be told apart. */
enum { SVG_EDGED_PX = 3 };

/* Write a text. What XML does not allow there is escaped or replaced. */
static void put_escaped(FILE *stream, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '<')
			fputs("&lt;", stream);
		else if (*text == '>')
			fputs("&gt;", stream);
		else if (*text == '&')
			fputs("&amp;", stream);
		else
			fputc(*text >= ' ' && *text <= '~' ? *text : '?', stream);
	}
}

void svg_begin(FILE *stream, double width, double height)
{
	fprintf(stream,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" "
		"viewBox=\"0 0 %.0f %.0f\" font-family=\"sans-serif\" font-size=\"13\">\n"
		"<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>\n",
		width, height, width, height);
}

void svg_end(FILE *stream)
{
	fputs("</svg>\n", stream);
}

void svg_draw_box(FILE *stream, const struct svg_box *box, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fprintf(stream,
		"<rect x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\" fill=\"%s\"%s><title>",
		box->left, box->top, box->width, box->height, box->colour,
		box->width >= SVG_EDGED_PX ? " stroke=\"#ffffff\" stroke-width=\"0.5\"" : "");
	put_escaped(stream, text);
	fputs("</title></rect>\n", stream);
}

void svg_draw_line(FILE *stream, double x1, double y1, double x2, double y2, const char *colour)
{
	fprintf(stream, "<line x1=\"%.2f\" y1=\"%.2f\" x2=\"%.2f\" y2=\"%.2f\" stroke=\"%s\"/>\n",
		x1, y1, x2, y2, colour);
}

void svg_draw_text(FILE *stream, double x, double y, enum svg_anchor anchor, const char *text)
{
	static const char *const anchors[] = {"start", "middle", "end"};

	fprintf(stream, "<text x=\"%.2f\" y=\"%.2f\" text-anchor=\"%s\">", x, y, anchors[anchor]);
	put_escaped(stream, text);
	fputs("</text>\n", stream);
}
