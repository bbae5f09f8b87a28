/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file
 * Backends of AML. This library has none of them.
 */
#ifndef AML_UTILS_FEATURES_H
#define AML_UTILS_FEATURES_H

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/**
 * @defgroup aml_features Backends
 *
 * Backends of AML, all of which are absent.
 *
 * Programs written for AML ask which backends there are, and do without those that are absent. In
 * this library, all of them are absent, at compile time and at run time: it needs none for copies
 * on the host.
 *
 * @code
 * #if AML_HAVE_BACKEND_CUDA
 *         if (aml_support_backends(AML_BACKEND_CUDA))
 *                 use_the_device();
 * #endif
 * @endcode
 * @{
 */

/** Whether the library was built for libnuma: 0. */
#define AML_HAVE_BACKEND_LIBNUMA 0
/** Whether the library was built for CUDA: 0. */
#define AML_HAVE_BACKEND_CUDA 0
/** Whether the library was built for OpenCL: 0. */
#define AML_HAVE_BACKEND_OPENCL 0
/** Whether the library was built for hwloc: 0. */
#define AML_HAVE_BACKEND_HWLOC 0
/** Whether the library was built for Level Zero: 0. */
#define AML_HAVE_BACKEND_ZE 0
/** Whether the library was built for HIP: 0. */
#define AML_HAVE_BACKEND_HIP 0
/** Whether the library was built for MPI: 0. */
#define AML_HAVE_BACKEND_MPI 0

/** libnuma, in a set of backends. */
#define AML_BACKEND_LIBNUMA (1UL << 1)
/** CUDA, in a set of backends. */
#define AML_BACKEND_CUDA (1UL << 2)
/** hwloc, in a set of backends. */
#define AML_BACKEND_HWLOC (1UL << 3)
/** OpenCL, in a set of backends. */
#define AML_BACKEND_OPENCL (1UL << 4)
/** Level Zero, in a set of backends. */
#define AML_BACKEND_ZE (1UL << 5)
/** HIP, in a set of backends. */
#define AML_BACKEND_HIP (1UL << 6)
/** MPI, in a set of backends. */
#define AML_BACKEND_MPI (1UL << 7)

/**
 * Report whether all backends of a set can be used.
 *
 * Thread-safe. Does not block.
 *
 * @param[in] backends  Some of AML_BACKEND_…, combined by `|`.
 * @retval 1  The set is empty.
 * @retval 0  The set names a backend: this library has none.
 */
int aml_support_backends(const unsigned long backends);

/** @} */

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif /* AML_UTILS_FEATURES_H */
