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
	LINE = 64, /* a cache line, in bytes */
	BLOCK = 4, /* tiles along a destination's row */
	SIDE = 32, /* elements along the side of a block without tiles */
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

/* Tiles of `kernels`; both extents have room for one. The last ones overlap those before. */
static void tiles(const struct plane *p, const struct kernels *kernels, tile_fn tile)
{
	size_t ta = kernels->width / p->size, tb = TILE_BYTES / p->size, line = LINE / p->size;

	for (size_t a0 = 0; a0 < p->na; a0 += BLOCK * ta) {
		for (size_t b = 0; b < p->nb; b += line) {
			size_t left = p->nb - b, n = left < line ? left / tb : line / tb;

			for (size_t a1 = a0; a1 < a0 + BLOCK * ta && a1 < p->na; a1 += ta) {
				size_t a = a1 + ta > p->na ? p->na - ta : a1;
				char *dst = p->dst + a * p->size;
				const char *src = p->src + (ptrdiff_t)a * p->src_step;

				tile(dst + (ptrdiff_t)b * p->dst_step, p->dst_step,
				     src + b * p->size, p->src_step, n, p->stream);
				if (left < line && left % tb != 0)
					tile(dst + (ptrdiff_t)(p->nb - tb) * p->dst_step,
					     p->dst_step, src + (p->nb - tb) * p->size, p->src_step,
					     1, false);
			}
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
		tiles(&plane, kernels, kernels->tile[__builtin_ctzl(plane.size)]);
	else
		blocks(&plane);
}
