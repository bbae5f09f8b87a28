/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Makes the shuffles of a unit. The elements of the unit, in the order of the destination, are cut
 * into vectors. For each vector, windows of the source are laid over its bytes until all are
 * covered. A program is made for each copy, so it must be made fast: the vectors of near units
 * (near.c) are computed, those of other units are found in a list of their elements.
 *
 * Memory is safe: windows are moved so that they end inside the source of the unit. If the source
 * of a unit is narrower than a window, the only window has a mask of the bytes that may be read.
 * Destination bytes between elements are not written: either the unit is contiguous, or the vector
 * has a mask of the bytes that are written.
 */
#include <string.h>

#include "copy/near.h"
#include "copy/program.h"
#include "kernels/count.h"
#include "layout/sizes.h"
#include "machine/caches.h"

enum {
	PASS_BYTES = 24 << 10, /* both sides of the units of a pass, in the first-level cache */
	PASS_UNITS_MIN = 16,
	PASS_READ_BYTES = 16, /* the estimated bytes that are read for an element */
};

/* No grid: windows begin anywhere. */
#define NO_GRID (-1)

/* The elements of a unit in the order of the destination: offsets from the first. */
struct unit_elements {
	size_t bytes; /* the size of an element */
	bool dense;   /* contiguous in the destination */
	const struct unit_span *span;
	ptrdiff_t src[SHUFFLE_PIECES_MAX];
	ptrdiff_t dst[SHUFFLE_PIECES_MAX]; /* unless dense */
};

static void list_elements(const struct copy_plan *plan, struct unit_elements *e)
{
	size_t n = 1;

	e->bytes = plan->run.bytes;
	e->dense = copy_shuffle_is_dense(plan);
	e->dst[0] = e->src[0] = 0;
	for (uint8_t i = 0; i <= plan->shuffled.unit_loop; i++) {
		const struct copy_loop *loop = &plan->loops[i];
		size_t extent =
			i < plan->shuffled.unit_loop ? loop->extent : plan->shuffled.iterations;
		ptrdiff_t dst_step = loop->dst_step, src_step = loop->src_step;

		for (size_t j = n; j < n * extent; j++)
			e->src[j] = e->src[j - n] + src_step;
		for (size_t j = n; !e->dense && j < n * extent; j++)
			e->dst[j] = e->dst[j - n] + dst_step;
		n *= extent;
	}
}

static inline ptrdiff_t element_dst(const struct unit_elements *e, size_t i)
{
	return e->dense ? (ptrdiff_t)(i * e->bytes) : e->dst[i];
}

/*
 * Find where the bytes of a vector come from: their offsets in the source of the unit. A byte that
 * is not stored has INT32_MAX. `first` is an element that is not in a vector before.
 */
static void find_bytes(const struct unit_elements *e, struct shuffle_vector *v, size_t width,
		       size_t first, int32_t *at)
{
	ptrdiff_t size = (ptrdiff_t)e->bytes, end = v->dst + (ptrdiff_t)width;

	for (size_t b = 0; b < width; b++)
		at[b] = INT32_MAX;
	while (first > 0 && element_dst(e, first - 1) + size > v->dst)
		first--;
	v->store = 0;
	for (size_t i = first; i < e->span->count && element_dst(e, i) < end; i++) {
		ptrdiff_t to = element_dst(e, i) - v->dst,
			  from = e->src[i] - e->span->src_begin - to;
		ptrdiff_t stop = to + size < (ptrdiff_t)width ? to + size : (ptrdiff_t)width;

		for (ptrdiff_t b = to < 0 ? 0 : to; b < stop; b++) {
			v->store |= UINT64_C(1) << b;
			at[b] = (int32_t)(from + b);
		}
	}
}

/* Lay windows over the bytes of a vector, as lay_fn does. `at`: see find_bytes(). */
static unsigned lay_far(struct shuffle_vector *v, int32_t *at, int32_t last, int32_t grid,
			size_t width)
{
	for (unsigned w = 0;; w++) {
		int32_t begin = INT32_MAX;

		for (size_t b = 0; b < width; b++)
			begin = at[b] < begin ? at[b] : begin;
		if (begin == INT32_MAX || w == SHUFFLE_WINDOWS_MAX)
			return w + (begin != INT32_MAX);
		if (grid != NO_GRID)
			begin = ((begin + grid) & -(int32_t)width) - grid;
		begin = begin > last ? last : begin;
		begin = begin < 0 ? 0 : begin;
		for (size_t b = 0; b < width; b++) {
			bool in = at[b] - begin < (int32_t)width;

			v->from[w][b] = (unsigned char)(in ? at[b] - begin : SHUFFLE_NONE);
			at[b] = in ? INT32_MAX : at[b];
		}
		v->src[w] = begin;
	}
}

/* How the vectors of a unit are made. */
struct vector_maker {
	const struct copy_plan *plan;
	struct unit_span span;
	size_t width;
	int32_t last; /* where the last window begins, from the lowest source byte */
	int32_t grid; /* the offset of that byte in a line, or NO_GRID */
	/* One of the two: */
	const struct near_unit *near;
	const struct unit_elements *far;
};

/* Lay the windows of the vector at v->dst. `first`: see find_bytes(). */
static unsigned lay_windows(const struct vector_maker *m, struct shuffle_vector *v, size_t first,
			    int32_t grid)
{
	int32_t at[SHUFFLE_WIDTH_MAX];

	if (m->near != NULL)
		return copy_lay_near(v, m->near, m->last, grid);
	find_bytes(m->far, v, m->width, first, at);
	return lay_far(v, at, m->last, grid, m->width);
}

/*
 * The number of windows on a grid that are as fast as the windows that begin anywhere, whose number
 * is estimated for a single loop that leaves no line out.
 */
static unsigned most_windows_on_grid(const struct vector_maker *m, struct shuffle_vector *v,
				     size_t first)
{
	const struct copy_loop *loop = &m->plan->loops[0];
	size_t step = magnitude(loop->src_step), size = m->plan->run.bytes, bytes;
	unsigned windows;

	if (m->plan->shuffled.unit_loop == 0 && step <= CACHE_LINE_BYTES) {
		bytes = min(m->width, (size_t)(m->span.dst_end - v->dst));
		bytes = (bytes - 1) / (size_t)loop->dst_step * step + size;
		windows = (unsigned)((bytes + CACHE_LINE_BYTES - 1) / CACHE_LINE_BYTES);
	} else {
		windows = lay_windows(m, v, first, NO_GRID);
	}
	return windows + windows / 2;
}

/*
 * Make the vector at v->dst. Windows on a grid never lie across two lines, so more of them are as
 * fast. Returns false if the vector needs too many windows.
 */
static bool make_vector(const struct vector_maker *m, struct shuffle_vector *v, size_t first)
{
	ptrdiff_t span = m->span.src_end - m->span.src_begin;

	v->load = UINT64_MAX;
	if (span < (ptrdiff_t)m->width)
		v->load >>= 64 - span;
	if (m->grid != NO_GRID) {
		unsigned windows = most_windows_on_grid(m, v, first);

		v->windows = lay_windows(m, v, first, m->grid);
		if (v->windows > windows)
			v->windows = lay_windows(m, v, first, NO_GRID);
	} else {
		v->windows = lay_windows(m, v, first, NO_GRID);
	}
	if (v->windows > SHUFFLE_WINDOWS_MAX)
		return false;
	for (unsigned w = 0; w < v->windows; w++)
		v->src[w] += m->span.src_begin;
	return true;
}

/*
 * The offset of a unit's source in a line, if the units of a row are whole lines apart: then it is
 * the same for all of them.
 */
static int32_t grid_of(const struct copy_plan *plan, ptrdiff_t src_begin, size_t width)
{
	const struct copy_shuffled *shuffled = &plan->shuffled;
	ptrdiff_t step = plan->loops[shuffled->unit_loop + shuffled->row].src_step;

	if (!shuffled->row)
		step *= shuffled->iterations;
	if ((size_t)step % CACHE_LINE_BYTES != 0 || width != CACHE_LINE_BYTES)
		return NO_GRID;
	return (int32_t)(((size_t)plan->run.src + (size_t)src_begin) % CACHE_LINE_BYTES);
}

/* The units of a pass. */
static size_t units_of_pass(const struct unit_span *span)
{
	size_t read = min((size_t)(span->src_end - span->src_begin), span->count * PASS_READ_BYTES);
	size_t units = PASS_BYTES / ((size_t)span->dst_end + read);

	return units < PASS_UNITS_MIN ? PASS_UNITS_MIN : units;
}

/* Make the vectors of a near unit, one after the other. */
static bool make_near_vectors(const struct vector_maker *m, struct shuffle_program *program)
{
	ptrdiff_t width = (ptrdiff_t)m->width, end = m->span.dst_end;

	for (ptrdiff_t begin = 0; begin < end; begin += width) {
		struct shuffle_vector *v = &program->vector[program->vectors];

		/* The last vector overlaps the previous one. */
		v->dst = begin > end - width && end >= width ? end - width : begin;
		if (!make_vector(m, v, 0))
			return false;
		/* The bytes between two elements can be as many as a vector has. */
		if (v->windows > 0)
			program->vectors++;
	}
	return true;
}

/* The same for any other unit. A vector begins with an element, or within one. */
__attribute__((noinline)) static bool make_far_vectors(const struct vector_maker *common,
						       struct shuffle_program *program)
{
	struct unit_elements e;
	struct vector_maker m = *common;
	ptrdiff_t begin = 0, width = (ptrdiff_t)m.width, end = m.span.dst_end;
	size_t next = 0;

	COUNT(true, "shuffle", "far unit");
	list_elements(m.plan, &e);
	e.span = &m.span;
	m.far = &e;
	while (next < m.span.count) {
		struct shuffle_vector *v = &program->vector[program->vectors++];

		if (!e.dense && begin < e.dst[next])
			begin = e.dst[next];
		if (begin > end - width && end >= width)
			begin = end - width;
		v->dst = begin;
		if (!make_vector(&m, v, next))
			return false;
		begin += width;
		while (next < m.span.count && element_dst(&e, next) + (ptrdiff_t)e.bytes <= begin)
			next++;
	}
	return true;
}

bool copy_make_program(const struct copy_plan *plan, struct shuffle_program *program)
{
	struct near_unit near;
	struct vector_maker m;
	bool made;

	m.plan = plan;
	m.width = kernels()->shuffle_width;
	m.near = NULL;
	m.far = NULL;
	copy_unit_span(plan, &m.span);
	m.last = (int32_t)(m.span.src_end - m.span.src_begin) - (int32_t)m.width;
	m.last = m.last > 0 ? m.last : 0;
	m.grid = grid_of(plan, m.span.src_begin, m.width);
	program->vectors = 0;
	if (copy_near_unit(plan, &m.span, &near)) {
		m.near = &near;
		made = make_near_vectors(&m, program);
	} else {
		made = make_far_vectors(&m, program);
	}
	program->pass = program->vectors > 1 ? units_of_pass(&m.span) : 0;
	return made;
}
