/* SPDX-License-Identifier: BSD-3-Clause */
/* Copies of blocks between the sides of a nest and stages. */
#ifndef OPS_STAGE_H
#define OPS_STAGE_H

#include "ops/nest.h"

enum {
	/* The loops of a plan that is kept: more than blocks have whose extents are not tiny. */
	STAGE_LOOPS_MAX = 6,
	/* Plans that are kept: of whole blocks, and of blocks at the ends of loops. */
	STAGE_PLANS = 4,
};

/* The plan of a block. Its addresses are those of the last block. */
struct stage_plan {
	size_t sizes[STAGE_LOOPS_MAX]; /* of the block in the first loops, all 0: no plan */
	ptrdiff_t dst_at, src_at;      /* where the plan begins, from the first element */
	char plan[sizeof(struct copy_plan) + STAGE_LOOPS_MAX * sizeof(struct copy_loop)]
		__attribute__((aligned(_Alignof(struct copy_plan))));
};

/* Copies of the blocks of one side in one direction. */
struct op_stage {
	const struct copy_plan *plan; /* of the operator */
	const struct op_nest *nest;
	union copy_plan_room *room; /* for a plan that is being made */
	char *buffer;
	bool is_dst; /* the side is the destination */
	bool stores; /* from the buffer to the side */
	/* If the side is an address. */
	unsigned next; /* the plan that is replaced next */
	struct stage_plan plans[STAGE_PLANS];
};

/*
 * Copy a block to or from the buffer, in which its elements are contiguous, in the order of the
 * loops. Returns -AML_FAILURE if a layout returned NULL for an element.
 */
int op_stage_copy(struct op_stage *stage, const struct op_block *block);

#endif /* OPS_STAGE_H */
