/* SPDX-License-Identifier: BSD-3-Clause */
/* aml-dma info, see info.h. */
#include "info.h"

#include <stdio.h>

#include <aml/utils/version.h>

#include "json.h"
#include "kernels/kernels.h"
#include "usage.h"

enum { INFO_SCHEMA = 1 };

static const struct usage_option options[] = {
	{"json", NULL, "print JSON"},
};

static const struct usage_command command = {
	.name = "info",
	.synopsis = "[--json]",
	.about = "Print the version of the library, and what it uses on this machine.",
	.options = options,
	.count = sizeof(options) / sizeof(*options),
};

static int print_json(void)
{
	struct json_writer json;

	json_begin(&json, stdout, command.name, INFO_SCHEMA);
	json_text(&json, "version", aml_version_string);
	json_text(&json, "kernels", kernels()->name);
	return json_end(&json) ? TOOL_DONE : TOOL_FAILED;
}

int tool_info(int argc, char *argv[])
{
	bool json = false;

	while (usage_next(&command, argc, argv) >= 0)
		json = true;
	usage_no_more(&command, argc, argv);
	if (json)
		return print_json();
	printf("libaml-dma %s\nkernels: %s\n", aml_version_string, kernels()->name);
	return TOOL_DONE;
}
