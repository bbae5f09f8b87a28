/* SPDX-License-Identifier: BSD-3-Clause */
/* The multiplexer's operations beyond AML: see struct aml_dma_extension. */
#ifndef DMA_MULTIPLEX_COMPLETION_H
#define DMA_MULTIPLEX_COMPLETION_H

#include <aml/dma.h>

int multiplex_test(struct aml_dma_data *data, struct aml_dma_request **req, int *result);
int multiplex_wait_until(struct aml_dma_data *data, struct aml_dma_request **req, uint64_t deadline,
			 int *result);
int multiplex_wait_any(struct aml_dma_data *data, size_t n, struct aml_dma_request **reqs,
		       size_t *index, int *result);
int multiplex_wait_all(struct aml_dma_data *data, size_t n, struct aml_dma_request **reqs,
		       int *results);
int multiplex_wait_some(struct aml_dma_data *data, size_t n, struct aml_dma_request **reqs,
			size_t least, uint64_t deadline, size_t *count, size_t *indices,
			int *results);
int multiplex_progress(struct aml_dma_data *data, size_t most, size_t *ran);
int multiplex_barrier_until(struct aml_dma_data *data, uint64_t deadline, int *result);

#endif /* DMA_MULTIPLEX_COMPLETION_H */
