/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file
 * Error codes, and their texts.
 *
 * A function that returns an int returns AML_SUCCESS or a negative code (`-AML_EINVAL`). A
 * function that returns a pointer or a size returns NULL or 0 and leaves the positive code in
 * aml_errno. On an error every output argument is as it was before the call, and nothing is
 * leaked.
 */
#ifndef AML_UTILS_ERROR_H
#define AML_UTILS_ERROR_H

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/** All went well. */
#define AML_SUCCESS 0
/** It failed, for a reason that has no code of its own. */
#define AML_FAILURE 1
/** Out of memory, or of another resource such as threads. */
#define AML_ENOMEM 2
/** An argument is not valid, alone or together with the others. */
#define AML_EINVAL 3
/** A value is out of its domain. */
#define AML_EDOM 4
/** The object does not have this operation. */
#define AML_ENOTSUP 5
/** The call would wait for its own caller, or somebody else already waits. */
#define AML_EBUSY 6
/** The operation is not permitted. */
#define AML_EPERM 7
/** One more than the largest code. */
#define AML_ERROR_MAX 8

/**
 * The code of the last call that failed in this thread without an int to return it in:
 * positive, an AML_E… code. A call that succeeds leaves it alone.
 */
extern __thread int aml_errno;

/**
 * The text of a code.
 *
 * @param err [in] A code of this header, positive or negative.
 * @return A constant text in English, never NULL; a number that is no code gets a text that
 * says so.
 *
 * May be called from any thread, never blocks.
 */
const char *aml_strerror(const int err);

/**
 * Print a message, a colon and the text of aml_errno as a line to stderr.
 *
 * @param msg [in] What failed. NULL or "": the text of the code alone.
 */
void aml_perror(const char *msg);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif /* AML_UTILS_ERROR_H */
