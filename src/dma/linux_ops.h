/* SPDX-License-Identifier: BSD-3-Clause */
/* The operators of the library, as the engine sees them: ways to make a copy plan. */
#ifndef DMA_LINUX_OPS_H
#define DMA_LINUX_OPS_H

#include <stdbool.h>

#include <aml/dma.h>
#include <aml/dma/linux.h>

#include "copy/plan.h"

/* Is it one of the library's operators, or NULL, which stands for copy_generic? */
static inline bool dma_plans(aml_dma_operator op)
{
	return op == NULL || op == aml_dma_linux_copy_generic || op == aml_dma_linux_copy_1D ||
	       op == aml_dma_linux_memcpy_op;
}

/* What dma_plan() returns for any other operator. */
enum { DMA_FOREIGN = 1 };

/* Plan what such an operator would do. Errors as the operator's: nothing was made. */
static inline int dma_plan(union copy_plan_room *room, struct aml_layout *dst,
			   const struct aml_layout *src, aml_dma_operator op, void *arg)
{
	if (op == NULL || op == aml_dma_linux_copy_generic)
		return copy_plan_layouts(room, dst, src, NULL);
	if (op == aml_dma_linux_memcpy_op)
		return copy_plan_bytes(room, dst, src, (size_t)arg);
	if (op == aml_dma_linux_copy_1D)
		return copy_plan_1d(room, dst, src);
	return DMA_FOREIGN;
}

#endif /* DMA_LINUX_OPS_H */
