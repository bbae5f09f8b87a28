/* SPDX-License-Identifier: BSD-3-Clause */
/* aml-dma explain: how the library copies one layout to another. */
#ifndef TOOLS_EXPLAIN_H
#define TOOLS_EXPLAIN_H

/* Run the subcommand; see usage.h. */
int tool_explain(int argc, char *argv[]);

#endif /* TOOLS_EXPLAIN_H */
