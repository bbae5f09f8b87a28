/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A copy plan: what is left of two layouts once a copy between them was thought through. It is
 * plain data, and does not refer to the layouts (except to those that can only be asked element by
 * element), so that they may go while it waits to run.
 *
 * A plan is one block: a head and as many loops as it has. It is made in a union copy_plan_room on
 * the stack and can be copied from there by copy_plan_size() bytes.
 */
#ifndef PLAN_PLAN_H
#define PLAN_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <aml/layout.h>

#include "layout/sizes.h"

/* What a plan is made of: which members of struct copy_plan it has. */
enum copy_kind {
	COPY_EMPTY,     /* nothing to do; no members */
	COPY_FLAT,      /* `run`, once; no loop */
	COPY_STRIDED,   /* `run` within one loop or more, the innermost first */
	COPY_TRANSPOSE, /* `run`; loop 0 is contiguous in the destination, loop 1 in the source */
	COPY_WALK,      /* `run`, `walk`: loops of the destination, then others of the source */
	COPY_BOXES,     /* `boxes`: plans of the kinds above, see boxes.c */
	COPY_DEREF,     /* `elements`, `sides`: copy_dims() instead of loops */
};

/* How the runs of the first kinds are moved; chosen when a plan or a part is made. */
enum copy_method {
	COPY_BY_RUNS,   /* each run by itself */
	COPY_BY_STREAM, /* each run by itself, past the caches */
	COPY_BY_GATHER, /* short runs gathered into whole lines, which go past the caches */
	COPY_BY_TILES,  /* a transposition by tiles that go through registers */
	COPY_BY_BLOCKS, /* a transposition without tiles */
	COPY_BY_STAGE,  /* a transposition by a stage in the first cache; `staged` */
};

/* What a side of a COPY_DEREF plan is. */
enum copy_side {
	COPY_SIDE_ADDRESS,   /* an address, and a step for each dimension */
	COPY_SIDE_BORROWED,  /* a layout of the caller's */
	COPY_SIDE_DUPLICATE, /* the plan's own duplicate of a layout */
};

/* A loop. The steps are in bytes; those of the destination are positive. */
struct copy_loop {
	size_t extent;
	ptrdiff_t dst_step, src_step; /* COPY_WALK: 0 for the side that the loop does not move */
};

/* A dimension of the destination of a COPY_DEREF plan. */
struct copy_dim {
	size_t extent;
	union copy_pace {
		ptrdiff_t step; /* of an address, in bytes */
		size_t dim;     /* of a layout: the number of its native dimension */
	} dst, src;
};

/* One side of a COPY_DEREF plan, by its enum copy_side. */
union copy_end {
	char *address;
	struct aml_layout *layout;
};

struct copy_plan {
	uint8_t kind;        /* enum copy_kind */
	uint8_t nloops;      /* COPY_DEREF: the number of dimensions */
	uint8_t method;      /* enum copy_method */
	bool stream;         /* whole lines are to go past the caches */
	bool src_is_neutral; /* in a plan of boxes: the source is the block's neutral element */
	union {
		struct copy_staged_plane {
			uint8_t row_loop;    /* the loop that continues loop 0; or 0 */
			uint8_t run_loop;    /* the loop that continues loop 1; or 0 */
			uint8_t plane_loops; /* the number of loops of a plane */
		} staged;
		struct {
			uint8_t dst_loops; /* so many are the destination's */
		} walk;
		struct {
			uint8_t dst, src; /* enum copy_side */
		} sides;
	};
	union {
		struct {
			size_t bytes; /* of a run; an element's of a transposition or a walk */
			char *dst;    /* of the first run */
			const char *src;
		} run;
		struct {
			size_t block_bytes;    /* of the head, the boxes and the neutral element */
			size_t neutral_offset; /* of the neutral element in the block */
			size_t count;
		} boxes;
		struct {
			size_t bytes; /* of an element */
			union copy_end dst, src;
		} elements;
	};
	struct copy_loop loops[];
};

_Static_assert(sizeof(void *) != 8 || sizeof(struct copy_plan) == 32, "requests must not grow");
_Static_assert(sizeof(struct copy_dim) == sizeof(struct copy_loop), "one takes the other's place");

/* The largest number of loops: a refinement's, or those of both sides. */
enum { COPY_LOOPS_MAX = 2 * NDIMS_MAX };

/* Room for any plan. */
union copy_plan_room {
	struct copy_plan plan;
	char bytes[sizeof(struct copy_plan) + COPY_LOOPS_MAX * sizeof(struct copy_loop)];
};

/* Start a plan, which does nothing yet. `run_bytes`: a run's or an element's. */
static inline struct copy_plan *copy_plan_start(union copy_plan_room *room, size_t run_bytes)
{
	room->plan = (struct copy_plan){.kind = COPY_EMPTY, .run = {.bytes = run_bytes}};
	return &room->plan;
}

/* The dimensions of a COPY_DEREF plan, where other plans have loops. */
static inline struct copy_dim *copy_dims(struct copy_plan *plan)
{
	return (struct copy_dim *)(void *)plan->loops;
}

static inline const struct copy_dim *copy_const_dims(const struct copy_plan *plan)
{
	return (const struct copy_dim *)(const void *)plan->loops;
}

/* The box after `last`, the first one after NULL. */
const struct copy_plan *copy_next_box(const struct copy_plan *plan, const struct copy_plan *last);

/* The name of a kind in a trace. */
const char *copy_kind_name(uint8_t kind);

/* What the plan itself occupies, in bytes. */
size_t copy_plan_size(const struct copy_plan *plan);

/* What a plan with loops or boxes moves, in bytes. */
__attribute__((pure)) uint64_t copy_loops_payload(const struct copy_plan *plan);

/* What the plan moves, in bytes. */
static inline uint64_t copy_plan_payload(const struct copy_plan *plan)
{
	return plan->kind == COPY_FLAT ? plan->run.bytes : copy_loops_payload(plan);
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
static inline void copy_first_place(const struct copy_plan *plan, uint8_t inner,
				    struct copy_place *place)
{
	place->dst = plan->run.dst;
	place->src = plan->run.src;
	for (uint8_t i = inner; i < plan->nloops; i++)
		place->index[i] = 0;
}

/* The next place. False: that was the last one. */
static inline bool copy_next_place(const struct copy_plan *plan, uint8_t inner,
				   struct copy_place *place)
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
