/* SPDX-License-Identifier: BSD-3-Clause */
/* Prints what aml-dma tune has learnt. */
#ifndef TOOLS_TUNING_REPORT_H
#define TOOLS_TUNING_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "tuning_run.h"

struct tuning_report {
	const struct tuning_result *results;
	size_t count;
	const char *file; /* that was written; NULL: none */
	size_t workers;
	double seconds; /* that it took */
};

void tuning_report_text(const struct tuning_report *report);

/* False: not everything could be written. */
bool tuning_report_json(const struct tuning_report *report);

#endif /* TOOLS_TUNING_REPORT_H */
