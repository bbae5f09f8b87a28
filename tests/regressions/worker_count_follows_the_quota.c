/* SPDX-License-Identifier: BSD-3-Clause */
/* aml_dma_linux had one worker for each CPU of the mask, even if a CPU quota allowed fewer. */
#include <sys/stat.h>

#include "gate.h"
#include "suite.h"

static char root[] = "quota.XXXXXX";

/* A path below the folder that the test build of the library uses instead of "/". */
static const char *below(const char *path)
{
	static char full[200];

	ck_assert_int_lt(snprintf(full, sizeof(full), "%s/%s", root, path), sizeof(full));
	return full;
}

static void make_file(const char *path, const char *text)
{
	FILE *file = fopen(below(path), "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(text, file), 0);
	ck_assert_int_eq(fclose(file), 0);
}

/* Contract: INIT-6. */
START_TEST(one_for_each_cpu_of_the_quota)
{
	static const char *const folders[] = {"", "proc", "proc/self", "groups", "groups/mine"};
	static const char *const files[] = {"proc/self/cgroup", "proc/self/mountinfo",
					    "groups/mine/cpu.max"};

	ck_assert_ptr_nonnull(mkdtemp(root));
	for (size_t i = 1; i < 5; i++)
		ck_assert_int_eq(mkdir(below(folders[i]), 0777), 0);
	make_file(files[0], "0::/mine\n");
	make_file(files[1], "31 23 0:28 / /groups rw - cgroup2 cgroup2 rw\n");
	make_file(files[2], "50000 100000\n");
	ck_assert_int_eq(setenv("AML_TEST_ROOT", root, 1), 0);
	ck_assert_int_eq(unsetenv("AML_DMA_NUM_THREADS"), 0);
	ck_assert_int_eq(aml_init(NULL, NULL), 0);
	expect_workers(1);
	ck_assert_int_eq(aml_finalize(), 0);
	ck_assert_int_eq(setenv("AML_DMA_NUM_THREADS", "5", 1), 0);
	ck_assert_int_eq(aml_init(NULL, NULL), 0);
	expect_workers(5);
	ck_assert_int_eq(aml_finalize(), 0);
	for (size_t i = 0; i < 3; i++)
		ck_assert_int_eq(remove(below(files[i])), 0);
	for (size_t i = 5; i-- > 0;)
		ck_assert_int_eq(remove(below(folders[i])), 0);
}
END_TEST

SUITE("regressions/worker_count_follows_the_quota", one_for_each_cpu_of_the_quota)
