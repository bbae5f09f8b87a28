/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Copies by shuffled vectors: see plan/shuffling.c for the units, and kernels.h for a vector.
 *
 * The shuffles of one unit, a program, are made once (program.c). Then the program is run for many
 * units in a row. Everything lives on the stack of the copy.
 */
#include <string.h>

#include "copy/program.h"
#include "copy/shuffle.h"
#include "copy/strided.h"
#include "kernels/count.h"
#include "kernels/kernels.h"
#include "machine/caches.h"
#include "plan/shuffling.h"

enum {
	SHUFFLED_STAGE_BYTES = 4096,       /* gathered in the first-level cache, then streamed */
	SHUFFLED_SECTION_BYTES = 24 << 10, /* in the first-level cache, with the loops inside */
	SHUFFLED_ROWS_MIN = 16,            /* units in a section */
};

/* A plan with its program, and how its loops are split into sections. */
struct shuffled_copy {
	const struct copy_plan *plan;
	const struct shuffle_program *program;
	uint8_t row, outer; /* the row loop, and the first loop outside of the sections */
	size_t rows;        /* iterations of the row loop in a section */
	bool stream;        /* let the kernel stream whole lines */
	char *stage;        /* stream sections that are gathered here; NULL: do not */
};

/*
 * Run the vectors for `n` units. Several vectors are run for as many units as fit the first-level
 * cache.
 */
static void run_program(const struct shuffled_copy *c, char *dst, ptrdiff_t dst_step,
			const char *src, ptrdiff_t src_step, size_t n)
{
	const struct shuffle_program *program = c->program;
	size_t pass = program->vectors == 1 ? n : program->pass, units;

	for (size_t i = 0; i < n; i += units) {
		units = min(pass, n - i);
		kernels()->shuffle(program->vector, program->vectors, dst + (ptrdiff_t)i * dst_step,
				   dst_step, src + (ptrdiff_t)i * src_step, src_step, units,
				   c->stream);
	}
}

/* Copy `n` iterations of the row loop. */
static void move_shuffled_row(const struct shuffled_copy *c, char *dst, const char *src, size_t n)
{
	const struct copy_loop *row = &c->plan->loops[c->row];
	const struct copy_loop *last = &c->plan->loops[c->plan->shuffled.unit_loop];
	size_t m = c->plan->shuffled.iterations;
	ptrdiff_t dst_step = last->dst_step, src_step = last->src_step;

	if (row == last) {
		ptrdiff_t by = (ptrdiff_t)m;

		run_program(c, dst, by * dst_step, src, by * src_step, n / m);
		COUNT(n % m > 0, "shuffle", "the last unit overlaps");
		if (n % m > 0)
			run_program(c, dst + (ptrdiff_t)(n - m) * dst_step, 0,
				    src + (ptrdiff_t)(n - m) * src_step, 0, 1);
		return;
	}
	COUNT(true, "shuffle", "units in the rows of another loop");
	for (size_t i = 0; i < last->extent; i += m) {
		i = min(i, last->extent - m);
		run_program(c, dst + (ptrdiff_t)i * dst_step, row->dst_step,
			    src + (ptrdiff_t)i * src_step, row->src_step, n);
	}
}

/* Copy `n` iterations of the row loop, with the loops inside. */
static void move_shuffled_section(const struct shuffled_copy *c, char *dst, const char *src,
				  size_t n)
{
	struct copy_place place;
	size_t bytes = n * (size_t)c->plan->loops[c->row].dst_step;
	uint8_t first = (uint8_t)(c->row + 1);

	place.dst = dst;
	place.src = src;
	for (uint8_t i = first; i < c->outer; i++)
		place.index[i] = 0;
	do {
		if (c->stage == NULL) {
			move_shuffled_row(c, place.dst, place.src, n);
		} else {
			move_shuffled_row(c, c->stage, place.src, n);
			kernels()->stream(place.dst, c->stage, bytes);
		}
	} while (copy_next_place_of(c->plan, first, c->outer, &place));
}

/*
 * The number of iterations, at least `least`, before one that begins at a line of the destination.
 * If there is none, return `least`.
 */
static size_t iterations_before_line(const char *dst, ptrdiff_t step, size_t least)
{
	for (size_t i = least; i < least + CACHE_LINE_BYTES; i++)
		if (((size_t)dst + i * (size_t)step) % CACHE_LINE_BYTES == 0)
			return i;
	return least;
}

/* Copy the row loop and the loops inside in sections. */
static void move_in_shuffled_sections(const struct shuffled_copy *c, char *dst, const char *src)
{
	const struct copy_loop *row = &c->plan->loops[c->row];
	size_t least = c->plan->shuffled.row ? 1 : c->plan->shuffled.iterations, n = c->rows;

	if ((c->stage != NULL || c->stream) && !c->plan->shuffled.row)
		n = iterations_before_line(dst, row->dst_step, least);
	n = min(n, c->rows);
	for (size_t done = 0; done < row->extent; done += n, n = c->rows) {
		n = min(n, row->extent - done);
		/* Less than a unit is left: it overlaps the previous section. */
		if (n < least) {
			done -= least - n;
			n = least;
		}
		move_shuffled_section(c, dst + (ptrdiff_t)done * row->dst_step,
				      src + (ptrdiff_t)done * row->src_step, n);
	}
}

/* The iterations of the row loop in a section. */
static size_t rows_of_section(const struct shuffled_copy *c)
{
	const struct copy_plan *plan = c->plan;
	const struct copy_loop *row = &plan->loops[c->row];
	size_t m = plan->shuffled.iterations, bytes = (size_t)row->dst_step;

	if (c->stage != NULL) {
		size_t rows = SHUFFLED_STAGE_BYTES / bytes;

		/* Whole units and whole lines. */
		rows -= rows > CACHE_LINE_BYTES ? rows % CACHE_LINE_BYTES : rows % m;
		return rows;
	}
	if (c->outer == c->row + 1 && !plan->shuffled.row)
		return row->extent;
	if (plan->shuffled.row)
		bytes = (size_t)plan->loops[plan->shuffled.unit_loop].dst_step *
			plan->loops[plan->shuffled.unit_loop].extent;
	for (uint8_t i = (uint8_t)(c->row + 1); i < c->outer; i++)
		bytes *= plan->loops[i].extent;
	bytes = SHUFFLED_SECTION_BYTES / (bytes > 0 ? bytes : 1);
	if (plan->shuffled.row)
		return bytes < SHUFFLED_ROWS_MIN ? SHUFFLED_ROWS_MIN : bytes;
	return (bytes / m < SHUFFLED_ROWS_MIN ? SHUFFLED_ROWS_MIN : bytes / m) * m;
}

/* Copy each element, without shuffles. */
static void copy_elements(const struct copy_plan *plan)
{
	row_fn row = copy_row(plan->run.bytes);
	struct copy_place place;

	copy_first_place(plan, 1, &place);
	do
		row(place.dst, place.src, plan->run.bytes, &plan->loops[0]);
	while (copy_next_place(plan, 1, &place));
}

void copy_shuffled(const struct copy_plan *plan)
{
	_Alignas(CACHE_LINE_BYTES) char stage[SHUFFLED_STAGE_BYTES];
	struct shuffle_program program;
	struct shuffled_copy c = {.plan = plan, .program = &program};
	struct copy_place place;

	c.row = (uint8_t)(plan->shuffled.unit_loop + plan->shuffled.row);
	c.outer = (uint8_t)(c.row + 1 + plan->shuffled.inside);
	if (!copy_make_program(plan, &program)) {
		copy_elements(plan);
		return;
	}
	c.stream = plan->stream && kernels()->shuffle_masks;
	if (plan->stream && !c.stream && !plan->shuffled.row && copy_shuffle_is_dense(plan))
		c.stage = stage;
	COUNT(true, "shuffle", "shuffled");
	COUNT(c.stage != NULL, "lanes", "shuffled, gathered and streamed");
	COUNT(plan->shuffled.inside > 0, "shuffle", "loops inside of a shuffled section");
	c.rows = rows_of_section(&c);
	copy_first_place(plan, c.outer, &place);
	do
		move_in_shuffled_sections(&c, place.dst, place.src);
	while (copy_next_place(plan, c.outer, &place));
}
