/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Walks over two sides whose factors have no common refinement, in linear order. Each side keeps
 * the current iteration of each of its loops. Each step copies as many elements as both innermost
 * loops have left.
 *
 * A walk repeats itself. If the inner loops of the destination have 2 elements together, and those
 * of the source 3, then every 6 elements the addresses are those of the 6 elements before, each
 * moved on by one distance. So the walk finds out once where the pieces of such a period lie. Then
 * it copies each piece for many periods in one call.
 */
#include <stdint.h>
#include <string.h>

#include "copy/strided.h"
#include "copy/walk.h"
#include "kernels/count.h"

enum {
	WALK_PIECES_MAX = 256,      /* of a period */
	WALK_PERIODS_MIN = 4,       /* fewer periods are not worth finding their pieces */
	WALK_BLOCK_BYTES = 8 << 10, /* periods in the first-level cache, of both sides together */
	WALK_ROW_ELEMENTS_MAX = 8,  /* of a row that is copied element by element for many rows */
};

/* The position of a side. */
struct walk_side {
	const struct copy_loop *loops; /* of this side, the innermost first */
	uint8_t nloops;
	size_t index[NDIMS_MAX];
	const char *address;
};

/* A piece of a period: bytes that are contiguous on both sides. */
struct walk_piece {
	ptrdiff_t dst, src; /* from the beginning of the period, in bytes */
	size_t bytes;
};

/* What a period consists of on one side: iterations of the loop `level`, with all loops inside. */
struct walk_rows {
	uint8_t level;
	size_t rows;
	ptrdiff_t step; /* from one period to the next, in bytes */
};

struct walk_period {
	size_t elements; /* 0: there is no period */
	struct walk_rows dst, src;
	size_t npieces;
	struct walk_piece *pieces; /* room for WALK_PIECES_MAX */
};

static ptrdiff_t step_of_loop(const struct walk_side *side, uint8_t i)
{
	/* The step of the other side is 0. */
	return side->loops[i].dst_step + side->loops[i].src_step;
}

/* The iterations of loop `i` that are left, with the current one. */
static inline size_t rows_left(const struct walk_side *side, uint8_t i)
{
	return side->loops[i].extent - side->index[i];
}

/* Advance loop `level` by n iterations, at most to its end. The loops inside are at their begin. */
static inline void advance_side(struct walk_side *side, uint8_t level, size_t n)
{
	if (n < rows_left(side, level)) {
		side->index[level] += n;
		side->address += (ptrdiff_t)n * step_of_loop(side, level);
		return;
	}
	side->address -= (ptrdiff_t)side->index[level] * step_of_loop(side, level);
	side->index[level] = 0;
	for (uint8_t i = level + 1; i < side->nloops; i++) {
		if (++side->index[i] < side->loops[i].extent) {
			side->address += step_of_loop(side, i);
			return;
		}
		side->index[i] = 0;
		side->address -= (ptrdiff_t)(side->loops[i].extent - 1) * step_of_loop(side, i);
	}
}

/* Go to the element with this number. */
static void start_side(struct walk_side *side, const struct copy_loop *loops, uint8_t nloops,
		       const char *address, size_t number)
{
	*side = (struct walk_side){.loops = loops, .nloops = nloops, .address = address};
	for (uint8_t i = 0; i < nloops && number > 0; i++) {
		side->index[i] = number % loops[i].extent;
		number /= loops[i].extent;
		side->address += (ptrdiff_t)side->index[i] * step_of_loop(side, i);
	}
}

static void start_sides(const struct copy_plan *plan, size_t number, struct walk_side *dst,
			struct walk_side *src)
{
	uint8_t n = plan->walk.dst_loops;

	start_side(dst, plan->loops, n, plan->run.dst, number);
	start_side(src, plan->loops + n, (uint8_t)(plan->nloops - n), plan->run.src, number);
}

/* Are the elements of both innermost loops contiguous? */
static bool rows_are_contiguous(const struct copy_plan *plan, const struct walk_side *dst,
				const struct walk_side *src)
{
	ptrdiff_t bytes = (ptrdiff_t)plan->run.bytes;

	return step_of_loop(dst, 0) == bytes && step_of_loop(src, 0) == bytes;
}

/*
 * Choose the loops of a period: those that cover most elements before an outer loop of a side
 * advances. `elements` stays 0 if no period is repeated often enough, or has few enough pieces.
 */
static void choose_period(struct walk_period *period, const struct walk_side *dst,
			  const struct walk_side *src, bool contiguous, size_t count)
{
	size_t covered = 0, in_dst = 1;

	for (uint8_t a = 1; a < dst->nloops; a++) {
		size_t in_src = 1;

		in_dst *= dst->loops[a - 1].extent;
		for (uint8_t b = 1; b < src->nloops; b++) {
			size_t elements, pieces, rows[2], n;

			in_src *= src->loops[b - 1].extent;
			/* No product overflows: it is at most the number of elements. */
			if (__builtin_mul_overflow(in_dst / common_divisor(in_dst, in_src), in_src,
						   &elements) ||
			    elements > count / WALK_PERIODS_MIN)
				break;
			pieces = contiguous ? elements / dst->loops[0].extent +
						      elements / src->loops[0].extent
					    : elements;
			rows[0] = elements / in_dst;
			rows[1] = elements / in_src;
			n = min(dst->loops[a].extent / rows[0], src->loops[b].extent / rows[1]);
			if (pieces > WALK_PIECES_MAX || n < WALK_PERIODS_MIN ||
			    n * elements <= covered)
				continue;
			covered = n * elements;
			period->elements = elements;
			period->dst.level = a;
			period->dst.rows = rows[0];
			period->src.level = b;
			period->src.rows = rows[1];
		}
	}
}

/* Find the pieces of the period that begins with element 0. */
static void find_pieces(struct walk_period *period, const struct copy_plan *plan, bool contiguous)
{
	struct walk_side dst, src;
	size_t left = period->elements;

	start_sides(plan, 0, &dst, &src);
	period->dst.step = (ptrdiff_t)period->dst.rows * step_of_loop(&dst, period->dst.level);
	period->src.step = (ptrdiff_t)period->src.rows * step_of_loop(&src, period->src.level);
	period->npieces = 0;
	while (left > 0) {
		size_t n = contiguous ? min(rows_left(&dst, 0), rows_left(&src, 0)) : 1;

		period->pieces[period->npieces++] =
			(struct walk_piece){dst.address - plan->run.dst,
					    src.address - plan->run.src, n * plan->run.bytes};
		advance_side(&dst, 0, n);
		advance_side(&src, 0, n);
		left -= n;
	}
}

/* Copy n periods: in blocks that fit the first-level cache, each piece for all periods of a block.
 */
static void move_periods(const struct walk_period *period, char *dst, const char *src, size_t n)
{
	size_t bytes = magnitude(period->dst.step) + magnitude(period->src.step);
	size_t most = bytes < WALK_BLOCK_BYTES ? WALK_BLOCK_BYTES / (bytes + 1) : 1;
	struct copy_loop loop = {0, period->dst.step, period->src.step};

	COUNT(true, "", "periods of a walk");
	for (size_t done = 0; done < n; done += loop.extent) {
		char *to = dst + (ptrdiff_t)done * loop.dst_step;
		const char *from = src + (ptrdiff_t)done * loop.src_step;

		loop.extent = min(most, n - done);
		for (size_t i = 0; i < period->npieces; i++) {
			const struct walk_piece *piece = &period->pieces[i];

			copy_row(piece->bytes)(to + piece->dst, from + piece->src, piece->bytes,
					       &loop);
		}
	}
}

/* Copy as many periods as possible, at most `count` elements. Return the number of elements. */
static size_t walk_periods(const struct walk_period *period, struct walk_side *dst,
			   struct walk_side *src, size_t count)
{
	size_t n = min(rows_left(dst, period->dst.level) / period->dst.rows,
		       rows_left(src, period->src.level) / period->src.rows);

	n = min(n, count / period->elements);
	if (n == 0)
		return 0;
	move_periods(period, (char *)(uintptr_t)dst->address, src->address, n);
	advance_side(dst, period->dst.level, n * period->dst.rows);
	advance_side(src, period->src.level, n * period->src.rows);
	return n * period->elements;
}

/*
 * Copy whole rows of the side `rows`, those of its innermost loop, within the `left` elements of
 * the innermost loop of the other side. Return the number of elements; 0: there are too few rows.
 */
static size_t walk_rows(const struct copy_plan *plan, struct walk_side *dst, struct walk_side *src,
			bool rows_of_dst, bool contiguous, size_t left)
{
	const struct walk_side *rows = rows_of_dst ? dst : src;
	size_t n = rows->loops[0].extent, bytes = plan->run.bytes;
	ptrdiff_t dst_step = step_of_loop(dst, 0), src_step = step_of_loop(src, 0);
	struct copy_loop loop;

	if (rows->index[0] > 0 || rows->nloops == 1 || left < 2 * n ||
	    !(contiguous || n <= WALK_ROW_ELEMENTS_MAX))
		return 0;
	COUNT(true, "", "rows of a walk");
	loop.extent = min(left / n, rows_left(rows, 1));
	loop.dst_step = rows_of_dst ? step_of_loop(dst, 1) : (ptrdiff_t)n * dst_step;
	loop.src_step = rows_of_dst ? (ptrdiff_t)n * src_step : step_of_loop(src, 1);
	if (contiguous)
		bytes *= n;
	for (size_t i = 0; i < (contiguous ? 1 : n); i++)
		copy_row(bytes)((char *)(uintptr_t)dst->address + (ptrdiff_t)i * dst_step,
				src->address + (ptrdiff_t)i * src_step, bytes, &loop);
	advance_side(dst, rows_of_dst, rows_of_dst ? loop.extent : loop.extent * n);
	advance_side(src, !rows_of_dst, rows_of_dst ? loop.extent * n : loop.extent);
	return loop.extent * n;
}

/* Copy as many elements as both innermost loops have left, but at most `count`. */
static size_t walk_piece(const struct copy_plan *plan, struct walk_side *dst, struct walk_side *src,
			 bool contiguous, size_t count)
{
	size_t of_dst = min(rows_left(dst, 0), count), of_src = min(rows_left(src, 0), count);
	size_t n = min(of_dst, of_src), bytes = plan->run.bytes, done;
	char *to = (char *)(uintptr_t)dst->address;

	done = walk_rows(plan, dst, src, of_dst < of_src, contiguous,
			 of_dst < of_src ? of_src : of_dst);
	if (done > 0)
		return done;
	if (contiguous)
		memcpy(to, src->address, n * bytes);
	else
		copy_row(bytes)(to, src->address, bytes,
				&(struct copy_loop){n, step_of_loop(dst, 0), step_of_loop(src, 0)});
	advance_side(dst, 0, n);
	advance_side(src, 0, n);
	return n;
}

void copy_walk(const struct copy_plan *plan, size_t first, size_t count)
{
	struct walk_side dst, src;
	struct walk_piece pieces[WALK_PIECES_MAX];
	struct walk_period period = {.pieces = pieces};
	bool contiguous;
	size_t phase, n;

	start_sides(plan, first, &dst, &src);
	contiguous = rows_are_contiguous(plan, &dst, &src);
	choose_period(&period, &dst, &src, contiguous, count);
	/* Without a period, the walk is never at the start of one. */
	phase = SIZE_MAX;
	if (period.elements > 0) {
		find_pieces(&period, plan, contiguous);
		phase = first % period.elements;
	}
	for (; count > 0; count -= n) {
		n = phase == 0 ? walk_periods(&period, &dst, &src, count) : 0;
		if (n > 0)
			continue;
		n = walk_piece(plan, &dst, &src, contiguous, count);
		if (period.elements > 0)
			phase = (phase + n) % period.elements;
	}
}
