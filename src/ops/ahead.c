/* SPDX-License-Identifier: BSD-3-Clause */
/* Prefetches of a transposed nest: see ahead.h. */
#include "ops/ahead.h"
#include "layout/sizes.h"
#include "machine/caches.h"

/*
 * Find the rows of the source after those that begin at a block: the next `ahead` iterations of
 * loop 1, or the first of the next block of loop 0.
 */
static struct op_ahead look_in_src(const struct op_nest *nest, const struct op_block *block,
				   size_t ahead)
{
	const struct op_loop *across = &nest->loops[0], *along = &nest->loops[1];
	size_t at = block->at[1] + ahead, rows = block->size[0], n;
	const char *row = block->src;

	if (at < along->extent) {
		row += (ptrdiff_t)ahead * along->src_step;
	} else {
		rows = min(rows, across->extent - block->at[0] - rows);
		row -= (ptrdiff_t)block->at[1] * along->src_step;
		row += (ptrdiff_t)block->size[0] * across->src_step;
		at = 0;
	}
	n = min(ahead, along->extent - at);
	return (struct op_ahead){row, across->src_step, rows, 0, n * nest->src.bytes};
}

/* Find the rows of the destination in the block after this one. */
static struct op_ahead look_in_dst(const struct op_nest *nest, const struct op_block *block)
{
	const struct op_loop *along = &nest->loops[1];
	size_t left = along->extent - block->at[1] - block->size[1];

	return (struct op_ahead){
		.row = block->dst + (ptrdiff_t)block->size[1] * along->dst_step,
		.step = along->dst_step,
		.rows = min(block->size[1], left),
		.bytes = block->size[0] * nest->dst.bytes,
	};
}

void op_look_ahead(struct op_aheads *aheads, const struct op_nest *nest,
		   const struct op_block *block, size_t ahead, bool reads_dst)
{
	if (block->at[1] % ahead == 0) {
		aheads->src = look_in_src(nest, block, ahead);
		aheads->src_lines =
			aheads->src.rows * (aheads->src.bytes / CACHE_LINE_BYTES + 1) / ahead + 1;
	}
	if (reads_dst)
		aheads->dst = look_in_dst(nest, block);
}

/* Prefetch the next `lines` lines. */
static void prefetch_lines_of(struct op_ahead *ahead, size_t lines)
{
	for (; lines > 0 && ahead->rows > 0; lines--) {
		__builtin_prefetch(ahead->row + ahead->at);
		ahead->at += CACHE_LINE_BYTES;
		if (ahead->at < ahead->bytes)
			continue;
		ahead->row += ahead->step;
		ahead->at = 0;
		ahead->rows--;
	}
}

void op_prefetch(struct op_aheads *aheads, size_t n)
{
	prefetch_lines_of(&aheads->src, n * aheads->src_lines);
	prefetch_lines_of(&aheads->dst, n * (aheads->dst.bytes / CACHE_LINE_BYTES + 1));
}
