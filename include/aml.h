/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file
 * libaml-dma: asynchronous copies between memory layouts on a host.
 *
 * This header brings in everything but the headers of particular layouts and engines
 * (`aml/layout/dense.h`, `aml/layout/pad.h`, `aml/layout/reshape.h`, `aml/layout/native.h`,
 * `aml/dma/linux.h`), and the standard headers that programs written for AML expect of it.
 *
 * Any thread may call any function of the library at any time, unless its description says
 * otherwise. No function may be called in a signal handler, which may have interrupted the library
 * and would then wait for a lock of its own thread.
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
#include <aml/layout.h>
#include <aml/utils/async.h>
#include <aml/utils/error.h>
#include <aml/utils/version.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/**
 * Start the library: create the engine `aml_dma_linux` of `aml/dma/linux.h`.
 *
 * Calls are counted: after n of them the engine lives until the n-th aml_finalize(). It has as
 * many workers as the environment variable AML_DMA_NUM_THREADS says (a decimal number, 0
 * allowed). Without the variable it has a worker for each CPU of the calling thread's affinity
 * mask, but no more than the CPU quota of the process's control groups has CPUs, rounded up.
 *
 * @param argc [in] The program's, or NULL; not used.
 * @param argv [in] The program's, or NULL; not used.
 * @return AML_SUCCESS;
 *         -AML_EINVAL if AML_DMA_NUM_THREADS is set and no number;
 *         -AML_ENOMEM if memory or threads are short.
 *
 * May be called from any thread.
 */
int aml_init(int *argc, char **argv[]);

/**
 * Undo one aml_init(). The last call finishes what `aml_dma_linux` has queued, destroys it and
 * sets it to NULL; then aml_init() works again.
 *
 * @return AML_SUCCESS;
 *         -AML_EINVAL without an aml_init() to undo;
 *         -AML_EBUSY if it is the last call, from inside an operator that
 *         `aml_dma_linux` runs.
 *
 * May be called from any thread. A program may exit without it.
 */
int aml_finalize(void);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif /* AML_H */
