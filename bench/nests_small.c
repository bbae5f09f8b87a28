/* SPDX-License-Identifier: BSD-3-Clause */
/* Nests with a small constant innermost extent. The makefile compiles this file like loops.c. */
#include "nests_small.h"
#include "nest_rows.h"

/* Define a nest: the extent of dimension 0, its steps, and the steps of dimension 1, in bytes. */
#define SMALL_NEST(name, word, extent, d0, s0, d1, s1)                                     \
	static void name(const struct bench_shape *shape, void *dst, const void *src)      \
	{                                                                                  \
		const struct loop_nest n = nest_of(shape);                                 \
                                                                                           \
		FOR(i5, 5)                                                                 \
		FOR(i4, 4)                                                                 \
		FOR(i3, 3)                                                                 \
		FOR(i2, 2)                                                                 \
		{                                                                          \
			const ptrdiff_t i1 = 0;                                            \
			char *restrict plane = (char *)dst + ROW_AT(n.d);                  \
			const char *restrict of = (const char *)src + ROW_AT(n.s);         \
                                                                                           \
			FOR(j, 1)                                                          \
			{                                                                  \
				for (int i = 0; i < (extent); i++)                         \
					*(word *)(plane + j * (d1) + i * (d0)) =           \
						*(const word *)(of + j * (s1) + i * (s0)); \
			}                                                                  \
		}                                                                          \
	}

/* The nests of an extent. Pixels have constant steps: mirrored, repeated, joined from planes, split
 * to planes. */
#define SMALL_NESTS(name, size, word, extent)                                        \
	SMALL_NEST(name##_any, word, extent, n.d[0], n.s[0], n.d[1], n.s[1])         \
	SMALL_NEST(name##_dense, word, extent, size, size, n.d[1], n.s[1])           \
	SMALL_NEST(name##_to_dense, word, extent, size, n.s[0], n.d[1], n.s[1])      \
	SMALL_NEST(name##_of_dense, word, extent, n.d[0], size, n.d[1], n.s[1])      \
	SMALL_NEST(name##_mirror, word, extent, size, -(size), (extent) * (size),    \
		   (extent) * (size))                                                \
	SMALL_NEST(name##_same, word, extent, size, size, (extent) * (size), 0)      \
	SMALL_NEST(name##_join, word, extent, size, n.s[0], (extent) * (size), size) \
	SMALL_NEST(name##_split, word, extent, n.d[0], size, size, (extent) * (size))

#define FOR_SMALL(define)                                                                       \
	define(small_1_2, 1, word_1, 2) define(small_1_3, 1, word_1, 3)                         \
		define(small_1_4, 1, word_1, 4) define(small_2_2, 2, word_2, 2)                 \
			define(small_2_3, 2, word_2, 3) define(small_2_4, 2, word_2, 4)         \
				define(small_4_2, 4, word_4, 2) define(small_4_3, 4, word_4, 3) \
					define(small_4_4, 4, word_4, 4)                         \
						define(small_8_2, 8, word_8, 2)                 \
							define(small_8_3, 8, word_8, 3)         \
								define(small_8_4, 8, word_8, 4)

FOR_SMALL(SMALL_NESTS)

/* A step that may be anything. */
#define ANY_STEP PTRDIFF_MAX

/* A nest and the steps it is for. */
struct small_nest {
	size_t size, extent;
	ptrdiff_t d0, s0, d1, s1;
	loops_fn nest;
};

/* The first match counts. */
#define SMALL_ENTRIES(name, size, word, extent)                                            \
	{size, extent, size, size, (extent) * (size), 0, name##_same}, {size,              \
									extent,            \
									size,              \
									-(size),           \
									(extent) * (size), \
									(extent) * (size), \
									name##_mirror},    \
		{size, extent, size, ANY_STEP, (extent) * (size), size, name##_join},      \
		{size, extent, ANY_STEP, size, size, (extent) * (size), name##_split},     \
		{size, extent, size, size, ANY_STEP, ANY_STEP, name##_dense},              \
		{size, extent, size, ANY_STEP, ANY_STEP, ANY_STEP, name##_to_dense},       \
		{size, extent, ANY_STEP, size, ANY_STEP, ANY_STEP, name##_of_dense},       \
		{size, extent, ANY_STEP, ANY_STEP, ANY_STEP, ANY_STEP, name##_any},

static const struct small_nest small_nests[] = {FOR_SMALL(SMALL_ENTRIES)};

static int step_fits(ptrdiff_t wanted, ptrdiff_t step)
{
	return wanted == ANY_STEP || wanted == step;
}

loops_fn nests_small_for(const struct bench_shape *shape)
{
	if (shape->ndims < 2)
		return NULL;
	for (size_t i = 0; i < sizeof(small_nests) / sizeof(*small_nests); i++) {
		const struct small_nest *small = &small_nests[i];

		if (small->size == shape->element_size && small->extent == shape->dims[0] &&
		    step_fits(small->d0, shape->dst_step[0]) &&
		    step_fits(small->s0, shape->src_step[0]) &&
		    step_fits(small->d1, shape->dst_step[1]) &&
		    step_fits(small->s1, shape->src_step[1]))
			return small->nest;
	}
	return NULL;
}
