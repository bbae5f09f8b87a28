/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A line of progress on the standard error, for a command that runs for more than two seconds. It
 * appears on a terminal only, and not before these two seconds are over; it changes ten times a
 * second at most. Not thread-safe.
 */
#ifndef TOOLS_PROGRESS_H
#define TOOLS_PROGRESS_H

#include <stddef.h>

/* Replace the line: step `done` of `count` is `what`. The first call starts the two seconds. */
void progress_show(size_t done, size_t count, const char *what);

/* Remove the line, before anything else is printed. */
void progress_remove(void);

#endif /* TOOLS_PROGRESS_H */
