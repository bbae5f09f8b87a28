/* SPDX-License-Identifier: BSD-3-Clause */
/* The shares of the inner engines in a large copy. */
#ifndef DMA_MULTIPLEX_SPLIT_H
#define DMA_MULTIPLEX_SPLIT_H

#include "dma/multiplex_state.h"

/*
 * Make a request with a part for each inner engine that gets a share of the plan, by the weights.
 * The parts have their engines and plans. `*r` is NULL if there is only one such engine. The plan
 * has shares, see copy_plan_has_shares(). -AML_ENOMEM: out of memory.
 */
int multiplex_split(struct multiplex *m, const struct copy_plan *plan,
		    struct multiplex_request **r);

#endif /* DMA_MULTIPLEX_SPLIT_H */
