/* SPDX-License-Identifier: BSD-3-Clause */
/* aml/utils/error.h and version.h: codes, texts, aml_errno, aml_perror() and versions. */
#include <aml.h>
#include <aml/layout/dense.h>
#include <limits.h>

#include "suite.h"

/* Contract: ERROR-8. */
START_TEST(each_code_has_a_text_of_its_own)
{
	for (int a = 0; a < AML_ERROR_MAX; a++) {
		ck_assert_ptr_nonnull(aml_strerror(a));
		ck_assert_uint_gt(strlen(aml_strerror(a)), 0);
		for (int b = 0; b < a; b++)
			ck_assert_str_ne(aml_strerror(a), aml_strerror(b));
	}
}
END_TEST

/* Contract: ERROR-8. */
START_TEST(the_sign_of_a_code_does_not_matter)
{
	for (int code = 0; code < AML_ERROR_MAX; code++)
		ck_assert_str_eq(aml_strerror(code), aml_strerror(-code));
}
END_TEST

/* Contract: ERROR-8. */
START_TEST(a_number_that_is_no_code_gets_a_text_that_is_no_code_s)
{
	const int numbers[] = {AML_ERROR_MAX, -AML_ERROR_MAX, 1000, -1000, INT_MAX, INT_MIN};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		const char *text = aml_strerror(numbers[i]);

		ck_assert_ptr_nonnull(text);
		ck_assert_uint_gt(strlen(text), 0);
		for (int code = 0; code < AML_ERROR_MAX; code++)
			ck_assert_str_ne(text, aml_strerror(code));
	}
}
END_TEST

/* Contract: ERROR-1. */
START_TEST(errno_is_positive_and_success_leaves_it_alone)
{
	struct aml_layout *layout = NULL;
	size_t dim = 1;
	char byte = 0;

	aml_errno = 0;
	ck_assert_ptr_null(aml_layout_rawptr(NULL));
	ck_assert_int_eq(aml_errno, AML_EINVAL);

	aml_errno = AML_EDOM;
	ck_assert_int_eq(aml_layout_dense_create(&layout, &byte, 0, 1, 1, &dim, NULL, NULL), 0);
	ck_assert_ptr_eq(aml_layout_rawptr(layout), &byte);
	ck_assert_int_eq(aml_errno, AML_EDOM);
	aml_layout_destroy(&layout);
}
END_TEST

static void *fail_here(void *seen)
{
	*(int *)seen = aml_errno;
	aml_errno = AML_EPERM;
	return NULL;
}

/* Contract: ERROR-1. */
START_TEST(errno_is_each_thread_s_own)
{
	pthread_t thread;
	int seen = -1;

	aml_errno = AML_EDOM;
	ck_assert_int_eq(pthread_create(&thread, NULL, fail_here, &seen), 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_int_eq(seen, AML_SUCCESS);
	ck_assert_int_eq(aml_errno, AML_EDOM);
}
END_TEST

/* Store what aml_perror(msg) writes to stderr. */
static void perror_text(const char *msg, char *text, size_t room)
{
	FILE *file = tmpfile();
	int saved = dup(STDERR_FILENO);
	size_t length;

	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(saved, 0);
	fflush(stderr);
	ck_assert_int_ge(dup2(fileno(file), STDERR_FILENO), 0);
	aml_perror(msg);
	fflush(stderr);
	ck_assert_int_ge(dup2(saved, STDERR_FILENO), 0);
	close(saved);
	rewind(file);
	length = fread(text, 1, room - 1, file);
	text[length] = '\0';
	fclose(file);
}

/* Contract: ERROR-8. */
START_TEST(perror_prints_the_message_and_the_text)
{
	char text[256], expected[256];

	aml_errno = AML_ENOTSUP;
	perror_text("copying", text, sizeof(text));
	snprintf(expected, sizeof(expected), "copying: %s\n", aml_strerror(AML_ENOTSUP));
	ck_assert_str_eq(text, expected);
	ck_assert_int_eq(aml_errno, AML_ENOTSUP);
}
END_TEST

/* Contract: ERROR-8. */
START_TEST(perror_without_a_message_prints_the_text_alone)
{
	char text[256], expected[256];

	aml_errno = AML_EBUSY;
	snprintf(expected, sizeof(expected), "%s\n", aml_strerror(AML_EBUSY));
	perror_text(NULL, text, sizeof(text));
	ck_assert_str_eq(text, expected);
	perror_text("", text, sizeof(text));
	ck_assert_str_eq(text, expected);
}
END_TEST

/* Contract: ERROR-8. */
START_TEST(perror_takes_percent_signs_as_they_are)
{
	char text[256], expected[256];

	aml_errno = AML_EINVAL;
	perror_text("100%s%n", text, sizeof(text));
	snprintf(expected, sizeof(expected), "100%%s%%n: %s\n", aml_strerror(AML_EINVAL));
	ck_assert_str_eq(text, expected);
}
END_TEST

/* Contract: NAME-6. */
START_TEST(the_version_is_the_same_in_the_headers_and_in_the_library)
{
	char start[64];

	ck_assert_int_eq(aml_version_major, AML_VERSION_MAJOR);
	ck_assert_int_eq(aml_version_minor, AML_VERSION_MINOR);
	ck_assert_int_eq(aml_version_patch, AML_VERSION_PATCH);
	ck_assert_str_eq(aml_version_revision, AML_VERSION_REVISION);
	ck_assert_str_eq(aml_version_string, AML_VERSION_STRING);
	snprintf(start, sizeof(start), "%d.%d.%d", aml_version_major, aml_version_minor,
		 aml_version_patch);
	ck_assert_int_eq(strncmp(aml_version_string, start, strlen(start)), 0);
}
END_TEST

SUITE("error", each_code_has_a_text_of_its_own, the_sign_of_a_code_does_not_matter,
      a_number_that_is_no_code_gets_a_text_that_is_no_code_s,
      errno_is_positive_and_success_leaves_it_alone, errno_is_each_thread_s_own,
      perror_prints_the_message_and_the_text, perror_without_a_message_prints_the_text_alone,
      perror_takes_percent_signs_as_they_are,
      the_version_is_the_same_in_the_headers_and_in_the_library)
