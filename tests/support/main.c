/* SPDX-License-Identifier: BSD-3-Clause */
/* The main() of every test program: runs the suite under Check's environment variables. */
#include <stdlib.h>

#include "suite.h"

Suite *suite_of(const char *name, size_t n, const TTest *const *tests)
{
	Suite *suite = suite_create(name);

	for (size_t i = 0; i < n; i++) {
		TCase *tcase = tcase_create(tests[i]->name);

		tcase_set_timeout(tcase, TEST_SECONDS);
		tcase_add_test(tcase, tests[i]);
		suite_add_tcase(suite, tcase);
	}
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(make_suite());
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
