/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file
 * Layouts: where the elements of multi-dimensional data lie in memory.
 *
 * `aml.h` defines the terms *thread-safe* and *blocks*, and has the rules for every function.
 */
#ifndef AML_LAYOUT_H
#define AML_LAYOUT_H

#include <stddef.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/**
 * @defgroup aml_layouts Layouts
 *
 * A layout has a number of dimensions, an extent for each dimension, and an element size in bytes.
 * It maps coordinates to addresses. A layout describes memory and never owns it.
 *
 * The life cycle of a layout:
 *  1. The constructor of its kind creates it (`aml/layout/dense.h`, `aml/layout/steps.h`,
 *     `aml/layout/pad.h`, `aml/layout/reshape.h`, or a custom constructor), or it is derived from
 *     another layout by aml_layout_slice(), aml_layout_reshape(), aml_layout_reverse() or
 *     aml_layout_duplicate().
 *  2. Copies use it, see `aml/dma.h`.
 *  3. aml_layout_destroy() releases it.
 *
 * @code
 * struct aml_layout *tile;
 * size_t offsets[] = {0, 64}, dims[] = {32, 32}, first[] = {0, 0};
 *
 * if (aml_layout_slice(matrix, &tile, offsets, dims, NULL) == AML_SUCCESS) {
 *         double *element = aml_layout_deref(tile, first);
 *
 *         *element = 1.0;
 *         aml_layout_destroy(&tile);
 * }
 * @endcode
 *
 * **User order and native order.** The coordinates and extents of a layout are given in its user
 * order. In column-major (Fortran) order, the first dimension varies fastest in memory; in
 * row-major (C) order, the last one does. The library stores everything in native order, which is
 * column-major. For a column-major layout both orders are the same. For a row-major layout the
 * native order is the reverse of the user order. `aml/layout/native.h` has the functions for native
 * order.
 *
 * **Empty layouts.** An extent of 0 makes an empty layout, which is valid and copies to nothing. An
 * empty layout may lie at NULL.
 *
 * **Threads.** Every function of this group is thread-safe: any number of threads may use a layout
 * at once. Using a layout in any thread while or after another thread destroys it is undefined. No
 * function blocks, except aml_layout_fprintf() on its stream. The operators of a custom layout run
 * in the calling thread, with no lock of the library held.
 *
 * **Memory.** No function checks addresses. Only copies access the memory that a layout describes.
 * @{
 */

/** The largest number of dimensions of a layout. */
#define AML_LAYOUT_NDIMS_MAX 64
/**
 * The largest number of pads and reshape layouts that lie over each other, with no layout of
 * another kind between them.
 */
#define AML_LAYOUT_DEPTH_MAX 32

/** Column-major order: the first dimension varies fastest. */
#define AML_LAYOUT_ORDER_COLUMN_MAJOR (0 << 0)
/** Column-major order, by its other name. */
#define AML_LAYOUT_ORDER_FORTRAN (0 << 0)
/** Row-major order: the last dimension varies fastest. */
#define AML_LAYOUT_ORDER_ROW_MAJOR (1 << 0)
/** Row-major order, by its other name. */
#define AML_LAYOUT_ORDER_C (1 << 0)
/** The bit of the order in a set of tags. */
#define AML_LAYOUT_ORDER(x) ((x) & (1 << 0))

/** The data of a layout: the own type of its kind, cast. */
struct aml_layout_data;
struct aml_layout_ops;

/** A layout. */
struct aml_layout {
	/** The operators of its kind. */
	struct aml_layout_ops *ops;
	/** The data, which every operator gets. */
	struct aml_layout_data *data;
};

/**
 * The operators of a kind of layout.
 *
 * An operator may be NULL: the function that needs it then fails with AML_ENOTSUP, unless the
 * member's description says otherwise. The functions check their arguments, so that an operator
 * gets valid ones only, and return what the operator returns.
 *
 * A copy needs ndims, dims_native, element_size and deref_native. It calls deref_native once per
 * element, in the thread that makes the copy: a worker, or a thread that waits; in several such
 * threads only if the layout is concurrent. An operator must not change the layout. It is called
 * with no lock held.
 *
 * The call that posts a copy checks what a layout reports about itself, also under pads and reshape
 * layouts. It returns -AML_EINVAL if the values are impossible, if a layout that has elements lies
 * at NULL, or if a layout is not the one for which the pad or reshape layout over it was made.
 */
struct aml_layout_ops {
	/** Return the address of an element; `coords` are in user order. */
	void *(*deref)(const struct aml_layout_data *data, const size_t *coords);
	/** Return the address of an element; `coords` are in native order. */
	void *(*deref_native)(const struct aml_layout_data *data, const size_t *coords);
	/**
	 * Return the raw pointer on which the layout is built. If this is NULL, the layout has
	 * elements, and a copy would use deref_native, the copy is refused.
	 */
	void *(*rawptr)(const struct aml_layout_data *data);
	/** Return the order: AML_LAYOUT_ORDER_…. */
	int (*order)(const struct aml_layout_data *data);
	/** Store the extents in user order. */
	int (*dims)(const struct aml_layout_data *data, size_t *dims);
	/** Store the extents in native order. */
	int (*dims_native)(const struct aml_layout_data *data, size_t *dims);
	/** Return the number of dimensions, 1 to AML_LAYOUT_NDIMS_MAX. */
	size_t (*ndims)(const struct aml_layout_data *data);
	/** Return the size of an element in bytes, not 0. */
	size_t (*element_size)(const struct aml_layout_data *data);
	/** Create a layout of the same elements with other extents, in user order. */
	int (*reshape)(const struct aml_layout_data *data, struct aml_layout **output,
		       const size_t ndims, const size_t *dims);
	/**
	 * Create a layout of some of the elements; all arrays are in user order. `offsets` and
	 * `strides` are never NULL, and the slice lies within the layout.
	 */
	int (*slice)(const struct aml_layout_data *data, struct aml_layout **output,
		     const size_t *offsets, const size_t *dims, const size_t *strides);
	/** Do the same as slice, with all arrays in native order. */
	int (*slice_native)(const struct aml_layout_data *data, struct aml_layout **output,
			    const size_t *offsets, const size_t *dims, const size_t *strides);
	/** Print the layout. Each line begins with `prefix`, which is not NULL, and ": ". */
	int (*fprintf)(const struct aml_layout_data *data, FILE *stream, const char *prefix);
	/**
	 * Create an independent copy of the layout's metadata. A `ptr` that is not NULL replaces
	 * the raw pointer. A posted copy keeps such a duplicate until it has run, so that the
	 * layout itself may be destroyed. If a layout has neither this operator nor steps_native,
	 * the layout, and every pad and reshape layout over it, must stay until the copy has run.
	 * The duplicate must have the layout's shape, or the posting call returns -AML_EINVAL.
	 */
	int (*duplicate)(const struct aml_layout *layout, struct aml_layout **output, void *ptr);
	/** Release the layout. NULL: the layout is one allocation, which free() releases. */
	void (*destroy)(struct aml_layout *layout);

	/**
	 * Optional, not in AML: the fast path. It is for layouts whose element at the native
	 * coordinates c lies at `base + sum(c[i] * steps[i])`. The operator stores the address of
	 * element 0 in `base`, and the steps in bytes in `steps`, which has room for
	 * AML_LAYOUT_NDIMS_MAX. Steps may be negative. Only an empty layout may have a base of
	 * NULL. Copies are then as fast as for a dense layout, and never call deref_native.
	 *
	 * The operator returns AML_SUCCESS, or an error if this layout cannot be described so. The
	 * copy then uses deref_native.
	 *
	 * A table that was copied from one of this library's tables does not have the fast path if
	 * its deref_native, ndims, dims_native or element_size was replaced.
	 */
	int (*steps_native)(const struct aml_layout_data *data, void **base, ptrdiff_t *steps);

	/**
	 * Optional, not in AML: whether several threads may call the layout's operators at once for
	 * one request. 1: they may; a large copy that uses deref_native is then split into parts.
	 * Any other value, or NULL: such a copy runs in one thread.
	 *
	 * The layouts of this library are concurrent; a pad or reshape layout is if its target is.
	 * A table that was copied from one of this library's tables is not concurrent if its
	 * deref_native was replaced, unless this operator was replaced too.
	 */
	int (*concurrent)(const struct aml_layout_data *data);
};

/**
 * Return the address of an element.
 *
 * Coordinates are not checked: the result for a coordinate outside of the extents is undefined.
 *
 * @param[in] layout  The layout.
 * @param[in] coords  One coordinate per dimension, in user order.
 * @return The address. NULL with AML_EINVAL in aml_errno if `layout`, `layout->ops` or `coords` is
 *   NULL; with AML_ENOTSUP if the layout lacks the operator.
 */
void *aml_layout_deref(const struct aml_layout *layout, const size_t *coords);

/**
 * Return the address of an element after checking the coordinates.
 *
 * @param[in] layout  The layout.
 * @param[in] coords  One coordinate per dimension, in user order.
 * @return The address. NULL with AML_EINVAL in aml_errno if `layout`, `layout->ops` or `coords` is
 *   NULL, or if a coordinate is not less than its extent; with AML_ENOTSUP if the layout lacks one
 *   of the operators deref, dims and ndims.
 */
void *aml_layout_deref_safe(const struct aml_layout *layout, const size_t *coords);

/**
 * Return the raw pointer on which a layout is built.
 *
 * @param[in] layout  The layout.
 * @return The pointer. It may be NULL for an empty layout; aml_errno is then unchanged. On an error
 *   NULL, with AML_EINVAL in aml_errno if `layout` or `layout->ops` is NULL; with AML_ENOTSUP if
 *   the layout lacks the operator.
 */
void *aml_layout_rawptr(const struct aml_layout *layout);

/**
 * Return the order of a layout.
 *
 * @param[in] layout  The layout.
 * @retval AML_LAYOUT_ORDER_ROW_MAJOR  The layout is row-major.
 * @retval AML_LAYOUT_ORDER_COLUMN_MAJOR  The layout is column-major.
 * @retval -AML_EINVAL  `layout` or `layout->ops` is NULL.
 * @retval -AML_ENOTSUP  The layout lacks the operator.
 */
int aml_layout_order(const struct aml_layout *layout);

/**
 * Store the extents of a layout.
 *
 * @param[in] layout  The layout.
 * @param[out] dims  The extents in elements, in user order. The caller provides room for
 *   aml_layout_ndims() of them.
 * @retval AML_SUCCESS  The extents are stored.
 * @retval -AML_EINVAL  `layout`, `layout->ops` or `dims` is NULL.
 * @retval -AML_ENOTSUP  The layout lacks the operator.
 */
int aml_layout_dims(const struct aml_layout *layout, size_t *dims);

/**
 * Return the number of dimensions of a layout.
 *
 * @param[in] layout  The layout.
 * @return The number. 0 with AML_EINVAL in aml_errno if `layout` or `layout->ops` is NULL; with
 *   AML_ENOTSUP if the layout lacks the operator.
 */
size_t aml_layout_ndims(const struct aml_layout *layout);

/**
 * Return the size of an element.
 *
 * @param[in] layout  The layout.
 * @return The size in bytes. 0 with AML_EINVAL in aml_errno if `layout` or `layout->ops` is NULL;
 *   with AML_ENOTSUP if the layout lacks the operator.
 */
size_t aml_layout_element_size(const struct aml_layout *layout);

/**
 * Create a layout of the same elements, in the same order, with other extents.
 *
 * @param[in] layout  The layout. It does not change, and may be destroyed before the new one.
 * @param[out] output  The new layout. The caller releases it with aml_layout_destroy().
 * @param[in] ndims  The number of new extents, 1 to AML_LAYOUT_NDIMS_MAX.
 * @param[in] dims  The new extents in elements, in user order.
 * @retval AML_SUCCESS  The layout is created.
 * @retval -AML_EINVAL  `layout`, `layout->ops`, `output` or `dims` is NULL; or `ndims` is out of
 *   range; or the numbers of elements differ; or a layout of this kind cannot describe the
 *   elements with these extents, in which case aml_layout_reshape_create() can.
 * @retval -AML_ENOMEM  Out of memory.
 * @retval -AML_ENOTSUP  The layout lacks one of the operators reshape, dims and ndims.
 */
int aml_layout_reshape(const struct aml_layout *layout, struct aml_layout **output,
		       const size_t ndims, const size_t *dims);

/**
 * Create a layout of some of the elements: in dimension i, `dims[i]` elements that begin at
 * coordinate `offsets[i]` and are `strides[i]` coordinates apart.
 *
 * @param[in] layout  The layout. It does not change, and may be destroyed before the new one.
 * @param[out] output  The new layout. The caller releases it with aml_layout_destroy().
 * @param[in] offsets  The offsets in elements, in user order. NULL: 0 in each dimension.
 * @param[in] dims  The new extents in elements, in user order.
 * @param[in] strides  The strides in elements, in user order. NULL: 1 in each dimension. A stride
 *   of 0 is valid and repeats one element.
 * @retval AML_SUCCESS  The layout is created.
 * @retval -AML_EINVAL  `layout`, `layout->ops`, `output` or `dims` is NULL; or an element of the
 *   slice does not lie in the layout (an empty slice has none); or the size of the slice overflows.
 * @retval -AML_ENOMEM  Out of memory.
 * @retval -AML_ENOTSUP  The layout lacks one of the operators slice, dims and ndims.
 */
int aml_layout_slice(const struct aml_layout *layout, struct aml_layout **output,
		     const size_t *offsets, const size_t *dims, const size_t *strides);

/**
 * Create a layout of the same elements with one dimension in reverse order. Not in AML.
 *
 * The new layout is a steps layout (`aml/layout/steps.h`) in the order of `layout`. Its raw pointer
 * is the address of its own element 0, which is the last one of `layout` in that dimension.
 *
 * @code
 * // A picture whose first row in memory is the lowest one, from top to bottom:
 * struct aml_layout *upright;
 * int err = aml_layout_reverse(bitmap, &upright, 0);
 * @endcode
 *
 * @param[in] layout  The layout, of any kind with the fast path (aml_layout_ops::steps_native). It
 *   does not change, and may be destroyed before the new one.
 * @param[out] output  The new layout. The caller releases it with aml_layout_destroy().
 * @param[in] dim  The dimension, in user order.
 * @retval AML_SUCCESS  The layout is created.
 * @retval -AML_EINVAL  `layout`, `layout->ops` or `output` is NULL; or `dim` is not less than the
 *   number of dimensions; or the layout reports about itself what cannot be.
 * @retval -AML_ENOMEM  Out of memory.
 * @retval -AML_ENOTSUP  The layout has no fast path, or lacks one of the operators order, ndims,
 *   dims_native, element_size and deref_native.
 */
int aml_layout_reverse(const struct aml_layout *layout, struct aml_layout **output, size_t dim);

/**
 * Print a layout in readable form.
 *
 * @param[in] stream  The stream to write to.
 * @param[in] prefix  The text that begins each line. Layouts of this library print ": " after it,
 *   as AML does. NULL or empty: neither text nor ": ".
 * @param[in] layout  The layout.
 * @retval AML_SUCCESS  The layout is printed.
 * @retval -AML_EINVAL  `stream`, `layout` or `layout->ops` is NULL.
 * @retval -AML_FAILURE  Writing failed.
 * @retval -AML_ENOTSUP  The layout, or the target of a pad or reshape layout, lacks the operator.
 */
int aml_layout_fprintf(FILE *stream, const char *prefix, const struct aml_layout *layout);

/**
 * Create an independent copy of a layout: of its metadata, not of the elements.
 *
 * @param[in] src  The layout. The target of a pad or reshape layout is duplicated too.
 * @param[out] out  The new layout. The caller releases it with aml_layout_destroy().
 * @param[in] ptr  The raw pointer of the new layout. NULL: the raw pointer of `src`.
 * @retval AML_SUCCESS  The layout is created.
 * @retval -AML_EINVAL  `src`, `src->ops` or `out` is NULL; or the target of a pad or reshape layout
 *   made a duplicate of another shape.
 * @retval -AML_ENOMEM  Out of memory.
 * @retval -AML_ENOTSUP  The layout, or the target of a pad or reshape layout, lacks the operator.
 */
int aml_layout_duplicate(const struct aml_layout *src, struct aml_layout **out, void *ptr);

/**
 * Release a layout, and with it the target of a pad or reshape layout. The memory that the layout
 * describes stays.
 *
 * @param[in,out] layout  The layout. It is set to NULL. Nothing happens if `layout` or `*layout`
 *   is NULL.
 */
void aml_layout_destroy(struct aml_layout **layout);

/** @} */

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif /* AML_LAYOUT_H */
