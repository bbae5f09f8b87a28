/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file
 * More operators of the Linux engine: copies by another order of the dimensions, fills,
 * comparisons, conversions of numbers, and reductions. Not in AML.
 *
 * `aml.h` defines the terms *thread-safe* and *blocks*, and has the rules for every function.
 */
#ifndef AML_DMA_OPERATORS_H
#define AML_DMA_OPERATORS_H

#include <stddef.h>
#include <stdint.h>

#include <aml/layout.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/**
 * @defgroup aml_operators More operators
 *
 * Functions that requests run: copies by other coordinates, fills, comparisons, conversions of
 * numbers, and reductions.
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

/** Where two layouts differ, as aml_dma_linux_compare() reports it. */
struct aml_dma_linux_difference {
	/** The size of the structure: set by AML_DMA_LINUX_DIFFERENCE_INIT. */
	size_t size;
	/** How many elements differ. */
	uint64_t count;
	/**
	 * If `count` is not 0: the native coordinates of the first element that differs. Native
	 * dimension 0 varies fastest. The coordinates of other dimensions than those of the layouts
	 * are 0.
	 */
	size_t coords[AML_LAYOUT_NDIMS_MAX];
};

/** Initialiser of a struct aml_dma_linux_difference. */
#define AML_DMA_LINUX_DIFFERENCE_INIT                       \
	{                                                   \
		sizeof(struct aml_dma_linux_difference), 0, \
		{                                           \
			0                                   \
		}                                           \
	}

/**
 * Operator: compare the bytes of the elements.
 *
 * Floating-point numbers are compared as bytes, too: -0 differs from +0, and a NaN equals a NaN of
 * the same bytes. Both layouts are only read, so a step of 0 is allowed in both. Outside of its
 * target, a pad has its neutral element.
 *
 * @param[in] dst  The first layout: any layout.
 * @param[in] src  The second layout: any layout with the same native dimensions and element size.
 * @param[out] arg  A `struct aml_dma_linux_difference *`, cast, or NULL. The structure must stay
 *   until the request has finished. It is written once, at the end of the request, and not if the
 *   request fails or is cancelled.
 * @retval AML_SUCCESS  All elements are equal, or `arg` says which ones differ.
 * @retval -AML_EINVAL  The layouts do not match; or `arg->size` is smaller than the structure; or
 *   aml_dma_async_copy_custom() would reject one of the layouts. Nothing is written.
 * @retval -AML_ENOTSUP  A layout lacks an operator that the comparison needs.
 * @retval -AML_FAILURE  `arg` is NULL, and an element differs; or a custom layout returned no
 *   address for an element.
 */
int aml_dma_linux_compare(struct aml_layout *dst, const struct aml_layout *src, void *arg);

/** The types of numbers that aml_dma_linux_convert() and aml_dma_linux_reduce() know. */
enum aml_dma_type {
	AML_DMA_I8,   /**< int8_t. */
	AML_DMA_I16,  /**< int16_t. */
	AML_DMA_I32,  /**< int32_t. */
	AML_DMA_I64,  /**< int64_t. */
	AML_DMA_U8,   /**< uint8_t. */
	AML_DMA_U16,  /**< uint16_t. */
	AML_DMA_U32,  /**< uint32_t. */
	AML_DMA_U64,  /**< uint64_t. */
	AML_DMA_F16,  /**< IEEE 754 binary16: 5 bits of exponent, 10 of fraction. */
	AML_DMA_BF16, /**< bfloat16: the upper half of an IEEE 754 binary32. */
	AML_DMA_F32,  /**< float, IEEE 754 binary32. */
	AML_DMA_F64,  /**< double, IEEE 754 binary64. */
};

/** The argument of aml_dma_linux_convert(). */
struct aml_dma_linux_convert_arg {
	/** An enum aml_dma_type: the type of the elements of the destination. */
	int dst_type;
	/** An enum aml_dma_type: the type of the elements of the source. */
	int src_type;
};

/**
 * Operator: convert numbers while copying.
 *
 * - A number that the destination's type has is not changed.
 * - To a floating-point type, other numbers are rounded once, to the nearest, and to even if two
 *   are as near. Beyond the range, the result is an infinity.
 * - From a floating-point to an integer type, the fraction is dropped. Beyond the range, the result
 *   is the nearest integer of the type. A NaN becomes 0.
 * - From an integer to an integer type, the result is the nearest integer of the type.
 * - From a floating-point to a floating-point type, a NaN becomes a quiet NaN, with any sign and
 *   payload. -0 stays -0.
 *
 * The result has the same bytes on every machine, except for NaNs. The default floating-point
 * environment is assumed. Numbers are in the machine's byte order.
 *
 * @param[in] dst  The destination: any layout. Its elements have the size of `dst_type`.
 * @param[in] src  The source: any layout with the same native dimensions. Its elements have the
 *   size of `src_type`. If both types have the same size, it may have the very same elements as
 *   `dst`.
 * @param[in] arg  A `const struct aml_dma_linux_convert_arg *`, cast. Copied.
 * @retval AML_SUCCESS  The elements are converted.
 * @retval -AML_EINVAL  `arg` is NULL or has an unknown type; or the layouts do not match, or have
 *   elements of other sizes; or the destination has a step of 0 over more than one element; or
 *   aml_dma_async_copy_custom() would reject one of the layouts. Nothing is written.
 * @retval -AML_ENOTSUP  A layout lacks an operator that the conversion needs. Nothing is written.
 * @retval -AML_FAILURE  A custom layout returned no address for an element. Some elements may be
 *   converted.
 */
int aml_dma_linux_convert(struct aml_layout *dst, const struct aml_layout *src, void *arg);

/** How aml_dma_linux_reduce() combines two elements. */
enum aml_dma_reduction {
	AML_DMA_REDUCE_SUM,  /**< dst + src. */
	AML_DMA_REDUCE_PROD, /**< dst * src. */
	AML_DMA_REDUCE_MIN,  /**< The smaller one. */
	AML_DMA_REDUCE_MAX,  /**< The larger one. */
	AML_DMA_REDUCE_AND,  /**< dst & src, of integers. */
	AML_DMA_REDUCE_OR,   /**< dst | src, of integers. */
	AML_DMA_REDUCE_XOR,  /**< dst ^ src, of integers. */
	AML_DMA_REDUCE_AXPBY /**< alpha * src + beta * dst. */
};

/** The argument of aml_dma_linux_reduce(). */
struct aml_dma_linux_reduce_arg {
	/** An enum aml_dma_type: the type of the elements of both layouts. */
	int type;
	/** An enum aml_dma_reduction: what to do. */
	int operation;
	/** For AML_DMA_REDUCE_AXPBY: the address of one element of the type. Else not used. */
	const void *alpha;
	/** For AML_DMA_REDUCE_AXPBY: the address of one element of the type. Else not used. */
	const void *beta;
};

/**
 * Operator: combine each element of the destination with that of the source, and store the result
 * in the destination.
 *
 * - Sums and products of integers wrap around.
 * - AML_DMA_F16 and AML_DMA_BF16 are computed in float. The result is rounded once.
 * - AML_DMA_REDUCE_AXPBY rounds each of the products and then the sum. If `beta` is 0, the
 *   destination is not read.
 * - AML_DMA_REDUCE_MIN and AML_DMA_REDUCE_MAX take -0 to be smaller than +0. If one operand is a
 *   NaN, the result is the other one. If both are, it is a quiet NaN.
 *
 * The result has the same bytes on every machine, except that a NaN has any sign and payload. The
 * default floating-point environment is assumed. Numbers are in the machine's byte order. A reduce
 * that is cancelled may have changed some of the elements.
 *
 * @param[in,out] dst  The destination: any layout. Its elements have the size of the type.
 * @param[in] src  The source: any layout with the same native dimensions and element size. It may
 *   have the very same elements as `dst`.
 * @param[in] arg  A `const struct aml_dma_linux_reduce_arg *`, cast. Copied, with `alpha` and
 *   `beta`.
 * @retval AML_SUCCESS  The elements are combined.
 * @retval -AML_EINVAL  `arg` is NULL, or has an unknown type or operation, or a bit operation for
 *   floating-point numbers, or no `alpha` or `beta` for AML_DMA_REDUCE_AXPBY; or the layouts do not
 *   match, or have elements of another size; or the destination has a step of 0 over more than one
 *   element; or aml_dma_async_copy_custom() would reject one of the layouts. Nothing is written.
 * @retval -AML_ENOTSUP  A layout lacks an operator that the reduction needs. Nothing is written.
 * @retval -AML_FAILURE  A custom layout returned no address for an element. Some elements may be
 *   combined.
 */
int aml_dma_linux_reduce(struct aml_layout *dst, const struct aml_layout *src, void *arg);

/** @} */

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif /* AML_DMA_OPERATORS_H */
