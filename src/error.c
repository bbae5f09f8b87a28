/* SPDX-License-Identifier: BSD-3-Clause */
/* Error codes and their texts. */
#include <pthread.h>
#include <stdio.h>

#include <aml/utils/error.h>

__thread int aml_errno;

static const char *const error_texts[AML_ERROR_MAX] = {
	[AML_SUCCESS] = "Success",
	[AML_FAILURE] = "Failure",
	[AML_ENOMEM] = "Out of memory or threads",
	[AML_EINVAL] = "Invalid argument",
	[AML_EDOM] = "Value out of its domain",
	[AML_ENOTSUP] = "Operation not supported",
	[AML_EBUSY] = "Resource busy",
	[AML_EPERM] = "Operation not permitted",
};

const char *aml_strerror(const int err)
{
	/* This check comes before the negation, because -INT_MIN does not exist. */
	if (err <= -AML_ERROR_MAX || err >= AML_ERROR_MAX)
		return "Not an error code";
	return error_texts[err < 0 ? -err : err];
}

void aml_perror(const char *msg)
{
	const char *text = aml_strerror(aml_errno);
	int cancel_state;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
	if (msg != NULL && *msg != '\0')
		fprintf(stderr, "%s: %s\n", msg, text);
	else
		fprintf(stderr, "%s\n", text);
	pthread_setcancelstate(cancel_state, NULL);
}
