/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Transpositions: loop 0 is contiguous in the destination, loop 1 in the source.
 *
 * Where both are long enough, tiles of both go through registers. The order of the tiles is chosen
 * for memory, or for the caches: see lay_out_tiles(). Where one is so short that its elements are
 * the components of interleaved ones, whole vectors of them are shuffled. All else is moved one by
 * one, in blocks that stay in the first cache, the longer loop innermost.
 *
 * What goes from memory to memory in long rows is staged.c's.
 */
#include <string.h>

#include "copy/strided.h"
#include "copy/transpose.h"
#include "kernels/count.h"
#include "kernels/kernels.h"
#include "machine/caches.h"

enum {
	BLOCK_TILES = 8,                 /* along a destination's row */
	ALIGNED_TILES_MIN = 4,           /* of a row that is to begin with its lines */
	TILES_PREFETCH_LINES = 2,        /* of the source, asked for ahead */
	GATHERED_TILES_BYTES = 16 << 10, /* gathered at a time */
	BLOCK_ELEMENTS = 32,             /* along the side of a block without tiles */
};

/* What the planes of a plan have in common: two loops, and how they are done. */
struct tiled_planes {
	size_t na, nb;                /* extents of loops 0 and 1 */
	ptrdiff_t dst_step, src_step; /* of loop 1 and of loop 0 */
	size_t size;
	bool stream;
	/* With tiles: */
	tile_fn tile;
	size_t ta, tb;  /* the elements of a tile along loops 0 and 1 */
	size_t line;    /* the elements of a line */
	size_t a_block; /* elements of a destination's row that are done together */
	size_t b_block; /* elements of a source's row that are done together */
	bool gathered;  /* a line of all rows is brought together first */
};

/*
 * How many elements stand before the first line's start, if every row's do so alike; 0 where
 * pieces of `piece` bytes do not meet it.
 */
static size_t elements_before_line(const char *base, ptrdiff_t step, size_t piece, size_t size)
{
	size_t before = -(size_t)base & (CACHE_LINE_BYTES - 1);

	return step % CACHE_LINE_BYTES == 0 && before % piece == 0 ? before / size : 0;
}

/*
 * Do so many rows compete for so few sets of the first cache that they drive each other out? Twice
 * as many as fit are still better read again and again than brought together.
 */
static bool rows_crowd_sets(ptrdiff_t step, size_t rows)
{
	size_t lines = (size_t)step / CACHE_LINE_BYTES, sets = caches()->first_sets;

	if (step % CACHE_LINE_BYTES != 0)
		return false;
	for (; sets > 1 && lines % 2 == 0; lines /= 2)
		sets /= 2;
	return rows > 2 * caches()->first_ways * sets;
}

/*
 * For memory, a part of the destination's rows grows line by line all along the source's rows.
 * For the caches, two lines of each of the source's rows go all along the destination's rows, where
 * the kernel goes by two lines, too.
 */
static void lay_out_tiles(struct tiled_planes *p, const struct kernels *set)
{
	/* Shifts: a small plane takes less time than some divisions. */
	unsigned log = (unsigned)__builtin_ctzl(p->size);

	p->tile = p->stream ? set->far[log] : set->near[log];
	p->ta = set->width >> log;
	p->tb = TILE_BYTES >> log;
	p->line = CACHE_LINE_BYTES >> log;
	p->gathered = rows_crowd_sets(p->src_step, p->ta);
	p->a_block = p->stream ? BLOCK_TILES * p->ta : p->na;
	if (p->gathered)
		p->a_block = min(BLOCK_TILES * p->ta, GATHERED_TILES_BYTES / CACHE_LINE_BYTES);
	p->b_block = p->stream || p->gathered ? p->line : 2 * p->line;
	if (!p->stream && !p->gathered && p->nb <= ALIGNED_TILES_MIN * p->line)
		p->b_block = p->nb;
}

/* Ask for what the rows hold some lines further on, for the second cache. */
static void prefetch_rows(const char *src, ptrdiff_t src_step, size_t rows)
{
	for (size_t i = 0; i < rows; i++)
		__builtin_prefetch(src + (ptrdiff_t)i * src_step +
					   TILES_PREFETCH_LINES * CACHE_LINE_BYTES,
				   0, 2);
}

/* na rows, whose lines are brought together first, so that each is read once only. */
static void move_gathered(const struct tiled_planes *p, char *dst, const char *src, size_t na)
{
	_Alignas(CACHE_LINE_BYTES) char stage[GATHERED_TILES_BYTES];

	COUNT(true, "wide", "gathered tiles");
	for (size_t i = 0; i < na; i++) {
		if (p->stream)
			prefetch_rows(src, p->src_step, 1);
		memcpy(stage + i * CACHE_LINE_BYTES, src, CACHE_LINE_BYTES);
		src += p->src_step;
	}
	for (size_t b = 0; b < p->line; b += p->tb)
		p->tile(dst + (ptrdiff_t)b * p->dst_step, p->dst_step, stage + b * p->size,
			CACHE_LINE_BYTES, 1, na);
}

/* `bytes` of na rows. */
static void move_tiles(const struct tiled_planes *p, char *dst, const char *src, size_t na,
		       size_t bytes)
{
	p->tile(dst, p->dst_step, src, p->src_step, bytes / TILE_BYTES, na);
	/* The end of the rows: tiles that overlap the last ones. */
	if (bytes % TILE_BYTES != 0) {
		ptrdiff_t last = ((ptrdiff_t)bytes - TILE_BYTES) / (ptrdiff_t)p->size;

		p->tile(dst + last * p->dst_step, p->dst_step, src + bytes - TILE_BYTES,
			p->src_step, 1, na);
	}
}

/* From memory: a tile at a time, each prefetched for itself. */
static void move_tiles_far(const struct tiled_planes *p, char *dst, const char *src, size_t na,
			   size_t nb)
{
	for (; na >= p->ta; na -= p->ta) {
		prefetch_rows(src, p->src_step, p->ta);
		move_tiles(p, dst, src, p->ta, nb * p->size);
		dst += p->ta * p->size;
		src += (ptrdiff_t)p->ta * p->src_step;
	}
	/* What is left is less than a tile: one that overlaps the last. */
	if (na > 0)
		move_tiles(p, dst - (p->ta - na) * p->size,
			   src - (ptrdiff_t)(p->ta - na) * p->src_step, p->ta, nb * p->size);
}

/* The source's rows from a to `end`, a tile's at least, all of each. */
static void move_strip(const struct tiled_planes *p, char *dst, const char *src, size_t b_head,
		       size_t a, size_t end)
{
	size_t na, nb;

	for (; a < end; a += na) {
		/* What is left may be less than a tile: one that overlaps the last. */
		a = min(a, end - p->ta);
		na = min(end - a, p->a_block);
		for (size_t b = 0; b < p->nb; b += nb) {
			char *to = dst + a * p->size + (ptrdiff_t)b * p->dst_step;
			const char *from = src + (ptrdiff_t)a * p->src_step + b * p->size;

			nb = min(b == 0 && b_head > 0 ? b_head : p->b_block, p->nb - b);
			if (p->gathered && nb == p->line)
				move_gathered(p, to, from, na);
			else if (p->stream)
				move_tiles_far(p, to, from, na, nb);
			else
				move_tiles(p, to, from, na, nb * p->size);
		}
	}
}

/*
 * A plane of tiles; both extents have room for one. They begin where the lines of the
 * destination and of the source do; the first and the last ones overlap their neighbours.
 */
static void move_plane(const struct tiled_planes *p, char *dst, const char *src)
{
	size_t a_head = 0, b_head = 0;

	/* It takes a tile more for the head. In the caches, only large elements are worth it. */
	if (p->na >= ALIGNED_TILES_MIN * p->ta && (p->stream || p->size >= 8))
		a_head = elements_before_line(dst, p->dst_step, p->size, p->size) & (p->ta - 1);
	if (p->nb >= ALIGNED_TILES_MIN * p->line)
		b_head = elements_before_line(src, p->src_step, TILE_BYTES, p->size);
	if (a_head > 0)
		move_strip(p, dst, src, b_head, 0, p->ta);
	move_strip(p, dst, src, b_head, a_head, p->na);
}

/* A plane for the caches that is so small that move_plane() would make one block of it. */
static void move_small_plane(const struct tiled_planes *p, char *dst, const char *src)
{
	COUNT(true, "", "small planes of tiles");
	move_tiles(p, dst, src, p->na, p->nb * p->size);
}

/*
 * Without tiles: blocks of the two loops that stay in the first cache on both sides, the longer
 * one innermost.
 */
static void move_blocks(const struct tiled_planes *p, char *to, const char *from)
{
	row_fn move_row = copy_row(p->size);
	/* Where one loop is short, the other's blocks are the longer. */
	size_t a_block = min(p->na, BLOCK_ELEMENTS * BLOCK_ELEMENTS / min(p->nb, BLOCK_ELEMENTS));
	size_t b_block = min(p->nb, BLOCK_ELEMENTS * BLOCK_ELEMENTS / a_block);
	ptrdiff_t size = (ptrdiff_t)p->size;

	COUNT(true, "", "blocks");
	for (size_t a = 0; a < p->na; a += a_block) {
		for (size_t b = 0; b < p->nb; b += b_block) {
			char *dst = to + (ptrdiff_t)a * size + (ptrdiff_t)b * p->dst_step;
			const char *src = from + (ptrdiff_t)a * p->src_step + (ptrdiff_t)b * size;
			struct copy_loop over_a = {min(a_block, p->na - a), size, p->src_step};
			struct copy_loop over_b = {min(b_block, p->nb - b), p->dst_step, size};

			if (over_a.extent >= over_b.extent)
				for (size_t i = 0; i < over_b.extent; i++)
					move_row(dst + (ptrdiff_t)i * p->dst_step,
						 src + (ptrdiff_t)i * size, p->size, &over_a);
			else
				for (size_t i = 0; i < over_a.extent; i++)
					move_row(dst + (ptrdiff_t)i * size,
						 src + (ptrdiff_t)i * p->src_step, p->size,
						 &over_b);
		}
	}
}

/*
 * The shuffle from n pieces of 16 bytes of interleaved elements to 16 bytes of each of n planes;
 * or back.
 */
static void make_shuffle(struct shuffle *shuffle, size_t n, size_t size, bool back)
{
	memset(shuffle, 0x80, sizeof(*shuffle));
	for (size_t plane = 0; plane < n; plane++) {
		for (size_t b = 0; b < 16; b++) {
			size_t at = (b / size * n + plane) * size + b % size;

			if (back)
				shuffle->from[at / 16][plane][at % 16] = (unsigned char)b;
			else
				shuffle->from[plane][at / 16][b] = (unsigned char)(at % 16);
		}
	}
}

/*
 * Elements of a few components next to each other to planes, or planes to such elements, as long
 * as there are whole vectors. How many elements that was is returned; 0: the plane is no such one.
 */
static size_t move_interleaved(const struct tiled_planes *p, char *dst, const char *src)
{
	const struct kernels *set = kernels();
	bool back = p->na < p->nb;
	size_t n = back ? p->na : p->nb, m = back ? p->nb : p->na;
	ptrdiff_t step = back ? p->dst_step : p->src_step;
	size_t whole = m * p->size / set->width * set->width;
	struct shuffle shuffle;

	if (set->split == NULL || n > INTERLEAVED_COMPONENTS_MAX || p->size > 8 ||
	    (p->size & (p->size - 1)) != 0 || step != (ptrdiff_t)(n * p->size) || whole == 0)
		return 0;
	make_shuffle(&shuffle, n, p->size, back);
	if (back)
		set->join(dst, src, p->src_step, n, whole / 16, &shuffle);
	else
		set->split(dst, src, p->dst_step, n, whole / 16, &shuffle);
	return whole / p->size;
}

/* A plane without tiles. */
static void move_plane_without_tiles(const struct tiled_planes *planes, char *dst, const char *src)
{
	struct tiled_planes p = *planes;
	size_t done = move_interleaved(&p, dst, src);

	/* What is left of the longer loop. */
	if (p.na < p.nb) {
		dst += (ptrdiff_t)done * p.dst_step;
		src += done * p.size;
		p.nb -= done;
	} else {
		dst += done * p.size;
		src += (ptrdiff_t)done * p.src_step;
		p.na -= done;
	}
	if (p.na > 0 && p.nb > 0)
		move_blocks(&p, dst, src);
}

/* Is move_small_plane() for these planes? */
static bool is_small_plane(const struct tiled_planes *p)
{
	return !p->stream && !p->gathered && p->na < ALIGNED_TILES_MIN * p->ta &&
	       p->nb < ALIGNED_TILES_MIN * p->line;
}

void copy_transpose(const struct copy_plan *plan)
{
	const struct copy_loop *a = &plan->loops[0], *b = &plan->loops[1];
	const struct kernels *set = kernels();
	struct tiled_planes planes = {
		.na = a->extent,
		.nb = b->extent,
		.dst_step = b->dst_step,
		.src_step = a->src_step,
		.size = plan->run.bytes,
		.stream = plan->stream,
	};
	void (*move)(const struct tiled_planes *p, char *dst, const char *src);
	struct copy_place place;

	if (plan->method == COPY_BY_TILES) {
		/* Where a plane has no room for the widest tiles, it has for the others. */
		if (planes.na * planes.size < set->width)
			set = kernels_narrow();
		lay_out_tiles(&planes, set);
		move = is_small_plane(&planes) ? move_small_plane : move_plane;
	} else {
		move = move_plane_without_tiles;
	}
	copy_first_place(plan, 2, &place);
	do
		move(&planes, place.dst, place.src);
	while (copy_next_place(plan, 2, &place));
}
