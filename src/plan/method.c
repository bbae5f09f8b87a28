/* SPDX-License-Identifier: BSD-3-Clause */
/* Chooses the methods of large plans, which stream. */
#include "plan/method.h"
#include "machine/caches.h"
#include "plan/shuffling.h"
#include "plan/staging.h"

/* Runs of at least this size are streamed separately. */
enum { STREAM_RUN_BYTES_MIN = 4 * CACHE_LINE_BYTES };

static enum copy_method strided_method(struct copy_plan *plan)
{
	if (plan->run.bytes >= STREAM_RUN_BYTES_MIN)
		return COPY_BY_STREAM;
	if (copy_rows_choose_gathered(plan))
		return COPY_BY_GATHER;
	copy_rows_choose(plan);
	return COPY_BY_RUNS;
}

static enum copy_method transposition_method(struct copy_plan *plan)
{
	if (copy_variant_of(plan)->lists && copy_lists_choose_stream(plan))
		return COPY_BY_LISTS;
	if (copy_variant_of(plan)->columns && copy_plan_has_columns(plan))
		return COPY_BY_COLUMNS;
	if (!copy_variant_of(plan)->direct) {
		/* The loops may have the order of another variant. */
		copy_staged_order(plan);
		if (copy_staged_choose(plan))
			return COPY_BY_STAGE;
	}
	return copy_plan_has_tiles(plan) ? COPY_BY_TILES : COPY_BY_BLOCKS;
}

bool copy_strided_streams(const struct copy_plan *plan)
{
	if (plan->method == COPY_BY_SHUFFLE)
		return copy_shuffle_is_dense(plan) && copy_shuffle_row_is_long(plan);
	return plan->run.bytes >= STREAM_RUN_BYTES_MIN || plan->method == COPY_BY_GATHER ||
	       copy_rows_can_gather(plan);
}

void copy_plan_choose_stream_method(struct copy_plan *plan)
{
	enum copy_method method = COPY_BY_STREAM;

	if (plan->kind == COPY_STRIDED)
		method = strided_method(plan);
	else if (plan->kind != COPY_FLAT)
		method = transposition_method(plan);
	/* The mask tells the compiler that the method fits its bits. */
	plan->method = (uint8_t)(method & COPY_METHOD_MASK);
}

void copy_plan_choose_part_method(struct copy_plan *plan)
{
	const struct copy_shuffled *shuffled = &plan->shuffled;

	/* The loops of a strided plan that streams, or is small, keep their order. */
	if (plan->kind == COPY_TRANSPOSE) {
		copy_plan_choose_method(plan);
	} else if (plan->kind == COPY_STRIDED && plan->method == COPY_BY_RUNS && !plan->stream &&
		   plan->variant != VARIANT_NONE) {
		copy_order_loops(plan);
	} else if (plan->method == COPY_BY_SHUFFLE &&
		   plan->loops[shuffled->unit_loop].extent < shuffled->iterations) {
		plan->method = COPY_BY_RUNS;
		plan->rows.inside = 0;
	}
}
