/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * aml-dma-bench: measures copies and requests on this machine, and compares them with memcpy(),
 * plain loops and other libraries.
 */
#include <errno.h>
#include <fnmatch.h>
#include <getopt.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "isa.h"
#include "progress.h"
#include "report.h"

#define PATTERNS_MAX 64
#define REPORTS_MAX 4
#define WORKERS_MAX 256

#define EXIT_USAGE 2

/* A report and its destination. */
struct output {
	const struct report_format *format;
	FILE *stream;
	const char *path; /* NULL: standard output */
};

struct options {
	struct settings settings;
	const char *patterns[PATTERNS_MAX];
	size_t pattern_count;
	const char *isas[PATTERNS_MAX];
	size_t isa_count;
	struct output outputs[REPORTS_MAX];
	size_t output_count;
	bool all, list;
};

static const char usage[] =
	"usage: aml-dma-bench [OPTION]...\n"
	"Measure copies and requests of libaml-dma on this machine.\n"
	"\n"
	"  --case=PATTERN     run only the cases that match; may be given several times. PATTERN is\n"
	"                     a name, the part of a name before a slash, or has wildcards: 'flat',\n"
	"                     'cached/*-8B', 'sweep', 'scaling'\n"
	"  --all              run all cases, including those that run only on request\n"
	"  --list             list the cases and exit\n"
	"  --workers=N        workers of the larger engine (default: 2); the other engine has 1\n"
	"  --repetitions=N    repetitions of each contestant (default: 15)\n"
	"  --isa=LIST         measure the copies also with other kernels: portable, sse2, avx2,\n"
	"                     avx512 or neon, separated by commas\n"
	"  --huge-pages       request huge pages; otherwise buffers are like those of malloc()\n"
	"  --brief            run only the engines and their yardsticks\n"
	"  --quick            tiny sizes, one repetition: tests the program, measures nothing\n"
	"  --csv[=FILE]       write CSV to FILE, or to standard output instead of the table\n"
	"  --json[=FILE]      write JSON to FILE, or to standard output instead of the table\n"
	"  --help             show this help\n"
	"\n"
	"The exit status is 0 if all cases ran, 1 if a case failed or a report could not be\n"
	"written, 2 if the arguments are wrong. A missed target is not a failure.\n";

__attribute__((format(printf, 1, 2), noreturn)) static void refuse(const char *format, ...)
{
	va_list args;

	fputs("aml-dma-bench: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputs("\nTry 'aml-dma-bench --help'.\n", stderr);
	exit(EXIT_USAGE);
}

static unsigned number(const char *option, const char *text, unsigned least, unsigned most)
{
	char *end;
	unsigned long value;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (end == text || *end != '\0' || *text == '-' || errno != 0 || value < least ||
	    value > most)
		refuse("%s: '%s' is not a number from %u to %u", option, text, least, most);
	return (unsigned)value;
}

static void add_output(struct options *options, const struct report_format *format,
		       const char *path)
{
	if (options->output_count == REPORTS_MAX)
		refuse("more than %d reports", REPORTS_MAX);
	options->outputs[options->output_count++] = (struct output){format, NULL, path};
}

static void add_pattern(struct options *options, const char *pattern)
{
	if (options->pattern_count == PATTERNS_MAX)
		refuse("more than %d patterns", PATTERNS_MAX);
	options->patterns[options->pattern_count++] = pattern;
}

/* The library ignores an unknown name, so the rows would have a wrong label. */
static void check_isa(const char *isa)
{
	static const char *const names[] = {"portable", "sse2", "avx2", "avx512", "neon"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (strcmp(isa, names[i]) == 0)
			return;
	}
	refuse("--isa: '%s' is not one of portable, sse2, avx2, avx512 and neon", isa);
}

static void add_isas(struct options *options, char *list)
{
	for (char *isa = strtok(list, ","); isa != NULL; isa = strtok(NULL, ",")) {
		check_isa(isa);
		if (options->isa_count == PATTERNS_MAX)
			refuse("more than %d instruction sets", PATTERNS_MAX);
		options->isas[options->isa_count++] = isa;
	}
}

enum {
	ALL = 256,
	BRIEF,
	CASE,
	CSV,
	HELP,
	HUGE_PAGES,
	ISA,
	JSON,
	LIST,
	QUICK,
	REPETITIONS,
	WORKERS
};

static const struct option long_options[] = {
	{"all", no_argument, NULL, ALL},
	{"brief", no_argument, NULL, BRIEF},
	{"case", required_argument, NULL, CASE},
	{"csv", optional_argument, NULL, CSV},
	{"help", no_argument, NULL, HELP},
	{"huge-pages", no_argument, NULL, HUGE_PAGES},
	{"isa", required_argument, NULL, ISA},
	{"json", optional_argument, NULL, JSON},
	{"list", no_argument, NULL, LIST},
	{"quick", no_argument, NULL, QUICK},
	{"repetitions", required_argument, NULL, REPETITIONS},
	{"workers", required_argument, NULL, WORKERS},
	{NULL, 0, NULL, 0},
};

static void take_option(struct options *options, int option)
{
	struct settings *settings = &options->settings;

	switch (option) {
	case ALL:
		options->all = true;
		break;
	case BRIEF:
		settings->brief = true;
		break;
	case CASE:
		add_pattern(options, optarg);
		break;
	case CSV:
		add_output(options, &report_csv, optarg);
		break;
	case HELP:
		fputs(usage, stdout);
		exit(EXIT_SUCCESS);
	case HUGE_PAGES:
		settings->huge_pages = true;
		break;
	case ISA:
		add_isas(options, optarg);
		break;
	case JSON:
		add_output(options, &report_json, optarg);
		break;
	case LIST:
		options->list = true;
		break;
	case QUICK:
		settings->quick = true;
		break;
	case REPETITIONS:
		settings->repetitions = number("--repetitions", optarg, 1, 1000);
		break;
	case WORKERS:
		settings->workers = number("--workers", optarg, 0, WORKERS_MAX);
		break;
	default: /* getopt has printed the error */
		fputs("Try 'aml-dma-bench --help'.\n", stderr);
		exit(EXIT_USAGE);
	}
}

static void read_options(struct options *options, int argc, char **argv)
{
	unsigned to_stdout = 0;
	int option;

	*options = (struct options){.settings = {.workers = 2, .repetitions = 15}};
	while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1)
		take_option(options, option);
	if (optind < argc)
		refuse("'%s': only options are allowed", argv[optind]);
	if (options->settings.quick)
		options->settings.repetitions = 1;
	for (size_t i = 0; i < options->output_count; i++)
		to_stdout += options->outputs[i].path == NULL;
	if (to_stdout > 1)
		refuse("only one of --csv and --json can go to standard output");
	if (to_stdout == 0)
		add_output(options, &report_table, NULL);
}

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
	add_copy_cases(list, settings);
	add_layout_cases(list, settings);
	add_sweep_cases(list, settings);
	add_scaling_cases(list, settings);
	add_asleep_cases(list, settings);
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
			refuse("--case: no case matches '%s'; --list shows all cases",
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

static void open_outputs(struct options *options)
{
	for (size_t i = 0; i < options->output_count; i++) {
		struct output *output = &options->outputs[i];

		output->stream = output->path == NULL ? stdout : fopen(output->path, "we");
		if (output->stream == NULL) {
			fprintf(stderr, "aml-dma-bench: %s: %s\n", output->path, strerror(errno));
			exit(EXIT_FAILURE);
		}
		output->format->begin(output->stream, &options->settings);
	}
}

/* Returns -1 if a report could not be written. */
static int close_outputs(struct options *options)
{
	int err = 0;

	for (size_t i = 0; i < options->output_count; i++) {
		struct output *output = &options->outputs[i];
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

static enum outcome run_case(const struct options *options, const struct bench_case *c,
			     struct results *results)
{
	enum outcome outcome;

	memset(results, 0, sizeof(*results));
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
		progress_clear();
		for (size_t j = 0; j < options->output_count; j++)
			options->outputs[j].format->add(options->outputs[j].stream, i, c, outcome,
							&results);
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

	read_options(&options, argc, argv);
	make_cases(&list, &options.settings);
	if (options.list && options.pattern_count == 0)
		options.all = true;
	pick(&list, &options);
	if (options.list) {
		print_list(&list);
		free(list.cases);
		return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
	}
	open_outputs(&options);
	good = run_cases(&options, &list);
	good = close_outputs(&options) == 0 && good;
	free(list.cases);
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
