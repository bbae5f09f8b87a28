/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Costs other than time: the memory of requests and engines, as counted by the C library's
 * allocator, and the CPU use of an idle engine.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <aml.h>
#include <aml/dma/linux.h>

#include "measure.h"
#include "peers.h"
#include "round.h"

#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 33)
#include <malloc.h>

/* The bytes in use; 0 if another allocator replaces that of the C library. */
static double allocated(void)
{
	struct mallinfo2 info = mallinfo2();

	return (double)info.uordblks + (double)info.hblkhd;
}
#else
static double allocated(void)
{
	return 0;
}
#endif

/* True if allocated bytes can be counted. */
static bool counts(struct results *out)
{
	double before = allocated();
	void *volatile block = malloc(4096);
	bool counted = allocated() - before >= 4096;

	free(block);
	if (!counted)
		results_note(out, "this C library does not report allocated memory");
	return counted;
}

static void add_row(struct results *out, const char *name, unsigned workers, enum unit unit,
		    double value, struct target target)
{
	struct result *row = results_add(out, name);

	row->unit = unit;
	row->best = value;
	row->median = value;
	result_is_engine(row, workers);
	result_judge(row, NULL, target);
}

/* The layouts of the case's shape, or raw addresses if the case has no shape. */
struct sides {
	struct aml_layout *dst, *src;
	char to[4096], from[4096];
};

static int open_sides(struct sides *sides, const struct bench_shape *shape)
{
	int err;

	if (shape->ndims == 0) {
		sides->dst = address(sides->to);
		sides->src = address(sides->from);
		return AML_SUCCESS;
	}
	err = shape_layout(shape, shape->dst_step, sides->to, &sides->dst);
	if (err != AML_SUCCESS)
		return err;
	err = shape_layout(shape, shape->src_step, sides->from, &sides->src);
	if (err != AML_SUCCESS)
		aml_layout_destroy(&sides->dst);
	return err;
}

static void close_sides(struct sides *sides, const struct bench_shape *shape)
{
	if (shape->ndims == 0)
		return;
	aml_layout_destroy(&sides->dst);
	aml_layout_destroy(&sides->src);
}

/* Post `count` requests, measure their memory, and wait for them. Negative on failure. */
static double bytes_of(struct aml_dma *dma, struct aml_dma_request **requests, size_t count,
		       const struct sides *sides, const struct bench_shape *shape)
{
	aml_dma_operator op = shape->ndims == 0 ? aml_dma_linux_memcpy_op : NULL;
	void *arg = shape->ndims == 0 ? (void *)(uintptr_t)TASK_BYTES : NULL;
	double before = allocated(), bytes;
	size_t posted = 0;

	while (posted < count && aml_dma_async_copy_custom(dma, &requests[posted], sides->dst,
							   sides->src, op, arg) == AML_SUCCESS)
		posted++;
	bytes = allocated() - before;
	while (posted > 0) {
		if (aml_dma_wait(dma, &requests[--posted]) != AML_SUCCESS)
			bytes = -1;
	}
	return bytes;
}

/* Without workers, no request runs before the wait: all requests are in flight. */
static enum outcome run_request(const struct bench_case *c, const struct settings *settings,
				struct results *out)
{
	struct aml_dma_request **requests = calloc(c->count, sizeof(struct aml_dma_request *));
	struct aml_dma *dma = NULL;
	struct sides sides;
	double bytes = -1;
	char name[NAME_SIZE];

	(void)settings;
	if (!counts(out)) {
		free(requests);
		return SKIPPED;
	}
	if (requests != NULL && aml_dma_linux_create(&dma, 0) == AML_SUCCESS) {
		if (open_sides(&sides, &c->shape) == AML_SUCCESS) {
			bytes = bytes_of(dma, requests, c->count, &sides, &c->shape);
			close_sides(&sides, &c->shape);
		}
		aml_dma_linux_destroy(&dma);
	}
	free(requests);
	if (bytes < 0)
		return results_no_memory(out);
	engine_name(name, 0);
	add_row(out, name, 0, BYTES, bytes / (double)c->count, c->target);
	return DONE;
}

static enum outcome run_engine(const struct bench_case *c, const struct settings *settings,
			       struct results *out)
{
	struct aml_dma *dma;
	char name[NAME_SIZE];

	if (!counts(out))
		return SKIPPED;
	/* The first engine may allocate memory that is kept, also in the C library. */
	for (int i = 0; i < 2; i++) {
		double bytes = allocated();

		if (aml_dma_linux_create(&dma, settings->workers) != AML_SUCCESS)
			return results_no_memory(out);
		bytes = allocated() - bytes;
		aml_dma_linux_destroy(&dma);
		if (i == 0)
			continue;
		engine_name(name, settings->workers);
		add_row(out, name, settings->workers, BYTES, bytes, c->target);
	}
	return DONE;
}

/* Memory kept after a burst. One worker, because all copies write to the same place. */
static enum outcome run_kept(const struct bench_case *c, const struct settings *settings,
			     struct results *out)
{
	struct aml_dma_request **requests = calloc(c->count, sizeof(struct aml_dma_request *));
	struct aml_dma *dma = NULL;
	struct sides sides;
	double before, posted = -1, kept = 0;
	char name[NAME_SIZE];

	(void)settings;
	if (!counts(out)) {
		free(requests);
		return SKIPPED;
	}
	if (requests != NULL && aml_dma_linux_create(&dma, 1) == AML_SUCCESS &&
	    open_sides(&sides, &c->shape) == AML_SUCCESS) {
		before = allocated();
		posted = bytes_of(dma, requests, c->count, &sides, &c->shape);
		kept = allocated() - before;
		close_sides(&sides, &c->shape);
	}
	if (dma != NULL)
		aml_dma_linux_destroy(&dma);
	free(requests);
	if (posted < 0)
		return results_no_memory(out);
	engine_name(name, 1);
	add_row(out, name, 1, BYTES, kept, c->target);
	return DONE;
}

/* All other threads sleep, so the CPU time of the process is that of the engine. */
static enum outcome run_idle(const struct bench_case *c, const struct settings *settings,
			     struct results *out)
{
	double span = settings->quick ? 5e7 : 2e9;
	double used, begun;
	struct aml_dma *dma;
	char name[NAME_SIZE];

	if (aml_dma_linux_create(&dma, settings->workers) != AML_SUCCESS)
		return results_no_memory(out);
	/* Let the engine run requests first: copies of 0 bytes, which need no address. */
	for (int i = 0; i < 1000; i++)
		aml_dma_async_copy_custom(dma, NULL, address(name), address(name),
					  aml_dma_linux_memcpy_op, NULL);
	aml_dma_barrier(dma);
	settle();
	begun = now();
	used = cpu_time();
	pause_for(span);
	used = cpu_time() - used;
	begun = now() - begun;
	aml_dma_linux_destroy(&dma);
	engine_name(name, settings->workers);
	add_row(out, name, settings->workers, PERCENT, 100 * used / begun, c->target);
	return DONE;
}

void add_memory_cases(struct case_list *list, const struct settings *settings)
{
	size_t many = settings->quick ? 1000 : 100000;
	/* Gaps in every dimension, so no two dimensions can be merged. */
	const struct bench_shape gaps = {.element_size = 8,
					 .ndims = 4,
					 .dims = {2, 2, 2, 2},
					 .dst_step = {16, 40, 88, 184},
					 .src_step = {24, 56, 120, 248}};
	const struct bench_case cases[] = {
		{.name = "idle/cpu",
		 .about = "an idle engine after some requests: CPU use of the process",
		 .run = run_idle,
		 .target = {BELOW, 0.1}},
		{.name = "memory/request-flat",
		 .about = "a posted copy of contiguous bytes",
		 .run = run_request,
		 .target = {BELOW, 192},
		 .count = 10000},
		{.name = "memory/request-4d",
		 .about = "a posted copy of 4 dimensions that cannot be merged",
		 .run = run_request,
		 .target = {BELOW, 512},
		 .shape = gaps,
		 .count = 10000},
		{.name = "memory/engine",
		 .about = "a new engine, without the stacks of its threads",
		 .run = run_engine},
		{.name = "memory/kept",
		 .about = "memory kept by an engine after a burst of requests with handles",
		 .run = run_kept,
		 .count = many},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		case_list_add(list, &cases[i]);
}
