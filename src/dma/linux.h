/* SPDX-License-Identifier: BSD-3-Clause */
/* The functions of the engine for the start and the end of the library. */
#ifndef DMA_LINUX_H
#define DMA_LINUX_H

#include <stdbool.h>

#include <aml/dma/linux.h>

/* Report whether the calling thread is inside an operator of this engine. */
bool linux_is_inside(const struct aml_dma *dma);

/*
 * Register the fork handlers of engines, once. Call this function before registering fork handlers
 * that take a lock under which engines are created. -AML_ENOMEM: out of memory.
 */
int linux_handle_fork(void);

#endif /* DMA_LINUX_H */
