/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Chooses the row loop of a strided plan. The innermost loop of the normal form has the smallest
 * destination step, and may be so short that starting the row takes longer than its runs. Then a
 * longer loop is the row loop.
 */
#include <string.h>

#include "kernels/kernels.h"
#include "layout/sizes.h"
#include "plan/rows.h"

/*
 * A looped plan gets another innermost loop if its own has fewer runs than LOOPED_ROW_RUNS_ENOUGH,
 * and the other one is more than LOOPED_ROW_TIMES times as long.
 */
enum { LOOPED_ROW_RUNS_ENOUGH = 16, LOOPED_ROW_TIMES = 4 };

/* Move a loop to the front. The loops before it come to be inside of it. */
static void move_to_front(struct copy_plan *plan, uint8_t row)
{
	struct copy_loop loop = plan->loops[row];

	memmove(&plan->loops[1], &plan->loops[0], row * sizeof(loop));
	plan->loops[0] = loop;
	plan->rows.inside = row;
}

/* Move loop `from` to index 1, behind the loops up to it. */
static void move_to_second(struct copy_plan *plan, uint8_t from)
{
	struct copy_loop loop = plan->loops[from];

	memmove(&plan->loops[2], &plan->loops[1], (from - 1u) * sizeof(loop));
	plan->loops[1] = loop;
}

/*
 * Order the loops for a kernel that has all of them. A row of few runs is too short if another loop
 * is far longer. Next comes the loop that reads the same lines of the source.
 */
static void order_looped(struct copy_plan *plan)
{
	uint8_t row = 0, next = 1;

	for (uint8_t i = 1; i < plan->nloops; i++)
		if (plan->loops[row].extent < LOOPED_ROW_RUNS_ENOUGH &&
		    plan->loops[i].extent > plan->loops[row].extent)
			row = i;
	if (row > 0 && plan->loops[row].extent > LOOPED_ROW_TIMES * plan->loops[0].extent)
		move_to_front(plan, row);
	for (uint8_t i = 2; i < plan->nloops; i++)
		if (magnitude(plan->loops[i].src_step) < magnitude(plan->loops[next].src_step))
			next = i;
	if (next > 1)
		move_to_second(plan, next);
	plan->rows.inside = 0;
	plan->method = COPY_BY_LOOPED;
}

bool copy_rows_looped(const struct copy_plan *plan)
{
	return plan->run.bytes >= LOOPED_BYTES_MIN && plan->run.bytes <= LOOPED_BYTES_MAX &&
	       plan->nloops > 1 && plan->loops[0].src_step != 0 &&
	       copy_plan_payload(plan) < LOOPED_PLAN_BYTES_MAX;
}

void copy_rows_choose(struct copy_plan *plan)
{
	uint8_t row = 0;

	plan->rows.inside = 0;
	if (copy_rows_looped(plan)) {
		order_looped(plan);
		return;
	}
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
