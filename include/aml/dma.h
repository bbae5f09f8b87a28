/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file
 * DMA engines: asynchronous copies from one layout to another.
 *
 * `aml.h` defines the terms *thread-safe* and *blocks*, and has the rules for every function.
 */
#ifndef AML_DMA_H
#define AML_DMA_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <aml/layout.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/**
 * @defgroup aml_engines DMA engines
 *
 * An engine copies data between layouts. The life cycle of a copy:
 *  1. The program posts the copy. The engine makes a request of it, and returns a handle.
 *  2. The engine runs the request's operator.
 *  3. The program waits for the request, or cancels it. Either releases the request.
 *
 * A request that is posted without a handle releases itself, and only a barrier waits for it.
 *
 * @code
 * struct aml_dma_request *request;
 * int err = aml_dma_async_copy(aml_dma_linux, &request, dst, src);
 *
 * if (err == AML_SUCCESS) {
 *         compute();
 *         err = aml_dma_wait(aml_dma_linux, &request);
 * }
 * @endcode
 *
 * **Operators.** A request runs an operator, a function of type ::aml_dma_operator. The library's
 * own operators are declared in `aml/dma/linux.h` and `aml/dma/operators.h`. The operator NULL
 * means aml_dma_linux_copy_generic(), which copies a layout to a layout. The operators of a program
 * are custom ones.
 *
 * **Lifetime.** The buffers must stay until the request has finished. The layouts of a copy by one
 * of the library's layout operators may be destroyed as soon as the posting call has returned; for
 * the exception, see aml_layout_ops::duplicate. Any other operator gets its arguments unchanged,
 * and what they point to must stay until the request has finished.
 *
 * **Overlap.** A copy whose source and destination overlap is undefined.
 *
 * **Threads.** Any thread may use any engine at any time, also inside an operator. A handle has one
 * owner at a time: its use by two threads at once, and the use of a copy of a released handle, are
 * undefined. A thread that returns from the wait or the barrier that covers a request sees
 * everything that the operator wrote.
 * @{
 */

/** The type of a request that is invalid. */
#define AML_DMA_REQUEST_TYPE_INVALID -1
/** The type of a request that copies a layout to a layout. */
#define AML_DMA_REQUEST_TYPE_LAYOUT 0

/** A posted copy: the engine's own type, cast. */
struct aml_dma_request;
/** The data of an engine: the engine's own type, cast. */
struct aml_dma_data;

/**
 * An operator: the function that a request runs.
 *
 * A custom operator runs in any thread, with no lock of the library held. It may post to any
 * engine, and wait there. It must return: leaving it by longjmp(), an exception or pthread_exit()
 * is undefined. The cancellation of its thread is disabled; enabling it is undefined.
 *
 * @param[in] dst  The destination. A custom operator gets what was posted, unchanged.
 * @param[in] src  The source. A custom operator gets what was posted, unchanged.
 * @param[in] arg  The operator's own argument. A custom operator gets what was posted, unchanged.
 * @return AML_SUCCESS, or a negative code, which the wait or a barrier returns.
 */
typedef int (*aml_dma_operator)(struct aml_layout *dst, const struct aml_layout *src, void *arg);

struct aml_dma_post_attr;
struct aml_dma_completion;

/**
 * Further operations of an engine, beyond AML's. Not in AML. Later versions append operations.
 *
 * The table belongs to the four operations that it names. It is used only while the engine's
 * operations (struct aml_dma_ops) have these four: a table that was copied from an engine's and had
 * one of them replaced does not get the further operations.
 *
 * An operation may be NULL, and a table may end before it: the function that needs it then returns
 * -AML_ENOTSUP. The functions of `aml/dma/completion.h` describe the operations. They check that
 * no pointer is NULL that must not be, and leave all else to the operation.
 */
struct aml_dma_extension {
	/** The size of the table in bytes: `sizeof(struct aml_dma_extension)`. */
	size_t size;
	/** aml_dma_ops::create_request of the engine. */
	int (*create_request)(struct aml_dma_data *data, struct aml_dma_request **req,
			      struct aml_layout *dest, struct aml_layout *src, aml_dma_operator op,
			      void *op_arg);
	/** aml_dma_ops::destroy_request of the engine. */
	int (*destroy_request)(struct aml_dma_data *data, struct aml_dma_request **req);
	/** aml_dma_ops::wait_request of the engine. */
	int (*wait_request)(struct aml_dma_data *data, struct aml_dma_request **req);
	/** aml_dma_ops::barrier of the engine. */
	int (*barrier)(struct aml_dma_data *data);

	/** See aml_dma_test(). */
	int (*test)(struct aml_dma_data *data, struct aml_dma_request **req, int *result);
	/** See aml_dma_wait_until(). */
	int (*wait_until)(struct aml_dma_data *data, struct aml_dma_request **req,
			  uint64_t deadline, int *result);
	/** See aml_dma_wait_any(). */
	int (*wait_any)(struct aml_dma_data *data, size_t n, struct aml_dma_request **reqs,
			size_t *index, int *result);
	/** See aml_dma_wait_all(). */
	int (*wait_all)(struct aml_dma_data *data, size_t n, struct aml_dma_request **reqs,
			int *results);
	/** See aml_dma_wait_some(). */
	int (*wait_some)(struct aml_dma_data *data, size_t n, struct aml_dma_request **reqs,
			 size_t least, uint64_t deadline, size_t *count, size_t *indices,
			 int *results);
	/** See aml_dma_barrier_until(). */
	int (*barrier_until)(struct aml_dma_data *data, uint64_t deadline, int *result);
	/** See aml_dma_post(). */
	int (*post)(struct aml_dma_data *data, size_t n, const struct aml_dma_post_attr *posts,
		    struct aml_dma_request **reqs);
	/** See aml_dma_cancel_all(). */
	int (*cancel_all)(struct aml_dma_data *data, size_t *count);
	/** See aml_dma_reap(). */
	int (*reap)(struct aml_dma_data *data, size_t n, struct aml_dma_completion *out,
		    size_t least, uint64_t deadline, size_t *count);
	/** See aml_dma_progress(). */
	int (*progress)(struct aml_dma_data *data, size_t most, size_t *ran);
};

/**
 * The operations of an engine. An operation may be NULL: the function that needs it then returns
 * -AML_ENOTSUP. The functions check their arguments, so that an operation gets valid ones only,
 * and return what the operation returns.
 */
struct aml_dma_ops {
	/** Post a request; see aml_dma_async_copy_custom(). `req` NULL: without a handle. */
	int (*create_request)(struct aml_dma_data *data, struct aml_dma_request **req,
			      struct aml_layout *dest, struct aml_layout *src, aml_dma_operator op,
			      void *op_arg);
	/** Cancel a request; see aml_dma_cancel(). */
	int (*destroy_request)(struct aml_dma_data *data, struct aml_dma_request **req);
	/** Wait for a request; see aml_dma_wait(). */
	int (*wait_request)(struct aml_dma_data *data, struct aml_dma_request **req);
	/** Wait for all requests; see aml_dma_barrier(). */
	int (*barrier)(struct aml_dma_data *data);
	/** Print the engine; see aml_dma_fprintf(). `prefix` is not NULL. */
	int (*fprintf)(const struct aml_dma_data *data, FILE *stream, const char *prefix);

	/**
	 * Optional, not in AML: copy and wait without making a request. aml_dma_copy_custom() uses
	 * this operation only while create_request and wait_request are the library's own, or the
	 * table `extension` is in use. If they are the library's own and this operation is NULL,
	 * the library's own copy is used.
	 */
	int (*copy)(struct aml_dma_data *data, struct aml_layout *dest, struct aml_layout *src,
		    aml_dma_operator op, void *op_arg);

	/** Optional, not in AML: further operations. NULL: none. */
	const struct aml_dma_extension *extension;
};

/** An engine. */
struct aml_dma {
	/** The operations. */
	struct aml_dma_ops *ops;
	/** The data, which every operation gets. */
	struct aml_dma_data *data;
};

/**
 * Copy and wait for the copy.
 *
 * The copy is a request like any other: it keeps its place in the engine's order, counts for the
 * engine's bound on what runs at once, and a barrier waits for it. It also counts for
 * aml_dma_linux_attr::max_unfinished, but is never refused.
 *
 * Thread-safe. Blocks until the copy has finished.
 *
 * @param[in] dma  The engine.
 * @param[in] dest  The destination.
 * @param[in] src  The source.
 * @param[in] op  The operator. NULL: the engine's general copy of layouts.
 * @param[in] op_arg  The third argument of the operator.
 * @return The operator's result. If the copy could not be posted, an error of
 *   aml_dma_async_copy_custom(), or -AML_ENOTSUP if the engine lacks the operation to wait.
 */
int aml_dma_copy_custom(struct aml_dma *dma, struct aml_layout *dest, struct aml_layout *src,
			aml_dma_operator op, void *op_arg);

/**
 * Post a copy.
 *
 * For one of the library's layout operators, this call itself reports layouts that cannot be
 * copied.
 *
 * Thread-safe. Does not block.
 *
 * @param[in] dma  The engine.
 * @param[out] req  The handle of the request, stored before the operator can start. The caller
 *   releases it with aml_dma_wait() or aml_dma_cancel(). NULL: no handle is made.
 * @param[in] dest  The destination.
 * @param[in] src  The source.
 * @param[in] op  The operator. NULL: the engine's general copy of layouts.
 * @param[in] op_arg  The third argument of the operator.
 * @retval AML_SUCCESS  The copy is posted.
 * @retval -AML_EINVAL  Nothing was posted, for one of these reasons:
 *    - `dma`, `dma->ops` or `dma->data` is NULL;
 *    - `dest` or `src` is NULL, unless it is the address of no bytes, see
 *      aml_dma_linux_memcpy_op();
 *    - for one of the library's layout operators:
 *       - the layouts do not match each other or the operator;
 *       - a layout that has elements lies at NULL;
 *       - the destination has a step of 0 over more than one element;
 *       - a layout reports about itself what cannot be;
 *       - a layout under a pad or reshape layout no longer has the extents, number of dimensions
 *         and element size for which the layout over it was made;
 *       - more than AML_LAYOUT_DEPTH_MAX pads and reshape layouts lie over each other.
 * @retval -AML_ENOTSUP  The engine lacks the operation; or, for one of the library's layout
 *   operators, a layout lacks an operator that the copy needs.
 * @retval -AML_EBUSY  The engine's bound on unfinished requests leaves no room at present, see
 *   aml_dma_linux_attr::max_unfinished. Nothing was posted.
 * @retval -AML_ENOMEM  Out of memory.
 */
int aml_dma_async_copy_custom(struct aml_dma *dma, struct aml_dma_request **req,
			      struct aml_layout *dest, struct aml_layout *src, aml_dma_operator op,
			      void *op_arg);

/**
 * Copy layout to layout and wait for the copy: aml_dma_copy_custom() with the engine's general copy
 * of layouts.
 *
 * Thread-safe. Blocks until the copy has finished.
 *
 * @param[in] dma  The engine.
 * @param[in] dest  The destination.
 * @param[in] src  The source.
 * @return As aml_dma_copy_custom().
 */
int aml_dma_copy(struct aml_dma *dma, struct aml_layout *dest, struct aml_layout *src);

/**
 * Post a copy of layout to layout: aml_dma_async_copy_custom() with the engine's general copy of
 * layouts.
 *
 * Elements with equal native coordinates match, see aml_layout_dims_native(). So a copy from a
 * row-major layout to a column-major one does not transpose. To transpose, give the destination the
 * extents of the source and the distances of the transposed array.
 *
 * Thread-safe. Does not block.
 *
 * @param[in] dma  The engine.
 * @param[out] req  The handle of the request, or NULL: no handle is made.
 * @param[in] dest  The destination.
 * @param[in] src  The source.
 * @return As aml_dma_async_copy_custom().
 */
int aml_dma_async_copy(struct aml_dma *dma, struct aml_dma_request **req, struct aml_layout *dest,
		       struct aml_layout *src);

/** The function aml_dma_copy() as a macro, as in AML. */
#define aml_dma_copy(dma, dest, src) aml_dma_copy_custom(dma, dest, src, NULL, NULL)
/** The function aml_dma_async_copy() as a macro, as in AML. */
#define aml_dma_async_copy(dma, req, dest, src) \
	aml_dma_async_copy_custom(dma, req, dest, src, NULL, NULL)

/**
 * Wait until a request has finished, and release it.
 *
 * Inside an operator, a request that has not started runs at once, ahead of its turn, in the
 * calling thread.
 *
 * Thread-safe. Blocks. Undefined if operators in more than one thread wait for each other in a
 * cycle.
 *
 * @param[in] dma  The engine that the request was posted to.
 * @param[in,out] req  The handle. It is set to NULL if the request is released.
 * @return The operator's result, whether or not a barrier returned it before; the request is
 *   released. Or one of the errors below.
 * @retval -AML_EINVAL  `dma`, `dma->ops`, `dma->data`, `req` or `*req` is NULL, or the request
 *   belongs to another engine. Nothing has changed.
 * @retval -AML_EBUSY  The request's operator is on the stack of the calling thread, or another
 *   thread waits for the request. Nothing has changed.
 * @retval -AML_FAILURE  In a forked child: the request had not finished at the fork. It belongs to
 *   the parent and never runs in the child. The child's handle is released.
 * @retval -AML_ENOTSUP  The engine lacks the operation.
 */
int aml_dma_wait(struct aml_dma *dma, struct aml_dma_request **req);

/**
 * Wait for every request that any thread has posted to the engine before this call.
 *
 * A barrier also covers requests without a handle, and synchronous copies. A request that is posted
 * after the barrier has begun does not prolong it.
 *
 * If a request fails, the barrier returns the request's code at once, without waiting for the
 * others. If several have failed, it returns the code of the first one that finished. Call
 * the barrier again to wait for the others.
 *
 * At most one barrier reports each failure. No barrier reports it if a wait or a synchronous copy
 * has returned it, or if the request was cancelled. The failure of a request without a handle is
 * kept until a barrier reports it or the engine is destroyed.
 *
 * Handles stay valid. Wait for them, or cancel them, to release them.
 *
 * Thread-safe. Blocks.
 *
 * @param[in] dma  The engine.
 * @return AML_SUCCESS if every request has finished, the result of a request that failed, or one
 *   of the errors below.
 * @retval -AML_EINVAL  `dma`, `dma->ops` or `dma->data` is NULL.
 * @retval -AML_EBUSY  The call is inside an operator of the same engine.
 * @retval -AML_ENOTSUP  The engine lacks the operation.
 */
int aml_dma_barrier(struct aml_dma *dma);

/**
 * Release a request without its result.
 *
 * A queued request never runs. A running request is waited for; a copy by one of the library's
 * operators may stop early, with only some of the elements copied. When this call returns, the
 * engine no longer touches the buffers.
 *
 * Thread-safe. Blocks if the request runs. Undefined if operators in more than one thread wait for
 * each other in a cycle.
 *
 * @param[in] dma  The engine that the request was posted to.
 * @param[in,out] req  The handle. It is set to NULL if the request is released.
 * @retval AML_SUCCESS  The request is released, whatever its result was.
 * @retval -AML_EINVAL  `dma`, `dma->ops`, `req` or `*req` is NULL, or the request belongs to
 *   another engine. Nothing has changed.
 * @retval -AML_EBUSY  The request's operator is on the stack of the calling thread, or another
 *   thread waits for the request. Nothing has changed.
 * @retval -AML_ENOTSUP  The engine lacks the operation.
 */
int aml_dma_cancel(struct aml_dma *dma, struct aml_dma_request **req);

/**
 * Print the state of an engine in readable form.
 *
 * The output names the instruction set of the copies' kernels, as AML_DMA_ISA does.
 *
 * The output includes what the library has learnt about large copies: a line for each class of
 * similar copies, with the rate of each way to copy. It reports whether AML_DMA_TUNE or
 * AML_DMA_TUNE_FILE in the environment were ignored.
 *
 * With AML_DMA_STATS=1 or AML_DMA_TRACE in the environment, the output includes how long the
 * engine's requests were queued and how long they ran. With AML_DMA_TRACE, the output includes
 * whether a trace is being written.
 *
 * Thread-safe. Blocks as long as the write to `stream` does.
 *
 * @param[in] stream  The stream to write to.
 * @param[in] prefix  The text that begins each line. NULL: none.
 * @param[in] dma  The engine.
 * @retval AML_SUCCESS  The state is printed.
 * @retval -AML_EINVAL  `stream`, `dma`, `dma->ops` or `dma->data` is NULL.
 * @retval -AML_FAILURE  Writing failed.
 * @retval -AML_ENOTSUP  The engine lacks the operation.
 */
int aml_dma_fprintf(FILE *stream, const char *prefix, const struct aml_dma *dma);

/**
 * Copy layout to layout with the dimensions permuted, at once, in the calling thread: a
 * transposition in any number of dimensions.
 *
 * Thread-safe. Does not block. No engine is needed.
 *
 * @param[in] dst  The destination.
 * @param[in] src  The source.
 * @param[in] target_dims  A permutation, in native order: dimension i of `dst` is dimension
 *   `target_dims[i]` of `src`.
 * @retval AML_SUCCESS  The elements are copied.
 * @retval -AML_EINVAL  An argument is NULL; or `target_dims` is not a permutation; or the numbers
 *   of dimensions, the extents or the element sizes do not match; or aml_dma_async_copy_custom()
 *   would reject one of the layouts. Nothing is written.
 * @retval -AML_ENOTSUP  A layout lacks an operator that the copy needs. Nothing is written.
 * @retval -AML_FAILURE  A custom layout returned no address for an element. Some elements may be
 *   copied.
 */
int aml_copy_layout_transform_generic(struct aml_layout *dst, const struct aml_layout *src,
				      const size_t *target_dims);

/** @} */

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif /* AML_DMA_H */
