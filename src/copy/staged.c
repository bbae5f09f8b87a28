/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Transpositions from memory to memory, by tiles that are brought together in the first cache.
 *
 * Memory is fast where long pieces are read, where whole lines are written in long pieces, and
 * where both go on at the same time. So a piece of each of some rows of the source is copied to a
 * stage; from there, rows of the destination are written past the caches, and amid that the lines
 * of the next tile are asked for.
 *
 * A plane has the loops 0 and 1 and up to two more, see roles_of(). If one goes on where loop 0
 * ends in the destination, its rows are taken together with those of loop 0: the destination's rows
 * are as long as both. If one goes on where loop 1 ends in the source, and loop 1 is short, a row
 * of the source has the runs of both.
 */
#include <string.h>

#include "copy/plan.h"
#include "kernels/count.h"
#include "kernels/kernels.h"
#include "machine/caches.h"

enum {
	STAGE = 32 << 10, /* in bytes, at most */
	SMALL_STAGE = 16 << 10,
	PIECE = 1 << 10, /* what a tile has of a row of the source, in bytes, */
	LEAST = 2 *
		CACHE_LINE_BYTES, /* if it can have these of a row of the destination, at least */
	MOST = 4 * CACHE_LINE_BYTES, /* and at most */
	SHORT = 512,                 /* a run or a row, in bytes */
	PAGE = 4 << 10, /* what is read of all rows before more is read of any, in bytes */
};

/* The stage has two thirds of the first cache. */
static size_t stage_size(void)
{
	size_t size = caches()->first_sets * caches()->first_ways * CACHE_LINE_BYTES / 3 * 2;

	return size < SMALL_STAGE ? SMALL_STAGE : min(size, STAGE);
}

/* What the planes of a plan have in common. */
struct planes {
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
struct tile {
	char *dst;
	const char *src;
	size_t row, rows, at, bytes;
};

/* Goes along a tile's rows. */
struct cursor {
	const char *src;
	size_t left; /* rows before a jump */
};

static struct cursor first_row(const struct planes *p, const struct tile *t)
{
	size_t jumps = t->row / p->na;

	return (struct cursor){
		.src = t->src + (ptrdiff_t)t->row * p->src_step + (ptrdiff_t)jumps * p->src_jump +
		       t->at,
		.left = (jumps + 1) * p->na - t->row,
	};
}

static inline void next_row(const struct planes *p, struct cursor *c)
{
	c->src += p->src_step;
	if (--c->left > 0)
		return;
	c->src += p->src_jump;
	c->left = p->na;
}

/* The rows of a tile that are still to be asked for, the first one from byte `at` on. */
struct ahead {
	struct cursor cursor;
	size_t rows;
	ptrdiff_t at, bytes;
};

/* Where the line that the row begins in starts. */
static ptrdiff_t line_start(const struct cursor *c)
{
	return -(ptrdiff_t)((size_t)c->src & (CACHE_LINE_BYTES - 1));
}

static struct ahead ahead_of(const struct planes *p, const struct tile *t)
{
	struct cursor c = first_row(p, t);

	return (struct ahead){c, t->rows, line_start(&c), (ptrdiff_t)t->bytes};
}

/* Ask for some lines. They are used once, and soon. */
static inline void ask(const struct planes *p, struct ahead *a, size_t lines)
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
static const char *gather(const struct planes *p, const struct tile *t)
{
	struct cursor c = first_row(p, t);
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
static void move(const struct planes *p, const struct tile *t, const struct tile *next)
{
	struct ahead ahead = ahead_of(p, next);
	const char *src = gather(p, t);
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
			ask(p, &ahead, lines);
		}
		dst += p->dst_jump;
	}
}

/* How many rows of a plane come before the first line of the destination. */
static size_t head(const struct planes *p, const char *dst)
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
static void plane(const struct planes *p, char *dst, const char *src, struct tile *last)
{
	size_t height = stage_size() / p->piece / p->t * p->t, before = head(p, dst);
	size_t page = PAGE / p->piece * p->piece, end, next, left;
	struct tile t = {.dst = dst, .src = src};

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
					move(p, last, &t);
				*last = t;
			}
		}
	}
}

/* What a tile has of a run. */
static size_t piece_of(const struct copy_plan *plan)
{
	size_t stage = stage_size(), least = stage / MOST * plan->size;

	return min(least > PIECE ? least : PIECE, stage / LEAST * plan->size);
}

static bool rows_go_on(const struct copy_plan *plan, const struct copy_loop *loop)
{
	return loop->dst_step == (ptrdiff_t)(plan->loops[0].extent * plan->size);
}

/* Are rows of the destination better left alone: are they in lines, or long? */
static bool rows_stand_alone(const struct copy_plan *plan, const struct copy_loop *loop)
{
	size_t row = plan->loops[0].extent * plan->size;
	bool aligned = (size_t)plan->dst.base % CACHE_LINE_BYTES == 0;

	return (loop->dst_step | plan->loops[1].dst_step) % CACHE_LINE_BYTES == 0 &&
	       row >= (aligned ? 2 * kernels()->width : SHORT);
}

/* Where rows go on, too, as in an array of three dimensions reversed, only short runs. */
static bool runs_go_on(const struct copy_plan *plan, const struct copy_loop *loop)
{
	size_t run = plan->loops[1].extent * plan->size;

	if (run > piece_of(plan) || loop->src_step != (ptrdiff_t)run)
		return false;
	return !rows_go_on(plan, loop) || (run <= SHORT && rows_stand_alone(plan, loop));
}

/* The loop that goes on with the rows, and the one with the runs; or 0. */
struct roles {
	uint8_t rows, runs;
	uint8_t loops; /* of a plane */
};

static struct roles roles_of(const struct copy_plan *plan)
{
	struct roles r = {.loops = 2};

	if (r.loops < plan->nloops && rows_go_on(plan, &plan->loops[r.loops]) &&
	    !runs_go_on(plan, &plan->loops[r.loops]))
		r.rows = r.loops++;
	if (r.loops < plan->nloops && runs_go_on(plan, &plan->loops[r.loops]))
		r.runs = r.loops++;
	return r;
}

void copy_staged_order(struct copy_plan *plan)
{
	uint8_t n = 2;

	for (int runs = 0; runs < 2; runs++) {
		for (uint8_t i = n; i < plan->nloops; i++) {
			struct copy_loop loop = plan->loops[i];

			if (runs_go_on(plan, &loop) != runs || (!runs && !rows_go_on(plan, &loop)))
				continue;
			memmove(&plan->loops[n + 1u], &plan->loops[n],
				(size_t)(i - n) * sizeof(loop));
			plan->loops[n++] = loop;
			break;
		}
	}
}

/* The extent of a loop and of the one that goes on with it. */
static size_t extent(const struct copy_plan *plan, uint8_t loop, uint8_t more)
{
	return plan->loops[loop].extent * (more > 0 ? plan->loops[more].extent : 1);
}

uint8_t copy_staged_loops(const struct copy_plan *plan)
{
	struct roles r;

	if (!plan->stream || plan->size > TILE_BYTES || (plan->size & (plan->size - 1)) != 0)
		return 0;
	r = roles_of(plan);
	if (extent(plan, 0, r.rows) * plan->size < 2 * kernels()->width ||
	    plan->loops[1].extent * plan->size < TILE_BYTES ||
	    extent(plan, 1, r.runs) * plan->size < 2 * CACHE_LINE_BYTES)
		return 0;
	/* Long rows of the destination that are not in lines are better written tile by tile. */
	return r.rows > 0 || plan->loops[1].dst_step % CACHE_LINE_BYTES == 0 ? r.loops : 0;
}

void copy_staged(const struct copy_plan *plan)
{
	_Alignas(CACHE_LINE_BYTES) char stage[STAGE];
	const struct copy_loop *a = &plan->loops[0], *b = &plan->loops[1];
	struct roles r = roles_of(plan);
	struct planes p = {
		.log = (unsigned)__builtin_ctzl(plan->size),
		.t = kernels()->width / plan->size,
		.n = kernels_narrow()->width / plan->size,
		.rows = extent(plan, 0, r.rows),
		.na = a->extent,
		.src_step = a->src_step,
		.bytes = extent(plan, 1, r.runs) * plan->size,
		.run = b->extent * plan->size,
		.dst_step = b->dst_step,
		.stage = stage,
	};
	struct copy_place now;
	struct tile last = {.rows = 0}, none;

	COUNT(true, "", "staged");
	p.tile = kernels()->staged[p.log];
	p.narrow = kernels_narrow()->near[p.log];
	if (r.rows > 0)
		p.src_jump = plan->loops[r.rows].src_step - (ptrdiff_t)a->extent * a->src_step;
	if (r.runs > 0)
		p.dst_jump = plan->loops[r.runs].dst_step;
	p.piece = piece_of(plan);
	if (p.run <= p.piece)
		p.piece = min(p.piece / p.run * p.run, p.bytes);
	else
		/* As many as it takes, in lines. */
		p.piece = (p.run / ((p.run - 1) / p.piece + 1) + CACHE_LINE_BYTES - 1) /
			  CACHE_LINE_BYTES * CACHE_LINE_BYTES;
	copy_first(plan, r.loops, &now);
	do
		plane(&p, now.dst, now.src, &last);
	while (copy_next(plan, r.loops, &now));
	none = (struct tile){.src = last.src};
	move(&p, &last, &none);
}
