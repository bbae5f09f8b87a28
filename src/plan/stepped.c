/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Chooses the plans of rows of short elements that are contiguous in the destination, and at a
 * small step, which may be negative, in the source. The kernel computes the only shuffle of these
 * rows, so neither units nor programs need to be found: see shuffling.h.
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
 * Elements of a power of two are loaded and stored one by one in little time: so many in the time
 * of a vector, and of each of several windows.
 */
enum { STEPPED_VECTOR_RUNS = 2, STEPPED_WINDOW_RUNS = 2 };

/* Are n elements in a vector of a span faster one by one? */
static bool elements_are_faster(size_t size, size_t n, size_t span)
{
	size_t windows = (span + STEPPED_ROW_BYTES_MIN - 1) / STEPPED_ROW_BYTES_MIN;

	return windows > 1 && (size & (size - 1)) == 0 &&
	       n <= STEPPED_VECTOR_RUNS + windows * STEPPED_WINDOW_RUNS;
}

bool copy_stepped_choose(struct copy_plan *plan, uint64_t bytes)
{
	const struct copy_loop *row = &plan->loops[0];
	size_t size = plan->run.bytes, step = magnitude(row->src_step), n, span;

	if (row->dst_step != (ptrdiff_t)size || size > STEPPED_BYTES_MAX || step == 0 ||
	    step > STEPPED_SPAN_MAX || kernels()->stepped == NULL)
		return false;
	n = STEPPED_ROW_BYTES_MIN / size;
	span = (n - 1) * step + size;
	if (row->extent * size < STEPPED_ROW_BYTES_MIN || span > STEPPED_SPAN_MAX ||
	    elements_are_faster(size, n, span))
		return false;
	if (bytes < STEPPED_PAYLOAD_MIN || bytes >= copy_choice_bytes(COPY_STRIDED))
		return false;
	for (uint8_t i = 1; i < plan->nloops; i++)
		if (magnitude(plan->loops[i].src_step) < step)
			return false;
	plan->kind = COPY_STRIDED;
	plan->method = COPY_BY_STEPPED;
	return true;
}
