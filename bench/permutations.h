/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The 57 tensor permutations that Springer, Su and Bientinesi measured for HPTT (arXiv 1704.04374),
 * about 200 MiB each with elements of 4 bytes.
 */
#ifndef PERMUTATIONS_H
#define PERMUTATIONS_H

#include "shape.h"

#define PERMUTATIONS 57

/* Dimension i of the result is dimension order[i] of the source; dimension 0 is the fastest. */
struct permutation {
	size_t ndims;
	size_t order[SHAPE_NDIMS];
	size_t dims[SHAPE_NDIMS]; /* of the source */
};

extern const struct permutation permutations[PERMUTATIONS];

#endif /* PERMUTATIONS_H */
