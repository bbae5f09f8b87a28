/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Copies by shuffled vectors: see plan/shuffling.c for the units, and kernels.h for a vector.
 *
 * The shuffles of one unit, a program, are made once (program.c). Then the program is run for many
 * units in a row. If the vectors of a unit can be made jointly, there is another kind of program
 * (joint.c). Everything lives on the stack of the copy.
 */
#include <string.h>

#include "copy/joint.h"
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
	SHUFFLED_ROW_UNITS_SHORT = 32,     /* units of a row that are run with the rows around */
};

/* A plan with its program, and how its loops are split into sections. */
struct shuffled_copy {
	const struct copy_plan *plan;
	const struct shuffle_program *program; /* NULL: `joint` */
	const struct joint_program *joint;     /* NULL: `program` */
	uint8_t row, outer; /* the row loop, and the first loop outside of the sections */
	uint8_t next;       /* the first loop of a section that is run by calls of the kernel */
	bool has_rows;      /* a call of the kernel also runs the loop before `next` */
	size_t planes;      /* of a unit that is made jointly; else 1 */
	size_t rows;        /* iterations of the row loop in a section */
	bool stream;        /* let the kernel stream whole lines */
	bool sections;      /* begin the second section of a row at a line */
	char *stage;        /* stream sections that are gathered here; NULL: do not */
};

/* The bytes of the stage for a plane: whole lines. */
static size_t stage_of_plane(const struct shuffled_copy *c)
{
	return SHUFFLED_STAGE_BYTES / c->planes / CACHE_LINE_BYTES * CACHE_LINE_BYTES;
}

/* Run the vectors of several passes for rows of units. */
static void run_in_passes(const struct shuffled_copy *c, char *dst, const char *src,
			  const struct shuffle_units *all)
{
	struct shuffle_units u = *all;
	size_t pass = c->joint != NULL ? c->joint->pass : c->program->pass;

	u.rows = 1;
	for (size_t row = 0; row < all->rows; row++) {
		for (size_t i = 0; i < all->n; i += u.n) {
			char *d = dst + (ptrdiff_t)row * u.dst_row + (ptrdiff_t)i * u.dst_step;
			const char *s =
				src + (ptrdiff_t)row * u.src_row + (ptrdiff_t)i * u.src_step;

			u.n = min(pass, all->n - i);
			for (size_t g = 0; c->joint != NULL && g < c->joint->groups; g++)
				kernels()->joint(&c->joint->group[g], d, s, &u, c->stream);
			if (c->joint == NULL)
				kernels()->shuffle(c->program->vector, c->program->vectors, d, s,
						   &u, c->stream);
		}
	}
}

/*
 * Run the vectors for rows of units. Vectors that are not made jointly are run for as many units as
 * fit the first-level cache.
 */
static void run_program(const struct shuffled_copy *c, char *dst, const char *src,
			const struct shuffle_units *units)
{
	if (c->joint != NULL && c->joint->groups == 1)
		kernels()->joint(&c->joint->group[0], dst, src, units, c->stream);
	else if (c->program != NULL && c->program->vectors == 1)
		kernels()->shuffle(c->program->vector, 1, dst, src, units, c->stream);
	else
		run_in_passes(c, dst, src, units);
}

/* Copy `n` iterations of the row loop, for each iteration of the loop of the rows. */
static void move_shuffled_row(const struct shuffled_copy *c, char *dst, const char *src, size_t n)
{
	const struct copy_loop *row = &c->plan->loops[c->row];
	const struct copy_loop *last = &c->plan->loops[c->plan->shuffled.unit_loop];
	const struct copy_loop *rows = &c->plan->loops[c->next - 1];
	size_t m = c->plan->shuffled.iterations;
	ptrdiff_t dst_step = last->dst_step, src_step = last->src_step;
	struct shuffle_units u = {.n = n, .rows = 1};

	if (c->has_rows) {
		COUNT(true, "shuffle", "rows of units");
		u.rows = rows->extent;
		u.dst_row = rows->dst_step;
		u.src_row = rows->src_step;
	}
	if (row == last) {
		u.n = n / m;
		u.dst_step = (ptrdiff_t)m * dst_step;
		u.src_step = (ptrdiff_t)m * src_step;
		run_program(c, dst, src, &u);
		COUNT(n % m > 0, "shuffle", "the last unit overlaps");
		u.n = 1;
		if (n % m > 0)
			run_program(c, dst + (ptrdiff_t)(n - m) * dst_step,
				    src + (ptrdiff_t)(n - m) * src_step, &u);
		return;
	}
	COUNT(true, "shuffle", "units in the rows of another loop");
	u.dst_step = row->dst_step;
	u.src_step = row->src_step;
	for (size_t i = 0; i < last->extent; i += m) {
		i = min(i, last->extent - m);
		run_program(c, dst + (ptrdiff_t)i * dst_step, src + (ptrdiff_t)i * src_step, &u);
	}
}

/* Copy `n` iterations of the row loop, with the loops inside. */
static void move_shuffled_section(const struct shuffled_copy *c, char *dst, const char *src,
				  size_t n)
{
	const struct copy_loop *planes = &c->plan->loops[c->row + 1];
	size_t bytes = n * (size_t)c->plan->loops[c->row].dst_step;
	struct copy_place place;

	place.dst = dst;
	place.src = src;
	for (uint8_t i = c->next; i < c->outer; i++)
		place.index[i] = 0;
	do {
		if (c->stage == NULL) {
			move_shuffled_row(c, place.dst, place.src, n);
			continue;
		}
		move_shuffled_row(c, c->stage, place.src, n);
		for (size_t i = 0; i < c->planes; i++)
			kernels()->stream(place.dst + (ptrdiff_t)i * planes->dst_step,
					  c->stage + i * stage_of_plane(c), bytes);
	} while (copy_next_place_of(c->plan, c->next, c->outer, &place));
}

/*
 * The number of iterations, 0 or at least `least`, before one that begins at a line of the
 * destination. If there is none, return `least`.
 */
static size_t iterations_before_line(const char *dst, ptrdiff_t step, size_t least)
{
	if ((size_t)dst % CACHE_LINE_BYTES == 0)
		return 0;
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

	if (c->sections)
		n = iterations_before_line(dst, row->dst_step, least);
	n = n > 0 ? min(n, c->rows) : c->rows;
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
		size_t rows = stage_of_plane(c) / bytes;

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

/* Choose the loop of the rows: one that is inside of a section, or around short rows. */
static void choose_rows_loop(struct shuffled_copy *c)
{
	const struct copy_loop *row = &c->plan->loops[c->row];
	bool is_short = row->extent < SHUFFLED_ROW_UNITS_SHORT * c->plan->shuffled.iterations;

	c->next = (uint8_t)(c->row + 1 + (c->planes > 1));
	if (c->stage != NULL)
		return;
	if (c->next == c->outer && c->outer < c->plan->nloops && c->rows >= row->extent &&
	    !c->stream && (is_short || c->plan->shuffled.row))
		c->outer++;
	c->has_rows = c->next < c->outer;
	c->next = (uint8_t)(c->next + c->has_rows);
}

/* Make the program. Returns false if there is none. */
static bool make_program_of(struct shuffled_copy *c, struct joint_program *joint,
			    struct shuffle_program *program)
{
	const struct copy_plan *plan = c->plan;

	c->planes = 1;
	if (!copy_make_joint(plan, joint)) {
		c->program = program;
		return copy_make_program(plan, program);
	}
	c->joint = joint;
	if (!joint->planes)
		return true;
	c->planes = joint->group[0].vectors;
	/* Each plane has a section of the stage. */
	for (size_t i = 0; c->stage != NULL && i < c->planes; i++)
		joint->group[0].dst[i] = (ptrdiff_t)(i * stage_of_plane(c));
	return true;
}

/* Copy with the program of `c`. */
static void copy_by_program(struct shuffled_copy *c)
{
	const struct copy_plan *plan = c->plan;
	struct copy_place place;

	c->stream = plan->stream && kernels()->shuffle_masks;
	c->sections = !plan->shuffled.row && (c->stage != NULL || c->stream);
	COUNT(true, "shuffle", "shuffled");
	COUNT(c->stage != NULL, "lanes", "shuffled, gathered and streamed");
	COUNT(plan->shuffled.inside > 0, "shuffle", "loops inside of a shuffled section");
	COUNT(c->joint != NULL, "shuffle", "shuffled jointly");
	COUNT(c->planes > 1, "shuffle", "planes are shuffled jointly");
	COUNT(c->planes > 1 && c->stage != NULL, "lanes", "planes are gathered jointly");
	c->rows = rows_of_section(c);
	choose_rows_loop(c);
	copy_first_place(plan, c->outer, &place);
	do
		move_in_shuffled_sections(c, place.dst, place.src);
	while (copy_next_place(plan, c->outer, &place));
}

void copy_shuffled(const struct copy_plan *plan)
{
	_Alignas(CACHE_LINE_BYTES) char stage[SHUFFLED_STAGE_BYTES];
	union {
		struct shuffle_program program;
		struct joint_program joint;
	} made;
	struct shuffled_copy c = {.plan = plan};

	c.row = (uint8_t)(plan->shuffled.unit_loop + plan->shuffled.row);
	c.outer = (uint8_t)(c.row + 1 + plan->shuffled.inside);
	if (plan->stream && !kernels()->shuffle_masks && !plan->shuffled.row &&
	    copy_shuffle_is_dense(plan))
		c.stage = stage;
	if (make_program_of(&c, &made.joint, &made.program))
		copy_by_program(&c);
	else
		copy_elements(plan);
}
