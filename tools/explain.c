/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * aml-dma explain. The copy is planned as the library plans it, by the same functions. What was
 * learnt is read from the file that AML_DMA_TUNE_FILE names, which is not written.
 */
#include "explain.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <aml/utils/error.h>

#include "explain_data.h"
#include "explain_json.h"
#include "explain_layouts.h"
#include "explain_text.h"
#include "plan/learnt.h"
#include "plan/make.h"
#include "progress.h"
#include "usage.h"
#include "util/environment.h"
#include "workers.h"

enum { FILL_BLOCK_BYTES = 1 << 20 };

enum explain_option {
	OPTION_SRC,
	OPTION_DST,
	OPTION_PERMUTE,
	OPTION_MEASURE,
	OPTION_WORKERS,
	OPTION_JSON
};

static const struct usage_option options[] = {
	[OPTION_SRC] = {"src", "LAYOUT", "the source; see below"},
	[OPTION_DST] = {"dst", "LAYOUT", "the destination; without it, a contiguous one that fits"},
	[OPTION_PERMUTE] = {"permute", "N,N...",
			    "dimension i of the destination is dimension N of the source"},
	[OPTION_MEASURE] = {"measure", NULL, "copy some times, and compare the result"},
	[OPTION_WORKERS] = {"workers", "N",
			    "for so many workers; without it, as aml_init() chooses"},
	[OPTION_JSON] = {"json", NULL, "print JSON"},
};

static const struct usage_command command = {
	.name = "explain",
	.synopsis = "--src LAYOUT [--dst LAYOUT] [--permute N,N...] [--measure]\n"
		    "                       [--workers N] [--json]",
	.about =
		"Print how the library copies one layout to another: loops, kernel, variant, parts,\n"
		"stack and expected rate.",
	.options = options,
	.count = sizeof(options) / sizeof(*options),
	.more = "A LAYOUT is EXTENTS:TYPE[/KEY=VALUE]..., such as 4096x4096:f64 or\n"
		"1080x1920x3:u8/slice=0:540,:,1:2. TYPE is f64, i8, c128 and so on, or a number of\n"
		"bytes. Of the keys, these describe memory, and stand first:\n"
		"  order=row|column     row: the last dimension varies fastest (the default)\n"
		"  pitch=N,N...         extents of the array that this is a block of\n"
		"  stride=N,N...        elements from one to the next\n"
		"  steps=N,N...         bytes from one to the next, which may be negative\n"
		"  at=BYTES             distance of the lowest byte from the beginning of a page\n"
		"These change the layout, one after the other:\n"
		"  slice=FROM:TO:STEP,...  some elements; each number may be missing\n"
		"  reverse=DIMENSION       one dimension backwards, counted from 0\n"
		"  reshape=EXTENTS         the same elements with other extents\n"
		"  pad=EXTENTS[@N,N...]    filled up with zeros; the layout begins at N,N\n\n"
		"Without --measure, the rate is what was learnt: see AML_DMA_TUNE_FILE in\n"
		"aml-dma-env(7).",
};

/* Know what other processes have learnt. A file that is not there, or is ignored, is no error. */
static void read_learnt(void)
{
	const char *path = environment_get("AML_DMA_TUNE_FILE");
	bool foreign;

	if (path != NULL && *path != '\0')
		(void)learnt_load(path, &foreign);
	/* An engine would write the file in the end. */
	(void)unsetenv("AML_DMA_TUNE_FILE");
}

static void make_plan(struct explain_data *data)
{
	int err = copy_plan_layouts(&data->room, data->dst.layout, data->src.layout,
				    data->permutes ? data->native : NULL);

	if (err == -AML_EINVAL)
		usage_refuse(&command, "the library refuses the copy: a step of 0 in the "
				       "destination would write one element again and again");
	if (err != AML_SUCCESS)
		usage_fail(&command, TOOL_FAILED, "the copy cannot be planned: %s",
			   aml_strerror(err));
	plan_facts_find(&data->facts, &data->room.plan);
}

/* Write to all memory: any bytes to the source, and others to the destination. */
static void fill_memory(struct explain_data *data)
{
	unsigned char *byte = (unsigned char *)data->src.memory;
	size_t bytes = data->src.parsed.bytes, blocks = bytes / FILL_BLOCK_BYTES + 1;

	for (size_t i = 0; i < bytes; i++) {
		if (i % FILL_BLOCK_BYTES == 0)
			progress_show(i / FILL_BLOCK_BYTES, blocks, "writing to the source");
		byte[i] = (unsigned char)((i * 0x9e3779b1u) >> 11);
	}
	progress_show(blocks, blocks, "writing to the destination");
	memset(data->dst.memory, 0, data->dst.parsed.bytes);
}

/* Measure the copy, and compare its result. */
static void measure_copy(struct explain_data *data)
{
	const size_t *native = data->permutes ? data->native : NULL;
	int err;

	fill_memory(data);
	err = copy_rate_measure(&data->rate, data->workers, data->dst.layout, data->src.layout,
				native);
	if (err != AML_SUCCESS)
		usage_fail(&command, TOOL_FAILED, "the copy failed: %s", aml_strerror(err));
	data->measured = true;
	data->compared = explain_layouts_has_steps(data->dst.layout);
	data->right =
		data->compared && copy_rate_is_right(data->dst.layout, data->src.layout, native);
}

int tool_explain(int argc, char *argv[])
{
	struct explain_data data = {.command = &command};
	const char *permutation = NULL, *workers = NULL;
	bool measure = false, json = false, written = true;
	int option;

	while ((option = usage_next(&command, argc, argv)) >= 0) {
		measure |= option == OPTION_MEASURE;
		json |= option == OPTION_JSON;
		if (option == OPTION_SRC)
			data.src.text = optarg;
		else if (option == OPTION_DST)
			data.dst.text = optarg;
		else if (option == OPTION_PERMUTE)
			permutation = optarg;
		else if (option == OPTION_WORKERS)
			workers = optarg;
	}
	usage_no_more(&command, argc, argv);
	if (data.src.text == NULL)
		usage_refuse(&command, "--src is missing: --src 4096x4096:f64");
	data.workers = workers_choose(&command, workers);
	explain_layouts_create(&data, permutation, measure);
	read_learnt();
	make_plan(&data);
	if (measure)
		measure_copy(&data);
	if (json)
		written = explain_json_print(&data);
	else
		explain_text_print(&data);
	explain_layouts_release(&data);
	if (data.compared && !data.right)
		usage_fail(&command, TOOL_FAILED,
			   "the destination has wrong data: this is a bug "
			   "unless its elements share bytes");
	return written ? TOOL_DONE : TOOL_FAILED;
}
