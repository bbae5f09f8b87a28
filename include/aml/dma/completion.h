/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file
 * Completion, and posting with attributes: beyond AML.
 *
 * `aml.h` includes this header. It also defines the terms *thread-safe* and *blocks*, and has the
 * rules for every function. Three rules here go beyond these:
 *  - On an error nothing has changed, except where the description of a function says that outputs
 *    are stored.
 *  - The functions work with engines that support them (see struct aml_dma_extension). For other
 *    engines they return -AML_ENOTSUP.
 *  - A handle of another kind of engine, or a released handle, is undefined.
 */
#ifndef AML_DMA_COMPLETION_H
#define AML_DMA_COMPLETION_H

#include <stddef.h>
#include <stdint.h>

#include <aml/dma.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/**
 * @defgroup aml_completion Completion
 *
 * Tests, deadlines, and waits for one, any, some or all of several requests.
 *
 * aml_dma_wait() waits for one request, and aml_dma_barrier() for all. The functions of this group
 * test without sleeping, wait for several requests at once, and give up after a time:
 *
 * @code
 * struct aml_dma_request *reqs[2];
 * size_t first;
 * int code;
 *
 * aml_dma_async_copy(dma, &reqs[0], dst0, src0);
 * aml_dma_async_copy(dma, &reqs[1], dst1, src1);
 * while (aml_dma_wait_any(dma, 2, reqs, &first, &code) == AML_SUCCESS && first < 2)
 *         consume(first, code);
 * @endcode
 *
 * **Not yet.** In this group, -AML_EBUSY means that what the call asks for has not finished. A
 * handle that may not be waited for is reported by -AML_EPERM: another thread waits for the
 * request; or the operator of the request, or of one that the request needs, is on the stack of
 * the calling thread.
 *
 * **Lists.** Slots that are NULL are skipped, and a list may have no slot. A handle that stands
 * twice in a list is -AML_EINVAL, and so is a list of more than UINT_MAX slots. A call sets the
 * slot of a request that it releases to NULL. A request that a call gives back is as it was before
 * the call: if the request failed meanwhile, a barrier still reports the failure.
 *
 * **Deadlines** are nanoseconds of CLOCK_MONOTONIC, absolute. They are checked between tasks and
 * parts, never within one. If the engine has workers, a call with a deadline runs no code of the
 * program. If it has none, each call runs at least one task or part if what it asks for has not
 * finished and a slot is free, also with a deadline that has passed.
 *
 * **Inside operators**, these functions run what they wait for and has not started, one request at
 * a time, in the order of the list. They may return after the deadline, since the operator first
 * needs its slot again.
 *
 * **Cost.** The cost of a call grows with the number of its handles and, inside operators, with the
 * number of unfinished requests that these need. It does not depend on what else is queued or
 * finished.
 *
 * **Fork.** In a forked child, requests of the parent that had not finished count as finished with
 * -AML_FAILURE, in the order in which they were posted. Their callbacks are not called.
 * @{
 */

/** A deadline that never passes. */
#define AML_DMA_NO_DEADLINE UINT64_MAX

/**
 * Release a request if it has finished.
 *
 * Outside of operators this function never sleeps. Inside an operator it runs one task or part of
 * what it asks for. If that runs elsewhere, the operator gives up its slot to an operator that
 * waits for one, and takes a slot again, for which it may sleep.
 *
 * Thread-safe. Blocks only inside an operator.
 *
 * @param[in] dma  The engine that the request was posted to.
 * @param[in,out] req  The handle. It is set to NULL if the request is released.
 * @param[out] result  The request's result. May be NULL.
 * @retval AML_SUCCESS  The request had finished and is released, whatever its result.
 * @retval -AML_EBUSY  The request has not finished. Nothing has changed.
 * @retval -AML_EPERM  The request may not be waited for.
 * @retval -AML_EINVAL  `dma`, `dma->ops`, `dma->data`, `req` or `*req` is NULL, or the request
 *   belongs to another engine.
 * @retval -AML_ENOTSUP  The engine lacks the operation.
 */
int aml_dma_test(struct aml_dma *dma, struct aml_dma_request **req, int *result)
	__attribute__((warn_unused_result));

/**
 * Wait for a request until a deadline: aml_dma_test() that sleeps.
 *
 * Thread-safe. Blocks until the request has finished or the deadline has passed.
 *
 * @param[in] dma  The engine that the request was posted to.
 * @param[in,out] req  The handle. It is set to NULL if the request is released.
 * @param[in] deadline  The deadline.
 * @param[out] result  The request's result. May be NULL.
 * @retval AML_SUCCESS  The request has finished and is released, whatever its result.
 * @retval -AML_EBUSY  The deadline has passed. Nothing has changed.
 * @return Otherwise an error of aml_dma_test().
 */
int aml_dma_wait_until(struct aml_dma *dma, struct aml_dma_request **req, uint64_t deadline,
		       int *result) __attribute__((warn_unused_result));

/**
 * Wait until any request of a list has finished, and release it.
 *
 * If several have finished, the one that finished first is released.
 *
 * Thread-safe. Blocks until a request of the list has finished.
 *
 * @param[in] dma  The engine that the requests were posted to.
 * @param[in] n  The number of slots in `reqs`.
 * @param[in,out] reqs  The handles. NULL only if `n` is 0.
 * @param[out] index  The index of the released request, or `n` if the list has no handle.
 * @param[out] result  The request's result, or 0 if the list has no handle. May be NULL.
 * @retval AML_SUCCESS  A request is released, whatever its result; or the list has no handle.
 * @retval -AML_EPERM  A request of the list may not be waited for. Nothing is released.
 * @retval -AML_EINVAL  `dma`, `dma->ops`, `dma->data` or `index` is NULL; or `reqs` is NULL and
 *   `n` is not 0; or a handle stands twice in the list or belongs to another engine. Nothing is
 *   released.
 * @retval -AML_ENOTSUP  The engine lacks the operation.
 */
int aml_dma_wait_any(struct aml_dma *dma, size_t n, struct aml_dma_request **reqs, size_t *index,
		     int *result) __attribute__((warn_unused_result));

/**
 * Wait for all requests of a list, and release them.
 *
 * The thread is not woken for each request.
 *
 * Thread-safe. Blocks until all requests of the list have finished.
 *
 * @param[in] dma  The engine that the requests were posted to.
 * @param[in] n  The number of slots in `reqs`.
 * @param[in,out] reqs  The handles. NULL only if `n` is 0.
 * @param[out] results  An array of `n` codes: each request's result; 0 for a slot that was NULL;
 *   -AML_EPERM or -AML_EINVAL for a handle that may not be waited for or belongs to another
 *   engine, which keeps its slot. The other requests are still waited for. May be NULL.
 * @retval AML_SUCCESS  Each code is 0.
 * @retval -AML_EINVAL  `dma`, `dma->ops` or `dma->data` is NULL; or `reqs` is NULL and `n` is not
 *   0; or a handle stands twice in the list. Nothing is released, and no code is stored.
 * @retval -AML_ENOTSUP  The engine lacks the operation.
 * @return Otherwise the code at the lowest index that is not 0.
 */
int aml_dma_wait_all(struct aml_dma *dma, size_t n, struct aml_dma_request **reqs, int *results);

/**
 * Wait until some requests of a list have finished or a deadline has passed, and release all that
 * have finished by then.
 *
 * Thread-safe. Blocks until `least` requests of the list have finished or the deadline has passed.
 *
 * @param[in] dma  The engine that the requests were posted to.
 * @param[in] n  The number of slots in `reqs`.
 * @param[in,out] reqs  The handles. NULL only if `n` is 0.
 * @param[in] least  The number of requests to wait for. 0: test all. More than there are handles:
 *   wait for all.
 * @param[in] deadline  The deadline.
 * @param[out] count  The number of released requests. May be NULL.
 * @param[out] indices  The indices of the released requests, in the order in which the requests
 *   finished: an array of `n` elements, of which the first `*count` are stored. May be NULL.
 * @param[out] results  Their results, in the same order: an array of `n` elements. May be NULL.
 * @retval AML_SUCCESS  At least `least` requests have finished. The outputs are stored.
 * @retval -AML_EBUSY  The deadline has passed and fewer have finished. The outputs are stored.
 * @retval -AML_EPERM  A request of the list may not be waited for. Nothing is released.
 * @retval -AML_EINVAL  `dma`, `dma->ops` or `dma->data` is NULL; or `reqs` is NULL and `n` is not
 *   0; or a handle stands twice in the list or belongs to another engine. Nothing is released.
 * @retval -AML_ENOTSUP  The engine lacks the operation.
 */
int aml_dma_wait_some(struct aml_dma *dma, size_t n, struct aml_dma_request **reqs, size_t least,
		      uint64_t deadline, size_t *count, size_t *indices, int *results);

/**
 * Wait for every request that was posted before this call, until a deadline: aml_dma_barrier()
 * that gives up.
 *
 * Thread-safe. Blocks until the requests have finished, one has failed, or the deadline has passed.
 *
 * @param[in] dma  The engine.
 * @param[in] deadline  The deadline.
 * @param[out] result  What aml_dma_barrier() would return: 0, or the code of the first request that
 *   failed. May be NULL.
 * @retval AML_SUCCESS  Every request has finished, or one has failed. The result is stored.
 * @retval -AML_EBUSY  The deadline has passed. Nothing has changed.
 * @retval -AML_EPERM  The call is inside an operator of the engine.
 * @retval -AML_EINVAL  `dma`, `dma->ops` or `dma->data` is NULL.
 * @retval -AML_ENOTSUP  The engine lacks the operation.
 */
int aml_dma_barrier_until(struct aml_dma *dma, uint64_t deadline, int *result)
	__attribute__((warn_unused_result));

/** @} */

/**
 * @defgroup aml_posting Posting with attributes
 *
 * Requests that follow others, call back or are reaped, and many requests in one call.
 *
 * aml_dma_post() posts requests that depend on others, that call back, or whose completions are
 * collected in a queue; and it posts many requests by one call:
 *
 * @code
 * struct aml_dma_post_attr posts[2] = {AML_DMA_POST_ATTR_INIT, AML_DMA_POST_ATTR_INIT};
 *
 * posts[0].dest = tile;
 * posts[0].src = matrix;
 * posts[1].dest = out;
 * posts[1].src = tile;
 * posts[1].flags = AML_DMA_POST_CHAIN | AML_DMA_POST_DETACH;
 * posts[1].callback = tile_stored;
 * posts[1].callback_arg = &job;
 * err = aml_dma_post(dma, 2, posts, NULL);
 * @endcode
 *
 * **Prerequisites.** A request whose prerequisites have not finished is *held*. It blocks no other
 * request. It enters the queue when the last of its prerequisites has finished, before whatever was
 * posted after it. A barrier covers it by the order of posting. A prerequisite is posted before the
 * request that needs it, so there are no cycles.
 *
 * **Failure.** If a prerequisite fails, the request does not run. Once all its prerequisites have
 * finished, it goes through the queue as if it ran, and finishes with the code of the prerequisite
 * that failed first. With AML_DMA_POST_ALWAYS it runs, whatever its prerequisites returned, and
 * hands on its own result only. A prerequisite that was cancelled before it had finished counts as
 * failed with -AML_FAILURE, whatever its operator returned. A barrier reports the failure of the
 * request that failed, not that of requests that did not run because of it. So AML_SUCCESS of a
 * barrier does not mean that every request has run; a request's handle, callback or completion, or
 * the statistics, do.
 *
 * **Callbacks.** A callback is the end of its request's operator: it runs in the same thread and
 * counts as part of the operator in every rule. It may do what an operator may do. No lock of the
 * library is held. A wait or barrier that covers the request returns after the callback. Each
 * callback is called exactly once, in the process that posted the request, and never inside
 * aml_dma_post(). It gets the operator's result, the code of a failed prerequisite, or
 * -AML_FAILURE if the request was cancelled before it started or with a part undone. For a request
 * that was cancelled before it started, the cancelling thread calls it, before the cancel returns.
 *
 * **Detached requests.** A request without a handle releases itself. If it fails, and a callback or
 * a completion reported that, no barrier does.
 *
 * **Completion queue.** When a request with AML_DMA_POST_REAP has finished, its tag and its result
 * are on the engine's completion queue, in the order of finishing, until aml_dma_reap() takes them.
 * The posting call reserves the memory of a completion, so that a request that finishes needs none.
 * Barriers do not touch the queue. aml_dma_linux_eventfd() gives a descriptor for poll().
 *
 * **At once.** A request with a callback, with prerequisites or with AML_DMA_POST_REAP, and any
 * element of a post of more than one, is never run by the posting call.
 * @{
 */

/** The request runs after the element before it in the same call. */
#define AML_DMA_POST_CHAIN 0x1
/**
 * The request runs after everything that was posted before it: also synchronous copies and held
 * requests, but not the operators on the stack of the posting thread. Failures among these do not
 * count. The request does not hold back what is posted after it.
 */
#define AML_DMA_POST_AFTER_ALL 0x2
/** The request runs whatever its prerequisites returned. */
#define AML_DMA_POST_ALWAYS 0x4
/** No handle is made. */
#define AML_DMA_POST_DETACH 0x8
/** The completion goes to the completion queue. Implies AML_DMA_POST_DETACH. */
#define AML_DMA_POST_REAP 0x10

/** A request to post. Begin with AML_DMA_POST_ATTR_INIT. A member of 0 has its default meaning. */
struct aml_dma_post_attr {
	/** `sizeof(struct aml_dma_post_attr)`. */
	size_t size;
	/** The destination; see aml_dma_async_copy_custom(). May be NULL with a custom operator. */
	struct aml_layout *dest;
	/** The source. May be NULL with a custom operator. */
	struct aml_layout *src;
	/**
	 * The operator. NULL: the engine's general copy of layouts. If `dest` and `src` are NULL,
	 * too, the request does nothing: it joins its prerequisites.
	 */
	aml_dma_operator op;
	/** The third argument of the operator. */
	void *op_arg;
	/** AML_DMA_POST_…, combined by OR. */
	unsigned flags;
	/** Must be 0. */
	unsigned reserved;
	/** The number of elements in `after`. */
	size_t nafter;
	/**
	 * Prerequisites: handles of this engine. NULL elements are skipped, and duplicates count
	 * once. Finished requests count with their results. The array is not used after the call,
	 * and the handles may be released. During the call no other thread may release them.
	 */
	struct aml_dma_request *const *after;
	/**
	 * Called when the request has finished or does not run; see above. NULL: none.
	 * @param[in] result  The result of the request.
	 * @param[in] callback_arg  The member `callback_arg`.
	 */
	void (*callback)(int result, void *callback_arg);
	/** The second argument of `callback`. */
	void *callback_arg;
	/** For the program: it comes back in struct aml_dma_completion. */
	uint64_t tag;
	/**
	 * The name of the request in a trace. It is read, in the posting call, only while a trace
	 * is on. At most 63 bytes are kept. NULL: the name of the operator.
	 */
	const char *label;
};

/**
 * The initialiser of a struct aml_dma_post_attr.
 * @hideinitializer
 */
#define AML_DMA_POST_ATTR_INIT                                                                 \
	{                                                                                      \
		sizeof(struct aml_dma_post_attr), NULL, NULL, NULL, NULL, 0, 0, 0, NULL, NULL, \
			NULL, 0, NULL                                                          \
	}

/**
 * Post requests: all of them, in order and next to each other, or none.
 *
 * Thread-safe. Does not block.
 *
 * @param[in] dma  The engine.
 * @param[in] n  The number of requests. May be 0.
 * @param[in] posts  An array of `n` requests to post. All have the same `size`, which is the
 *   distance between the elements in bytes. NULL only if `n` is 0.
 * @param[out] reqs  An array of `n` handles, which are stored before the first request can start;
 *   NULL for each detached request. The caller releases the handles with one of the waits or
 *   aml_dma_cancel(). NULL: no handles are made.
 * @retval AML_SUCCESS  All are posted.
 * @retval -AML_EINVAL  Nothing was posted, for one of these reasons:
 *    - `dma`, `dma->ops` or `dma->data` is NULL, or `posts` is NULL and `n` is not 0;
 *    - the elements differ in `size`, or `size` is less than that of the first version;
 *    - `reserved` is not 0, or a flag is unknown;
 *    - AML_DMA_POST_CHAIN is set in the first element;
 *    - `after` is NULL and `nafter` is not 0, or an element of `after` belongs to another engine;
 *    - aml_dma_async_copy_custom() would return -AML_EINVAL for an element;
 *    - the engine's bound on unfinished requests is less than `n`.
 * @retval -AML_ENOTSUP  Nothing was posted: the engine lacks the operation; or bytes beyond the
 *   part of an element that this version knows are not 0; or aml_dma_async_copy_custom() would
 *   return -AML_ENOTSUP for an element.
 * @retval -AML_EBUSY  Nothing was posted: the engine's bound on unfinished requests leaves no room
 *   at present.
 * @retval -AML_ENOMEM  Nothing was posted: out of memory.
 * @return If several elements are wrong, the code of the first one. -AML_ENOMEM comes after all
 *   other errors.
 */
int aml_dma_post(struct aml_dma *dma, size_t n, const struct aml_dma_post_attr *posts,
		 struct aml_dma_request **reqs) __attribute__((warn_unused_result));

/**
 * Cancel every held or queued request of which no part has started, except synchronous copies.
 *
 * The requests never run. They finish at once with -AML_FAILURE, which no barrier reports. Their
 * callbacks are called by this function, in the order of posting. If a callback waits for one of
 * these requests, or cancels it, that one's callback is called first. Handles stay valid; waits for
 * them return -AML_FAILURE.
 *
 * Thread-safe. Blocks only if a callback does.
 *
 * @param[in] dma  The engine.
 * @param[out] count  The number of cancelled requests. May be NULL.
 * @retval AML_SUCCESS  The requests are cancelled; there may have been none.
 * @retval -AML_EINVAL  `dma`, `dma->ops` or `dma->data` is NULL.
 * @retval -AML_ENOTSUP  The engine lacks the operation.
 */
int aml_dma_cancel_all(struct aml_dma *dma, size_t *count);

/** The completion of a request with AML_DMA_POST_REAP. This structure never changes. */
struct aml_dma_completion {
	/** The member `tag` of the request. */
	uint64_t tag;
	/** The result of the request, as its callback gets it. */
	int result;
	/** 0. */
	int reserved;
};

/**
 * Take completions from the engine's completion queue, in the order in which the requests finished.
 *
 * The call waits until the queue has `least` completions or the deadline has passed, also for
 * requests that are posted after the call has begun. It takes up to `n`. Inside an operator it
 * behaves as aml_dma_wait_some().
 *
 * In a forked child the queue is empty.
 *
 * Thread-safe. Blocks until there are `least` completions or the deadline has passed.
 *
 * @param[in] dma  The engine.
 * @param[in] n  The number of elements in `out`.
 * @param[out] out  The completions, of which `*count` are stored. NULL only if `n` is 0.
 * @param[in] least  The number of completions to wait for, at most `n`. 0: do not wait.
 * @param[in] deadline  The deadline.
 * @param[out] count  The number of completions that were taken. May be NULL.
 * @retval AML_SUCCESS  At least `least` completions were taken. The outputs are stored.
 * @retval -AML_EBUSY  The deadline has passed and fewer were taken. The outputs are stored.
 * @retval -AML_EINVAL  `dma`, `dma->ops` or `dma->data` is NULL; or `least` is more than `n`; or
 *   `out` is NULL and `n` is not 0. Nothing is taken.
 * @retval -AML_ENOTSUP  The engine lacks the operation.
 */
int aml_dma_reap(struct aml_dma *dma, size_t n, struct aml_dma_completion *out, size_t least,
		 uint64_t deadline, size_t *count);

/**
 * Run tasks or parts from the head of the queue in the calling thread, while a slot is free. For an
 * engine without workers, in an event loop.
 *
 * Thread-safe. Blocks only if an operator does.
 *
 * @param[in] dma  The engine.
 * @param[in] most  The number of tasks or parts to run at most.
 * @param[out] ran  The number of tasks or parts that were run. May be NULL.
 * @retval AML_SUCCESS  `*ran` tasks or parts were run; that may be none.
 * @retval -AML_EPERM  The call is inside an operator of the engine.
 * @retval -AML_EINVAL  `dma`, `dma->ops` or `dma->data` is NULL.
 * @retval -AML_ENOTSUP  The engine lacks the operation.
 */
int aml_dma_progress(struct aml_dma *dma, size_t most, size_t *ran);

/** @} */

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif /* AML_DMA_COMPLETION_H */
