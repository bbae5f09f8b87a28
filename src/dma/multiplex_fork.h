/* SPDX-License-Identifier: BSD-3-Clause */
/* Multiplexers across fork(). */
#ifndef DMA_MULTIPLEX_FORK_H
#define DMA_MULTIPLEX_FORK_H

#include "dma/multiplex_state.h"

/* Make a new multiplexer known to the fork handlers. -AML_ENOMEM: out of memory. */
int multiplex_register(struct multiplex *m);

void multiplex_unregister(struct multiplex *m);

#endif /* DMA_MULTIPLEX_FORK_H */
