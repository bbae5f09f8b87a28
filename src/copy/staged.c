/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Transpositions from memory to memory, by tiles that are gathered in the first-level cache.
 *
 * Memory is fast if a thread reads long pieces, writes whole lines in long pieces, and reads and
 * writes at the same time. So copy_staged() copies a piece of each of some source rows to a stage.
 * From the stage, it streams destination rows. Between these stores, it prefetches the lines of the
 * next tile.
 *
 * plan/staging.c chooses the loops of a plane.
 */
#include <string.h>

#include "copy/staged.h"
#include "kernels/count.h"
#include "kernels/kernels.h"
#include "machine/caches.h"
#include "plan/staging.h"
#include "plan/variant.h"

/* The section of a source row that is copied for all rows before the next section. */
enum { STAGED_PAGE_BYTES = 4 << 10 };

/* Pieces begin at lines of the source if a source row has at least this number of lines. */
enum { ALIGNED_PIECES_MIN = 4 };

/*
 * The common properties of all planes of a plan. A source row has one source run or several. The
 * extent of loop 0 is `na`.
 */
struct staged_planes {
	tile_fn tile, narrow;         /* `narrow` is for few rows, at least n */
	unsigned log;                 /* log2 of the element size */
	size_t t, n;                  /* the source rows in a tile of `tile`, and of `narrow` */
	size_t rows, na;              /* the source rows: all, and those of loop 0 */
	ptrdiff_t src_step, src_jump; /* from row to row; added after every `na` rows */
	size_t bytes, run;            /* of a source row, and of a source run */
	ptrdiff_t dst_step, dst_jump; /* of an element of a source run, and of a source run */
	size_t piece;  /* of a row, in bytes: a section of a source run, or whole runs */
	size_t height; /* the most source rows of a tile */
	char *stage;
	uint8_t hint; /* enum copy_hint */
};

/* A tile of the plane at `dst` and `src`: `rows` source rows, and of each, `bytes` from `at` on. */
struct staged_tile {
	char *dst;
	const char *src;
	size_t row, rows, at, bytes;
};

/* A position in the source rows of a tile. */
struct row_cursor {
	const char *src;
	size_t left; /* rows before the next jump */
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

/* The rows of a tile that are not prefetched yet. The first of them begins at byte `at`. */
struct rows_ahead {
	struct row_cursor cursor;
	size_t rows;
	ptrdiff_t at, bytes;
};

/* The offset from the beginning of the row to the beginning of its first line. */
static ptrdiff_t line_start(const struct row_cursor *c)
{
	return -(ptrdiff_t)((size_t)c->src & (CACHE_LINE_BYTES - 1));
}

static struct rows_ahead ahead_of(const struct staged_planes *p, const struct staged_tile *t)
{
	struct row_cursor c = first_row(p, t);

	return (struct rows_ahead){c, t->rows, line_start(&c), (ptrdiff_t)t->bytes};
}

/* Prefetch the next `lines` lines. They are used soon. */
static inline void prefetch_lines(const struct staged_planes *p, struct rows_ahead *a, size_t lines)
{
	for (; lines > 0 && a->rows > 0; lines--) {
		if (p->hint == HINT_ONCE)
			__builtin_prefetch(a->cursor.src + a->at, 0, 0);
		else
			__builtin_prefetch(a->cursor.src + a->at, 0, 3);
		a->at += CACHE_LINE_BYTES;
		if (a->at < a->bytes)
			continue;
		next_row(p, &a->cursor);
		a->at = line_start(&a->cursor);
		a->rows--;
	}
}

/* Return the rows of a tile, `piece` bytes apart. Unless they are so, gather them in the stage. */
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

/* Copy a tile, and prefetch the next tile. */
static void move_tile(const struct staged_planes *p, const struct staged_tile *t,
		      const struct staged_tile *next)
{
	struct rows_ahead ahead = ahead_of(p, next);
	const char *src = gather_rows(p, t);
	bool whole = t->rows % p->t == 0;
	tile_fn tile = whole ? p->tile : p->narrow;
	size_t lines =
		next->rows * (next->bytes / CACHE_LINE_BYTES + 1) * CACHE_LINE_BYTES / t->bytes + 1;
	size_t run = t->at / p->run, at = t->at % p->run, bytes, n;
	char *base = t->dst + (t->row << p->log), *dst;

	/* For each source run, or for the section of a source run in the tile. */
	for (size_t done = 0; done < t->bytes; done += bytes, run++, at = 0) {
		bytes = min(t->bytes - done, p->run - at);
		dst = base + (ptrdiff_t)run * p->dst_jump + (ptrdiff_t)(at >> p->log) * p->dst_step;
		for (size_t b = 0; b < bytes; b += n * TILE_BYTES) {
			/* If less than a piece is left, it overlaps the previous one. */
			b = min(b, bytes - TILE_BYTES);
			n = min(CACHE_LINE_BYTES, bytes - b) / TILE_BYTES;
			tile(dst + (ptrdiff_t)(b >> p->log) * p->dst_step, p->dst_step,
			     src + done + b, (ptrdiff_t)p->piece, n, t->rows);
			prefetch_lines(p, &ahead, lines);
		}
	}
}

/* The number of source rows before the first line that begins in a destination row. */
static size_t rows_before_line(const struct staged_planes *p, const char *dst)
{
	size_t before = -(size_t)dst & (CACHE_LINE_BYTES - 1), size = (size_t)1 << p->log;

	if (p->rows < 4 * p->t || before % size != 0 || p->dst_step % CACHE_LINE_BYTES != 0)
		return 0;
	return (before >> p->log) & (p->t - 1);
}

/*
 * The bytes from the beginning of a line to the beginning of the source rows. 0 if the rows differ
 * in this, if they have few pieces, or if pieces that begin at lines would cut an element, or a
 * short source run between tiles.
 */
static size_t bytes_after_line(const struct staged_planes *p, const char *src)
{
	size_t after = (size_t)src & (CACHE_LINE_BYTES - 1);

	if (p->bytes < ALIGNED_PIECES_MIN * p->piece || after % ((size_t)1 << p->log) != 0 ||
	    (p->src_step | p->src_jump) % CACHE_LINE_BYTES != 0 ||
	    (p->run < p->bytes && (p->run | after) % TILE_BYTES != 0))
		return 0;
	return after;
}

/*
 * Copy the tiles of a plane: a page of all rows, then the next page. All pieces of a row but the
 * first begin at lines of the source, if they can. A tile is copied only when the next tile is
 * known. On entry, `last` is the last tile of the previous plane. On return, `last` is the last
 * tile of this plane, which is not copied yet.
 */
static void move_plane(const struct staged_planes *p, char *dst, const char *src,
		       struct staged_tile *last)
{
	size_t before = rows_before_line(p, dst), after = bytes_after_line(p, src);
	size_t page = STAGED_PAGE_BYTES / p->piece * p->piece, end, next, left;
	struct staged_tile t = {.dst = dst, .src = src};

	for (size_t from = 0; from < p->bytes; from = end) {
		end = min(from + page - (from == 0 ? after : 0), p->bytes);
		/* The rest of the first piece is not worth a page. */
		if (p->bytes - end < p->piece)
			end = p->bytes;
		for (t.row = 0; t.row < p->rows; t.row = next) {
			left = p->rows - t.row;
			t.rows = min(p->height, left) / p->t * p->t;
			next = t.row + t.rows;
			/* Less than a line: few rows. Some of them are also in another tile. */
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
				t.bytes = min(p->piece - (t.at == 0 ? after : 0), end - t.at);
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
		.hint = copy_variant_of(plan)->hint,
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
		/* Split a source run evenly, into whole lines. */
		p.piece = (p.run / ((p.run - 1) / p.piece + 1) + CACHE_LINE_BYTES - 1) /
			  CACHE_LINE_BYTES * CACHE_LINE_BYTES;
	p.height = copy_stage_size(plan) / p.piece / p.t * p.t;
	copy_first_place(plan, plane.plane_loops, &now);
	do
		move_plane(&p, now.dst, now.src, &last);
	while (copy_next_place(plan, plane.plane_loops, &now));
	none = (struct staged_tile){.src = last.src};
	move_tile(&p, &last, &none);
}
