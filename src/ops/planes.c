/* SPDX-License-Identifier: BSD-3-Clause */
/* Planes of a transposed nest: see planes.h. */
#include <string.h>

#include "layout/sizes.h"
#include "machine/caches.h"
#include "ops/planes.h"

enum {
	/* The bytes of a destination row in a block: conversions in the caches, other operators. */
	PLANE_LINE_BYTES = 2 * CACHE_LINE_BYTES,
	PLANE_ROW_BYTES = 512,
	/* The pieces of source rows that are gathered from memory have this size, within limits. */
	PLANE_PIECE_BYTES = 256,
	PLANE_PIECE_ELEMENTS_MIN = 64,
	PLANE_PIECE_ELEMENTS_MAX = 128,
	/* The bytes of converted rows in the caches: half of a small first-level cache. */
	PLANE_CONVERTED_BYTES = 16 << 10,
	/* Blocks have a multiple of this number of iterations, unless a loop is shorter. */
	PLANE_GRAIN = 16,
};

/* Where a kernel begins, before a block, and the extents of what it transposes. */
struct plane_window {
	size_t rows_before, columns_before;
	size_t rows, columns;
};

/* The window of a block: at least what a kernel needs. */
static struct plane_window window_of(const struct op_planes *p, const struct op_nest *nest,
				     const struct op_block *block)
{
	struct plane_window window = {.rows = block->size[0], .columns = block->size[1]};

	if (window.rows < p->rows) {
		window.rows = p->rows;
		if (block->at[0] + p->rows > nest->loops[0].extent)
			window.rows_before = block->at[0] + p->rows - nest->loops[0].extent;
	}
	if (window.columns < p->columns) {
		window.columns = p->columns;
		if (block->at[1] + p->columns > nest->loops[1].extent)
			window.columns_before = block->at[1] + p->columns - nest->loops[1].extent;
	}
	return window;
}

/* Choose the kernels. False: none transposes planes of these extents. */
static bool choose_kernels(struct op_planes *p, size_t rows, size_t columns, bool streams)
{
	unsigned log = (unsigned)__builtin_ctzl(p->bytes);

	if (p->bytes > TILE_BYTES || (p->bytes & (p->bytes - 1)) != 0)
		return false;
	p->narrow = kernels_narrow()->near[log];
	p->wide = kernels()->near[log];
	p->streaming = streams ? kernels()->staged[log] : NULL;
	p->wide_rows = kernels()->width >> log;
	p->rows = kernels_narrow()->width >> log;
	p->columns = TILE_BYTES >> log;
	return rows >= p->rows && columns >= p->columns;
}

/* Divide an extent into blocks of about the same size, at most `most`. */
static size_t even_block(size_t extent, size_t most)
{
	size_t blocks = (extent + most - 1) / most, size;

	if (extent <= most)
		return extent;
	size = (extent + blocks - 1) / blocks;
	size = (size + PLANE_GRAIN - 1) / PLANE_GRAIN * PLANE_GRAIN;
	return min(size, most);
}

/* Iterations before the first line that begins in a row of the destination, if all rows agree. */
static size_t iterations_before_line(const struct op_nest *nest)
{
	size_t before = -(size_t)nest->dst.address % CACHE_LINE_BYTES;
	bool agree = before % nest->dst.bytes == 0;

	for (uint8_t i = 1; i < nest->n; i++)
		agree = agree && nest->loops[i].dst_step % CACHE_LINE_BYTES == 0;
	return agree ? before / nest->dst.bytes : 0;
}

/* Choose the blocks of a conversion. */
static void choose_converted_blocks(const struct op_planes *p, struct op_nest *nest, bool large)
{
	struct op_loop *across = &nest->loops[0], *along = &nest->loops[1];
	size_t most = large ? OP_GATHER_BYTES : PLANE_CONVERTED_BYTES;

	across->block = min(PLANE_LINE_BYTES / p->bytes, across->extent);
	if (large) {
		along->block = min(p->ahead, along->extent);
		across->block = most / p->bytes / along->block;
		across->block -= across->block % p->wide_rows;
		across->first = iterations_before_line(nest);
	} else {
		along->block = even_block(along->extent, most / p->bytes / across->block);
	}
}

/* Choose the blocks of other operators. `large`: the source's rows are gathered. */
static void choose_combined_blocks(struct op_planes *p, struct op_nest *nest, bool large)
{
	struct op_loop *across = &nest->loops[0], *along = &nest->loops[1];
	size_t most = PLANE_ROW_BYTES / p->bytes;

	if (large)
		most = min(most, OP_GATHER_BYTES / p->bytes / p->ahead);
	across->block = even_block(across->extent, most);
	most = OP_SRC_BYTES / p->bytes;
	along->block = even_block(along->extent,
				  most / (across->block > p->rows ? across->block : p->rows));
	if (!large)
		return;
	along->block = min(along->block, p->ahead);
	p->gathers = p->ahead - p->ahead % along->block;
}

/* Is there a kernel that combines planes of these extents? */
static bool combines(const struct op_planes *p, const struct op_nest *nest, size_t rows,
		     size_t columns)
{
	return p->combine != NULL && rows * nest->src.bytes >= COMBINE_ROWS_BYTES &&
	       columns * nest->src.bytes >= COMBINE_COLUMNS_BYTES;
}

bool op_planes_make(struct op_planes *p, struct op_nest *nest, const struct copy_plan *plan,
		    combine_fn combine, bool converts, bool reads_dst, char *gathered, char *stage)
{
	size_t last = caches()->last_bytes;
	uint64_t bytes = copy_plan_payload(plan);
	/* Both sides together come from memory. */
	bool large = 2 * bytes > last;

	if (!nest->transposed || nest->loops[0].dst_step != (ptrdiff_t)nest->dst.bytes)
		return false;
	*p = (struct op_planes){
		.bytes = converts ? nest->dst.bytes : nest->src.bytes,
		.converts = converts,
		.reads_dst = reads_dst,
		.gathered = gathered,
		.stage = stage,
	};
	p->combine = combine;
	if (combines(p, nest, nest->loops[0].extent, nest->loops[1].extent) && !large) {
		for (uint8_t i = 0; i < nest->n; i++)
			nest->loops[i].block = i < 2 ? nest->loops[i].extent : 1;
		return true;
	}
	if (!choose_kernels(p, nest->loops[0].extent, nest->loops[1].extent,
			    converts && nest->large))
		return false;
	/* In smaller plans, prefetches cost more than they save. */
	if (4 * bytes > last) {
		p->ahead = PLANE_PIECE_BYTES / p->bytes;
		if (p->ahead < PLANE_PIECE_ELEMENTS_MIN)
			p->ahead = PLANE_PIECE_ELEMENTS_MIN;
		p->ahead = min(min(p->ahead, PLANE_PIECE_ELEMENTS_MAX), nest->loops[1].extent);
	}
	for (uint8_t i = 0; i < nest->n; i++)
		nest->loops[i].block = 1;
	if (converts)
		choose_converted_blocks(p, nest, large);
	else
		choose_combined_blocks(p, nest, large);
	if (p->ahead > 0)
		p->ahead = p->gathers > 0 ? p->gathers : nest->loops[1].block;
	return true;
}

void op_planes_look_ahead(struct op_planes *p, const struct op_nest *nest,
			  const struct op_block *block)
{
	if (p->ahead > 0)
		op_look_ahead(&p->aheads, nest, block, p->ahead, p->reads_dst);
}

/* Transpose `rows` rows of `columns` elements. */
static void transpose(const struct op_planes *p, char *dst, ptrdiff_t dst_step, const char *src,
		      ptrdiff_t src_step, size_t rows, size_t columns)
{
	tile_fn tile = rows < p->wide_rows ? p->narrow : p->wide;
	size_t bytes = columns * p->bytes;

	if (p->streaming != NULL && rows % p->wide_rows == 0)
		tile = p->streaming;
	tile(dst, dst_step, src, src_step, bytes / TILE_BYTES, rows);
	/* The tiles at the end of the rows overlap the previous ones. */
	if (bytes % TILE_BYTES != 0)
		tile(dst + (ptrdiff_t)(columns - p->columns) * dst_step, dst_step,
		     src + bytes - TILE_BYTES, src_step, 1, rows);
}

/* Return the first element of a window in the source, `at` iterations of loop 1 after its block's.
 */
static const char *source_of(const struct op_nest *nest, const struct op_block *block,
			     const struct plane_window *window, ptrdiff_t at)
{
	return block->src - (ptrdiff_t)window->rows_before * nest->loops[0].src_step +
	       at * (ptrdiff_t)nest->src.bytes;
}

/*
 * Return the first element of a window in the gathered rows. Gather them first if the block is the
 * first of those that are gathered at once.
 */
static const char *gather_window(const struct op_planes *p, const struct op_nest *nest,
				 const struct op_block *block, const struct plane_window *window)
{
	size_t extent = nest->loops[1].extent, at = block->at[1] - block->at[1] % p->gathers;
	/* The first iteration that is gathered: enough are, even if few are left. */
	size_t from = min(at, extent - p->columns), n = min(at + p->gathers, extent) - from;
	const char *row = source_of(nest, block, window, (ptrdiff_t)from - (ptrdiff_t)block->at[1]);

	if (block->at[1] == at)
		for (size_t i = 0; i < window->rows; i++, row += nest->loops[0].src_step)
			memcpy(p->gathered + i * p->gathers * p->bytes, row, n * p->bytes);
	return p->gathered + (block->at[1] - window->columns_before - from) * p->bytes;
}

struct op_line op_planes_load(struct op_planes *p, const struct op_nest *nest,
			      const struct op_block *block)
{
	struct plane_window window = window_of(p, nest, block);
	ptrdiff_t step = (ptrdiff_t)(window.rows * p->bytes);
	ptrdiff_t src_step = nest->loops[0].src_step;
	const char *src;

	if (p->gathers > 0) {
		src = gather_window(p, nest, block, &window);
		src_step = (ptrdiff_t)(p->gathers * p->bytes);
	} else {
		src = source_of(nest, block, &window, -(ptrdiff_t)window.columns_before);
	}
	transpose(p, p->stage, step, src, src_step, window.rows, window.columns);
	return (struct op_line){
		.dst = (char *)(uintptr_t)block->dst,
		.src = p->stage + (ptrdiff_t)window.columns_before * step +
		       window.rows_before * p->bytes,
		.n = block->size[0],
		.count = block->size[1],
		.dst_step = nest->loops[1].dst_step,
		.src_step = step,
		.linear = block->linear,
		.step = nest->loops[1].linear,
	};
}

struct op_line op_planes_rows(const struct op_planes *p, const struct op_nest *nest,
			      const struct op_block *block)
{
	struct plane_window window = window_of(p, nest, block);

	return (struct op_line){
		.dst = p->gathered,
		.src = source_of(nest, block, &window, -(ptrdiff_t)window.columns_before),
		.n = window.columns,
		.count = window.rows,
		.dst_step = (ptrdiff_t)(window.columns * p->bytes),
		.src_step = nest->loops[0].src_step,
	};
}

void op_planes_store(struct op_planes *p, const struct op_nest *nest, const struct op_block *block)
{
	struct plane_window window = window_of(p, nest, block);
	ptrdiff_t dst_step = nest->loops[1].dst_step, step = (ptrdiff_t)(window.columns * p->bytes);
	char *dst = (char *)(uintptr_t)block->dst - window.rows_before * p->bytes -
		    (ptrdiff_t)window.columns_before * dst_step;
	size_t line = p->ahead > 0 ? CACHE_LINE_BYTES / p->bytes : window.columns, n;

	for (size_t at = 0; at < window.columns; at += n) {
		/* Less than a kernel needs overlaps what was stored before. */
		at = min(at, window.columns - p->columns);
		n = min(line, window.columns - at);
		transpose(p, dst + (ptrdiff_t)at * dst_step, dst_step, p->gathered + at * p->bytes,
			  step, window.rows, n);
		op_planes_prefetch(p, n);
	}
}

/* Combine the gathered rows of a block with the destination, and prefetch meanwhile. */
static bool combine_gathered(struct op_planes *p, const struct op_nest *nest,
			     const struct op_block *block, const void *alpha, const void *beta)
{
	struct plane_window window = {.rows = block->size[0], .columns = block->size[1]};
	const char *src = gather_window(p, nest, block, &window);
	char *dst = (char *)(uintptr_t)block->dst;
	size_t line = CACHE_LINE_BYTES / p->bytes, n;

	for (size_t left = block->size[1]; left > 0; left -= n) {
		n = left < 2 * line ? left : line;
		if (!p->combine(dst, nest->loops[1].dst_step, src,
				(ptrdiff_t)(p->gathers * p->bytes), block->size[0], n, alpha, beta))
			return false;
		op_planes_prefetch(p, n);
		dst += (ptrdiff_t)n * nest->loops[1].dst_step;
		src += n * p->bytes;
	}
	return true;
}

bool op_planes_combine(struct op_planes *p, const struct op_nest *nest,
		       const struct op_block *block, const void *alpha, const void *beta)
{
	if (!combines(p, nest, block->size[0], block->size[1]))
		return false;
	if (p->gathers > 0)
		return combine_gathered(p, nest, block, alpha, beta);
	return p->combine((char *)(uintptr_t)block->dst, nest->loops[1].dst_step, block->src,
			  nest->loops[0].src_step, block->size[0], block->size[1], alpha, beta);
}
