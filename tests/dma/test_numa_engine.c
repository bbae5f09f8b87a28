/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The engine for NUMA nodes, on machines of 1, 2 and 8 nodes that the test makes up of the CPUs
 * that there are.
 */
#include <aml.h>
#include <aml/dma/linux.h>
#include <aml/dma/multiplex.h>
#include <aml/dma/operators.h>
#include <aml/layout/dense.h>
#include <aml/layout/pad.h>
#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <sys/syscall.h>

#include "gate.h"
#include "made.h"
#include "suite.h"
#include "tree.h"

#define NODES "/sys/devices/system/node"

enum { NODES_MAX = 8, CPUS_MAX = 1024, LARGE_BYTES = 1 << 20 };

/* The CPUs of the process, and which of them each node has. */
static int cpus[CPUS_MAX];
static size_t ncpus;

/* The node of each page, or an error of both system calls; and the CPU of the posting thread. */
static int page_node, call_error;
static int running_cpu = -1;

static struct aml_dma *dma;

int __real_sched_getcpu(void);
int __wrap_sched_getcpu(void);
long __wrap_syscall(long number, ...);
long __real_syscall(long number, ...);

int __wrap_sched_getcpu(void)
{
	return running_cpu >= 0 ? running_cpu : __real_sched_getcpu();
}

long __wrap_syscall(long number, ...)
{
	va_list arguments;
	long a[6];

	va_start(arguments, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(arguments, long);
	va_end(arguments);
	if (number != SYS_move_pages && number != SYS_get_mempolicy)
		return __real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
	if (call_error != 0 || number == SYS_get_mempolicy) {
		errno = call_error != 0 ? call_error : EPERM;
		return -1;
	}
	*(int *)(uintptr_t)a[4] = page_node;
	return 0;
}

static void find_cpus(void)
{
	cpu_set_t set;

	ck_assert_int_eq(sched_getaffinity(0, sizeof(set), &set), 0);
	for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &set))
			cpus[ncpus++] = (int)cpu;
}

/* The CPU that a node has for certain. */
static int cpu_of_node(size_t node)
{
	return cpus[node % ncpus];
}

/* Make files of `n` nodes. Node i has CPU number i, i + n, … of the process, or shares one. */
static void make_nodes(size_t n)
{
	char path[64], text[8 * CPUS_MAX];

	find_cpus();
	tree_create();
	snprintf(text, sizeof(text), "0-%zu\n", n); /* the last one has no CPUs */
	tree_add(NODES "/online", text);
	for (size_t node = 0; node <= n; node++) {
		size_t length = 0;

		text[0] = '\0';
		if (node < n)
			length = (size_t)sprintf(text, "%d", cpu_of_node(node));
		for (size_t i = node + n; node < n && i < ncpus; i += n)
			length += (size_t)sprintf(text + length, ",%d", cpus[i]);
		strcpy(text + length, "\n");
		snprintf(path, sizeof(path), NODES "/node%zu/cpulist", node);
		tree_add(path, text);
	}
}

/* Create the engine for `n` nodes. */
static void numa_up(size_t n)
{
	make_nodes(n);
	ck_assert_int_eq(aml_dma_multiplex_create_numa(&dma), 0);
	tree_remove();
}

static void numa_down(void)
{
	ck_assert_int_eq(aml_dma_multiplex_destroy(&dma), 0);
	ck_assert_ptr_null(dma);
}

static const struct aml_dma_multiplex_data *data_of(const struct aml_dma *engine)
{
	return (const struct aml_dma_multiplex_data *)engine->data;
}

/* How many requests the engine of a node has got. */
static uint64_t posted_to(size_t node)
{
	struct aml_dma_linux_stats stats = AML_DMA_LINUX_STATS_INIT;

	ck_assert_int_eq(aml_dma_linux_statistics(data_of(dma)->dmas[node], &stats), 0);
	return stats.posted;
}

static unsigned char *to, *from;

static int copy_bytes(size_t n)
{
	return aml_dma_copy_custom(dma, (struct aml_layout *)(void *)to,
				   (struct aml_layout *)(void *)from, aml_dma_linux_memcpy_op,
				   (void *)n);
}

static void make_bytes(void)
{
	to = malloc(2 * LARGE_BYTES);
	from = malloc(2 * LARGE_BYTES);
	ck_assert(to != NULL && from != NULL);
	memset(from, 9, 2 * LARGE_BYTES);
}

/* Copy `n` bytes, and expect that the engine of this node does it. */
static void expect_node(size_t n, size_t node)
{
	uint64_t before = posted_to(node);

	memset(to, 0, n);
	ck_assert_int_eq(copy_bytes(n), 0);
	ck_assert_mem_eq(to, from, n);
	ck_assert_uint_eq(posted_to(node), before + 1);
}

/* Contract: NUMA-2. */
START_TEST(one_node_is_one_engine)
{
	ck_assert_int_eq(aml_dma_multiplex_create_numa(NULL), -AML_EINVAL);
	numa_up(1);
	ck_assert_ptr_eq(dma->ops, &aml_dma_linux_ops);
	make_bytes();
	ck_assert_int_eq(copy_bytes(LARGE_BYTES), 0);
	ck_assert_mem_eq(to, from, LARGE_BYTES);
	numa_down();
	/* Without files, too. */
	tree_create();
	ck_assert_int_eq(aml_dma_multiplex_create_numa(&dma), 0);
	tree_remove();
	ck_assert_ptr_eq(dma->ops, &aml_dma_linux_ops);
	numa_down();
	free(to);
	free(from);
}
END_TEST

/* Contract: NUMA-3. */
START_TEST(a_large_copy_goes_to_the_node_of_its_destination)
{
	static const size_t counts[] = {2, 8};

	make_bytes();
	for (size_t c = 0; c < 2; c++) {
		size_t n = counts[c];

		ncpus = 0;
		numa_up(n);
		ck_assert_ptr_eq(dma->ops, &aml_dma_multiplex_ops);
		ck_assert_uint_eq(data_of(dma)->count, n);
		for (size_t node = 0; node < n; node++) {
			page_node = (int)node;
			running_cpu = cpu_of_node(node + 1);
			expect_node(LARGE_BYTES, node);
			expect_node(2 * LARGE_BYTES, node);
		}
		/* Of a node without CPUs. */
		page_node = (int)n;
		running_cpu = cpu_of_node(1);
		expect_node(LARGE_BYTES, 1 % ncpus);
		numa_down();
	}
	free(to);
	free(from);
}
END_TEST

/* Contract: NUMA-3. */
START_TEST(other_requests_go_to_the_node_of_the_thread)
{
	struct job job = {.result = -AML_EDOM};

	make_bytes();
	numa_up(2);
	page_node = 0;
	for (size_t node = 0; node < 2 && node < ncpus; node++) {
		uint64_t before = posted_to(node);

		page_node = 1 - (int)node;
		running_cpu = cpu_of_node(node);
		expect_node(LARGE_BYTES - 1, node);
		expect_node(1, node);
		ck_assert_int_eq(job_copy(dma, &job), -AML_EDOM);
		ck_assert_uint_eq(posted_to(node), before + 3);
	}
	numa_down();
	free(to);
	free(from);
}
END_TEST

/* Contract: NUMA-4. */
START_TEST(in_a_sandbox_the_node_is_that_of_the_thread)
{
	static const int errors[] = {EPERM, ENOSYS, EACCES};

	make_bytes();
	numa_up(2);
	for (size_t i = 0; i < 3; i++)
		for (size_t node = 0; node < 2 && node < ncpus; node++) {
			call_error = errors[i];
			page_node = 1 - (int)node;
			running_cpu = cpu_of_node(node);
			expect_node(LARGE_BYTES, node);
		}
	numa_down();
	free(to);
	free(from);
}
END_TEST

/* Contract: NUMA-3. */
START_TEST(every_kind_of_large_copy_finds_its_node)
{
	/* A transposition, a pad, a fill, a conversion: the destination is elsewhere each time. */
	const size_t dims[] = {1024, 1024}, padded[] = {1030, 1030}, swap[] = {1, 0};
	const struct aml_dma_linux_convert_arg convert = {AML_DMA_U8, AML_DMA_U8};
	unsigned char *room = malloc(1030 * 1030), neutral = 3;
	struct aml_layout *dst, *src, *pad;
	uint64_t before;

	make_bytes();
	ck_assert_ptr_nonnull(room);
	dst = new_dense(to, AML_LAYOUT_ORDER_COLUMN_MAJOR, 1, 2, dims, NULL, NULL);
	src = new_dense(from, AML_LAYOUT_ORDER_COLUMN_MAJOR, 1, 2, dims, NULL, NULL);
	numa_up(2);
	page_node = 1;
	running_cpu = cpu_of_node(0);
	before = posted_to(1);
	ck_assert_int_eq(aml_dma_copy_custom(dma, dst, src, aml_dma_linux_transform,
					     (void *)(uintptr_t)swap),
			 0);
	ck_assert_int_eq(aml_dma_copy_custom(dma, dst, (struct aml_layout *)(void *)&neutral,
					     aml_dma_linux_fill, NULL),
			 0);
	ck_assert_int_eq(to[77], 3);
	ck_assert_int_eq(aml_dma_copy_custom(dma, dst, src, aml_dma_linux_convert,
					     (void *)(uintptr_t)&convert),
			 0);
	ck_assert_mem_eq(to, from, LARGE_BYTES);
	ck_assert_int_eq(
		aml_layout_pad_create(&pad, AML_LAYOUT_ORDER_COLUMN_MAJOR, src, padded, &neutral),
		0);
	destroy_layout(dst);
	dst = new_dense(room, AML_LAYOUT_ORDER_COLUMN_MAJOR, 1, 2, padded, NULL, NULL);
	ck_assert_int_eq(aml_dma_copy(dma, dst, pad), 0);
	ck_assert_int_eq(room[1030 * 1030 - 1], 3);
	ck_assert_uint_eq(posted_to(1), before + 4);
	ck_assert_uint_eq(posted_to(0), 0);
	numa_down();
	destroy_layout(dst);
	destroy_layout(pad);
	free(room);
	free(to);
	free(from);
}
END_TEST

/* The workers of all nodes together. */
static uint64_t count_workers(void)
{
	struct aml_dma_linux_stats stats = AML_DMA_LINUX_STATS_INIT;
	uint64_t n = 0;

	for (size_t i = 0; i < data_of(dma)->count; i++) {
		ck_assert_int_eq(aml_dma_linux_statistics(data_of(dma)->dmas[i], &stats), 0);
		n += stats.workers;
	}
	return n;
}

/* A dense layout without the fast path, whose operator rawptr uses the engine. */
static void *(*rawptr)(const struct aml_layout_data *data);
static FILE *printed;
static size_t asked;

static void *print_and_return(const struct aml_layout_data *data)
{
	if (printed != NULL) {
		asked++;
		(void)aml_dma_fprintf(printed, "", dma);
	}
	return rawptr(data);
}

/* Contract: NUMA-3. No lock of the library is held while it calls an operator of a layout. */
START_TEST(a_custom_layout_may_use_the_engine)
{
	const size_t n = LARGE_BYTES / 8;
	struct aml_layout *dst = NULL, *src = NULL;
	struct aml_dma_request *req;
	struct aml_layout_ops ops;

	make_bytes();
	numa_up(2);
	ck_assert_int_eq(
		aml_layout_dense_create(&dst, to, AML_LAYOUT_ORDER_C, 8, 1, &n, NULL, NULL), 0);
	ck_assert_int_eq(
		aml_layout_dense_create(&src, from, AML_LAYOUT_ORDER_C, 8, 1, &n, NULL, NULL), 0);
	ops = *dst->ops;
	rawptr = ops.rawptr;
	ops.rawptr = print_and_return;
	ops.steps_native = NULL;
	dst->ops = &ops;
	printed = fopen("/dev/null", "w");
	ck_assert_ptr_nonnull(printed);
	ck_assert_int_eq(aml_dma_copy(dma, dst, src), 0);
	ck_assert_int_eq(aml_dma_async_copy(dma, &req, dst, src), 0);
	ck_assert_int_eq(aml_dma_wait(dma, &req), 0);
	ck_assert_uint_ge(asked, 2);
	ck_assert_mem_eq(to, from, LARGE_BYTES);
	fclose(printed);
	printed = NULL;
	aml_layout_destroy(&dst);
	aml_layout_destroy(&src);
	numa_down();
	free(to);
	free(from);
}
END_TEST

/* Contract: NUMA-5. */
START_TEST(workers_run_on_the_cpus_of_their_node)
{
	enum { WORKERS_MAX = 64 };
	pid_t tids[WORKERS_MAX];
	size_t n, on[2] = {0, 0};

	ck_assert_int_eq(setenv("AML_DMA_NUM_THREADS", "6", 1), 0);
	numa_up(2);
	ck_assert_uint_eq(count_workers(), 6);
	/* Workers name themselves. */
	do
		n = threads_named("aml-dma/", tids, WORKERS_MAX);
	while (n < 6);
	for (size_t i = 0; i < n; i++) {
		cpu_set_t set;

		ck_assert_int_eq(sched_getaffinity(tids[i], sizeof(set), &set), 0);
		for (size_t node = 0; node < 2; node++) {
			bool all = true;

			for (size_t c = 0; c < ncpus; c++)
				all = all && !CPU_ISSET((size_t)cpus[c], &set) ==
						     !(c % 2 == node || ncpus == 1);
			on[node] += all;
		}
	}
	ck_assert_uint_eq(on[0] + on[1], ncpus == 1 ? 12 : 6);
	ck_assert(on[0] > 0 && on[1] > 0);
	numa_down();

	ncpus = 0;
	ck_assert_int_eq(setenv("AML_DMA_NUM_THREADS", "1", 1), 0);
	numa_up(8);
	ck_assert_uint_eq(count_workers(), 8);
	numa_down();

	ncpus = 0;
	ck_assert_int_eq(setenv("AML_DMA_NUM_THREADS", "0", 1), 0);
	numa_up(2);
	ck_assert_uint_eq(count_workers(), 0);
	make_bytes();
	ck_assert_int_eq(copy_bytes(LARGE_BYTES), 0);
	numa_down();
	free(to);
	free(from);

	ck_assert_int_eq(setenv("AML_DMA_NUM_THREADS", "x", 1), 0);
	ck_assert_int_eq(aml_dma_multiplex_create_numa(&dma), -AML_EINVAL);
	ck_assert_ptr_null(dma);
}
END_TEST

/* Contract: NUMA-2. */
START_TEST(the_nodes_are_printed)
{
	char *text;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	make_bytes();
	numa_up(2);
	page_node = 1;
	ck_assert_int_eq(copy_bytes(LARGE_BYTES), 0);
	ck_assert_int_eq(aml_dma_fprintf(stream, "", dma), 0);
	fclose(stream);
	ck_assert_str_eq(text,
			 "dma: multiplex\n"
			 "  engines: 2\n"
			 "  engine 0: node 0, requests 0, parts 0, bytes 0, failed 0\n"
			 "  engine 1: node 1, requests 1, parts 0, bytes 1048576, failed 0\n");
	numa_down();
	free(text);
	free(to);
	free(from);
}
END_TEST

SUITE("numa_engine", one_node_is_one_engine, a_large_copy_goes_to_the_node_of_its_destination,
      other_requests_go_to_the_node_of_the_thread, in_a_sandbox_the_node_is_that_of_the_thread,
      every_kind_of_large_copy_finds_its_node, a_custom_layout_may_use_the_engine,
      workers_run_on_the_cpus_of_their_node, the_nodes_are_printed)
