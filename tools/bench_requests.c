/* SPDX-License-Identifier: BSD-3-Clause */
/* Each request has 64 bytes of its own, in lines of their own. */
#include "bench_requests.h"

#include <stdio.h>
#include <string.h>

#include <aml/dma.h>
#include <aml/dma/linux.h>
#include <aml/utils/error.h>

#include "race.h"

enum { REQUEST_BYTES = 64, REQUESTS_POSTED = 1000 };

struct request_memory {
	struct aml_dma *dma;
	size_t count; /* of pieces that an operation copies */
	_Alignas(REQUEST_BYTES) char dst[REQUESTS_POSTED][REQUEST_BYTES];
	_Alignas(REQUEST_BYTES) char src[REQUESTS_POSTED][REQUEST_BYTES];
};

/* Copy piece `i` by a request. */
static int copy_piece(struct request_memory *memory, size_t i)
{
	return aml_dma_copy_custom(memory->dma, (struct aml_layout *)(void *)memory->dst[i],
				   (struct aml_layout *)(void *)memory->src[i],
				   aml_dma_linux_memcpy_op, (void *)(size_t)REQUEST_BYTES);
}

/* Post the copy of piece `i`. `request` may be NULL. */
static int post_piece(struct request_memory *memory, size_t i, struct aml_dma_request **request)
{
	return aml_dma_async_copy_custom(memory->dma, request,
					 (struct aml_layout *)(void *)memory->dst[i],
					 (struct aml_layout *)(void *)memory->src[i],
					 aml_dma_linux_memcpy_op, (void *)(size_t)REQUEST_BYTES);
}

static int run_sync(void *arg)
{
	return copy_piece(arg, 0);
}

static int run_waited(void *arg)
{
	struct request_memory *memory = arg;
	struct aml_dma_request *request;
	int err = post_piece(memory, 0, &request);

	return err == AML_SUCCESS ? aml_dma_wait(memory->dma, &request) : err;
}

static int run_posted(void *arg)
{
	struct request_memory *memory = arg;
	int err = AML_SUCCESS, end;

	for (size_t i = 0; err == AML_SUCCESS && i < memory->count; i++)
		err = post_piece(memory, i, NULL);
	end = aml_dma_barrier(memory->dma);
	return err == AML_SUCCESS ? end : err;
}

/* The compiler must not see what is copied. */
static void *(*volatile copy_memory)(void *, const void *, size_t) = memcpy;

static int run_memcpy(void *arg)
{
	struct request_memory *memory = arg;

	for (size_t i = 0; i < memory->count; i++)
		(void)copy_memory(memory->dst[i], memory->src[i], REQUEST_BYTES);
	return 0;
}

void bench_requests_measure(const struct bench_setting *setting, enum bench_way way,
			    struct bench_row *row)
{
	static const struct {
		const char *name;
		int (*run)(void *);
		size_t count;
	} ways[] = {[BENCH_SYNC] = {"synchronous copy", run_sync, 1},
		    [BENCH_WAITED] = {"post and wait", run_waited, 1},
		    [BENCH_POSTED] = {"1000 posts and a barrier", run_posted, REQUESTS_POSTED}};
	static struct request_memory memory;
	struct race_runner runners[] = {{.run = ways[way].run, .arg = &memory},
					{.run = run_memcpy, .arg = &memory}};
	double count = (double)ways[way].count;
	int err;

	memory.dma = setting->dma;
	memory.count = ways[way].count;
	for (size_t i = 0; i < sizeof(memory.src); i++)
		memory.src[i / REQUEST_BYTES][i % REQUEST_BYTES] = (char)(i * 7 + i / 251);
	err = race_run(runners, 2, setting->effort.rounds, setting->effort.turn_ns, ways[way].name);
	memset(memory.dst, 0, sizeof(memory.dst));
	if (err == AML_SUCCESS)
		err = ways[way].run(&memory);
	if (err != AML_SUCCESS)
		usage_fail(setting->command, TOOL_FAILED, "%s: %s", ways[way].name,
			   aml_strerror(err));
	(void)snprintf(row->name, sizeof(row->name), "%s", ways[way].name);
	row->src = row->dst = row->permute = NULL;
	row->bytes = REQUEST_BYTES;
	row->best_ns = runners[0].best_ns / count;
	row->median_ns = runners[0].median_ns / count;
	row->memcpy_best_ns = runners[1].best_ns / count;
	row->memcpy_median_ns = runners[1].median_ns / count;
	row->compared = true;
	row->right = memcmp(memory.dst, memory.src, ways[way].count * REQUEST_BYTES) == 0;
}
