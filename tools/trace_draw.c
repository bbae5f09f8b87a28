/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Slices within others are drawn over them, and less high. Slices that are too short to see are
 * drawn together with their neighbours, so that the drawing of many requests has a bounded size.
 */
#include "trace_draw.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "svg.h"
#include "units.h"

enum {
	DRAW_WIDTH_PX = 1100,
	DRAW_TOP_PX = 12,
	DRAW_CAPTION_PX = 26,
	DRAW_ROW_PX = 36, /* from row to row */
	DRAW_SLICE_PX = 26,
	DRAW_NESTED_PX = 5, /* how much less high a slice is than the one around it */
	DRAW_NESTED_MAX = 4,
	DRAW_LANE_PX = 13, /* from lane to lane */
	DRAW_RUN_PX = 9,
	DRAW_QUEUED_PX = 3,
	DRAW_AXIS_PX = 62, /* below the lanes, to the legend */
	DRAW_LEGEND_PX = 20,
	DRAW_LEGEND_NAMES_MAX = 24,
	DRAW_TICKS_MAX = 10,
};

static const double draw_box_min_px = 0.35, draw_joined_gap_px = 0.25;
static const char draw_grey[] = "#a0a0a0", draw_black[] = "#000000", draw_grid[] = "#d8d8d8";

static const struct draw_colour {
	const char *name, *colour;
} draw_colours[] = {{"flat", "#0072b2"},      {"strided", "#d55e00"},   {"transpose", "#009e73"},
		    {"walk", "#cc79a7"},      {"boxes", "#e69f00"},     {"deref", "#56b4e9"},
		    {"empty", "#404040"},     {"transform", "#006d5b"}, {"fill", "#b2182b"},
		    {"copy_user", "#8c6d31"}, {"compare", "#6a7f10"},   {"convert", "#3b5fc0"},
		    {"reduce", "#b5179e"},    {"operator", "#7f3c8d"}};
static const char *const draw_label_colours[] = {"#999933", "#882255", "#44aa99",
						 "#117733", "#aa4499", "#ddaa33"};

/* A drawing under way. */
struct drawing {
	FILE *stream;
	const struct trace_places *places;
	const struct trace_log *log;
	double top, lanes_top, bottom; /* of the rows; of the lanes; of both */
};

/* Slices that are drawn as one box. */
struct joined_slices {
	struct svg_box box; /* colour NULL: none */
	size_t count, name;
	uint64_t ns; /* of all of them */
	const struct log_slice *slice;
};

static const char *colour_of(const struct trace_log *log, size_t name)
{
	const size_t labels = sizeof(draw_label_colours) / sizeof(*draw_label_colours);

	for (size_t i = 0; i < sizeof(draw_colours) / sizeof(*draw_colours); i++)
		if (strcmp(draw_colours[i].name, log->names[name].text) == 0)
			return draw_colours[i].colour;
	return draw_label_colours[name % labels];
}

/* Draw the box that was joined so far. */
static void draw_joined(const struct drawing *draw, struct joined_slices *joined)
{
	const struct log_request *request;
	const char *name;
	char time[UNITS_TEXT_BYTES];

	if (joined->box.colour == NULL)
		return;
	name = draw->log->names[joined->name].text;
	request = &draw->log->requests[joined->slice->request];
	units_time(time, (double)joined->ns);
	if (joined->count > 1)
		svg_draw_box(draw->stream, &joined->box, "%zu x %s: %s", joined->count, name, time);
	else if (joined->slice->part != SIZE_MAX)
		svg_draw_box(draw->stream, &joined->box, "%s %" PRIu64 ".%" PRIu64 ", part %zu: %s",
			     name, request->source, request->place, joined->slice->part, time);
	else
		svg_draw_box(draw->stream, &joined->box, "%s %" PRIu64 ".%" PRIu64 ": %s", name,
			     request->source, request->place, time);
	joined->box.colour = NULL;
}

/* The box of a slice that lies in `depth` others of its thread. */
static struct svg_box slice_box(const struct drawing *draw, const struct log_slice *slice,
				size_t depth)
{
	size_t row = draw->places->row_of_thread[slice->thread],
	       less = DRAW_NESTED_PX * (depth < DRAW_NESTED_MAX ? depth : DRAW_NESTED_MAX);
	double left = trace_place_x(draw->places, slice->from_ns),
	       right = trace_place_x(draw->places, slice->to_ns),
	       height = DRAW_SLICE_PX - (double)less;

	return (struct svg_box){
		.left = left,
		.top = draw->top + DRAW_ROW_PX * (double)row + (DRAW_ROW_PX - height) / 2,
		.width = fmax(right - left, draw_box_min_px),
		.height = height,
		.colour = colour_of(draw->log, draw->log->requests[slice->request].kind)};
}

/* Can a box be drawn as one with those before it? */
static bool is_joined(const struct joined_slices *joined, const struct svg_box *box, size_t name)
{
	const struct svg_box *last = &joined->box;

	return last->colour != NULL && joined->name == name &&
	       fabs(last->top - box->top) < draw_box_min_px && fmin(box->width, last->width) < 1 &&
	       box->left <= last->left + last->width + draw_joined_gap_px;
}

static void draw_slices(const struct drawing *draw)
{
	struct joined_slices joined = {.count = 0};
	/* The ends of the slices around the next one. */
	uint64_t open[DRAW_NESTED_MAX + 1];
	size_t depth = 0, thread = SIZE_MAX;

	for (size_t i = 0; i < draw->log->slice_count; i++) {
		const struct log_slice *slice = &draw->log->slices[draw->places->slices[i]];
		size_t name = draw->log->requests[slice->request].name;
		struct svg_box box;

		if (!trace_is_placed(draw->places, slice->from_ns, slice->to_ns))
			continue;
		if (slice->thread != thread)
			depth = 0;
		thread = slice->thread;
		while (depth > 0 && open[depth - 1] <= slice->from_ns)
			depth--;
		box = slice_box(draw, slice, depth);
		if (depth <= DRAW_NESTED_MAX)
			open[depth++] = slice->to_ns;
		if (is_joined(&joined, &box, name)) {
			joined.box.width =
				fmax(joined.box.width, box.left + box.width - joined.box.left);
			joined.count++;
			joined.ns += slice->to_ns - slice->from_ns;
			continue;
		}
		draw_joined(draw, &joined);
		joined = (struct joined_slices){.box = box,
						.count = 1,
						.name = name,
						.ns = slice->to_ns - slice->from_ns,
						.slice = slice};
	}
	draw_joined(draw, &joined);
}

/* Draw a bar: thin while the request is queued, thick while it runs. */
static void draw_request(const struct drawing *draw, const struct log_request *request, size_t lane)
{
	uint64_t end = trace_request_end(draw->log, request),
		 start = request->started ? request->started_ns : end;
	double left = trace_place_x(draw->places, request->posted_ns),
	       middle = trace_place_x(draw->places, start),
	       right = trace_place_x(draw->places, end),
	       height = draw->lanes_top + DRAW_LANE_PX * ((double)lane + 0.5);
	const char *name = draw->log->names[request->name].text;
	struct svg_box queued = {.left = left,
				 .top = height - DRAW_QUEUED_PX / 2.0,
				 .width = fmax(middle - left, draw_box_min_px),
				 .height = DRAW_QUEUED_PX,
				 .colour = request->cancelled ? draw_black : draw_grey},
		       run = {.left = middle,
			      .top = height - DRAW_RUN_PX / 2.0,
			      .width = fmax(right - middle, draw_box_min_px),
			      .height = DRAW_RUN_PX,
			      .colour = colour_of(draw->log, request->kind)};
	char text[UNITS_TEXT_BYTES];

	units_time(text, (double)(start - request->posted_ns));
	svg_draw_box(draw->stream, &queued,
		     "%s %" PRIu64 ".%" PRIu64 ", %" PRIu64 " bytes: queued %s%s", name,
		     request->source, request->place, request->bytes, text,
		     request->cancelled ? ", cancelled" : "");
	if (!request->started)
		return;
	units_time(text, (double)(end - start));
	svg_draw_box(draw->stream, &run, "%s %" PRIu64 ".%" PRIu64 ", %" PRIu64 " bytes: ran %s%s",
		     name, request->source, request->place, request->bytes, text,
		     request->failed ? ", failed" : "");
}

/* The distance of ticks: 1, 2 or 5 times a power of 10. */
static double tick_ns_of(double span_ns)
{
	double unit = pow(10, floor(log10(span_ns / DRAW_TICKS_MAX)));

	for (int times = 1; times <= 5; times = times == 1 ? 2 : times + 3)
		if (span_ns / (unit * times) <= DRAW_TICKS_MAX)
			return unit * times;
	return 10 * unit;
}

static void draw_axis(const struct drawing *draw)
{
	const struct trace_places *places = draw->places;
	double span = places->to_ns - places->from_ns, tick = tick_ns_of(span);
	int decimals = tick < 1e6 ? (int)ceil(6 - log10(tick) - 1e-9) : 0;
	double last = floor(places->to_ns / tick + 1e-9);

	/* fabs(): the first tick may be -0. */
	for (double n = fabs(ceil(places->from_ns / tick - 1e-9)); n <= last; n++) {
		double x = PLACE_LEFT_PX +
			   (n * tick - places->from_ns) / span * (PLACE_RIGHT_PX - PLACE_LEFT_PX);
		char text[32];

		(void)snprintf(text, sizeof(text), "%.*f", decimals, n * tick / 1e6);
		svg_draw_line(draw->stream, x, draw->top, x, draw->bottom, draw_grid);
		svg_draw_text(draw->stream, x, draw->bottom + 16, SVG_MIDDLE, text);
	}
	svg_draw_text(draw->stream, (PLACE_LEFT_PX + PLACE_RIGHT_PX) / 2.0, draw->bottom + 34,
		      SVG_MIDDLE, "milliseconds after the first request");
}

static void draw_names(const struct drawing *draw)
{
	const struct trace_places *places = draw->places;
	char text[64];

	for (size_t i = 0; i < places->row_count; i++)
		svg_draw_text(draw->stream, PLACE_LEFT_PX - 8,
			      draw->top + DRAW_ROW_PX * ((double)i + 0.5) + 4, SVG_END,
			      draw->log->threads[places->threads[i]].name);
	svg_draw_line(draw->stream, 8, draw->lanes_top, PLACE_RIGHT_PX, draw->lanes_top, draw_grid);
	svg_draw_text(draw->stream, PLACE_LEFT_PX - 8, draw->lanes_top + DRAW_LANE_PX, SVG_END,
		      "requests, a bar each");
	if (places->hidden_requests == 0)
		return;
	(void)snprintf(text, sizeof(text), "%zu more are not drawn", places->hidden_requests);
	svg_draw_text(draw->stream, PLACE_LEFT_PX - 8, draw->lanes_top + 2.5 * DRAW_LANE_PX,
		      SVG_END, text);
}

/* Draw a sample of a colour and its meaning at (*x, *y), and move there behind it. */
static void draw_sample(const struct drawing *draw, double *x, double *y, const char *colour,
			double height, const char *text)
{
	double width = 44 + 7.5 * (double)strlen(text);
	struct svg_box box = {.width = 22, .height = height, .colour = colour};

	if (*x + width > PLACE_RIGHT_PX) {
		*x = PLACE_LEFT_PX;
		*y += DRAW_LEGEND_PX;
	}
	box.left = *x;
	box.top = *y - 4 - height / 2;
	if (draw->stream != NULL) {
		svg_draw_box(draw->stream, &box, "%s", text);
		svg_draw_text(draw->stream, *x + 27, *y, SVG_START, text);
	}
	*x += width;
}

/* Draw the legend, and return its lower end. Without a stream, only measure it. */
static double draw_legend(const struct drawing *draw)
{
	double x = PLACE_LEFT_PX, y = draw->bottom + DRAW_AXIS_PX;
	size_t count = 0;

	draw_sample(draw, &x, &y, draw_grey, DRAW_QUEUED_PX, "queued");
	for (size_t i = 0; i < draw->log->name_count; i++)
		if (draw->places->is_used[i] && ++count <= DRAW_LEGEND_NAMES_MAX)
			draw_sample(draw, &x, &y, colour_of(draw->log, i), DRAW_RUN_PX,
				    draw->log->names[i].text);
	if (count > DRAW_LEGEND_NAMES_MAX)
		draw_sample(draw, &x, &y, draw_grid, DRAW_RUN_PX, "and more names");
	return y + DRAW_LEGEND_PX;
}

void trace_draw(FILE *stream, const struct trace_places *places, const char *caption)
{
	struct drawing draw = {.places = places, .log = places->log, .top = DRAW_TOP_PX};
	double height;

	if (caption != NULL)
		draw.top += DRAW_CAPTION_PX;
	draw.lanes_top = draw.top + DRAW_ROW_PX * (double)places->row_count;
	/* The names beside the lanes need two lanes. */
	draw.bottom = draw.lanes_top + DRAW_LANE_PX * fmax((double)places->lane_count, 2);
	height = draw_legend(&draw);
	draw.stream = stream;
	svg_begin(stream, DRAW_WIDTH_PX, height);
	if (caption != NULL)
		svg_draw_text(stream, DRAW_WIDTH_PX / 2.0, DRAW_CAPTION_PX - 6, SVG_MIDDLE,
			      caption);
	draw_axis(&draw);
	draw_slices(&draw);
	for (size_t i = 0; i < places->log->request_count; i++)
		if (places->lane_of_request[i] != PLACE_NONE)
			draw_request(&draw, &places->log->requests[i], places->lane_of_request[i]);
	draw_names(&draw);
	(void)draw_legend(&draw);
	svg_end(stream);
}
