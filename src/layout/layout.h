/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the kinds of layout share, and what a copy asks of a layout. All of it in native order,
 * and with checked arithmetic: a size that overflows is -AML_EINVAL.
 */
#ifndef LAYOUT_LAYOUT_H
#define LAYOUT_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <aml/layout.h>
#include <aml/layout/dense.h>
#include <aml/layout/pad.h>
#include <aml/layout/reshape.h>

#define NDIMS_MAX AML_LAYOUT_NDIMS_MAX

/* What a layout tells of itself. */
struct shape {
	size_t ndims;        /* 1 to NDIMS_MAX */
	size_t element_size; /* in bytes, not 0 */
	size_t dims[NDIMS_MAX];
};

/* A shape whose extents stand elsewhere. */
struct outline {
	size_t ndims, element_size;
	const size_t *dims;
};

static inline struct outline outline_of(const struct shape *shape)
{
	return (struct outline){shape->ndims, shape->element_size, shape->dims};
}

static inline bool any_zero(size_t n, const size_t *sizes)
{
	for (size_t i = 0; i < n; i++)
		if (sizes[i] == 0)
			return true;
	return false;
}

/* How far a step goes, in either direction. */
static inline size_t magnitude(ptrdiff_t step)
{
	return step < 0 ? -(size_t)step : (size_t)step;
}

/* The number of elements; 0 if an extent is 0. -AML_EINVAL if it overflows. */
int layout_count(size_t ndims, const size_t *dims, size_t *count);

/*
 * Ask a layout for its shape. -AML_ENOTSUP if it lacks an operator that a copy takes,
 * -AML_EINVAL if what it says cannot be, or more pads and reshape layouts lie over each other than
 * may.
 */
int layout_shape(const struct aml_layout *layout, struct shape *shape);

/*
 * Ask a layout for its shape again. -AML_EINVAL if it is not this one, or what layout_shape()
 * returns.
 */
int layout_is(const struct aml_layout *layout, const struct outline *outline);

/*
 * Ask each layout within one of this shape for its own again. -AML_EINVAL if one is no longer what
 * the layout over it was made for, or what layout_shape() returns.
 */
int layout_check_targets(const struct aml_layout *layout, const struct outline *outline);

/* Copy n sizes from an array in `order` to one in native order, or back. */
void layout_reorder(int order, size_t n, size_t *to, const size_t *from);

/*
 * The fast path of a layout of this shape: the address of element 0 and a byte step for each native
 * dimension. -AML_ENOTSUP if the layout has none, or inherited one that no longer speaks for it;
 * -AML_EINVAL if its elements lie nowhere or out of reach of each other.
 */
int layout_steps(const struct aml_layout *layout, const struct outline *outline, void **base,
		 ptrdiff_t *steps);

/*
 * The data of a dense layout, which a copy may look into instead of calling the operators; NULL:
 * it is none, or its table is not one of the library's own.
 */
static inline const struct aml_layout_dense *layout_dense(const struct aml_layout *layout)
{
	if (layout == NULL ||
	    (layout->ops != &aml_layout_column_ops && layout->ops != &aml_layout_row_ops))
		return NULL;
	return (const struct aml_layout_dense *)(const void *)layout->data;
}

/* The step of its dimension i, in bytes. */
static inline size_t dense_step(const struct aml_layout_dense *d, size_t i)
{
	return d->stride[i] * d->cpitch[i];
}

/* The data of a pad and of a reshape layout; NULL: it is none, or no longer speaks as one. */
const struct aml_layout_pad *layout_pad(const struct aml_layout *layout);
const struct aml_layout_data_reshape *layout_reshape(const struct aml_layout *layout);

/*
 * Make a copy of a layout of this shape for use in native order that does not need the original.
 * -AML_ENOTSUP: it has neither the fast path nor duplicate, or is a pad or reshape layout over
 * such a one; -AML_EINVAL: the copy would be another layout.
 */
int layout_freeze(const struct aml_layout *layout, const struct outline *outline,
		  struct aml_layout **out);

/*
 * What one of the library's layouts lies over, whoever asks it: NULL if it is no pad or reshape
 * layout. `*outline` becomes the target's, as it was when the layout was made.
 */
struct aml_layout *layout_target(const struct aml_layout *layout, struct outline *outline);

/*
 * How many pads and reshape layouts lie over each other, or one more than AML_LAYOUT_DEPTH_MAX if
 * that are too many.
 */
unsigned layout_depth(const struct aml_layout *layout);

/* Duplicate a layout of this shape. -AML_EINVAL if the duplicate does not have it. */
int layout_duplicate_as(const struct aml_layout *layout, const struct outline *outline,
			struct aml_layout **out, void *ptr);

/*
 * Where to write an element: false if the write is to be dropped, since the coordinates are in
 * a pad's outside. `*place` is NULL if a layout gave no address.
 */
bool layout_place(const struct aml_layout *layout, const size_t *coords, void **place);

/* Print a line "<prefix><label>: <n sizes in `order`>", and tell of failure. */
int layout_print_sizes(FILE *stream, const char *prefix, const char *label, int order, size_t n,
		       const size_t *sizes);

/* The native operators by which the kinds are told from each other. */
void *pad_deref_native(const struct aml_layout_data *data, const size_t *coords);
void *reshape_deref_native(const struct aml_layout_data *data, const size_t *coords);

/* A pad and a reshape layout that are like another one, in native order, over `target`. */
int pad_over(const struct aml_layout_pad *pad, struct aml_layout *target, struct aml_layout **out);
int reshape_over(const struct aml_layout_data_reshape *reshape, struct aml_layout *target,
		 struct aml_layout **out);

/* layout_place() for the data of a pad and of a reshape layout. */
bool pad_place(const struct aml_layout_data *data, const size_t *coords, void **place);
bool reshape_place(const struct aml_layout_data *data, const size_t *coords, void **place);

#endif /* LAYOUT_LAYOUT_H */
