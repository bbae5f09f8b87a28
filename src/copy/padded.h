/* SPDX-License-Identifier: BSD-3-Clause */
/* Copies of small pads. */
#ifndef COPY_PADDED_H
#define COPY_PADDED_H

#include "plan/plan.h"

/* Run a COPY_PADDED plan. */
void copy_padded_rows(const struct copy_plan *plan);

#endif /* COPY_PADDED_H */
