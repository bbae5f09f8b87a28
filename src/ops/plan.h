/* SPDX-License-Identifier: BSD-3-Clause */
/* Plans of the operators on pairs of elements. */
#ifndef OPS_PLAN_H
#define OPS_PLAN_H

#include <aml/layout.h>

#include "plan/plan.h"

/*
 * Plan aml_dma_linux_compare(), aml_dma_linux_convert() or aml_dma_linux_reduce(). The errors are
 * theirs. The plan does not refer to `arg`, except that a comparison writes to it at its end.
 */
int ops_plan_compare(union copy_plan_room *room, struct aml_layout *dst,
		     const struct aml_layout *src, void *arg);
int ops_plan_convert(union copy_plan_room *room, struct aml_layout *dst,
		     const struct aml_layout *src, const void *arg);
int ops_plan_reduce(union copy_plan_room *room, struct aml_layout *dst,
		    const struct aml_layout *src, const void *arg);

#endif /* OPS_PLAN_H */
