/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The shape of a copy. The benchmark derives from this one description the library's layouts,
 * the plain loops, the plans and datatypes of other libraries, and the expected result.
 */
#ifndef SHAPE_H
#define SHAPE_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SHAPE_NDIMS 6

/*
 * On each side, element c lies `sum(c[i] * step[i])` bytes after element 0. Steps may be negative.
 * A step of 0 in the source repeats elements. A shift is the distance in bytes from the start of a
 * page to the lowest element of the side.
 */
struct bench_shape {
	size_t element_size;
	size_t ndims;
	size_t dims[SHAPE_NDIMS];
	ptrdiff_t dst_step[SHAPE_NDIMS], src_step[SHAPE_NDIMS];
	size_t dst_shift, src_shift;
};

struct aml_layout;

/* A contiguous run of `bytes` bytes, in 8-byte elements. */
struct bench_shape shape_flat(size_t bytes);

/* Rows of contiguous bytes. The source has `pitch` bytes per row; the destination is dense. */
struct bench_shape shape_block(size_t rows, size_t row_bytes, size_t pitch);

/* Copy every `step`-th element of the source to a dense destination. */
struct bench_shape shape_take(size_t element_size, size_t count, size_t step);

/*
 * Permute the dimensions of a dense array. The i-th fastest dimension of the destination is
 * dimension `order[i]` of the source; dimension 0 is the fastest.
 */
struct bench_shape shape_permuted(size_t element_size, size_t ndims, const size_t *dims,
				  const size_t *order);

/* Copy pixels of `parts` bytes each to `parts` planes. */
struct bench_shape shape_planes(size_t parts, size_t pixels);

/* The same copy with source and destination exchanged. */
struct bench_shape shape_back(const struct bench_shape *shape);

/* The same copy with its dimensions sorted by the destination's steps, smallest first. */
struct bench_shape shape_sorted(const struct bench_shape *shape);

/* The same copy without extents of 1, and with neighbouring dimensions merged where possible. */
struct bench_shape shape_merged(const struct bench_shape *shape);

/* The number of bytes that are copied, and the size of the memory that a side spans. */
size_t shape_payload(const struct bench_shape *shape);
size_t shape_extent(const struct bench_shape *shape, const ptrdiff_t *step);

/* The distance in bytes from the lowest element of a side to element 0. */
size_t shape_below(const struct bench_shape *shape, const ptrdiff_t *step);

/* True if the elements of a side are dense, in the order of `shape`'s dimensions. */
int shape_is_dense(const struct bench_shape *shape, const ptrdiff_t *step);

/*
 * Create the layout of a side. `base` is the address of element 0. The layout is dense where its
 * steps allow, else a layout of steps. Returns an error of the library.
 */
int shape_layout(const struct bench_shape *shape, const ptrdiff_t *step, void *base,
		 struct aml_layout **layout);

/*
 * Copy element by element. All contestants are checked against this result. The addresses are those
 * of element 0.
 */
void shape_reference(const struct bench_shape *shape, void *dst, const void *src);

#ifdef __cplusplus
}
#endif
#endif /* SHAPE_H */
