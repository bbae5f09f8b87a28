/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Small work: many small planes in one request, small requests, small pads. Here the time goes into
 * planning, into the ends of rows, and into calls.
 */
#include <stdio.h>
#include <string.h>

#include <aml/dma/linux.h>
#include <aml/layout/dense.h>
#include <aml/layout/pad.h>

#include "round.h"
#include "suite.h"

#define PROBLEMS_MAX 64
#define QUICK_COUNT 5

/* A growing list of problems. */
struct tiny_list {
	struct problem problems[PROBLEMS_MAX];
	size_t count;
};

static struct problem *tiny_add(struct tiny_list *list, const char *about, struct bench_shape shape)
{
	struct problem *problem = &list->problems[list->count];

	if (list->count + 1 < PROBLEMS_MAX)
		list->count++;
	*problem = (struct problem){
		.shape = shape, .yards = YARD(YARD_LOOPS) | YARD(YARD_FIXED) | YARD(YARD_MEMCPY)};
	copy_text(problem->about, sizeof(problem->about), about);
	problem->needs[0] = (struct need){YARD_LOOPS, 1.0};
	return problem;
}

/* Batches. */

/* Transpose `count` planes of `width` x `height` elements. */
static void add_planes(struct tiny_list *list, size_t element_size, size_t width, size_t height,
		       size_t count)
{
	const size_t dims[] = {width, height, count}, order[] = {1, 0, 2};
	char about[ABOUT_SIZE];

	snprintf(about, sizeof(about), "%zu planes of %zux%zu elements of %zu B, transposed", count,
		 width, height, element_size);
	tiny_add(list, about, shape_permuted(element_size, 3, dims, order));
}

/* All windows of 3 x 3 floats of an image with `side` x `side` of them. */
static struct bench_shape windows(size_t side, bool window_fastest)
{
	ptrdiff_t pitch = (ptrdiff_t)(side + 2) * 4, n = (ptrdiff_t)side;
	struct bench_shape shape = {.element_size = 4,
				    .ndims = 4,
				    .dims = {3, 3, side, side},
				    .dst_step = {4, 12, 36, 36 * n},
				    .src_step = {4, pitch, 4, pitch}};

	if (!window_fastest) {
		const ptrdiff_t step[] = {4 * n * n, 12 * n * n, 4, 4 * n};

		memcpy(shape.dst_step, step, sizeof(step));
	}
	return shape;
}

static void list_batches(struct tiny_list *list, bool quick)
{
	static const struct {
		size_t element_size, width, height, count;
	} planes[] = {
		{4, 16, 3, 2730}, {4, 3, 16, 2730}, {1, 2, 2, 131072}, {2, 2, 2, 65536},
		{4, 2, 2, 32768}, {8, 2, 2, 16384}, {1, 3, 3, 58254},  {2, 3, 3, 29127},
		{4, 3, 3, 14563}, {8, 3, 3, 7281},  {16, 3, 3, 3640},  {3, 4, 4, 8192},
		{4, 4, 4, 8192},  {8, 4, 4, 4096},  {4, 5, 7, 3744},   {1, 16, 3, 10922},
		{2, 16, 3, 5461}, {8, 16, 3, 1365}, {12, 2, 5, 4369},  {4, 8, 8, 2048},
		{1, 8, 8, 8192},  {4, 16, 16, 512},
	};
	static const size_t reversed[] = {4, 3, 2, 1, 0, 5}, swapped[] = {1, 0, 3, 2, 4};
	const size_t six[] = {2, 3, 2, 3, 2, quick ? QUICK_COUNT : 2000};
	const size_t five[] = {3, 2, 2, 4, quick ? QUICK_COUNT : 3000};
	size_t side = quick ? QUICK_COUNT : 512;

	for (size_t i = 0; i < sizeof(planes) / sizeof(*planes); i++)
		add_planes(list, planes[i].element_size, planes[i].width, planes[i].height,
			   quick ? QUICK_COUNT : planes[i].count);
	tiny_add(list, "floats [2000][2][3][2][3][2], the inner five reversed",
		 shape_permuted(4, 6, six, reversed));
	tiny_add(list, "doubles [2000][2][3][2][3][2], the inner five reversed",
		 shape_permuted(8, 6, six, reversed));
	tiny_add(list, "shorts [3000][4][2][2][3], two pairs swapped",
		 shape_permuted(2, 5, five, swapped));
	tiny_add(list, "windows of 3x3 floats of 512x512, a window together", windows(side, true));
	tiny_add(list, "windows of 3x3 floats of 512x512, a plane per place", windows(side, false));
}

static enum outcome run_batches(const struct bench_case *c, const struct settings *settings,
				struct results *out)
{
	static struct tiny_list list;

	list.count = 0;
	list_batches(&list, settings->quick);
	return suite_run_all(c, settings, settings->workers, out, list.problems, list.count);
}

/* Small requests. */

#define POSTS 1000
#define QUICK_POSTS 20

/* Post a copy many times, and wait for all of them. */
struct posts {
	struct aml_dma *dma;
	struct layout_pair pair;
	size_t count;
	char from[TASK_BYTES], to[TASK_BYTES]; /* of the yardstick */
};

static int run_posts(void *arg)
{
	struct posts *posts = arg;
	int err = 0;

	for (size_t i = 0; i < posts->count && err == 0; i++)
		err = aml_dma_async_copy(posts->dma, NULL, posts->pair.dst, posts->pair.src);
	return err == 0 ? aml_dma_barrier(posts->dma) : err;
}

static int run_plain_posts(void *arg)
{
	struct posts *posts = arg;
	int err = 0;

	for (size_t i = 0; i < posts->count && err == 0; i++)
		err = aml_dma_async_copy_custom(posts->dma, NULL, address(posts->to),
						address(posts->from), aml_dma_linux_memcpy_op,
						(void *)(uintptr_t)TASK_BYTES);
	return err == 0 ? aml_dma_barrier(posts->dma) : err;
}

static void release_posts(void *extra)
{
	struct posts *posts = extra;

	aml_layout_destroy(&posts->pair.dst);
	aml_layout_destroy(&posts->pair.src);
	free(posts);
}

static bool add_posts(struct contest *contest, void **extra)
{
	struct posts *posts = calloc(1, sizeof(*posts));
	size_t i;

	if (posts == NULL)
		return false;
	if (contest_shape_layouts(contest, &posts->pair) != AML_SUCCESS) {
		free(posts);
		return false;
	}
	*extra = posts;
	posts->dma = contest->engines[0];
	posts->count = contest->settings->quick ? QUICK_POSTS : POSTS;
	i = contest_add(contest, "posts", run_posts, posts, true);
	contest->contestants[i].units = (double)posts->count;
	i = contest_add(contest, "64 B posts", run_plain_posts, posts, false);
	contest->contestants[i].units = (double)posts->count;
	yard_count(contest, i, YARD_POST);
	return true;
}

/* A block of doubles out of a matrix, into another matrix. */
static struct bench_shape block(size_t width, size_t height)
{
	return (struct bench_shape){.element_size = 8,
				    .ndims = 2,
				    .dims = {width, height},
				    .dst_step = {8, 8 * 19},
				    .src_step = {8, 8 * 23}};
}

static enum outcome run_posted(const struct bench_case *c, const struct settings *settings,
			       struct results *out)
{
	static const size_t blocks[][2] = {{1, 1}, {2, 1}, {1, 2}, {3, 1}, {2, 2}, {1, 4},
					   {3, 2}, {2, 3}, {4, 2}, {2, 4}, {1, 8}, {8, 1}};
	static struct tiny_list list;

	list.count = 0;
	for (size_t i = 0; i < sizeof(blocks) / sizeof(*blocks); i++) {
		size_t width = blocks[i][0], height = blocks[i][1];
		char about[ABOUT_SIZE];
		struct problem *problem;

		snprintf(about, sizeof(about), "%zux%zu doubles of a matrix, posted", width,
			 height);
		problem = tiny_add(&list, about, block(width, height));
		problem->yards = 0;
		problem->add = add_posts;
		problem->release = release_posts;
		problem->needs[0] = (struct need){YARD_POST, 1 / 1.5};
	}
	return suite_run_all(c, settings, 1, out, list.problems, list.count);
}

static enum outcome run_single(const struct bench_case *c, const struct settings *settings,
			       struct results *out)
{
	static const struct {
		size_t element_size, width, height;
	} planes[] = {{8, 4, 4},   {8, 8, 8}, {4, 8, 8},   {4, 16, 3}, {8, 2, 3},
		      {1, 16, 16}, {2, 7, 9}, {4, 30, 30}, {16, 4, 6}, {3, 10, 10}};
	static struct tiny_list list;

	list.count = 0;
	for (size_t i = 0; i < sizeof(planes) / sizeof(*planes); i++)
		add_planes(&list, planes[i].element_size, planes[i].width, planes[i].height, 1);
	for (size_t n = 1; n <= 32; n *= 2)
		tiny_add(&list, n == 1 ? "1x1 double of a matrix" : "n x n doubles of a matrix",
			 block(n < 16 ? n : 16, n));
	return suite_run_all(c, settings, 1, out, list.problems, list.count);
}

/* Small pads: a border of one element on each side. */

static const double pad_neutral = 0.5;

static int bordered_source(const struct contest *contest, struct layout_pair *pair)
{
	static const size_t offsets[] = {1, 1};
	const struct bench_shape *shape = &contest->c->shape;
	const size_t within[] = {shape->dims[0] - 2, shape->dims[1] - 2};
	struct aml_layout *target;
	int err = contest_shape_layouts(contest, pair);

	if (err != AML_SUCCESS)
		return err;
	aml_layout_destroy(&pair->src);
	err = aml_layout_dense_create(&target, contest->src, AML_LAYOUT_ORDER_COLUMN_MAJOR,
				      shape->element_size, 2, within, NULL, NULL);
	if (err == AML_SUCCESS) {
		err = aml_layout_pad_create_at(&pair->src, AML_LAYOUT_ORDER_COLUMN_MAJOR, target,
					       shape->dims, (void *)(uintptr_t)&pad_neutral,
					       offsets);
		if (err == AML_SUCCESS)
			return err;
		aml_layout_destroy(&target);
	}
	aml_layout_destroy(&pair->dst);
	return err;
}

static void border_reference(const struct contest *contest, void *dst)
{
	size_t width = contest->c->shape.dims[0], height = contest->c->shape.dims[1];
	const double *from = contest->src;
	double *to = dst;

	for (size_t j = 0; j < height; j++) {
		for (size_t i = 0; i < width; i++) {
			bool inside = i > 0 && i + 1 < width && j > 0 && j + 1 < height;

			to[j * width + i] =
				inside ? from[(j - 1) * (width - 2) + i - 1] : pad_neutral;
		}
	}
}

static int run_pad_loops(void *arg)
{
	const struct contest *contest = arg;
	const size_t *dims = contest->c->shape.dims;

	loops_pad(contest->dst, contest->src, dims[0], dims[1], pad_neutral);
	return 0;
}

static enum outcome run_pads(const struct bench_case *c, const struct settings *settings,
			     struct results *out)
{
	static const size_t extents[][2] = {{100, 10}, {10, 100}, {3, 3},   {8, 8},
					    {30, 30},  {64, 64},  {1000, 1}};
	static struct tiny_list list;

	list.count = 0;
	for (size_t i = 0; i < sizeof(extents) / sizeof(*extents); i++) {
		const size_t dims[] = {extents[i][0] + 2, extents[i][1] + 2};
		char about[ABOUT_SIZE];
		struct problem *problem;

		snprintf(about, sizeof(about), "%zux%zu doubles, padded by one on each side",
			 extents[i][0], extents[i][1]);
		problem =
			tiny_add(&list, about, shape_permuted(8, 2, dims, (const size_t[]){0, 1}));
		problem->layouts = bordered_source;
		problem->reference = border_reference;
		problem->loops = run_pad_loops;
	}
	return suite_run_all(c, settings, 1, out, list.problems, list.count);
}

void add_tiny_cases(struct case_list *list, const struct settings *settings)
{
	const struct bench_case cases[] = {
		{.name = "tiny/batches",
		 .about = "many small planes in one request",
		 .on_request = true,
		 .run = run_batches},
		{.name = "tiny/posted",
		 .about = "1 to 8 doubles in 2 dimensions, posted",
		 .on_request = true,
		 .run = run_posted},
		{.name = "tiny/single",
		 .about = "small requests, synchronous",
		 .on_request = true,
		 .run = run_single},
		{.name = "tiny/pads",
		 .about = "small pads, synchronous",
		 .on_request = true,
		 .run = run_pads},
	};

	(void)settings;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		case_list_add(list, &cases[i]);
}
