/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Asks the layers plan and copy what they will do with a plan. The kernel is the one of the
 * innermost loop; edges, and the elements that are left at the end of a loop, may take another.
 */
#include "plan_facts.h"

#include "copy/fill.h"
#include "kernels/kernels.h"
#include "layout/sizes.h"
#include "learnt_text.h"
#include "plan/choose.h"
#include "plan/lists.h"
#include "plan/part.h"
#include "plan/section.h"
#include "plan/tune.h"
#include "plan/variant.h"

/* Runs of these sizes are copied by loops of the compiler, as are all below ROWS_BYTES_MIN. */
enum { RUN_BYTES_OF_LOOP = 24 };

static const char *const methods_in_words[] = {
	[COPY_BY_RUNS] = "run by run",
	[COPY_BY_STREAM] = "run by run, past the caches",
	[COPY_BY_ELEMENTS] = "element by element, because there are few",
	[COPY_BY_LOOPED] = "short runs, all loops in one call of a kernel",
	[COPY_BY_STEPPED] = "elements at a step, all loops in one call of a kernel",
	[COPY_BY_GATHER] = "short runs are gathered to whole lines, which are streamed",
	[COPY_BY_TILES] = "tiles in vector registers",
	[COPY_BY_PLANES] = "tiles of small planes, all loops in one call of a kernel",
	[COPY_BY_LISTS] = "tiles of rows that are listed",
	[COPY_BY_BLOCKS] = "blocks of elements, without tiles",
	[COPY_BY_COLUMNS] = "several rows are gathered in the first-level cache, then streamed",
	[COPY_BY_STAGE] = "tiles are gathered in the first-level cache, then streamed",
	[COPY_BY_SHUFFLE] = "vectors that are shuffled from a few source vectors",
};

/* A flat plan is one run. */
static const char *const flat_in_words[] = {
	[COPY_BY_RUNS] = "bytes in one run",
	[COPY_BY_STREAM] = "bytes in one run, past the caches",
};

static void set_kernel(struct plan_facts *facts, const char *member, const struct kernels *set)
{
	facts->kernel = member;
	facts->kernel_set = set != NULL ? set->name : NULL;
}

/* The rows of a listed plan: the iterations of loop 0 and of the loops that continue it. */
static size_t listed_rows(const struct copy_plan *plan)
{
	size_t rows = plan->loops[0].extent;

	for (uint8_t i = 2; i < plan->listed.plane_loops; i++)
		if (plan->listed.row_loops >> i & 1)
			rows *= plan->loops[i].extent;
	return min(rows, COPY_LIST_MAX);
}

/* The kernel of a strided plan that is copied run by run, or gathered. */
static void find_row_kernel(struct plan_facts *facts, const struct copy_plan *plan)
{
	size_t size = plan->run.bytes;

	if (copy_row_is_filled(plan))
		set_kernel(facts, "repeat", kernels());
	else if (size > ROWS_BYTES_MAX)
		set_kernel(facts, "memcpy", NULL);
	else if (size >= ROWS_BYTES_MIN && size != RUN_BYTES_OF_LOOP)
		set_kernel(facts, "rows", kernels());
	else
		set_kernel(facts, "loop", NULL);
}

/* The kernel of a transposition by tiles. */
static void find_tile_kernel(struct plan_facts *facts, const struct copy_plan *plan)
{
	const struct kernels *set = kernels();

	if (plan->loops[0].extent * plan->run.bytes < set->width)
		set = kernels_narrow();
	set_kernel(facts, plan->stream ? "far" : "near", set);
}

static void find_kernel(struct plan_facts *facts, const struct copy_plan *plan)
{
	size_t size = plan->run.bytes;

	switch ((enum copy_method)plan->method) {
	case COPY_BY_RUNS:
		if (plan->kind == COPY_FLAT)
			set_kernel(facts, "memcpy", NULL);
		else
			find_row_kernel(facts, plan);
		break;
	case COPY_BY_GATHER:
		find_row_kernel(facts, plan);
		break;
	case COPY_BY_STREAM:
	case COPY_BY_COLUMNS:
		set_kernel(facts, "stream", kernels());
		break;
	case COPY_BY_ELEMENTS:
	case COPY_BY_BLOCKS:
		set_kernel(facts, "loop", NULL);
		break;
	case COPY_BY_LOOPED:
		set_kernel(facts, "looped", kernels());
		break;
	case COPY_BY_STEPPED:
		set_kernel(facts, "stepped", kernels());
		break;
	case COPY_BY_TILES:
		find_tile_kernel(facts, plan);
		break;
	case COPY_BY_PLANES:
		set_kernel(facts, "planes", kernels_for_rows(plan->loops[0].extent * size));
		break;
	case COPY_BY_LISTS:
		set_kernel(facts, "listed", kernels_for_rows(listed_rows(plan) * size));
		break;
	case COPY_BY_STAGE:
		set_kernel(facts, "staged", kernels());
		break;
	case COPY_BY_SHUFFLE:
		set_kernel(facts, "shuffle", kernels());
		break;
	}
}

static void find_variant(struct plan_facts *facts, const struct copy_plan *plan)
{
	unsigned number = plan->variant - copy_first_variant[plan->kind];
	struct tune_record record;

	facts->variant = copy_variant_of(plan)->name;
	facts->streams = plan->stream;
	facts->choice = copy_choice_is_forced(plan) ? "forced" : "first";
	if (!copy_choice_is_learnt(plan) || !tune_read(plan->tune_slot, &record) ||
	    record.costs[number].cost == 0)
		return;
	facts->choice = "learnt";
	facts->learnt_rate = learnt_text_rate(record.costs[number].cost);
	facts->learnt_samples = record.costs[number].samples;
}

/* The payload of a part. */
static uint64_t part_bytes(const struct copy_plan *plan, unsigned part)
{
	union copy_plan_room room;
	size_t first, count;

	if (plan->kind == COPY_DEREF) {
		struct copy_section section = copy_deref_section(plan, part);
		const struct copy_dim *dims = copy_const_dims(plan);

		return copy_plan_payload(plan) / dims[section.dim].extent *
		       (section.to - section.from);
	}
	if (plan->kind == COPY_WALK) {
		copy_plan_walk_part(plan, part, &first, &count);
		return (uint64_t)count * plan->run.bytes;
	}
	return copy_plan_part(plan, part, &room) ? copy_plan_payload(&room.plan) : 0;
}

static void find_parts(struct plan_facts *facts, const struct copy_plan *plan)
{
	facts->parts = copy_plan_parts(plan);
	facts->smallest_bytes = facts->largest_bytes = facts->payload_bytes;
	for (unsigned i = 0; facts->parts > 1 && i < facts->parts; i++) {
		uint64_t bytes = part_bytes(plan, i);

		if (i == 0 || bytes < facts->smallest_bytes)
			facts->smallest_bytes = bytes;
		if (i == 0 || bytes > facts->largest_bytes)
			facts->largest_bytes = bytes;
	}
}

void plan_facts_find(struct plan_facts *facts, const struct copy_plan *plan)
{
	*facts = (struct plan_facts){.payload_bytes = copy_plan_payload(plan),
				     .kind = copy_kind_name(plan->kind)};
	if (plan->kind == COPY_FLAT || plan->kind == COPY_STRIDED || plan->kind == COPY_TRANSPOSE) {
		facts->method = copy_method_name(plan->method);
		facts->method_in_words = plan->kind == COPY_FLAT ? flat_in_words[plan->method]
								 : methods_in_words[plan->method];
		find_kernel(facts, plan);
		if (plan->variant != VARIANT_NONE)
			find_variant(facts, plan);
	} else if (plan->kind == COPY_PADDED) {
		set_kernel(facts, "pad", kernels());
	} else if (plan->kind == COPY_WALK || plan->kind == COPY_DEREF) {
		set_kernel(facts, "loop", NULL);
	}
	find_parts(facts, plan);
}
