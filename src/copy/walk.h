/* SPDX-License-Identifier: BSD-3-Clause */
/* Two sides that are walked along. */
#ifndef COPY_WALK_H
#define COPY_WALK_H

#include "plan/plan.h"

void copy_walk(const struct copy_plan *plan);

#endif /* COPY_WALK_H */
