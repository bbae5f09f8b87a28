/* SPDX-License-Identifier: BSD-3-Clause */
/* AML's preinstantiated engine had 32 workers on any number of CPUs. */
#include <sched.h>

#include "gate.h"
#include "suite.h"

/* Contract: INIT-5. */
START_TEST(one_for_each_cpu_of_the_mask)
{
	cpu_set_t all, some;
	size_t most;

	ck_assert_int_eq(unsetenv("AML_DMA_NUM_THREADS"), 0);
	/* No CPU quota limits the number. */
	ck_assert_int_eq(setenv("AML_TEST_ROOT", "/dev/null", 1), 0);
	ck_assert_int_eq(sched_getaffinity(0, sizeof(all), &all), 0);
	most = (size_t)CPU_COUNT(&all);
	CPU_ZERO(&some);
	for (size_t cpu = 0, n = 0; cpu < CPU_SETSIZE && n < most && n < 4; cpu++) {
		if (!CPU_ISSET(cpu, &all))
			continue;
		CPU_SET(cpu, &some);
		n++;
		ck_assert_int_eq(sched_setaffinity(0, sizeof(some), &some), 0);
		ck_assert_int_eq(aml_init(NULL, NULL), 0);
		expect_workers(n);
		ck_assert_int_eq(aml_finalize(), 0);
	}
	ck_assert_int_eq(sched_setaffinity(0, sizeof(all), &all), 0);
}
END_TEST

SUITE("regressions/worker_count_follows_the_affinity", one_for_each_cpu_of_the_mask)
