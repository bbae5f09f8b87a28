/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The ways to transfer elements, and the variable AML_DMA_MPI_METHOD, which forces one. At the
 * bottom of libaml-dma-mpi.
 */
#ifndef MPI_METHOD_H
#define MPI_METHOD_H

#include <stdbool.h>

enum mpi_method {
	MPI_METHOD_AUTO,     /* by shape and place */
	MPI_METHOD_SHARED,   /* a copy in memory */
	MPI_METHOD_PACK,     /* through a contiguous buffer */
	MPI_METHOD_ROWS,     /* one call of MPI for each run that is contiguous on both sides */
	MPI_METHOD_DATATYPE, /* one call of MPI with derived datatypes */
};

/* Read AML_DMA_MPI_METHOD. Returns false if the value is unknown. */
bool mpi_method_read(enum mpi_method *method);

#endif /* MPI_METHOD_H */
