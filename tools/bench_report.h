/* SPDX-License-Identifier: BSD-3-Clause */
/* Prints what aml-dma bench has measured. */
#ifndef TOOLS_BENCH_REPORT_H
#define TOOLS_BENCH_REPORT_H

#include "bench_row.h"

void bench_report_text(const struct bench_setting *setting, const struct bench_row *rows,
		       size_t count);

/* False: not everything could be written. */
bool bench_report_json(const struct bench_setting *setting, const struct bench_row *rows,
		       size_t count);

#endif /* TOOLS_BENCH_REPORT_H */
