/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Transpositions by tiles of listed rows. plan/lists.c chooses the loops of a plane.
 *
 * In the caches, a call of the kernel copies a plane, or a block of it if the rows are too long for
 * a list. The lists are made once for all planes.
 *
 * From memory to memory, a block of a plane, or a group of planes, is copied to a stage in the
 * first-level cache. The contiguous bytes of the stage are then streamed. So whole lines are
 * written, however short the rows are and wherever they begin. While a block is copied, the source
 * rows of the next block are prefetched.
 */
#include <string.h>

#include "copy/listed.h"
#include "kernels/count.h"
#include "kernels/kernels.h"
#include "layout/sizes.h"
#include "machine/caches.h"
#include "plan/lists.h"
#include "plan/variant.h"

/* The offsets of the rows of one side. */
struct offset_list {
	size_t n;
	ptrdiff_t at[COPY_LIST_MAX];
};

/* The lists of a plan. They are not cleared: that would take longer than a small copy. */
struct plane_lists {
	struct offset_list rows;    /* in the source */
	struct offset_list columns; /* in the destination */
	listed_fn move;
};

/* The list of a loop. */
static void list_first_loop(struct offset_list *list, size_t extent, ptrdiff_t step)
{
	list->n = extent;
	for (size_t i = 0; i < extent; i++)
		list->at[i] = (ptrdiff_t)i * step;
}

/* Add a loop around the loops of the list. */
static void list_loop(struct offset_list *list, size_t extent, ptrdiff_t step)
{
	size_t n = list->n;
	ptrdiff_t offset = step;

	for (size_t i = 1; i < extent; i++) {
		for (size_t k = 0; k < n; k++)
			list->at[i * n + k] = list->at[k] + offset;
		offset += step;
	}
	list->n = n * extent;
}

/* Make the lists of a plane with `na` iterations of loop `a`, and `nb` of loop 1. */
static void make_lists(struct plane_lists *lists, const struct copy_plan *plan, uint8_t a,
		       size_t na, size_t nb)
{
	size_t size = plan->run.bytes;
	const struct kernels *set;

	list_first_loop(&lists->rows, a == 0 ? na : plan->loops[0].extent, plan->loops[0].src_step);
	list_first_loop(&lists->columns, nb, plan->loops[1].dst_step);
	for (uint8_t i = 2; i < plan->listed.plane_loops; i++) {
		const struct copy_loop *loop = &plan->loops[i];

		if (plan->listed.row_loops >> i & 1)
			list_loop(&lists->rows, i == a ? na : loop->extent, loop->src_step);
		else
			list_loop(&lists->columns, loop->extent, loop->dst_step);
	}
	set = kernels_for_rows(lists->rows.n * size);
	/* The kernel reads the offsets of a whole tile. */
	for (size_t i = lists->rows.n; i < set->width / size; i++)
		lists->rows.at[i] = lists->rows.at[lists->rows.n - 1];
	lists->move = set->listed[__builtin_ctzl(size)];
}

/* A block: `planes` planes of the group, and of each, the rows and columns of the lists. */
struct listed_block {
	char *dst;
	const char *src;
	size_t planes;
};

/* The blocks of a plan that streams. */
struct listed_blocks {
	const struct copy_plan *plan;
	struct copy_loop a, b, group; /* from block to block; the last block overlaps */
	size_t na, nb, planes;        /* the extents of a block */
	uint8_t outer;                /* the first loop around the blocks */
	size_t a_at, b_at, group_at;
	struct copy_place place;
};

static struct listed_blocks first_block(const struct copy_plan *plan)
{
	const struct copy_listed_plane *plane = &plan->listed;
	uint8_t a = copy_lists_row_loop(plan);
	struct listed_blocks all = {
		.plan = plan,
		.a = plan->loops[a],
		.b = plan->loops[1],
		.group = {.extent = 1},
		.planes = 1,
		.outer = (uint8_t)(plane->plane_loops + plane->group),
	};
	size_t size = plan->run.bytes, rows;

	rows = 1;
	for (uint8_t i = 0; i < plane->plane_loops; i++)
		if (i != 1 && i != a)
			rows *= plan->loops[i].extent;
	all.na = copy_lists_block(all.a.extent, COPY_LIST_MAX / rows);
	rows *= all.na;
	all.nb = min(COPY_LIST_MAX, COPY_LIST_STAGE_BYTES / (rows * size));
	all.nb = copy_lists_block(all.b.extent, all.nb);
	if (plane->group) {
		all.group = plan->loops[plane->plane_loops];
		all.planes = COPY_LIST_STAGE_BYTES / (rows * all.nb * size);
		all.planes = min(all.planes, all.group.extent);
	}
	copy_first_place(plan, all.outer, &all.place);
	return all;
}

/* The block at the current position. */
static struct listed_block current_block(const struct listed_blocks *all)
{
	size_t a = min(all->a_at, all->a.extent - all->na),
	       b = min(all->b_at, all->b.extent - all->nb);

	return (struct listed_block){
		.dst = all->place.dst + (ptrdiff_t)a * all->a.dst_step +
		       (ptrdiff_t)b * all->b.dst_step +
		       (ptrdiff_t)all->group_at * all->group.dst_step,
		.src = all->place.src + (ptrdiff_t)a * all->a.src_step + b * all->plan->run.bytes +
		       (ptrdiff_t)all->group_at * all->group.src_step,
		.planes = min(all->planes, all->group.extent - all->group_at),
	};
}

/* Advance to the next block: along the source rows first. Returns false after the last. */
static bool next_block(struct listed_blocks *all)
{
	all->b_at += all->nb;
	if (all->b_at < all->b.extent)
		return true;
	all->b_at = 0;
	all->a_at += all->na;
	if (all->a_at < all->a.extent)
		return true;
	all->a_at = 0;
	all->group_at += all->planes;
	if (all->group_at < all->group.extent)
		return true;
	all->group_at = 0;
	return copy_next_place(all->plan, all->outer, &all->place);
}

/* The source lines of a block that are not prefetched yet. */
struct lines_ahead {
	const char *src;
	size_t plane, planes, row, rows;
	ptrdiff_t step, at, bytes; /* from plane to plane; in the row; of a row */
};

/* Prefetch `n` lines. */
static inline void prefetch_ahead(struct lines_ahead *ahead, const struct offset_list *rows,
				  size_t n, bool once)
{
	for (; n > 0 && ahead->plane < ahead->planes; n--) {
		const char *p = ahead->src + rows->at[ahead->row];

		/* The last line of a row may be a part of it only. */
		p += min((size_t)ahead->at, (size_t)ahead->bytes - 1);
		if (once)
			__builtin_prefetch(p, 0, 0);
		else
			__builtin_prefetch(p, 0, 3);
		ahead->at += CACHE_LINE_BYTES;
		if (ahead->at < ahead->bytes + CACHE_LINE_BYTES - 1)
			continue;
		ahead->at = 0;
		if (++ahead->row < rows->n)
			continue;
		ahead->row = 0;
		ahead->plane++;
		ahead->src += ahead->step;
	}
}

/* Stream the stage to the block. `segment` is the size of the contiguous bytes. */
static void stream_stage(const struct listed_block *block, const struct plane_lists *lists,
			 const char *stage, size_t bytes, size_t segment)
{
	stream_fn stream = kernels()->stream;

	if (segment == bytes) {
		stream(block->dst, stage, bytes);
		return;
	}
	for (size_t b = 0; b < lists->columns.n; b++)
		stream(block->dst + lists->columns.at[b], stage + b * segment, segment);
}

/* Copy blocks by a stage. */
__attribute__((noinline)) static void move_blocks_staged(const struct copy_plan *plan,
							 struct plane_lists *lists)
{
	_Alignas(CACHE_LINE_BYTES) char stage[COPY_LIST_STAGE_BYTES];
	struct listed_blocks all = first_block(plan);
	ptrdiff_t stage_at[COPY_LIST_MAX];
	struct listed_block block, next = current_block(&all);
	bool once = copy_variant_of(plan)->hint == HINT_ONCE, more;
	size_t size = plan->run.bytes, row, plane, calls, lines, columns;

	make_lists(lists, plan, copy_lists_row_loop(plan), all.na, all.nb);
	row = lists->rows.n * size;
	plane = lists->columns.n * row;
	for (size_t b = 0; b < lists->columns.n; b++)
		stage_at[b] = (ptrdiff_t)(b * row);
	/* A call copies two lines of each source row. */
	columns = 2 * CACHE_LINE_BYTES / size;
	calls = lists->columns.n / columns > 0 ? lists->columns.n / columns : 1;
	lines = lists->rows.n * (lists->columns.n * size / CACHE_LINE_BYTES + 2) / calls + 1;
	do {
		struct lines_ahead ahead = {.rows = lists->rows.n,
					    .step = all.group.src_step,
					    .bytes = (ptrdiff_t)(lists->columns.n * size)};
		bool contiguous = all.b.dst_step == (ptrdiff_t)row;

		block = next;
		more = next_block(&all);
		if (more) {
			next = current_block(&all);
			ahead.src = next.src;
			ahead.planes = next.planes;
		}
		for (size_t i = 0; i < block.planes; i++) {
			for (size_t call = 0; call < calls; call++) {
				size_t b = call * columns,
				       n = call + 1 < calls ? columns : lists->columns.n - b;

				lists->move(stage + i * plane, stage_at + b,
					    block.src + (ptrdiff_t)i * all.group.src_step +
						    b * size,
					    lists->rows.at, n, lists->rows.n);
				prefetch_ahead(&ahead, &lists->rows, lines, once);
			}
		}
		stream_stage(&block, lists, stage, block.planes * plane,
			     contiguous ? block.planes * plane : row);
	} while (more);
}

/* Copy planes in blocks of `n` iterations of loop `a`. The last block overlaps the one before. */
static void move_blocks_listed(const struct copy_plan *plan, const struct plane_lists *lists,
			       uint8_t a, size_t n)
{
	const struct copy_loop *loop = &plan->loops[a];
	struct copy_place place;

	COUNT(n < loop->extent, "", "listed in blocks");
	copy_first_place(plan, plan->listed.plane_loops, &place);
	do {
		for (size_t at = 0; at < loop->extent; at += n) {
			ptrdiff_t i = (ptrdiff_t)min(at, loop->extent - n);

			lists->move(place.dst + i * loop->dst_step, lists->columns.at,
				    place.src + i * loop->src_step, lists->rows.at,
				    lists->columns.n, lists->rows.n);
		}
	} while (copy_next_place(plan, plan->listed.plane_loops, &place));
}

void copy_listed(const struct copy_plan *plan)
{
	uint8_t a = copy_lists_row_loop(plan);
	struct plane_lists lists;
	size_t rows = 1, n;

	COUNT(!plan->stream, "", "listed");
	COUNT(plan->stream, "", "listed by a stage");
	if (plan->stream) {
		move_blocks_staged(plan, &lists);
		return;
	}
	for (uint8_t i = 0; i < plan->listed.plane_loops; i++)
		if (i != a && i != 1)
			rows *= i == 0 || (plan->listed.row_loops >> i & 1) ? plan->loops[i].extent
									    : 1;
	n = copy_lists_block(plan->loops[a].extent, COPY_LIST_MAX / rows);
	make_lists(&lists, plan, a, n, plan->loops[1].extent);
	move_blocks_listed(plan, &lists, a, n);
}
