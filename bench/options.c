/* SPDX-License-Identifier: BSD-3-Clause */
/* The options of aml-dma-bench, see options.h. */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"
#include "peers.h"

#define WORKERS_MAX 256

#define EXIT_USAGE 2

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
	"  --isa=LIST         measure the copies also with other kernels: portable, sse2, avx2 or\n"
	"                     avx512 or neon, separated by commas\n"
	"  --pages=4k|thp     never use huge pages, or request them; otherwise buffers are like those of\n"
	"                     malloc(). --huge-pages is --pages=thp\n"
	"  --brief            run only the engines and their yardsticks\n"
	"  --quick            tiny sizes, one repetition: tests the program, measures nothing\n"
	"  --csv[=FILE]       write CSV to FILE, or to standard output instead of the table\n"
	"  --json[=FILE]      write JSON to FILE, or to standard output instead of the table\n"
	"\n"
	"Suites are cases of many problems. They run only on request, print a line for each problem\n"
	"and a summary, and repeat each contestant 5 times:\n"
	"  permutations       57 permutations of 200 and 400 MiB, and of 64 KiB (an hour, half of it\n"
	"                     for HPTT; permutations/float: 10 minutes, its 64 KiB: 10 seconds)\n"
	"  random             random copies (3 minutes)\n"
	"  tiny, steps        many small planes, small requests; fixed steps, fills, mirrored rows,\n"
	"                     reshapes (20 seconds; 2 minutes)\n"
	"  flat, transpose    contiguous bytes and transposes against the limit of the memory (1 minute)\n"
	"  first, together    the first copy of a class of shapes; two copies at once (1 minute)\n"
	"  --problems=N|A-B   run only the first N problems, or problems A to B, of each suite\n"
	"  --seed=N           the seed of the random copies (default: 1)\n"
	"  --hptt=METHOD      how HPTT plans: measure (the default) or estimate\n"
	"  --summarize=FILE   print the summaries of a CSV report; may be given several times, for a\n"
	"                     suite that ran in parts\n"
	"\n"
	"  --help             show this help\n"
	"\n"
	"The exit status is 0 if all cases ran, 1 if a case failed or a report could not be\n"
	"written, 2 if the arguments are wrong. A missed target is not a failure.\n";

void options_refuse(const char *format, ...)
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
		options_refuse("%s: '%s' is not a number from %u to %u", option, text, least, most);
	return (unsigned)value;
}

static void add_output(struct options *options, const struct report_format *format,
		       const char *path)
{
	struct reports *reports = &options->reports;

	if (reports->count == REPORTS_MAX)
		options_refuse("more than %d reports", REPORTS_MAX);
	reports->outputs[reports->count++] = (struct report_output){format, NULL, path};
}

static void add_pattern(struct options *options, const char *pattern)
{
	if (options->pattern_count == PATTERNS_MAX)
		options_refuse("more than %d patterns", PATTERNS_MAX);
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
	options_refuse("--isa: '%s' is not one of portable, sse2, avx2, avx512 and neon", isa);
}

static void add_isas(struct options *options, char *list)
{
	for (char *isa = strtok(list, ","); isa != NULL; isa = strtok(NULL, ",")) {
		check_isa(isa);
		if (options->isa_count == PATTERNS_MAX)
			options_refuse("more than %d instruction sets", PATTERNS_MAX);
		options->isas[options->isa_count++] = isa;
	}
}

static void add_summarized(struct options *options, const char *path)
{
	if (options->summarized_count == PATTERNS_MAX)
		options_refuse("more than %d files", PATTERNS_MAX);
	options->summarized[options->summarized_count++] = path;
}

static void take_pages(struct settings *settings, const char *text)
{
	if (strcmp(text, "4k") == 0)
		settings->pages = PAGES_4K;
	else if (strcmp(text, "thp") == 0)
		settings->pages = PAGES_THP;
	else
		options_refuse("--pages: '%s' is not 4k or thp", text);
}

static void take_hptt(const char *text)
{
	if (strcmp(text, "measure") != 0 && strcmp(text, "estimate") != 0)
		options_refuse("--hptt: '%s' is not measure or estimate", text);
	peer_options.estimates = strcmp(text, "estimate") == 0;
}

/* N: the first N problems. A-B: from problem A to problem B. */
static void take_problems(struct settings *settings, const char *text)
{
	const char *dash = strchr(text, '-');
	char first[16];

	if (dash == NULL || dash == text) {
		settings->first_problem = 1;
		settings->last_problem = number("--problems", text, 1, INT_MAX);
		return;
	}
	copy_text(first,
		  sizeof(first) < (size_t)(dash - text) + 1 ? sizeof(first)
							    : (size_t)(dash - text) + 1,
		  text);
	settings->first_problem = number("--problems", first, 1, INT_MAX);
	settings->last_problem =
		number("--problems", dash + 1, (unsigned)settings->first_problem, INT_MAX);
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
	HPTT_METHOD,
	PAGES,
	PROBLEMS,
	QUICK,
	REPETITIONS,
	SEED,
	SUMMARIZE,
	WORKERS
};

static const struct option long_options[] = {
	{"all", no_argument, NULL, ALL},
	{"brief", no_argument, NULL, BRIEF},
	{"case", required_argument, NULL, CASE},
	{"csv", optional_argument, NULL, CSV},
	{"help", no_argument, NULL, HELP},
	{"hptt", required_argument, NULL, HPTT_METHOD},
	{"huge-pages", no_argument, NULL, HUGE_PAGES},
	{"isa", required_argument, NULL, ISA},
	{"json", optional_argument, NULL, JSON},
	{"list", no_argument, NULL, LIST},
	{"pages", required_argument, NULL, PAGES},
	{"problems", required_argument, NULL, PROBLEMS},
	{"quick", no_argument, NULL, QUICK},
	{"repetitions", required_argument, NULL, REPETITIONS},
	{"seed", required_argument, NULL, SEED},
	{"summarize", required_argument, NULL, SUMMARIZE},
	{"workers", required_argument, NULL, WORKERS},
	{NULL, 0, NULL, 0},
};

/* An option that only suites have. */
static void take_suite_option(struct options *options, int option)
{
	struct settings *settings = &options->settings;

	switch (option) {
	case HPTT_METHOD:
		take_hptt(optarg);
		break;
	case PROBLEMS:
		take_problems(settings, optarg);
		break;
	case SEED:
		settings->seed = number("--seed", optarg, 0, UINT_MAX);
		break;
	case SUMMARIZE:
		add_summarized(options, optarg);
		break;
	default: /* getopt has printed the error */
		fputs("Try 'aml-dma-bench --help'.\n", stderr);
		exit(EXIT_USAGE);
	}
}

/* An option that determines how to measure. */
static void take_setting(struct options *options, int option)
{
	struct settings *settings = &options->settings;

	switch (option) {
	case BRIEF:
		settings->brief = true;
		break;
	case HUGE_PAGES:
		settings->pages = PAGES_THP;
		break;
	case PAGES:
		take_pages(settings, optarg);
		break;
	case QUICK:
		settings->quick = true;
		peer_options.estimates = true;
		break;
	case REPETITIONS:
		settings->repetitions = number("--repetitions", optarg, 1, 1000);
		settings->repetitions_given = true;
		break;
	case WORKERS:
		settings->workers = number("--workers", optarg, 0, WORKERS_MAX);
		break;
	default:
		take_suite_option(options, option);
	}
}

static void take_option(struct options *options, int option)
{
	switch (option) {
	case ALL:
		options->all = true;
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
	case ISA:
		add_isas(options, optarg);
		break;
	case JSON:
		add_output(options, &report_json, optarg);
		break;
	case LIST:
		options->list = true;
		break;
	default:
		take_setting(options, option);
	}
}

void options_read(struct options *options, int argc, char **argv)
{
	unsigned to_stdout = 0;
	int option;

	*options = (struct options){
		.settings = {.workers = 2, .repetitions = 15, .effort = EFFORT_CAREFUL, .seed = 1}};
	while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1)
		take_option(options, option);
	if (optind < argc)
		options_refuse("'%s': only options are allowed", argv[optind]);
	if (options->settings.quick)
		options->settings.repetitions = 1;
	for (size_t i = 0; i < options->reports.count; i++)
		to_stdout += options->reports.outputs[i].path == NULL;
	if (to_stdout > 1)
		options_refuse("only one of --csv and --json can go to standard output");
	if (to_stdout == 0)
		add_output(options, &report_table, NULL);
}
