/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * AML_DMA_TUNE in the environment: "off", or NAME=VARIANT for some kinds of copies, separated by
 * commas. It is read when the library is loaded.
 */
#ifndef PLAN_RULES_H
#define PLAN_RULES_H

#include <stdbool.h>
#include <stdio.h>

#include "plan/choose.h"

/*
 * Parse the value of AML_DMA_TUNE. False: it is not valid. Then *rules allows all that is learnt.
 */
bool tune_rules_parse(const char *text, struct choice_rules *rules);

/* Print which choices the environment leaves, in a line or more. False: the stream fails. */
bool tune_rules_print(FILE *stream, const char *prefix);

#endif /* PLAN_RULES_H */
