/* SPDX-License-Identifier: BSD-3-Clause */
/* Run a plan whose runs are copied by a kernel that has the plan's loops. */
#ifndef COPY_NEST_H
#define COPY_NEST_H

#include "plan/plan.h"

/* Run a strided plan whose method is COPY_BY_NEST. */
void copy_nest(const struct copy_plan *plan);

#endif /* COPY_NEST_H */
