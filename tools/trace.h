/* SPDX-License-Identifier: BSD-3-Clause */
/* aml-dma trace: sums up a trace of AML_DMA_TRACE, and draws it. */
#ifndef TOOLS_TRACE_H
#define TOOLS_TRACE_H

/* Run the subcommand; see usage.h. */
int tool_trace(int argc, char *argv[]);

#endif /* TOOLS_TRACE_H */
