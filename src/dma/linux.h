/* SPDX-License-Identifier: BSD-3-Clause */
/* What the library's beginning and end need of the engine beside its public interface. */
#ifndef DMA_LINUX_H
#define DMA_LINUX_H

#include <stdbool.h>

#include <aml/dma/linux.h>

/* Is the calling thread inside an operator of this engine? */
bool linux_is_inside(const struct aml_dma *dma);

/*
 * Make sure that fork() keeps engines whole, before anybody registers fork handlers that take a
 * lock under which engines are made. -AML_ENOMEM.
 */
int linux_handle_fork(void);

#endif /* DMA_LINUX_H */
