/* SPDX-License-Identifier: BSD-3-Clause */
/* Strided plans by shuffled vectors. */
#ifndef COPY_SHUFFLE_H
#define COPY_SHUFFLE_H

#include "plan/plan.h"

/* Run a strided plan whose method is COPY_BY_SHUFFLE. */
void copy_shuffled(const struct copy_plan *plan);

#endif /* COPY_SHUFFLE_H */
