/* SPDX-License-Identifier: BSD-3-Clause */
/* Translates codes, and agrees on them. Keeps nothing. */
#include <aml/utils/error.h>

#include "codes.h"

int mpi_code(int code)
{
	int class = MPI_ERR_UNKNOWN;

	if (code == MPI_SUCCESS)
		return AML_SUCCESS;
	if (MPI_Error_class(code, &class) != MPI_SUCCESS)
		return -AML_FAILURE;
	switch (class) {
	case MPI_ERR_NO_MEM:
		return -AML_ENOMEM;
	case MPI_ERR_ARG:
	case MPI_ERR_COMM:
	case MPI_ERR_SIZE:
		return -AML_EINVAL;
	default:
		return -AML_FAILURE;
	}
}

int mpi_agree(MPI_Comm comm, int code)
{
	int agreed = -AML_FAILURE;
	int err = mpi_code(MPI_Allreduce(&code, &agreed, 1, MPI_INT, MPI_MIN, comm));

	return err == AML_SUCCESS ? agreed : err;
}
