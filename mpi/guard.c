/* SPDX-License-Identifier: BSD-3-Clause */
/* Checks who calls. */
#include <aml/dma/completion.h>
#include <aml/utils/error.h>

#include "fork.h"
#include "guard.h"

struct mpi_engine *engine_of(const struct aml_dma *dma)
{
	if (dma == NULL || dma->ops != &mpi_engine_ops)
		return NULL;
	return (struct mpi_engine *)dma->data;
}

int engine_may_call(const struct mpi_engine *engine)
{
	if (fork_is_child())
		return -AML_EPERM;
	if (engine->level >= MPI_THREAD_SERIALIZED || pthread_equal(pthread_self(), engine->main))
		return AML_SUCCESS;
	return -AML_EPERM;
}

bool engine_is_inside(const struct mpi_engine *engine)
{
	return aml_dma_progress(engine->local, 0, NULL) == -AML_EPERM;
}
