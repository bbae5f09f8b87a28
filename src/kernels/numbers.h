/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Kernels for contiguous numbers: conversions between types, and reductions. The types and the
 * operations are those of aml/dma/operators.h, which has the exact meaning of each. Every set of
 * kernels gives the same bytes, except for NaNs, which are quiet.
 */
#ifndef KERNELS_NUMBERS_H
#define KERNELS_NUMBERS_H

#include <stdbool.h>
#include <stddef.h>

/* Converts `n` contiguous numbers, at any alignment. `dst` may be `src` if both types have one
 * size. Otherwise, they do not overlap. */
typedef void (*convert_fn)(void *dst, const void *src, size_t n);

/*
 * Replaces each of `n` contiguous numbers of `dst` by its combination with that of `src`, at any
 * alignment. `dst` may be `src`. `alpha` and `beta` are the addresses of one number each, at any
 * alignment, for AML_DMA_REDUCE_AXPBY. Otherwise, they are NULL.
 */
typedef void (*reduce_fn)(void *dst, const void *src, size_t n, const void *alpha,
			  const void *beta);

/* The bytes of a number of this enum aml_dma_type. 0: there is no such type. */
size_t number_bytes(int type);

/* Whether this enum aml_dma_type is a floating-point type. */
bool number_is_float(int type);

/* The fastest kernel that converts. Equal types are valid: NaNs become quiet. NULL: a type is
 * unknown. Thread-safe. */
convert_fn numbers_convert(int dst_type, int src_type);

/*
 * The fastest kernel that combines numbers by this enum aml_dma_reduction. With `overwrites`, for
 * AML_DMA_REDUCE_AXPBY only, the result is alpha * src, `dst` is not read, and `beta` is not used.
 * NULL: the type or the operation is unknown, or the operation is one of bits and the type is
 * floating-point. Thread-safe.
 */
reduce_fn numbers_reduce(int type, int operation, bool overwrites);

#endif /* KERNELS_NUMBERS_H */
