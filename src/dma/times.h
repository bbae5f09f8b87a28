/* SPDX-License-Identifier: BSD-3-Clause */
/* How long requests were queued and how long they ran, for a person to read. */
#ifndef DMA_TIMES_H
#define DMA_TIMES_H

#include <stdbool.h>
#include <stdio.h>

#include "async/queue_sched.h"

/*
 * Print what was taken of times, and what became of the trace; nothing where neither was asked for.
 * False: writing failed.
 */
bool dma_print_times(FILE *stream, const char *prefix, const struct queue_sched *q);

#endif /* DMA_TIMES_H */
