/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file
 * libaml-dma: asynchronous copies between memory layouts on a host.
 *
 * This header includes `aml/dma.h`, `aml/dma/completion.h`, `aml/layout.h`, and the headers
 * `async.h`, `error.h` and `version.h` of `aml/utils`. It also includes the standard headers that
 * programs written for AML expect from it. Include the headers of particular layouts, engines and
 * operators yourself.
 *
 * The descriptions of functions use these terms:
 *  - A function is *thread-safe* if any thread may call it at any time, also inside an operator or
 *    the function of a task.
 *  - A function *blocks* if it may wait until other work has finished. Any function may wait for
 *    an internal lock.
 *
 * These rules hold for every function:
 *  - On an error, every output is as it was before the call, and nothing is leaked.
 *  - No function is a cancellation point.
 *  - No function may be called in a signal handler: the handler may have interrupted a function
 *    that holds a lock, and would wait for that lock forever.
 */
#ifndef AML_H
#define AML_H

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <unistd.h>

#include <aml/dma.h>
#include <aml/dma/completion.h>
#include <aml/layout.h>
#include <aml/utils/async.h>
#include <aml/utils/error.h>
#include <aml/utils/version.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/**
 * @defgroup aml_library Start and end of the library
 *
 * The calls with which a program begins and ends.
 *
 * The engine aml_dma_linux of `aml/dma/linux.h` lives from the first aml_init() to the last
 * aml_finalize(). The rest of the library needs neither call.
 *
 * @code
 * int main(int argc, char *argv[])
 * {
 *         if (aml_init(&argc, &argv) != AML_SUCCESS)
 *                 return EXIT_FAILURE;
 *         // Use aml_dma_linux.
 *         return aml_finalize() == AML_SUCCESS ? EXIT_SUCCESS : EXIT_FAILURE;
 * }
 * @endcode
 * @{
 */

/**
 * Start the library: create the engine aml_dma_linux.
 *
 * Calls are counted: after n successful calls, the engine lives until the n-th aml_finalize().
 * Only the first call creates an engine.
 *
 * The environment variable AML_DMA_NUM_THREADS sets the number of workers. Its value is a decimal
 * number; 0 is allowed. Without the variable, the engine has one worker for each CPU in the
 * affinity mask of the calling thread, but no more workers than the CPU quota of the process's
 * control groups provides CPUs, rounded up.
 *
 * Thread-safe. Does not block.
 *
 * @param[in] argc  Not used; may be NULL.
 * @param[in] argv  Not used; may be NULL.
 * @retval AML_SUCCESS  The engine exists.
 * @retval -AML_EINVAL  AML_DMA_NUM_THREADS is set, and its value is not a number.
 * @retval -AML_ENOMEM  Out of memory or threads.
 */
int aml_init(int *argc, char **argv[]);

/**
 * Undo one aml_init().
 *
 * The last call runs what is queued on aml_dma_linux, destroys the engine, and sets aml_dma_linux
 * to NULL. aml_init() then works again. A program may exit without this call.
 *
 * Thread-safe. The last call blocks until the engine has finished. Once the last call has begun,
 * new calls on the engine are undefined, except from operators that the engine still runs.
 *
 * @retval AML_SUCCESS  One aml_init() is undone.
 * @retval -AML_EINVAL  No aml_init() is left to undo.
 * @retval -AML_EBUSY  The call would be the last one, and it is made inside an operator that
 *   aml_dma_linux runs. Nothing has changed.
 */
int aml_finalize(void);

/** @} */

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif /* AML_H */
