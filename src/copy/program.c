/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Makes the shuffles of a unit. The elements of the unit, in the order of the destination, are cut
 * into vectors. For each vector, windows of the source are laid over its bytes until all are
 * covered. A program is made for each copy, so it must be made fast: there is a quick way for the
 * common case, a contiguous unit with a short source.
 *
 * Memory is safe: windows are moved so that they end inside the source of the unit. If the source
 * of a unit is narrower than a window, the only window has a mask of the bytes that may be read.
 * Destination bytes between elements are not written: either the unit is contiguous, or the vector
 * has a mask of the bytes that are written.
 */
#include <string.h>

#include "copy/program.h"
#include "machine/caches.h"

enum {
	PASS_BYTES = 24 << 10, /* both sides of the units of a pass, in the first-level cache */
	PASS_UNITS_MIN = 16,
	PASS_READ_BYTES = 16, /* the estimated bytes that are read for an element */
	LAID_PER_STORE = 4,   /* offsets that are stored at once */
};

/* No grid: windows begin anywhere. */
#define NO_GRID (-1)

/* The elements of a unit in the order of the destination: offsets from the first. */
struct unit_elements {
	size_t count, bytes; /* the number of elements, and the size of an element */
	bool dense;          /* contiguous in the destination */
	bool near;           /* all offsets in the source, from src_begin, have 15 bits */
	ptrdiff_t dst_end, src_begin, src_end;
	ptrdiff_t src[SHUFFLE_PIECES_MAX];
	ptrdiff_t dst[SHUFFLE_PIECES_MAX]; /* unless dense */
};

static void list_elements(const struct copy_plan *plan, struct unit_elements *e)
{
	size_t n = 1;

	e->bytes = plan->run.bytes;
	e->dense = copy_shuffle_is_dense(plan);
	e->dst[0] = e->src[0] = e->src_begin = 0;
	e->dst_end = e->src_end = (ptrdiff_t)e->bytes;
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
		e->dst_end += (ptrdiff_t)(extent - 1) * dst_step;
		*(src_step < 0 ? &e->src_begin : &e->src_end) += (ptrdiff_t)(extent - 1) * src_step;
	}
	e->count = n;
	e->near = e->src_end - e->src_begin < INT16_MAX - SHUFFLE_WIDTH_MAX;
}

static inline ptrdiff_t element_dst(const struct unit_elements *e, size_t i)
{
	return e->dense ? (ptrdiff_t)(i * e->bytes) : e->dst[i];
}

/*
 * The offsets of a vector's bytes in the source of its unit. The offset of a byte that is not
 * stored is the largest value of the type.
 */
union vector_bytes {
	int16_t near[SHUFFLE_WIDTH_MAX + LAID_PER_STORE];
	int32_t far[SHUFFLE_WIDTH_MAX];
};

/*
 * Lay windows over the bytes of a vector. A window begins at the first byte that is not covered, or
 * before it on a grid; but it ends inside of the source: it begins at `last` or before. `grid` is
 * the offset of the source in a line, or NO_GRID. Returns the number of windows, or
 * SHUFFLE_WINDOWS_MAX + 1 if there are more than that. `width` is a constant.
 */
#define LAY_WINDOWS(name, type, none)                                                       \
	__attribute__((always_inline)) static inline unsigned name(                         \
		struct shuffle_vector *v, const type *bytes, int32_t last, int32_t grid,    \
		size_t width)                                                               \
	{                                                                                   \
		type at[SHUFFLE_WIDTH_MAX];                                                 \
                                                                                            \
		memcpy(at, bytes, width * sizeof(*at));                                     \
		for (unsigned w = 0;; w++) {                                                \
			int32_t begin = none;                                               \
                                                                                            \
			for (size_t b = 0; b < width; b++)                                  \
				begin = at[b] < begin ? at[b] : begin;                      \
			if (begin == none || w == SHUFFLE_WINDOWS_MAX)                      \
				return w + (begin != none);                                 \
			begin = begin_of_window(begin, last, grid, width);                  \
			for (size_t b = 0; b < width; b++) {                                \
				bool in = at[b] - begin < (int32_t)width;                   \
                                                                                            \
				v->from[w][b] =                                             \
					(unsigned char)(in ? at[b] - begin : SHUFFLE_NONE); \
				at[b] = in ? none : at[b];                                  \
			}                                                                   \
			v->src[w] = begin;                                                  \
		}                                                                           \
	}

static inline int32_t begin_of_window(int32_t first, int32_t last, int32_t grid, size_t width)
{
	if (grid != NO_GRID)
		first = ((first + grid) & -(int32_t)width) - grid;
	first = first > last ? last : first;
	return first < 0 ? 0 : first;
}

LAY_WINDOWS(lay_near, int16_t, INT16_MAX)
LAY_WINDOWS(lay_far, int32_t, INT32_MAX)

/* Lay windows by the function for the width and for the offsets. */
static unsigned lay_windows(const struct unit_elements *e, struct shuffle_vector *v,
			    const union vector_bytes *at, int32_t grid)
{
	const struct kernels *set = kernels();
	int32_t last = (int32_t)(e->src_end - e->src_begin) - (int32_t)set->shuffle_width;
	bool wide = set->shuffle_width == SHUFFLE_WIDTH_MAX;

	last = last > 0 ? last : 0;
	if (e->near && set->lay != NULL)
		return set->lay(v, at->near, last, grid);
	if (e->near)
		return wide ? lay_near(v, at->near, last, grid, SHUFFLE_WIDTH_MAX)
			    : lay_near(v, at->near, last, grid, SHUFFLE_WIDTH_MIN);
	return wide ? lay_far(v, at->far, last, grid, SHUFFLE_WIDTH_MAX)
		    : lay_far(v, at->far, last, grid, SHUFFLE_WIDTH_MIN);
}

/*
 * Put the offsets of an element's bytes, `size` offsets from `from` on. The offsets after them are
 * undefined.
 */
static inline void put_near_offsets(int16_t *at, size_t from, size_t size)
{
	static const int16_t first[LAID_PER_STORE] = {0, 1, 2, 3};
	const uint64_t ones = UINT64_C(0x0001000100010001);
	uint64_t offsets;

	memcpy(&offsets, first, sizeof(offsets));
	offsets += from * ones;
	for (size_t b = 0; b < size; b += LAID_PER_STORE) {
		memcpy(at + b, &offsets, sizeof(offsets));
		offsets += LAID_PER_STORE * ones;
	}
}

/*
 * Find where the bytes of a vector of a contiguous unit with a short source come from. Its elements
 * are put in order, so that an element overwrites what was put beyond the one before.
 */
static void find_bytes_dense(const struct unit_elements *e, struct shuffle_vector *v, size_t width,
			     int16_t *at)
{
	size_t i = (size_t)v->dst / e->bytes, skip = (size_t)v->dst % e->bytes, to = 0, left;

	for (; to < width && i < e->count; i++) {
		left = min(e->bytes - skip, width - to);
		put_near_offsets(at + to, (size_t)(e->src[i] - e->src_begin) + skip, left);
		to += left;
		skip = 0;
	}
	for (size_t b = to; b < width; b++)
		at[b] = INT16_MAX;
	v->store = UINT64_MAX >> (64 - to);
}

/* The same for any unit. `first` is an element that is not in a vector before. */
static void find_bytes(const struct unit_elements *e, struct shuffle_vector *v, size_t width,
		       size_t first, union vector_bytes *at)
{
	ptrdiff_t size = (ptrdiff_t)e->bytes, end = v->dst + (ptrdiff_t)width;

	for (size_t b = 0; e->near && b < width; b++)
		at->near[b] = INT16_MAX;
	for (size_t b = 0; !e->near && b < width; b++)
		at->far[b] = INT32_MAX;
	while (first > 0 && element_dst(e, first - 1) + size > v->dst)
		first--;
	v->store = 0;
	for (size_t i = first; i < e->count && element_dst(e, i) < end; i++) {
		ptrdiff_t to = element_dst(e, i) - v->dst, from = e->src[i] - e->src_begin - to;
		ptrdiff_t stop = to + size < (ptrdiff_t)width ? to + size : (ptrdiff_t)width;

		for (ptrdiff_t b = to < 0 ? 0 : to; b < stop; b++) {
			v->store |= UINT64_C(1) << b;
			if (e->near)
				at->near[b] = (int16_t)(from + b);
			else
				at->far[b] = (int32_t)(from + b);
		}
	}
}

/*
 * Make the vector at v->dst. If the units of a row are whole lines apart, `grid` is the offset of
 * the source in a line. Windows on that grid never lie across two lines, so more of them are as
 * fast. Returns false if the vector needs too many windows.
 */
static bool make_vector(const struct unit_elements *e, struct shuffle_vector *v, size_t first,
			int32_t grid, size_t width)
{
	union vector_bytes at;

	if (e->dense && e->near)
		find_bytes_dense(e, v, width, at.near);
	else
		find_bytes(e, v, width, first, &at);
	v->windows = lay_windows(e, v, &at, NO_GRID);
	if (grid != NO_GRID && v->windows > 1) {
		unsigned windows = v->windows;

		v->windows = lay_windows(e, v, &at, grid);
		if (v->windows > windows + windows / 2)
			v->windows = lay_windows(e, v, &at, NO_GRID);
	}
	if (v->windows > SHUFFLE_WINDOWS_MAX)
		return false;
	for (unsigned w = 0; w < v->windows; w++)
		v->src[w] += e->src_begin;
	return true;
}

/* The offset of a unit's source in a line, if it is the same for all units of a row. */
static int32_t grid_of(const struct copy_plan *plan, const struct unit_elements *e, size_t width)
{
	const struct copy_shuffled *shuffled = &plan->shuffled;
	ptrdiff_t step = plan->loops[shuffled->unit_loop + shuffled->row].src_step;

	if (!shuffled->row)
		step *= shuffled->iterations;
	if ((size_t)step % CACHE_LINE_BYTES != 0 || width != CACHE_LINE_BYTES)
		return NO_GRID;
	return (int32_t)(((size_t)plan->run.src + (size_t)e->src_begin) % CACHE_LINE_BYTES);
}

/* The units of a pass. */
static size_t units_of_pass(const struct unit_elements *e)
{
	size_t read = min((size_t)(e->src_end - e->src_begin), e->count * PASS_READ_BYTES);
	size_t units = PASS_BYTES / ((size_t)e->dst_end + read);

	return units < PASS_UNITS_MIN ? PASS_UNITS_MIN : units;
}

bool copy_make_program(const struct copy_plan *plan, struct shuffle_program *program)
{
	size_t width = kernels()->shuffle_width, next = 0;
	struct unit_elements e;
	ptrdiff_t begin = 0, span;
	int32_t grid;

	list_elements(plan, &e);
	span = e.src_end - e.src_begin;
	grid = grid_of(plan, &e, width);
	program->vectors = 0;
	while (next < e.count) {
		struct shuffle_vector *v = &program->vector[program->vectors++];

		if (!e.dense && begin < e.dst[next])
			begin = e.dst[next];
		/* The last vector overlaps the previous one. */
		if (begin > e.dst_end - (ptrdiff_t)width && e.dst_end >= (ptrdiff_t)width)
			begin = e.dst_end - (ptrdiff_t)width;
		v->dst = begin;
		v->load = UINT64_MAX;
		if (span < (ptrdiff_t)width)
			v->load >>= 64 - span;
		if (!make_vector(&e, v, next, grid, width))
			return false;
		begin += (ptrdiff_t)width;
		while (next < e.count && element_dst(&e, next) + (ptrdiff_t)e.bytes <= begin)
			next++;
	}
	program->pass = program->vectors > 1 ? units_of_pass(&e) : 0;
	return true;
}
