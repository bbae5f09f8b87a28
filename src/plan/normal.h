/* SPDX-License-Identifier: BSD-3-Clause */
/* The normal form of a plan's loops. */
#ifndef PLAN_NORMAL_H
#define PLAN_NORMAL_H

#include "plan/plan.h"

/* Bring the loops of a plan into normal form. Set the kind and the method of the plan. */
void copy_plan_normalise(struct copy_plan *plan);

#endif /* PLAN_NORMAL_H */
