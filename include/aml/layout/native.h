/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file
 * Layouts in native order.
 */
#ifndef AML_LAYOUT_NATIVE_H
#define AML_LAYOUT_NATIVE_H

#include <aml/layout.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/**
 * @defgroup aml_native_order Layouts in native order
 *
 * Questions to layouts, and slices, with coordinates in native order.
 *
 * In native order, in which the library stores everything, dimension 0 varies fastest, whatever
 * the user order of the layout is. These functions are for code that works on layouts of either
 * order. The rules for threads in `aml/layout.h` apply: every function is thread-safe, and none
 * blocks.
 *
 * @code
 * // The extent of the dimension that varies fastest, or 0:
 * size_t dims[AML_LAYOUT_NDIMS_MAX];
 * size_t fastest = aml_layout_dims_native(layout, dims) == AML_SUCCESS ? dims[0] : 0;
 * @endcode
 * @{
 */

/**
 * Return the address of an element: aml_layout_deref() with native coordinates.
 *
 * Coordinates are not checked: the result for a coordinate outside of the extents is undefined.
 *
 * @param[in] layout  The layout.
 * @param[in] coords  One coordinate per dimension, in native order.
 * @return As aml_layout_deref().
 */
void *aml_layout_deref_native(const struct aml_layout *layout, const size_t *coords);

/**
 * Store the extents of a layout: aml_layout_dims() in native order.
 *
 * @param[in] layout  The layout.
 * @param[out] dims  The extents in elements, in native order. The caller provides room for
 *   aml_layout_ndims() of them.
 * @return As aml_layout_dims().
 */
int aml_layout_dims_native(const struct aml_layout *layout, size_t *dims);

/**
 * Create a layout of some of the elements: aml_layout_slice() in native order.
 *
 * @param[in] layout  The layout. It does not change, and may be destroyed before the new one.
 * @param[out] output  The new layout. The caller releases it with aml_layout_destroy().
 * @param[in] offsets  The offsets in elements, in native order. NULL: 0 in each dimension.
 * @param[in] dims  The new extents in elements, in native order.
 * @param[in] strides  The strides in elements, in native order. NULL: 1 in each dimension.
 * @return As aml_layout_slice(); it needs the operators slice_native, dims_native and ndims.
 */
int aml_layout_slice_native(const struct aml_layout *layout, struct aml_layout **output,
			    const size_t *offsets, const size_t *dims, const size_t *strides);

/** @} */

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif /* AML_LAYOUT_NATIVE_H */
