/* SPDX-License-Identifier: BSD-3-Clause */
/* AML's aml_errno was one variable for all threads, and contained negative codes. */
#include "gate.h"
#include "suite.h"

/* Fail with AML_ENOTSUP in this thread, and check aml_errno before and after. */
static int fail_here(struct call *call)
{
	static struct aml_sched_ops none;
	struct aml_sched lacking = {NULL, &none};

	NEED(aml_errno == 0);
	NEED(aml_sched_wait_any(&lacking) == NULL);
	NEED(aml_errno == AML_ENOTSUP);
	(void)call;
	return 0;
}

/* Contract: ERROR-1. */
START_TEST(each_thread_has_its_own_positive_code)
{
	struct call call = {.fn = fail_here};

	ck_assert_ptr_null(aml_sched_wait_any(NULL));
	ck_assert_int_eq(aml_errno, AML_EINVAL);
	call_begin(&call);
	ck_assert_int_eq(call_end(&call), 0);
	ck_assert_int_eq(aml_errno, AML_EINVAL);
}
END_TEST

SUITE("regressions/errno_is_positive_and_per_thread", each_thread_has_its_own_positive_code)
