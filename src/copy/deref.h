/* SPDX-License-Identifier: BSD-3-Clause */
/* Element by element. */
#ifndef COPY_DEREF_H
#define COPY_DEREF_H

#include "plan/plan.h"

/* AML_SUCCESS, or -AML_FAILURE if a layout gave no address for an element. */
int copy_deref(const struct copy_plan *plan);

#endif /* COPY_DEREF_H */
