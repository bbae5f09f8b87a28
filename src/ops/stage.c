/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Copies of blocks between the sides of a nest and stages. They are made by copy plans. Most blocks
 * of a part have the same sizes, so some plans are kept: only their addresses change.
 */
#include <string.h>

#include <aml/utils/error.h>

#include "copy/deref.h"
#include "copy/run.h"
#include "layout/sizes.h"
#include "ops/stage.h"
#include "plan/normal.h"

/* Make the plan of a block in the room. `address`: of its first element on the side. */
static void plan_block(struct op_stage *stage, const struct op_block *block, const char *address)
{
	const struct op_nest *nest = stage->nest;
	size_t bytes = stage->is_dst ? nest->dst.bytes : nest->src.bytes, count = 1;
	struct copy_plan *plan = copy_plan_start(stage->room, bytes);
	char *side = (char *)(uintptr_t)address;

	plan->run.dst = stage->stores ? side : stage->buffer;
	plan->run.src = stage->stores ? stage->buffer : side;
	for (uint8_t i = 0; i < nest->n; i++) {
		const struct op_loop *loop = &nest->loops[i];
		ptrdiff_t step = stage->is_dst ? loop->dst_step : loop->src_step;
		ptrdiff_t staged = (ptrdiff_t)(count * bytes);

		count *= block->size[i];
		if (block->size[i] > 1)
			plan->loops[plan->nloops++] =
				(struct copy_loop){block->size[i], stage->stores ? step : staged,
						   stage->stores ? staged : step};
	}
	copy_plan_normalise_near(plan);
}

/* Find the kept plan of a block. NULL: there is none. */
static struct stage_plan *find_plan(struct op_stage *stage, const struct op_block *block)
{
	uint8_t n = stage->nest->n < STAGE_LOOPS_MAX ? stage->nest->n : STAGE_LOOPS_MAX;

	for (unsigned k = 0; k < STAGE_PLANS; k++) {
		const struct stage_plan *kept = &stage->plans[k];
		uint8_t i = 0;

		while (i < n && kept->sizes[i] == block->size[i])
			i++;
		if (i == n)
			return &stage->plans[k];
	}
	return NULL;
}

/* May the plan of a block be kept? The sizes in the first loops must tell it from others. */
static bool may_keep(const struct op_nest *nest, const struct op_block *block)
{
	for (uint8_t i = STAGE_LOOPS_MAX; i < nest->n; i++)
		if (nest->loops[i].block > 1 || block->size[i] > 1)
			return false;
	return true;
}

/* Keep the plan of a block that is in the room. */
static void keep_plan(struct op_stage *stage, const struct op_block *block, const char *address)
{
	const struct copy_plan *plan = &stage->room->plan;
	struct stage_plan *kept = &stage->plans[stage->next++ % STAGE_PLANS];
	const char *dst = stage->stores ? address : stage->buffer;
	const char *src = stage->stores ? stage->buffer : address;

	for (uint8_t i = 0; i < STAGE_LOOPS_MAX; i++)
		kept->sizes[i] = i < stage->nest->n ? block->size[i] : 0;
	kept->dst_at = plan->run.dst - dst;
	kept->src_at = plan->run.src - src;
	memcpy(kept->plan, plan, copy_plan_size(plan));
}

/* Copy a block of a side that is an address. */
static void copy_by_address(struct op_stage *stage, const struct op_block *block)
{
	const char *address = stage->is_dst ? block->dst : block->src;
	struct stage_plan *kept = find_plan(stage, block);
	char *side = (char *)(uintptr_t)address;

	if (kept == NULL) {
		plan_block(stage, block, address);
		(void)copy_plan_run(&stage->room->plan);
		if (may_keep(stage->nest, block))
			keep_plan(stage, block, address);
	} else {
		struct copy_plan *plan = (struct copy_plan *)(void *)kept->plan;

		plan->run.dst = (stage->stores ? side : stage->buffer) + kept->dst_at;
		plan->run.src = (stage->stores ? stage->buffer : side) + kept->src_at;
		(void)copy_plan_run(plan);
	}
}

/* Copy a block of a side that is a layout, whose dimensions are the loops. */
static int copy_by_layout(struct op_stage *stage, const struct op_block *block)
{
	const struct op_nest *nest = stage->nest;
	const struct copy_plan *from = stage->plan;
	const struct copy_dim *from_dims = copy_const_dims(from);
	size_t bytes = stage->is_dst ? nest->dst.bytes : nest->src.bytes, at[OP_LOOPS_MAX];
	struct copy_plan *plan = copy_plan_start(stage->room, 0);
	struct copy_dim *dims = copy_dims(plan);
	uint8_t kind = stage->is_dst ? from->sides.dst : from->sides.src;
	union copy_end side = stage->is_dst ? from->elements.dst : from->elements.src;
	const union copy_end staged = {.address = stage->buffer};
	ptrdiff_t step = (ptrdiff_t)bytes;

	plan->kind = COPY_DEREF;
	plan->nloops = nest->n;
	plan->elements.bytes = bytes;
	plan->elements.dst = stage->stores ? side : staged;
	plan->elements.src = stage->stores ? staged : side;
	plan->sides.dst = stage->stores ? kind : COPY_SIDE_ADDRESS;
	plan->sides.src = stage->stores ? COPY_SIDE_ADDRESS : kind;
	for (uint8_t i = 0; i < nest->n; i++) {
		union copy_pace pace = stage->is_dst ? from_dims[i].dst : from_dims[i].src;
		const union copy_pace buffer = {.step = step};

		dims[i] = (struct copy_dim){block->size[i], stage->stores ? pace : buffer,
					    stage->stores ? buffer : pace};
		step *= (ptrdiff_t)block->size[i];
	}
	op_block_coords(nest, block, at);
	return copy_deref_block(plan, at);
}

int op_stage_copy(struct op_stage *stage, const struct op_block *block)
{
	if ((stage->is_dst ? block->dst : block->src) == NULL)
		return copy_by_layout(stage, block);
	copy_by_address(stage, block);
	return AML_SUCCESS;
}
