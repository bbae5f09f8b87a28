/* SPDX-License-Identifier: BSD-3-Clause */
/* The tables of an engine's operations, which check what holds for all operations. */
#include <stdio.h>
#include <string.h>

#include <aml/utils/error.h>

#include "barrier.h"
#include "fork.h"
#include "guard.h"
#include "request.h"
#include "waits.h"

static const char *const method_texts[] = {"by shape", "shared", "pack", "rows", "datatype"};

/*
 * Check what every operation needs. The core checks the other arguments, but not for all data. In a
 * forked child, the engine's lock may be held by a thread that does not exist there.
 */
static int operation_check(const struct aml_dma_data *data)
{
	if (data == NULL)
		return -AML_EINVAL;
	return fork_is_child() ? -AML_EPERM : AML_SUCCESS;
}

/*
 * Make the call of an operation unless `err` is an error, and return its code from the function. A
 * sleep is a cancellation point, and so may be a function of MPI or an operation of `local`.
 */
#define OPERATION_RETURN(err, call)                                            \
	do {                                                                   \
		int code = (err), cancel_state;                                \
                                                                               \
		if (code != AML_SUCCESS)                                       \
			return code;                                           \
		pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state); \
		code = (call);                                                 \
		pthread_setcancelstate(cancel_state, NULL);                    \
		return code;                                                   \
	} while (0)

/* A cancel needs no data: the request knows its engine. */
static int operation_cancel(struct aml_dma_data *data, struct aml_dma_request **req)
{
	OPERATION_RETURN(fork_is_child() ? -AML_EPERM : AML_SUCCESS, mpi_request_cancel(data, req));
}

static int operation_create(struct aml_dma_data *data, struct aml_dma_request **req,
			    struct aml_layout *dest, struct aml_layout *src, aml_dma_operator op,
			    void *op_arg)
{
	OPERATION_RETURN(operation_check(data),
			 mpi_request_create(data, req, dest, src, op, op_arg));
}

static int operation_copy(struct aml_dma_data *data, struct aml_layout *dest,
			  struct aml_layout *src, aml_dma_operator op, void *op_arg)
{
	OPERATION_RETURN(operation_check(data), mpi_request_copy(data, dest, src, op, op_arg));
}

static int operation_wait(struct aml_dma_data *data, struct aml_dma_request **req)
{
	OPERATION_RETURN(operation_check(data), mpi_request_wait(data, req));
}

static int operation_barrier(struct aml_dma_data *data)
{
	OPERATION_RETURN(operation_check(data), mpi_barrier(data));
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
	OPERATION_RETURN(operation_check(data),
			 print_engine((const struct mpi_engine *)data, stream, prefix));
}

static int operation_test(struct aml_dma_data *data, struct aml_dma_request **req, int *result)
{
	OPERATION_RETURN(operation_check(data), mpi_wait_test(data, req, result));
}

static int operation_wait_until(struct aml_dma_data *data, struct aml_dma_request **req,
				uint64_t deadline, int *result)
{
	OPERATION_RETURN(operation_check(data), mpi_wait_until(data, req, deadline, result));
}

static int operation_wait_any(struct aml_dma_data *data, size_t n, struct aml_dma_request **reqs,
			      size_t *index, int *result)
{
	OPERATION_RETURN(operation_check(data), mpi_wait_any(data, n, reqs, index, result));
}

static int operation_wait_all(struct aml_dma_data *data, size_t n, struct aml_dma_request **reqs,
			      int *results)
{
	OPERATION_RETURN(operation_check(data), mpi_wait_all(data, n, reqs, results));
}

static int operation_wait_some(struct aml_dma_data *data, size_t n, struct aml_dma_request **reqs,
			       size_t least, uint64_t deadline, size_t *count, size_t *indices,
			       int *results)
{
	OPERATION_RETURN(operation_check(data),
			 mpi_wait_some(data, n, reqs, least, deadline, count, indices, results));
}

static int operation_barrier_until(struct aml_dma_data *data, uint64_t deadline, int *result)
{
	OPERATION_RETURN(operation_check(data), mpi_barrier_until(data, deadline, result));
}

static const struct aml_dma_extension mpi_extension = {
	.size = sizeof(struct aml_dma_extension),
	.create_request = operation_create,
	.destroy_request = operation_cancel,
	.wait_request = operation_wait,
	.barrier = operation_barrier,
	.test = operation_test,
	.wait_until = operation_wait_until,
	.wait_any = operation_wait_any,
	.wait_all = operation_wait_all,
	.wait_some = operation_wait_some,
	.barrier_until = operation_barrier_until,
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
