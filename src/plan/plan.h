/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A copy plan describes a copy between two layouts. A plan is plain data. Only a COPY_DEREF plan
 * refers to layouts. The layouts of any other plan may be destroyed before the plan runs.
 *
 * A plan is one block of memory: struct copy_plan followed by its loops. Make it in a union
 * copy_plan_room on the stack. To copy it, copy copy_plan_size() bytes.
 */
#ifndef PLAN_PLAN_H
#define PLAN_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <aml/layout.h>

#include "layout/sizes.h"

/* The kind of a plan determines which members of struct copy_plan are valid. */
enum copy_kind {
	COPY_EMPTY,     /* nothing to copy; no members */
	COPY_FLAT,      /* `run`, without loops */
	COPY_STRIDED,   /* `run` within at least one loop, the innermost loop first */
	COPY_TRANSPOSE, /* `run`; loop 0 is contiguous in the destination, loop 1 in the source */
	COPY_WALK,      /* `run`, `walk`: the destination's loops, then the source's loops */
	COPY_BOXES,     /* `boxes`: plans of the kinds above, see boxes.c */
	COPY_PADDED,    /* `run`: an element; copy_padded() instead of loops, see padded.c */
	COPY_DEREF,     /* `elements`, `sides`: copy_dims() instead of loops */
};

/*
 * How a flat plan, a strided plan or a transposition is copied. Chosen when a plan or a part is
 * made.
 */
enum copy_method {
	COPY_BY_RUNS,     /* each run separately */
	COPY_BY_STREAM,   /* each run separately, past the caches */
	COPY_BY_ELEMENTS, /* a strided plan of few elements, whose loops are in any order */
	COPY_BY_LOOPED,   /* a strided plan of short runs, by a kernel that has all its loops */
	COPY_BY_STEPPED,  /* a strided plan of rows of short elements, by a kernel with all loops */
	COPY_BY_GATHER,   /* gather short runs into whole lines, which are streamed */
	COPY_BY_TILES,    /* a transposition by tiles in registers */
	COPY_BY_PLANES,   /* the same by a kernel that has the loops around the planes */
	COPY_BY_LISTS,    /* a transposition by tiles of listed rows; `listed` */
	COPY_BY_BLOCKS,   /* a transposition without tiles */
	COPY_BY_COLUMNS,  /* a transposition without tiles, by stages of several rows */
	COPY_BY_STAGE,    /* a transposition by a stage in the first-level cache; `staged` */
	COPY_BY_SHUFFLE,  /* a strided plan by vectors, each shuffled from a few; `shuffled` */
};

enum { COPY_METHOD_MASK = 31, COPY_OPERATOR_MASK = 7 }; /* of the bits in a plan */

/* The operator that a plan is for. */
enum copy_operator {
	COPY_OPERATOR_COPY, /* copy_generic(), copy_1D() and memcpy_op() */
	COPY_OPERATOR_TRANSFORM,
	COPY_OPERATOR_USER,
	COPY_OPERATOR_FILL,
	/* Those from here on make COPY_DEREF plans with a context: see src/ops. */
	COPY_OPERATOR_COMPARE,
	COPY_OPERATOR_CONVERT,
	COPY_OPERATOR_REDUCE,
};

/* The size of the context behind the dimensions of such a plan. */
enum { COPY_CONTEXT_BYTES = 48 };

/* How a COPY_DEREF plan finds the elements of a side. */
enum copy_side {
	COPY_SIDE_ADDRESS,   /* by an address, and a step for each dimension */
	COPY_SIDE_BORROWED,  /* by a layout that the caller owns */
	COPY_SIDE_DUPLICATE, /* by a layout that the plan owns: a copy, or the source of a fill */
};

/* A loop. Steps are in bytes. Except in walks and in plans of few elements, the destination's
 * step is positive. */
struct copy_loop {
	size_t extent;
	ptrdiff_t dst_step, src_step; /* COPY_WALK: 0 for the other side */
};

/* A dimension of the destination of a COPY_DEREF plan. */
struct copy_dim {
	size_t extent;
	union copy_pace {
		ptrdiff_t step; /* if the side is an address: the step in bytes */
		size_t dim;     /* if the side is a layout: the index of its native dimension */
	} dst, src;
};

/*
 * A dimension of the destination of a COPY_PADDED plan. The source has `count` of its iterations,
 * from `from` on.
 */
struct copy_padded_dim {
	size_t extent, from, count;
	ptrdiff_t dst_step, src_step;
};

/* The largest element of a COPY_PADDED plan. */
enum { COPY_NEUTRAL_BYTES = 16 };

/* What a COPY_PADDED plan has in the place of loops. */
struct copy_padded {
	char neutral[COPY_NEUTRAL_BYTES]; /* the neutral element again and again */
	size_t payload;                   /* of the plan */
	struct copy_padded_dim dims[];
};

/* A side of a COPY_DEREF plan. Its enum copy_side selects the member. */
union copy_end {
	char *address;
	struct aml_layout *layout;
};

/* A part of a COPY_DEREF plan: the iterations from `from` up to, not including, `to` of one
 * dimension. */
struct copy_section {
	uint8_t dim;
	size_t from, to;
};

struct copy_plan {
	uint8_t kind;            /* enum copy_kind */
	uint8_t nloops;          /* COPY_PADDED and COPY_DEREF: the number of dimensions */
	uint8_t method : 5;      /* enum copy_method */
	uint8_t op : 3;          /* enum copy_operator; 0 in parts and boxes */
	uint8_t variant : 7;     /* enum copy_variant_id */
	bool timed : 1;          /* report the time that the plan takes; has a `tune_slot` */
	uint8_t tune_slot : 6;   /* of its class, see tune.h */
	bool stream : 1;         /* stream whole lines; has a variant */
	bool src_is_neutral : 1; /* of a box: its source is the neutral element in the block; of a
				    plan: it is one box of a fill, in no block, see boxes.c */
	union {
		struct copy_staged_plane {
			uint8_t row_loop;    /* the loop that continues loop 0; 0: none */
			uint8_t run_loop;    /* the loop that continues loop 1; 0: none */
			uint8_t plane_loops; /* the number of loops of a plane */
		} staged;
		struct copy_listed_plane {
			uint8_t row_loops; /* the set of loops that continue loop 0: bit i is loop i
					    */
			uint8_t plane_loops; /* the number of loops of a plane */
			bool group; /* if it streams: the next loop continues the planes of the
				       destination */
		} listed;
		struct copy_rows {
			uint8_t inside; /* the loops after loop 0 that run within a section of it */
		} rows;                 /* of any other strided plan */
		struct copy_shuffled {
			uint8_t unit_loop;  /* the last loop of a unit */
			uint8_t iterations; /* of that loop in a unit */
			uint8_t row : 1;    /* 1: the loop after it is the row loop; 0: itself */
			uint8_t inside : 7; /* the loops after the row loop that run in a section */
		} shuffled;
		struct {
			uint8_t dst_loops; /* the number of the destination's loops */
		} walk;
		struct {
			uint8_t dst, src;    /* enum copy_side */
			bool concurrent : 1; /* several threads may ask for addresses */
			/* Of an element of the destination; 0: `elements.bytes`. */
			uint8_t dst_bytes : 4;
		} sides;
	};
	union {
		struct {
			size_t bytes; /* of a run; in a transposition or a walk, of an element */
			char *dst;    /* address of the first run */
			const char *src;
		} run;
		struct {
			size_t block_bytes;    /* struct copy_plan, boxes and neutral element */
			size_t neutral_offset; /* of the neutral element in the block */
			size_t count;          /* of boxes */
		} boxes;
		struct {
			size_t bytes; /* of an element; if the sizes differ, of the source */
			union copy_end dst, src;
		} elements;
	};
	struct copy_loop loops[];
};

_Static_assert(sizeof(void *) != 8 || sizeof(struct copy_plan) == 32, "requests must not grow");
_Static_assert(sizeof(struct copy_dim) == sizeof(struct copy_loop),
	       "dimensions are stored in the place of loops");

/*
 * A plan of at most this many elements, of one of some sizes up to a maximum, is not brought into
 * normal form: that would take longer than the copy.
 */
enum { COPY_TINY_ELEMENTS_MAX = 64, COPY_TINY_ELEMENT_BYTES_MAX = 24 };

/* Is a plan of `count` elements of `bytes` bytes copied element by element? */
static inline bool copy_is_tiny(size_t count, size_t bytes)
{
	const uint32_t sizes = 1u << 1 | 1u << 2 | 1u << 3 | 1u << 4 | 1u << 6 | 1u << 8 |
			       1u << 12 | 1u << 16 | 1u << COPY_TINY_ELEMENT_BYTES_MAX;

	return count <= COPY_TINY_ELEMENTS_MAX && bytes <= COPY_TINY_ELEMENT_BYTES_MAX &&
	       (sizes >> bytes & 1) != 0;
}

/* The maximum number of loops: a common refinement, or the loops of both sides of a walk. */
enum { COPY_LOOPS_MAX = 2 * NDIMS_MAX };

/* The largest element of a fill by boxes. */
enum { COPY_FILL_BYTES_MAX = 256 };

/* Room for any plan. */
union copy_plan_room {
	struct copy_plan plan;
	char bytes[sizeof(struct copy_plan) + COPY_LOOPS_MAX * sizeof(struct copy_loop)];
};

_Static_assert(2 * sizeof(struct copy_plan) + NDIMS_MAX * sizeof(struct copy_loop) +
			       COPY_FILL_BYTES_MAX <=
		       sizeof(union copy_plan_room),
	       "any fill fits, with its element");
_Static_assert(sizeof(struct copy_padded) + NDIMS_MAX * sizeof(struct copy_padded_dim) <=
		       COPY_LOOPS_MAX * sizeof(struct copy_loop),
	       "any padded plan fits");

/* Make an empty plan. `run_bytes` is the size of a run or an element. */
static inline struct copy_plan *copy_plan_start(union copy_plan_room *room, size_t run_bytes)
{
	room->plan = (struct copy_plan){.kind = COPY_EMPTY, .run = {.bytes = run_bytes}};
	return &room->plan;
}

/* The dimensions of a COPY_DEREF plan. They are stored where other plans have loops. */
static inline struct copy_dim *copy_dims(struct copy_plan *plan)
{
	return (struct copy_dim *)(void *)plan->loops;
}

static inline const struct copy_dim *copy_const_dims(const struct copy_plan *plan)
{
	return (const struct copy_dim *)(const void *)plan->loops;
}

/* The dimensions of a COPY_PADDED plan. */
static inline struct copy_padded *copy_padded(struct copy_plan *plan)
{
	return (struct copy_padded *)(void *)plan->loops;
}

static inline const struct copy_padded *copy_const_padded(const struct copy_plan *plan)
{
	return (const struct copy_padded *)(const void *)plan->loops;
}

/* The box after `last`. If `last` is NULL, the first box. */
const struct copy_plan *copy_next_box(const struct copy_plan *plan, const struct copy_plan *last);

/* Does a plan that is not empty have a context? */
static inline bool copy_plan_has_context(const struct copy_plan *plan)
{
	return plan->op >= COPY_OPERATOR_COMPARE && plan->kind == COPY_DEREF;
}

/* The context of a plan, if it has one: COPY_CONTEXT_BYTES bytes. */
static inline void *copy_plan_context(struct copy_plan *plan)
{
	return plan->loops + plan->nloops;
}

/* Are both sides of a COPY_DEREF plan addresses? An element then takes no call. */
static inline bool copy_sides_are_addresses(const struct copy_plan *plan)
{
	return plan->sides.dst == COPY_SIDE_ADDRESS && plan->sides.src == COPY_SIDE_ADDRESS;
}

/* The size of an element of the destination of a COPY_DEREF plan. */
static inline size_t copy_dst_bytes(const struct copy_plan *plan)
{
	return plan->sides.dst_bytes > 0 ? plan->sides.dst_bytes : plan->elements.bytes;
}

/* The name of a kind. */
const char *copy_kind_name(uint8_t kind);

/* The name of a method, for people. */
const char *copy_method_name(uint8_t method);

/* The name of a plan in a trace: that of its operator or, of a copy, that of its kind. */
const char *copy_plan_name(const struct copy_plan *plan);

/* The size of the plan itself in bytes. */
size_t copy_plan_size(const struct copy_plan *plan);

/* The number of bytes that a plan copies. For the kinds from COPY_WALK on. */
__attribute__((pure)) uint64_t copy_compound_payload(const struct copy_plan *plan);

/* The number of bytes that a plan copies. */
static inline uint64_t copy_plan_payload(const struct copy_plan *plan)
{
	uint64_t bytes = plan->run.bytes;

	if (plan->kind == COPY_PADDED)
		return copy_const_padded(plan)->payload;
	if (plan->kind >= COPY_WALK)
		return copy_compound_payload(plan);
	for (uint8_t i = 0; i < plan->nloops; i++)
		bytes *= plan->loops[i].extent;
	return plan->kind == COPY_EMPTY ? 0 : bytes;
}

/* Does the plan run only code of the library? Such a plan, and each part of it, cannot fail. */
static inline bool copy_plan_is_own(const struct copy_plan *plan)
{
	return plan->kind != COPY_DEREF;
}

/* The current addresses and iterations of a plan's loops. */
struct copy_place {
	char *dst;
	const char *src;
	size_t index[COPY_LOOPS_MAX];
};

/* Set `place` to the first iteration of the loops from index `inner` on. */
static inline void copy_first_place(const struct copy_plan *plan, uint8_t inner,
				    struct copy_place *place)
{
	place->dst = plan->run.dst;
	place->src = plan->run.src;
	for (uint8_t i = inner; i < plan->nloops; i++)
		place->index[i] = 0;
}

/*
 * Advance to the next place of the loops from index `inner` up to, but not including, `outer`. If
 * there is none, return false, and begin again.
 */
static inline bool copy_next_place_of(const struct copy_plan *plan, uint8_t inner, uint8_t outer,
				      struct copy_place *place)
{
	for (uint8_t i = inner; i < outer; i++) {
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

/* Advance to the next place. Returns false if there is none. */
static inline bool copy_next_place(const struct copy_plan *plan, uint8_t inner,
				   struct copy_place *place)
{
	return copy_next_place_of(plan, inner, plan->nloops, place);
}

#endif /* PLAN_PLAN_H */
