/* SPDX-License-Identifier: BSD-3-Clause */
/* The choice of a node, for an engine with an inner engine for each NUMA node. */
#ifndef DMA_MULTIPLEX_NODE_H
#define DMA_MULTIPLEX_NODE_H

#include "dma/multiplex_state.h"

/*
 * Return the number of the inner engine for a request that copies `bytes` bytes by the plan. NULL:
 * it has none. Asks the destination, which may be the program's own, and the system: without a
 * lock.
 */
size_t multiplex_choose_node(const struct multiplex *m, const struct copy_plan *plan,
			     uint64_t bytes);

#endif /* DMA_MULTIPLEX_NODE_H */
