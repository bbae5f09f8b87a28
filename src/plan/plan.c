/* SPDX-License-Identifier: BSD-3-Clause */
/* Queries about a plan: its name, its size, its payload. */
#include "plan/plan.h"

const char *copy_kind_name(uint8_t kind)
{
	static const char *const names[] = {
		[COPY_EMPTY] = "empty",         [COPY_FLAT] = "flat",   [COPY_STRIDED] = "strided",
		[COPY_TRANSPOSE] = "transpose", [COPY_WALK] = "walk",   [COPY_BOXES] = "boxes",
		[COPY_PADDED] = "boxes",        [COPY_DEREF] = "deref",
	};

	return names[kind];
}

const char *copy_method_name(uint8_t method)
{
	static const char *const names[] = {
		[COPY_BY_RUNS] = "runs",         [COPY_BY_STREAM] = "stream",
		[COPY_BY_ELEMENTS] = "elements", [COPY_BY_LOOPED] = "looped",
		[COPY_BY_STEPPED] = "stepped",   [COPY_BY_GATHER] = "gather",
		[COPY_BY_TILES] = "tiles",       [COPY_BY_PLANES] = "planes",
		[COPY_BY_LISTS] = "lists",       [COPY_BY_BLOCKS] = "blocks",
		[COPY_BY_COLUMNS] = "columns",   [COPY_BY_STAGE] = "stage",
		[COPY_BY_SHUFFLE] = "shuffle",
	};

	return names[method];
}

const char *copy_plan_name(const struct copy_plan *plan)
{
	static const char *const names[] = {
		[COPY_OPERATOR_TRANSFORM] = "transform", [COPY_OPERATOR_USER] = "copy_user",
		[COPY_OPERATOR_FILL] = "fill",           [COPY_OPERATOR_COMPARE] = "compare",
		[COPY_OPERATOR_CONVERT] = "convert",     [COPY_OPERATOR_REDUCE] = "reduce",
	};

	return plan->op != COPY_OPERATOR_COPY ? names[plan->op] : copy_kind_name(plan->kind);
}

const struct copy_plan *copy_next_box(const struct copy_plan *plan, const struct copy_plan *last)
{
	return last == NULL ? (const struct copy_plan *)(const void *)plan->loops
			    : (const struct copy_plan *)(const void *)((const char *)last +
								       copy_plan_size(last));
}

size_t copy_plan_size(const struct copy_plan *plan)
{
	if (plan->kind == COPY_BOXES)
		return plan->boxes.block_bytes;
	if (plan->kind == COPY_PADDED)
		return sizeof(*plan) + sizeof(struct copy_padded) +
		       plan->nloops * sizeof(struct copy_padded_dim);
	return sizeof(*plan) + plan->nloops * sizeof(*plan->loops) +
	       (copy_plan_has_context(plan) ? COPY_CONTEXT_BYTES : 0);
}

static uint64_t payload_of_dims(const struct copy_plan *plan)
{
	const struct copy_dim *dims = copy_const_dims(plan);
	uint64_t bytes = plan->elements.bytes;

	for (uint8_t i = 0; i < plan->nloops; i++)
		bytes *= dims[i].extent;
	return bytes;
}

static uint64_t payload_of_boxes(const struct copy_plan *plan)
{
	const struct copy_plan *box = NULL;
	uint64_t bytes = 0;

	for (size_t i = 0; i < plan->boxes.count; i++) {
		box = copy_next_box(plan, box);
		bytes += copy_plan_payload(box);
	}
	return bytes;
}

static uint64_t payload_of_walk(const struct copy_plan *plan)
{
	uint64_t bytes = plan->run.bytes;

	for (uint8_t i = 0; i < plan->walk.dst_loops; i++)
		bytes *= plan->loops[i].extent;
	return bytes;
}

uint64_t copy_compound_payload(const struct copy_plan *plan)
{
	if (plan->kind == COPY_BOXES)
		return payload_of_boxes(plan);
	return plan->kind == COPY_DEREF ? payload_of_dims(plan) : payload_of_walk(plan);
}
