/* SPDX-License-Identifier: BSD-3-Clause */
/* Barriers: see struct aml_dma_ops and struct aml_dma_extension. */
#ifndef MPI_BARRIER_H
#define MPI_BARRIER_H

#include <stdint.h>

#include <aml/dma.h>

int mpi_barrier(struct aml_dma_data *data);
int mpi_barrier_until(struct aml_dma_data *data, uint64_t deadline, int *result);

#endif /* MPI_BARRIER_H */
