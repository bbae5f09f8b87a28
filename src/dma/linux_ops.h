/* SPDX-License-Identifier: BSD-3-Clause */
/* The operators of the library, as the engine sees them: ways to make a copy plan. */
#ifndef DMA_LINUX_OPS_H
#define DMA_LINUX_OPS_H

#include <stdbool.h>

#include <aml/dma.h>
#include <aml/dma/linux.h>

#include "plan/make.h"

/* Is it one of the library's operators, or NULL, which stands for copy_generic? */
static inline bool dma_plans(aml_dma_operator op)
{
	return op == NULL || op == aml_dma_linux_copy_generic || op == aml_dma_linux_copy_1D ||
	       op == aml_dma_linux_memcpy_op;
}

/* May a request have these addresses or layouts? NULL is one for no bytes only. */
static inline bool dma_takes(const void *dst, const void *src, aml_dma_operator op, const void *arg)
{
	return (dst != NULL && src != NULL) || (op == aml_dma_linux_memcpy_op && arg == NULL);
}

/*
 * Plan what such an operator would do, with its errors: nothing was made. False: it is not one.
 * Inline, so that a caller keeps the arguments for that case alone.
 */
static inline bool dma_plan(union copy_plan_room *room, struct aml_layout *dst,
			    const struct aml_layout *src, aml_dma_operator op, void *arg, int *err)
{
	if (op == NULL || op == aml_dma_linux_copy_generic)
		*err = copy_plan_layouts(room, dst, src, NULL);
	else if (op == aml_dma_linux_memcpy_op)
		*err = copy_plan_bytes(room, dst, src, (size_t)arg);
	else if (op == aml_dma_linux_copy_1D)
		*err = copy_plan_1d(room, dst, src);
	else
		return false;
	return true;
}

#endif /* DMA_LINUX_OPS_H */
