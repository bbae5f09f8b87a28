/* SPDX-License-Identifier: BSD-3-Clause */
/* Choose which transpositions are copied by a kernel that has the loops around the planes. */
#ifndef PLAN_PLANES_H
#define PLAN_PLANES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plan/plan.h"

/*
 * The estimated time of `count` calls that transpose `rows` source rows of `columns` elements of
 * `size` bytes by lists, in quarters of a cycle.
 */
uint64_t copy_planes_listed_cost(size_t size, size_t rows, size_t columns, uint64_t count);

/*
 * The estimated time of a transposition by planes in quarters of a cycle. UINT64_MAX: it has no
 * planes for the kernel, because they are too small or too large.
 */
uint64_t copy_planes_cost(const struct copy_plan *plan);

/* Do planes read so little of each source row that it is better to list the rows of several? */
bool copy_planes_waste_lines(const struct copy_plan *plan);

/*
 * Order the loops around the planes: first those whose planes share lines of a side, which are
 * still in the first-level cache.
 */
void copy_planes_order(struct copy_plan *plan);

#endif /* PLAN_PLANES_H */
