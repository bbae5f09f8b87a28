/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What all nests share: words, extents, and the address of a row. Only for nests.c and
 * nests_small.c.
 *
 * An element is copied as words, whose number is a constant, as a programmer would copy a pixel or
 * a struct. Bases may be misaligned, so the words are declared without an alignment.
 */
#ifndef NEST_ROWS_H
#define NEST_ROWS_H

#include <stdint.h>

#include "shape.h"

typedef uint8_t word_1;
typedef uint16_t word_2 __attribute__((aligned(1), may_alias));
typedef uint32_t word_4 __attribute__((aligned(1), may_alias));
typedef uint64_t word_8 __attribute__((aligned(1), may_alias));

/* The extents and steps of a nest; the dimensions that a shape lacks have an extent of 1. */
struct loop_nest {
	ptrdiff_t dims[SHAPE_NDIMS];
	ptrdiff_t d[SHAPE_NDIMS], s[SHAPE_NDIMS];
};

static struct loop_nest nest_of(const struct bench_shape *shape)
{
	struct loop_nest n = {.dims = {1, 1, 1, 1, 1, 1}};

	for (size_t i = 0; i < shape->ndims; i++) {
		n.dims[i] = (ptrdiff_t)shape->dims[i];
		n.d[i] = shape->dst_step[i];
		n.s[i] = shape->src_step[i];
	}
	return n;
}

/* A loop over a dimension of the nest `n`. */
#define FOR(i, dimension) for (ptrdiff_t i = 0; i < n.dims[dimension]; i++)

/* The byte offset of the row at i1 … i5 by these steps. */
#define ROW_AT(step) \
	(i1 * (step)[1] + i2 * (step)[2] + i3 * (step)[3] + i4 * (step)[4] + i5 * (step)[5])

#endif /* NEST_ROWS_H */
