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
 * take less time with aligned vectors, and so do vectors that repeat a few source bytes.
 */
enum { STEPPED_PARTIAL_BYTES_MAX = 256 << 10, STEPPED_PARTIAL_VECTOR_MIN = 56 };

/*
 * Elements whose size is a power of two are quickly loaded and stored one by one. In the time of a
 * vector this can be done with STEPPED_VECTOR_RUNS of them, and if the vector needs several windows
 * of the source, with STEPPED_WINDOW_RUNS for each.
 */
enum { STEPPED_VECTOR_RUNS = 2, STEPPED_WINDOW_RUNS = 2 };

/* Are n elements in a vector of a span faster one by one? */
static bool elements_are_faster(size_t size, size_t n, size_t span)
{
	size_t windows = (span + STEPPED_ROW_BYTES_MIN - 1) / STEPPED_ROW_BYTES_MIN;

	return windows > 1 && (size & (size - 1)) == 0 &&
	       n <= STEPPED_VECTOR_RUNS + windows * STEPPED_WINDOW_RUNS;
}

/* Are vectors that store `stored` bytes of a span slower than aligned ones? */
static bool aligned_are_faster(size_t stored, size_t span, uint64_t bytes)
{
	return stored < STEPPED_ROW_BYTES_MIN &&
	       (bytes >= STEPPED_PARTIAL_BYTES_MAX ||
		(stored < STEPPED_PARTIAL_VECTOR_MIN && 2 * span <= stored));
}

/* Rows of elements, or of cells. */
struct stepped_rows {
	uint8_t row;        /* the loop of a row */
	size_t bytes, span; /* of a cell, in the destination and in the source */
};

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
		    magnitude(loop->src_step) > STEPPED_SPAN_MAX)
			return false;
		rows->span += (loop->extent - 1) * magnitude(loop->src_step);
		if (rows->span > magnitude(loop[1].src_step))
			return false;
	}
	loop = &plan->loops[rows->row];
	return rows->bytes <= STEPPED_BYTES_MAX &&
	       loop->extent >= (STEPPED_ROW_BYTES_MIN + rows->bytes - 1) / rows->bytes;
}

bool copy_stepped_choose(struct copy_plan *plan, uint64_t bytes)
{
	struct stepped_rows rows;
	size_t step, n, span;

	if (plan->run.bytes > STEPPED_BYTES_MAX || kernels()->stepped == NULL ||
	    bytes < STEPPED_PAYLOAD_MIN || bytes >= copy_choice_bytes(COPY_STRIDED) ||
	    !find_stepped_rows(plan, &rows))
		return false;
	step = magnitude(plan->loops[rows.row].src_step);
	if (step == 0 || step > STEPPED_SPAN_MAX)
		return false;
	n = STEPPED_ROW_BYTES_MIN / rows.bytes;
	span = (n - 1) * step + rows.span;
	if (span > STEPPED_SPAN_MAX || aligned_are_faster(n * rows.bytes, span, bytes) ||
	    elements_are_faster(plan->run.bytes, n * rows.bytes / plan->run.bytes, span))
		return false;
	for (uint8_t i = (uint8_t)(rows.row + 1); i < plan->nloops; i++)
		if (magnitude(plan->loops[i].src_step) < step)
			return false;
	plan->kind = COPY_STRIDED;
	plan->method = COPY_BY_STEPPED;
	return true;
}
