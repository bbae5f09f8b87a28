/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Shapes that a normal form does not cover: reshapes whose extents do not divide, user-defined
 * layouts, and permutations of many small dimensions in the caches.
 */
#include <stdio.h>
#include <string.h>

#include <aml/layout/dense.h>
#include <aml/layout/reshape.h>

#include "suite.h"
#include "user_layout.h"

#define SHAPE_PROBLEMS_MAX 32
#define QUICK_ELEMENTS 500

/* Reshapes of floats: the case's `count` is the index of the rows. */

static const struct reshaped reshapes[] = {{2, 3, 3, 4}, {3, 4, 2, 3},   {4, 5, 5, 7},
					   {7, 8, 5, 6}, {6, 6, 15, 16}, {96, 128, 100, 128}};

#define RESHAPES (sizeof(reshapes) / sizeof(*reshapes))

static size_t element_count(const struct contest *contest)
{
	return shape_payload(&contest->c->shape) / sizeof(float);
}

/* The shape of the destination. The steps of the source only make its buffer large enough. */
static struct bench_shape reshape_shape(const struct reshaped *rows, size_t elements)
{
	size_t period = rows->to_row * rows->from_row;
	size_t count = (elements + period - 1) / period * period;
	size_t height = count / rows->to_row;
	size_t span = count / rows->from_row * rows->from_pitch;

	return (struct bench_shape){
		.element_size = sizeof(float),
		.ndims = 2,
		.dims = {rows->to_row, height},
		.dst_step = {4, 4 * (ptrdiff_t)rows->to_pitch},
		.src_step = {4, 4 * (ptrdiff_t)((span + height - 1) / height + 1)}};
}

/* Create rows of floats, `pitch` floats apart. */
static int create_rows(struct aml_layout **layout, void *base, size_t row, size_t pitch,
		       size_t count)
{
	const size_t dims[] = {row, count / row}, pitches[] = {pitch, count / row};

	return aml_layout_dense_create(layout, base, AML_LAYOUT_ORDER_COLUMN_MAJOR, sizeof(float),
				       2, dims, NULL, pitches);
}

static int reshape_layouts(const struct contest *contest, struct layout_pair *pair)
{
	const struct reshaped *rows = &reshapes[contest->c->count];
	struct aml_layout *from;
	size_t count = element_count(contest);
	int err = create_rows(&pair->dst, contest->dst, rows->to_row, rows->to_pitch, count);

	if (err != AML_SUCCESS)
		return err;
	err = create_rows(&from, contest->src, rows->from_row, rows->from_pitch, count);
	if (err == AML_SUCCESS) {
		err = aml_layout_reshape_create(&pair->src, from, AML_LAYOUT_ORDER_COLUMN_MAJOR, 2,
						contest->c->shape.dims);
		if (err == AML_SUCCESS)
			return err;
		aml_layout_destroy(&from);
	}
	aml_layout_destroy(&pair->dst);
	return err;
}

static void reshape_reference(const struct contest *contest, void *dst)
{
	const struct reshaped *rows = &reshapes[contest->c->count];
	const float *from = contest->src;
	float *to = dst;
	size_t count = element_count(contest);

	for (size_t i = 0; i < count; i++)
		to[i / rows->to_row * rows->to_pitch + i % rows->to_row] =
			from[i / rows->from_row * rows->from_pitch + i % rows->from_row];
}

static int run_reshape_loops(void *arg)
{
	const struct contest *contest = arg;

	loops_reshape(contest->dst, contest->src, element_count(contest),
		      &reshapes[contest->c->count]);
	return 0;
}

static enum outcome run_reshapes(const struct bench_case *c, const struct settings *settings,
				 struct results *out)
{
	static const size_t sizes[] = {8192, 1048576};
	struct problem problems[2 * RESHAPES];

	for (size_t i = 0; i < 2 * RESHAPES; i++) {
		const struct reshaped *rows = &reshapes[i / 2];
		size_t elements = settings->quick ? QUICK_ELEMENTS : sizes[i % 2];

		problems[i] = (struct problem){.shape = reshape_shape(rows, elements),
					       .variant = i / 2,
					       .yards = YARD(YARD_LOOPS) | YARD(YARD_MEMCPY),
					       .needs = {{YARD_LOOPS, 1.0}},
					       .layouts = reshape_layouts,
					       .reference = reshape_reference,
					       .loops = run_reshape_loops};
		snprintf(problems[i].about, sizeof(problems[i].about),
			 "%zu of %zu floats to %zu of %zu, %zu of them", rows->from_row,
			 rows->from_pitch, rows->to_row, rows->to_pitch, elements);
	}
	return suite_run_all(c, settings, settings->workers, out, problems, 2 * RESHAPES);
}

/* User-defined layouts. */

static enum outcome run_user_layouts(const struct bench_case *c, const struct settings *settings,
				     struct results *out)
{
	static const size_t sides[] = {64, 512, 2048};
	unsigned workers = c->workers > 0 ? c->workers : settings->workers;
	struct problem problems[3];

	for (size_t i = 0; i < 3; i++) {
		size_t side = settings->quick ? 8 : sides[i];
		const size_t dims[] = {side, side}, order[] = {0, 1};
		/* Small copies are not worth waking a worker. */
		bool by_two = workers >= 2 && sides[i] >= 512;

		problems[i] = (struct problem){.shape = shape_permuted(8, 2, dims, order),
					       .yards = YARD(YARD_LOOPS),
					       .needs = {{YARD_LOOPS, by_two ? 1.8 : 1.0}},
					       .layouts = user_pair,
					       .loops = run_user_loops};
		snprintf(problems[i].about, sizeof(problems[i].about),
			 "%zux%zu doubles with only deref_native", side, side);
	}
	return suite_run_all(c, settings, workers, out, problems, 3);
}

/* Permutations in the caches. */

static enum outcome run_cached(const struct bench_case *c, const struct settings *settings,
			       struct results *out)
{
	static const struct {
		size_t element_size, ndims, extent;
		size_t order[SHAPE_NDIMS];
	} permuted[] = {
		{8, 4, 14, {3, 2, 1, 0}},   {4, 4, 17, {3, 2, 1, 0}},
		{16, 4, 11, {3, 2, 1, 0}},  {8, 3, 40, {2, 1, 0}},
		{8, 5, 8, {4, 3, 2, 1, 0}}, {8, 6, 6, {5, 4, 3, 2, 1, 0}},
		{4, 5, 9, {4, 3, 2, 1, 0}}, {8, 4, 14, {1, 0, 3, 2}},
		{8, 4, 14, {2, 3, 0, 1}},   {2, 4, 19, {3, 2, 1, 0}},
		{1, 4, 23, {3, 2, 1, 0}},   {8, 4, 13, {3, 1, 2, 0}},
		{24, 3, 23, {2, 1, 0}},     {12, 3, 29, {2, 0, 1}},
	};
	struct problem problems[sizeof(permuted) / sizeof(*permuted)];
	size_t count = sizeof(permuted) / sizeof(*permuted);

	for (size_t i = 0; i < count; i++) {
		size_t n = settings->quick ? 3 : permuted[i].extent;
		const size_t dims[] = {n, n, n, n, n, n};
		int used;

		problems[i] = (struct problem){.yards = YARDS_OF_COPIES,
					       .needs = {{YARD_MEMCPY, 0.5}, {YARD_LOOPS, 1.0}}};
		problems[i].shape = shape_permuted(permuted[i].element_size, permuted[i].ndims,
						   dims, permuted[i].order);
		used = snprintf(problems[i].about, ABOUT_SIZE, "%zu dimensions of %zu of %zu B to ",
				permuted[i].ndims, n, permuted[i].element_size);
		for (size_t j = 0; j < permuted[i].ndims; j++)
			used += snprintf(problems[i].about + used, ABOUT_SIZE - (size_t)used, "%zu",
					 permuted[i].order[j]);
	}
	return suite_run_all(c, settings, 1, out, problems, count);
}

void add_shapes_cases(struct case_list *list, const struct settings *settings)
{
	const struct bench_case cases[] = {
		{.name = "steps/reshapes",
		 .about = "reshapes whose rows do not divide",
		 .on_request = true,
		 .run = run_reshapes},
		{.name = "steps/user-1-worker",
		 .about = "user-defined layouts",
		 .on_request = true,
		 .run = run_user_layouts,
		 .workers = 1},
		{.name = "steps/user",
		 .about = "user-defined layouts",
		 .on_request = true,
		 .run = run_user_layouts},
		{.name = "steps/permuted-caches",
		 .about = "permutations of small dimensions in the caches, by one thread",
		 .on_request = true,
		 .run = run_cached},
	};

	(void)settings;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		case_list_add(list, &cases[i]);
}
