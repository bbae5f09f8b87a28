/* SPDX-License-Identifier: BSD-3-Clause */
/* aml-dma bench: the rates of copies on this machine, against memcpy(). */
#ifndef TOOLS_BENCH_H
#define TOOLS_BENCH_H

/* Run the subcommand; see usage.h. */
int tool_bench(int argc, char *argv[]);

#endif /* TOOLS_BENCH_H */
