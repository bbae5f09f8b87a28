/* SPDX-License-Identifier: BSD-3-Clause */
/* Transpositions. */
#ifndef COPY_TRANSPOSE_H
#define COPY_TRANSPOSE_H

#include "plan/plan.h"

/* Run a transposition whose method is COPY_BY_TILES or COPY_BY_BLOCKS. */
void copy_transpose(const struct copy_plan *plan);

#endif /* COPY_TRANSPOSE_H */
