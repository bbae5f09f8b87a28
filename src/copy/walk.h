/* SPDX-License-Identifier: BSD-3-Clause */
/* Walks over two sides that have different loops. */
#ifndef COPY_WALK_H
#define COPY_WALK_H

#include "plan/plan.h"

/* Run a walk. */
void copy_walk(const struct copy_plan *plan);

#endif /* COPY_WALK_H */
