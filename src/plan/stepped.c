/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Chooses the plans of rows of short elements that are contiguous in the destination, and at a
 * small step, which may be negative, in the source. The kernel computes the only shuffle of these
 * rows, so neither units nor programs need to be found: see shuffling.h. A row may also consist of
 * cells of a few elements, such as mirrored or repeated pixels.
 *
 * Rows that lie between each other in the source are better shuffled jointly.
 */
#include "plan/stepped.h"
#include "kernels/kernels.h"
#include "layout/sizes.h"
#include "plan/choose.h"

/* Shorter copies take less time by other ways. Tests build with less. */
#ifndef STEPPED_PAYLOAD_MIN
#define STEPPED_PAYLOAD_MIN 256
#endif

/*
 * Vectors that are stored in part, because cells do not fill them, are not aligned. Larger copies
 * take less time with aligned vectors, and so do vectors that repeat a few source bytes, unless
 * this number of eighths of them is stored.
 */
enum {
	STEPPED_PARTIAL_BYTES_MAX = 256 << 10,
	STEPPED_PARTIAL_VECTOR_MIN = 7,
	STEPPED_PIECES_BYTES_MAX = 16 << 10, /* the same if vectors consist of pieces */
};

/* The bytes between elements of a cell in the source: a larger cell has too many windows. */
enum { STEPPED_CELL_STEP_MAX = 256 };

/*
 * Are n elements in a vector faster one by one? Those whose size is a power of two are quickly
 * loaded and stored. `windows`: of a piece of the vector.
 */
static bool elements_are_faster(size_t size, size_t n, size_t windows)
{
	return windows > 1 && (size & (size - 1)) == 0 && n <= windows;
}

/*
 * Are vectors that store `stored` bytes of a span slower than aligned ones, which other ways make?
 * `grid`: the cells lie on a grid that pieces of a vector share.
 */
static bool aligned_are_faster(const struct stepped_vectors *vectors, size_t stored, size_t span,
			       bool grid, uint64_t bytes)
{
	size_t width = vectors->width;

	if (stored == width)
		return false;
	/* Pieces with windows of their own have more of them, unless their cells lie on a grid. */
	if (!kernels()->shuffle_masks)
		return vectors->window < width && !grid && bytes >= STEPPED_PIECES_BYTES_MAX;
	return bytes >= STEPPED_PARTIAL_BYTES_MAX ||
	       (8 * stored < STEPPED_PARTIAL_VECTOR_MIN * width && 2 * span <= stored);
}

/* Rows of elements, or of cells. */
struct stepped_rows {
	uint8_t row;        /* the loop of a row */
	size_t bytes, span; /* of a cell, in the destination and in the source */
};

/* The vectors for a plan. The innermost loop is that of a row, or of cells. */
static const struct stepped_vectors *vectors_of_plan(const struct copy_plan *plan, uint8_t row)
{
	size_t bits = plan->run.bytes | (size_t)plan->loops[0].src_step |
		      (size_t)plan->loops[row].src_step | (1u << (STEPPED_UNITS - 1));

	return &kernels()->stepped_vectors[__builtin_ctzl(bits)];
}

/* Find the rows. Cells do not overlap in the source. */
static bool find_stepped_rows(const struct copy_plan *plan, struct stepped_rows *rows)
{
	const struct copy_loop *loop = &plan->loops[0];
	size_t size = plan->run.bytes;

	if (loop->dst_step != (ptrdiff_t)size)
		return false;
	*rows = (struct stepped_rows){0, size, size};
	if (loop->extent < STEPPED_ROW_BYTES_MIN / size + (STEPPED_ROW_BYTES_MIN % size != 0)) {
		rows->row = 1;
		rows->bytes = size * loop->extent;
		if (plan->nloops < 2 || loop[1].dst_step != (ptrdiff_t)rows->bytes ||
		    magnitude(loop->src_step) > STEPPED_CELL_STEP_MAX)
			return false;
		rows->span += (loop->extent - 1) * magnitude(loop->src_step);
		if (rows->span > magnitude(loop[1].src_step))
			return false;
	}
	loop = &plan->loops[rows->row];
	return rows->bytes <= STEPPED_BYTES_MAX &&
	       loop->extent >= (STEPPED_ROW_BYTES_MIN + rows->bytes - 1) / rows->bytes;
}

/* The windows of a piece of a vector that has n cells. */
static size_t windows_of_piece(const struct stepped_rows *rows, size_t window, size_t n,
			       size_t step)
{
	size_t most = 0;

	for (size_t begin = 0; begin < n * rows->bytes; begin += window) {
		size_t end = min(begin + window, n * rows->bytes);
		size_t cells = (end - 1) / rows->bytes - begin / rows->bytes;

		most = cells > most ? cells : most;
	}
	return (most * step + rows->span + window - 1) / window;
}

/* Is the kernel the best way to copy rows whose cells are at a step? */
static bool rows_are_worth_it(const struct copy_plan *plan, const struct stepped_rows *rows,
			      size_t step, uint64_t bytes)
{
	const struct stepped_vectors *vectors = vectors_of_plan(plan, rows->row);
	size_t n, stored, windows, width = vectors->width, window = vectors->window;
	bool grid = (step & (step - 1)) == 0 && rows->bytes <= step;

	if (rows->bytes > width || step > STEPPED_WINDOWS_MAX * window)
		return false;
	n = width / rows->bytes;
	stored = n * rows->bytes;
	windows = windows_of_piece(rows, window, n, step);
	return windows <= STEPPED_WINDOWS_MAX &&
	       !aligned_are_faster(vectors, stored, (n - 1) * step + rows->span, grid, bytes) &&
	       !elements_are_faster(plan->run.bytes, stored / plan->run.bytes, windows) &&
	       (kernels()->shuffle_masks ||
		(plan->loops[rows->row].extent - n) * step >= 2 * windows * window);
}

bool copy_stepped_choose(struct copy_plan *plan, uint64_t bytes)
{
	struct stepped_rows rows;
	size_t step;

	if (plan->run.bytes > STEPPED_BYTES_MAX || kernels()->stepped == NULL ||
	    bytes < STEPPED_PAYLOAD_MIN || bytes >= copy_choice_bytes(COPY_STRIDED) ||
	    !find_stepped_rows(plan, &rows))
		return false;
	step = magnitude(plan->loops[rows.row].src_step);
	if (step == 0 || !rows_are_worth_it(plan, &rows, step, bytes))
		return false;
	for (uint8_t i = (uint8_t)(rows.row + 1); i < plan->nloops; i++)
		if (magnitude(plan->loops[i].src_step) < step)
			return false;
	plan->kind = COPY_STRIDED;
	plan->method = COPY_BY_STEPPED;
	return true;
}
