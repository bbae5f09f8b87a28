/* SPDX-License-Identifier: BSD-3-Clause */
/* Transpositions by tiles of listed rows. */
#ifndef COPY_LISTED_H
#define COPY_LISTED_H

#include "plan/plan.h"

/* Run a transposition whose method is COPY_BY_LISTS. */
void copy_listed(const struct copy_plan *plan);

#endif /* COPY_LISTED_H */
