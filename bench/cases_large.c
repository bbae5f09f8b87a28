/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Large copies: contiguous bytes of every power of two, large transposes, the first copy of a new
 * class of shapes, and two copies posted together.
 */
#include <stdio.h>
#include <string.h>

#include <aml/dma/linux.h>

#include "suite.h"

#define KIB ((size_t)1024)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)
#define LARGE_PROBLEMS_MAX 16

/* Contiguous bytes. */

static enum outcome run_flat(const struct bench_case *c, const struct settings *settings,
			     struct results *out)
{
	size_t most = settings->quick ? 128 * KIB : GIB;
	struct suite suite;

	suite_open(&suite, c, settings, c->workers > 0 ? c->workers : settings->workers, out);
	for (size_t bytes = 64 * KIB; bytes <= most; bytes *= 2) {
		struct problem problem = {.shape = shape_flat(bytes),
					  .yards = YARD(YARD_MEMCPY) | YARD(YARD_LIMIT)};

		problem.needs[0] = (struct need){YARD_LIMIT, bytes <= MIB ? 0.9 : 0.95};
		snprintf(problem.about, sizeof(problem.about), "%zu KiB", bytes / KIB);
		if (suite_wants(&suite))
			suite_run(&suite, &problem);
	}
	return suite_close(&suite);
}

/* Transposes of equal extents. */

/* Make the problem of a permutation of equal extents. */
static void permuted_problem(struct problem *problem, size_t element_size, size_t ndims,
			     size_t extent, const size_t *order)
{
	const size_t dims[] = {extent, extent, extent, extent};
	int used = snprintf(problem->about, sizeof(problem->about),
			    "%zu dimensions of %zu of %zu B to ", ndims, extent, element_size);

	for (size_t i = 0; i < ndims; i++)
		used += snprintf(problem->about + used, sizeof(problem->about) - (size_t)used,
				 "%zu", order[i]);
	problem->shape = shape_permuted(element_size, ndims, dims, order);
}

static enum outcome run_transposes(const struct bench_case *c, const struct settings *settings,
				   struct results *out)
{
	static const struct {
		size_t element_size, ndims, extent, quick;
		size_t order[4];
	} permuted[] = {
		{4, 2, 4096, 65, {1, 0}},    {8, 2, 4096, 65, {1, 0}},  {16, 2, 4096, 65, {1, 0}},
		{4, 3, 256, 9, {2, 1, 0}},   {8, 3, 256, 9, {2, 1, 0}}, {4, 4, 64, 5, {3, 2, 1, 0}},
		{8, 4, 64, 5, {3, 2, 1, 0}},
	};
	const size_t count = sizeof(permuted) / sizeof(*permuted);
	struct problem problems[sizeof(permuted) / sizeof(*permuted)];

	for (size_t i = 0; i < count; i++) {
		problems[i] =
			(struct problem){.yards = YARDS_OF_COPIES, .needs = {{YARD_LIMIT, 0.75}}};
		permuted_problem(&problems[i], permuted[i].element_size, permuted[i].ndims,
				 settings->quick ? permuted[i].quick : permuted[i].extent,
				 permuted[i].order);
	}
	return suite_run_all(c, settings, settings->workers, out, problems, count);
}

/* Two copies together. */

/* Two copies of the same shape. Each one has its own half of the buffers. */
struct two_copies {
	struct aml_dma *dma;
	struct layout_pair pairs[2];
};

static int run_together(void *arg)
{
	const struct two_copies *two = arg;
	struct aml_dma_request *requests[2] = {NULL, NULL};
	int err = 0;

	for (int i = 0; i < 2 && err == 0; i++)
		err = aml_dma_async_copy(two->dma, &requests[i], two->pairs[i].dst,
					 two->pairs[i].src);
	for (int i = 0; i < 2; i++) {
		int result = requests[i] == NULL ? err : aml_dma_wait(two->dma, &requests[i]);

		err = err == 0 ? result : err;
	}
	return err;
}

static int run_one_by_one(void *arg)
{
	const struct two_copies *two = arg;
	int err = aml_dma_copy(two->dma, two->pairs[0].dst, two->pairs[0].src);

	return err == 0 ? aml_dma_copy(two->dma, two->pairs[1].dst, two->pairs[1].src) : err;
}

static void release_two(void *extra)
{
	struct two_copies *two = extra;

	for (int i = 0; i < 2; i++) {
		aml_layout_destroy(&two->pairs[i].dst);
		aml_layout_destroy(&two->pairs[i].src);
	}
	free(two);
}

/* The last dimension of the problem's shape, of extent 2, tells the copies apart. */
static bool add_two(struct contest *contest, void **extra)
{
	struct bench_shape half = contest->c->shape;
	struct two_copies *two = calloc(1, sizeof(*two));
	size_t last = --half.ndims;
	size_t i;

	if (two == NULL)
		return false;
	*extra = two;
	two->dma = contest->engines[0];
	for (i = 0; i < 2; i++) {
		ptrdiff_t at = (ptrdiff_t)i;

		if (shape_layout(&half, half.dst_step,
				 (char *)contest->dst + at * half.dst_step[last],
				 &two->pairs[i].dst) != AML_SUCCESS ||
		    shape_layout(&half, half.src_step,
				 (char *)contest->src + at * half.src_step[last],
				 &two->pairs[i].src) != AML_SUCCESS)
			return false;
	}
	contest_add(contest, "together", run_together, two, true);
	i = contest_add(contest, "one by one", run_one_by_one, two, true);
	yard_count(contest, i, YARD_SERIAL);
	return true;
}

static enum outcome run_two(const struct bench_case *c, const struct settings *settings,
			    struct results *out)
{
	size_t side = settings->quick ? 64 : 4096, cube = settings->quick ? 8 : 256;
	size_t flat = settings->quick ? 4 * KIB : 16 * MIB;
	const struct {
		const char *about;
		size_t element_size, ndims;
		size_t dims[SHAPE_NDIMS], order[SHAPE_NDIMS];
	} copies[] = {
		{"two of contiguous bytes", 8, 2, {flat, 2}, {0, 1}},
		{"two of 4096x4096 floats, transposed", 4, 3, {side, side, 2}, {1, 0, 2}},
		{"two of 4096x4096 doubles, transposed", 8, 3, {side, side, 2}, {1, 0, 2}},
		{"two of 256x256x256 doubles, reversed", 8, 4, {cube, cube, cube, 2}, {2, 1, 0, 3}},
	};
	struct problem problems[sizeof(copies) / sizeof(*copies)];

	for (size_t i = 0; i < sizeof(copies) / sizeof(*copies); i++) {
		problems[i] = (struct problem){
			.shape = shape_permuted(copies[i].element_size, copies[i].ndims,
						copies[i].dims, copies[i].order),
			.yards = 0,
			.needs = {{YARD_SERIAL, 0.95}},
			.add = add_two,
			.release = release_two};
		copy_text(problems[i].about, sizeof(problems[i].about), copies[i].about);
	}
	return suite_run_all(c, settings, settings->workers, out, problems,
			     sizeof(copies) / sizeof(*copies));
}

void add_large_cases(struct case_list *list, const struct settings *settings)
{
	const struct bench_case cases[] = {
		{.name = "flat/powers",
		 .about = "contiguous bytes, every power of two from 64 KiB to 1 GiB",
		 .on_request = true,
		 .run = run_flat},
		{.name = "flat/powers-1-worker",
		 .about = "contiguous bytes, every power of two from 64 KiB to 1 GiB",
		 .on_request = true,
		 .run = run_flat,
		 .workers = 1},
		{.name = "transpose/limit",
		 .about = "large transposes against the limit",
		 .on_request = true,
		 .run = run_transposes},
		{.name = "together/two",
		 .about = "two large copies posted together, against one after the other",
		 .on_request = true,
		 .run = run_two},
	};

	(void)settings;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		case_list_add(list, &cases[i]);
}
