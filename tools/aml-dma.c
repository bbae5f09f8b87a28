/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The command aml-dma. Each subcommand is a unit of its own, see usage.h. To add one, add a line to
 * the table.
 */
#include <stdio.h>
#include <string.h>

#include <aml/utils/version.h>

#include "bench.h"
#include "distance.h"
#include "explain.h"
#include "info.h"
#include "trace.h"
#include "tune.h"
#include "usage.h"

struct tool {
	const char *name;
	int (*run)(int argc, char *argv[]);
	const char *about;
};

static const struct tool tools[] = {
	{"bench", tool_bench, "the rates of copies on this machine, against memcpy()"},
	{"explain", tool_explain, "how the library copies one layout to another"},
	{"info", tool_info, "the library, this machine, and the settings in the environment"},
	{"trace", tool_trace, "the numbers of a trace, and a drawing"},
	{"tune", tool_tune, "measures the variants of copies, for AML_DMA_TUNE_FILE"},
};

enum { TOOLS_COUNT = sizeof(tools) / sizeof(*tools) };

static void print_tools(void)
{
	printf("usage: aml-dma COMMAND [OPTION...]\n"
	       "       aml-dma --help | --version\n\ncommands:\n");
	for (size_t i = 0; i < TOOLS_COUNT; i++)
		printf("  %-10s%s\n", tools[i].name, tools[i].about);
	printf("\n'aml-dma COMMAND --help' prints the options of a command. The exit status is 0,\n"
	       "1 for wrong data or a failed run, 2 for wrong arguments, and 77 for what is not\n"
	       "available here.\n");
}

static int refuse_tool(const char *name)
{
	static const char *const flags[] = {"--help", "--version"};
	const char *names[TOOLS_COUNT], *likely;

	if (name == NULL) {
		fputs("aml-dma: no command is given; see 'aml-dma --help'\n", stderr);
		return TOOL_USAGE;
	}
	for (size_t i = 0; i < TOOLS_COUNT; i++)
		names[i] = tools[i].name;
	likely = *name == '-' ? distance_nearest(name, flags, sizeof(flags) / sizeof(*flags))
			      : distance_nearest(name, names, TOOLS_COUNT);
	fprintf(stderr, "aml-dma: unknown %s '%s'", *name == '-' ? "option" : "command", name);
	if (likely != NULL)
		fprintf(stderr, ": did you mean '%s'?", likely);
	fputs("; see 'aml-dma --help'\n", stderr);
	return TOOL_USAGE;
}

static int run_tool(int argc, char *argv[])
{
	if (argc < 2)
		return refuse_tool(NULL);
	if (strcmp(argv[1], "--help") == 0) {
		print_tools();
		return TOOL_DONE;
	}
	if (strcmp(argv[1], "--version") == 0) {
		printf("aml-dma %s\n", aml_version_string);
		return TOOL_DONE;
	}
	for (size_t i = 0; i < TOOLS_COUNT; i++)
		if (strcmp(argv[1], tools[i].name) == 0)
			return tools[i].run(argc - 1, argv + 1);
	return refuse_tool(argv[1]);
}

int main(int argc, char *argv[])
{
	int status = run_tool(argc, argv);

	if (fflush(stdout) != 0 || ferror(stdout)) {
		fputs("aml-dma: the output could not be written\n", stderr);
		return status == TOOL_DONE ? TOOL_FAILED : status;
	}
	return status;
}
