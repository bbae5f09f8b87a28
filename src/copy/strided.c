/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Copies runs in nested loops.
 *
 * A row function copies the runs of one loop. The size of a run is a constant in it, so that
 * copying a small run is a few loads and stores instead of a call. Sizes without a function of
 * their own belong to a class: the size of a run is between n and 2n bytes, and two moves of n
 * bytes, which may overlap, copy it.
 *
 * If all runs of a row are the same bytes, the row is filled: see fill.c.
 *
 * The planner (plan/rows.h) moves a long loop to index 0, the row loop. The loops that belong
 * inside of it run within a section of the row loop that fits the first-level cache.
 *
 * From memory to memory, a section that is contiguous in the destination is gathered in a stage,
 * then streamed.
 */
#include <string.h>

#include "copy/fill.h"
#include "copy/strided.h"
#include "kernels/count.h"
#include "kernels/kernels.h"
#include "machine/caches.h"
#include "plan/variant.h"

enum {
	FILLED_STAGE_BYTES = 4096,    /* filled once, then streamed again and again */
	GATHER_BYTES = 1024,          /* gathered in the first-level cache, then streamed */
	GATHER_PREFETCH_BYTES = 4096, /* the prefetch distance in a dense source */
	SECTION_BYTES = 8192,         /* of a section of the row loop with the loops inside */
	SECTION_ROWS_MIN = 16,        /* the iterations of a section */
	SECTION_ROWS_MAX = 256,
};

/*
 * Copy a run. If `half` is not 0, the run has from `half` to 2 * `half` bytes, and is copied by two
 * moves, which may overlap. `half` is a constant.
 */
static inline void move_run(char *dst, const char *src, size_t size, size_t half)
{
	if (half == 0) {
		memcpy(dst, src, size);
		return;
	}
	memcpy(dst, src, half);
	memcpy(dst + size - half, src + size - half, half);
}

/*
 * The loop has at least one iteration. Four runs at a time are found from one address by multiples
 * of the step, so that nearly all instructions are loads and stores.
 */
static inline void move_row(char *dst, const char *src, size_t size, size_t half,
			    const struct copy_loop *loop)
{
	ptrdiff_t dst_step = loop->dst_step, src_step = loop->src_step;
	size_t left = loop->extent;

	/* Do not advance beyond the last run: the address could be outside of any object. */
	for (; left > 4; left -= 4) {
		move_run(dst, src, size, half);
		move_run(dst + dst_step, src + src_step, size, half);
		move_run(dst + 2 * dst_step, src + 2 * src_step, size, half);
		move_run(dst + 3 * dst_step, src + 3 * src_step, size, half);
		dst += 4 * dst_step;
		src += 4 * src_step;
	}
	for (; left > 1; left--) {
		move_run(dst, src, size, half);
		dst += dst_step;
		src += src_step;
	}
	move_run(dst, src, size, half);
}

static void move_row_any(char *dst, const char *src, size_t size, const struct copy_loop *loop)
{
	COUNT(true, "", "runs of any size");
	move_row(dst, src, size, 0, loop);
}

#define ROW(bytes)                                                            \
	static void move_row_##bytes(char *dst, const char *src, size_t size, \
				     const struct copy_loop *loop)            \
	{                                                                     \
		(void)size;                                                   \
		COUNT(true, "", "runs of " #bytes);                           \
		move_row(dst, src, bytes, 0, loop);                           \
	}

#define ROW_CLASS(half)                                                            \
	static void move_row_from_##half(char *dst, const char *src, size_t size,  \
					 const struct copy_loop *loop)             \
	{                                                                          \
		COUNT(true, "", "runs of " #half " bytes or more, in two halves"); \
		move_row(dst, src, size, half, loop);                              \
	}

ROW(1)
ROW(2)
ROW(3)
ROW(4)
ROW(6)
ROW(8)
ROW(12)
ROW(16)
ROW(24)
ROW_CLASS(4)
ROW_CLASS(8)

/* Runs that are long enough for vectors. */
static void move_row_of_vectors(char *dst, const char *src, size_t size,
				const struct copy_loop *loop)
{
	COUNT(true, "", "runs of vectors");
	kernels()->rows(dst, loop->dst_step, src, loop->src_step, size, loop->extent);
}

#define ROW_CASE(bytes) \
	case bytes:     \
		return move_row_##bytes;

row_fn copy_row(size_t size)
{
	switch (size) {
		ROW_CASE(1)
		ROW_CASE(2)
		ROW_CASE(3)
		ROW_CASE(4)
		ROW_CASE(6)
		ROW_CASE(8)
		ROW_CASE(12)
		ROW_CASE(16)
		ROW_CASE(24)
	default:
		return size < 8                 ? move_row_from_4
		       : size < ROWS_BYTES_MIN  ? move_row_from_8
		       : size <= ROWS_BYTES_MAX ? move_row_of_vectors
						: move_row_any;
	}
}

/* The function for the row loop of a plan. */
static row_fn row_of_plan(const struct copy_plan *plan)
{
	return copy_row_is_filled(plan) ? copy_fill_row : copy_row(plan->run.bytes);
}

/* How the sections of the row loop are copied. */
struct sections {
	const struct copy_plan *plan;
	row_fn row;
	uint8_t outer;   /* the first loop outside of the sections */
	size_t rows;     /* iterations of the row loop in a section */
	size_t row_step; /* with a stage: the bytes of an iteration of the row loop */
};

/* Copy `n` iterations of the row loop, with the loops inside, from `src` to `dst`. */
static void move_section(const struct sections *s, char *dst, const char *src, size_t n)
{
	const struct copy_plan *plan = s->plan;
	struct copy_loop loop = plan->loops[0];
	struct copy_place place;

	loop.extent = n;
	place.dst = dst;
	place.src = src;
	for (uint8_t i = 1; i < s->outer; i++)
		place.index[i] = 0;
	do
		s->row(place.dst, place.src, plan->run.bytes, &loop);
	while (copy_next_place_of(plan, 1, s->outer, &place));
}

/* Copy the row loop and the loops inside in sections. */
static void move_in_sections(const struct sections *s, char *dst, const char *src)
{
	const struct copy_loop *loop = &s->plan->loops[0];
	size_t n;

	COUNT(s->outer > 1, "", "loops inside of a section");
	for (size_t done = 0; done < loop->extent; done += n) {
		n = min(s->rows, loop->extent - done);
		move_section(s, dst + (ptrdiff_t)done * loop->dst_step,
			     src + (ptrdiff_t)done * loop->src_step, n);
	}
}

/* Prefetch the lines GATHER_PREFETCH_BYTES after these bytes. */
static void prefetch_source(const char *src, size_t bytes, bool once)
{
	src += GATHER_PREFETCH_BYTES;
	for (size_t i = 0; i < bytes; i += CACHE_LINE_BYTES) {
		if (once)
			__builtin_prefetch(src + i, 0, 0);
		else
			__builtin_prefetch(src + i, 0, 3);
	}
}

/* Stream one row of equal runs: the stage is filled once. */
static void stream_filled(const struct sections *s, char *stage, char *dst, const char *src)
{
	const struct copy_loop *loop = &s->plan->loops[0];
	stream_fn stream = kernels()->stream;
	size_t n;

	COUNT(true, "", "streamed fill");
	move_section(s, stage, src, min(s->rows, loop->extent));
	for (size_t done = 0; done < loop->extent; done += n) {
		n = min(s->rows, loop->extent - done);
		stream(dst + done * s->row_step, stage, n * s->row_step);
	}
}

/*
 * Gather sections that are contiguous in the destination in a stage. Stream the whole lines of the
 * stage. The rest of it, less than a line, moves to its beginning. The first section ends at the
 * end of a line if the sizes allow it. Then there is no rest.
 */
static void stream_gathered(const struct sections *s, char *stage, char *dst, const char *src)
{
	const struct copy_loop *loop = &s->plan->loops[0];
	size_t before = -(size_t)dst & (CACHE_LINE_BYTES - 1), step = s->row_step;
	size_t n = CACHE_LINE_BYTES % step == 0 ? before / step + s->rows / 2 : s->rows;
	size_t bytes, rest = 0;
	stream_fn stream = kernels()->stream;

	COUNT(true, "", "gathered runs");
	for (size_t done = 0; done < loop->extent; done += n, n = s->rows) {
		n = min(n, loop->extent - done);
		if (loop->src_step > 0 && loop->src_step < CACHE_LINE_BYTES)
			prefetch_source(src + done * (size_t)loop->src_step,
					n * (size_t)loop->src_step,
					copy_variant_of(s->plan)->hint == HINT_ONCE);
		move_section(s, stage + rest, src + (ptrdiff_t)done * loop->src_step, n);
		bytes = rest + n * step;
		rest = 0;
		if (done + n < loop->extent)
			rest = min((size_t)(dst + bytes) & (CACHE_LINE_BYTES - 1), bytes);
		COUNT(rest > 0, "", "the rest of a stage");
		stream(dst, stage, bytes - rest);
		dst += bytes - rest;
		memmove(stage, stage + bytes - rest, rest);
	}
}

/* Stream long runs. */
static void stream_runs(char *dst, const char *src, size_t size, const struct copy_loop *loop)
{
	stream_fn stream = kernels()->stream;

	COUNT(true, "", "streamed runs");
	for (size_t i = 0; i < loop->extent; i++)
		stream(dst + (ptrdiff_t)i * loop->dst_step, src + (ptrdiff_t)i * loop->src_step,
		       size);
}

/* Copy with each section gathered in a stage. */
static void copy_gathered(const struct copy_plan *plan, struct sections *s)
{
	_Alignas(CACHE_LINE_BYTES) char stage[FILLED_STAGE_BYTES];
	struct copy_place place;
	bool fills = s->row == copy_fill_row && s->outer == 1;

	s->row_step = (size_t)plan->loops[0].dst_step;
	s->rows = (fills ? FILLED_STAGE_BYTES : GATHER_BYTES) / s->row_step;
	copy_first_place(plan, s->outer, &place);
	do
		(fills ? stream_filled : stream_gathered)(s, stage, place.dst, place.src);
	while (copy_next_place(plan, s->outer, &place));
}

void copy_strided(const struct copy_plan *plan)
{
	const struct copy_loop *loop = &plan->loops[0];
	struct sections s = {.plan = plan, .outer = 1, .rows = loop->extent};
	struct copy_place place;

	s.row = plan->method == COPY_BY_STREAM ? stream_runs : row_of_plan(plan);
	s.outer = (uint8_t)(1 + plan->rows.inside);
	if (plan->method == COPY_BY_GATHER) {
		copy_gathered(plan, &s);
		return;
	}
	if (s.outer == 1 && plan->nloops > 1 && s.row == copy_fill_row) {
		copy_fill_rows(plan);
		return;
	}
	copy_first_place(plan, s.outer, &place);
	if (s.outer == 1) {
		do
			s.row(place.dst, place.src, plan->run.bytes, loop);
		while (copy_next_place(plan, 1, &place));
		return;
	}
	s.rows = plan->run.bytes;
	for (uint8_t i = 1; i < s.outer; i++)
		s.rows *= plan->loops[i].extent;
	s.rows = SECTION_BYTES / s.rows;
	s.rows = s.rows < SECTION_ROWS_MIN ? SECTION_ROWS_MIN : min(s.rows, SECTION_ROWS_MAX);
	do
		move_in_sections(&s, place.dst, place.src);
	while (copy_next_place(plan, s.outer, &place));
}
