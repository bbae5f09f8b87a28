/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file
 * Layouts: where the elements of multi-dimensional data lie in memory.
 *
 * A layout has a number of dimensions, an extent for each, and an element size in bytes; it
 * turns coordinates into addresses. It describes memory and never owns it. It is made by the
 * constructor of its kind (`aml/layout/dense.h`, `aml/layout/pad.h`, `aml/layout/reshape.h`, or
 * a program's own), derived with aml_layout_slice(), aml_layout_reshape() or
 * aml_layout_duplicate(), and released with aml_layout_destroy().
 *
 *     struct aml_layout *tile;
 *     size_t offsets[] = {0, 64}, dims[] = {32, 32};
 *     if (aml_layout_slice(matrix, &tile, offsets, dims, NULL) == AML_SUCCESS) {
 *             double *first = aml_layout_deref(tile, (size_t[]){0, 0});
 *             …
 *             aml_layout_destroy(&tile);
 *     }
 *
 * User order and native order: a layout's coordinates and extents are written in its order. In
 * column-major (Fortran) order the first one varies fastest in memory, in row-major (C) order
 * the last one does. The native order, in which the library stores, is column-major; for a
 * column-major layout both are the same, for a row-major one the native order is the reverse.
 *
 * An extent of 0 makes an empty layout, which is legal and copies to nothing. It has no element,
 * and may lie at NULL.
 *
 * All functions may be called from any thread and never block; a layout may be read by any
 * number of threads at once. None checks addresses: memory is touched by copies alone.
 */
#ifndef AML_LAYOUT_H
#define AML_LAYOUT_H

#include <stddef.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/** The largest number of dimensions of a layout. */
#define AML_LAYOUT_NDIMS_MAX 64
/**
 * The largest number of pads and reshape layouts that lie over each other, with no layout of
 * another kind between them.
 */
#define AML_LAYOUT_DEPTH_MAX 32

/** The first dimension varies fastest. */
#define AML_LAYOUT_ORDER_COLUMN_MAJOR (0 << 0)
#define AML_LAYOUT_ORDER_FORTRAN (0 << 0)
/** The last dimension varies fastest. */
#define AML_LAYOUT_ORDER_ROW_MAJOR (1 << 0)
#define AML_LAYOUT_ORDER_C (1 << 0)
/** The order's bit of a set of tags. */
#define AML_LAYOUT_ORDER(x) ((x) & (1 << 0))

/** What a kind of layout keeps; cast to the kind's own structure. */
struct aml_layout_data;
struct aml_layout_ops;

/** A layout: its operators and its data. */
struct aml_layout {
	struct aml_layout_ops *ops;
	struct aml_layout_data *data;
};

/**
 * The operators of a kind of layout. Any may be NULL: the function that needs it returns
 * -AML_ENOTSUP, except where said otherwise.
 *
 * A copy needs ndims, dims_native, element_size and deref_native, and calls deref_native once
 * per element, from whichever thread makes it: a worker, or one that waits. The operators must
 * not change the layout and are called without any lock held.
 *
 * The call that posts a copy checks what a layout reports about itself, also beneath pads and
 * reshape layouts: -AML_EINVAL if it cannot be, if it lies at NULL and has an element, or if it is
 * not what the pad or reshape layout over it was made for.
 */
struct aml_layout_ops {
	/** The address of an element by coordinates in user order. */
	void *(*deref)(const struct aml_layout_data *data, const size_t *coords);
	/** The address of an element by coordinates in native order. */
	void *(*deref_native)(const struct aml_layout_data *data, const size_t *coords);
	/**
	 * The raw pointer that the layout is built on. A layout that has elements, and is asked for
	 * each of them, is not copied if this is NULL.
	 */
	void *(*rawptr)(const struct aml_layout_data *data);
	/** AML_LAYOUT_ORDER_…. */
	int (*order)(const struct aml_layout_data *data);
	/** Store the extents in user order. */
	int (*dims)(const struct aml_layout_data *data, size_t *dims);
	/** Store the extents in native order. */
	int (*dims_native)(const struct aml_layout_data *data, size_t *dims);
	/** The number of dimensions, 1 to AML_LAYOUT_NDIMS_MAX. */
	size_t (*ndims)(const struct aml_layout_data *data);
	/** The size of an element in bytes, not 0. */
	size_t (*element_size)(const struct aml_layout_data *data);
	/** Make a layout of the same elements under other extents. */
	int (*reshape)(const struct aml_layout_data *data, struct aml_layout **output,
		       const size_t ndims, const size_t *dims);
	/**
	 * Make a layout of some of the elements, in user order. `offsets` and `strides` are
	 * never NULL here, and the slice lies within the layout.
	 */
	int (*slice)(const struct aml_layout_data *data, struct aml_layout **output,
		     const size_t *offsets, const size_t *dims, const size_t *strides);
	/** The same in native order. */
	int (*slice_native)(const struct aml_layout_data *data, struct aml_layout **output,
			    const size_t *offsets, const size_t *dims, const size_t *strides);
	/** Print the layout, each line after `prefix`, which is not NULL. */
	int (*fprintf)(const struct aml_layout_data *data, FILE *stream, const char *prefix);
	/**
	 * Make an independent copy of the layout's metadata; a `ptr` that is not NULL replaces
	 * the raw pointer. A copy that is posted keeps such a duplicate until it has run, so
	 * that the layout itself may go. The duplicate has the layout's shape: with another one,
	 * posting returns -AML_EINVAL.
	 */
	int (*duplicate)(const struct aml_layout *layout, struct aml_layout **output, void *ptr);
	/**
	 * Release the layout. NULL: it is one allocation, released with free().
	 */
	void (*destroy)(struct aml_layout *layout);

	/**
	 * Optional, not in AML: the fast path. A layout whose element at native coordinates c
	 * lies at `base + sum(c[i] * steps[i])` stores the address of element 0 in `base` and
	 * the steps in bytes, negative ones allowed, in `steps`, which has room for
	 * AML_LAYOUT_NDIMS_MAX; copies then run as fast as for a dense layout, and never call
	 * deref_native. A base of NULL is for empty layouts only. It returns AML_SUCCESS, or an
	 * error if this layout cannot be told so, which sends the copy back to deref_native.
	 *
	 * A table that was copied from one of this library's and had its deref_native, ndims,
	 * dims_native or element_size replaced does not get the inherited fast path.
	 */
	int (*steps_native)(const struct aml_layout_data *data, void **base, ptrdiff_t *steps);
};

/**
 * The address of an element.
 *
 * @param layout [in] The layout.
 * @param coords [in] One coordinate per dimension, in user order; not checked: one outside of
 * the extents is undefined.
 * @return The address; NULL with aml_errno AML_EINVAL if an argument is NULL, AML_ENOTSUP if
 * the layout lacks the operator.
 */
void *aml_layout_deref(const struct aml_layout *layout, const size_t *coords);

/**
 * The address of an element, the coordinates checked.
 *
 * @param layout [in] The layout.
 * @param coords [in] One coordinate per dimension, in user order.
 * @return The address; NULL with aml_errno AML_EINVAL if an argument is NULL or a coordinate is
 * not less than its extent, AML_ENOTSUP if the layout lacks an operator that this takes.
 */
void *aml_layout_deref_safe(const struct aml_layout *layout, const size_t *coords);

/**
 * The raw pointer that the layout is built on.
 *
 * @return The pointer, which is NULL for an empty layout that lies there, and aml_errno is left
 * alone; NULL with aml_errno AML_EINVAL if `layout` is NULL, AML_ENOTSUP if it lacks the operator.
 */
void *aml_layout_rawptr(const struct aml_layout *layout);

/**
 * The order of the layout.
 *
 * @return AML_LAYOUT_ORDER_ROW_MAJOR or AML_LAYOUT_ORDER_COLUMN_MAJOR;
 * -AML_EINVAL if `layout` is NULL; -AML_ENOTSUP if it lacks the operator.
 */
int aml_layout_order(const struct aml_layout *layout);

/**
 * The extents of the layout.
 *
 * @param layout [in] The layout.
 * @param dims [out] Room for aml_layout_ndims() extents, in elements, in user order.
 * @return AML_SUCCESS; -AML_EINVAL if an argument is NULL; -AML_ENOTSUP if the layout lacks the
 * operator.
 */
int aml_layout_dims(const struct aml_layout *layout, size_t *dims);

/**
 * The number of dimensions.
 *
 * @return The number; 0 with aml_errno AML_EINVAL if `layout` is NULL, AML_ENOTSUP if it lacks
 * the operator.
 */
size_t aml_layout_ndims(const struct aml_layout *layout);

/**
 * The size of an element.
 *
 * @return The size in bytes; 0 with aml_errno AML_EINVAL if `layout` is NULL, AML_ENOTSUP if it
 * lacks the operator.
 */
size_t aml_layout_element_size(const struct aml_layout *layout);

/**
 * Make a layout of the same elements, in the same order, under other extents.
 *
 * @param layout [in] The layout; it stays as it is, and may go before the new one.
 * @param output [out] The new layout, to be released with aml_layout_destroy().
 * @param ndims [in] The number of new extents.
 * @param dims [in] The new extents, in user order.
 * @return AML_SUCCESS;
 *         -AML_EINVAL if an argument is NULL, `ndims` is 0 or more than
 *         AML_LAYOUT_NDIMS_MAX, the numbers of elements differ, or the
 *         elements do not lie in memory so that a layout of this kind
 *         can describe them (aml_layout_reshape_create() then does);
 *         -AML_ENOMEM; -AML_ENOTSUP if the layout lacks an operator that this takes.
 */
int aml_layout_reshape(const struct aml_layout *layout, struct aml_layout **output,
		       const size_t ndims, const size_t *dims);

/**
 * Make a layout of some of the elements: `dims[i]` of them in dimension i, from `offsets[i]`
 * on, `strides[i]` apart.
 *
 * @param layout [in] The layout; it stays as it is, and may go before the new one.
 * @param output [out] The new layout, to be released with aml_layout_destroy().
 * @param offsets [in] In user order; NULL: 0 in each dimension.
 * @param dims [in] The new extents, in user order.
 * @param strides [in] In user order; NULL: 1 in each dimension; 0 is legal and repeats one
 * element.
 * @return AML_SUCCESS;
 *         -AML_EINVAL if `layout`, `output` or `dims` is NULL, or an element
 *         of the slice does not lie in the layout (an empty slice has none);
 *         -AML_ENOMEM; -AML_ENOTSUP if the layout lacks an operator that this takes.
 */
int aml_layout_slice(const struct aml_layout *layout, struct aml_layout **output,
		     const size_t *offsets, const size_t *dims, const size_t *strides);

/**
 * Print a layout for a person to read.
 *
 * @param stream [in] Where to.
 * @param prefix [in] What begins each line; NULL: nothing.
 * @param layout [in] The layout.
 * @return AML_SUCCESS; -AML_EINVAL if `stream` or `layout` is NULL;
 * -AML_FAILURE if writing failed; -AML_ENOTSUP if the layout lacks the operator.
 */
int aml_layout_fprintf(FILE *stream, const char *prefix, const struct aml_layout *layout);

/**
 * Make an independent copy of a layout (of its metadata, not of the elements).
 *
 * @param src [in] The layout; the target of a pad or reshape layout is duplicated with it.
 * @param out [out] The new layout, to be released with aml_layout_destroy().
 * @param ptr [in] The raw pointer of the new layout; NULL: the same as `src`'s.
 * @return AML_SUCCESS;
 *         -AML_EINVAL if `src` or `out` is NULL, or the target of a pad or reshape layout makes a
 *         duplicate that is not what the layout over it was made for;
 *         -AML_ENOMEM; -AML_ENOTSUP if the layout, or its target, lacks the operator.
 */
int aml_layout_duplicate(const struct aml_layout *src, struct aml_layout **out, void *ptr);

/**
 * Release a layout, and with it the target of a pad or reshape layout; never the memory that it
 * describes.
 *
 * @param layout [inout] The layout; set to NULL. NULL, or a pointer to NULL: nothing happens.
 */
void aml_layout_destroy(struct aml_layout **layout);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif /* AML_LAYOUT_H */
