/* SPDX-License-Identifier: BSD-3-Clause */
/* Transpositions from memory to memory, without tiles. */
#ifndef COPY_COLUMNS_H
#define COPY_COLUMNS_H

#include "plan/plan.h"

/* Run a transposition whose method is COPY_BY_COLUMNS. */
void copy_columns(const struct copy_plan *plan);

#endif /* COPY_COLUMNS_H */
