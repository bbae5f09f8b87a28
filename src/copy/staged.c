/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Transpositions from memory to memory, by tiles that are brought together in the first cache.
 *
 * Memory is fast where long pieces are read, where whole lines are written in long pieces, and
 * where both are done at the same time. So a piece of each of some rows of the source is copied to
 * a stage; from there, rows of the destination are written past the caches, and amid that the lines
 * of the next tile are asked for.
 *
 * Which loops make a plane: plan/staging.c.
 */
#include <string.h>

#include "copy/staged.h"
#include "kernels/count.h"
#include "kernels/kernels.h"
#include "machine/caches.h"
#include "plan/staging.h"

/* What is read of all rows before more is read of any. */
enum { STAGED_PAGE_BYTES = 4 << 10 };

/* What the planes of a plan have in common. */
struct staged_planes {
	tile_fn tile, narrow;         /* the latter for a few rows, n at least */
	unsigned log;                 /* of an element's size */
	size_t t, n;                  /* the rows of the source that fill a vector of each */
	size_t rows, na;              /* of the source; those of loop 0 */
	ptrdiff_t src_step, src_jump; /* from a row to the next one; and more after na of them */
	size_t bytes, run;            /* of a row of the source; those of loop 1 */
	ptrdiff_t dst_step, dst_jump; /* of an element of a run; of a run */
	size_t piece; /* what a tile has of a row, in bytes: of a run, or whole ones */
	char *stage;
};

/* Some rows of the plane at these addresses, and of each the bytes from number `at` on. */
struct staged_tile {
	char *dst;
	const char *src;
	size_t row, rows, at, bytes;
};

/* Goes along a tile's rows. */
struct row_cursor {
	const char *src;
	size_t left; /* rows before a jump */
};

static struct row_cursor first_row(const struct staged_planes *p, const struct staged_tile *t)
{
	size_t jumps = t->row / p->na;

	return (struct row_cursor){
		.src = t->src + (ptrdiff_t)t->row * p->src_step + (ptrdiff_t)jumps * p->src_jump +
		       t->at,
		.left = (jumps + 1) * p->na - t->row,
	};
}

static inline void next_row(const struct staged_planes *p, struct row_cursor *c)
{
	c->src += p->src_step;
	if (--c->left > 0)
		return;
	c->src += p->src_jump;
	c->left = p->na;
}

/* The rows of a tile that are still to be asked for, the first one from byte `at` on. */
struct rows_ahead {
	struct row_cursor cursor;
	size_t rows;
	ptrdiff_t at, bytes;
};

/* Where the line that the row begins in starts. */
static ptrdiff_t line_start(const struct row_cursor *c)
{
	return -(ptrdiff_t)((size_t)c->src & (CACHE_LINE_BYTES - 1));
}

static struct rows_ahead ahead_of(const struct staged_planes *p, const struct staged_tile *t)
{
	struct row_cursor c = first_row(p, t);

	return (struct rows_ahead){c, t->rows, line_start(&c), (ptrdiff_t)t->bytes};
}

/* Ask for some lines. They are used once, and soon. */
static inline void prefetch_lines(const struct staged_planes *p, struct rows_ahead *a, size_t lines)
{
	for (; lines > 0 && a->rows > 0; lines--) {
		__builtin_prefetch(a->cursor.src + a->at, 0, 0);
		a->at += CACHE_LINE_BYTES;
		if (a->at < a->bytes)
			continue;
		next_row(p, &a->cursor);
		a->at = line_start(&a->cursor);
		a->rows--;
	}
}

/* A tile's rows, `piece` bytes apart: where they are if that is so, or brought together. */
static const char *gather_rows(const struct staged_planes *p, const struct staged_tile *t)
{
	struct row_cursor c = first_row(p, t);
	char *stage = p->stage;

	if (p->src_step == (ptrdiff_t)p->piece && c.left >= t->rows)
		return c.src;
	for (size_t i = 0; i < t->rows; i++) {
		memcpy(stage, c.src, t->bytes);
		stage += p->piece;
		next_row(p, &c);
	}
	return p->stage;
}

/* Move a tile, and ask for the next one. */
static void move_tile(const struct staged_planes *p, const struct staged_tile *t,
		      const struct staged_tile *next)
{
	struct rows_ahead ahead = ahead_of(p, next);
	const char *src = gather_rows(p, t);
	bool whole = t->rows % p->t == 0;
	tile_fn tile = whole ? p->tile : p->narrow;
	size_t lines =
		next->rows * (next->bytes / CACHE_LINE_BYTES + 1) * CACHE_LINE_BYTES / t->bytes + 1;
	size_t at = t->at % p->run, bytes = min(t->bytes, p->run), n;
	char *dst = t->dst + (t->row << p->log) + (ptrdiff_t)(t->at / p->run) * p->dst_jump +
		    (ptrdiff_t)(at >> p->log) * p->dst_step;

	/* The runs, or what the tile has of one. */
	for (size_t done = 0; done < t->bytes; done += bytes) {
		for (size_t b = 0; b < bytes; b += n * TILE_BYTES) {
			/* What is left may be less than a vector: one that overlaps the last. */
			b = min(b, bytes - TILE_BYTES);
			n = min(CACHE_LINE_BYTES, bytes - b) / TILE_BYTES;
			tile(dst + (ptrdiff_t)(b >> p->log) * p->dst_step, p->dst_step,
			     src + done + b, (ptrdiff_t)p->piece, n, t->rows);
			prefetch_lines(p, &ahead, lines);
		}
		dst += p->dst_jump;
	}
}

/* How many rows of a plane come before the first line of the destination. */
static size_t rows_before_line(const struct staged_planes *p, const char *dst)
{
	size_t before = -(size_t)dst & (CACHE_LINE_BYTES - 1), size = (size_t)1 << p->log;

	if (p->rows < 4 * p->t || before % size != 0 || p->dst_step % CACHE_LINE_BYTES != 0)
		return 0;
	return (before >> p->log) & (p->t - 1);
}

/*
 * A plane's tiles: a page of all rows, then the next one. The last tile is left for the next time,
 * as the one in `last` was.
 */
static void move_plane(const struct staged_planes *p, char *dst, const char *src,
		       struct staged_tile *last)
{
	size_t height = copy_stage_size() / p->piece / p->t * p->t,
	       before = rows_before_line(p, dst);
	size_t page = STAGED_PAGE_BYTES / p->piece * p->piece, end, next, left;
	struct staged_tile t = {.dst = dst, .src = src};

	for (size_t from = 0; from < p->bytes; from = end) {
		end = min(from + page, p->bytes);
		for (t.row = 0; t.row < p->rows; t.row = next) {
			left = p->rows - t.row;
			t.rows = min(height, left) / p->t * p->t;
			next = t.row + t.rows;
			/* Parts of a line: few rows, some of which others have, too. */
			if (t.row == 0 && before > 0) {
				t.rows = before > p->n ? before : p->n;
				next = before;
			} else if (left < p->t) {
				t.rows = left > p->n ? left : p->n;
				t.row = p->rows - t.rows;
				next = p->rows;
			}
			for (t.at = from; t.at < end; t.at += t.bytes) {
				t.at = min(t.at, end - TILE_BYTES);
				t.bytes = min(p->piece, end - t.at);
				if (last->rows > 0)
					move_tile(p, last, &t);
				*last = t;
			}
		}
	}
}

void copy_staged(const struct copy_plan *plan)
{
	_Alignas(CACHE_LINE_BYTES) char stage[STAGE_BYTES_MAX];
	const struct copy_loop *a = &plan->loops[0], *b = &plan->loops[1];
	const struct copy_staged_plane plane = plan->staged;
	struct staged_planes p = {
		.log = (unsigned)__builtin_ctzl(plan->run.bytes),
		.t = kernels()->width / plan->run.bytes,
		.n = kernels_narrow()->width / plan->run.bytes,
		.rows = copy_staged_extent(plan, 0, plane.row_loop),
		.na = a->extent,
		.src_step = a->src_step,
		.bytes = copy_staged_extent(plan, 1, plane.run_loop) * plan->run.bytes,
		.run = b->extent * plan->run.bytes,
		.dst_step = b->dst_step,
		.stage = stage,
	};
	struct copy_place now;
	struct staged_tile last = {.rows = 0}, none;

	COUNT(true, "", "staged");
	p.tile = kernels()->staged[p.log];
	p.narrow = kernels_narrow()->near[p.log];
	if (plane.row_loop > 0)
		p.src_jump =
			plan->loops[plane.row_loop].src_step - (ptrdiff_t)a->extent * a->src_step;
	if (plane.run_loop > 0)
		p.dst_jump = plan->loops[plane.run_loop].dst_step;
	p.piece = copy_staged_piece(plan);
	if (p.run <= p.piece)
		p.piece = min(p.piece / p.run * p.run, p.bytes);
	else
		/* As many as it takes, in lines. */
		p.piece = (p.run / ((p.run - 1) / p.piece + 1) + CACHE_LINE_BYTES - 1) /
			  CACHE_LINE_BYTES * CACHE_LINE_BYTES;
	copy_first_place(plan, plane.plane_loops, &now);
	do
		move_plane(&p, now.dst, now.src, &last);
	while (copy_next_place(plan, plane.plane_loops, &now));
	none = (struct staged_tile){.src = last.src};
	move_tile(&p, &last, &none);
}
