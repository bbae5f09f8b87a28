/* SPDX-License-Identifier: BSD-3-Clause */
/* Run a transposition of small planes by a kernel that has the loops around them. */
#ifndef COPY_PLANES_H
#define COPY_PLANES_H

#include "plan/plan.h"

/* Run a transposition whose method is COPY_BY_PLANES. */
void copy_planes(const struct copy_plan *plan);

#endif /* COPY_PLANES_H */
