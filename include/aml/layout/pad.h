/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file
 * Pad layouts: a layout with other extents, filled up with a neutral element.
 *
 * `aml.h` defines the terms *thread-safe* and *blocks*, and has the rules for every function.
 */
#ifndef AML_LAYOUT_PAD_H
#define AML_LAYOUT_PAD_H

#include <aml/layout.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/**
 * @defgroup aml_pads Pad layouts
 *
 * A layout with other extents, filled up with a neutral element.
 *
 * aml_layout_pad_create() creates a pad over a target. The pad then owns its target, and
 * aml_layout_destroy() releases both. Programs written for AML also release a pad with free(),
 * which leaves the target alive.
 *
 * The target begins at coordinates 0 of the pad, or at the *offsets* that are passed to
 * aml_layout_pad_create_at(). Coordinates there are the elements of the target. All other
 * coordinates are the neutral element. In the source of a copy they have its value; in the
 * destination they are dropped, and the neutral element is never written. Elements of the target
 * beyond the extents of the pad are cropped: the pad does not have them.
 *
 * @code
 * // A row-major layout of 100 × 100 doubles as 128 × 128, filled up with zeros:
 * struct aml_layout *padded;
 * size_t dims[] = {128, 128};
 * double zero = 0.0;
 * int err = aml_layout_pad_create(&padded, AML_LAYOUT_ORDER_C, layout, dims, &zero);
 * @endcode
 * Or with a border of 14 zeros on each side:
 * @code
 * size_t offsets[] = {14, 14};
 * int err = aml_layout_pad_create_at(&padded, AML_LAYOUT_ORDER_C, layout, dims, &zero, offsets);
 * @endcode
 *
 * Pads have no reshape and no slice operator: these calls return -AML_ENOTSUP. Up to
 * AML_LAYOUT_DEPTH_MAX pads and reshape layouts may lie over each other.
 *
 * The target must keep its number of dimensions, its extents and its element size while the pad
 * lies over it. If it has not, posting a copy returns -AML_EINVAL. The deref functions do not check
 * the target, because the check would take longer than they do; their results are then undefined.
 * @{
 */

/**
 * The data of a pad layout, in native order. Programs may read it, and must not change it. The
 * layout, this structure, its arrays and the neutral element are one allocation.
 */
struct aml_layout_pad {
	/** The order: AML_LAYOUT_ORDER_…. */
	int tags;
	/** The target. The pad owns it. */
	struct aml_layout *target;
	/** The number of dimensions, of the pad and of the target. */
	size_t ndims;
	/** The size of an element in bytes, in the pad and in the target. */
	size_t element_size;
	/** The extents of the pad, in elements. */
	size_t *dims;
	/** The extents of the target, in elements. */
	size_t *target_dims;
	/** A copy of the neutral element. */
	void *neutral;
	/**
	 * Not in AML: the coordinates of the pad at which the target begins. All 0 in a pad of
	 * aml_layout_pad_create().
	 */
	size_t *offsets;
};

/**
 * Create a pad layout.
 *
 * Thread-safe. Does not block.
 *
 * @param[out] layout  The layout. The caller releases it with aml_layout_destroy().
 * @param[in] order  The order of the new layout and of `dims`: AML_LAYOUT_ORDER_…. Other bits are
 *   ignored. The target may have another order.
 * @param[in] target  The target. On success the pad owns it; on an error the caller still does.
 * @param[in] dims  The extents in elements, as many as the target has; copied.
 * @param[in] neutral  The neutral element; copied.
 * @retval AML_SUCCESS  The layout is created.
 * @retval -AML_EINVAL  An argument is NULL; or a product of the extents and the element size
 *   overflows; or the target reports about itself what cannot be; or the target is the outermost of
 *   AML_LAYOUT_DEPTH_MAX pads and reshape layouts.
 * @retval -AML_ENOTSUP  The target lacks one of the operators ndims, dims_native, element_size and
 *   deref_native.
 * @retval -AML_ENOMEM  Out of memory.
 */
int aml_layout_pad_create(struct aml_layout **layout, const int order, struct aml_layout *target,
			  const size_t *dims, void *neutral);

/**
 * Create a pad layout whose target begins at any coordinates, so that neutral elements may lie in
 * front of it. Not in AML.
 *
 * Thread-safe. Does not block.
 *
 * @param[out] layout  The layout. The caller releases it with aml_layout_destroy().
 * @param[in] order  The order of the new layout, of `dims` and of `offsets`: AML_LAYOUT_ORDER_….
 *   Other bits are ignored. The target may have another order.
 * @param[in] target  The target. On success the pad owns it; on an error the caller still does.
 * @param[in] dims  The extents in elements, as many as the target has; copied.
 * @param[in] neutral  The neutral element; copied.
 * @param[in] offsets  The coordinates of the pad at which the target begins, as many as the target
 *   has; copied. They may lie beyond `dims`: the whole target is cropped then.
 * @return As aml_layout_pad_create(). `offsets` must not be NULL either.
 */
int aml_layout_pad_create_at(struct aml_layout **layout, const int order, struct aml_layout *target,
			     const size_t *dims, void *neutral, const size_t *offsets);

/**
 * Release a pad layout and its target: the destroy operator of pad layouts.
 *
 * Thread-safe. Does not block. Any use of the layout in another thread is undefined.
 *
 * @param[in] layout  The layout. NULL: nothing happens.
 */
void aml_layout_pad_destroy(struct aml_layout *layout);

/** The operators of row-major pad layouts. */
extern struct aml_layout_ops aml_layout_pad_row_ops;
/** The operators of column-major pad layouts. */
extern struct aml_layout_ops aml_layout_pad_column_ops;

/** @} */

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif /* AML_LAYOUT_PAD_H */
