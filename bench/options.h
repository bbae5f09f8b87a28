/* SPDX-License-Identifier: BSD-3-Clause */
/* The options of aml-dma-bench. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "reports.h"

#define PATTERNS_MAX 64

struct options {
	struct settings settings;
	const char *patterns[PATTERNS_MAX];
	size_t pattern_count;
	const char *isas[PATTERNS_MAX];
	size_t isa_count;
	struct reports reports;
	const char *summarized[PATTERNS_MAX]; /* CSV reports to summarise instead of measuring */
	size_t summarized_count;
	bool all, list;
};

/* Read the arguments. If they are wrong, or ask for help, print a message and exit. */
void options_read(struct options *options, int argc, char **argv);

/* Print a message, formatted as by printf(), and exit: the arguments are wrong. */
__attribute__((format(printf, 1, 2), noreturn)) void options_refuse(const char *format, ...);

#endif /* OPTIONS_H */
