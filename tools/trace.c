/* SPDX-License-Identifier: BSD-3-Clause */
#include "trace.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "trace_draw.h"
#include "trace_log.h"
#include "trace_place.h"
#include "trace_report.h"
#include "trace_summary.h"
#include "usage.h"

enum trace_option { TRACE_SVG, TRACE_FROM, TRACE_TO, TRACE_CAPTION, TRACE_JSON };

static const struct usage_option trace_options[] = {
	[TRACE_SVG] = {"svg", "OUT", "draw the trace in a file; '-': print it, and no numbers"},
	[TRACE_FROM] = {"from", "MS", "draw from this time on, in ms after the first request"},
	[TRACE_TO] = {"to", "MS", "draw up to this time"},
	[TRACE_CAPTION] = {"caption", "TEXT", "the title of the drawing"},
	[TRACE_JSON] = {"json", NULL, "print JSON"},
};

static const struct usage_command trace_command = {
	.name = "trace",
	.synopsis = "FILE [--json] [--svg OUT [--from MS] [--to MS] [--caption TEXT]]",
	.about = "Sums up a trace that a program wrote with AML_DMA_TRACE=FILE: the requests of\n"
		 "each kind, how long they were queued and ran, and how many workers were busy.",
	.options = trace_options,
	.count = sizeof(trace_options) / sizeof(*trace_options),
};

/* What the arguments say. */
struct trace_arguments {
	const char *file, *svg, *caption; /* svg, caption: or NULL */
	double from_ms, to_ms;            /* to_ms < 0: to the end */
	bool json;
};

static double milliseconds_of(const char *option, const char *text)
{
	char *end;
	double ms = strtod(text, &end);

	if (strspn(text, "0123456789.") == 0 || *end != '\0' || !isfinite(ms))
		usage_refuse(&trace_command, "--%s: '%s' is not a number of milliseconds", option,
			     text);
	return ms;
}

static void trace_parse(struct trace_arguments *arguments, int argc, char *argv[])
{
	bool limits = false;
	int option;

	*arguments = (struct trace_arguments){.to_ms = -1};
	while ((option = usage_next(&trace_command, argc, argv)) >= 0) {
		limits |= option == TRACE_FROM || option == TRACE_TO || option == TRACE_CAPTION;
		switch ((enum trace_option)option) {
		case TRACE_SVG:
			arguments->svg = optarg;
			break;
		case TRACE_FROM:
			arguments->from_ms = milliseconds_of("from", optarg);
			break;
		case TRACE_TO:
			arguments->to_ms = milliseconds_of("to", optarg);
			break;
		case TRACE_CAPTION:
			arguments->caption = optarg;
			break;
		case TRACE_JSON:
			arguments->json = true;
			break;
		}
	}
	if (optind == argc)
		usage_refuse(&trace_command, "no trace is named");
	arguments->file = argv[optind++];
	if (optind < argc)
		usage_refuse(&trace_command, "'%s': only one trace can be read", argv[optind]);
	if (limits && arguments->svg == NULL)
		usage_refuse(&trace_command, "--from, --to and --caption need --svg OUT");
	if (arguments->to_ms >= 0 && arguments->to_ms <= arguments->from_ms)
		usage_refuse(&trace_command,
			     "--to: %g ms is not after %g ms, where the drawing "
			     "begins",
			     arguments->to_ms, arguments->from_ms);
	if (arguments->json && arguments->svg != NULL && strcmp(arguments->svg, "-") == 0)
		usage_refuse(&trace_command, "--svg -: the drawing and the JSON need two outputs");
}

static int trace_fail(const char *file, const char *why)
{
	fprintf(stderr, "aml-dma trace: %s: %s\n", file, why);
	return TOOL_FAILED;
}

/* Write the drawing to its file, or print it. */
static int trace_write_svg(const struct trace_places *places,
			   const struct trace_arguments *arguments)
{
	bool prints = strcmp(arguments->svg, "-") == 0;
	FILE *stream = prints ? stdout : fopen(arguments->svg, "we");
	bool written;

	if (stream == NULL)
		return trace_fail(arguments->svg, strerror(errno));
	trace_draw(stream, places, arguments->caption);
	if (prints)
		return TOOL_DONE;
	written = !ferror(stream);
	if (fclose(stream) == 0 && written)
		return TOOL_DONE;
	return trace_fail(arguments->svg, strerror(errno));
}

static int trace_svg(const struct trace_log *log, const struct trace_arguments *arguments)
{
	struct trace_places places;
	int status;

	if (trace_places_make(&places, log, arguments->from_ms, arguments->to_ms))
		status = trace_write_svg(&places, arguments);
	else
		status = trace_fail(arguments->file, places.slices == NULL
							     ? "out of memory"
							     : "no request at these times to draw");
	trace_places_release(&places);
	return status;
}

static int trace_numbers(const struct trace_log *log, const struct trace_arguments *arguments)
{
	struct trace_summary summary;
	int status = TOOL_DONE;

	if (!trace_summary_make(&summary, log))
		status = trace_fail(arguments->file, "out of memory");
	else if (!arguments->json)
		trace_report_text(stdout, arguments->file, log, &summary);
	else if (!trace_report_json(stdout, arguments->file, log, &summary))
		status = trace_fail("standard output", strerror(errno));
	trace_summary_release(&summary);
	return status;
}

int tool_trace(int argc, char *argv[])
{
	struct trace_arguments arguments;
	struct trace_log log;
	char why[JSON_WHY_BYTES];
	int status;

	trace_parse(&arguments, argc, argv);
	if (!trace_log_read(&log, arguments.file, why)) {
		status = trace_fail(arguments.file, why);
	} else {
		status = arguments.svg != NULL ? trace_svg(&log, &arguments) : TOOL_DONE;
		if (status == TOOL_DONE &&
		    (arguments.svg == NULL || strcmp(arguments.svg, "-") != 0))
			status = trace_numbers(&log, &arguments);
	}
	trace_log_release(&log);
	return status;
}
