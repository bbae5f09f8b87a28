/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>

#include <aml/dma/linux.h>
#include <aml/utils/error.h>

#include "bench_copy.h"
#include "bench_report.h"
#include "bench_requests.h"
#include "progress.h"
#include "usage.h"
#include "workers.h"

enum bench_option { BENCH_SRC, BENCH_DST, BENCH_PERMUTE, BENCH_QUICK, BENCH_WORKERS, BENCH_JSON };

static const struct usage_option bench_options[] = {
	[BENCH_SRC] = {"src", "LAYOUT", "measure this copy: as 'aml-dma explain' takes it"},
	[BENCH_DST] = {"dst", "LAYOUT", "the destination; without it, a contiguous one that fits"},
	[BENCH_PERMUTE] = {"permute", "N,N...",
			   "dimension i of the destination is dimension N of the source"},
	[BENCH_QUICK] = {"quick", NULL, "smaller copies, less exactly: about a second"},
	[BENCH_WORKERS] = {"workers", "N", "by so many workers; without it, as aml_init() chooses"},
	[BENCH_JSON] = {"json", NULL, "print JSON"},
};

static const struct usage_command bench_command = {
	.name = "bench",
	.synopsis = "[--src LAYOUT [--dst LAYOUT] [--permute N,N...]] [--quick]\n"
		    "                     [--workers N] [--json]",
	.about =
		"Measures how fast the library copies on this machine, against memcpy() of the same\n"
		"bytes by one thread, and compares the results with what they should be. Without\n"
		"--src, it measures contiguous copies, transpositions, packing, and requests of 64\n"
		"bytes. Nothing else should run meanwhile.",
	.options = bench_options,
	.count = sizeof(bench_options) / sizeof(*bench_options),
	.more = "The ratio is the best time of memcpy() divided by the best time of the library.\n"
		"'aml-dma explain --help' describes a LAYOUT.",
};

/* The copies that are measured without --src. */
struct bench_default {
	const char *src, *dst, *permute;
};

static const struct bench_default bench_defaults[] = {
	{"65536:u8", NULL, NULL},
	{"1048576:u8", NULL, NULL},
	{"16777216:u8", NULL, NULL},
	{"134217728:u8", NULL, NULL},
	{"512x512:f64", NULL, "1,0"},
	{"4096x4096:f64", NULL, "1,0"},
	{"4096x4096:f32", NULL, "1,0"},
	{"256x256x256:f32", NULL, "2,1,0"},
	{"2048x1024:f64/pitch=2048,2048", NULL, NULL},
	{"2048x1024:f64", "2048x1024:f64/pitch=2048,2048", NULL},
	{"4194304:f32/stride=2", NULL, NULL},
};

static const struct bench_default bench_quick_defaults[] = {
	{"65536:u8", NULL, NULL},
	{"16777216:u8", NULL, NULL},
	{"1024x1024:f64", NULL, "1,0"},
	{"128x128x128:f32", NULL, "2,1,0"},
	{"1024x1024:f64/pitch=1024,2048", NULL, NULL},
};

enum {
	BENCH_DEFAULTS = sizeof(bench_defaults) / sizeof(*bench_defaults),
	BENCH_QUICK_DEFAULTS = sizeof(bench_quick_defaults) / sizeof(*bench_quick_defaults),
	BENCH_ROWS_MAX = BENCH_DEFAULTS + BENCH_WAYS,
};

static const struct bench_effort bench_effort = {.rounds = 9, .turn_ns = 20000000},
				 bench_quick_effort = {.rounds = 5, .turn_ns = 3000000};

/* What the arguments say. */
struct bench_arguments {
	struct bench_default copy; /* src NULL: measure the defaults */
	bool quick, json;
	const char *workers;
};

static void bench_parse(struct bench_arguments *arguments, int argc, char *argv[])
{
	int option;

	*arguments = (struct bench_arguments){.quick = false};
	while ((option = usage_next(&bench_command, argc, argv)) >= 0) {
		switch ((enum bench_option)option) {
		case BENCH_SRC:
			arguments->copy.src = optarg;
			break;
		case BENCH_DST:
			arguments->copy.dst = optarg;
			break;
		case BENCH_PERMUTE:
			arguments->copy.permute = optarg;
			break;
		case BENCH_QUICK:
			arguments->quick = true;
			break;
		case BENCH_WORKERS:
			arguments->workers = optarg;
			break;
		case BENCH_JSON:
			arguments->json = true;
			break;
		}
	}
	usage_no_more(&bench_command, argc, argv);
	if (arguments->copy.src == NULL &&
	    (arguments->copy.dst != NULL || arguments->copy.permute != NULL))
		usage_refuse(&bench_command, "--%s needs --src LAYOUT",
			     arguments->copy.dst != NULL ? "dst" : "permute");
}

static void bench_row_of(const struct bench_setting *setting, const struct bench_default *copy,
			 struct bench_row *row)
{
	row->src = copy->src;
	row->dst = copy->dst;
	row->permute = copy->permute;
	bench_copy_measure(setting, row);
}

/* Measure what is asked for. Returns the number of rows. */
static size_t bench_rows(const struct bench_setting *setting,
			 const struct bench_arguments *arguments, struct bench_row *rows)
{
	const struct bench_default *copies =
		arguments->quick ? bench_quick_defaults : bench_defaults;
	size_t count = arguments->quick ? BENCH_QUICK_DEFAULTS : BENCH_DEFAULTS, n = 0;

	if (arguments->copy.src != NULL) {
		bench_row_of(setting, &arguments->copy, &rows[0]);
		return 1;
	}
	for (; n < count; n++)
		bench_row_of(setting, &copies[n], &rows[n]);
	for (unsigned way = 0; way < BENCH_WAYS; way++, n++)
		bench_requests_measure(setting, (enum bench_way)way, &rows[n]);
	return n;
}

int tool_bench(int argc, char *argv[])
{
	struct bench_setting setting = {.command = &bench_command};
	struct bench_row rows[BENCH_ROWS_MAX] = {{.name = ""}};
	struct bench_arguments arguments;
	bool written = true;
	size_t count;
	int err;

	bench_parse(&arguments, argc, argv);
	setting.workers = workers_choose(&bench_command, arguments.workers);
	setting.effort = arguments.quick ? bench_quick_effort : bench_effort;
	err = aml_dma_linux_create(&setting.dma, setting.workers);
	if (err != AML_SUCCESS)
		usage_fail(&bench_command, TOOL_FAILED, "no engine of %zu workers: %s",
			   setting.workers, aml_strerror(err));
	count = bench_rows(&setting, &arguments, rows);
	progress_remove();
	if (arguments.json)
		written = bench_report_json(&setting, rows, count);
	else
		bench_report_text(&setting, rows, count);
	(void)aml_dma_linux_destroy(&setting.dma);
	for (size_t i = 0; i < count; i++)
		if (rows[i].compared && !rows[i].right)
			usage_fail(&bench_command, TOOL_FAILED,
				   "%s: the destination has wrong data: this is a bug unless its "
				   "elements share bytes",
				   rows[i].name);
	return written ? TOOL_DONE : TOOL_FAILED;
}
