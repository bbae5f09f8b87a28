/* SPDX-License-Identifier: BSD-3-Clause */
/* Sizes whose products overflow, however many bits a size has. */
#ifndef TESTS_SUPPORT_SIZES_H
#define TESTS_SUPPORT_SIZES_H

#include <stddef.h>

#define SIZE_BITS (8 * sizeof(size_t))

/* A power of two. Its product with 2^n is SIZE_MAX + 1. */
#define SIZE_OVER(n) ((size_t)1 << (SIZE_BITS - (n)))

/* A power of two. Its square is SIZE_MAX + 1. */
#define SIZE_ROOT SIZE_OVER(SIZE_BITS / 2)

#endif /* TESTS_SUPPORT_SIZES_H */
