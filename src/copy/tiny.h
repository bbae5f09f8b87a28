/* SPDX-License-Identifier: BSD-3-Clause */
/* Copies of few elements. */
#ifndef COPY_TINY_H
#define COPY_TINY_H

#include "plan/plan.h"

/* Run a COPY_BY_ELEMENTS plan. */
void copy_tiny(const struct copy_plan *plan);

#endif /* COPY_TINY_H */
