/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file
 * The DMA engine of this library, and its operators.
 *
 * `aml.h` defines the terms *thread-safe* and *blocks*, and has the rules for every function.
 */
#ifndef AML_DMA_LINUX_H
#define AML_DMA_LINUX_H

#include <stddef.h>
#include <stdint.h>

#include <aml/dma.h>
#include <aml/layout.h>
#include <aml/utils/async.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/**
 * @defgroup aml_linux The Linux engine
 *
 * An engine runs its requests on a queue scheduler, whose workers are threads of the host.
 * aml_init() creates the engine aml_dma_linux. A program may create more engines:
 *
 * @code
 * struct aml_dma *dma;
 *
 * if (aml_dma_linux_create(&dma, 2) == AML_SUCCESS) {
 *         aml_dma_copy(dma, dst, src);
 *         aml_dma_linux_destroy(&dma);
 * }
 * @endcode
 *
 * aml_queue_sched_create() describes the order, the bound on what runs at once, nested use, the
 * workers with their stacks and priorities, and fork. There is one exception: the posting call
 * itself makes a small copy if the engine has workers, nothing is queued, and a worker could begin
 * at once, because waking the worker would take longer. A copy by one of the library's operators is
 * small up to 16 KiB, or up to 128 KiB if it consists of contiguous runs of at least 64 bytes.
 *
 * A copy by one of the library's operators takes up to 64 KiB of the stack of the thread that makes
 * it: a worker, or a thread that waits for the copy or posts it. The stack that the operators of
 * custom layouts take is not included.
 * @{
 */

/** A flag of a request: no handle was returned, and the engine releases the request. */
#define AML_DMA_LINUX_REQUEST_FLAGS_OWNED 0x1
/** A flag of a request: the request has finished. */
#define AML_DMA_LINUX_REQUEST_FLAGS_DONE 0x2

struct aml_dma_linux_request;

/** The data of an engine. */
struct aml_dma_linux_data {
	/** The scheduler that runs the requests. The engine owns it. */
	struct aml_sched *sched;
};

/** The input of aml_dma_linux_exec_request(). */
struct aml_dma_linux_task_in {
	/** The operator. NULL: aml_dma_linux_copy_generic(). */
	aml_dma_operator op;
	/** The operator's first argument. */
	struct aml_layout *dst;
	/** The operator's second argument. */
	struct aml_layout *src;
	/** The operator's third argument. */
	void *op_arg;
	/** The request to mark as done. May be NULL. */
	struct aml_dma_linux_request *req;
};

/**
 * A request: a handle, cast. Programs may read the members, and must not change them. The result
 * and the flags are valid from the end of the request until its release.
 */
struct aml_dma_linux_request {
	/** The task that the scheduler runs. */
	struct aml_task task;
	/**
	 * The input of the task. For the library's own operators, the engine stores a private
	 * operator and private arguments here, because the layouts may be destroyed.
	 */
	struct aml_dma_linux_task_in task_in;
	/** The operator's result. */
	int task_out;
	/** AML_DMA_LINUX_REQUEST_FLAGS_…, combined by OR. */
	int flags;
	/* Private members follow. */
};

/**
 * Create an engine.
 *
 * Thread-safe. Does not block.
 *
 * @param[out] dma  The engine. The caller releases it with aml_dma_linux_destroy().
 * @param[in] num_threads  The number of workers. 0: requests run in the threads that wait for
 *   them.
 * @retval AML_SUCCESS  The engine is created.
 * @retval -AML_EINVAL  `dma` is NULL.
 * @retval -AML_ENOMEM  Out of memory or threads.
 */
int aml_dma_linux_create(struct aml_dma **dma, const size_t num_threads);

/**
 * The number of workers as aml_init() chooses it: AML_DMA_NUM_THREADS in the environment or,
 * without the variable, the number of CPUs that the workers may use, but no more than the CPU quota
 * of the process's control groups provides, rounded up; at least 1.
 */
#define AML_DMA_LINUX_THREADS_AUTO SIZE_MAX

/**
 * Bind worker i to the i-th CPU of the set aml_dma_linux_attr::cpus, beginning again at the first
 * one after the last.
 */
#define AML_DMA_LINUX_PIN 0x1

/**
 * The attributes of a new engine. Not in AML.
 *
 * Initialise the structure by AML_DMA_LINUX_ATTR_INIT, then set members:
 *
 * @code
 * struct aml_dma_linux_attr attr = AML_DMA_LINUX_ATTR_INIT;
 * struct aml_dma *dma;
 *
 * attr.num_threads = 4;
 * attr.name = "halo";
 * attr.max_unfinished = 1000;
 * if (aml_dma_linux_create_attr(&dma, &attr) == AML_SUCCESS)
 *         aml_dma_linux_destroy(&dma);
 * @endcode
 *
 * The structure, and what it points to, may be released as soon as aml_dma_linux_create_attr() has
 * returned. Later versions append members, for which 0 means the behaviour of this version.
 */
struct aml_dma_linux_attr {
	/** The size of the structure in bytes: `sizeof(struct aml_dma_linux_attr)`. */
	size_t size;
	/**
	 * The number of workers. 0: requests run in the threads that wait for them.
	 * AML_DMA_LINUX_THREADS_AUTO: as aml_init() chooses.
	 */
	size_t num_threads;
	/**
	 * The CPUs of the workers: a `cpu_set_t` of `cpus_size` bytes. The workers may use those of
	 * them that the process may use. NULL: the workers inherit the CPU affinity of the calling
	 * thread.
	 */
	const void *cpus;
	/** The size of the set in bytes, as for sched_setaffinity(). Not read if `cpus` is NULL. */
	size_t cpus_size;
	/** 0 or AML_DMA_LINUX_PIN. */
	unsigned flags;
	/** 0. */
	unsigned reserved;
	/**
	 * The name of the workers: they are named `name/0`, `name/1` and so on. A name of more than
	 * 15 bytes is cut before the slash. NULL: `aml-dma`.
	 */
	const char *name;
	/**
	 * The number of requests that may be posted and unfinished at once. 0: any number.
	 *
	 * Synchronous copies count, but are never refused, and do not wait until another request
	 * has finished. Requests that are posted inside an operator, a callback or the function of
	 * a task count, but are never refused.
	 */
	size_t max_unfinished;
	/**
	 * The size of the stack of each worker in bytes. A size that is too small for the program's
	 * static thread-local storage, the library's copies and 256 KiB of custom operators is
	 * raised. 0: the program's default for threads, raised likewise.
	 */
	size_t stack_size;
};

/**
 * The initial value of a struct aml_dma_linux_attr: every attribute has its default.
 * @hideinitializer
 */
#define AML_DMA_LINUX_ATTR_INIT                                                               \
	{                                                                                     \
		sizeof(struct aml_dma_linux_attr), AML_DMA_LINUX_THREADS_AUTO, NULL, 0, 0, 0, \
			NULL, 0, 0                                                            \
	}

/**
 * Create an engine with attributes. Not in AML.
 *
 * The workers inherit the scheduling policy and the nice value of the calling thread and, unless
 * the attributes have a set of CPUs, its CPU affinity.
 *
 * Thread-safe. Does not block.
 *
 * @param[out] dma  The engine. The caller releases it with aml_dma_linux_destroy().
 * @param[in] attr  The attributes. NULL: AML_DMA_LINUX_ATTR_INIT.
 * @retval AML_SUCCESS  The engine is created.
 * @retval -AML_EINVAL  Nothing was created, for one of these reasons:
 *    - `dma` is NULL;
 *    - `attr->size` is less than the size of the structure in the first version that has it;
 *    - `attr->flags` has an unknown flag, or `attr->reserved` is not 0;
 *    - `attr->cpus` has no CPU that the process may use;
 *    - with AML_DMA_LINUX_PIN: the kernel does not let a worker run on its CPU;
 *    - `attr->num_threads` is AML_DMA_LINUX_THREADS_AUTO, and the value of AML_DMA_NUM_THREADS is
 *      not a number.
 * @retval -AML_ENOTSUP  `attr->size` is more than this version knows, and a byte behind the known
 *   members is not 0.
 * @retval -AML_ENOMEM  Out of memory or threads.
 */
int aml_dma_linux_create_attr(struct aml_dma **dma, const struct aml_dma_linux_attr *attr);

/**
 * The statistics of an engine. Not in AML.
 *
 * All members up to `running` belong to one moment. They count requests, synchronous copies
 * included, but no tasks that were submitted to the engine's scheduler otherwise. At each moment,
 * `posted` is the sum of `finished`, `cancelled`, `queued`, `held` and `running`.
 *
 * In a forked child, the requests that the parent had not finished count as finished and failed.
 *
 * Later versions append members.
 */
struct aml_dma_linux_stats {
	/** The size of the structure in bytes: `sizeof(struct aml_dma_linux_stats)`. */
	size_t size;
	/** Requests that were posted. */
	uint64_t posted;
	/** Requests that have finished, also if they failed. */
	uint64_t finished;
	/** Finished requests whose result is not AML_SUCCESS. */
	uint64_t failed;
	/** Requests that were cancelled before they began. They are not part of `finished`. */
	uint64_t cancelled;
	/** The bytes that successful requests of the library's operators have written. */
	uint64_t bytes;
	/**
	 * Parts that have run. A large copy is split into parts; a request that is not split and
	 * has finished counts as one part.
	 */
	uint64_t parts;
	/** Workers. */
	uint64_t workers;
	/** Requests that could begin and wait for their turn. */
	uint64_t queued;
	/** Requests that wait until other requests have finished. */
	uint64_t held;
	/** Requests that have begun and not finished, also if they wait for other requests. */
	uint64_t running;
	/**
	 * How many requests were queued for how long, from the post to the beginning. Bucket 0
	 * counts times of 0 ns, bucket i times of at least 2^(i-1) ns and less than 2^i ns.
	 *
	 * The library takes times only with AML_DMA_STATS=1 or AML_DMA_TRACE in the environment;
	 * otherwise all buckets are 0. The histograms may be newer or older than the other members.
	 */
	uint64_t queued_ns[64];
	/** How many requests ran for how long, from the beginning to the end. */
	uint64_t run_ns[64];
};

/**
 * The initial value of a struct aml_dma_linux_stats.
 * @hideinitializer
 */
#define AML_DMA_LINUX_STATS_INIT                                                       \
	{                                                                              \
		sizeof(struct aml_dma_linux_stats), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, {0}, \
		{                                                                      \
			0                                                              \
		}                                                                      \
	}

/**
 * Read the statistics of an engine. Not in AML.
 *
 * @code
 * struct aml_dma_linux_stats stats = AML_DMA_LINUX_STATS_INIT;
 *
 * if (aml_dma_linux_statistics(aml_dma_linux, &stats) == AML_SUCCESS)
 *         printf("%" PRIu64 " bytes\n", stats.bytes);
 * @endcode
 *
 * Thread-safe. Does not block. The time of the call does not depend on the number of requests.
 *
 * @param[in] dma  An engine of this kind.
 * @param[in,out] stats  The statistics. The caller sets `size`; the library writes the other
 *   members, and no more than `size` bytes in all.
 * @retval AML_SUCCESS  The statistics are stored.
 * @retval -AML_EINVAL  `dma`, `dma->ops`, `dma->data` or `stats` is NULL; or `dma` is another kind
 *   of engine; or `stats->size` is less than the size of the structure in the first version that
 *   has it. Nothing is stored.
 * @retval -AML_ENOTSUP  `stats->size` is more than this version knows, and a byte behind the known
 *   members is not 0. Nothing is stored.
 */
int aml_dma_linux_statistics(const struct aml_dma *dma, struct aml_dma_linux_stats *stats);

/**
 * Run what was posted, end the workers, and release the engine.
 *
 * Requests whose handles were neither waited for nor cancelled are released with the engine.
 *
 * Any thread may call this function. It blocks until all requests have finished. Once it has begun,
 * new calls on the engine are undefined, except from operators that the engine still runs.
 *
 * @param[in,out] dma  An engine of aml_dma_linux_create(). It is set to NULL.
 * @retval AML_SUCCESS  The engine is released.
 * @retval -AML_EINVAL  `dma` or `*dma` is NULL.
 * @retval -AML_EBUSY  The call is inside an operator of this engine. Nothing has changed.
 */
int aml_dma_linux_destroy(struct aml_dma **dma);

/**
 * Return a descriptor for poll() that becomes readable when there are completions to reap. Not in
 * AML.
 *
 * The first call makes an eventfd, which is non-blocking and closed on exec; it begins with the
 * number of completions that wait. Each later call returns the same one. Each completion that is
 * put on the completion queue adds 1, after its request counts as finished; several may be added at
 * once. A program sleeps on the descriptor beside its sockets, reads it, and then calls
 * aml_dma_reap() with `least` 0 until a call gives fewer completions than it has room for: those
 * that were left would not make the descriptor readable again.
 *
 * The engine owns the descriptor, and closes it when it is destroyed. In a forked child the library
 * neither writes nor closes the parent's descriptor; a call in the child makes another one.
 *
 * Thread-safe. Does not block.
 *
 * @param[in] dma  An engine of aml_dma_linux_create().
 * @return The descriptor, never negative; or one of the errors below.
 * @retval -AML_EINVAL  `dma`, `dma->ops` or `dma->data` is NULL, or `dma` is another kind of
 * engine.
 * @retval -AML_ENOMEM  No descriptor is to be had.
 */
int aml_dma_linux_eventfd(struct aml_dma *dma);

/**
 * Run an operator: the function of the engine's tasks.
 *
 * The function calls the operator of `input` with its arguments, stores the result in `output`, and
 * marks the request of `input`, if there is one, as done. If `input` or `output` is NULL, nothing
 * happens. The function uses public members only, so that a program may fill in `input` itself.
 *
 * Thread-safe. Blocks if the operator does.
 *
 * @param[in] input  A struct aml_dma_linux_task_in, cast.
 * @param[out] output  An int, cast.
 */
void aml_dma_linux_exec_request(struct aml_task_in *input, struct aml_task_out *output);

/**
 * Post a copy: the create_request operation of this engine.
 *
 * Thread-safe. Does not block.
 *
 * @param[in] data  The data of the engine.
 * @param[out] req  The handle of the request, or NULL: no handle is made.
 * @param[in] dest  The destination.
 * @param[in] src  The source.
 * @param[in] op  The operator. NULL: aml_dma_linux_copy_generic().
 * @param[in] op_arg  The third argument of the operator.
 * @return As aml_dma_async_copy_custom().
 */
int aml_dma_linux_request_create(struct aml_dma_data *data, struct aml_dma_request **req,
				 struct aml_layout *dest, struct aml_layout *src,
				 aml_dma_operator op, void *op_arg);

/**
 * Wait for a request, and release it: the wait_request operation of this engine.
 *
 * Thread-safe. Blocks.
 *
 * @param[in] dma  The data of the engine.
 * @param[in,out] req  The handle. It is set to NULL if the request is released.
 * @return As aml_dma_wait().
 */
int aml_dma_linux_request_wait(struct aml_dma_data *dma, struct aml_dma_request **req);

/**
 * Wait for all requests posted so far: the barrier operation of this engine.
 *
 * Thread-safe. Blocks.
 *
 * @param[in] data  The data of the engine.
 * @return As aml_dma_barrier().
 */
int aml_dma_linux_barrier(struct aml_dma_data *data);

/**
 * Cancel a request: the destroy_request operation of this engine.
 *
 * Thread-safe. Blocks if the request runs.
 *
 * @param[in] dma  The data of the engine, or NULL: the request knows its engine.
 * @param[in,out] req  The handle. It is set to NULL if the request is released.
 * @return As aml_dma_cancel().
 */
int aml_dma_linux_request_destroy(struct aml_dma_data *dma, struct aml_dma_request **req);

/** @} */

/**
 * @defgroup aml_linux_operators Operators of the engine
 *
 * Functions that requests run: copies of layouts and of bytes.
 *
 * The operators are posted to an engine, which plans the copy in the posting call, or are called
 * directly:
 *
 * @code
 * int err = aml_dma_copy_custom(aml_dma_linux, (struct aml_layout *)to, (struct aml_layout *)from,
 *                               aml_dma_linux_memcpy_op, (void *)size);
 *
 * err = aml_dma_linux_copy_generic(dst, src, NULL);
 * @endcode
 *
 * Called directly, an operator copies in the calling thread. All are thread-safe, and do not block.
 * A copy whose source and destination overlap is undefined. So is a copy by two threads at once to
 * the same elements.
 * @{
 */

/**
 * Operator: copy one contiguous dimension.
 *
 * @param[in] dst  The destination: a layout of one dimension with unit stride, dense or with the
 *   fast path.
 * @param[in] src  The source: another such layout, with the same number of elements and the same
 *   element size.
 * @param[in] arg  Not used.
 * @retval AML_SUCCESS  The elements are copied.
 * @retval -AML_EINVAL  The layouts are not as described, or a layout that has elements lies at
 *   NULL. Nothing is written.
 * @retval -AML_ENOTSUP  A layout lacks an operator that the copy needs. Nothing is written.
 */
int aml_dma_linux_copy_1D(struct aml_layout *dst, const struct aml_layout *src, void *arg);

/**
 * Operator: memcpy().
 *
 * @param[in] dst  The destination: an address, cast. It may be NULL if the size is 0.
 * @param[in] src  The source: an address, cast. It may be NULL if the size is 0.
 * @param[in] arg  The size in bytes: a size_t, cast. It may be 0.
 * @retval AML_SUCCESS  The bytes are copied.
 * @retval -AML_EINVAL  An address is NULL, and the size is not 0.
 */
int aml_dma_linux_memcpy_op(struct aml_layout *dst, const struct aml_layout *src, void *arg);

/**
 * Operator: copy each element to the element with the same native coordinates.
 *
 * This operator is the engine's general copy of layouts, which an operator of NULL means.
 *
 * @param[in] dst  The destination: any layout.
 * @param[in] src  The source: any layout with the same number of dimensions, the same native
 *   extents and the same element size.
 * @param[in] arg  Not used.
 * @retval AML_SUCCESS  The elements are copied.
 * @retval -AML_EINVAL  The layouts do not match; or the destination has a step of 0 over more than
 *   one element; or aml_dma_async_copy_custom() would reject one of the layouts. Nothing is
 *   written.
 * @retval -AML_ENOTSUP  A layout lacks an operator that the copy needs. Nothing is written.
 * @retval -AML_FAILURE  A custom layout returned no address for an element. Some elements may be
 *   copied.
 */
int aml_dma_linux_copy_generic(struct aml_layout *dst, const struct aml_layout *src, void *arg);

/** @} */

/**
 * @addtogroup aml_linux
 * @{
 */

/** The engine that aml_init() creates and aml_finalize() destroys. NULL if there is none. */
extern struct aml_dma *aml_dma_linux;
/** The operations of every engine of this kind. */
extern struct aml_dma_ops aml_dma_linux_ops;

/** @} */

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif /* AML_DMA_LINUX_H */
