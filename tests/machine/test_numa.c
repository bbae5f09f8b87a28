/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The NUMA nodes of the machine, from trees of files that the test makes, with masks, CPUs and
 * answers of the system calls that the test makes up.
 */
#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "machine/numa.h"
#include "suite.h"
#include "tree.h"

#define NODES "/sys/devices/system/node"

/* The CPUs of the mask that the library sees: bit i is CPU i. */
static uint64_t mask = 0xff;
static int affinity_error;

/* Where the calling thread runs. */
static int running_cpu;

/* The answers of move_pages() and get_mempolicy(). An error of 0: the call works. */
static int move_error, page_status, policy_error, policy, policy_node;
static uint64_t policy_set;
static void *asked;

int __wrap_sched_getaffinity(pid_t pid, size_t size, cpu_set_t *cpus);
int __wrap_sched_getcpu(void);
long __wrap_syscall(long number, ...);
long __real_syscall(long number, ...);

int __wrap_sched_getaffinity(pid_t pid, size_t size, cpu_set_t *cpus)
{
	(void)pid;
	if (affinity_error != 0) {
		errno = affinity_error;
		return -1;
	}
	CPU_ZERO_S(size, cpus);
	for (size_t i = 0; i < 64; i++)
		if (mask >> i & 1)
			CPU_SET_S(i, size, cpus);
	return 0;
}

int __wrap_sched_getcpu(void)
{
	return running_cpu;
}

static long refuse_call(int error)
{
	errno = error;
	return -1;
}

static long answer_policy(va_list arguments)
{
	int *mode = va_arg(arguments, int *);
	unsigned long *nodes = va_arg(arguments, unsigned long *);
	unsigned long most = va_arg(arguments, unsigned long);
	void *address = va_arg(arguments, void *);
	unsigned long flags = va_arg(arguments, unsigned long);

	if (policy_error != 0)
		return refuse_call(policy_error);
	asked = address;
	if (flags == 3) {
		*mode = policy_node;
		return 0;
	}
	ck_assert_uint_eq(flags, 2);
	ck_assert_uint_ge(most, 64);
	*mode = policy;
	nodes[0] = (unsigned long)policy_set;
	return 0;
}

long __wrap_syscall(long number, ...)
{
	va_list arguments;
	long result;

	va_start(arguments, number);
	if (number == SYS_get_mempolicy) {
		result = answer_policy(arguments);
	} else {
		ck_assert_int_eq(number, SYS_move_pages);
		ck_assert_int_eq(va_arg(arguments, int), 0);
		ck_assert_uint_eq(va_arg(arguments, unsigned long), 1);
		asked = *va_arg(arguments, void **);
		ck_assert_ptr_null(va_arg(arguments, int *));
		*va_arg(arguments, int *) = page_status;
		result = move_error != 0 ? refuse_call(move_error) : 0;
	}
	va_end(arguments);
	return result;
}

struct node_tree {
	const char *name, *online;
	/* The text of cpulist of each node, or NULL if it is missing. */
	const char *lists[8];
	uint64_t mask;
	/* Expected: the number of nodes, and of each its number and CPUs. */
	size_t count;
	struct {
		int id;
		uint64_t cpus;
	} nodes[8];
};

static const struct node_tree trees[] = {
	{"no files", NULL, {NULL}, 0x0f, 1, {{0, 0x0f}}},
	{"one node", "0\n", {"0-3\n"}, 0x0f, 1, {{0, 0x0f}}},
	{"two nodes", "0-1\n", {"0-1\n", "2-3\n"}, 0x0f, 2, {{0, 0x03}, {1, 0x0c}}},
	{"two nodes, interleaved", "0-1\n", {"0,2\n", "1,3\n"}, 0x0f, 2, {{0, 0x05}, {1, 0x0a}}},
	{"two nodes, ranges", "0,1\n", {"0-1,4-5\n", "2-3,6\n"}, 0x7f, 2, {{0, 0x33}, {1, 0x4c}}},
	{"eight nodes",
	 "0-7\n",
	 {"0\n", "1\n", "2\n", "3\n", "4\n", "5\n", "6\n", "7\n"},
	 0xff,
	 8,
	 {{0, 1}, {1, 2}, {2, 4}, {3, 8}, {4, 16}, {5, 32}, {6, 64}, {7, 128}}},
	{"eight nodes, a mask of two",
	 "0-7\n",
	 {"0-7\n", "8-15\n", "16-23\n", "24-31\n", "32-39\n", "40-47\n", "48-55\n", "56-63\n"},
	 1ull << 9 | 1ull << 62,
	 2,
	 {{1, 1ull << 9}, {7, 1ull << 62}}},
	{"a node without CPUs", "0-2\n", {"0-1\n", "\n", "2\n"}, 0x07, 2, {{0, 0x03}, {2, 0x04}}},
	{"a node without CPUs, only", "0-1\n", {"0-1\n", "\n"}, 0x03, 1, {{0, 0x03}}},
	{"a node that is not online", "0,2\n", {"0\n", "1\n", "2\n"}, 7, 2, {{0, 1}, {2, 4}}},
	{"a mask within a node", "0-1\n", {"0-1\n", "2-3\n"}, 0x08, 1, {{1, 0x08}}},
	{"a mask outside of all nodes", "0-1\n", {"0\n", "1\n"}, 0x30, 1, {{0, 0x30}}},
	{"a missing list", "0-1\n", {"0-1\n", NULL}, 0x0f, 1, {{0, 0x03}}},
	{"CPUs beyond the mask's set", "0-1\n", {"0,5000\n", "1\n"}, 3, 2, {{0, 1}, {1, 2}}},
	{"no text", "", {NULL}, 0x03, 1, {{0, 0x03}}},
	{"no numbers", "nodes\n", {"0\n"}, 0x03, 1, {{0, 0x03}}},
	{"a wrong range", "0-1\n", {"1-0\n", "1\n"}, 0x03, 1, {{1, 0x02}}},
	{"a wrong end", "0-\n", {"0\n"}, 0x03, 1, {{0, 0x03}}},
	{"a number that is too large", "99999999999999999999\n", {NULL}, 3, 1, {{0, 3}}},
};

static void make_tree(const struct node_tree *tree)
{
	tree_create();
	if (tree->online != NULL)
		tree_add(NODES "/online", tree->online);
	for (size_t i = 0; i < 8; i++) {
		char path[sizeof(NODES "/node0/cpulist")];

		snprintf(path, sizeof(path), NODES "/node%zu/cpulist", i);
		if (tree->lists[i] != NULL)
			tree_add(path, tree->lists[i]);
	}
	mask = tree->mask;
}

/* Contract: NUMA-1. */
START_TEST(nodes_are_read_from_the_files)
{
	for (size_t t = 0; t < sizeof(trees) / sizeof(*trees); t++) {
		const struct node_tree *tree = &trees[t];
		struct numa *numa = NULL;

		make_tree(tree);
		errno = EDOM;
		ck_assert_int_eq(numa_read(&numa), 0);
		ck_assert_int_eq(errno, EDOM);
		ck_assert_msg(numa->count == tree->count, "%s: %zu nodes", tree->name, numa->count);
		for (size_t i = 0; i < numa->count; i++) {
			ck_assert_msg(numa->nodes[i].id == tree->nodes[i].id, "%s", tree->name);
			for (size_t cpu = 0; cpu < 64; cpu++)
				ck_assert_msg(!CPU_ISSET_S(cpu, numa->nodes[i].mine.bytes,
							   numa->nodes[i].mine.cpus) ==
						      !(tree->nodes[i].cpus >> cpu & 1),
					      "%s: node %zu, CPU %zu", tree->name, i, cpu);
		}
		numa_release(numa);
		tree_remove();
	}
	numa_release(NULL);
}
END_TEST

START_TEST(without_a_mask_there_are_no_nodes)
{
	struct numa *numa = (struct numa *)&trees;

	affinity_error = ENOSYS;
	ck_assert_int_eq(numa_read(&numa), ENOSYS);
	ck_assert_ptr_eq(numa, (struct numa *)&trees);
}
END_TEST

static struct numa *two_nodes(void)
{
	static const struct node_tree tree = {
		"two", "0-5\n", {"0-1\n", NULL, NULL, "2-3\n", "\n", "7\n"}, 0x0f, 2, {{0, 0}}};
	struct numa *numa;

	make_tree(&tree);
	ck_assert_int_eq(numa_read(&numa), 0);
	ck_assert_uint_eq(numa->count, 2);
	tree_remove();
	return numa;
}

/* Contract: NUMA-3. */
START_TEST(a_thread_has_the_node_of_its_cpu)
{
	struct numa *numa = two_nodes();

	for (running_cpu = -1; running_cpu < 9; running_cpu++)
		ck_assert_uint_eq(numa_of_thread(numa), running_cpu == 2 || running_cpu == 3);
	running_cpu = 1 << 20;
	ck_assert_uint_eq(numa_of_thread(numa), 0);
	numa_release(numa);
}
END_TEST

/* Contract: NUMA-3. */
START_TEST(a_page_has_the_node_that_the_system_reports)
{
	struct numa *numa = two_nodes();
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	const void *address = (const void *)(page * 77 + 5);

	errno = EDOM;
	page_status = 3;
	ck_assert_uint_eq(numa_of_page(numa, address), 1);
	ck_assert_uint_eq((uintptr_t)asked, page * 77);
	page_status = 0;
	ck_assert_uint_eq(numa_of_page(numa, address), 0);
	/* A node without CPUs. */
	page_status = 4;
	ck_assert_uint_eq(numa_of_page(numa, address), 2);
	/* No memory yet. */
	page_status = -ENOENT;
	policy = 0; /* MPOL_DEFAULT */
	ck_assert_uint_eq(numa_of_page(numa, address), 2);
	policy = 2; /* MPOL_BIND */
	policy_set = 1u << 3;
	ck_assert_uint_eq(numa_of_page(numa, address), 1);
	ck_assert_uint_eq((uintptr_t)asked, page * 77);
	policy_set = 1u << 3 | 1u << 0;
	ck_assert_uint_eq(numa_of_page(numa, address), 2);
	policy_set = 0;
	ck_assert_uint_eq(numa_of_page(numa, address), 2);
	policy = 1 | 1 << 15; /* MPOL_PREFERRED, with a flag */
	policy_set = 1u << 0;
	ck_assert_uint_eq(numa_of_page(numa, address), 0);
	policy = 3; /* MPOL_INTERLEAVE */
	ck_assert_uint_eq(numa_of_page(numa, address), 2);
	ck_assert_int_eq(errno, EDOM);
	numa_release(numa);
}
END_TEST

/* Contract: NUMA-4. */
START_TEST(a_call_that_is_refused_is_not_an_error)
{
	struct numa *numa = two_nodes();

	errno = EDOM;
	move_error = EPERM;
	policy_node = 3;
	ck_assert_uint_eq(numa_of_page(numa, &numa), 1);
	policy_error = ENOSYS;
	ck_assert_uint_eq(numa_of_page(numa, &numa), 2);
	move_error = 0;
	page_status = -ENOENT;
	ck_assert_uint_eq(numa_of_page(numa, &numa), 2);
	ck_assert_int_eq(errno, EDOM);
	numa_release(numa);
}
END_TEST

SUITE("numa", nodes_are_read_from_the_files, without_a_mask_there_are_no_nodes,
      a_thread_has_the_node_of_its_cpu, a_page_has_the_node_that_the_system_reports,
      a_call_that_is_refused_is_not_an_error)
