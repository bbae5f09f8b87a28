/* SPDX-License-Identifier: BSD-3-Clause */
/* Measures a copy of layouts that are given as texts. */
#ifndef TOOLS_BENCH_COPY_H
#define TOOLS_BENCH_COPY_H

#include "bench_row.h"

/*
 * Measure the copy of row->src, row->dst and row->permute. Refuses what is wrong with them, and
 * fails if the memory is missing or a copy fails: does not return then.
 */
void bench_copy_measure(const struct bench_setting *setting, struct bench_row *row);

#endif /* TOOLS_BENCH_COPY_H */
