/* SPDX-License-Identifier: BSD-3-Clause */
/* Plan small copies of pads, row by row. */
#ifndef PLAN_PADDED_H
#define PLAN_PADDED_H

#include <stdbool.h>

#include <aml/layout/dense.h>

#include "plan/plan.h"

/*
 * Plan a small copy from a pad over a dense layout to the dense layout `dst`. Returns false if the
 * copy is another one, if the layouts do not match, or if it is large; the contents of `room` are
 * then undefined.
 */
bool copy_plan_padded(union copy_plan_room *room, const struct aml_layout_dense *dst,
		      const struct aml_layout *src);

#endif /* PLAN_PADDED_H */
