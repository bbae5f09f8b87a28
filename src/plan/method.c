/* SPDX-License-Identifier: BSD-3-Clause */
/* Chooses the methods of large plans, which stream. */
#include "plan/method.h"
#include "machine/caches.h"
#include "plan/staging.h"
#include "plan/variant.h"

/* Runs of at least this size are streamed separately. */
enum { STREAM_RUN_BYTES_MIN = 4 * CACHE_LINE_BYTES };

static enum copy_method strided_method(const struct copy_plan *plan)
{
	if (plan->run.bytes >= STREAM_RUN_BYTES_MIN)
		return COPY_BY_STREAM;
	if (plan->run.bytes <= CACHE_LINE_BYTES &&
	    plan->loops[0].dst_step == (ptrdiff_t)plan->run.bytes)
		return COPY_BY_GATHER;
	return COPY_BY_RUNS;
}

static enum copy_method transposition_method(struct copy_plan *plan)
{
	if (copy_variant_of(plan)->lists && copy_lists_choose_stream(plan))
		return COPY_BY_LISTS;
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
	return strided_method(plan) != COPY_BY_RUNS;
}

void copy_plan_choose_stream_method(struct copy_plan *plan)
{
	if (plan->kind == COPY_FLAT)
		plan->method = COPY_BY_STREAM;
	else if (plan->kind == COPY_STRIDED)
		plan->method = (uint8_t)strided_method(plan);
	else
		plan->method = (uint8_t)transposition_method(plan);
}
