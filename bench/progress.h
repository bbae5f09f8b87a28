/* SPDX-License-Identifier: BSD-3-Clause */
/* A line on standard error that shows the progress, if standard error is a terminal. */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <stddef.h>

/* Begin a case, number `index` of `count`. `name` must live until the next case. */
void progress_case(const char *name, size_t index, size_t count);

/* Show the contestant that runs. `repetition` 0: it warms up. */
void progress_step(const char *contestant, unsigned repetition, unsigned repetitions);

/* Clear the line, before other output. */
void progress_clear(void);

#endif /* PROGRESS_H */
