/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Chooses the row loop of a strided plan. The innermost loop of the normal form has the smallest
 * destination step, and may be so short that starting the row takes longer than its runs. Then a
 * longer loop is the row loop.
 */
#include <string.h>

#include "plan/rows.h"

/* Move a loop to the front. The loops before it come to be inside of it. */
static void move_to_front(struct copy_plan *plan, uint8_t row)
{
	struct copy_loop loop = plan->loops[row];

	memmove(&plan->loops[1], &plan->loops[0], row * sizeof(loop));
	plan->loops[0] = loop;
	plan->rows.inside = row;
}

void copy_rows_choose(struct copy_plan *plan)
{
	uint8_t row = 0;

	plan->rows.inside = 0;
	if (plan->run.bytes > ROW_RUN_BYTES_SHORT || copy_rows_fill(plan))
		return;
	for (uint8_t i = 1; i < plan->nloops; i++) {
		if (plan->loops[row].extent >= ROW_ITERATIONS_ENOUGH)
			break;
		if (plan->loops[i].extent > plan->loops[row].extent)
			row = i;
	}
	if (row > 0)
		move_to_front(plan, row);
}

bool copy_rows_choose_gathered(struct copy_plan *plan)
{
	size_t bytes = plan->run.bytes;
	uint8_t row = 0;

	plan->rows.inside = 0;
	if (!copy_rows_can_gather(plan))
		return false;
	/* Short rows, or rows that are far from a stage, also have the next contiguous loop. */
	for (;;) {
		bytes *= plan->loops[row].extent;
		if (bytes > GATHERED_ROW_BYTES_MAX || row + 1 == plan->nloops ||
		    plan->loops[row + 1].dst_step != (ptrdiff_t)bytes)
			break;
		row++;
	}
	if (row > 0)
		move_to_front(plan, row);
	return true;
}
