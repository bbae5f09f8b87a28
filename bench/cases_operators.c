/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Operators that copy or set: fills against plain loops and streaming fills, and copies with
 * permuted dimensions against the equal copy of layouts.
 */
#include <stdio.h>

#include <aml/dma/linux.h>
#include <aml/dma/operators.h>

#include "operator_entrants.h"
#include "suite.h"

#define KIB ((size_t)1024)
#define MIB (1024 * KIB)
#define QUICK_BYTES (2 * KIB)

/* Set the elements of a layout to the first element of the source. */
static int run_fill(void *arg)
{
	struct entrant *entrant = arg;

	return aml_dma_copy_custom(entrant->dma, entrant->pair.dst,
				   (struct aml_layout *)entrant->contest->src, aml_dma_linux_fill,
				   NULL);
}

static int run_transform(void *arg)
{
	size_t permutation[] = {1, 0};
	struct entrant *entrant = arg;

	return aml_dma_copy_custom(entrant->dma, entrant->pair.dst, entrant->pair.src,
				   aml_dma_linux_transform, permutation);
}

static bool add_fill(struct contest *contest, void **extra)
{
	struct layout_pair pair;

	(void)extra;
	return contest_shape_layouts(contest, &pair) == AML_SUCCESS &&
	       operator_add(contest, "fill", run_fill, &pair) != ENTRANTS_MAX;
}

/* Layouts of which native dimension i of the destination is dimension 1 - i of the source. */
static int unpermuted_layouts(const struct contest *contest, struct layout_pair *pair)
{
	const struct bench_shape *shape = &contest->c->shape;
	struct bench_shape source = *shape;
	int err = shape_layout(shape, shape->dst_step, contest->dst, &pair->dst);

	if (err != AML_SUCCESS)
		return err;
	for (size_t i = 0; i < 2; i++) {
		source.dims[i] = shape->dims[1 - i];
		source.src_step[i] = shape->src_step[1 - i];
	}
	err = shape_layout(&source, source.src_step, contest->src, &pair->src);
	if (err != AML_SUCCESS)
		aml_layout_destroy(&pair->dst);
	return err;
}

static bool add_transform(struct contest *contest, void **extra)
{
	struct layout_pair pair, equal;

	(void)extra;
	return unpermuted_layouts(contest, &pair) == AML_SUCCESS &&
	       operator_add(contest, "transform", run_transform, &pair) != ENTRANTS_MAX &&
	       contest_shape_layouts(contest, &equal) == AML_SUCCESS &&
	       operator_add_equal_copy(contest, &equal) != ENTRANTS_MAX;
}

/* The case's `size` says whether it runs from memory. */
static enum outcome run_fills(const struct bench_case *c, const struct settings *settings,
			      struct results *out)
{
	static const size_t element_sizes[] = {1, 2, 3, 4, 8, 12, 16};
	static const size_t cached[] = {4 * KIB, 32 * KIB, 512 * KIB},
			    large[] = {16 * MIB, 64 * MIB};
	const size_t *bytes = c->size > 0 ? large : cached;
	size_t nbytes = c->size > 0 ? 2 : 3;
	struct suite suite;

	suite_open(&suite, c, settings, settings->workers, out);
	for (size_t i = 0; i < nbytes * sizeof(element_sizes) / sizeof(*element_sizes); i++) {
		size_t element_size = element_sizes[i / nbytes], size = bytes[i % nbytes];
		struct problem problem = {
			.shape = {.element_size = element_size,
				  .ndims = 1,
				  .dims = {(settings->quick ? QUICK_BYTES : size) / element_size},
				  .dst_step = {(ptrdiff_t)element_size}},
			.yards = YARD(c->size > 0 ? YARD_FILL : YARD_FIXED),
			.needs = {{c->size > 0 ? YARD_FILL : YARD_FIXED, c->size > 0 ? 0.9 : 1.0}},
			.add = add_fill,
		};

		snprintf(problem.about, sizeof(problem.about), "%zu KiB of %zu B", size / KIB,
			 element_size);
		if (suite_wants(&suite))
			suite_run(&suite, &problem);
	}
	return suite_close(&suite);
}

static enum outcome run_transforms(const struct bench_case *c, const struct settings *settings,
				   struct results *out)
{
	static const size_t extents[] = {8, 64, 512, 4096}, element_sizes[] = {4, 8};
	const size_t order[] = {1, 0};
	struct suite suite;

	suite_open(&suite, c, settings, settings->workers, out);
	for (size_t i = 0; i < 8; i++) {
		size_t extent = settings->quick ? 8 : extents[i / 2];
		const size_t dims[] = {extent, extent + 8};
		struct problem problem = {
			.shape = shape_permuted(element_sizes[i % 2], 2, dims, order),
			.needs = {{YARD_EQUAL, 0.97}},
			.add = add_transform,
		};

		snprintf(problem.about, sizeof(problem.about), "%zu x %zu of %zu B", extent,
			 extent + 8, element_sizes[i % 2]);
		if (suite_wants(&suite))
			suite_run(&suite, &problem);
	}
	return suite_close(&suite);
}

void add_operator_cases(struct case_list *list, const struct settings *settings)
{
	static const struct bench_case cases[] = {
		{.name = "operators/fill-caches",
		 .about = "every element set to one value, in the caches",
		 .run = run_fills},
		{.name = "operators/fill-memory",
		 .about = "every element set to one value, from 16 MiB on",
		 .run = run_fills,
		 .size = 1},
		{.name = "operators/transform",
		 .about = "transposed by the operator, against the equal copy",
		 .run = run_transforms},
	};

	(void)settings;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct bench_case c = cases[i];

		c.on_request = true;
		case_list_add(list, &c);
	}
}
