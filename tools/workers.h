/* SPDX-License-Identifier: BSD-3-Clause */
/* The number of workers of a subcommand's engine. */
#ifndef TOOLS_WORKERS_H
#define TOOLS_WORKERS_H

#include <stddef.h>

#include "usage.h"

/*
 * The value of the option --workers. NULL: as many as aml_init() would make. Refuses a wrong value,
 * also one of AML_DMA_NUM_THREADS: does not return then.
 */
size_t workers_choose(const struct usage_command *command, const char *text);

/* The most threads that the system allows at once. SIZE_MAX: it does not say. */
size_t workers_most(void);

#endif /* TOOLS_WORKERS_H */
