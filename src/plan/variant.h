/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The variants: different ways to run the same large plan. Which of them is fastest depends on the
 * machine and on the shape, so choose.c chooses it by measuring. The result of a copy never depends
 * on the variant.
 *
 * A variant is a row of constants. The code that plans or copies reads them through
 * copy_variant_of(). The plan holds only the number of the row.
 *
 * To add a variant:
 *
 *  1. Add a value to enum copy_variant_id, among the values of its kind, and a row to
 *     copy_variants[] in variant.c. A kind has TUNE_VARIANTS_MAX variants at most (tune.h).
 *  2. If the variant sets something new, add a member to struct copy_variant. Its value 0 must be
 *     what plans without a variant do. Read the member where the plan is made, split or run.
 *  3. If not every plan of the kind can run the variant, give the row a condition. Conditions are
 *     evaluated in choose.c.
 *  4. If it should be the first choice somewhere, say so in first_variant() in choose.c.
 *
 * tests/copy/test_kernels.c forces each variant, on each instruction set, and fails if no copy of
 * its random layouts reaches a variant.
 */
#ifndef PLAN_VARIANT_H
#define PLAN_VARIANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plan/plan.h"

/* The variants of a kind follow each other. A plan has 7 bits for its variant. */
enum copy_variant_id {
	VARIANT_NONE, /* a plan that is too small to choose a variant */
	VARIANT_FLAT_CACHED,
	VARIANT_FLAT_STREAM,
	VARIANT_STRIDED_CACHED,
	VARIANT_STRIDED_CACHED_SRC,
	VARIANT_STRIDED_STREAM,
	VARIANT_STRIDED_STREAM_FIRST,
	VARIANT_STRIDED_CACHED_BRICKS,
	VARIANT_STRIDED_STREAM_BRICKS,
	VARIANT_TRANSPOSE_CACHED,
	VARIANT_TRANSPOSE_DIRECT,
	VARIANT_TRANSPOSE_DIRECT_BLOCKS,
	VARIANT_TRANSPOSE_DIRECT_NARROW,
	VARIANT_TRANSPOSE_STAGE_ONCE,
	VARIANT_TRANSPOSE_STAGE_FIRST,
	VARIANT_TRANSPOSE_STAGE_HALF,
	VARIANT_TRANSPOSE_LIST_ONCE,
	VARIANT_TRANSPOSE_LIST_FIRST,
	VARIANT_TRANSPOSE_COLUMNS_ONCE,
	VARIANT_TRANSPOSE_COLUMNS_FIRST,
	VARIANT_TRANSPOSE_CACHED_BRICKS,
	VARIANT_TRANSPOSE_STREAM_BRICKS,
	VARIANTS,
};

_Static_assert(VARIANTS <= 128, "a plan holds its variant in 7 bits");

/* How lines of the source are prefetched. */
enum copy_hint {
	HINT_ONCE,  /* they are used once: prefetchnta */
	HINT_FIRST, /* into the first-level cache: prefetcht0 */
};

/* Which plans of the kind can run a variant. */
enum copy_condition {
	CONDITION_NONE,    /* all */
	CONDITION_STREAMS, /* those with a method that streams */
	CONDITION_ORDER,   /* those by runs whose sides have different orders of steps */
	CONDITION_STAGE,   /* transpositions that can be staged */
	CONDITION_LISTS,   /* transpositions that can be copied by lists */
	CONDITION_COLUMNS, /* transpositions without tiles */
	CONDITION_BRICKS,  /* those whose sides have different orders of steps */
};

struct copy_variant {
	const char *name;  /* within its kind: in AML_DMA_TUNE, in files and in prints */
	uint8_t kind;      /* enum copy_kind */
	uint8_t condition; /* enum copy_condition */
	bool stream;       /* past the caches; else through the caches */
	bool by_src;       /* of plans by runs: loops in the order of the source's steps */
	bool direct;       /* of transpositions: never staged */
	bool lists;        /* of transpositions: by lists */
	bool columns;      /* of transpositions: by columns */
	bool bricks;       /* by bricks, whatever the method of the plan */
	uint8_t hint;      /* enum copy_hint */
	/* Of direct transpositions: the prefetch distance in lines. 0: the CPU prefetches. */
	uint8_t ahead;
	/* Of direct transpositions: a block, in tiles of a destination row, and in lines of a
	 * source row. */
	uint8_t tiles, lines;
	bool half; /* of transpositions: by a stage of half the size */
};

extern const struct copy_variant copy_variants[VARIANTS] __attribute__((visibility("hidden")));

/* The constants of a plan's variant. Never NULL. */
static inline const struct copy_variant *copy_variant_of(const struct copy_plan *plan)
{
	return &copy_variants[plan->variant];
}

#ifdef KERNELS_COUNT
/* How often plans and parts of each variant ran, in the library for tests. Atomic. */
extern unsigned long copy_variant_runs[VARIANTS];
#endif

/* The number of kinds of which some have variants, from COPY_EMPTY on. */
enum { VARIANT_KINDS = COPY_TRANSPOSE + 1 };

/* The first variant of each kind. VARIANT_NONE: the kind has no variants. */
extern const uint8_t copy_first_variant[VARIANT_KINDS] __attribute__((visibility("hidden")));

/* The variant of a kind with this name of `length` characters. VARIANT_NONE if there is none. */
unsigned copy_variant_named(uint8_t kind, const char *name, size_t length);

#endif /* PLAN_VARIANT_H */
