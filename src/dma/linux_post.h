/* SPDX-License-Identifier: BSD-3-Clause */
/* Posting with attributes: operations of the engine, see struct aml_dma_extension. */
#ifndef DMA_LINUX_POST_H
#define DMA_LINUX_POST_H

#include <stddef.h>

#include <aml/dma/completion.h>

int engine_post(struct aml_dma_data *data, size_t n, const struct aml_dma_post_attr *posts,
		struct aml_dma_request **reqs);
int engine_cancel_all(struct aml_dma_data *data, size_t *count);
int engine_reap(struct aml_dma_data *data, size_t n, struct aml_dma_completion *out, size_t least,
		uint64_t deadline, size_t *count);
int engine_progress(struct aml_dma_data *data, size_t most, size_t *ran);

#endif /* DMA_LINUX_POST_H */
