/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file
 * More operators of the Linux engine: copies by another order of the dimensions, and fills. Not in
 * AML.
 *
 * `aml.h` defines the terms *thread-safe* and *blocks*, and has the rules for every function.
 */
#ifndef AML_DMA_OPERATORS_H
#define AML_DMA_OPERATORS_H

#include <aml/layout.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/**
 * @defgroup aml_operators More operators
 *
 * Functions that requests run: copies by other coordinates, and fills.
 *
 * A program passes these functions as the operator of aml_dma_copy_custom(),
 * aml_dma_async_copy_custom() and aml_dma_post(). A Linux engine plans the operation in the call
 * that posts it, as it does for aml_dma_linux_copy_generic(): it may split the request into parts,
 * and the layouts may be destroyed as soon as the call has returned. So may what `arg` points to,
 * and the element of a fill. The errors below are those of the posting call, except for
 * -AML_FAILURE, which is the result of the request.
 *
 * A program may also call the functions itself; they then do everything before they return. Another
 * kind of engine, which does not know them, calls them in this way: the layouts and what `arg`
 * points to must then stay until the request has finished.
 *
 * @code
 * // Set every element of a layout of doubles to 1:
 * double one = 1;
 *
 * aml_dma_copy_custom(aml_dma_linux, dst, (struct aml_layout *)&one, aml_dma_linux_fill, NULL);
 * @endcode
 * @{
 */

/**
 * Operator: copy with permuted dimensions, as aml_copy_layout_transform_generic() does.
 *
 * @param[in] dst  The destination: any layout.
 * @param[in] src  The source: any layout with the same number of dimensions and the same element
 *   size. Native dimension i of `dst` has the extent of native dimension `arg[i]` of `src`.
 * @param[in] arg  A `const size_t *`, cast: a permutation of the dimensions of `src`. Copied.
 * @retval AML_SUCCESS  The elements are copied.
 * @retval -AML_EINVAL  The layouts do not match; or `arg` is NULL or no permutation; or the
 *   destination has a step of 0 over more than one element; or aml_dma_async_copy_custom() would
 *   reject one of the layouts. Nothing is written.
 * @retval -AML_ENOTSUP  A layout lacks an operator that the copy needs. Nothing is written.
 * @retval -AML_FAILURE  A custom layout returned no address for an element. Some elements may be
 *   copied.
 */
int aml_dma_linux_transform(struct aml_layout *dst, const struct aml_layout *src, void *arg);

/**
 * Operator: copy each element to the element with the same coordinates in each layout's own order.
 *
 * aml_dma_linux_copy_generic() compares native coordinates. It copies a row-major 2 x 3 layout to a
 * column-major layout of 3 x 2. This operator copies it to a column-major layout of 2 x 3, and the
 * element in row i and column j of one layout is then the element in row i and column j of the
 * other.
 *
 * @param[in] dst  The destination: any layout with the operator `order`.
 * @param[in] src  The source: any layout with the operator `order`, the same number of dimensions,
 *   the same extents in its own order, and the same element size.
 * @param[in] arg  Not used.
 * @retval AML_SUCCESS  The elements are copied.
 * @retval -AML_EINVAL  The layouts do not match; or the destination has a step of 0 over more than
 *   one element; or aml_dma_async_copy_custom() would reject one of the layouts. Nothing is
 *   written.
 * @retval -AML_ENOTSUP  A layout lacks the operator `order`, or another one that the copy needs.
 *   Nothing is written.
 * @retval -AML_FAILURE  A custom layout returned no address for an element. Some elements may be
 *   copied.
 */
int aml_dma_linux_copy_user(struct aml_layout *dst, const struct aml_layout *src, void *arg);

/**
 * Operator: set every element to one value.
 *
 * Of a pad, only the elements of the target are written.
 *
 * @param[in] dst  The destination: any layout.
 * @param[in] src  The address of the value, cast. It has as many bytes as an element of `dst`.
 *   Copied.
 * @param[in] arg  Not used.
 * @retval AML_SUCCESS  The elements are set.
 * @retval -AML_EINVAL  An argument is NULL; or the destination has a step of 0 over more than one
 *   element; or aml_dma_async_copy_custom() would reject the layout. Nothing is written.
 * @retval -AML_ENOTSUP  The layout lacks an operator that the fill needs. Nothing is written.
 * @retval -AML_ENOMEM  Out of memory. Nothing is written.
 * @retval -AML_FAILURE  A custom layout returned no address for an element. Some elements may be
 *   set.
 */
int aml_dma_linux_fill(struct aml_layout *dst, const struct aml_layout *src, void *arg);

/** @} */

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif /* AML_DMA_OPERATORS_H */
