/* SPDX-License-Identifier: BSD-3-Clause */
/* Choose the strided plans whose rows are copied by a kernel that takes elements at a step. */
#ifndef PLAN_STEPPED_H
#define PLAN_STEPPED_H

#include <stdbool.h>
#include <stdint.h>

#include "plan/plan.h"

/*
 * If rows of short elements that are not contiguous in the source are best copied by the kernel
 * stepped(), make it the method of the plan, and return true. The plan is in normal form, has a
 * loop and copies `bytes` bytes.
 */
bool copy_stepped_choose(struct copy_plan *plan, uint64_t bytes);

#endif /* PLAN_STEPPED_H */
