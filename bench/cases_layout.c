/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Copies of pad, reshape and custom layouts. The yardstick of pads and reshapes is the copy of
 * the equal dense layouts by the same engine. The yardstick of a custom layout is a loop that asks
 * the layout for every address. The shape of a case is the equal dense copy.
 */
#include <stdint.h>
#include <string.h>

#include <aml/layout/dense.h>
#include <aml/layout/pad.h>
#include <aml/layout/reshape.h>

#include "contest.h"
#include "user_layout.h"

#define KIB 1024
#define ONE_WORKER 0.6

/* The neutral element of the pads. */
static float neutral = 0.5F;

/* The side of the pad, and the number of columns and rows by which its target is smaller. */
#define SIDE 4096
#define MARGIN 96

static int make_pad(struct aml_layout **layout, void *base, const size_t *dims)
{
	size_t within[2] = {dims[0] - MARGIN, dims[1] - MARGIN};
	struct aml_layout *target;
	int err;

	err = aml_layout_dense_create(&target, base, AML_LAYOUT_ORDER_COLUMN_MAJOR, sizeof(float),
				      2, within, NULL, NULL);
	if (err != AML_SUCCESS)
		return err;
	err = aml_layout_pad_create(layout, AML_LAYOUT_ORDER_COLUMN_MAJOR, target, dims, &neutral);
	if (err != AML_SUCCESS)
		aml_layout_destroy(&target);
	return err;
}

/* A dense destination and a padded source. */
static int pad_source(const struct contest *contest, struct layout_pair *pair)
{
	int err = contest_shape_layouts(contest, pair);

	if (err != AML_SUCCESS)
		return err;
	aml_layout_destroy(&pair->src);
	err = make_pad(&pair->src, contest->src, contest->c->shape.dims);
	if (err != AML_SUCCESS)
		aml_layout_destroy(&pair->dst);
	return err;
}

static void pad_source_reference(const struct contest *contest, void *dst)
{
	size_t width = contest->c->shape.dims[0], height = contest->c->shape.dims[1];
	const float *from = contest->src;
	float *to = dst;

	for (size_t j = 0; j < height; j++) {
		for (size_t i = 0; i < width; i++) {
			bool inside = i < width - MARGIN && j < height - MARGIN;

			to[j * width + i] = inside ? from[j * (width - MARGIN) + i] : neutral;
		}
	}
}

/* A padded destination drops its outside, so the copy is a block of the dense source. */
static int pad_destination(const struct contest *contest, struct layout_pair *pair)
{
	const struct bench_shape *block = &contest->c->shape;
	size_t dims[2] = {block->dims[0] + MARGIN, block->dims[1] + MARGIN};
	int err;

	err = aml_layout_dense_create(&pair->src, contest->src, AML_LAYOUT_ORDER_COLUMN_MAJOR,
				      sizeof(float), 2, dims, NULL, NULL);
	if (err != AML_SUCCESS)
		return err;
	err = make_pad(&pair->dst, contest->dst, dims);
	if (err != AML_SUCCESS)
		aml_layout_destroy(&pair->src);
	return err;
}

/* A source with the same elements in the same order under other extents, the first one `first`. */
static int reshape_source(const struct contest *contest, struct layout_pair *pair, size_t first)
{
	const struct bench_shape *shape = &contest->c->shape;
	size_t dims[2] = {first, shape->dims[0] * shape->dims[1] / first};
	struct layout_pair dense;
	int err = contest_shape_layouts(contest, &dense);

	if (err != AML_SUCCESS)
		return err;
	aml_layout_destroy(&dense.dst);
	err = aml_layout_dense_create(&pair->dst, contest->dst, AML_LAYOUT_ORDER_COLUMN_MAJOR,
				      shape->element_size, 2, dims, NULL, NULL);
	if (err == AML_SUCCESS) {
		err = aml_layout_reshape_create(&pair->src, dense.src,
						AML_LAYOUT_ORDER_COLUMN_MAJOR, 2, dims);
		if (err == AML_SUCCESS)
			return err;
		aml_layout_destroy(&pair->dst);
	}
	aml_layout_destroy(&dense.src);
	return err;
}

static int reshape_even(const struct contest *contest, struct layout_pair *pair)
{
	return reshape_source(contest, pair, contest->c->shape.dims[0] / 4);
}

static int reshape_odd(const struct contest *contest, struct layout_pair *pair)
{
	return reshape_source(contest, pair, contest->c->shape.dims[1]);
}

/* Measure engines on the layouts, and the same engines on the equal dense layouts. */
static enum outcome run_against_dense(const struct bench_case *c, const struct settings *settings,
				      struct results *out, layouts_fn make,
				      void (*reference)(const struct contest *, void *))
{
	struct contest contest;
	enum outcome outcome = contest_open(&contest, c, settings, out);

	if (outcome == DONE) {
		size_t layouts = contest_add_engines(&contest, "", make);
		size_t between = contest.count;
		size_t dense = contest_add_engines(&contest, " (dense)", contest_shape_layouts);

		contest.reference = reference;
		for (size_t i = 0; i < between && dense != ENTRANTS_MAX; i++) {
			contest.entrants[i].yardstick = dense + i;
			contest.entrants[i].target = target_for(c, contest.entrants[i].workers);
			contest.entrants[dense + i].maps = reference == NULL;
		}
		if (!settings->brief)
			contest_add_memcpy(&contest);
		if (layouts == ENTRANTS_MAX || dense == ENTRANTS_MAX) {
			results_note(out, "the layouts could not be created");
			outcome = FAILED;
		} else {
			outcome = contest_run(&contest);
		}
	}
	contest_close(&contest);
	return outcome;
}

static enum outcome run_pad_source(const struct bench_case *c, const struct settings *settings,
				   struct results *out)
{
	return run_against_dense(c, settings, out, pad_source, pad_source_reference);
}

static enum outcome run_pad_destination(const struct bench_case *c, const struct settings *settings,
					struct results *out)
{
	return run_against_dense(c, settings, out, pad_destination, NULL);
}

static enum outcome run_reshape_even(const struct bench_case *c, const struct settings *settings,
				     struct results *out)
{
	return run_against_dense(c, settings, out, reshape_even, NULL);
}

static enum outcome run_reshape_odd(const struct bench_case *c, const struct settings *settings,
				    struct results *out)
{
	return run_against_dense(c, settings, out, reshape_odd, NULL);
}

static enum outcome run_user(const struct bench_case *c, const struct settings *settings,
			     struct results *out)
{
	struct contest contest;
	enum outcome outcome = contest_open(&contest, c, settings, out);

	if (outcome == DONE && contest_add_engines(&contest, "", user_pair) == ENTRANTS_MAX)
		outcome = results_no_memory(out);
	if (outcome == DONE) {
		size_t loop = contest_add(&contest, "loop of deref_native", run_user_loops,
					  &contest, true);

		if (!settings->brief)
			contest_add_memcpy(&contest);
		for (size_t i = 0; i < contest.count; i++) {
			contest.entrants[i].yardstick = loop;
			contest.entrants[i].target = (struct target){FASTER, 0};
			if (contest.entrants[i].dma != NULL)
				contest.entrants[i].target =
					target_for(c, contest.entrants[i].workers);
		}
		outcome = contest_run(&contest);
	}
	contest_close(&contest);
	return outcome;
}

static void add(struct case_list *list, const char *name, const char *about,
		struct bench_shape shape, struct target target,
		enum outcome (*run)(const struct bench_case *, const struct settings *,
				    struct results *))
{
	struct bench_case c = {.isa_matters = true,
			       .run = run,
			       .shape = shape,
			       .target = target,
			       .one_worker = ONE_WORKER};

	copy_text(c.name, sizeof(c.name), name);
	copy_text(c.about, sizeof(c.about), about);
	case_list_add(list, &c);
}

/* A matrix in the first columns of a wider matrix. */
static struct bench_shape block_of(size_t element_size, size_t width, size_t height, size_t pitch)
{
	ptrdiff_t size = (ptrdiff_t)element_size;

	return (struct bench_shape){.element_size = element_size,
				    .ndims = 2,
				    .dims = {width, height},
				    .dst_step = {size, size * (ptrdiff_t)width},
				    .src_step = {size, size * (ptrdiff_t)pitch}};
}

void add_layout_cases(struct case_list *list, const struct settings *settings)
{
	size_t side = settings->quick ? 2 * MARGIN : SIDE;
	size_t width = settings->quick ? 120 : 6000, height = settings->quick ? 100 : 5000;
	const struct target pad = {SLOWER, 1.2}, user = {FASTER, 1.0};

	add(list, "pad/source", "floats, a pad as source, its target 96 columns and rows smaller",
	    block_of(4, side, side, side), pad, run_pad_source);
	add(list, "pad/destination", "floats, a pad as destination, whose outside is dropped",
	    block_of(4, side - MARGIN, side - MARGIN, side), pad, run_pad_destination);
	add(list, "reshape/dense", "floats, a dense matrix under other extents",
	    block_of(4, side, side, side), pad, run_reshape_even);
	add(list, "reshape/block", "floats, rows of a wider matrix, each split in four",
	    block_of(4, side, side, side + side / 4), pad, run_reshape_even);
	add(list, "reshape/odd", "floats, rows of a wider matrix, split across their ends",
	    block_of(4, width, height, width + 1000), pad, run_reshape_odd);
	add(list, "user/deref", "doubles in a matrix that has only deref_native",
	    block_of(8, side / 2, side, side / 2), user, run_user);
}
