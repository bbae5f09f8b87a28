/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Nested plain loops, see nests.h. The makefile compiles this file like loops.c.
 */
#include <stdbool.h>
#include <string.h>

#include "nest_rows.h"
#include "nests.h"
#include "nests_small.h"

/* Define a nest whose innermost loop has these steps in bytes. */
#define NEST(name, word, words, dst_step, src_step)                                       \
	static void name(const struct bench_shape *shape, void *dst, const void *src)     \
	{                                                                                 \
		const struct loop_nest n = nest_of(shape);                                \
		char *restrict to = dst;                                                  \
		const char *restrict from = src;                                          \
                                                                                          \
		FOR(i5, 5)                                                                \
		FOR(i4, 4)                                                                \
		FOR(i3, 3)                                                                \
		FOR(i2, 2)                                                                \
		FOR(i1, 1)                                                                \
		{                                                                         \
			char *restrict row = to + ROW_AT(n.d);                            \
			const char *restrict of = from + ROW_AT(n.s);                     \
                                                                                          \
			FOR(i, 0)                                                         \
			{                                                                 \
				for (int w = 0; w < (words); w++)                         \
					((word *)(row + i * (dst_step)))[w] =             \
						((const word *)(of + i * (src_step)))[w]; \
			}                                                                 \
		}                                                                         \
	}

/* The nests that any element size has. */
#define NESTS(size, word, words)                                             \
	NEST(nest_##size##_any, word, words, n.d[0], n.s[0])                 \
	NEST(nest_##size##_to_dense, word, words, (ptrdiff_t)(size), n.s[0]) \
	NEST(nest_##size##_of_dense, word, words, n.d[0], (ptrdiff_t)(size)) \
	NEST(nest_##size##_dense, word, words, (ptrdiff_t)(size), (ptrdiff_t)(size))

/* The nests of the usual constant steps: repeated, mirrored, and every second to fourth element. */
#define FIXED_NESTS(size, word, words)                                                  \
	NEST(nest_##size##_repeat, word, words, (ptrdiff_t)(size), 0)                   \
	NEST(nest_##size##_mirror, word, words, (ptrdiff_t)(size), -(ptrdiff_t)(size))  \
	NEST(nest_##size##_take_2, word, words, (ptrdiff_t)(size), 2 * (ptrdiff_t)size) \
	NEST(nest_##size##_take_3, word, words, (ptrdiff_t)(size), 3 * (ptrdiff_t)size) \
	NEST(nest_##size##_take_4, word, words, (ptrdiff_t)(size), 4 * (ptrdiff_t)size) \
	NEST(nest_##size##_put_2, word, words, 2 * (ptrdiff_t)(size), (ptrdiff_t)size)  \
	NEST(nest_##size##_put_3, word, words, 3 * (ptrdiff_t)(size), (ptrdiff_t)size)  \
	NEST(nest_##size##_put_4, word, words, 4 * (ptrdiff_t)(size), (ptrdiff_t)size)

/* Three words of four, packed and unpacked: pixels without and with a fourth part. */
#define THIRD_NESTS(size, word, words)                                                      \
	NEST(nest_##size##_pack, word, words, (ptrdiff_t)(size), (ptrdiff_t)(size) / 3 * 4) \
	NEST(nest_##size##_unpack, word, words, (ptrdiff_t)(size) / 3 * 4, (ptrdiff_t)(size))

/* All element sizes, with their words. */
#define FOR_FIXED_SIZES(define)                                                             \
	define(1, word_1, 1) define(2, word_2, 1) define(4, word_4, 1) define(8, word_8, 1) \
		define(16, word_8, 2) define(3, word_1, 3) define(6, word_2, 3)             \
			define(12, word_4, 3) define(24, word_8, 3)
#define FOR_THIRD_SIZES(define)                                                               \
	define(3, word_1, 3) define(6, word_2, 3) define(12, word_4, 3) define(24, word_8, 3) \
		define(48, word_8, 6) define(96, word_8, 12)
#define FOR_OTHER_SIZES(define)                                                                \
	define(5, word_1, 5) define(10, word_2, 5) define(20, word_4, 5) define(32, word_8, 4) \
		define(40, word_8, 5) define(48, word_8, 6) define(80, word_8, 10)             \
			define(96, word_8, 12)

FOR_FIXED_SIZES(NESTS)
FOR_OTHER_SIZES(NESTS)
FOR_FIXED_SIZES(FIXED_NESTS)
FOR_THIRD_SIZES(THIRD_NESTS)

/* A nest and the steps it is for, in bytes. */
#define ANY PTRDIFF_MAX

struct nest_entry {
	size_t size;
	ptrdiff_t dst_step, src_step; /* or ANY */
	bool fixed;                   /* for programmers who know the steps */
	loops_fn nest;
};

#define FIXED_ENTRIES(size, word, words)                              \
	{size, size, 0, true, nest_##size##_repeat},                  \
		{size, size, -(size), true, nest_##size##_mirror},    \
		{size, size, 2 * (size), true, nest_##size##_take_2}, \
		{size, size, 3 * (size), true, nest_##size##_take_3}, \
		{size, size, 4 * (size), true, nest_##size##_take_4}, \
		{size, 2 * (size), size, true, nest_##size##_put_2},  \
		{size, 3 * (size), size, true, nest_##size##_put_3},  \
		{size, 4 * (size), size, true, nest_##size##_put_4},
#define THIRD_ENTRIES(size, word, words)                        \
	{size, size, (size) / 3 * 4, true, nest_##size##_pack}, \
		{size, (size) / 3 * 4, size, true, nest_##size##_unpack},
#define ENTRIES(size, word, words)                                \
	{size, size, size, false, nest_##size##_dense},           \
		{size, size, ANY, false, nest_##size##_to_dense}, \
		{size, ANY, size, false, nest_##size##_of_dense}, \
		{size, ANY, ANY, false, nest_##size##_any},

/* The first match counts. */
static const struct nest_entry nests[] = {FOR_FIXED_SIZES(FIXED_ENTRIES) FOR_THIRD_SIZES(
	THIRD_ENTRIES) FOR_FIXED_SIZES(ENTRIES) FOR_OTHER_SIZES(ENTRIES)};

/* Long contiguous rows, of any element size: a programmer would call memcpy(). */
#define ROW_BYTES 256

static void nest_of_rows(const struct bench_shape *shape, void *dst, const void *src)
{
	const struct loop_nest n = nest_of(shape);
	char *to = dst;
	const char *from = src;
	size_t bytes = shape->dims[0] * shape->element_size;

	FOR(i5, 5)
	FOR(i4, 4)
	FOR(i3, 3)
	FOR(i2, 2)
	FOR(i1, 1)
	memcpy(to + ROW_AT(n.d), from + ROW_AT(n.s), bytes);
}

loops_fn nests_for(const struct bench_shape *shape, bool fixed)
{
	ptrdiff_t size = (ptrdiff_t)shape->element_size;
	loops_fn small = fixed ? nests_small_for(shape) : NULL;

	if (small != NULL)
		return small;
	if (shape->dst_step[0] == size && shape->src_step[0] == size &&
	    shape->dims[0] * shape->element_size >= ROW_BYTES)
		return nest_of_rows;
	for (size_t i = 0; i < sizeof(nests) / sizeof(*nests); i++) {
		if (nests[i].fixed && !fixed)
			continue;
		if (nests[i].size == shape->element_size &&
		    (nests[i].dst_step == ANY || nests[i].dst_step == shape->dst_step[0]) &&
		    (nests[i].src_step == ANY || nests[i].src_step == shape->src_step[0]))
			return nests[i].nest;
	}
	return NULL;
}
