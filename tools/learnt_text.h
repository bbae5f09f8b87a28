/* SPDX-License-Identifier: BSD-3-Clause */
/* What the library has learnt in this process, as text and as JSON. */
#ifndef TOOLS_LEARNT_TEXT_H
#define TOOLS_LEARNT_TEXT_H

#include "json.h"

/* Print a line for each class of copies. */
void learnt_text_print(void);

/* Write an array of the classes: their kind, description, and the rate of each variant. */
void learnt_text_json(struct json_writer *json, const char *key);

/* The rate of a cost, in bytes per second. */
double learnt_text_rate(uint32_t cost);

#endif /* TOOLS_LEARNT_TEXT_H */
