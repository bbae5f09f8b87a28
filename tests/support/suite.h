/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A test program is a file of tests, START_TEST … END_TEST, and one SUITE line that names all of
 * them. support/main.c has its main(). Each test runs in a process of its own, and fails after
 * TEST_SECONDS. CK_TIMEOUT_MULTIPLIER in the environment multiplies this limit for slow tools.
 */
#ifndef TESTS_SUPPORT_SUITE_H
#define TESTS_SUPPORT_SUITE_H

#include <check.h>
#include <stddef.h>

#define TEST_SECONDS 20

/* Defined by SUITE in the file of the test program. */
Suite *make_suite(void);

/* Make a suite of these tests. */
Suite *suite_of(const char *name, size_t n, const TTest *const *tests);

#define SUITE(name, ...)                                                      \
	Suite *make_suite(void)                                               \
	{                                                                     \
		const TTest *const tests[] = {__VA_ARGS__};                   \
		return suite_of(name, sizeof(tests) / sizeof(*tests), tests); \
	}

#endif /* TESTS_SUPPORT_SUITE_H */
