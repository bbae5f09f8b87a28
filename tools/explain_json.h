/* SPDX-License-Identifier: BSD-3-Clause */
/* Prints as JSON what aml-dma explain has found out. */
#ifndef TOOLS_EXPLAIN_JSON_H
#define TOOLS_EXPLAIN_JSON_H

#include <stdbool.h>

#include "explain_data.h"

/* False: not everything could be written. */
bool explain_json_print(const struct explain_data *data);

#endif /* TOOLS_EXPLAIN_JSON_H */
