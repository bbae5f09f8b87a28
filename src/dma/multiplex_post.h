/* SPDX-License-Identifier: BSD-3-Clause */
/* Posting to a multiplexer. */
#ifndef DMA_MULTIPLEX_POST_H
#define DMA_MULTIPLEX_POST_H

#include <aml/dma/multiplex.h>

/* Copy and wait: the copy operation of the engine. */
int multiplex_copy(struct aml_dma_data *data, struct aml_layout *dest, struct aml_layout *src,
		   aml_dma_operator op, void *op_arg);

#endif /* DMA_MULTIPLEX_POST_H */
