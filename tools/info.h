/* SPDX-License-Identifier: BSD-3-Clause */
/* aml-dma info: the library, this machine, and the settings in the environment. */
#ifndef TOOLS_INFO_H
#define TOOLS_INFO_H

/* Run the subcommand; see usage.h. */
int tool_info(int argc, char *argv[]);

#endif /* TOOLS_INFO_H */
