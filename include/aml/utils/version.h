/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file
 * The version of libaml-dma.
 */
#ifndef AML_UTILS_VERSION_H
#define AML_UTILS_VERSION_H

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/**
 * @defgroup aml_versions Version
 *
 * The version of the headers, and that of the running library.
 *
 * The macros are the version of the headers that a program was compiled with. The variables are
 * the version of the library that the program runs with. Both are libaml-dma's own version, not a
 * version of AML. `configure` and the build read the version from this header.
 *
 * @code
 * if (aml_version_major != AML_VERSION_MAJOR)
 *         fprintf(stderr, "compiled with libaml-dma %s, running with %s\n",
 *                 AML_VERSION_STRING, aml_version_string);
 * @endcode
 * @{
 */

/** The major version. */
#define AML_VERSION_MAJOR 0
/** The minor version. */
#define AML_VERSION_MINOR 2
/** The patch level. */
#define AML_VERSION_PATCH 0
/** A text that distinguishes builds of one version. Empty in a release. */
#define AML_VERSION_REVISION ""
/** The whole version as a text. */
#define AML_VERSION_STRING "0.2.0"

/** AML_VERSION_MAJOR of the running library. */
extern const int aml_version_major;
/** AML_VERSION_MINOR of the running library. */
extern const int aml_version_minor;
/** AML_VERSION_PATCH of the running library. */
extern const int aml_version_patch;
/** AML_VERSION_REVISION of the running library. */
extern const char *aml_version_revision;
/** AML_VERSION_STRING of the running library. */
extern const char *aml_version_string;

/** @} */

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif /* AML_UTILS_VERSION_H */
