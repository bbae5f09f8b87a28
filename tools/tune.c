/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is learnt is written by the library's own function. Classes in the old file that were not
 * measured now are kept.
 */
#include "tune.h"

#include <getopt.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <aml/dma/linux.h>
#include <aml/utils/error.h>

#include "plan/learnt.h"
#include "progress.h"
#include "tuning_report.h"
#include "tuning_run.h"
#include "tuning_shapes.h"
#include "usage.h"
#include "util/clock.h"
#include "util/environment.h"
#include "workers.h"

enum tune_option {
	TUNE_OUTPUT,
	TUNE_SECONDS,
	TUNE_SRC,
	TUNE_DST,
	TUNE_PERMUTE,
	TUNE_WORKERS,
	TUNE_JSON
};

static const struct usage_option tune_options[] = {
	[TUNE_OUTPUT] = {"output", "FILE",
			 "write this file; without it, that of AML_DMA_TUNE_FILE"},
	[TUNE_SECONDS] = {"seconds", "N",
			  "measure for about N seconds, 10 without it; each copy is made ten\n"
			  "times at least"},
	[TUNE_SRC] = {"src", "LAYOUT", "learn this copy only: as 'aml-dma explain' takes it"},
	[TUNE_DST] = {"dst", "LAYOUT", "the destination; without it, a contiguous one that fits"},
	[TUNE_PERMUTE] = {"permute", "N,N...",
			  "dimension i of the destination is dimension N of the source"},
	[TUNE_WORKERS] = {"workers", "N", "by so many workers; without it, as aml_init() chooses"},
	[TUNE_JSON] = {"json", NULL, "print JSON"},
};

static const struct usage_command tune_command = {
	.name = "tune",
	.synopsis = "[--output FILE] [--seconds N] [--workers N] [--json]\n"
		    "                    [--src LAYOUT [--dst LAYOUT] [--permute N,N...]]",
	.about =
		"Measures the variants of usual copies on this machine, and writes which are the\n"
		"fastest to a file. Programs read the file if AML_DMA_TUNE_FILE names it. Classes\n"
		"of copies that the file has already, and that are not measured now, stay there.\n"
		"Nothing else should run meanwhile.",
	.options = tune_options,
	.count = sizeof(tune_options) / sizeof(*tune_options),
	.more = "The first choice is the variant that is taken on this CPU if nothing was learnt.\n"
		"A file is for one machine and one version of the library.",
};

enum { TUNE_SECONDS_DEFAULT = 10, TUNE_SECONDS_MAX = 3600 };
static const uint64_t ns_per_s = 1000000000;

/* What the arguments say. */
struct tune_arguments {
	const char *output; /* NULL: write nothing */
	const char *src, *dst, *permute, *workers;
	uint64_t seconds;
	bool json;
};

static void tune_parse(struct tune_arguments *arguments, int argc, char *argv[])
{
	int option;

	*arguments = (struct tune_arguments){.seconds = TUNE_SECONDS_DEFAULT};
	while ((option = usage_next(&tune_command, argc, argv)) >= 0) {
		if (option == TUNE_OUTPUT)
			arguments->output = optarg;
		else if (option == TUNE_SECONDS)
			arguments->seconds =
				usage_number(&tune_command, "seconds", optarg, 1, TUNE_SECONDS_MAX);
		else if (option == TUNE_SRC)
			arguments->src = optarg;
		else if (option == TUNE_DST)
			arguments->dst = optarg;
		else if (option == TUNE_PERMUTE)
			arguments->permute = optarg;
		else if (option == TUNE_WORKERS)
			arguments->workers = optarg;
		else
			arguments->json = true;
	}
	usage_no_more(&tune_command, argc, argv);
	if (arguments->src == NULL && (arguments->dst != NULL || arguments->permute != NULL))
		usage_refuse(&tune_command, "--%s needs --src LAYOUT",
			     arguments->dst != NULL ? "dst" : "permute");
}

/* Fail now rather than after the measurement if the file cannot be written. */
static void check_output(const char *path)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(path, '/');
	struct stat status;
	int n = slash == NULL ? 1 : slash == path ? 1 : (int)(slash - path);

	(void)snprintf(folder, sizeof(folder), "%.*s", n, slash == NULL ? "." : path);
	if (*path == '\0' || (slash != NULL && slash[1] == '\0'))
		usage_refuse(&tune_command, "--output: '%s' does not name a file", path);
	if (lstat(path, &status) == 0 && !S_ISREG(status.st_mode))
		usage_fail(&tune_command, TOOL_FAILED, "%s: this is not a regular file", path);
	if (!learnt_may_replace(path))
		usage_fail(&tune_command, TOOL_FAILED,
			   "%s: this file is not a tuning file, and stays as it is; name another "
			   "one, or remove it",
			   path);
	if (access(folder, W_OK | X_OK) != 0)
		usage_fail(&tune_command, TOOL_FAILED,
			   "%s: a file cannot be written to the folder %s", path, folder);
}

/* The shapes to learn: one that is named, or the usual ones. */
static size_t list_shapes(const struct tune_arguments *arguments, struct tuning_shape *shapes)
{
	if (arguments->src == NULL)
		return tuning_shapes_list(shapes);
	if (strlen(arguments->src) >= TUNING_TEXT_BYTES ||
	    (arguments->dst != NULL && strlen(arguments->dst) >= TUNING_TEXT_BYTES) ||
	    (arguments->permute != NULL && strlen(arguments->permute) >= sizeof(shapes->permute)))
		usage_refuse(&tune_command, "--src, --dst, --permute: a text is too long");
	strcpy(shapes->src, arguments->src);
	strcpy(shapes->dst, arguments->dst != NULL ? arguments->dst : "");
	strcpy(shapes->permute, arguments->permute != NULL ? arguments->permute : "");
	return 1;
}

/* Learn all shapes. Each has the same share of the time that is left. */
static void tune_shapes(const struct tune_arguments *arguments, struct aml_dma *dma,
			const struct tuning_shape *shapes, struct tuning_result *results,
			size_t count)
{
	uint64_t end = clock_ns() + arguments->seconds * ns_per_s;

	for (size_t i = 0; i < count; i++) {
		uint64_t now = clock_ns();

		progress_show(i, count, shapes[i].src);
		tuning_run(&tune_command, dma, &shapes[i],
			   now < end ? (end - now) / (count - i) : 0, &results[i]);
	}
	progress_remove();
}

/* Write the file. */
static void write_output(const char *path)
{
	bool foreign;

	(void)learnt_load(path, &foreign);
	if (!learnt_save(path))
		usage_fail(&tune_command, TOOL_FAILED, "%s: the file could not be written", path);
}

int tool_tune(int argc, char *argv[])
{
	static struct tuning_shape shapes[TUNING_SHAPES_MAX];
	static struct tuning_result results[TUNING_SHAPES_MAX];
	struct tuning_report report = {.results = results};
	const char *named = environment_get("AML_DMA_TUNE_FILE");
	struct tune_arguments arguments;
	struct aml_dma *dma = NULL;
	uint64_t from = clock_ns();
	int err;

	tune_parse(&arguments, argc, argv);
	if (arguments.output == NULL && named != NULL && *named != '\0')
		arguments.output = named;
	if (arguments.output != NULL)
		check_output(arguments.output);
	report.count = list_shapes(&arguments, shapes);
	report.workers = workers_choose(&tune_command, arguments.workers);
	report.file = arguments.output;
	/* The engine must neither read the old file, nor write it. The name stays in memory. */
	unsetenv("AML_DMA_TUNE_FILE");
	tuning_begin();
	err = aml_dma_linux_create(&dma, report.workers);
	if (err != AML_SUCCESS)
		usage_fail(&tune_command, TOOL_FAILED, "no engine of %zu workers: %s",
			   report.workers, aml_strerror(err));
	tune_shapes(&arguments, dma, shapes, results, report.count);
	(void)aml_dma_linux_destroy(&dma);
	if (arguments.output != NULL)
		write_output(arguments.output);
	report.seconds = (double)(clock_ns() - from) / (double)ns_per_s;
	if (arguments.json)
		return tuning_report_json(&report) ? TOOL_DONE : TOOL_FAILED;
	tuning_report_text(&report);
	return TOOL_DONE;
}
