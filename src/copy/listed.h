/* SPDX-License-Identifier: BSD-3-Clause */
/* Transpositions from memory to memory, by a stage in the first-level cache. */
#ifndef COPY_LISTED_H
#define COPY_LISTED_H

#include "plan/plan.h"

/* Run a transposition whose method is COPY_BY_STAGE. */
void copy_listed(const struct copy_plan *plan);

#endif /* COPY_LISTED_H */
