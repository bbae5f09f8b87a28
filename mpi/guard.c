/* SPDX-License-Identifier: BSD-3-Clause */
/* Checks who calls. */
#include <aml/dma/completion.h>
#include <aml/dma/linux.h>
#include <aml/dma/multiplex.h>
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

/* Without workers a test runs what is queued, and so does a test inside an operator. */
static bool tests_quietly(struct aml_dma *local)
{
	struct aml_dma_linux_stats stats = AML_DMA_LINUX_STATS_INIT;
	const struct aml_dma_multiplex_data *inner;

	if (aml_dma_progress(local, 0, NULL) != AML_SUCCESS)
		return false;
	if (aml_dma_linux_statistics(local, &stats) == AML_SUCCESS)
		return stats.workers > 0;
	if (local->ops->create_request != aml_dma_multiplex_request_create ||
	    local->ops->wait_request != aml_dma_multiplex_request_wait)
		return false;
	/* These members never change. */
	inner = (const struct aml_dma_multiplex_data *)(const void *)local->data;
	for (size_t i = 0; i < inner->count; i++)
		if (!tests_quietly(inner->dmas[i]))
			return false;
	return true;
}

bool engine_tests_quietly(const struct mpi_engine *engine)
{
	return tests_quietly(engine->local);
}
