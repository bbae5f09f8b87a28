/* SPDX-License-Identifier: BSD-3-Clause */
/* The engine's operations of struct aml_dma_extension, but for posts. */
#ifndef DMA_LINUX_COMPLETION_H
#define DMA_LINUX_COMPLETION_H

#include <aml/dma.h>
#include <aml/dma/completion.h>

int linux_test(struct aml_dma_data *data, struct aml_dma_request **req, int *result);
int linux_wait_until(struct aml_dma_data *data, struct aml_dma_request **req, uint64_t deadline,
		     int *result);
int linux_wait_any(struct aml_dma_data *data, size_t n, struct aml_dma_request **reqs,
		   size_t *index, int *result);
int linux_wait_all(struct aml_dma_data *data, size_t n, struct aml_dma_request **reqs,
		   int *results);
int linux_wait_some(struct aml_dma_data *data, size_t n, struct aml_dma_request **reqs,
		    size_t least, uint64_t deadline, size_t *count, size_t *indices, int *results);
int linux_barrier_until(struct aml_dma_data *data, uint64_t deadline, int *result);
int linux_cancel_all(struct aml_dma_data *data, size_t *count);
int linux_reap(struct aml_dma_data *data, size_t n, struct aml_dma_completion *out, size_t least,
	       uint64_t deadline, size_t *count);
int linux_progress(struct aml_dma_data *data, size_t most, size_t *ran);

#endif /* DMA_LINUX_COMPLETION_H */
