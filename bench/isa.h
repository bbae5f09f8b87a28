/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Figures of other instruction sets. The library picks its kernels once, as the environment
 * variable AML_DMA_ISA says; so another choice takes another process: the bench itself, run on
 * one case with the engines and their yardstick, so that its ratios are its own run's.
 */
#ifndef ISA_H
#define ISA_H

#include "bench.h"

/* Add the engines' rows under that instruction set. -1 if the run failed; the note says so. */
int isa_add_rows(const char *isa, const struct bench_case *c, const struct settings *settings,
		 struct results *out);

#endif /* ISA_H */
