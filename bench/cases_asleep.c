/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The cost of posting a copy to an engine whose workers sleep: the time of the posting call,
 * compared with memcpy() of the same size. The results show the size from which handing a copy to
 * a worker is cheaper than copying in the posting call. All bytes come from memory: each copy has
 * its own place in large buffers.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <aml.h>
#include <aml/dma/linux.h>

#include "measure.h"
#include "peers.h"
#include "round.h"

/* The number of times that are taken, each at its own place. */
#define TIMES 100

/* The program computes this long between copies, in ns: long enough for workers to fall asleep. */
#define BETWEEN 100e3

struct bed {
	struct aml_dma *dma;
	char *dst, *src;
	size_t place; /* the size of the largest copy */
	size_t bytes; /* of each buffer, which has two places per time */
};

static void compute(double ns)
{
	double begun = now();

	while (now() - begun < ns)
		;
}

/* Post a copy, then wait for it. The time of the posting call; negative: the copy failed. */
static double time_of_post(struct bed *bed, size_t at, size_t size)
{
	struct aml_dma_request *request = NULL;
	double begun, ended;
	int err;

	begun = now();
	err = aml_dma_async_copy_custom(bed->dma, &request, address(bed->dst + at),
					address(bed->src + at), aml_dma_linux_memcpy_op,
					(void *)(uintptr_t)size);
	ended = now();
	if (err == AML_SUCCESS)
		err = aml_dma_wait(bed->dma, &request);
	return err == AML_SUCCESS ? ended - begun : -1;
}

static double time_of_memcpy(struct bed *bed, size_t at, size_t size)
{
	double begun = now();

	memcpy(bed->dst + at, bed->src + at, size);
	return now() - begun;
}

static struct result *add_row(struct results *out, const char *name, double *times)
{
	struct result *row = results_add(out, name);

	row->median = median_of(times, TIMES);
	row->best = times[0];
	return row;
}

static enum outcome run_bed(struct bed *bed, const struct bench_case *c, struct results *out)
{
	double posts[TIMES], copies[TIMES];
	struct result *row, *yardstick;
	struct target none = {NO_TARGET, 0};
	char name[NAME_SIZE];

	for (size_t i = 0; i < TIMES; i++) {
		size_t at = i * 2 * bed->place;

		compute(BETWEEN);
		posts[i] = time_of_post(bed, at, c->size);
		if (posts[i] < 0 || memcmp(bed->dst + at, bed->src + at, c->size) != 0) {
			results_note(out, "a copy failed or is wrong");
			return FAILED;
		}
		copies[i] = time_of_memcpy(bed, at + bed->place, c->size);
	}
	engine_name(name, c->workers);
	row = add_row(out, name, posts);
	yardstick = add_row(out, "memcpy", copies);
	result_is_engine(row, c->workers);
	result_judge(row, yardstick, none);
	return DONE;
}

static size_t largest(const struct settings *settings)
{
	return settings->quick ? 4096 : 1024 * 1024;
}

static enum outcome run_asleep(const struct bench_case *c, const struct settings *settings,
			       struct results *out)
{
	struct bed bed = {.place = largest(settings), .bytes = 2 * TIMES * largest(settings)};
	enum outcome outcome;

	if (!memory_suffices(2 * (double)bed.bytes, out))
		return SKIPPED;
	bed.dst = buffer_create(settings, bed.bytes);
	bed.src = buffer_create(settings, bed.bytes);
	if (bed.dst != NULL && bed.src != NULL &&
	    aml_dma_linux_create(&bed.dma, c->workers) == AML_SUCCESS) {
		buffer_fill(bed.src, bed.bytes);
		outcome = run_bed(&bed, c, out);
		aml_dma_linux_destroy(&bed.dma);
	} else {
		outcome = results_no_memory(out);
	}
	buffer_destroy(bed.src, bed.bytes);
	buffer_destroy(bed.dst, bed.bytes);
	return outcome;
}

void add_asleep_cases(struct case_list *list, const struct settings *settings)
{
	for (size_t size = 4096; size <= largest(settings); size *= 2) {
		struct bench_case c = {.on_request = true,
				       .run = run_asleep,
				       .size = size,
				       .workers = settings->workers};

		snprintf(c.name, sizeof(c.name), "asleep/%zu", size);
		snprintf(c.about, sizeof(c.about),
			 "the call that posts %zu bytes to a sleeping engine", size);
		case_list_add(list, &c);
	}
}
