/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads AML_DMA_MPI_METHOD. */
#include <stddef.h>
#include <string.h>

#include "method.h"
#include "util/environment.h"

static const char *const method_names[] = {"", "shared", "pack", "rows", "datatype"};

bool mpi_method_read(enum mpi_method *method)
{
	const char *value = environment_get("AML_DMA_MPI_METHOD");

	*method = MPI_METHOD_AUTO;
	if (value == NULL)
		return true;
	for (size_t i = 0; i < sizeof(method_names) / sizeof(*method_names); i++) {
		if (strcmp(value, method_names[i]) != 0)
			continue;
		*method = (enum mpi_method)i;
		return true;
	}
	return false;
}
