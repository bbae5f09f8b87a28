/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The number of CPUs for the program, from the affinity mask and from the CPU quota of control
 * groups. The test build of the library reads the files of control groups below a folder that the
 * test makes.
 */
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "machine/cpus.h"
#include "suite.h"
#include "tree.h"

/* The number of CPUs in the mask that the library sees. 0: the real mask. */
static size_t mask;

int __real_sched_getaffinity(pid_t pid, size_t size, cpu_set_t *cpus);
int __wrap_sched_getaffinity(pid_t pid, size_t size, cpu_set_t *cpus);

int __wrap_sched_getaffinity(pid_t pid, size_t size, cpu_set_t *cpus)
{
	if (mask == 0)
		return __real_sched_getaffinity(pid, size, cpus);
	CPU_ZERO_S(size, cpus);
	for (size_t i = 0; i < mask; i++)
		CPU_SET_S(i, size, cpus);
	return 0;
}

struct tree {
	const char *name;
	/* The text of /proc/self/cgroup and of /proc/self/mountinfo, or NULL if it is missing. */
	const char *groups, *mounts;
	/* If the text is NULL, only the folders of the path are made. */
	struct {
		const char *path, *text;
	} files[6];
	/* The number of CPUs in the mask, and the expected result. */
	size_t mask, cpus;
};

#define V2(root, point)              \
	"31 23 0:28 " root " " point \
	" rw,relatime shared:4 master:1 - cgroup2 cgroup2 rw,nsdelegate\n"
#define V1(root, point, controllers) \
	"33 31 0:30 " root " " point " rw,relatime - cgroup cgroup rw," controllers "\n"
#define OTHERS                                                    \
	"23 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n" \
	"24 23 0:5 / /sys rw - sysfs sysfs rw\n"                  \
	"garbage\n\n - \n1 2 3 - cgroup2 cgroup2 rw\n1 2 3 / /short - cgroup2\n"
#define FS "/sys/fs/cgroup"
#define V2_FS V2("/", FS)
#define V1_FS V1("/", FS "/cpu", "cpu")
#define MAX "/cpu.max"
#define QUOTA "/cpu.cfs_quota_us"
#define PERIOD "/cpu.cfs_period_us"

static const struct tree trees[] = {
	{"no files", NULL, NULL, {{0}}, 5, 5},
	{"no mounts", "0::/a\n", NULL, {{FS "/a" MAX, "200000 100000\n"}}, 5, 5},
	{"no groups", NULL, V2_FS, {{FS MAX, "200000 100000\n"}}, 5, 5},
	{"other mounts", "0::/a\n", OTHERS, {{FS "/a" MAX, "200000 100000\n"}}, 5, 5},

	/* Version 2. */
	{"no quota", "0::/a\n", OTHERS V2_FS, {{FS "/a" MAX, "max 100000\n"}}, 5, 5},
	{"no quota file", "0::/a\n", OTHERS V2_FS, {{FS "/a/", NULL}}, 5, 5},
	{"a quota", "0::/a\n", OTHERS V2_FS, {{FS "/a" MAX, "200000 100000\n"}}, 5, 2},
	{"a quota of the root group", "0::/\n", V2_FS, {{FS MAX, "200000 100000\n"}}, 5, 2},
	{"half a CPU", "0::/a\n", V2_FS, {{FS "/a" MAX, "50000 100000\n"}}, 5, 1},
	{"one and a half", "0::/a\n", V2_FS, {{FS "/a" MAX, "150000 100000\n"}}, 5, 2},
	{"a little more than two", "0::/a\n", V2_FS, {{FS "/a" MAX, "200001 100000\n"}}, 5, 3},
	{"another period", "0::/a\n", V2_FS, {{FS "/a" MAX, "50000 20000\n"}}, 5, 3},
	{"above the mask", "0::/a\n", V2_FS, {{FS "/a" MAX, "6400000 100000\n"}}, 5, 5},
	{"as the mask", "0::/a\n", V2_FS, {{FS "/a" MAX, "500000 100000\n"}}, 5, 5},
	{"a mask of one", "0::/a\n", V2_FS, {{FS "/a" MAX, "200000 100000\n"}}, 1, 1},
	{"a mask of one, and less", "0::/a\n", V2_FS, {{FS "/a" MAX, "1000 100000\n"}}, 1, 1},
	{"a large mask", "0::/a\n", V2_FS, {{FS "/a" MAX, "10000000 100000\n"}}, 500, 100},
	{"the smallest quota at the top",
	 "0::/a/b/c\n",
	 V2_FS,
	 {{FS "/a/b/c" MAX, "900000 100000\n"},
	  {FS "/a/b" MAX, "max 100000\n"},
	  {FS "/a" MAX, "300000 100000\n"}},
	 64,
	 3},
	{"the smallest quota in the middle",
	 "0::/a/b/c\n",
	 V2_FS,
	 {{FS "/a/b/c" MAX, "900000 100000\n"},
	  {FS "/a/b" MAX, "400000 100000\n"},
	  {FS "/a" MAX, "800000 100000\n"},
	  {FS MAX, "700000 100000\n"}},
	 64,
	 4},
	{"the smallest quota at the bottom",
	 "0::/a/b/c\n",
	 V2_FS,
	 {{FS "/a/b/c" MAX, "200000 100000\n"}, {FS "/a" MAX, "300000 100000\n"}},
	 64,
	 2},
	{"the smallest quota at the mount point",
	 "0::/a/b\n",
	 V2_FS,
	 {{FS "/a/b" MAX, "900000 100000\n"}, {FS MAX, "300000 100000\n"}},
	 64,
	 3},
	{"a quota above the mount point does not count",
	 "0::/a\n",
	 V2_FS,
	 {{FS "/a" MAX, "900000 100000\n"}, {"/sys/fs" MAX, "100000 100000\n"}},
	 64,
	 9},
	{"quotas of other groups do not count",
	 "0::/a/b\n",
	 V2_FS,
	 {{FS "/a/c" MAX, "100000 100000\n"},
	  {FS "/a/b/c" MAX, "100000 100000\n"},
	  {FS "/b" MAX, "100000 100000\n"}},
	 64,
	 64},

	/* Mounts that show only a part of the groups. */
	{"a container that sees the groups outside",
	 "0::/docker/abc\n",
	 V2("/docker/abc", FS),
	 {{FS MAX, "200000 100000\n"}, {FS "/docker/abc" MAX, "100000 100000\n"}},
	 64,
	 2},
	{"a group within a container",
	 "0::/docker/abc/in/side\n",
	 V2("/docker/abc", FS),
	 {{FS "/in/side" MAX, "400000 100000\n"},
	  {FS "/in" MAX, "300000 100000\n"},
	  {FS MAX, "900000 100000\n"}},
	 64,
	 3},
	{"a name that only begins like the root",
	 "0::/docker/abcd\n",
	 V2("/docker/abc", FS),
	 {{FS MAX, "200000 100000\n"}, {FS "d" MAX, "100000 100000\n"}},
	 64,
	 2},
	{"outside of the mount's root",
	 "0::/other\n",
	 V2("/docker/abc", FS),
	 {{FS MAX, "200000 100000\n"}, {FS "/other" MAX, "100000 100000\n"}},
	 64,
	 2},
	{"a namespace", "0::/\n", V2("/", FS), {{FS MAX, "200000 100000\n"}}, 64, 2},
	{"a namespace, mounted from above",
	 "0::/\n",
	 V2("/../..", FS),
	 {{FS MAX, "200000 100000\n"}},
	 64,
	 2},
	{"a group outside of the namespace",
	 "0::/../side\n",
	 V2("/", FS "/self"),
	 {{FS "/self" MAX, "200000 100000\n"}, {FS "/side" MAX, "100000 100000\n"}},
	 64,
	 2},
	{"a group in the root outside of the namespace",
	 "0::/../side\n",
	 V2("/..", FS),
	 {{FS "/side" MAX, "200000 100000\n"}, {FS MAX, "300000 100000\n"}},
	 64,
	 2},
	{"a group outside of the root outside of the namespace",
	 "0::/../../side\n",
	 V2("/..", FS),
	 {{FS MAX, "200000 100000\n"}, {"/sys/fs/side" MAX, "100000 100000\n"}},
	 64,
	 2},
	{"dots within a name do not lead upwards",
	 "0::/..a/b..\n",
	 V2_FS,
	 {{FS "/..a/b.." MAX, "200000 100000\n"}},
	 64,
	 2},
	{"another mount with another group",
	 "0::/mine\n",
	 V2("/others", "/container") V2_FS V2("/others", "/container"),
	 {{"/container" MAX, "100000 100000\n"}, {FS "/mine" MAX, "200000 100000\n"}},
	 64,
	 2},
	{"another mount with another group, and no quota",
	 "0::/mine\n",
	 V2("/others", "/container") V2_FS,
	 {{"/container" MAX, "100000 100000\n"}},
	 64,
	 64},
	{"two mounts that have the group",
	 "0::/a/b\n",
	 V2("/a", "/part") V2_FS,
	 {{"/part/b" MAX, "300000 100000\n"}, {FS "/a" MAX, "200000 100000\n"}},
	 64,
	 2},
	{"odd characters",
	 "0::/a b\\c/d\n",
	 V2("/a\\040b\\134c", "/my\\040groups\\011\\012\\134101"),
	 {{"/my groups\t\n\\101/d" MAX, "200000 100000\n"}},
	 64,
	 2},
	{"backslashes that are not escapes",
	 "0::/a\n",
	 V2("/", "/x\\04\\9"),
	 {{"/x\\04\\9/a" MAX, "200000 100000\n"}},
	 64,
	 2},
	{"no line feed after the last line",
	 "0::/a",
	 "31 23 0:28 / " FS " rw - cgroup2 cgroup2 rw",
	 {{FS "/a" MAX, "200000 100000"}},
	 64,
	 2},

	/* Version 1. */
	{"version 1",
	 "3:cpuset:/s\n2:cpu:/a\n1:memory:/m\n",
	 OTHERS V1("/", FS "/cpuset", "cpuset") V1_FS,
	 {{FS "/cpu/a" QUOTA, "200000\n"}, {FS "/cpu/a" PERIOD, "100000\n"}},
	 64,
	 2},
	{"version 1, no quota",
	 "2:cpu:/a\n",
	 V1_FS,
	 {{FS "/cpu/a" QUOTA, "-1\n"}, {FS "/cpu/a" PERIOD, "100000\n"}},
	 64,
	 64},
	{"version 1, no period", "2:cpu:/a\n", V1_FS, {{FS "/cpu/a" QUOTA, "200000\n"}}, 64, 64},
	{"version 1, cpu,cpuacct",
	 "2:cpu,cpuacct:/a\n",
	 V1("/", FS "/cpu,cpuacct", "cpu,cpuacct"),
	 {{FS "/cpu,cpuacct/a" QUOTA, "250000\n"}, {FS "/cpu,cpuacct/a" PERIOD, "100000\n"}},
	 64,
	 3},
	{"version 1, cpuacct,cpu",
	 "2:cpuacct,cpu:/a\n",
	 V1("/", FS "/cpuacct,cpu", "cpuacct,cpu"),
	 {{FS "/cpuacct,cpu/a" QUOTA, "250000\n"}, {FS "/cpuacct,cpu/a" PERIOD, "100000\n"}},
	 64,
	 3},
	{"version 1, without the controller",
	 "2:cpuacct,cpuset:/a\n1:name=cpu:/a\n",
	 V1("/", FS "/cpu", "cpuacct,cpuset"),
	 {{FS "/cpu/a" QUOTA, "200000\n"}, {FS "/cpu/a" PERIOD, "100000\n"}},
	 64,
	 64},
	{"version 1, nested",
	 "2:cpu:/a/b\n",
	 V1_FS,
	 {{FS "/cpu/a/b" QUOTA, "900000\n"},
	  {FS "/cpu/a/b" PERIOD, "100000\n"},
	  {FS "/cpu/a" QUOTA, "40000\n"},
	  {FS "/cpu/a" PERIOD, "10000\n"},
	  {FS "/cpu" QUOTA, "-1\n"},
	  {FS "/cpu" PERIOD, "100000\n"}},
	 64,
	 4},
	{"version 1, a container that sees the groups outside",
	 "2:cpu:/docker/abc\n",
	 V1("/docker/abc", FS "/cpu", "cpu"),
	 {{FS "/cpu" QUOTA, "150000\n"}, {FS "/cpu" PERIOD, "100000\n"}},
	 64,
	 2},
	{"both, with the controller in version 1",
	 "2:cpu:/a\n0::/b\n",
	 V1_FS V2("/", FS "/unified"),
	 {{FS "/cpu/a" QUOTA, "200000\n"},
	  {FS "/cpu/a" PERIOD, "100000\n"},
	  {FS "/unified/b/", NULL}},
	 64,
	 2},
	{"both, with the controller in version 2",
	 "2:memory:/a\n0::/b\n",
	 V1("/", FS "/memory", "memory") V2("/", FS "/unified"),
	 {{FS "/unified/b" MAX, "300000 100000\n"}},
	 64,
	 3},
	{"both, with two quotas",
	 "2:cpu:/a\n0::/b\n",
	 V1_FS V2("/", FS "/unified"),
	 {{FS "/cpu/a" QUOTA, "500000\n"},
	  {FS "/cpu/a" PERIOD, "100000\n"},
	  {FS "/unified/b" MAX, "300000 100000\n"}},
	 64,
	 3},

	/* No valid quota. */
	{"a folder", "0::/a\n", V2_FS, {{FS "/a" MAX "/", NULL}}, 5, 5},
	{"malformed groups", "0\n\n:\nx:y\n0:/a\n", V2_FS, {{FS MAX, "200000 100000\n"}}, 5, 5},
};

static void build(const struct tree *tree)
{
	tree_create();
	if (tree->groups != NULL)
		tree_add("/proc/self/cgroup", tree->groups);
	if (tree->mounts != NULL)
		tree_add("/proc/self/mountinfo", tree->mounts);
	for (size_t i = 0; i < 6 && tree->files[i].path != NULL; i++)
		tree_add(tree->files[i].path, tree->files[i].text);
}

/* Contract: INIT-6. */
START_TEST(the_least_quota_around_the_process_s_group_limits_the_cpus)
{
	for (size_t i = 0; i < sizeof(trees) / sizeof(*trees); i++) {
		size_t cpus;

		build(&trees[i]);
		mask = trees[i].mask;
		cpus = machine_cpus();
		ck_assert_msg(cpus == trees[i].cpus, "%s: %zu, not %zu", trees[i].name, cpus,
			      trees[i].cpus);
		tree_remove();
	}
}
END_TEST

/* Contract: INIT-6. */
START_TEST(a_quota_that_is_malformed_is_none)
{
	static const char *const texts[] = {"",
					    "\n",
					    "max\n",
					    "200000\n",
					    "200000 \n",
					    "200000 0\n",
					    "0 100000\n",
					    " 200000 100000\n",
					    "200000  100000\n",
					    "200000 100000 \n",
					    "200000 100000 1\n",
					    "200000 max\n",
					    "-200000 100000\n",
					    "+200000 100000\n",
					    "2e5 100000\n",
					    "0x200 100\n",
					    "200000,100000\n",
					    "\n200000 100000\n",
					    "99999999999999999999999999 100000\n",
					    "18446744073709551616 100000\n",
					    "200000 99999999999999999999999999\n"};
	struct tree tree = {.groups = "2:cpu:/a\n0::/b\n", .mounts = V1_FS V2("/", FS "/unified")};

	mask = 64;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		tree.files[0].path = FS "/unified/b" MAX;
		tree.files[0].text = texts[i];
		tree.files[1].path = FS "/cpu/a" PERIOD;
		tree.files[1].text = "100000\n";
		/* In version 1, a single number is a valid quota. */
		if (strcmp(texts[i], "200000\n") != 0) {
			tree.files[2].path = FS "/cpu/a" QUOTA;
			tree.files[2].text = texts[i];
		} else {
			tree.files[2].path = NULL;
		}
		build(&tree);
		ck_assert_msg(machine_cpus() == 64, "\"%s\"", texts[i]);
		tree_remove();
	}
}
END_TEST

/* A text of n bytes after the prefix `with`. */
static char *long_text(const char *with, char c, size_t n)
{
	size_t length = strlen(with);
	char *text = malloc(length + n + 1);

	ck_assert_ptr_nonnull(text);
	memcpy(text, with, length);
	memset(text + length, c, n);
	text[length + n] = '\0';
	return text;
}

/* Contract: INIT-6. */
START_TEST(paths_and_lines_may_be_of_any_length)
{
	struct tree tree = {.files = {{FS MAX, "200000 100000\n"}}};
	char *group = long_text("0::", 'a', 100000), *mounts, *other;

	/* Each name in the path has 99 bytes. */
	for (size_t i = 3; group[i] != '\0'; i += 100)
		group[i] = '/';
	other = long_text("40 23 0:40 / /x rw - overlay overlay rw,lowerdir=", 'l', 200000);
	ck_assert_int_gt(asprintf(&mounts, "%s\n" V2_FS, other), 0);
	tree.groups = group;
	tree.mounts = mounts;
	build(&tree);
	mask = 64;
	ck_assert_uint_eq(machine_cpus(), 2);
	tree_remove();
	free(mounts);
	free(other);
	free(group);
}
END_TEST

/* Contract: INIT-6. */
START_TEST(a_group_in_deep_folders_is_found)
{
	struct tree tree = {.mounts = V2_FS};
	char *path = long_text(FS, 'a', 2000), *groups, *max;

	for (size_t i = strlen(FS); path[i] != '\0'; i += 100)
		path[i] = '/';
	ck_assert_int_gt(asprintf(&groups, "0::%s\n", path + strlen(FS)), 0);
	ck_assert_int_gt(asprintf(&max, "%s" MAX, path), 0);
	tree.groups = groups;
	tree.files[0].path = max;
	tree.files[0].text = "200000 100000\n";
	build(&tree);
	mask = 64;
	ck_assert_uint_eq(machine_cpus(), 2);
	tree_remove();
	free(max);
	free(groups);
	free(path);
}
END_TEST

static size_t count_descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	size_t n = 0;

	ck_assert_ptr_nonnull(folder);
	while (readdir(folder) != NULL)
		n++;
	ck_assert_int_eq(closedir(folder), 0);
	return n;
}

/* Contract: INIT-6. */
START_TEST(errno_and_descriptors_are_left_as_they_were)
{
	size_t before = count_descriptors();

	mask = 64;
	for (size_t i = 0; i < sizeof(trees) / sizeof(*trees); i++) {
		build(&trees[i]);
		errno = EDOM;
		(void)machine_cpus();
		ck_assert_int_eq(errno, EDOM);
		ck_assert_uint_eq(count_descriptors(), before);
		tree_remove();
	}
}
END_TEST

static void *count_cancelled(void *counted)
{
	pthread_cancel(pthread_self());
	*(size_t *)counted = machine_cpus();
	return NULL;
}

/* Contract: THREAD-3. */
START_TEST(a_thread_that_is_cancelled_counts_first)
{
	struct tree tree = {
		.groups = "0::/a\n", .mounts = V2_FS, .files = {{FS "/a" MAX, "200000 100000\n"}}};
	pthread_t thread;
	size_t counted = 0;

	build(&tree);
	mask = 64;
	ck_assert_int_eq(pthread_create(&thread, NULL, count_cancelled, &counted), 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_uint_eq(counted, 2);
	tree_remove();
}
END_TEST

/* The machine may have any quota. */
/* Contract: INIT-6. */
START_TEST(the_machine_s_own_files_are_read)
{
	cpu_set_t cpus;
	size_t all;

	ck_assert_int_eq(unsetenv("AML_TEST_ROOT"), 0);
	ck_assert_int_eq(sched_getaffinity(0, sizeof(cpus), &cpus), 0);
	all = (size_t)CPU_COUNT(&cpus);
	ck_assert_uint_ge(machine_cpus(), 1);
	ck_assert_uint_le(machine_cpus(), all);
	mask = 1;
	ck_assert_uint_eq(machine_cpus(), 1);
}
END_TEST

SUITE("machine/cpus", the_least_quota_around_the_process_s_group_limits_the_cpus,
      a_quota_that_is_malformed_is_none, paths_and_lines_may_be_of_any_length,
      a_group_in_deep_folders_is_found, errno_and_descriptors_are_left_as_they_were,
      a_thread_that_is_cancelled_counts_first, the_machine_s_own_files_are_read)
