/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file
 * Engines over engines: the multiplexer.
 *
 * `aml.h` defines the terms *thread-safe* and *blocks*, and has the rules for every function.
 */
#ifndef AML_DMA_MULTIPLEX_H
#define AML_DMA_MULTIPLEX_H

#include <stddef.h>

#include <aml/dma.h>
#include <aml/layout.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/**
 * @defgroup aml_multiplex Several engines behind one
 *
 * A multiplexer is an engine that hands its requests on to other engines, the *inner* engines. It
 * has no threads of its own.
 *
 * @code
 * const struct aml_dma *inner[2] = {slow, fast};
 * const size_t weights[2] = {1, 3};
 * struct aml_dma *dma;
 *
 * if (aml_dma_multiplex_create(&dma, 2, inner, weights) == AML_SUCCESS) {
 *         aml_dma_copy(dma, dst, src);
 *         aml_dma_multiplex_destroy(&dma);
 * }
 * @endcode
 *
 * **Whole requests.** A request goes to one inner engine, chosen by the weights, with the operator
 * and the arguments that the program posted. NULL as the operator means the general copy of that
 * engine. aml_dma_multiplex_copy_single() selects an operator for each engine.
 *
 * **Split copies.** A copy by one of the library's operators that copy, of 2 MiB or more in memory
 * that the library can describe by loops, is split by the weights, between cache lines. Each inner
 * engine with a weight gets one part. Other requests are whole: those by other operators, and
 * copies of pads, of layouts without the fast path, and between layouts whose extents have no
 * common refinement. The layouts of a split copy may be destroyed after the posting call. For whole
 * requests the rules of the inner engine hold.
 *
 * **Weights.** Of any consecutive whole requests, as many as the sum of the weights, each engine
 * gets as many as its weight says, whichever threads post them. Requests that could not be posted
 * do not count. An engine of weight 0 gets nothing.
 *
 * **Results.** A wait waits for every part, in turn, and returns the code of the lowest part that
 * failed. If a part cannot be posted, the parts before it are cancelled, and the post fails.
 * A synchronous copy that is whole is one on its inner engine, too, if that is of
 * `aml/dma/linux.h`: it is never refused. Others are posts followed by waits.
 *
 * **Waits.** aml_dma_wait(), aml_dma_cancel(), aml_dma_barrier() and aml_dma_wait_all() work with
 * every inner engine. aml_dma_test(), aml_dma_wait_until(), aml_dma_wait_any(), aml_dma_wait_some()
 * and aml_dma_barrier_until() need inner engines that have aml_dma_test() and aml_dma_wait_until(),
 * except those of weight 0; otherwise they return -AML_ENOTSUP. aml_dma_wait_any() and
 * aml_dma_wait_some() cannot know in which order requests of several engines have finished: they
 * take them in the order in which they find them. aml_dma_progress() runs what is queued at the
 * inner engines, of the program's direct requests too, one engine after the other; it needs inner
 * engines that have it. aml_dma_post() returns -AML_ENOTSUP.
 *
 * **Barrier.** A barrier waits for the requests that were posted to the multiplexer, and not for
 * others of its inner engines. It waits in the order of posting, and returns the code of the first
 * request in this order that failed. Each failure is reported once, as aml_dma_barrier() says. An
 * operator that was posted to the multiplexer, or to one of its inner engines directly, may not
 * call the barrier: it gets -AML_EBUSY, or -AML_EPERM from aml_dma_barrier_until().
 *
 * **Requests of its own.** During a barrier, aml_dma_wait_any() and aml_dma_wait_some(), the
 * multiplexer may post requests that do nothing to inner engines that have aml_dma_post(). They
 * count for the bound on unfinished requests and in the statistics of the inner engine, so a post
 * of another thread may get -AML_EBUSY meanwhile, although the program is below the bound.
 *
 * **Inner engines** are borrowed: the program destroys them after the multiplexer. The program may
 * use them directly, and may put one into several multiplexers. An inner engine may be a
 * multiplexer. Handles of a multiplexer belong to it, not to its inner engines.
 *
 * **Requests without a handle** are released when they have finished, if the inner engine is one of
 * the library; else by the next barrier, or with the multiplexer.
 * @{
 */

/** A flag of a request: no handle was returned, and the multiplexer releases the request. */
#define AML_DMA_MULTIPLEX_REQUEST_FLAGS_OWNED 0x1
/** A flag of a request: the request has finished, and a wait or a barrier has found it so. */
#define AML_DMA_MULTIPLEX_REQUEST_FLAGS_DONE 0x2

/**
 * The data of a multiplexer. Programs may read the members while no other thread uses the
 * multiplexer, and must not change them.
 */
struct aml_dma_multiplex_data {
	/** The number of inner engines. */
	size_t count;
	/** The number of the inner engine that got the last whole request. */
	size_t index;
	/** How many whole requests were handed out since the weights began anew. */
	size_t round;
	/** The inner engines. */
	struct aml_dma **dmas;
	/** Their weights at present. */
	size_t *weights;
	/* Private members follow. */
};

/**
 * A request: a handle, cast. Programs may read the members, and must not change them.
 */
struct aml_dma_multiplex_request {
	/** The number of parts. A whole request has one part. */
	size_t count;
	/** The requests of the inner engines, one for each part. NULL: it was waited for. */
	struct aml_dma_request **reqs;
	/** The inner engine of each part. */
	struct aml_dma **dmas;
	/** AML_DMA_MULTIPLEX_REQUEST_FLAGS_…, combined by OR. Not in AML. */
	int flags;
	/* Private members follow. */
};

/**
 * The argument of aml_dma_multiplex_copy_single(): an operator, and its argument, for each inner
 * engine.
 */
struct aml_dma_multiplex_request_args {
	/** The operators. An operator of NULL means the general copy of that engine. */
	aml_dma_operator *ops;
	/** The third argument of each operator. */
	void **op_args;
};

/**
 * Create a multiplexer.
 *
 * Without weights, the engines get equally many requests at first. Once each engine has moved
 * 64 MiB, the weights are proportional to the bytes that each engine moves per time in which it
 * works for the multiplexer. They are computed anew every 64 MiB. Measured are copies by the
 * library's operators of 128 KiB and more, on engines without aml_dma_post() only the parts of
 * split copies, and none on inner multiplexers. Until something is known of each engine, the
 * weights stay equal.
 *
 * Thread-safe. Does not block.
 *
 * @param[out] dma  The multiplexer. The caller releases it with aml_dma_multiplex_destroy().
 * @param[in] num  The number of inner engines.
 * @param[in] dmas  The inner engines, borrowed until the multiplexer is destroyed. The array is
 *   copied.
 * @param[in] weights  The weight of each engine; copied. NULL: by measuring.
 * @retval AML_SUCCESS  The multiplexer is created.
 * @retval -AML_EINVAL  `dma` or `dmas` is NULL; or `num` is 0; or an engine is NULL or has no
 *   operations or no data; or all weights are 0; or their sum, divided by their greatest common
 *   divisor, exceeds PTRDIFF_MAX / `num`.
 * @retval -AML_ENOTSUP  An engine lacks the operation to post, or to wait.
 * @retval -AML_ENOMEM  Out of memory.
 */
int aml_dma_multiplex_create(struct aml_dma **dma, const size_t num, const struct aml_dma **dmas,
			     const size_t *weights);

/**
 * Create an engine for each NUMA node. Not in AML.
 *
 * The engine has an inner engine of `aml/dma/linux.h` for each NUMA node that has a CPU in the
 * affinity mask of the calling thread. Its workers run on these CPUs. Together the engines have as
 * many workers as aml_init() chooses, but at least one for each node, unless AML_DMA_NUM_THREADS is
 * 0. If there is only one such node, the result is a single engine of `aml/dma/linux.h`.
 *
 * Each request goes to one node: a request of 1 MiB or more by one of the library's operators to
 * the node of the first page of its destination; others to the node of the posting thread. A page
 * without memory has the node from which its memory must come, if there is only one, or else that
 * of the posting thread. The library reads `/sys/devices/system/node`, and asks the system
 * calls move_pages() and get_mempolicy(). Where a call is refused, as in a sandbox, the node of the
 * posting thread is used. Requests on different nodes do not keep an order.
 *
 * Thread-safe. Does not block.
 *
 * @param[out] dma  The engine. The caller releases it with aml_dma_multiplex_destroy().
 * @retval AML_SUCCESS  The engine is created.
 * @retval -AML_EINVAL  `dma` is NULL, or the value of AML_DMA_NUM_THREADS is not a number.
 * @retval -AML_ENOMEM  Out of memory or threads.
 */
int aml_dma_multiplex_create_numa(struct aml_dma **dma);

/**
 * Wait for all requests, and release the multiplexer.
 *
 * The inner engines stay, except those of aml_dma_multiplex_create_numa(). Requests whose handles
 * were neither waited for nor cancelled are released. Once this function has begun, new calls on
 * the multiplexer are undefined, except from operators that it still runs.
 *
 * Any thread may call this function. Blocks until all requests have finished.
 *
 * @param[in,out] dma  An engine of aml_dma_multiplex_create() or aml_dma_multiplex_create_numa().
 *   It is set to NULL.
 * @retval AML_SUCCESS  The multiplexer is released.
 * @retval -AML_EINVAL  `dma` or `*dma` is NULL, or `*dma` is another kind of engine.
 * @retval -AML_EBUSY  The call is inside an operator that was posted to this multiplexer or to one
 *   of its inner engines. Nothing has changed.
 */
int aml_dma_multiplex_destroy(struct aml_dma **dma);

/**
 * Operator: post the request to one inner engine, with the operator for that engine.
 *
 * Only a multiplexer knows this operator.
 *
 * @param[in] dst  The destination, for the operator.
 * @param[in] src  The source, for the operator.
 * @param[in] arg  A `const struct aml_dma_multiplex_request_args *`, cast, with an operator and an
 *   argument for each inner engine. The posting call reads it. NULL: the post returns -AML_EINVAL.
 *   `ops` NULL: each engine's general copy. `op_args` NULL: each argument is NULL.
 * @retval -AML_ENOTSUP  The operator was called directly, or posted to another kind of engine.
 */
int aml_dma_multiplex_copy_single(struct aml_layout *dst, const struct aml_layout *src, void *arg);

/**
 * Post a request: the create_request operation of this engine.
 *
 * Thread-safe. Does not block, unless posting to an inner engine does; but if a part could not be
 * posted, waits until the parts before it are cancelled.
 *
 * @param[in] data  The data of the multiplexer.
 * @param[out] req  The handle of the request, or NULL: no handle is made.
 * @param[in] dest  The destination.
 * @param[in] src  The source.
 * @param[in] op  The operator. NULL: the general copy of the inner engine.
 * @param[in] op_arg  The third argument of the operator.
 * @return As aml_dma_async_copy_custom(), or another error of the inner engine.
 */
int aml_dma_multiplex_request_create(struct aml_dma_data *data, struct aml_dma_request **req,
				     struct aml_layout *dest, struct aml_layout *src,
				     aml_dma_operator op, void *op_arg);

/**
 * Wait for a request, and release it: the wait_request operation of this engine.
 *
 * Thread-safe. Blocks.
 *
 * @param[in] dma  The data of the multiplexer.
 * @param[in,out] req  The handle. It is set to NULL if the request is released.
 * @return As aml_dma_wait().
 */
int aml_dma_multiplex_request_wait(struct aml_dma_data *dma, struct aml_dma_request **req);

/**
 * Cancel a request: the destroy_request operation of this engine.
 *
 * Thread-safe. Blocks if a part runs.
 *
 * @param[in] dma  The data of the multiplexer, or NULL: the request knows its multiplexer.
 * @param[in,out] req  The handle. It is set to NULL if the request is released.
 * @return As aml_dma_cancel(), or another error of an inner engine that refused to cancel a part.
 *   The handle stays then. If parts before that one were cancelled, a wait returns -AML_FAILURE.
 */
int aml_dma_multiplex_request_destroy(struct aml_dma_data *dma, struct aml_dma_request **req);

/**
 * Wait for all requests posted to the multiplexer so far: the barrier operation of this engine.
 *
 * Thread-safe. Blocks.
 *
 * @param[in] data  The data of the multiplexer.
 * @return As aml_dma_barrier().
 */
int aml_dma_multiplex_barrier(struct aml_dma_data *data);

/** The operations of every multiplexer. */
extern struct aml_dma_ops aml_dma_multiplex_ops;

/** @} */

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif /* AML_DMA_MULTIPLEX_H */
