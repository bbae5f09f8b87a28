/* SPDX-License-Identifier: BSD-3-Clause */
/* Summaries of suites from CSV reports: of several runs of parts of a suite. */
#ifndef SUMMARIZE_H
#define SUMMARIZE_H

#include "reports.h"

/*
 * Read the problems from the files, and report a summary of each suite in the list. Returns -1 if a
 * file could not be read; a message says so.
 */
int summarize(const struct case_list *list, const char *const *paths, size_t count,
	      struct reports *reports);

#endif /* SUMMARIZE_H */
