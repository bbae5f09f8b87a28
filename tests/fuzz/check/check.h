/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Replaces Check's header where files of tests/support are part of a fuzz target. A failed
 * assertion aborts the program, which the fuzzer reports as a failing input.
 */
#ifndef TESTS_FUZZ_CHECK_CHECK_H
#define TESTS_FUZZ_CHECK_CHECK_H

#include <stdio.h>
#include <stdlib.h>

typedef struct Suite Suite;
typedef struct TTest TTest;

#define ck_assert_msg(condition, ...)                                                   \
	do {                                                                            \
		if (!(condition)) {                                                     \
			fprintf(stderr, "%s:%d: %s: ", __FILE__, __LINE__, #condition); \
			fprintf(stderr, __VA_ARGS__);                                   \
			fputc('\n', stderr);                                            \
			abort();                                                        \
		}                                                                       \
	} while (0)
#define ck_assert(condition) ck_assert_msg(condition, "the assertion failed")
#define ck_abort_msg(...) ck_assert_msg(0, __VA_ARGS__)
#define ck_assert_int_eq(a, b) \
	ck_assert_msg((a) == (b), "%jd is not %jd", (intmax_t)(a), (intmax_t)(b))
#define ck_assert_uint_eq(a, b) \
	ck_assert_msg((a) == (b), "%ju is not %ju", (uintmax_t)(a), (uintmax_t)(b))

#endif /* TESTS_FUZZ_CHECK_CHECK_H */
