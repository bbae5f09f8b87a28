/* SPDX-License-Identifier: BSD-3-Clause */
/* The reports of a run, see reports.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "progress.h"
#include "reports.h"

void reports_open(struct reports *reports, const struct settings *settings)
{
	for (size_t i = 0; i < reports->count; i++) {
		struct report_output *output = &reports->outputs[i];

		output->stream = output->path == NULL ? stdout : fopen(output->path, "we");
		if (output->stream == NULL) {
			fprintf(stderr, "aml-dma-bench: %s: %s\n", output->path, strerror(errno));
			exit(EXIT_FAILURE);
		}
		output->format->begin(output->stream, settings);
	}
}

void reports_add(struct reports *reports, const struct bench_case *c, enum outcome outcome,
		 const struct results *results)
{
	progress_clear();
	for (size_t i = 0; i < reports->count; i++)
		reports->outputs[i].format->add(reports->outputs[i].stream, c, outcome, results);
}

void reports_add_problem(struct reports *reports, const struct bench_case *c,
			 const struct results *results)
{
	progress_clear();
	for (size_t i = 0; i < reports->count; i++)
		reports->outputs[i].format->add_problem(reports->outputs[i].stream, c, results);
}

void reports_add_summary(struct reports *reports, const struct bench_case *c,
			 const struct results *results)
{
	progress_clear();
	for (size_t i = 0; i < reports->count; i++)
		reports->outputs[i].format->add_summary(reports->outputs[i].stream, c, results);
}

int reports_close(struct reports *reports)
{
	int err = 0;

	for (size_t i = 0; i < reports->count; i++) {
		struct report_output *output = &reports->outputs[i];
		bool bad;

		output->format->end(output->stream);
		bad = fflush(output->stream) != 0 || ferror(output->stream);
		if (output->path != NULL)
			bad |= fclose(output->stream) != 0;
		if (!bad)
			continue;
		fprintf(stderr, "aml-dma-bench: %s: could not be written\n",
			output->path == NULL ? "standard output" : output->path);
		err = -1;
	}
	return err;
}
