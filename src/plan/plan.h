/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A copy plan: what is left of two layouts once a copy between them was thought through. It is
 * plain data, and does not refer to the layouts (but for those that can only be asked element
 * by element), so that they may go while it waits to run.
 *
 * A plan is one block: a head and as many loops as it has. It is made in a struct
 * copy_plan_room on the stack and can be copied from there by copy_plan_size() bytes.
 */
#ifndef PLAN_PLAN_H
#define PLAN_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "layout/sizes.h"

/* How a plan runs. */
enum copy_kind {
	COPY_EMPTY,     /* nothing to do */
	COPY_FLAT,      /* one run of `size` bytes; no loop */
	COPY_STRIDED,   /* runs within one loop or more, the innermost first */
	COPY_TRANSPOSE, /* loop 0 is contiguous in the destination, loop 1 in the source */
	COPY_WALK,      /* runs by loops of the destination, and others of the source */
	COPY_BOXES,     /* plans of these kinds, see boxes.c */
	COPY_DEREF,     /* elements of `size` bytes within the destination's dimensions */
};

/* Its name in a trace. */
const char *copy_kind_name(uint8_t kind);

/*
 * A loop. The steps are in bytes; those of the destination are positive. In a COPY_DEREF plan
 * the step of a side that is a layout is the number of its native dimension instead. In a
 * COPY_WALK plan the first `count` loops are the destination's, the others the source's.
 */
struct copy_loop {
	size_t extent;
	ptrdiff_t dst_step, src_step;
};

/* One side of a copy: an address, or a layout to ask for each. */
union copy_side {
	char *base;
	struct aml_layout *layout;
	size_t offset; /* COPY_BOXES, the source: where the neutral element is in the block */
};

struct copy_plan {
	uint8_t kind; /* enum copy_kind */
	uint8_t nloops;
	bool dst_is_layout, src_is_layout; /* in a COPY_DEREF plan */
	bool dst_is_owned, src_is_owned;   /* the layout is the plan's own duplicate */
	bool stream;                       /* whole lines are to go past the caches */
	uint8_t count; /* COPY_WALK: the destination's loops; COPY_BOXES: the boxes */
	size_t size;   /* of a run, in bytes; COPY_BOXES: of the block */
	union copy_side dst, src;
	struct copy_loop loops[];
};

/* The largest number of loops: a refinement's, or those of both sides. */
enum { COPY_LOOPS_MAX = 2 * NDIMS_MAX };

/* Room for any plan. */
union copy_plan_room {
	struct copy_plan plan;
	char bytes[sizeof(struct copy_plan) + COPY_LOOPS_MAX * sizeof(struct copy_loop)];
};

/* Start a plan, which does nothing yet. */
static inline struct copy_plan *copy_plan_start(union copy_plan_room *room, size_t size)
{
	room->plan = (struct copy_plan){.kind = COPY_EMPTY, .size = size};
	return &room->plan;
}

/* The box after `last`, the first one after NULL. */
const struct copy_plan *copy_box(const struct copy_plan *plan, const struct copy_plan *last);

/* What the plan itself occupies, in bytes. */
size_t copy_plan_size(const struct copy_plan *plan);

/* What a plan with loops or boxes moves, in bytes. */
__attribute__((pure)) uint64_t copy_loops_payload(const struct copy_plan *plan);

/* What the plan moves, in bytes. */
static inline uint64_t copy_plan_payload(const struct copy_plan *plan)
{
	return plan->kind == COPY_FLAT ? plan->size : copy_loops_payload(plan);
}

/* Does it run without any code that is not the library's? Then it does not fail either. */
static inline bool copy_plan_is_own(const struct copy_plan *plan)
{
	return plan->kind != COPY_DEREF;
}

/* Where the loops of a plan are. */
struct copy_place {
	char *dst;
	const char *src;
	size_t index[COPY_LOOPS_MAX];
};

/* The first place in the loops from number `inner` on. */
static inline void copy_first(const struct copy_plan *plan, uint8_t inner, struct copy_place *place)
{
	place->dst = plan->dst.base;
	place->src = plan->src.base;
	for (uint8_t i = inner; i < plan->nloops; i++)
		place->index[i] = 0;
}

/* The next place. False: that was the last one. */
static inline bool copy_next(const struct copy_plan *plan, uint8_t inner, struct copy_place *place)
{
	for (uint8_t i = inner; i < plan->nloops; i++) {
		const struct copy_loop *loop = &plan->loops[i];

		if (++place->index[i] < loop->extent) {
			place->dst += loop->dst_step;
			place->src += loop->src_step;
			return true;
		}
		place->index[i] = 0;
		place->dst -= (ptrdiff_t)(loop->extent - 1) * loop->dst_step;
		place->src -= (ptrdiff_t)(loop->extent - 1) * loop->src_step;
	}
	return false;
}

#endif /* PLAN_PLAN_H */
