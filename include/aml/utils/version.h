/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file
 * The version of libaml-dma: of the headers at compile time (the macros), of the library at run
 * time (the variables). It is this library's own version and says nothing of AML's. `configure`
 * and the build take it from here.
 */
#ifndef AML_UTILS_VERSION_H
#define AML_UTILS_VERSION_H

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

#define AML_VERSION_MAJOR 0
#define AML_VERSION_MINOR 1
#define AML_VERSION_PATCH 0
/** What tells builds of one version apart; empty in a release. */
#define AML_VERSION_REVISION ""
#define AML_VERSION_STRING "0.1.0"

/** AML_VERSION_MAJOR of the library that runs. */
extern const int aml_version_major;
/** AML_VERSION_MINOR of the library that runs. */
extern const int aml_version_minor;
/** AML_VERSION_PATCH of the library that runs. */
extern const int aml_version_patch;
/** AML_VERSION_REVISION of the library that runs. */
extern const char *aml_version_revision;
/** AML_VERSION_STRING of the library that runs. */
extern const char *aml_version_string;

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif /* AML_UTILS_VERSION_H */
