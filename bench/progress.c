/* SPDX-License-Identifier: BSD-3-Clause */
/* The progress line. */
#include <stdio.h>
#include <unistd.h>

#include "progress.h"

static struct {
	const char *name;
	size_t index, count;
} current;

static int wanted(void)
{
	static int terminal = -1;

	if (terminal < 0)
		terminal = isatty(STDERR_FILENO);
	return terminal == 1;
}

void progress_case(const char *name, size_t index, size_t count)
{
	current.name = name;
	current.index = index;
	current.count = count;
	progress_step("preparing", 0, 0);
}

void progress_step(const char *contestant, unsigned repetition, unsigned repetitions)
{
	if (!wanted() || current.name == NULL)
		return;
	fprintf(stderr, "\r\033[K[%zu/%zu] %s: %s", current.index, current.count, current.name,
		contestant);
	if (repetition > 0)
		fprintf(stderr, ", %u of %u", repetition, repetitions);
	fflush(stderr);
}

void progress_clear(void)
{
	if (!wanted())
		return;
	fputs("\r\033[K", stderr);
	fflush(stderr);
}
