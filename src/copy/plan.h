/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A copy plan: what is left of two layouts once a copy between them was thought through. It is
 * plain data, and does not refer to the layouts (but for those that can only be asked element
 * by element), so that they may go while it waits to run.
 *
 * A plan is one block: a head and as many loops as it has. It is made in a struct
 * copy_plan_room on the stack and can be copied from there by copy_plan_size() bytes.
 */
#ifndef COPY_PLAN_H
#define COPY_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "layout/view.h"

/*
 * A copy by one of the library's operators takes no more of a thread's stack than this, from the
 * call that posts, runs or releases it on; what a program's own layouts take in it is not counted.
 */
enum { COPY_STACK_BYTES = 64 << 10 };

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

/*
 * Plan to copy layout to layout: dimension i of `dst` is dimension `permutation[i]` of `src`,
 * all in native order; NULL: dimension i. -AML_EINVAL if they do not match,
 * -AML_ENOTSUP if one lacks an operator.
 */
int copy_plan_layouts(union copy_plan_room *room, struct aml_layout *dst,
		      const struct aml_layout *src, const size_t *permutation);

/* The same for contiguous layouts of one dimension; all others are -AML_EINVAL. */
int copy_plan_1d(union copy_plan_room *room, struct aml_layout *dst, const struct aml_layout *src);

/*
 * Plan a copy from view to view, whose elements have the same linear order. They are changed on
 * the way. -AML_EINVAL if they have not as many elements, or none.
 */
int copy_plan_views(union copy_plan_room *room, struct view *dst, struct view *src, size_t size);

/*
 * Plan a copy from or to a pad. -AML_ENOTSUP: it cannot be done in boxes, and the room's
 * content is undefined; -AML_EINVAL: what is within a pad cannot be, or not be written to.
 */
int copy_plan_boxes(union copy_plan_room *room, const struct aml_layout *dst,
		    const struct aml_layout *src, const struct outline *outline);

/* The box after `last`, the first one after NULL; and a copy of it that can be run. */
const struct copy_plan *copy_box(const struct copy_plan *plan, const struct copy_plan *last);
void copy_take_box(const struct copy_plan *plan, const struct copy_plan *box,
		   union copy_plan_room *room);

/* Plan to copy bytes. -AML_EINVAL if an address is NULL and the size is not 0. */
int copy_plan_bytes(union copy_plan_room *room, void *dst, const void *src, size_t size);

/*
 * Make the plan outlive the layouts that it refers to, where they can be duplicated. It is one
 * without a permutation. -AML_ENOMEM, -AML_EINVAL if a duplicate is another layout, or what a
 * layout's operator returned: the plan is as before.
 */
int copy_plan_keep(struct copy_plan *plan);

/* Release what copy_plan_keep() made. Not the plan, whose memory is its holder's. */
void copy_plan_release(struct copy_plan *plan);

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

/*
 * Run a plan, any number of times. AML_SUCCESS, or -AML_FAILURE if a layout gave no address for
 * an element.
 */
int copy_plan_run(const struct copy_plan *plan);

/* What a part moves, in bytes, if it can be cut so. Tests build with less. */
#ifndef COPY_PART
#define COPY_PART (512 << 10)
#endif

/* How many parts a plan is worth being cut into that moves 4 * COPY_PART bytes or more. */
unsigned copy_plan_large_parts(const struct copy_plan *plan);

/* The same for any plan: 1 but for large copies of the library's own. */
static inline unsigned copy_plan_parts(const struct copy_plan *plan)
{
	return copy_plan_payload(plan) < 4 * COPY_PART ? 1 : copy_plan_large_parts(plan);
}

/* Run one of these parts. Together they do what copy_plan_run() does, each element once. */
void copy_plan_run_part(const struct copy_plan *plan, unsigned part);

/* The kinds' own parts of copy_plan_run(); copy_strided() is the innermost loop from there. */
void copy_strided(const struct copy_plan *plan, char *dst, const char *src);
void copy_transpose(const struct copy_plan *plan);
void copy_staged(const struct copy_plan *plan);
void copy_walk(const struct copy_plan *plan);
void copy_boxes(const struct copy_plan *plan);
int copy_deref(const struct copy_plan *plan);

/*
 * How many loops of a transposition copy_staged() takes for a plane; 0: it is copy_transpose()'s.
 * And an order with those that it likes behind the first two.
 */
uint8_t copy_staged_loops(const struct copy_plan *plan);
void copy_staged_order(struct copy_plan *plan);

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

/* A loop over runs of `size` bytes; the function for the size. */
typedef void (*row_fn)(char *dst, const char *src, size_t size, const struct copy_loop *loop);
row_fn copy_row(size_t size);

#endif /* COPY_PLAN_H */
