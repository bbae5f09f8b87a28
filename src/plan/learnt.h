/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What was learnt, for people and for the next process: the lines of aml_dma_fprintf(), and the
 * file that AML_DMA_TUNE_FILE names.
 */
#ifndef PLAN_LEARNT_H
#define PLAN_LEARNT_H

#include <stdbool.h>
#include <stdio.h>

struct tune_record;

/*
 * An engine is created. The first one of the process reads the file. A file that is broken, or from
 * another machine or version of the library, is ignored. Thread-safe.
 */
void learnt_begin(void);

/* An engine is destroyed. The last one writes the file. Thread-safe. */
void learnt_end(void);

/*
 * Print a line for each class that is in use, and what became of the file. Each line begins with
 * `prefix`. False: the stream fails. Thread-safe.
 */
bool learnt_print(FILE *stream, const char *prefix);

/* Return the fastest variant of a class that was timed. VARIANT_NONE: none was. */
unsigned learnt_fastest(const struct tune_record *record);

/*
 * May a file be written under this name? No file has it, or a regular one that is empty or was
 * written by a version of this library: another file stays as it is.
 */
bool learnt_may_replace(const char *path);

/*
 * Read what was learnt from a file. False: it is not a regular file of this library for this
 * machine; then nothing of it is used. *foreign: it is complete, but for another machine or
 * version.
 */
bool learnt_load(const char *path, bool *foreign);

/*
 * Write what was learnt to a file. Another process sees the old file or the new one, and nothing
 * between. False: the file could not be written, or learnt_may_replace() does not allow it.
 */
bool learnt_save(const char *path);

#endif /* PLAN_LEARNT_H */
