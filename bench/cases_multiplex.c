/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A multiplexer over several engines of one worker each, against one engine with as many workers:
 * large copies, which the multiplexer splits, and small requests, which go to the engines in turn.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <aml/dma/linux.h>
#include <aml/dma/multiplex.h>

#include "suite.h"

#define KIB ((size_t)1024)
#define MIB (1024 * KIB)

enum { INNER_MAX = 64, SMALL_BYTES = 64, SMALL_BATCH = 1000 };

/* The engines of a contest. Both make the same copy of the contest's buffers. */
struct rivals {
	struct aml_dma *inner[INNER_MAX], *over, *one;
	size_t count;
	struct layout_pair pair;
	char *dst, *src;
	size_t bytes;
	struct aml_dma_request *reqs[SMALL_BATCH];
};

/* Copy the layouts. */
static int copy_large(const struct rivals *rivals, struct aml_dma *dma)
{
	return aml_dma_copy(dma, rivals->pair.dst, rivals->pair.src);
}

static int large_by_multiplexer(void *arg)
{
	const struct rivals *rivals = arg;

	return copy_large(rivals, rivals->over);
}

static int large_by_engine(void *arg)
{
	const struct rivals *rivals = arg;

	return copy_large(rivals, rivals->one);
}

/* Post all small copies, and wait for each. */
static int copy_small(struct rivals *rivals, struct aml_dma *dma)
{
	size_t posted = 0, n = rivals->bytes / SMALL_BYTES;
	int err = 0;

	for (; posted < n && err == 0; posted++) {
		void *dst = rivals->dst + posted * SMALL_BYTES;
		void *src = rivals->src + posted * SMALL_BYTES;

		err = aml_dma_async_copy_custom(dma, &rivals->reqs[posted], dst, src,
						aml_dma_linux_memcpy_op,
						(void *)(uintptr_t)SMALL_BYTES);
	}
	if (err != 0)
		posted--;
	for (size_t i = 0; i < posted; i++) {
		int code = aml_dma_wait(dma, &rivals->reqs[i]);

		err = err == 0 ? code : err;
	}
	return err;
}

static int small_by_multiplexer(void *arg)
{
	struct rivals *rivals = arg;

	return copy_small(rivals, rivals->over);
}

static int small_by_engine(void *arg)
{
	struct rivals *rivals = arg;

	return copy_small(rivals, rivals->one);
}

static void release_rivals(void *extra)
{
	struct rivals *rivals = extra;

	aml_dma_multiplex_destroy(&rivals->over);
	aml_dma_linux_destroy(&rivals->one);
	while (rivals->count > 0)
		aml_dma_linux_destroy(&rivals->inner[--rivals->count]);
	if (rivals->pair.dst != NULL) {
		aml_layout_destroy(&rivals->pair.dst);
		aml_layout_destroy(&rivals->pair.src);
	}
	free(rivals);
}

/* Create the engines. */
static bool create_rivals(struct rivals *rivals, unsigned workers)
{
	size_t weights[INNER_MAX];
	size_t n = workers < INNER_MAX ? workers : INNER_MAX;

	for (; rivals->count < n; rivals->count++) {
		weights[rivals->count] = 1;
		if (aml_dma_linux_create(&rivals->inner[rivals->count], 1) != AML_SUCCESS)
			return false;
	}
	return aml_dma_multiplex_create(&rivals->over, n, (const struct aml_dma **)rivals->inner,
					weights) == AML_SUCCESS &&
	       aml_dma_linux_create(&rivals->one, n) == AML_SUCCESS;
}

/* Add the multiplexer and its rival. The variant 1 of the problem is of small requests. */
static bool add_rivals(struct contest *contest, void **extra)
{
	struct rivals *rivals = calloc(1, sizeof(*rivals));
	bool small = contest->c->count == 1;
	size_t i;

	if (rivals == NULL)
		return false;
	*extra = rivals;
	rivals->dst = contest->dst;
	rivals->src = contest->src;
	rivals->bytes = contest->dst_bytes;
	if (!create_rivals(rivals, contest->settings->workers) ||
	    contest_shape_layouts(contest, &rivals->pair) != AML_SUCCESS)
		return false;
	contest_add(contest, "multiplexer", small ? small_by_multiplexer : large_by_multiplexer,
		    rivals, true);
	i = contest_add(contest, "one engine", small ? small_by_engine : large_by_engine, rivals,
			true);
	yard_count(contest, i, YARD_ENGINE);
	return true;
}

static enum outcome run_multiplex(const struct bench_case *c, const struct settings *settings,
				  struct results *out)
{
	const size_t matrix[] = {settings->quick ? 64 : 4096, settings->quick ? 64 : 4096};
	const size_t swap[] = {1, 0};
	const struct bench_shape shapes[] = {
		shape_flat(settings->quick ? 4 * KIB : MIB),
		shape_flat(settings->quick ? 8 * KIB : 4 * MIB),
		shape_flat(settings->quick ? 16 * KIB : 64 * MIB),
		shape_flat(settings->quick ? 32 * KIB : 512 * MIB),
		shape_permuted(8, 2, matrix, swap),
		shape_flat(SMALL_BYTES * (settings->quick ? 10 : SMALL_BATCH)),
	};
	static const char *const about[] = {"1 MiB, whole",
					    "4 MiB",
					    "64 MiB",
					    "512 MiB",
					    "4096 x 4096 of 8 B, transposed",
					    "1000 copies of 64 B"};
	struct problem problems[sizeof(shapes) / sizeof(*shapes)];
	const size_t count = sizeof(shapes) / sizeof(*shapes);

	for (size_t i = 0; i < count; i++) {
		problems[i] = (struct problem){.shape = shapes[i],
					       .variant = i + 1 == count,
					       .yards = i + 1 == count ? 0 : YARD(YARD_LIMIT),
					       .add = add_rivals,
					       .release = release_rivals};
		copy_text(problems[i].about, sizeof(problems[i].about), about[i]);
	}
	return suite_run_all(c, settings, settings->workers, out, problems, count);
}

void add_multiplex_cases(struct case_list *list, const struct settings *settings)
{
	const struct bench_case c = {
		.name = "multiplex/rivals",
		.about = "a multiplexer over engines of one worker, against one engine",
		.on_request = true,
		.run = run_multiplex};

	(void)settings;
	case_list_add(list, &c);
}
