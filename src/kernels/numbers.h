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

/*
 * Combines `rows` rows of the source, `src_step` bytes apart, with the rows of the destination for
 * its `columns` columns, `dst_step` bytes apart, on which the source is transposed: compares,
 * converts or reduces. `lines` lines of each row of the destination are combined before the next
 * ones. `alpha` and `beta` are as above. A kernel needs at least COMBINE_ROWS_BYTES of rows and
 * COMBINE_COLUMNS_BYTES of columns, in source elements. It combines each element once, or stores
 * the same number twice. Returns false if a comparison found a difference, which may end it.
 */
typedef bool (*combine_fn)(char *dst, ptrdiff_t dst_step, const char *src, ptrdiff_t src_step,
			   size_t rows, size_t columns, size_t lines, const void *alpha,
			   const void *beta);
enum { COMBINE_ROWS_BYTES = 32, COMBINE_COLUMNS_BYTES = 16 };

/*
 * Good numbers of lines: more for large planes, whose rows may evict each other from the caches,
 * because each row then comes back from far away.
 */
enum { COMBINE_LINES = 4, COMBINE_LINES_LARGE = 8 };

/* Whether a plane is large enough for a kernel. `bytes`: of an element of the source. */
static inline bool combine_fits(size_t rows, size_t columns, size_t bytes)
{
	return rows * bytes >= COMBINE_ROWS_BYTES && columns * bytes >= COMBINE_COLUMNS_BYTES;
}

/*
 * Kernels for the same operation: for the caches, and from memory to lines that are written past
 * the caches. Those need a destination whose rows all begin at lines.
 */
struct combine_kernels {
	combine_fn near, far; /* NULL: there is none; `far`, also if the destination is read */
};

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

/*
 * The kernels that do the same with a transposed source. `combine_equal`: that compare elements of
 * this size.
 */
struct combine_kernels combine_convert(int dst_type, int src_type);
struct combine_kernels combine_reduce(int type, int operation, bool overwrites);
struct combine_kernels combine_equal(size_t bytes);

#endif /* KERNELS_NUMBERS_H */
