/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Comparisons of equal data: of contiguous bytes against memcmp(), and of other shapes against the
 * copy of the same layouts.
 *
 * Before the measurement, every contestant runs once with a destination that differs in every
 * byte. A comparison then checks its result, and makes both sides equal. Afterwards no contestant
 * changes the destination.
 */
#include <stdio.h>
#include <string.h>

#include <aml/dma/linux.h>
#include <aml/dma/operators.h>

#include "operator_entrants.h"
#include "suite.h"

#define KIB ((size_t)1024)
#define MIB (1024 * KIB)
#define QUICK_BYTES (2 * KIB)

/* Compare once. Not 0: an error. */
static int compare_sides(const struct entrant *entrant, struct aml_dma_linux_difference *difference)
{
	*difference = (struct aml_dma_linux_difference)AML_DMA_LINUX_DIFFERENCE_INIT;
	return aml_dma_copy_custom(entrant->dma, entrant->pair.dst, entrant->pair.src,
				   aml_dma_linux_compare, difference);
}

/* True if every element differs, and the first one is named. */
static bool all_differ(const struct contest *contest,
		       const struct aml_dma_linux_difference *difference)
{
	const struct bench_shape *shape = &contest->c->shape;

	for (size_t i = 0; i < shape->ndims; i++)
		if (difference->coords[i] != 0)
			return false;
	return difference->count == shape_payload(shape) / shape->element_size;
}

static int run_compare(void *arg)
{
	const struct entrant *entrant = arg;
	const struct contest *contest = entrant->contest;
	struct aml_dma_linux_difference difference;
	int err = compare_sides(entrant, &difference);

	if (err != AML_SUCCESS || difference.count == 0)
		return err;
	if (!all_differ(contest, &difference))
		return -AML_FAILURE;
	shape_reference(&contest->c->shape, contest->dst, contest->src);
	err = compare_sides(entrant, &difference);
	return err == AML_SUCCESS && difference.count > 0 ? -AML_FAILURE : err;
}

static int run_memcmp(void *arg)
{
	const struct contest *contest = ((const struct entrant *)arg)->contest;
	const size_t bytes = shape_payload(&contest->shape);

	if (memcmp(contest->dst, contest->src, bytes) == 0)
		return 0;
	memcpy(contest->dst, contest->src, bytes);
	return memcmp(contest->dst, contest->src, bytes);
}

static bool add_flat_compare(struct contest *contest, void **extra)
{
	struct layout_pair pair;
	size_t i;

	(void)extra;
	if (contest_shape_layouts(contest, &pair) != AML_SUCCESS ||
	    operator_add(contest, "compare", run_compare, &pair) == ENTRANTS_MAX)
		return false;
	i = contest_add(contest, "memcmp", run_memcmp, NULL, true);
	yard_count(contest, i, YARD_MEMCMP);
	return i != ENTRANTS_MAX;
}

static bool add_shaped_compare(struct contest *contest, void **extra)
{
	struct layout_pair pair, equal;

	(void)extra;
	return contest_shape_layouts(contest, &pair) == AML_SUCCESS &&
	       operator_add(contest, "compare", run_compare, &pair) != ENTRANTS_MAX &&
	       contest_shape_layouts(contest, &equal) == AML_SUCCESS &&
	       operator_add_equal_copy(contest, &equal) != ENTRANTS_MAX;
}

/* The case's `size` says whether it runs from memory. */
static enum outcome run_flat_compares(const struct bench_case *c, const struct settings *settings,
				      struct results *out)
{
	static const size_t cached[] = {4 * KIB, 32 * KIB, 256 * KIB, MIB},
			    large[] = {16 * MIB, 64 * MIB};
	const size_t *bytes = c->size > 0 ? large : cached;
	size_t count = c->size > 0 ? 2 : 4;
	struct suite suite;

	suite_open(&suite, c, settings, settings->workers, out);
	for (size_t i = 0; i < count; i++) {
		struct problem problem = {
			.shape = shape_flat(settings->quick ? QUICK_BYTES : bytes[i]),
			.needs = {{YARD_MEMCMP, 1.0}},
			.add = add_flat_compare,
		};

		snprintf(problem.about, sizeof(problem.about), "%zu KiB", bytes[i] / KIB);
		if (suite_wants(&suite))
			suite_run(&suite, &problem);
	}
	return suite_close(&suite);
}

/* Make a shape that has `bytes` bytes. Returns the name of the shape. */
static const char *compared_shape(struct bench_shape *shape, size_t kind, size_t bytes)
{
	static const size_t order[] = {1, 0}, order_3d[] = {2, 1, 0};
	size_t side = 16;

	/* The bytes are a power of four times a power of two, so the sides divide them. */
	while (side * side * 64 <= bytes)
		side *= 2;
	switch (kind) {
	case 0:
		*shape = shape_take(8, bytes / 8, 2);
		return "every second of 8 B";
	case 1:
		*shape = shape_take(4, bytes / 4, 3);
		return "every third of 4 B";
	case 2:
		*shape = shape_block(bytes / 256, 256, 1024);
		return "rows of 256 B of a matrix";
	case 3:
		*shape = shape_permuted(4, 2, (const size_t[]){side, bytes / 4 / side}, order);
		return "transposed, 4 B";
	case 4:
		*shape = shape_permuted(8, 2, (const size_t[]){side, bytes / 8 / side}, order);
		return "transposed, 8 B";
	default:
		*shape = shape_permuted(4, 3, (const size_t[]){side, 8, bytes / 32 / side},
					order_3d);
		return "dimensions in reverse, 4 B";
	}
}

static enum outcome run_shaped_compares(const struct bench_case *c, const struct settings *settings,
					struct results *out)
{
	static const size_t bytes[] = {16 * KIB, 256 * KIB, 16 * MIB};
	struct suite suite;

	suite_open(&suite, c, settings, settings->workers, out);
	for (size_t i = 0; i < 6 * 3; i++) {
		struct problem problem = {.needs = {{YARD_EQUAL, 0.8}}, .add = add_shaped_compare};
		size_t size = settings->quick ? 8 * KIB : bytes[i % 3];
		const char *what = compared_shape(&problem.shape, i / 3, size);

		snprintf(problem.about, sizeof(problem.about), "%zu KiB, %s", size / KIB, what);
		if (suite_wants(&suite))
			suite_run(&suite, &problem);
	}
	return suite_close(&suite);
}

void add_compare_cases(struct case_list *list, const struct settings *settings)
{
	static const struct bench_case cases[] = {
		{.name = "operators/compare-caches",
		 .about = "equal contiguous bytes compared, in the caches",
		 .run = run_flat_compares},
		{.name = "operators/compare-memory",
		 .about = "equal contiguous bytes compared, from 16 MiB on",
		 .run = run_flat_compares,
		 .size = 1},
		{.name = "operators/compare-shapes",
		 .about = "equal elements compared, against the equal copy",
		 .run = run_shaped_compares},
	};

	(void)settings;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct bench_case c = cases[i];

		c.on_request = true;
		case_list_add(list, &c);
	}
}
