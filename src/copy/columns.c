/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Transpositions from memory to memory of elements without a tile kernel: those that are large, or
 * no power of two.
 *
 * A column is a row of the destination: its elements lie apart in the source, each beside those of
 * the next columns. A block is a section of some columns. Each of its columns is gathered in a
 * stage of its own, from source pieces that the last block has prefetched, then streamed. So long
 * pieces are read, and long pieces of whole lines are written. The rest of a stage, less than a
 * line, moves to its beginning, and is streamed with the next section.
 */
#include <string.h>

#include "copy/columns.h"
#include "copy/strided.h"
#include "kernels/count.h"
#include "kernels/kernels.h"
#include "layout/sizes.h"
#include "machine/caches.h"
#include "plan/variant.h"

enum {
	COLUMNS_MAX = 32,           /* of a block */
	COLUMNS_PIECE_BYTES = 1024, /* of the source: a block has as many columns, at least two */
	COLUMNS_STAGE_BYTES = 24 << 10,
	COLUMN_BYTES_MAX = 2048, /* of the stage of a column */
};

/* The common properties of all blocks of a plan. */
struct column_blocks {
	const struct copy_plan *plan;
	row_fn move_row;
	size_t pitch; /* from the stage of a column to the next one, in bytes */
	size_t rows;  /* the most elements of a column in a block */
	bool once;    /* the hint of the prefetches */
	char *stage;
};

/* The columns that are copied at a time: `count` columns from these addresses on. */
struct columns {
	char *dst;
	const char *src;
	size_t count;
};

/* Prefetch `n` elements of a column, `step` bytes apart. */
static void prefetch_column(const char *src, ptrdiff_t step, size_t size, size_t n, bool once)
{
	for (size_t i = 0; i < n; i++) {
		const char *element = src + (ptrdiff_t)i * step;

		for (size_t b = 0; b < size; b += CACHE_LINE_BYTES)
			if (once)
				__builtin_prefetch(element + b, 0, 0);
			else
				__builtin_prefetch(element + b, 0, 3);
	}
}

/*
 * Copy the elements from `at` on of some columns. `ahead` is the source address of the `n_ahead`
 * elements that are copied next.
 */
static void move_block(const struct column_blocks *b, struct columns *now, size_t *rest, size_t at,
		       const char *ahead, size_t n_ahead)
{
	const struct copy_loop *rows = &b->plan->loops[0], *columns = &b->plan->loops[1];
	size_t size = b->plan->run.bytes, n = min(b->rows, rows->extent - at);
	struct copy_loop section = {n, (ptrdiff_t)size, rows->src_step};

	for (size_t k = 0; k < now->count; k++) {
		char *dst = now->dst + (ptrdiff_t)k * columns->dst_step + at * size - rest[k];
		char *stage = b->stage + k * b->pitch;
		size_t bytes = rest[k] + n * size, left = 0;

		prefetch_column(ahead + k * size, rows->src_step, size, n_ahead, b->once);
		b->move_row(stage + rest[k], now->src + (ptrdiff_t)at * rows->src_step + k * size,
			    size, &section);
		if (at + n < rows->extent)
			left = min((size_t)(dst + bytes) & (CACHE_LINE_BYTES - 1), bytes);
		kernels()->stream(dst, stage, bytes - left);
		memmove(stage, stage + bytes - left, left);
		rest[k] = left;
	}
}

/* Copy some columns. `next` is the source address of the columns after them. NULL: none. */
static void move_columns(const struct column_blocks *b, struct columns *now, const char *next)
{
	const struct copy_loop *rows = &b->plan->loops[0];
	size_t rest[COLUMNS_MAX] = {0};

	for (size_t at = 0; at < rows->extent; at += b->rows) {
		const char *ahead = next;
		size_t n = next != NULL ? min(b->rows, rows->extent) : 0;

		if (at + b->rows < rows->extent) {
			ahead = now->src + (ptrdiff_t)(at + b->rows) * rows->src_step;
			n = min(b->rows, rows->extent - at - b->rows);
		}
		move_block(b, now, rest, at, ahead != NULL ? ahead : now->src, n);
	}
}

void copy_columns(const struct copy_plan *plan)
{
	_Alignas(CACHE_LINE_BYTES) char stage[COLUMNS_STAGE_BYTES];
	const struct copy_loop *columns = &plan->loops[1];
	size_t size = plan->run.bytes, count = COLUMNS_PIECE_BYTES / size;
	struct column_blocks b = {
		.plan = plan,
		.move_row = copy_row(size),
		.once = copy_variant_of(plan)->hint == HINT_ONCE,
		.stage = stage,
	};
	struct copy_place place;
	bool more;

	COUNT(true, "", "columns");
	count = min(count < 2 ? 2 : min(count, COLUMNS_MAX), columns->extent);
	b.pitch = min(sizeof(stage) / count, COLUMN_BYTES_MAX + CACHE_LINE_BYTES) /
		  CACHE_LINE_BYTES * CACHE_LINE_BYTES;
	b.rows = (b.pitch - CACHE_LINE_BYTES) / size;
	copy_first_place(plan, 2, &place);
	do {
		struct columns now = {place.dst, place.src, count};
		char *dst = place.dst;

		more = copy_next_place(plan, 2, &place);
		for (size_t done = 0; done < columns->extent; done += count) {
			size_t left = columns->extent - done;

			now.dst = dst + (ptrdiff_t)done * columns->dst_step;
			now.count = min(count, left);
			move_columns(&b, &now,
				     left > count ? now.src + count * size
				     : more       ? place.src
						  : NULL);
			now.src += count * size;
		}
	} while (more);
}
