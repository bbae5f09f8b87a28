/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The shape of a put or get: one axis for each dimension, in the order of the remote memory, with
 * the steps of both sides. It is not a plan: plans are for copies within memory, and belong to the
 * core.
 *
 * Invariants: no axis has an extent of 0 or 1; remote steps are positive and do not decrease; all
 * bytes together fit size_t, and so does what the remote elements span.
 */
#ifndef MPI_SHAPE_H
#define MPI_SHAPE_H

#include <stdbool.h>
#include <stddef.h>

#include <aml/layout.h>

struct shape_axis {
	size_t extent;
	ptrdiff_t far;  /* the remote step in bytes */
	ptrdiff_t near; /* the local step in bytes; 0 if the local side has no fast path */
	size_t dim;     /* the native dimension of the local side */
	bool reversed;  /* from the end to the beginning of that dimension */
};

struct far_shape {
	size_t element_size;
	size_t at;  /* the displacement of the first element */
	char *near; /* its address on the local side; NULL if that has no fast path */
	size_t n;
	struct shape_axis axes[AML_LAYOUT_NDIMS_MAX];
};

/* One section of a shape: the first axes whole, the next one in blocks, the others one by one. */
struct shape_cut {
	size_t split; /* the axis in blocks, or the number of axes: the whole shape at once */
	size_t block; /* iterations in a block */
	bool done;
	size_t next[AML_LAYOUT_NDIMS_MAX]; /* where the next section begins on each axis */
};

/* The least that a layout with the fast path has: its answers, in native order. */
struct near_steps {
	void *base;
	ptrdiff_t steps[AML_LAYOUT_NDIMS_MAX];
};

/*
 * Make the shape of remote elements, of `ndims` native extents and steps, whose first one has the
 * displacement `at`. None of the extents is 0. `near` is NULL if the local side has no fast path.
 */
void shape_make(struct far_shape *shape, size_t element_size, size_t ndims, const size_t *dims,
		size_t at, const ptrdiff_t *steps, const struct near_steps *near);

/* All bytes of the elements, and the bytes from the first to the last one over there. */
size_t shape_bytes(const struct far_shape *shape);
size_t shape_span(const struct far_shape *shape);

/* Cut a shape into sections of about `bytes`: of elements, or of what they span over there. */
void shape_cut_make(struct shape_cut *cut, const struct far_shape *shape, size_t bytes,
		    bool by_span);

/*
 * Store the next section, with the same axes, whose extents may be 1, and where it begins in
 * `from`. Returns false if there is none.
 */
bool shape_next(struct shape_cut *cut, const struct far_shape *shape, struct far_shape *section,
		size_t *from);

#endif /* MPI_SHAPE_H */
