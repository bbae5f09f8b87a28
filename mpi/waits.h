/* SPDX-License-Identifier: BSD-3-Clause */
/* The operations of the engine that test and wait: see struct aml_dma_extension. */
#ifndef MPI_WAITS_H
#define MPI_WAITS_H

#include <stddef.h>
#include <stdint.h>

#include <aml/dma.h>

int mpi_wait_test(struct aml_dma_data *data, struct aml_dma_request **req, int *result);
int mpi_wait_until(struct aml_dma_data *data, struct aml_dma_request **req, uint64_t deadline,
		   int *result);
int mpi_wait_any(struct aml_dma_data *data, size_t n, struct aml_dma_request **reqs, size_t *index,
		 int *result);
int mpi_wait_all(struct aml_dma_data *data, size_t n, struct aml_dma_request **reqs, int *results);
int mpi_wait_some(struct aml_dma_data *data, size_t n, struct aml_dma_request **reqs, size_t least,
		  uint64_t deadline, size_t *count, size_t *indices, int *results);

#endif /* MPI_WAITS_H */
