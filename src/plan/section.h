/* SPDX-License-Identifier: BSD-3-Clause */
/* Split deref plans into parts: sections of one dimension. */
#ifndef PLAN_SECTION_H
#define PLAN_SECTION_H

#include "plan/plan.h"

/* copy_plan_parts() for a deref plan. It is 1 unless both sides are concurrent. */
unsigned copy_deref_parts(const struct copy_plan *plan);

/* The section of part number `part`. If the plan has one part, the whole plan. */
struct copy_section copy_deref_section(const struct copy_plan *plan, unsigned part);

#endif /* PLAN_SECTION_H */
