/* SPDX-License-Identifier: BSD-3-Clause */
/* Questions about the further operations of an engine. */
#ifndef DMA_COMPLETION_H
#define DMA_COMPLETION_H

#include <stdbool.h>

#include <aml/dma.h>

/* Can aml_dma_test() and aml_dma_wait_until() be used? `dma` is an engine. */
bool dma_has_tests(const struct aml_dma *dma);

#endif /* DMA_COMPLETION_H */
