/* SPDX-License-Identifier: BSD-3-Clause */
/* Choose the row loop of a strided plan: the loop that is copied by a row function. */
#ifndef PLAN_ROWS_H
#define PLAN_ROWS_H

#include "kernels/kernels.h"
#include "machine/caches.h"
#include "plan/plan.h"

enum {
	ROW_ITERATIONS_ENOUGH = 16,      /* a row loop this long is as good as a longer one */
	ROW_RUN_BYTES_SHORT = 128,       /* longer runs take longer than the start of a row */
	FILL_BYTES_MIN = 256,            /* a row of equal runs this long is filled */
	FILL_CACHED_BYTES_MIN = 96,      /* the same in the caches, if a vector repeats a run */
	FILL_CACHED_PART = 4,            /* up to this part of a copy that streams */
	LOOPED_PLAN_BYTES_MAX = 1 << 20, /* larger plans are split into sections for the caches */
	/* A section of a gathered plan: a row loop around at most this many contiguous bytes. */
	GATHERED_ROW_BYTES_MAX = 512,
};

/*
 * Move the best row loop of a strided plan in normal form to index 0, and set `rows`. The loops
 * that were inside of it follow.
 */
void copy_rows_choose(struct copy_plan *plan);

/* Is a strided plan that does not stream copied by a kernel that has all loops? */
bool copy_rows_looped(const struct copy_plan *plan);

/* Can a strided plan in normal form be gathered? */
static inline bool copy_rows_can_gather(const struct copy_plan *plan)
{
	return plan->run.bytes <= ROW_RUN_BYTES_SHORT &&
	       plan->loops[0].dst_step == (ptrdiff_t)plan->run.bytes;
}

/* Are long rows of a plan in normal form filled with equal runs? */
static inline bool copy_rows_fill(const struct copy_plan *plan)
{
	const struct copy_loop *loop = &plan->loops[0];
	size_t size = plan->run.bytes, row = loop->extent * size;

	if (loop->src_step != 0 || loop->dst_step != (ptrdiff_t)size)
		return false;
	return row >= FILL_BYTES_MIN ||
	       (row >= FILL_CACHED_BYTES_MIN && size <= SPLAT_BYTES_MAX &&
		(size & (size - 1)) == 0 &&
		copy_plan_payload(plan) < caches()->stream_bytes / FILL_CACHED_PART);
}

/*
 * The same for a plan that is gathered: the row loop and the loops inside are contiguous in the
 * destination. Return false if the plan cannot be gathered.
 */
bool copy_rows_choose_gathered(struct copy_plan *plan);

#endif /* PLAN_ROWS_H */
