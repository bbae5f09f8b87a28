/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The permutations of HPTT's paper: full size, by all workers and by one, and scaled to 64 KiB by
 * one. The size of an element and the number of workers are those of the case.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "permutations.h"
#include "suite.h"

#define SMALL_BYTES 65536
#define QUICK_BYTES 4096

/* Scale all extents by the same factor, so that the payload is about `bytes`. */
static void scale(size_t *dims, size_t ndims, size_t element_size, double bytes)
{
	double payload = (double)element_size, factor;

	for (size_t i = 0; i < ndims; i++)
		payload *= (double)dims[i];
	factor = pow(bytes / payload, 1 / (double)ndims);
	for (size_t i = 0; i < ndims; i++) {
		double extent = round((double)dims[i] * factor);

		dims[i] = extent < 2 ? 2 : (size_t)extent;
	}
}

/* "4d 0321 80x96x75x96": the permutation, and the extents of the source. */
static void describe(char about[ABOUT_SIZE], const struct permutation *p, const size_t *dims)
{
	int used = snprintf(about, ABOUT_SIZE, "%zud ", p->ndims);

	for (size_t i = 0; i < p->ndims; i++)
		used += snprintf(about + used, ABOUT_SIZE - (size_t)used, "%zu", p->order[i]);
	for (size_t i = 0; i < p->ndims; i++)
		used += snprintf(about + used, ABOUT_SIZE - (size_t)used, "%c%zu",
				 i == 0 ? ' ' : 'x', dims[i]);
}

/* Make problem `i`. The case's `size` is the payload in bytes; 0: full size. */
static void make(const struct bench_case *c, const struct settings *settings, size_t i,
		 struct problem *problem)
{
	const struct permutation *p = &permutations[i];
	size_t bytes = settings->quick ? QUICK_BYTES : c->size;
	size_t element_size = c->shape.element_size;
	size_t dims[SHAPE_NDIMS];

	memset(problem, 0, sizeof(*problem));
	memcpy(dims, p->dims, sizeof(dims));
	if (bytes > 0)
		scale(dims, p->ndims, element_size, (double)bytes);
	describe(problem->about, p, dims);
	problem->shape = shape_permuted(element_size, p->ndims, dims, p->order);
	problem->yards = YARDS_OF_COPIES;
	if (c->size > 0) {
		problem->needs[0] = (struct need){YARD_MEMCPY, 0.3};
	} else {
		problem->needs[0] = (struct need){YARD_HPTT, settings->workers == 1 ? 0.8 : 0.85};
		problem->needs[1] = (struct need){YARD_ONEDNN, 0.9};
	}
}

static enum outcome run_permutations(const struct bench_case *c, const struct settings *settings,
				     struct results *out)
{
	struct suite suite;

	suite_open(&suite, c, settings, c->workers > 0 ? c->workers : settings->workers, out);
	for (size_t i = 0; i < PERMUTATIONS; i++) {
		struct problem problem;

		if (!suite_wants(&suite))
			continue;
		make(c, &suite.settings, i, &problem);
		suite_run(&suite, &problem);
	}
	return suite_close(&suite);
}

static const struct suite_goals small_goals = {.goals = {{GOAL_MEAN, YARD_MEMCPY, 0.6, 0}},
					       .count = 1};
static const struct suite_goals one_goals = {
	.goals = {{GOAL_MEAN, YARD_HPTT, 1.05, 0}, {GOAL_AHEAD, YARD_ONEDNN, 54, 0}}, .count = 2};
static const struct suite_goals several_goals = {.goals = {{GOAL_MEAN, YARD_HPTT, 1.15, 0},
							   {GOAL_AHEAD, YARD_HPTT, 50, 0},
							   {GOAL_AHEAD, YARD_ONEDNN, 54, 0}},
						 .count = 3};

/* The goals of a case: of small copies, or of large ones by one worker or by several. */
static const struct suite_goals *goals_of(size_t bytes, unsigned workers)
{
	if (bytes > 0)
		return &small_goals;
	return workers == 1 ? &one_goals : &several_goals;
}

void add_permutation_cases(struct case_list *list, const struct settings *settings)
{
	static const struct {
		const char *name, *about;
		size_t element_size, bytes;
		unsigned workers;
	} cases[] = {
		{"permutations/float", "57 permutations of 200 MiB", 4, 0, 0},
		{"permutations/double", "57 permutations of 400 MiB", 8, 0, 0},
		{"permutations/float-1-worker", "57 permutations of 200 MiB", 4, 0, 1},
		{"permutations/double-1-worker", "57 permutations of 400 MiB", 8, 0, 1},
		{"permutations/float-64KiB", "the same scaled to 64 KiB", 4, SMALL_BYTES, 1},
		{"permutations/double-64KiB", "the same scaled to 64 KiB", 8, SMALL_BYTES, 1},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct bench_case c = {.on_request = true,
				       .run = run_permutations,
				       .shape = {.element_size = cases[i].element_size},
				       .size = cases[i].bytes,
				       .workers = cases[i].workers};

		c.goals = goals_of(c.size, c.workers > 0 ? c.workers : settings->workers);
		copy_text(c.name, sizeof(c.name), cases[i].name);
		copy_text(c.about, sizeof(c.about), cases[i].about);
		case_list_add(list, &c);
	}
}
