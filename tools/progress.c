/* SPDX-License-Identifier: BSD-3-Clause */
/* The line of progress, see progress.h. */
#include "progress.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include "util/clock.h"

static const uint64_t PROGRESS_QUIET_NS = 2000000000, PROGRESS_PERIOD_NS = 100000000;

static uint64_t progress_started_ns, progress_shown_ns;
static bool progress_is_shown;

void progress_show(size_t done, size_t count, const char *what)
{
	uint64_t now;

	if (!isatty(STDERR_FILENO))
		return;
	if (progress_started_ns == 0)
		progress_started_ns = clock_ns();
	now = clock_ns();
	if (now - progress_started_ns < PROGRESS_QUIET_NS ||
	    now - progress_shown_ns < PROGRESS_PERIOD_NS)
		return;
	progress_shown_ns = now;
	fprintf(stderr, "\r\033[K[%zu/%zu] %s", done, count, what);
	fflush(stderr);
	progress_is_shown = true;
}

void progress_remove(void)
{
	if (!progress_is_shown)
		return;
	fputs("\r\033[K", stderr);
	fflush(stderr);
	progress_is_shown = false;
}
