/* SPDX-License-Identifier: BSD-3-Clause */
/* Walks over two sides that have different loops. */
#ifndef COPY_WALK_H
#define COPY_WALK_H

#include <stddef.h>

#include "plan/plan.h"

/* Copy `count` elements of a walk, in linear order, from element number `first` on. */
void copy_walk(const struct copy_plan *plan, size_t first, size_t count);

#endif /* COPY_WALK_H */
