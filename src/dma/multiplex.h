/* SPDX-License-Identifier: BSD-3-Clause */
/* The creation of multiplexers. */
#ifndef DMA_MULTIPLEX_H
#define DMA_MULTIPLEX_H

#include "dma/multiplex_state.h"

/* Create a multiplexer. The errors are those of aml_dma_multiplex_create(). */
int multiplex_create(struct multiplex **m, size_t num, struct aml_dma *const *dmas,
		     const size_t *weights);

#endif /* DMA_MULTIPLEX_H */
