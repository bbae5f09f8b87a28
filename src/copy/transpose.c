/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Transpositions: loop 0 is contiguous in the destination, loop 1 in the source.
 *
 * If both loops are long enough, planes are split into tiles, which are transposed in registers.
 * lay_out_tiles() chooses the order of the tiles for memory or for the caches. Otherwise, elements
 * are copied one by one, in blocks that fit the first-level cache, with the longer loop innermost.
 * Most planes with one short loop are not transpositions for the planner: shuffle.c copies them.
 *
 * staged.c copies planes with long rows from memory to memory.
 */
#include <string.h>

#include "copy/strided.h"
#include "copy/transpose.h"
#include "kernels/count.h"
#include "kernels/kernels.h"
#include "machine/caches.h"
#include "plan/variant.h"

enum {
	GATHERED_BLOCK_TILES = 8,        /* of a gathered block along a destination row */
	ALIGNED_TILES_MIN = 4,           /* of rows whose tiles are aligned to lines */
	GATHERED_TILES_BYTES = 16 << 10, /* gathered at a time */
	BLOCK_ELEMENTS = 32,             /* along each side of a block without tiles */
};

/* The common properties of all planes of a plan, and how to copy a plane. */
struct tiled_planes {
	size_t na, nb;                /* extents of loops 0 and 1 */
	ptrdiff_t dst_step, src_step; /* of loop 1 and of loop 0 */
	size_t size;                  /* of an element */
	bool stream;
	/* Only with tiles: */
	tile_fn tile;
	size_t ta, tb;  /* the elements of a tile along loops 0 and 1 */
	size_t line;    /* the elements of a line */
	size_t a_block; /* the elements of a block along a destination row */
	size_t b_block; /* the elements of a block along a source row */
	bool gathered;  /* gather a line of each source row first */
	const struct copy_variant *variant;
};

/*
 * The number of elements of each row before its first line begins. 0 if the rows differ in this
 * number, or if pieces of `piece` bytes do not end where the line begins.
 */
static size_t elements_before_line(const char *base, ptrdiff_t step, size_t piece, size_t size)
{
	size_t before = -(size_t)base & (CACHE_LINE_BYTES - 1);

	return step % CACHE_LINE_BYTES == 0 && before % piece == 0 ? before / size : 0;
}

/*
 * Do the rows compete for so few sets of the first-level cache that they evict each other? Up to
 * twice as many rows as fit, repeated reads are faster than gathering.
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
 * Choose the kernel and the order of the tiles. For memory, the variant says how many tiles along
 * the destination rows a block has, and how many lines of each source row; the blocks advance along
 * the source rows. Without prefetches, a block has several lines, which the CPU prefetches itself.
 * For the caches, a block has whole destination rows and two lines of each source row; the kernel
 * splits it into blocks of two destination lines.
 */
static void lay_out_tiles(struct tiled_planes *p, const struct kernels *set)
{
	/* Shift instead of dividing: a few divisions take longer than a small plane. */
	unsigned log = (unsigned)__builtin_ctzl(p->size);

	p->tile = p->stream ? set->far[log] : set->near[log];
	p->ta = set->width >> log;
	p->tb = TILE_BYTES >> log;
	p->line = CACHE_LINE_BYTES >> log;
	p->gathered = rows_crowd_sets(p->src_step, p->ta);
	p->a_block = p->stream ? p->variant->tiles * p->ta : p->na;
	p->b_block = p->stream ? p->variant->lines * p->line : 2 * p->line;
	COUNT(p->stream && !p->gathered && p->variant->lines > 1, "", "large blocks of tiles");
	if (p->gathered) {
		p->a_block =
			min(GATHERED_BLOCK_TILES * p->ta, GATHERED_TILES_BYTES / CACHE_LINE_BYTES);
		p->b_block = p->line;
	}
	if (!p->stream && !p->gathered && p->nb <= ALIGNED_TILES_MIN * p->line)
		p->b_block = p->nb;
}

/* Prefetch a line of each row into the second-level cache, as far ahead as the variant says. */
static void prefetch_rows(const struct tiled_planes *p, const char *src, size_t rows)
{
	src += (size_t)p->variant->ahead * CACHE_LINE_BYTES;
	for (size_t i = 0; i < rows; i++)
		__builtin_prefetch(src + (ptrdiff_t)i * p->src_step, 0, 2);
}

/* Copy a line of each of `na` source rows. Gather the lines first, so that each is read once. */
static void move_gathered(const struct tiled_planes *p, char *dst, const char *src, size_t na)
{
	_Alignas(CACHE_LINE_BYTES) char stage[GATHERED_TILES_BYTES];

	COUNT(true, "wide", "gathered tiles");
	for (size_t i = 0; i < na; i++) {
		if (p->variant->ahead > 0)
			prefetch_rows(p, src, 1);
		memcpy(stage + i * CACHE_LINE_BYTES, src, CACHE_LINE_BYTES);
		src += p->src_step;
	}
	for (size_t b = 0; b < p->line; b += p->tb)
		p->tile(dst + (ptrdiff_t)b * p->dst_step, p->dst_step, stage + b * p->size,
			CACHE_LINE_BYTES, 1, na);
}

/* Copy `bytes` bytes of each of `na` source rows. */
static void move_tiles(const struct tiled_planes *p, char *dst, const char *src, size_t na,
		       size_t bytes)
{
	p->tile(dst, p->dst_step, src, p->src_step, bytes / TILE_BYTES, na);
	/* The tiles at the end of the rows overlap the previous ones. */
	if (bytes % TILE_BYTES != 0) {
		ptrdiff_t last = ((ptrdiff_t)bytes - TILE_BYTES) / (ptrdiff_t)p->size;

		p->tile(dst + last * p->dst_step, p->dst_step, src + bytes - TILE_BYTES,
			p->src_step, 1, na);
	}
}

/* From memory: copy tile by tile, with a prefetch for each tile. */
static void move_tiles_far(const struct tiled_planes *p, char *dst, const char *src, size_t na,
			   size_t nb)
{
	for (; na >= p->ta; na -= p->ta) {
		if (p->variant->ahead > 0)
			prefetch_rows(p, src, p->ta);
		move_tiles(p, dst, src, p->ta, nb * p->size);
		dst += p->ta * p->size;
		src += (ptrdiff_t)p->ta * p->src_step;
	}
	/* Less than a tile is left: the last tile overlaps the previous one. */
	if (na > 0)
		move_tiles(p, dst - (p->ta - na) * p->size,
			   src - (ptrdiff_t)(p->ta - na) * p->src_step, p->ta, nb * p->size);
}

/* Copy whole source rows, from row a up to `end`. There are at least as many as a tile has. */
static void move_strip(const struct tiled_planes *p, char *dst, const char *src, size_t b_head,
		       size_t a, size_t end)
{
	size_t na, nb;

	for (; a < end; a += na) {
		/* If less than a tile is left, the tile overlaps the previous one. */
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
 * Copy a plane by tiles. Both extents are at least those of a tile. Tiles begin where lines of the
 * destination and of the source begin. The first and the last tiles overlap their neighbours.
 */
static void move_plane(const struct tiled_planes *p, char *dst, const char *src)
{
	size_t a_head = 0, b_head = 0;

	/* Alignment costs one more tile. In the caches, it pays only for large elements. */
	if (p->na >= ALIGNED_TILES_MIN * p->ta && (p->stream || p->size >= 8))
		a_head = elements_before_line(dst, p->dst_step, p->size, p->size) & (p->ta - 1);
	if (p->nb >= ALIGNED_TILES_MIN * p->line)
		b_head = elements_before_line(src, p->src_step, TILE_BYTES, p->size);
	if (a_head > 0)
		move_strip(p, dst, src, b_head, 0, p->ta);
	move_strip(p, dst, src, b_head, a_head, p->na);
}

/* Copy a plane for the caches that is so small that move_plane() would make one block of it. */
static void move_small_plane(const struct tiled_planes *p, char *dst, const char *src)
{
	COUNT(true, "", "small planes of tiles");
	move_tiles(p, dst, src, p->na, p->nb * p->size);
}

/*
 * Copy a plane without tiles, in blocks of both loops that fit the first-level cache on both sides.
 * The longer loop is innermost.
 */
static void move_blocks(const struct tiled_planes *p, char *to, const char *from)
{
	row_fn move_row = copy_row(p->size);
	/* If one loop is short, the blocks are longer along the other loop. */
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

/* Can move_small_plane() copy these planes? */
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
		.variant = copy_variant_of(plan),
	};
	void (*move)(const struct tiled_planes *p, char *dst, const char *src);
	struct copy_place place;

	if (plan->method == COPY_BY_TILES) {
		/* A plane that is too small for the widest tiles has room for the narrowest. */
		if (planes.na * planes.size < set->width)
			set = kernels_narrow();
		lay_out_tiles(&planes, set);
		move = is_small_plane(&planes) ? move_small_plane : move_plane;
	} else {
		move = move_blocks;
	}
	copy_first_place(plan, 2, &place);
	do
		move(&planes, place.dst, place.src);
	while (copy_next_place(plan, 2, &place));
}
