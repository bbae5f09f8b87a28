/* SPDX-License-Identifier: BSD-3-Clause */
/* Prints for people what aml-dma explain has found out. */
#ifndef TOOLS_EXPLAIN_TEXT_H
#define TOOLS_EXPLAIN_TEXT_H

#include "explain_data.h"

void explain_text_print(const struct explain_data *data);

#endif /* TOOLS_EXPLAIN_TEXT_H */
