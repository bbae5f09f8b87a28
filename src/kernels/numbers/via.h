/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Kernels for numbers that work in two or more steps, with the numbers between the steps in a small
 * buffer, which stays in the first cache.
 */
#ifndef KERNELS_NUMBERS_VIA_H
#define KERNELS_NUMBERS_VIA_H

#include "kernels/numbers.h"

/* A conversion in two steps. The type between has at most 8 bytes. */
struct numbers_via {
	convert_fn first, second;
	size_t dst_bytes, src_bytes; /* of a number */
};

/* Converts in two steps. */
void numbers_convert_via(void *dst, const void *src, size_t n, const struct numbers_via *via);

/* A reduction in float of numbers with 2 bytes. */
struct numbers_reduce_via {
	convert_fn widen, narrow; /* to float and back */
	reduce_fn reduce;
	bool overwrites; /* does not read the destination */
};

/* Combines in float. */
void numbers_reduce_via(void *dst, const void *src, size_t n, const void *alpha, const void *beta,
			const struct numbers_reduce_via *via);

#endif /* KERNELS_NUMBERS_VIA_H */
