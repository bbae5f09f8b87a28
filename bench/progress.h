/* SPDX-License-Identifier: BSD-3-Clause */
/* A line on standard error that tells what is being measured, if that is a terminal. */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <stddef.h>

/* The case that comes now, and the number of those to come after all. */
void progress_case(const char *name, size_t index, size_t count);

/* Within the case: who is at it. `repetition` 0: warming up. */
void progress_step(const char *contestant, unsigned repetition, unsigned repetitions);

/* Wipe the line, so that something else can be printed. */
void progress_clear(void);

#endif /* PROGRESS_H */
