/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file
 * The DMA engine of this library: requests over a queue scheduler, whose workers are threads of
 * the host.
 *
 * Order, bound on what runs at once, nested use, the workers' stacks and priorities, and fork are
 * the queue scheduler's, see aml_queue_sched_create(), but for one thing: where nothing is queued
 * and a worker could begin at once, a copy of up to 16 KiB by one of the library's operators, or of
 * up to 128 KiB in runs of 64 bytes at least, is made by the call that posts it, since that takes
 * less time than to wake the worker.
 *
 * A copy by one of these operators takes up to 64 KiB of stack of the thread that makes it: a
 * worker's, or that of who waits for it or posts it. What a program's own layouts take when they
 * are asked is not counted.
 */
#ifndef AML_DMA_LINUX_H
#define AML_DMA_LINUX_H

#include <stddef.h>

#include <aml/dma.h>
#include <aml/layout.h>
#include <aml/utils/async.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/** No handle was given out: the engine releases the request. */
#define AML_DMA_LINUX_REQUEST_FLAGS_OWNED 0x1
/** The request has finished. */
#define AML_DMA_LINUX_REQUEST_FLAGS_DONE 0x2

struct aml_dma_linux_request;

/** The data of an engine. */
struct aml_dma_linux_data {
	/** The scheduler that runs the requests; the engine's own. */
	struct aml_sched *sched;
};

/** The input of aml_dma_linux_exec_request(). */
struct aml_dma_linux_task_in {
	/** What to call. */
	aml_dma_operator op;
	/** Its first argument. */
	struct aml_layout *dst;
	/** Its second argument. */
	struct aml_layout *src;
	/** Its third argument. */
	void *op_arg;
	/** The request to mark as done; may be NULL. */
	struct aml_dma_linux_request *req;
};

/** A request, to be read only. */
struct aml_dma_linux_request {
	/** What the scheduler runs. */
	struct aml_task task;
	/**
	 * The task's input. For the library's own operators the engine puts an operator and
	 * arguments of its own here, since the layouts may go.
	 */
	struct aml_dma_linux_task_in task_in;
	/** The operator's result. */
	int task_out;
	/** AML_DMA_LINUX_REQUEST_FLAGS_…; may be read once the request has finished. */
	int flags;
	/* Private members follow. */
};

/**
 * Create an engine.
 *
 * @param dma [out] The engine, to be released with aml_dma_linux_destroy().
 * @param num_threads [in] The number of its workers; 0: requests run in the threads that wait
 * for them.
 * @return AML_SUCCESS; -AML_EINVAL if `dma` is NULL; -AML_ENOMEM if memory or threads are
 * short.
 */
int aml_dma_linux_create(struct aml_dma **dma, const size_t num_threads);

/**
 * Finish what was posted, end the workers, release the engine, and with it the handles that
 * were not waited for.
 *
 * @param dma [inout] An engine of aml_dma_linux_create(); set to NULL.
 * @return AML_SUCCESS; -AML_EINVAL if `dma` or `*dma` is NULL;
 * -AML_EBUSY inside an operator of this engine.
 *
 * New calls on the engine are undefined once this one has begun, but for those of operators
 * that it still runs.
 */
int aml_dma_linux_destroy(struct aml_dma **dma);

/**
 * The function of the engine's tasks: call the operator of `input` with its arguments, store
 * the result in `output`, and mark `input`'s request as done if there is one.
 *
 * @param input [in] A struct aml_dma_linux_task_in.
 * @param output [out] An int.
 */
void aml_dma_linux_exec_request(struct aml_task_in *input, struct aml_task_out *output);

/** The create_request operation of this engine, see aml_dma_async_copy_custom(). */
int aml_dma_linux_request_create(struct aml_dma_data *data, struct aml_dma_request **req,
				 struct aml_layout *dest, struct aml_layout *src,
				 aml_dma_operator op, void *op_arg);

/** The wait_request operation of this engine, see aml_dma_wait(). */
int aml_dma_linux_request_wait(struct aml_dma_data *dma, struct aml_dma_request **req);

/** The barrier operation of this engine, see aml_dma_barrier(). */
int aml_dma_linux_barrier(struct aml_dma_data *data);

/**
 * The destroy_request operation of this engine, see aml_dma_cancel().
 *
 * @param dma [in] The engine's data, or NULL: the request knows its engine.
 * @param req [inout] The handle; set to NULL.
 */
int aml_dma_linux_request_destroy(struct aml_dma_data *dma, struct aml_dma_request **req);

/**
 * Operator: copy one contiguous dimension.
 *
 * @param dst [in] A dense layout (or one with the fast path) of one dimension and unit stride.
 * @param src [in] Another, with the same number of elements and element size.
 * @param arg [in] Not used.
 * @return AML_SUCCESS; -AML_EINVAL if the layouts are not so, or one lies at NULL and has an
 * element: nothing is written.
 */
int aml_dma_linux_copy_1D(struct aml_layout *dst, const struct aml_layout *src, void *arg);

/**
 * Operator: memcpy().
 *
 * @param dst [in] Where to: an address, cast; NULL is one of no bytes.
 * @param src [in] Where from: an address, cast; NULL is one of no bytes.
 * @param arg [in] The number of bytes: a size_t, cast; 0 is a success.
 * @return AML_SUCCESS; -AML_EINVAL if an address is NULL and the size is not 0.
 */
int aml_dma_linux_memcpy_op(struct aml_layout *dst, const struct aml_layout *src, void *arg);

/**
 * Operator: copy each element to the element with the same native coordinates. This is what an
 * engine of this kind does where the operator is NULL.
 *
 * @param dst [in] Any layout.
 * @param src [in] Another with the same number of dimensions, native extents and element size.
 * @param arg [in] Not used.
 * @return AML_SUCCESS;
 *         -AML_EINVAL if they do not match, the destination has a step of 0 over more than
 *         one element, or a layout is one that aml_dma_async_copy_custom() refuses: nothing
 *         is written;
 *         -AML_ENOTSUP if a layout lacks an operator that this takes;
 *         -AML_FAILURE if a layout of a program's own gave no address for an element.
 */
int aml_dma_linux_copy_generic(struct aml_layout *dst, const struct aml_layout *src, void *arg);

/** The engine that aml_init() makes and aml_finalize() destroys; else NULL. */
extern struct aml_dma *aml_dma_linux;
/** The operations of this engine. */
extern struct aml_dma_ops aml_dma_linux_ops;

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif /* AML_DMA_LINUX_H */
