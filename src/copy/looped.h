/* SPDX-License-Identifier: BSD-3-Clause */
/* Run a plan whose runs are copied by a kernel that has the plan's loops. */
#ifndef COPY_LOOPED_H
#define COPY_LOOPED_H

#include "plan/plan.h"

/* Run a strided plan whose method is COPY_BY_LOOPED. */
void copy_looped(const struct copy_plan *plan);

/* Run a strided plan whose method is COPY_BY_STEPPED. */
void copy_stepped(const struct copy_plan *plan);

#endif /* COPY_LOOPED_H */
