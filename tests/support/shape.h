/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Copies that are given by their extents and by the steps of each side, compared with plain loops.
 * Each test starts engines with 0, 1 and 2 workers in its own process. A copy is made directly, or
 * by one of the engines: synchronously, with a barrier, or with a wait.
 */
#ifndef TESTS_SUPPORT_SHAPE_H
#define TESTS_SUPPORT_SHAPE_H

#include <stddef.h>

#include "random.h"

#define SHAPE_NDIMS 4

/* The extents, and the steps of each side in elements, in native order. */
struct test_shape {
	size_t element_size, ndims, dims[SHAPE_NDIMS], dst[SHAPE_NDIMS], src[SHAPE_NDIMS];
};

/* dst[j][i] = src[i][j] for i < h and j < w. The pitches are the lengths of rows in elements. */
struct test_shape shape_transposition(size_t element_size, size_t h, size_t w, size_t dst_pitch,
				      size_t src_pitch);

void shape_start_engines(void);
void shape_stop_engines(void);

/*
 * Copy guarded random bytes by the shape, and compare with plain loops. Now and then, some
 * dimensions of a side are reversed.
 */
void shape_run(const struct test_shape *shape, struct rng *rng);

#endif /* TESTS_SUPPORT_SHAPE_H */
