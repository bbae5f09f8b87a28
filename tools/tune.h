/* SPDX-License-Identifier: BSD-3-Clause */
/* aml-dma tune: measures the variants of copies, and writes a file for AML_DMA_TUNE_FILE. */
#ifndef TOOLS_TUNE_H
#define TOOLS_TUNE_H

/* Run the subcommand; see usage.h. */
int tool_tune(int argc, char *argv[]);

#endif /* TOOLS_TUNE_H */
