/* SPDX-License-Identifier: BSD-3-Clause */
/* The tables of an engine's operations, which check what holds for all operations. */
#include <stdio.h>
#include <string.h>

#include <aml/utils/error.h>

#include "barrier.h"
#include "guard.h"
#include "request.h"
#include "waits.h"

static const char *const method_texts[] = {"by shape", "shared", "pack", "rows", "datatype"};

/* Check what every operation needs. The core checks the other arguments, but not for all data. */
static int operation_check(const struct aml_dma_data *data)
{
	return data != NULL ? AML_SUCCESS : -AML_EINVAL;
}

/* A cancel needs no data: the request knows its engine. */
static int operation_cancel(struct aml_dma_data *data, struct aml_dma_request **req)
{
	return mpi_request_cancel(data, req);
}

static int operation_create(struct aml_dma_data *data, struct aml_dma_request **req,
			    struct aml_layout *dest, struct aml_layout *src, aml_dma_operator op,
			    void *op_arg)
{
	int err = operation_check(data);

	return err == AML_SUCCESS ? mpi_request_create(data, req, dest, src, op, op_arg) : err;
}

static int operation_copy(struct aml_dma_data *data, struct aml_layout *dest,
			  struct aml_layout *src, aml_dma_operator op, void *op_arg)
{
	int err = operation_check(data);

	return err == AML_SUCCESS ? mpi_request_copy(data, dest, src, op, op_arg) : err;
}

static int operation_wait(struct aml_dma_data *data, struct aml_dma_request **req)
{
	int err = operation_check(data);

	return err == AML_SUCCESS ? mpi_request_wait(data, req) : err;
}

static int operation_barrier(struct aml_dma_data *data)
{
	int err = operation_check(data);

	return err == AML_SUCCESS ? mpi_barrier(data) : err;
}

static int print_engine(const struct mpi_engine *engine, FILE *stream, const char *prefix)
{
	struct lock *lock = (struct lock *)(uintptr_t)&engine->lock;
	char version[MPI_MAX_LIBRARY_VERSION_STRING];
	size_t requests = 0;
	int length;

	if (MPI_Get_library_version(version, &length) != MPI_SUCCESS)
		strcpy(version, "unknown");
	version[strcspn(version, "\n,")] = '\0';
	lock_acquire(lock);
	for (const struct mpi_request *r = engine->posted.first; r != NULL; r = r->next)
		requests++;
	lock_release(lock);
	if (fprintf(stream, "%sMPI engine: rank %d of %d, %s\n", prefix, engine->rank, engine->size,
		    version) < 0 ||
	    fprintf(stream, "%s  threads: %s, method: %s, requests: %zu\n", prefix,
		    engine->level == MPI_THREAD_MULTIPLE     ? "multiple"
		    : engine->level == MPI_THREAD_SERIALIZED ? "serialized"
							     : "one",
		    method_texts[engine->forced], requests) < 0 ||
	    fprintf(stream, "%s  local engine:\n", prefix) < 0)
		return -AML_FAILURE;
	return aml_dma_fprintf(stream, prefix, engine->local);
}

static int operation_fprintf(const struct aml_dma_data *data, FILE *stream, const char *prefix)
{
	int err = operation_check(data);

	return err == AML_SUCCESS ? print_engine((const struct mpi_engine *)data, stream, prefix)
				  : err;
}

/* The core calls the operations of this table only with data. */
static const struct aml_dma_extension mpi_extension = {
	.size = sizeof(struct aml_dma_extension),
	.create_request = operation_create,
	.destroy_request = operation_cancel,
	.wait_request = operation_wait,
	.barrier = operation_barrier,
	.test = mpi_wait_test,
	.wait_until = mpi_wait_until,
	.wait_any = mpi_wait_any,
	.wait_all = mpi_wait_all,
	.wait_some = mpi_wait_some,
	.barrier_until = mpi_barrier_until,
};

struct aml_dma_ops mpi_engine_ops = {
	.create_request = operation_create,
	.destroy_request = operation_cancel,
	.wait_request = operation_wait,
	.barrier = operation_barrier,
	.fprintf = operation_fprintf,
	.copy = operation_copy,
	.extension = &mpi_extension,
};
