/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file
 * Error codes and their texts.
 */
#ifndef AML_UTILS_ERROR_H
#define AML_UTILS_ERROR_H

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/**
 * @defgroup aml_errors Errors
 *
 * The codes that functions return, and their texts.
 *
 * A function that returns an int returns AML_SUCCESS or a negative code, such as `-AML_EINVAL`. A
 * function that returns a pointer or a size returns NULL or 0, and stores the positive code in
 * aml_errno. On an error, every output is as it was before the call, and nothing is leaked.
 *
 * @code
 * int err = aml_dma_barrier(aml_dma_linux);
 * if (err != AML_SUCCESS)
 *         fprintf(stderr, "barrier: %s\n", aml_strerror(err));
 *
 * struct aml_sched *sched = aml_queue_sched_create(4);
 * if (sched == NULL)
 *         aml_perror("scheduler");
 * @endcode
 * @{
 */

/** Success. */
#define AML_SUCCESS 0
/** A failure that has no code of its own. */
#define AML_FAILURE 1
/** Out of memory, or of another resource such as threads. */
#define AML_ENOMEM 2
/** An argument is invalid, by itself or together with the others. */
#define AML_EINVAL 3
/** A value is out of its domain. */
#define AML_EDOM 4
/** The object does not have this operation. */
#define AML_ENOTSUP 5
/** The call would wait for its own caller, or another thread already waits. */
#define AML_EBUSY 6
/** The operation is not permitted. */
#define AML_EPERM 7
/** One more than the largest code. */
#define AML_ERROR_MAX 8

/**
 * The code of the last call in this thread that failed and could not return the code: one of
 * AML_E…, positive. A call that succeeds does not change aml_errno.
 */
extern __thread int aml_errno;

/**
 * Return the text of a code.
 *
 * Thread-safe. Does not block.
 *
 * @param[in] err  A code of this header, positive or negative.
 * @return A constant English text, never NULL. For a number that is not a code, the text says so.
 */
const char *aml_strerror(const int err);

/**
 * Print a line to stderr: a message, a colon, and the text of aml_errno.
 *
 * Thread-safe. Blocks as long as the write to stderr does.
 *
 * @param[in] msg  The message. If `msg` is NULL or empty, the line is only the text.
 */
void aml_perror(const char *msg);

/** @} */

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif /* AML_UTILS_ERROR_H */
