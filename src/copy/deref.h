/* SPDX-License-Identifier: BSD-3-Clause */
/* Deref plans: copies element by element. */
#ifndef COPY_DEREF_H
#define COPY_DEREF_H

#include "plan/plan.h"

/*
 * Run a section of a deref plan, or all of it if `section` is NULL. Returns -AML_FAILURE if a
 * layout returned NULL for an element, else AML_SUCCESS.
 */
int copy_deref(const struct copy_plan *plan, const struct copy_section *section);

/*
 * Run a deref plan that is a block of a larger one: layouts begin at the coordinates `from`, one
 * for each dimension of the plan, and addresses are those of the block's first element. Same
 * result.
 */
int copy_deref_block(const struct copy_plan *plan, const size_t *from);

#endif /* COPY_DEREF_H */
