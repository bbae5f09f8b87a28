/* SPDX-License-Identifier: BSD-3-Clause */
/* Waiting for all requests of a multiplexer. */
#ifndef DMA_MULTIPLEX_BARRIER_H
#define DMA_MULTIPLEX_BARRIER_H

#include "dma/multiplex_state.h"

/*
 * Wait until all requests that were posted before have finished, or one has failed. AML_SUCCESS:
 * `*result` is what the barrier returns. -AML_EBUSY: the deadline has passed. -AML_EPERM: the
 * calling thread is inside an operator of the multiplexer or of one of its inner engines.
 */
int multiplex_await_all(struct multiplex *m, uint64_t deadline, int *result);

/*
 * Wait until all requests have finished and no thread is inside a call, whatever the results.
 * -AML_EPERM as above: the multiplexer goes on.
 */
int multiplex_drain(struct multiplex *m);

/*
 * Release some requests without a handle that have finished. Each post of such a request calls this
 * function, so that they do not pile up. The lock is released meanwhile.
 */
void multiplex_sweep_locked(struct multiplex *m) REQUIRES(m);

#endif /* DMA_MULTIPLEX_BARRIER_H */
