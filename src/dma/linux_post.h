/* SPDX-License-Identifier: BSD-3-Clause */
/* Posting with attributes: operations of the engine, see struct aml_dma_extension. */
#ifndef DMA_LINUX_POST_H
#define DMA_LINUX_POST_H

#include <stddef.h>

#include <aml/dma/completion.h>

int engine_post(struct aml_dma_data *data, size_t n, const struct aml_dma_post_attr *posts,
		struct aml_dma_request **reqs);

#endif /* DMA_LINUX_POST_H */
