/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file
 * The engine between processes: copies to and from the memory of other processes, over MPI. Not in
 * AML.
 *
 * This header belongs to a library of its own, libaml-dma-mpi, which is built for one
 * implementation of MPI. It is installed only with that library. Programs include it and `mpi.h`
 * by the compiler command of the same MPI, and link with the flags of
 * `pkg-config --libs aml-dma-mpi`.
 *
 * `aml.h` defines the terms *thread-safe* and *blocks*, and has the rules for every function.
 */
#ifndef AML_DMA_MPI_H
#define AML_DMA_MPI_H

#include <mpi.h>
#include <stddef.h>

#include <aml/dma.h>
#include <aml/layout.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/**
 * @defgroup aml_mpi The MPI engine
 *
 * An engine whose layouts may lie in other processes.
 *
 * The processes of a communicator create an engine together, and open *windows*: memory that the
 * other processes may read and write. A *remote layout* describes elements in the window of a
 * process. A copy to a remote layout is a *put*, and a copy from a remote layout a *get*. Only one
 * process calls the engine for it; the other one does nothing.
 *
 * @code
 * struct aml_dma *dma;
 * struct aml_dma_mpi_window *window;
 * struct aml_layout *row, *there;
 * void *memory;
 * int rank;
 *
 * MPI_Comm_rank(MPI_COMM_WORLD, &rank);
 * aml_dma_mpi_create(&dma, MPI_COMM_WORLD, aml_dma_linux);
 * aml_dma_mpi_window_allocate(dma, bytes, &memory, &window);
 * // The elements of `row`, which lies in this process's part, over there in the part of rank 1:
 * aml_layout_mpi_create(&there, window, 1, row, NULL);
 * if (rank == 0)
 *         aml_dma_copy(dma, there, elsewhere);
 * MPI_Barrier(MPI_COMM_WORLD);
 * aml_dma_mpi_progress(dma);
 * // Now rank 1 sees the elements.
 * aml_layout_destroy(&there);
 * aml_dma_mpi_window_free(&window);
 * aml_dma_mpi_destroy(&dma);
 * @endcode
 *
 * **Requests.** All functions of `aml/dma.h` work with this engine. Those of
 * `aml/dma/completion.h` that test and wait do too, if the engine `local` has them;
 * aml_dma_post(), aml_dma_cancel_all(), aml_dma_reap() and aml_dma_progress() return -AML_ENOTSUP.
 * Copies between layouts that are not remote, custom operators and aml_dma_linux_memcpy_op() go to
 * the engine `local`, with the arguments unchanged. So do the operators of `aml/dma/operators.h`.
 * The handles are this engine's nevertheless. A copy from a remote layout to a remote layout is
 * -AML_ENOTSUP. Requests are not ordered among themselves.
 *
 * **The engine `local`** may be any engine. A barrier inside an operator that it runs is -AML_EBUSY
 * if it has aml_dma_progress(), as the engine of `aml/dma/linux.h` and a multiplexer have; of
 * another one it is not known where its operators run, and the program must not call barriers
 * there. With an engine that has only what AML has, a barrier waits for one request after the
 * other, and may learn late that another one has failed; and aml_dma_barrier_until() with a
 * deadline returns -AML_ENOTSUP if a request of that engine has not been waited for.
 *
 * A request without a handle is released by a later post or by a barrier. Only a barrier releases
 * it if a post cannot learn without running operators that it has finished: if `local` is a
 * multiplexer over an engine without workers, or an engine of a program's own without
 * aml_dma_post(), or if the posts are inside operators and `local` is a multiplexer.
 *
 * **Checks.** Whether the two sides of a put or get match, and whether the remote layout has a
 * step of 0 over more than one element (-AML_EINVAL, in a get too), is checked before any call of
 * MPI.
 *
 * **Completion and visibility.** When a put has finished, the elements are in the window. The
 * target sees them after it has learnt so, for example by MPI_Barrier() or a message, and has
 * called aml_dma_mpi_progress(). When a get has finished, the elements are in the destination.
 *
 * **Progress.** A test or a wait may block while MPI transfers data, and a wait may spin, with or
 * without a deadline. Only the functions that test, wait, cancel or are barriers, and
 * aml_dma_mpi_progress(), are promised to advance a request. Some implementations of MPI need
 * calls of MPI in the target process, too.
 *
 * **Threads.** The level of MPI that MPI_Init_thread() provided decides which threads may use
 * remote layouts:
 *  - MPI_THREAD_MULTIPLE: all. Large puts and gets run as operators of the engine `local`.
 *  - MPI_THREAD_SERIALIZED: all. The program makes sure that no other thread calls MPI during a
 *    call that posts, waits for, or cancels a put or get.
 *  - Lower levels: the thread that initialised MPI. In other threads, calls that post, test, wait
 *    for or cancel a put or a get are -AML_EPERM, and so are barriers and collective calls.
 *
 * Below MPI_THREAD_MULTIPLE, puts and gets proceed in the calling thread only. Copies to memory
 * that processes share need no MPI, but the rule for posting holds for them, too.
 *
 * **Processes.** Each function of this group that is *collective* is called by all processes of
 * the communicator, in the same order, and returns the same code in all of them. Errors of MPI
 * become codes: -AML_ENOMEM, -AML_EINVAL for a wrong communicator or argument, or -AML_FAILURE. In
 * a forked child, only exec and _exit may follow. All functions return -AML_EPERM there for this
 * engine, aml_dma_fprintf() too. Exceptions are aml_dma_mpi_thread_level() and
 * aml_layout_mpi_create(), which need neither MPI nor other threads.
 * @{
 */

/** The memory that the processes of an engine made accessible to each other by one call. */
struct aml_dma_mpi_window;

/**
 * Create an engine. Collective.
 *
 * The environment variable AML_DMA_MPI_METHOD forces the way to transfer elements: `shared`,
 * `pack`, `rows` or `datatype`. With a method other than `shared`, no memory is shared. The value
 * must be the same in all processes.
 *
 * May be called by the threads that may use remote layouts. Blocks until all processes have called
 * it.
 *
 * @param[out] dma  The engine. The processes release it with aml_dma_mpi_destroy().
 * @param[in] comm  An intracommunicator. It is duplicated.
 * @param[in] local  The engine for everything that stays in this process. The program keeps owning
 *   it, and destroys it after this engine.
 * @retval AML_SUCCESS  The engine is created.
 * @retval -AML_EINVAL  `dma`, `local`, `local->ops` or `local->data` is NULL; or MPI is not
 *   running; or `comm` is MPI_COMM_NULL or an intercommunicator; or AML_DMA_MPI_METHOD has an
 *   unknown value, or differs between the processes. If MPI is not running or `comm` is
 *   MPI_COMM_NULL, only this process returns it.
 * @retval -AML_ENOTSUP  The windows of this MPI do not have the memory model MPI_WIN_UNIFIED.
 * @retval -AML_EPERM  Below MPI_THREAD_SERIALIZED, another thread than the one that initialised
 *   MPI calls. Only this process returns it.
 * @retval -AML_ENOMEM  Out of memory.
 * @retval -AML_FAILURE  MPI failed.
 */
int aml_dma_mpi_create(struct aml_dma **dma, MPI_Comm comm, struct aml_dma *local);

/**
 * Finish all requests, and release an engine. Collective.
 *
 * Requests whose handles were neither waited for nor cancelled are released with the engine.
 * To be called before MPI_Finalize().
 *
 * May be called by the threads that may use remote layouts. Blocks until all processes have called
 * it. Once it has begun, new calls on the engine are undefined.
 *
 * @param[in,out] dma  An engine of aml_dma_mpi_create(). It is set to NULL.
 * @retval AML_SUCCESS  The engine is released.
 * @retval -AML_EINVAL  `dma` or `*dma` is NULL, or is another kind of engine. Only this process
 *   returns it.
 * @retval -AML_EBUSY  Windows are left, or the call is inside an operator that `local` runs.
 * Nothing has changed.
 * @retval -AML_EPERM  The thread may not call, or the process is a forked child. Only this process
 *   returns it.
 */
int aml_dma_mpi_destroy(struct aml_dma **dma);

/**
 * Allocate memory in each process, and make a window of it. Collective.
 *
 * Processes of one host share the memory, so that copies between them are copies in memory.
 *
 * May be called by the threads that may use remote layouts. Blocks until all processes have called
 * it.
 *
 * @param[in] dma  The engine.
 * @param[in] bytes  The size of this process's part in bytes. It may differ between processes, and
 *   may be 0.
 * @param[out] ptr  The address of this process's part, at a multiple of 64. The memory is released
 *   with the window. It may be NULL if `bytes` is 0.
 * @param[out] win  The window. The processes release it with aml_dma_mpi_window_free().
 * @retval AML_SUCCESS  The window is made.
 * @retval -AML_EINVAL  `ptr` or `win` is NULL; or `bytes` is more than PTRDIFF_MAX; or `dma` is
 * NULL or another kind of engine, which only this process returns.
 * @retval -AML_ENOMEM  Out of memory.
 * @retval -AML_EPERM  As for aml_dma_mpi_destroy().
 * @retval -AML_FAILURE  MPI failed.
 */
int aml_dma_mpi_window_allocate(struct aml_dma *dma, size_t bytes, void **ptr,
				struct aml_dma_mpi_window **win);

/**
 * Make a window of memory that the program owns. Collective.
 *
 * Processes do not share this memory. For a process itself, its own part counts as shared.
 *
 * May be called by the threads that may use remote layouts. Blocks until all processes have called
 * it.
 *
 * @param[in] dma  The engine.
 * @param[in] ptr  The address of this process's part. It may be NULL if `bytes` is 0. The memory
 * must stay until the window is freed.
 * @param[in] bytes  The size of this process's part in bytes. It may differ between processes.
 * @param[out] win  The window. The processes release it with aml_dma_mpi_window_free().
 * @return As aml_dma_mpi_window_allocate(); also -AML_EINVAL if `ptr` is NULL and `bytes` is not 0.
 */
int aml_dma_mpi_window_create(struct aml_dma *dma, void *ptr, size_t bytes,
			      struct aml_dma_mpi_window **win);

/**
 * Release a window. Collective.
 *
 * Remote layouts of the window may be destroyed later, but not used otherwise.
 *
 * May be called by the threads that may use remote layouts. Blocks until all processes have called
 * it.
 *
 * @param[in,out] win  The window. It is set to NULL.
 * @retval AML_SUCCESS  The window is released.
 * @retval -AML_EINVAL  `win` or `*win` is NULL. Only this process returns it.
 * @retval -AML_EBUSY  In a process, a put or get in this window has not been waited for or
 *   cancelled. Nothing has changed.
 * @retval -AML_EPERM  As for aml_dma_mpi_destroy().
 */
int aml_dma_mpi_window_free(struct aml_dma_mpi_window **win);

/**
 * Create a remote layout: a layout of elements in the part of a window that a process has.
 *
 * The element of `shape` at the address `base + d` stands for the one at displacement d in the part
 * of the process `rank`. Neither address is used to access memory. The rank may be this process's
 * own.
 *
 * aml_layout_dims(), aml_layout_slice(), aml_layout_reshape(), aml_layout_duplicate() without a new
 * pointer, and the other functions that need no address, work for remote layouts. If this process
 * shares the memory, so do those that return an address, and every engine can use the layout, as
 * long as the window exists. Otherwise aml_layout_deref() returns NULL with AML_ENOTSUP in
 * aml_errno, and other engines than this one return -AML_ENOTSUP.
 *
 * Thread-safe. Does not block. Not collective, and needs no MPI.
 *
 * @param[out] out  The layout. The caller releases it with aml_layout_destroy().
 * @param[in] win  The window. It must exist as long as the layout is used.
 * @param[in] rank  The process, as a rank of the engine's communicator.
 * @param[in] shape  A layout of a kind with the fast path (aml_layout_ops::steps_native). It does
 *   not change, and may be destroyed before the new one.
 * @param[in] base  The address that stands for the start of the part. NULL: the start of this
 *   process's own part.
 * @retval AML_SUCCESS  The layout is created.
 * @retval -AML_EINVAL  `out`, `win`, `shape` or `shape->ops` is NULL; or `rank` is not a rank of
 * the communicator; or an element lies outside of the part of that process; or the layout reports
 *   about itself what cannot be.
 * @retval -AML_ENOTSUP  `shape` is a pad, or has no fast path, or lacks one of the operators order,
 *   ndims, dims_native and element_size.
 * @retval -AML_ENOMEM  Out of memory.
 */
int aml_layout_mpi_create(struct aml_layout **out, struct aml_dma_mpi_window *win, int rank,
			  const struct aml_layout *shape, const void *base);

/**
 * Return the level of thread support that MPI has.
 *
 * Thread-safe. Does not block.
 *
 * @param[in] dma  The engine.
 * @return MPI_THREAD_SINGLE, MPI_THREAD_FUNNELED, MPI_THREAD_SERIALIZED or MPI_THREAD_MULTIPLE.
 * @retval -AML_EINVAL  `dma` is NULL or another kind of engine.
 */
int aml_dma_mpi_thread_level(const struct aml_dma *dma);

/**
 * Advance MPI and the puts and gets of this process, and let this process see what others have put.
 *
 * A put or get that has not finished, and that no other thread waits for, advances as by a test of
 * its request: by a stage at most. So repeated calls finish all puts and gets, except those that
 * run as operators of the engine `local`. Their results are left to waits and barriers.
 *
 * Call it in long computations, so that other processes' puts and gets proceed, if the
 * implementation of MPI needs that; and after the news that a put has finished, before the elements
 * are read.
 *
 * May be called by the threads that may use remote layouts. May block while MPI transfers data, as
 * a test may.
 *
 * @param[in] dma  The engine.
 * @retval AML_SUCCESS  Always, but for the errors below. A put or get may have failed.
 * @retval -AML_EINVAL  `dma` is NULL or another kind of engine.
 * @retval -AML_EPERM  The thread may not call, or the process is a forked child.
 * @retval -AML_FAILURE  MPI failed.
 */
int aml_dma_mpi_progress(struct aml_dma *dma);

/** @} */

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif /* AML_DMA_MPI_H */
