/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Results of other instruction sets. The library selects its kernels once, by the environment
 * variable AML_DMA_ISA. So another instruction set needs another process: the benchmark runs
 * itself on one case. That process also measures the yardstick, so its ratios come from one run.
 */
#ifndef ISA_H
#define ISA_H

#include "bench.h"

/* Add the engines' rows for that instruction set. -1: the run failed, and the note says so. */
int isa_add_rows(const char *isa, const struct bench_case *c, const struct settings *settings,
		 struct results *out);

#endif /* ISA_H */
