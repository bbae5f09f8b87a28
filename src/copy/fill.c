/* SPDX-License-Identifier: BSD-3-Clause */
/* Fills rows with equal runs, by a kernel that takes the run and many rows. */
#include "copy/fill.h"
#include "kernels/count.h"
#include "kernels/kernels.h"

/* Shorter rows are copied run by run. */
enum { FILLED_ROW_BYTES_MIN = 64 };

bool copy_row_is_filled(const struct copy_plan *plan)
{
	const struct copy_loop *loop = &plan->loops[0];
	size_t size = plan->run.bytes;

	return loop->src_step == 0 && loop->dst_step == (ptrdiff_t)size &&
	       size <= REPEAT_BYTES_MAX && loop->extent * size >= FILLED_ROW_BYTES_MIN;
}

void copy_fill_row(char *dst, const char *src, size_t size, const struct copy_loop *loop)
{
	COUNT(true, "", "a run fills a row");
	kernels()->repeat(dst, 0, src, 0, size, loop->extent, 1);
}

void copy_fill_rows(const struct copy_plan *plan)
{
	const struct copy_loop *row = &plan->loops[0], *rows = &plan->loops[1];
	struct copy_place place;

	COUNT(true, "", "runs fill rows");
	copy_first_place(plan, 2, &place);
	do
		kernels()->repeat(place.dst, rows->dst_step, place.src, rows->src_step,
				  plan->run.bytes, row->extent, rows->extent);
	while (copy_next_place(plan, 2, &place));
}
