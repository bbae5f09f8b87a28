/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file
 * Reshape layouts: the elements of any layout, in native linear order, with other dimensions.
 *
 * `aml.h` defines the terms *thread-safe* and *blocks*, and has the rules for every function.
 */
#ifndef AML_LAYOUT_RESHAPE_H
#define AML_LAYOUT_RESHAPE_H

#include <aml/layout.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/**
 * @defgroup aml_reshapes Reshape layouts
 *
 * The elements of any layout, in the same order, with other extents.
 *
 * aml_layout_reshape_create() creates a reshape layout over a target. The reshape layout then owns
 * its target, and aml_layout_destroy() releases both. Programs written for AML also release a
 * reshape layout with free(), which leaves the target alive.
 *
 * aml_layout_reshape() reshapes a dense layout only if its strides allow it. A reshape layout works
 * over every layout.
 *
 * @code
 * // The 24 elements of a block of 4 × 6 in a larger matrix, as one dimension:
 * struct aml_layout *row;
 * size_t count = 24;
 * int err = aml_layout_reshape_create(&row, block, AML_LAYOUT_ORDER_C, 1, &count);
 *
 * if (err == AML_SUCCESS)
 *         aml_layout_destroy(&row); // Also destroys the block.
 * @endcode
 *
 * Reshape layouts have no reshape and no slice operator: these calls return -AML_ENOTSUP. Up to
 * AML_LAYOUT_DEPTH_MAX pads and reshape layouts may lie over each other.
 *
 * The target must keep its number of dimensions, its extents and its element size while the reshape
 * layout lies over it. If it has not, posting a copy returns -AML_EINVAL. The deref functions do
 * not check the target, because the check would take longer than they do; their results are then
 * undefined.
 * @{
 */

/**
 * The data of a reshape layout, in native order. Programs may read it, and must not change it. The
 * layout, this structure and its arrays are one allocation.
 */
struct aml_layout_data_reshape {
	/** The target. The reshape layout owns it. */
	struct aml_layout *target;
	/** The number of dimensions. */
	size_t ndims;
	/** The number of dimensions of the target. */
	size_t target_ndims;
	/** The extents in elements. */
	size_t *dims;
	/** The distance of neighbours in each dimension, in elements of the linear order. */
	size_t *coffsets;
	/** The extents of the target, in elements. */
	size_t *target_dims;
};

/**
 * Create a reshape layout.
 *
 * Thread-safe. Does not block.
 *
 * @param[out] layout  The layout. The caller releases it with aml_layout_destroy().
 * @param[in] target  The target. On success the new layout owns it; on an error the caller still
 *   does.
 * @param[in] order  The order of the new layout and of `dims`: AML_LAYOUT_ORDER_…. Other bits are
 *   ignored. The target may have another order.
 * @param[in] ndims  The number of dimensions, 1 to AML_LAYOUT_NDIMS_MAX.
 * @param[in] dims  The extents in elements; copied.
 * @retval AML_SUCCESS  The layout is created.
 * @retval -AML_EINVAL  An argument is NULL; or `ndims` is out of range; or the numbers of elements
 *   differ; or a product of the extents and the element size overflows; or the target reports about
 *   itself what cannot be; or the target is the outermost of AML_LAYOUT_DEPTH_MAX pads and reshape
 *   layouts.
 * @retval -AML_ENOTSUP  The target lacks one of the operators ndims, dims_native, element_size and
 *   deref_native.
 * @retval -AML_ENOMEM  Out of memory.
 */
int aml_layout_reshape_create(struct aml_layout **layout, struct aml_layout *target,
			      const int order, const size_t ndims, const size_t *dims);

/**
 * Release a reshape layout and its target: the destroy operator of reshape layouts.
 *
 * Thread-safe. Does not block. Any use of the layout in another thread is undefined.
 *
 * @param[in] layout  The layout. NULL: nothing happens.
 */
void aml_layout_reshape_destroy(struct aml_layout *layout);

/** The operators of row-major reshape layouts. */
extern struct aml_layout_ops aml_layout_reshape_row_ops;
/** The operators of column-major reshape layouts. */
extern struct aml_layout_ops aml_layout_reshape_column_ops;

/** @} */

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif /* AML_LAYOUT_RESHAPE_H */
