/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Transpositions: loop 0 is contiguous in the destination, loop 1 in the source.
 *
 * Where both are long enough, tiles of both go through registers. The order of the tiles is
 * chosen for memory: BLOCK tiles along the destination's rows, so that each row grows by some
 * lines at once, then a line further along the source's rows, until these end. Where a loop is
 * short, the other one runs innermost, in blocks that stay in the first cache while the short
 * loop goes over them.
 */
#include <string.h>

#include "copy/machine.h"
#include "copy/plan.h"

enum {
	LINE = 64,        /* a cache line, in bytes */
	BLOCK = 8,        /* tiles along a destination's row */
	AHEAD = 2,        /* lines of the source that are asked for ahead */
	STAGE = 16 << 10, /* what is gathered at a time, in bytes */
	SETS = 64,        /* the sets of a first cache, a page of lines on all machines */
	CROWD = 16,       /* the lines of a set, and then some */
	SIDE = 32,        /* elements along the side of a block without tiles */
};

/* One plane: two loops, and where they start. */
struct plane {
	char *dst;
	const char *src;
	size_t na, nb;                /* extents of loops 0 and 1 */
	ptrdiff_t dst_step, src_step; /* of loop 1 and of loop 0 */
	size_t size;
	bool stream;
};

static size_t min(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* How the tiles of a plane are laid out. */
struct tiling {
	tile_fn tile;
	size_t ta, tb;         /* the elements of a tile along both loops */
	size_t block;          /* tiles along a destination's row that are done together */
	size_t a_head, b_head; /* elements before the first line's, or tile's, start */
	bool gathered;         /* a line of all rows is brought together first */
};

/*
 * How many elements stand before the first line's start, if every row's do so alike; 0 where
 * pieces of `piece` bytes do not meet it.
 */
static size_t head(const char *base, ptrdiff_t step, size_t piece, size_t size)
{
	size_t before = -(size_t)base & (LINE - 1);

	return step % LINE == 0 && before % piece == 0 ? before / size : 0;
}

/* Do so many rows compete for so few sets of a first cache that they drive each other out? */
static bool crowded(ptrdiff_t step, size_t rows)
{
	size_t lines = (size_t)step / LINE, sets = SETS;

	if (step % LINE != 0)
		return false;
	for (; sets > 1 && lines % 2 == 0; lines /= 2)
		sets /= 2;
	return rows > CROWD * sets;
}

static struct tiling lay_out(const struct plane *p, const struct kernels *kernels)
{
	struct tiling t = {
		.tile = kernels->tile[__builtin_ctzl(p->size)],
		.ta = kernels->width / p->size,
		.tb = TILE_BYTES / p->size,
		.block = BLOCK,
		.b_head = head(p->src, p->src_step, TILE_BYTES, p->size),
	};

	t.a_head = head(p->dst, p->dst_step, p->size, p->size) % t.ta;
	t.gathered = crowded(p->src_step, t.ta);
	if (t.gathered)
		t.block = min(BLOCK, STAGE / (t.ta * LINE));
	return t;
}

/* Ask for what the rows of a tile hold some lines further on, for the second cache. */
static void prefetch(const char *src, ptrdiff_t src_step, size_t rows)
{
	for (size_t i = 0; i < rows; i++)
		__builtin_prefetch(src + (ptrdiff_t)i * src_step + AHEAD * LINE, 0, 2);
}

/* `nb` elements of the source's rows, from `b` on, for the n tiles that begin at `starts`. */
static void direct(const struct plane *p, const struct tiling *t, const size_t *starts, size_t n,
		   size_t b, size_t nb)
{
	for (size_t i = 0; i < n; i++) {
		char *dst = p->dst + starts[i] * p->size + (ptrdiff_t)b * p->dst_step;
		const char *src = p->src + (ptrdiff_t)starts[i] * p->src_step + b * p->size;
		size_t last = nb - t->tb;

		if (p->stream)
			prefetch(src, p->src_step, t->ta);
		t->tile(dst, p->dst_step, src, p->src_step, nb / t->tb, p->stream);
		if (nb % t->tb != 0)
			t->tile(dst + (ptrdiff_t)last * p->dst_step, p->dst_step,
				src + last * p->size, p->src_step, 1, false);
	}
}

/* The same for a whole line of the source's rows, each of which is read once only. */
static void gathered(const struct plane *p, const struct tiling *t, const size_t *starts, size_t n,
		     size_t b)
{
	_Alignas(LINE) char stage[STAGE];
	size_t rows = t->ta;

	for (size_t i = 0; i < n; i++) {
		const char *src = p->src + (ptrdiff_t)starts[i] * p->src_step + b * p->size;

		if (p->stream)
			prefetch(src, p->src_step, rows);
		for (size_t k = 0; k < rows; k++)
			memcpy(stage + (i * rows + k) * LINE, src + (ptrdiff_t)k * p->src_step,
			       LINE);
	}
	for (size_t piece = 0; piece < LINE; piece += TILE_BYTES)
		for (size_t i = 0; i < n; i++)
			t->tile(p->dst + starts[i] * p->size +
					(ptrdiff_t)(b + piece / p->size) * p->dst_step,
				p->dst_step, stage + i * rows * LINE + piece, LINE, 1, p->stream);
}

/*
 * Tiles of `kernels`; both extents have room for one. They begin where the lines of the
 * destination and of the source do; the first and the last ones overlap their neighbours.
 */
static void tiles(const struct plane *p, const struct kernels *kernels)
{
	const struct tiling t = lay_out(p, kernels);
	size_t starts[BLOCK], n, nb, line = LINE / p->size;

	for (size_t a = 0; a < p->na;) {
		for (n = 0; n < t.block && a < p->na; n++) {
			starts[n] = min(a, p->na - t.ta);
			a = a == 0 && t.a_head > 0 ? t.a_head : a + t.ta;
		}
		for (size_t b = 0; b < p->nb; b += nb) {
			nb = min(b == 0 && t.b_head > 0 ? t.b_head : line, p->nb - b);
			/* What is left is less than a tile: one that overlaps the last. */
			if (nb < t.tb)
				direct(p, &t, starts, n, p->nb - t.tb, t.tb);
			else if (t.gathered && nb == line)
				gathered(p, &t, starts, n, b);
			else
				direct(p, &t, starts, n, b, nb);
		}
	}
}

/*
 * Without tiles: blocks of the two loops that stay in the first cache on both sides, the longer
 * one innermost.
 */
static void blocks(const struct plane *p)
{
	row_fn move = copy_row(p->size);
	size_t a_block = min(p->na, SIDE), b_block = min(p->nb, SIDE);
	ptrdiff_t size = (ptrdiff_t)p->size;

	/* Where one loop is short, the other's blocks are the longer. */
	a_block = min(p->na, SIDE * SIDE / b_block);
	b_block = min(p->nb, SIDE * SIDE / a_block);
	for (size_t a = 0; a < p->na; a += a_block) {
		for (size_t b = 0; b < p->nb; b += b_block) {
			char *dst = p->dst + (ptrdiff_t)a * size + (ptrdiff_t)b * p->dst_step;
			const char *src = p->src + (ptrdiff_t)a * p->src_step + (ptrdiff_t)b * size;
			struct copy_loop over_a = {min(a_block, p->na - a), size, p->src_step};
			struct copy_loop over_b = {min(b_block, p->nb - b), p->dst_step, size};

			if (over_a.extent >= over_b.extent)
				for (size_t i = 0; i < over_b.extent; i++)
					move(dst + (ptrdiff_t)i * p->dst_step,
					     src + (ptrdiff_t)i * size, p->size, &over_a);
			else
				for (size_t i = 0; i < over_a.extent; i++)
					move(dst + (ptrdiff_t)i * size,
					     src + (ptrdiff_t)i * p->src_step, p->size, &over_b);
		}
	}
}

/* The kernels that have a tile for the plane; NULL: none. */
static const struct kernels *fitting(const struct plane *p)
{
	const struct kernels *best = machine()->kernels, *narrow = machine()->narrow;

	if (p->size > TILE_BYTES || (p->size & (p->size - 1)) != 0 || p->nb * p->size < TILE_BYTES)
		return NULL;
	if (p->na * p->size >= best->width)
		return best;
	return p->na * p->size >= narrow->width ? narrow : NULL;
}

void copy_transpose(const struct copy_plan *plan, char *dst, const char *src)
{
	const struct copy_loop *a = &plan->loops[0], *b = &plan->loops[1];
	struct plane plane = {
		.dst = dst,
		.src = src,
		.na = a->extent,
		.nb = b->extent,
		.dst_step = b->dst_step,
		.src_step = a->src_step,
		.size = plan->size,
		.stream = plan->stream,
	};
	const struct kernels *kernels = fitting(&plane);

	if (kernels != NULL)
		tiles(&plane, kernels);
	else
		blocks(&plane);
}
