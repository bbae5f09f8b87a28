/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * aml-dma-bench: measures copies and requests on this machine, and compares them with memcpy(),
 * plain loops and other libraries.
 */
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "isa.h"
#include "options.h"
#include "progress.h"
#include "summarize.h"

/* A pattern without wildcards is a name, or the part of a name before a slash. */
static bool matches(const struct bench_case *c, const char *pattern)
{
	size_t length = strlen(pattern);

	if (strncmp(c->name, pattern, length) == 0 &&
	    (c->name[length] == '\0' || c->name[length] == '/' ||
	     (length > 0 && pattern[length - 1] == '/')))
		return true;
	return fnmatch(pattern, c->name, 0) == 0;
}

static bool picked(const struct options *options, const struct bench_case *c)
{
	if (options->pattern_count == 0)
		return options->all || !c->on_request;
	for (size_t i = 0; i < options->pattern_count; i++) {
		if (matches(c, options->patterns[i]))
			return true;
	}
	return false;
}

static void make_cases(struct case_list *list, const struct settings *settings)
{
	*list = (struct case_list){0};
	add_memory_cases(list, settings);
	add_queue_cases(list, settings);
	add_completion_cases(list, settings);
	add_copy_cases(list, settings);
	add_layout_cases(list, settings);
	add_sweep_cases(list, settings);
	add_scaling_cases(list, settings);
	add_asleep_cases(list, settings);
	add_permutation_cases(list, settings);
	add_random_cases(list, settings);
	add_tiny_cases(list, settings);
	add_steps_cases(list, settings);
	add_operator_cases(list, settings);
	add_compare_cases(list, settings);
	add_number_cases(list, settings);
	add_shapes_cases(list, settings);
	add_first_cases(list, settings);
	add_large_cases(list, settings);
	add_multiplex_cases(list, settings);
}

/* Keep the selected cases. A pattern that matches no case is an error. */
static void pick(struct case_list *list, const struct options *options)
{
	size_t kept = 0;

	for (size_t i = 0; i < options->pattern_count; i++) {
		bool found = false;

		for (size_t j = 0; j < list->count && !found; j++)
			found = matches(&list->cases[j], options->patterns[i]);
		if (!found)
			options_refuse("--case: no case matches '%s'; --list shows all cases",
				       options->patterns[i]);
	}
	for (size_t i = 0; i < list->count; i++) {
		if (picked(options, &list->cases[i]))
			list->cases[kept++] = list->cases[i];
	}
	list->count = kept;
}

static void print_list(const struct case_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		printf("%-36s %s%s\n", list->cases[i].name, list->cases[i].about,
		       list->cases[i].on_request ? " [on request]" : "");
}

static enum outcome run_case(struct options *options, const struct bench_case *c,
			     struct results *results)
{
	enum outcome outcome;

	memset(results, 0, sizeof(*results));
	results->reports = &options->reports;
	outcome = c->run(c, &options->settings, results);
	for (size_t i = 0; i < options->isa_count && outcome == DONE && c->isa_matters; i++) {
		progress_step(options->isas[i], 0, 0);
		if (isa_add_rows(options->isas[i], c, &options->settings, results) != 0)
			outcome = FAILED;
	}
	/* Tiny sizes are not comparable with a target. */
	for (size_t i = 0; i < results->count && options->settings.quick; i++)
		results->rows[i].verdict = NOT_JUDGED;
	return outcome;
}

static bool run_cases(struct options *options, const struct case_list *list)
{
	static struct results results;
	bool good = true;

	for (size_t i = 0; i < list->count; i++) {
		const struct bench_case *c = &list->cases[i];
		enum outcome outcome;

		progress_case(c->name, i + 1, list->count);
		outcome = run_case(options, c, &results);
		reports_add(&options->reports, c, outcome, &results);
		if (outcome == FAILED) {
			fprintf(stderr, "aml-dma-bench: %s: %s\n", c->name, results.note);
			good = false;
		}
	}
	return good;
}

int main(int argc, char **argv)
{
	struct options options;
	struct case_list list;
	bool good;

	options_read(&options, argc, argv);
	make_cases(&list, &options.settings);
	if ((options.list || options.summarized_count > 0) && options.pattern_count == 0)
		options.all = true;
	pick(&list, &options);
	if (options.list) {
		print_list(&list);
		free(list.cases);
		return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
	}
	reports_open(&options.reports, &options.settings);
	if (options.summarized_count > 0)
		good = summarize(&list, options.summarized, options.summarized_count,
				 &options.reports) == 0;
	else
		good = run_cases(&options, &list);
	good = reports_close(&options.reports) == 0 && good;
	free(list.cases);
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
