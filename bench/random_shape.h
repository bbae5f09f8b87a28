/* SPDX-License-Identifier: BSD-3-Clause */
/* Random copies: their shapes depend only on the seed and the number. */
#ifndef RANDOM_SHAPE_H
#define RANDOM_SHAPE_H

#include "shape.h"

/* The range of the payloads in bytes. */
struct payload_range {
	double least, most;
};

/*
 * Make the shape of a random copy: 1 to 6 dimensions in any order, elements of 1 to 32 bytes,
 * slices with odd pitches, strides, repeated elements in the source, and misaligned bases. The
 * payload is about log-uniform in `range`. `about` gets a description.
 */
struct bench_shape random_shape(unsigned long long seed, size_t number,
				const struct payload_range *range, char *about, size_t about_size);

#endif /* RANDOM_SHAPE_H */
