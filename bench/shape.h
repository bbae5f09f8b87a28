/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The shape of a copy: the one description from which the bench makes the library's layouts,
 * the plain loops, the plans and datatypes of other libraries, and the expected result.
 */
#ifndef SHAPE_H
#define SHAPE_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SHAPE_NDIMS 4

/* Element c lies at `sum(c[i] * step[i])` elements from the start on either side. */
struct shape {
	size_t element_size;
	size_t ndims;
	size_t dims[SHAPE_NDIMS];
	size_t dst_step[SHAPE_NDIMS], src_step[SHAPE_NDIMS];
};

struct aml_layout;

/* One contiguous run of bytes, in 8-byte elements. */
struct shape shape_flat(size_t bytes);

/* Rows of contiguous bytes; `pitch` bytes from one to the next in the source, dense otherwise. */
struct shape shape_block(size_t rows, size_t row_bytes, size_t pitch);

/* Every `step`-th element of the source to a dense destination. */
struct shape shape_take(size_t element_size, size_t count, size_t step);

/*
 * A dense array of `ndims` dimensions with its dimensions permuted: the i-th fastest dimension
 * of the destination is dimension `order[i]` of the source, 0 being the fastest.
 */
struct shape shape_permuted(size_t element_size, size_t ndims, const size_t *dims,
			    const size_t *order);

/* Pixels of `parts` bytes each to as many planes. */
struct shape shape_planes(size_t parts, size_t pixels);

/* The same copy the other way round. */
struct shape shape_back(const struct shape *shape);

/* The same copy with its dimensions in the order of the destination's steps, smallest first. */
struct shape shape_sorted(const struct shape *shape);

/* The bytes that are copied, and those between the first and last touched on a side. */
size_t shape_payload(const struct shape *shape);
size_t shape_extent(const struct shape *shape, const size_t *step);

/* Are the elements of a side dense, in the order of `shape`'s dimensions? */
int shape_is_dense(const struct shape *shape, const size_t *step);

/* Make the library's dense layout of a side. What aml_layout_dense_create() returns. */
int shape_layout(const struct shape *shape, const size_t *step, void *base,
		 struct aml_layout **layout);

/* The copy, element by element and as plain as can be: what all others are checked against. */
void shape_reference(const struct shape *shape, void *dst, const void *src);

#ifdef __cplusplus
}
#endif
#endif /* SHAPE_H */
