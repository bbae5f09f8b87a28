/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Copies given by their extents and by each side's steps, against plain loops: in a process of its
 * own each test starts engines of 0, 1 and 2 workers, and copies directly or by one of them in one
 * of its ways.
 */
#ifndef TESTS_SUPPORT_SHAPE_H
#define TESTS_SUPPORT_SHAPE_H

#include <stddef.h>

#include "random.h"

#define SHAPE_NDIMS 4

/* Extents, and each side's steps in elements, in native order. */
struct shape {
	size_t element_size, ndims, dims[SHAPE_NDIMS], dst[SHAPE_NDIMS], src[SHAPE_NDIMS];
};

/* dst[j][i] = src[i][j] for i < h and j < w, with pitches. */
struct shape shape_transposition(size_t element_size, size_t h, size_t w, size_t dst_pitch,
				 size_t src_pitch);

void shape_start_engines(void);
void shape_stop_engines(void);

/* Copy guarded random bytes by the shape, and compare. */
void shape_run(const struct shape *shape, struct rng *rng);

#endif /* TESTS_SUPPORT_SHAPE_H */
