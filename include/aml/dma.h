/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file
 * DMA engines: asynchronous copies from one layout to another.
 *
 * A copy is posted to an engine, which makes a request of it; the request is waited for or
 * cancelled, either of which releases it, or it is posted without a handle and left to a
 * barrier.
 *
 *     struct aml_dma_request *request;
 *     int err = aml_dma_async_copy(aml_dma_linux, &request, dst, src);
 *     if (err == AML_SUCCESS) {
 *             compute();
 *             err = aml_dma_wait(aml_dma_linux, &request);
 *     }
 *
 * The buffers must stay until the request has finished, and must not overlap. The layouts need
 * not: both may be destroyed as soon as the call that posts a copy by one of the library's
 * layout operators returns (but see aml_layout_ops.duplicate for layouts of a program's own).
 * With any other operator, both are passed through untouched.
 *
 * Any thread may use any engine at any time, inside an operator too. A handle has one owner at
 * a time. What an operator wrote is visible to the thread that returns from the wait, or from
 * the barrier, that covers it. No function may be called in a signal handler.
 */
#ifndef AML_DMA_H
#define AML_DMA_H

#include <stddef.h>
#include <stdio.h>

#include <aml/layout.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/** The type of a request that is none. */
#define AML_DMA_REQUEST_TYPE_INVALID -1
/** The type of a request that copies a layout to a layout. */
#define AML_DMA_REQUEST_TYPE_LAYOUT 0

/** A posted copy; the engine's own type, cast. */
struct aml_dma_request;
/** What an engine keeps; the engine's own type, cast. */
struct aml_dma_data;

/**
 * What a request does: copy `src` to `dst`.
 *
 * An operator of a program's own gets the three arguments that it was posted with, runs in any
 * thread, without a lock held, and must return. It may post to and wait on any engine. The
 * cancellation of its thread is disabled; it must not enable it.
 *
 * @return AML_SUCCESS, or a negative code that the wait or a barrier hands on.
 */
typedef int (*aml_dma_operator)(struct aml_layout *dst, const struct aml_layout *src, void *arg);

/** What an engine can do. */
struct aml_dma_ops {
	/** Post a request; `req` NULL: one without a handle. */
	int (*create_request)(struct aml_dma_data *data, struct aml_dma_request **req,
			      struct aml_layout *dest, struct aml_layout *src, aml_dma_operator op,
			      void *op_arg);
	/** Cancel a request, see aml_dma_cancel(). */
	int (*destroy_request)(struct aml_dma_data *data, struct aml_dma_request **req);
	/** Wait for a request, see aml_dma_wait(). */
	int (*wait_request)(struct aml_dma_data *data, struct aml_dma_request **req);
	/** See aml_dma_barrier(). */
	int (*barrier)(struct aml_dma_data *data);
	/** See aml_dma_fprintf(). */
	int (*fprintf)(const struct aml_dma_data *data, FILE *stream, const char *prefix);

	/**
	 * Optional, not in AML: copy and wait without making a request. Used by
	 * aml_dma_copy_custom() while create_request and wait_request are the library's own.
	 */
	int (*copy)(struct aml_dma_data *data, struct aml_layout *dest, struct aml_layout *src,
		    aml_dma_operator op, void *op_arg);
};

/** An engine: its operations and its data. */
struct aml_dma {
	struct aml_dma_ops *ops;
	struct aml_dma_data *data;
};

/**
 * Copy and wait: a request like any other, which keeps the engine's order and which a barrier
 * counts while it runs.
 *
 * @param dma [in] The engine.
 * @param dest [in] Where to.
 * @param src [in] Where from.
 * @param op [in] The operator; NULL: the engine's general copy of layouts.
 * @param op_arg [in] The operator's third argument.
 * @return The operator's result, or an error of aml_dma_async_copy_custom().
 */
int aml_dma_copy_custom(struct aml_dma *dma, struct aml_layout *dest, struct aml_layout *src,
			aml_dma_operator op, void *op_arg);

/**
 * Post a copy.
 *
 * @param dma [in] The engine.
 * @param req [out] The request's handle, stored before the operator can start; to be released
 * with aml_dma_wait() or aml_dma_cancel(). NULL: no handle is made; the request is released
 * when it has finished, and a barrier waits for it.
 * @param dest [in] Where to.
 * @param src [in] Where from.
 * @param op [in] The operator; NULL: the engine's general copy of layouts.
 * @param op_arg [in] The operator's third argument.
 * @return AML_SUCCESS;
 *         -AML_EINVAL if `dma`, `dest` or `src` is NULL (but the addresses of no bytes may be, see
 *         aml_dma_linux_memcpy_op()), or, for one of the library's layout operators, the layouts
 *         do not match each other or the operator; a layout that has elements lies at NULL; what
 *         one reports about itself cannot be, or is not what the pad or reshape layout over it was
 *         made for; or more than AML_LAYOUT_DEPTH_MAX of these lie over each other;
 *         -AML_ENOTSUP if a layout, for these, lacks an operator of its own that
 *         the copy takes, or the engine lacks the operation;
 *         -AML_ENOMEM.
 *
 * Does not block.
 */
int aml_dma_async_copy_custom(struct aml_dma *dma, struct aml_dma_request **req,
			      struct aml_layout *dest, struct aml_layout *src, aml_dma_operator op,
			      void *op_arg);

/** aml_dma_copy_custom() with the engine's general copy of layouts. */
int aml_dma_copy(struct aml_dma *dma, struct aml_layout *dest, struct aml_layout *src);

/** aml_dma_async_copy_custom() with the engine's general copy of layouts. */
int aml_dma_async_copy(struct aml_dma *dma, struct aml_dma_request **req, struct aml_layout *dest,
		       struct aml_layout *src);

#define aml_dma_copy(dma, dest, src) aml_dma_copy_custom(dma, dest, src, NULL, NULL)
#define aml_dma_async_copy(dma, req, dest, src) \
	aml_dma_async_copy_custom(dma, req, dest, src, NULL, NULL)

/**
 * Wait until a request has finished, and release it.
 *
 * @param dma [in] The engine where it was posted.
 * @param req [inout] The handle; set to NULL.
 * @return The operator's result, whether or not a barrier returned it before;
 *         -AML_EINVAL if `dma`, `req` or `*req` is NULL, or the request is
 *         another engine's;
 *         -AML_EBUSY if the operator is on the calling thread's own stack, or
 *         another thread waits for the request: it stays as it is;
 *         -AML_FAILURE in a forked child, for a request that the parent has
 *         not finished: it is released;
 *         -AML_ENOTSUP if the engine lacks the operation.
 *
 * Inside an operator, a request that has not started runs at once, ahead of its turn.
 */
int aml_dma_wait(struct aml_dma *dma, struct aml_dma_request **req);

/**
 * Wait for every request that was posted to the engine before this call, with a handle or
 * without, by any thread. Requests that are posted meanwhile do not prolong it.
 *
 * If one of them failed, it returns that code at once (of several, the first that finished),
 * without waiting for the others; the next barrier goes on. Each failure is returned by one
 * barrier only, and by none if a wait or a synchronous copy returned it, or it was cancelled.
 * Handles stay valid, and are still to be waited for or cancelled.
 *
 * @param dma [in] The engine.
 * @return AML_SUCCESS; the result of a request that failed;
 *         -AML_EINVAL if `dma` is NULL;
 *         -AML_EBUSY inside an operator of the same engine;
 *         -AML_ENOTSUP if the engine lacks the operation.
 */
int aml_dma_barrier(struct aml_dma *dma);

/**
 * Release a request without its result. A queued one never runs. A running one is waited for; a
 * copy of the library's own may stop early. When it returns, the engine no longer touches the
 * buffers.
 *
 * @param dma [in] The engine where it was posted.
 * @param req [inout] The handle; set to NULL.
 * @return AML_SUCCESS, whatever the request's result;
 *         -AML_EINVAL if `dma`, `req` or `*req` is NULL, or the request is
 *         another engine's;
 *         -AML_EBUSY if the operator is on the calling thread's own stack, or
 *         another thread waits for the request: it stays as it is;
 *         -AML_ENOTSUP if the engine lacks the operation.
 */
int aml_dma_cancel(struct aml_dma *dma, struct aml_dma_request **req);

/**
 * Print the state of an engine for a person to read. With AML_DMA_STATS=1 or AML_DMA_TRACE in
 * the environment, how long its requests were queued and ran, and whether there is a trace.
 *
 * @param stream [in] Where to.
 * @param prefix [in] What begins each line; NULL: nothing.
 * @param dma [in] The engine.
 * @return AML_SUCCESS; -AML_EINVAL if `stream` or `dma` is NULL;
 * -AML_FAILURE if writing failed; -AML_ENOTSUP if the engine lacks the operation.
 */
int aml_dma_fprintf(FILE *stream, const char *prefix, const struct aml_dma *dma);

/**
 * Copy a layout to another with its dimensions permuted, at once and in the calling thread: a
 * transposition in any number of dimensions.
 *
 * @param dst [in] Where to.
 * @param src [in] Where from.
 * @param target_dims [in] In native order: dimension i of `dst` is dimension `target_dims[i]`
 * of `src`; each one once.
 * @return AML_SUCCESS;
 *         -AML_EINVAL if an argument is NULL, `target_dims` is no permutation,
 *         the numbers of dimensions, the extents or the element sizes do not match,
 *         or a layout is one that aml_dma_async_copy_custom() refuses: nothing is written;
 *         -AML_ENOTSUP if a layout lacks an operator that this takes;
 *         -AML_FAILURE if a layout of a program's own gave no address for an element.
 */
int aml_copy_layout_transform_generic(struct aml_layout *dst, const struct aml_layout *src,
				      const size_t *target_dims);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif /* AML_DMA_H */
