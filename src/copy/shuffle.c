/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Copies by shuffled vectors: see plan/shuffling.c for the units, and kernels.h for a vector.
 *
 * First, the shuffles of one unit are made: a program. The unit's elements, in the order of the
 * destination, are cut into vectors; for each vector, windows of the source are laid over its bytes
 * until all are covered. Then the program is run for many units in a row.
 *
 * Memory is safe: windows are moved so that they end inside the source of the unit. If the source
 * of a unit is narrower than a window, the only window has a mask of the bytes that may be read.
 * Destination bytes between elements are not written: either the unit is contiguous, or the vector
 * has a mask of the bytes that are written.
 *
 * Everything lives on the stack of the copy.
 */
#include <string.h>

#include "copy/shuffle.h"
#include "copy/strided.h"
#include "kernels/count.h"
#include "kernels/kernels.h"
#include "machine/caches.h"
#include "plan/shuffling.h"

enum {
	SHUFFLED_STAGE_BYTES = 4096,        /* gathered in the first-level cache, then streamed */
	SHUFFLED_PASS_BYTES = 24 << 10,     /* both sides of some units, in the first-level cache */
	SHUFFLED_SECTION_BYTES = 128 << 10, /* in the second-level cache, with the loops inside */
	SHUFFLED_READ_BYTES = 16,           /* of a far element, with its neighbours */
	SHUFFLED_ROWS_MIN = 16,             /* units in a section */
};

/* The elements of a unit in the order of the destination: offsets from the first. */
struct unit_elements {
	size_t count, bytes; /* the number of elements, and the size of an element */
	ptrdiff_t dst[SHUFFLE_PIECES_MAX], src[SHUFFLE_PIECES_MAX];
	ptrdiff_t dst_end, src_begin, src_end;
};

/* The shuffles of a unit. */
struct shuffle_program {
	size_t vectors;
	size_t pass; /* the units for which a vector is run before the next vector */
	struct shuffle_vector vector[SHUFFLE_VECTORS_MAX];
};

static void list_elements(const struct copy_plan *plan, struct unit_elements *e)
{
	size_t n = 1;

	e->bytes = plan->run.bytes;
	e->dst[0] = e->src[0] = e->src_begin = 0;
	e->dst_end = e->src_end = (ptrdiff_t)e->bytes;
	for (uint8_t i = 0; i <= plan->shuffled.unit_loop; i++) {
		const struct copy_loop *loop = &plan->loops[i];
		size_t extent =
			i < plan->shuffled.unit_loop ? loop->extent : plan->shuffled.iterations;
		ptrdiff_t dst_step = loop->dst_step, src_step = loop->src_step;

		for (size_t j = n; j < n * extent; j++) {
			e->dst[j] = e->dst[j - n] + dst_step;
			e->src[j] = e->src[j - n] + src_step;
		}
		n *= extent;
		e->dst_end += (ptrdiff_t)(extent - 1) * dst_step;
		*(src_step < 0 ? &e->src_begin : &e->src_end) += (ptrdiff_t)(extent - 1) * src_step;
	}
	e->count = n;
}

/*
 * Lay windows over the bytes of a vector. Byte b comes from offset `at[b]` of the unit's source, or
 * is not stored if that is `none`, the largest value of the type. A window begins at the first byte
 * that is not covered, or at a multiple of its width before that; but it ends inside of the
 * source. Returns the number of windows, or SHUFFLE_WINDOWS_MAX + 1 if there are more than that.
 * `width` is a constant.
 */
#define LAY_WINDOWS(name, type, none)                                                       \
	__attribute__((always_inline)) static inline unsigned name(                         \
		struct shuffle_vector *v, const type *bytes, ptrdiff_t last, bool grid,     \
		size_t width)                                                               \
	{                                                                                   \
		type at[SHUFFLE_WIDTH_MAX];                                                 \
                                                                                            \
		memcpy(at, bytes, width * sizeof(*at));                                     \
		for (unsigned w = 0;; w++) {                                                \
			type begin = none;                                                  \
                                                                                            \
			for (size_t b = 0; b < width; b++)                                  \
				begin = at[b] < begin ? at[b] : begin;                      \
			if (begin == none || w == SHUFFLE_WINDOWS_MAX)                      \
				return w + (begin != none);                                 \
			if (grid)                                                           \
				begin = (type)(begin & ~(type)(width - 1));                 \
			if (begin > last)                                                   \
				begin = (type)last;                                         \
			for (size_t b = 0; b < width; b++) {                                \
				bool in = at[b] - begin < (type)width;                      \
                                                                                            \
				v->from[w][b] =                                             \
					(unsigned char)(in ? at[b] - begin : SHUFFLE_NONE); \
				at[b] = in ? none : at[b];                                  \
			}                                                                   \
			v->src[w] = begin;                                                  \
		}                                                                           \
	}

LAY_WINDOWS(lay_windows_near, int16_t, INT16_MAX)
LAY_WINDOWS(lay_windows_far, int32_t, INT32_MAX)

/* Is the source of a unit so short that offsets in it have 16 bits? */
static bool unit_is_near(const struct unit_elements *e)
{
	return e->src_end - e->src_begin < INT16_MAX - SHUFFLE_WIDTH_MAX;
}

/* The offsets of a vector's bytes in the source of its unit. */
union vector_bytes {
	int16_t near[SHUFFLE_WIDTH_MAX];
	int32_t far[SHUFFLE_WIDTH_MAX];
};

/* The bytes of element `from` on: `size` bytes to `near` or `far`. */
static inline void put_bytes(union vector_bytes *at, bool near, ptrdiff_t to, ptrdiff_t from,
			     ptrdiff_t size)
{
	for (ptrdiff_t b = 0; b < size; b++)
		if (near)
			at->near[to + b] = (int16_t)(from + b);
		else
			at->far[to + b] = (int32_t)(from + b);
}

/*
 * Find where the bytes of a vector come from. `first` is the first element that is not in a vector
 * yet. Returns the first element that is not in this vector, or only partly.
 */
static size_t find_bytes(const struct unit_elements *e, struct shuffle_vector *v, size_t width,
			 size_t first, union vector_bytes *at)
{
	ptrdiff_t size = (ptrdiff_t)e->bytes, end = v->dst + (ptrdiff_t)width, to, from, skip, n;
	bool near = unit_is_near(e);
	size_t i = first;

	for (size_t b = 0; near && b < width; b++)
		at->near[b] = INT16_MAX;
	for (size_t b = 0; !near && b < width; b++)
		at->far[b] = INT32_MAX;
	while (i > 0 && e->dst[i - 1] + size > v->dst)
		i--;
	v->store = 0;
	for (; i < e->count && e->dst[i] < end; i++) {
		to = e->dst[i] - v->dst;
		from = e->src[i] - e->src_begin;
		skip = to < 0 ? -to : 0;
		n = size - skip;
		if (to + size > (ptrdiff_t)width)
			n = (ptrdiff_t)width - to - skip;
		v->store |= UINT64_MAX >> (64 - n) << (to + skip);
		put_bytes(at, near, to + skip, from + skip, n);
		if (skip + n < size)
			break;
	}
	return i;
}

/* lay_windows_near() or lay_windows_far(), for the width of the kernels. */
static unsigned lay_windows(const struct unit_elements *e, struct shuffle_vector *v,
			    const union vector_bytes *at, bool grid, size_t width)
{
	ptrdiff_t last = e->src_end - e->src_begin - (ptrdiff_t)width;

	last = last > 0 ? last : 0;
	if (!unit_is_near(e))
		return width == SHUFFLE_WIDTH_MAX
			       ? lay_windows_far(v, at->far, last, grid, SHUFFLE_WIDTH_MAX)
			       : lay_windows_far(v, at->far, last, grid, SHUFFLE_WIDTH_MIN);
	return width == SHUFFLE_WIDTH_MAX
		       ? lay_windows_near(v, at->near, last, grid, SHUFFLE_WIDTH_MAX)
		       : lay_windows_near(v, at->near, last, grid, SHUFFLE_WIDTH_MIN);
}

/*
 * Make the vector at v->dst. If `aligned` is true, windows at multiples of their width are aligned
 * for all units, and preferred unless they are more. Returns the first element that is not in this
 * vector, or 0 if it needs too many windows.
 */
static size_t make_vector(const struct unit_elements *e, struct shuffle_vector *v, size_t first,
			  bool aligned, size_t width)
{
	union vector_bytes at;
	size_t next = find_bytes(e, v, width, first, &at);

	v->windows = lay_windows(e, v, &at, false, width);
	if (aligned && v->windows > 1 && lay_windows(e, v, &at, true, width) > v->windows)
		lay_windows(e, v, &at, false, width);
	if (v->windows > SHUFFLE_WINDOWS_MAX)
		return 0;
	for (unsigned w = 0; w < v->windows; w++)
		v->src[w] += e->src_begin;
	return next;
}

/* Make the shuffles of a unit. Returns false if a vector needs too many windows. */
static bool make_program(const struct copy_plan *plan, bool aligned,
			 struct shuffle_program *program)
{
	size_t width = kernels()->shuffle_width, next = 0;
	struct unit_elements e;
	ptrdiff_t begin = 0, span;

	list_elements(plan, &e);
	span = e.src_end - e.src_begin;
	aligned = aligned && ((size_t)plan->run.src + (size_t)e.src_begin) % CACHE_LINE_BYTES == 0;
	program->vectors = 0;
	while (next < e.count) {
		struct shuffle_vector *v = &program->vector[program->vectors++];

		if (begin < e.dst[next])
			begin = e.dst[next];
		/* The last vector overlaps the previous one. */
		if (begin > e.dst_end - (ptrdiff_t)width && e.dst_end >= (ptrdiff_t)width)
			begin = e.dst_end - (ptrdiff_t)width;
		v->dst = begin;
		v->load = UINT64_MAX;
		if (span < (ptrdiff_t)width)
			v->load >>= 64 - span;
		next = make_vector(&e, v, next, aligned, width);
		if (next == 0)
			return false;
		begin += (ptrdiff_t)width;
	}
	program->pass = SHUFFLED_PASS_BYTES /
			((size_t)e.dst_end + min((size_t)span, e.count * SHUFFLED_READ_BYTES));
	program->pass = program->pass < SHUFFLED_ROWS_MIN ? SHUFFLED_ROWS_MIN : program->pass;
	return true;
}

/* A plan with its program, and how its loops are split into sections. */
struct shuffled_copy {
	const struct copy_plan *plan;
	const struct shuffle_program *program;
	uint8_t row, outer; /* the row loop, and the first loop outside of the sections */
	size_t rows;        /* iterations of the row loop in a section */
	char *stage;        /* NULL: do not stream */
};

/*
 * Run the vectors for `n` units. Several vectors are run for as many units as fit the first-level
 * cache.
 */
static void run_program(const struct shuffle_program *program, char *dst, ptrdiff_t dst_step,
			const char *src, ptrdiff_t src_step, size_t n)
{
	size_t pass = program->vectors == 1 ? n : program->pass, units;

	for (size_t i = 0; i < n; i += units) {
		units = min(pass, n - i);
		kernels()->shuffle(program->vector, program->vectors, dst + (ptrdiff_t)i * dst_step,
				   dst_step, src + (ptrdiff_t)i * src_step, src_step, units);
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

		run_program(c->program, dst, by * dst_step, src, by * src_step, n / m);
		COUNT(n % m > 0, "shuffle", "the last unit overlaps");
		if (n % m > 0)
			run_program(c->program, dst + (ptrdiff_t)(n - m) * dst_step, 0,
				    src + (ptrdiff_t)(n - m) * src_step, 0, 1);
		return;
	}
	COUNT(true, "shuffle", "units in the rows of another loop");
	for (size_t i = 0; i < last->extent; i += m) {
		i = min(i, last->extent - m);
		run_program(c->program, dst + (ptrdiff_t)i * dst_step, row->dst_step,
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

/* The number of iterations before one that begins at a line of the destination, if any does. */
static size_t iterations_before_line(const char *dst, ptrdiff_t step)
{
	for (size_t i = 0; i < CACHE_LINE_BYTES; i++)
		if (((size_t)dst + i * (size_t)step) % CACHE_LINE_BYTES == 0)
			return i;
	return 0;
}

/* Copy the row loop and the loops inside in sections. */
static void move_in_shuffled_sections(const struct shuffled_copy *c, char *dst, const char *src)
{
	const struct copy_loop *row = &c->plan->loops[c->row];
	size_t least = c->plan->shuffled.row ? 1 : c->plan->shuffled.iterations, n = c->rows;

	if (c->stage != NULL)
		n = c->rows / 2 / CACHE_LINE_BYTES * CACHE_LINE_BYTES +
		    iterations_before_line(dst, row->dst_step);
	n = n < least ? least : min(n, c->rows);
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
	if (c->outer == c->row + 1)
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

/* Are the units of a row whole lines apart in the source? */
static bool units_are_aligned(const struct copy_plan *plan)
{
	const struct copy_shuffled *shuffled = &plan->shuffled;
	ptrdiff_t step = plan->loops[shuffled->unit_loop + shuffled->row].src_step;

	if (!shuffled->row)
		step *= shuffled->iterations;
	return (size_t)step % CACHE_LINE_BYTES == 0;
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
	if (!make_program(plan, units_are_aligned(plan), &program)) {
		copy_elements(plan);
		return;
	}
	if (plan->stream && !plan->shuffled.row && copy_shuffle_is_dense(plan))
		c.stage = stage;
	COUNT(c.stage == NULL, "shuffle", "shuffled");
	COUNT(c.stage != NULL, "shuffle", "shuffled and streamed");
	COUNT(plan->shuffled.inside > 0, "shuffle", "loops inside of a shuffled section");
	c.rows = rows_of_section(&c);
	copy_first_place(plan, c.outer, &place);
	do
		move_in_shuffled_sections(&c, place.dst, place.src);
	while (copy_next_place(plan, c.outer, &place));
}
