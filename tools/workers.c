/* SPDX-License-Identifier: BSD-3-Clause */
#include "workers.h"

#include <stdio.h>

#include <aml/utils/error.h>

#include "dma/linux_attr.h"

enum { WORKERS_MAX = 1024 };

size_t workers_choose(const struct usage_command *command, const char *text)
{
	struct linux_attr attr;
	size_t workers;

	if (text != NULL)
		return (size_t)usage_number(command, "workers", text, 0, WORKERS_MAX);
	if (linux_attr_read(&attr, NULL) != AML_SUCCESS)
		usage_fail(command, TOOL_USAGE,
			   "AML_DMA_NUM_THREADS is not a number of workers; see 'aml-dma info'");
	workers = attr.queue.num_threads;
	linux_attr_release(&attr);
	return workers;
}

size_t workers_most(void)
{
	static const char *const paths[] = {"/proc/sys/kernel/threads-max",
					    "/proc/sys/kernel/pid_max"};
	size_t most = SIZE_MAX, number;

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		FILE *file = fopen(paths[i], "re");

		if (file == NULL)
			continue;
		if (fscanf(file, "%zu", &number) == 1 && number < most)
			most = number;
		(void)fclose(file);
	}
	return most;
}
