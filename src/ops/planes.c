/* SPDX-License-Identifier: BSD-3-Clause */
/* Planes of a transposed nest: see planes.h. */
#include "ops/planes.h"
#include "layout/sizes.h"
#include "machine/caches.h"

enum {
	/* Up to this size, a plane stays in the second-level cache, whatever its steps are. */
	PLANE_CACHED_BYTES = 256 << 10,
	/* The bytes of a destination row in a block without a combining kernel. */
	PLANE_ROW_BYTES = 512,
	PLANE_CONVERTED_BYTES = 128,
	/* Such blocks have a multiple of this number of iterations, unless a loop is shorter. */
	PLANE_GRAIN = 16,
};

/* What a kernel transposes for a block: where it begins, before the block, and its extents. */
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

/* Do all rows of the destination begin at lines, from the n-th iteration of loop 0 on? */
static bool begin_at_lines(const struct op_nest *nest, size_t n)
{
	bool agree = ((size_t)nest->dst.address + n * nest->dst.bytes) % CACHE_LINE_BYTES == 0;

	for (uint8_t i = 1; i < nest->n; i++)
		agree = agree && nest->loops[i].dst_step % CACHE_LINE_BYTES == 0;
	return agree;
}

/* The iterations of loop 0 before the first line, if all rows of the destination agree. */
static size_t iterations_before_line(const struct op_nest *nest)
{
	size_t before = -(size_t)nest->dst.address % CACHE_LINE_BYTES / nest->dst.bytes;

	return begin_at_lines(nest, before) ? before : 0;
}

/* Choose a kernel that combines whole planes. False: there is none. */
static bool choose_combination(struct op_planes *p, struct op_nest *nest,
			       struct combine_kernels combine)
{
	size_t rows = nest->loops[0].extent, columns = nest->loops[1].extent;

	p->rows_least = COMBINE_ROWS_BYTES / nest->src.bytes;
	if (combine.near == NULL || !combine_fits(rows, columns, nest->src.bytes))
		return false;
	p->combine = combine;
	p->head = iterations_before_line(nest);
	if (!nest->large || !begin_at_lines(nest, p->head) || rows - p->head < p->rows_least)
		p->combine.far = NULL;
	p->lines = rows * columns * nest->dst.bytes > PLANE_CACHED_BYTES ? COMBINE_LINES_LARGE
									 : COMBINE_LINES;
	for (uint8_t i = 0; i < nest->n; i++)
		nest->loops[i].block = i < 2 ? nest->loops[i].extent : 1;
	return true;
}

/* Choose the kernels that transpose tiles. False: there are none for these planes. */
static bool choose_tiles(struct op_planes *p, const struct op_nest *nest, bool streams)
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
	return nest->loops[0].extent >= p->rows && nest->loops[1].extent >= p->columns;
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

/* Choose blocks that the stage has room for. */
static void choose_blocks(const struct op_planes *p, struct op_nest *nest)
{
	struct op_loop *across = &nest->loops[0], *along = &nest->loops[1];
	size_t most = PLANE_ROW_BYTES / p->bytes;

	for (uint8_t i = 2; i < nest->n; i++)
		nest->loops[i].block = 1;
	/* Long rows are converted faster. */
	if (p->converts && p->streaming == NULL)
		most = PLANE_CONVERTED_BYTES / p->bytes;
	if (p->streaming != NULL) {
		across->block = min(across->extent, most);
		across->first = iterations_before_line(nest);
	} else {
		across->block = even_block(across->extent, most);
	}
	most = OP_PLANES_BYTES / p->bytes / (across->block > p->rows ? across->block : p->rows);
	along->block = even_block(along->extent, most);
}

bool op_planes_make(struct op_planes *p, struct op_nest *nest, struct combine_kernels combine,
		    bool converts, char *stage)
{
	if (!nest->transposed || nest->loops[0].dst_step != (ptrdiff_t)nest->dst.bytes)
		return false;
	p->combine = (struct combine_kernels){.near = NULL};
	p->converts = converts;
	p->bytes = converts ? nest->dst.bytes : nest->src.bytes;
	p->stage = stage;
	if (!choose_tiles(p, nest, converts && nest->large))
		return false;
	if (!choose_combination(p, nest, combine))
		choose_blocks(p, nest);
	return true;
}

bool op_planes_combine(const struct op_planes *p, const struct op_nest *nest,
		       const struct op_block *block, const void *alpha, const void *beta)
{
	const struct op_loop *across = &nest->loops[0], *along = &nest->loops[1];
	char *dst = (char *)(uintptr_t)block->dst;

	if (p->combine.far == NULL)
		return p->combine.near(dst, along->dst_step, block->src, across->src_step,
				       across->extent, along->extent, p->lines, alpha, beta);
	/* The rows before a line. If they are too few for the kernel, it takes some more. */
	if (p->head > 0)
		(void)p->combine.near(dst, along->dst_step, block->src, across->src_step,
				      p->head > p->rows_least ? p->head : p->rows_least,
				      along->extent, p->lines, alpha, beta);
	return p->combine.far(dst + p->head * nest->dst.bytes, along->dst_step,
			      block->src + (ptrdiff_t)p->head * across->src_step, across->src_step,
			      across->extent - p->head, along->extent, p->lines, alpha, beta);
}

void op_planes_split(struct op_planes *p, struct op_nest *nest, struct op_block *block)
{
	p->combine.near = NULL;
	choose_blocks(p, nest);
	op_fit_block(nest, block);
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

/* Return the first element of a window in the source. */
static const char *source_of(const struct op_nest *nest, const struct op_block *block,
			     const struct plane_window *window)
{
	return block->src - (ptrdiff_t)window->rows_before * nest->loops[0].src_step -
	       window->columns_before * nest->src.bytes;
}

struct op_line op_planes_load(const struct op_planes *p, const struct op_nest *nest,
			      const struct op_block *block)
{
	struct plane_window window = window_of(p, nest, block);
	ptrdiff_t step = (ptrdiff_t)(window.rows * p->bytes);

	transpose(p, p->stage, step, source_of(nest, block, &window), nest->loops[0].src_step,
		  window.rows, window.columns);
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
		.dst = p->stage,
		.src = source_of(nest, block, &window),
		.n = window.columns,
		.count = window.rows,
		.dst_step = (ptrdiff_t)(window.columns * p->bytes),
		.src_step = nest->loops[0].src_step,
	};
}

void op_planes_store(const struct op_planes *p, const struct op_nest *nest,
		     const struct op_block *block)
{
	struct plane_window window = window_of(p, nest, block);
	ptrdiff_t dst_step = nest->loops[1].dst_step;

	transpose(p,
		  (char *)(uintptr_t)block->dst - window.rows_before * p->bytes -
			  (ptrdiff_t)window.columns_before * dst_step,
		  dst_step, p->stage, (ptrdiff_t)(window.columns * p->bytes), window.rows,
		  window.columns);
}
