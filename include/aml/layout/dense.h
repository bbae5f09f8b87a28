/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file
 * Dense layouts: elements at regular distances, with strides and pitches.
 *
 * `aml.h` defines the terms *thread-safe* and *blocks*, and has the rules for every function.
 */
#ifndef AML_LAYOUT_DENSE_H
#define AML_LAYOUT_DENSE_H

#include <aml/layout.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/**
 * @defgroup aml_dense Dense layouts
 *
 * Blocks of arrays, described by extents, strides and pitches.
 *
 * aml_layout_dense_create() creates a dense layout, and aml_layout_destroy() releases it. Programs
 * written for AML also release it with free().
 *
 * The *pitch* of a dimension is the number of elements that memory holds along it. The *stride* is
 * the number of these elements from one element of the layout to the next. In native order,
 * `cpitch[0]` is the element size, and `cpitch[i] = cpitch[i - 1] * pitch[i - 1]`. Element c lies
 * at `ptr + sum(c[i] * stride[i] * cpitch[i])`.
 *
 * If every pitch is 1, the strides are the distances themselves, in elements. So a dense layout can
 * describe every mapping whose distances in bytes are multiples of the element size.
 *
 * @code
 * // A block of 4 × 6 elements in a row-major matrix of 50 rows and 100 columns:
 * struct aml_layout *block;
 * size_t dims[] = {4, 6}, pitch[] = {50, 100};
 * int err = aml_layout_dense_create(&block, &matrix[10][20], AML_LAYOUT_ORDER_C, sizeof(double),
 *                                   2, dims, NULL, pitch);
 * @endcode
 *
 * A copy takes each element to the element with the same native coordinates. So a transposition is
 * a copy to a layout with the extents of the source and the distances of the transposed array:
 *
 * @code
 * // Element (i, k) of a row-major matrix `a` of 50 rows and 100 columns lies in `b` at b[k][i]:
 * size_t dims[] = {50, 100}, distances[] = {1, 50}, ones[] = {1, 1};
 *
 * err = aml_layout_dense_create(&src, a, AML_LAYOUT_ORDER_C, sizeof(double), 2, dims, NULL, NULL);
 * err = aml_layout_dense_create(&dst, b, AML_LAYOUT_ORDER_C, sizeof(double), 2, dims, distances,
 *                               ones);
 * @endcode
 *
 * A copy from a row-major layout to a column-major one does not transpose: with the extents of the
 * one in reverse order, it leaves the bytes in their order.
 *
 * A stride of 0 repeats one element. It is valid in the source of a copy; in a destination, only
 * over at most one element. Other elements of a destination that share bytes are the program's
 * error, and their contents are undefined.
 *
 * Slices and reshapes of dense layouts are dense layouts. aml_layout_reshape() works if the strides
 * allow it, and else returns -AML_EINVAL.
 * @{
 */

/**
 * The data of a dense layout, in native order. Programs may read it, and must not change it. The
 * layout, this structure and its arrays are one allocation. The arrays lie one after the other.
 */
struct aml_layout_dense {
	/** The address of element 0. In an empty layout, any address. */
	void *ptr;
	/** The number of dimensions. */
	size_t ndims;
	/** The extents in elements. */
	size_t *dims;
	/** The distances of neighbours, in units of cpitch. */
	size_t *stride;
	/** The cumulated pitches in bytes, `ndims + 1` of them. The first is the element size. */
	size_t *cpitch;
};

/**
 * Create a dense layout.
 *
 * Thread-safe. Does not block.
 *
 * @param[out] layout  The layout. The caller releases it with aml_layout_destroy().
 * @param[in] ptr  The address of the first element. The caller keeps owning the memory. NULL is
 *   valid for an empty layout.
 * @param[in] order  The order of the layout and of the three arrays: AML_LAYOUT_ORDER_…. Other bits
 *   are ignored.
 * @param[in] element_size  The size of an element in bytes, not 0.
 * @param[in] ndims  The number of dimensions, 1 to AML_LAYOUT_NDIMS_MAX.
 * @param[in] dims  The extents in elements; copied. 0 makes an empty layout.
 * @param[in] stride  The strides in elements; copied. NULL: 1 in each dimension.
 * @param[in] pitch  The pitches in elements; copied. NULL: the extents.
 * @retval AML_SUCCESS  The layout is created.
 * @retval -AML_EINVAL  `layout` or `dims` is NULL; or `ptr` is NULL and no extent is 0; or
 *   `element_size` is 0; or `ndims` is out of range; or a product or sum of the sizes overflows; or
 *   the elements span more than PTRDIFF_MAX bytes.
 * @retval -AML_ENOMEM  Out of memory.
 */
int aml_layout_dense_create(struct aml_layout **layout, void *ptr, const int order,
			    const size_t element_size, const size_t ndims, const size_t *dims,
			    const size_t *stride, const size_t *pitch);

/** @} */

/**
 * @defgroup aml_dense_operators Operators of dense layouts
 *
 * These functions are for operator tables of custom layouts whose data is a struct
 * aml_layout_dense. Each does what the member of struct aml_layout_ops says, and relies on what
 * that member is promised: a NULL argument, coordinates outside of the extents, or a slice outside
 * of the layout is undefined. All are thread-safe and do not block.
 *
 * @code
 * // A deref operator that counts its calls:
 * static void *counting_deref(const struct aml_layout_data *data, const size_t *coords)
 * {
 *         calls++;
 *         return aml_layout_row_deref(data, coords);
 * }
 *
 * struct aml_layout_ops ops = aml_layout_row_ops;
 * ops.deref = counting_deref;
 * @endcode
 * @{
 */

/**
 * Return the address of an element: the deref operator of column-major layouts, and the
 * deref_native operator of all.
 *
 * @param[in] data  The data of a dense layout.
 * @param[in] coords  One coordinate per dimension, in native order.
 * @return The address.
 */
void *aml_layout_column_deref(const struct aml_layout_data *data, const size_t *coords);

/**
 * Return the order: the order operator of column-major layouts.
 *
 * @param[in] data  Not used.
 * @return AML_LAYOUT_ORDER_COLUMN_MAJOR.
 */
int aml_layout_column_order(const struct aml_layout_data *data);

/**
 * Reshape a dense layout into a column-major one: the reshape operator.
 *
 * @param[in] data  The data of a dense layout.
 * @param[out] output  The new layout. The caller releases it with aml_layout_destroy().
 * @param[in] ndims  The number of new extents, 1 to AML_LAYOUT_NDIMS_MAX.
 * @param[in] dims  The new extents in elements, in column-major order. Their
 *   product is the number of elements.
 * @retval AML_SUCCESS  The layout is created.
 * @retval -AML_EINVAL  The strides do not allow these extents.
 * @retval -AML_ENOMEM  Out of memory.
 */
int aml_layout_column_reshape(const struct aml_layout_data *data, struct aml_layout **output,
			      const size_t ndims, const size_t *dims);

/**
 * Create a column-major slice: the slice and slice_native operator of column-major layouts.
 *
 * @param[in] data  The data of a dense layout.
 * @param[out] output  The new layout. The caller releases it with aml_layout_destroy().
 * @param[in] offsets  The offsets in elements, in native order; not NULL.
 * @param[in] dims  The new extents in elements, in native order.
 * @param[in] strides  The strides in elements, in native order; not NULL.
 * @retval AML_SUCCESS  The layout is created.
 * @retval -AML_EINVAL  The size of the slice overflows.
 * @retval -AML_ENOMEM  Out of memory.
 */
int aml_layout_column_slice(const struct aml_layout_data *data, struct aml_layout **output,
			    const size_t *offsets, const size_t *dims, const size_t *strides);

/**
 * Return the address of an element: the deref operator of row-major layouts.
 *
 * @param[in] data  The data of a dense layout.
 * @param[in] coords  One coordinate per dimension, in row-major order.
 * @return The address.
 */
void *aml_layout_row_deref(const struct aml_layout_data *data, const size_t *coords);

/**
 * Return the order: the order operator of row-major layouts.
 *
 * @param[in] data  Not used.
 * @return AML_LAYOUT_ORDER_ROW_MAJOR.
 */
int aml_layout_row_order(const struct aml_layout_data *data);

/**
 * Store the extents: the dims operator of row-major layouts.
 *
 * @param[in] data  The data of a dense layout.
 * @param[out] dims  The extents in elements, in row-major order. The caller provides room for all.
 * @retval AML_SUCCESS  The extents are stored.
 */
int aml_layout_row_dims(const struct aml_layout_data *data, size_t *dims);

/**
 * Reshape a dense layout into a row-major one: the reshape operator.
 *
 * @param[in] data  The data of a dense layout.
 * @param[out] output  The new layout. The caller releases it with aml_layout_destroy().
 * @param[in] ndims  The number of new extents, 1 to AML_LAYOUT_NDIMS_MAX.
 * @param[in] dims  The new extents in elements, in row-major order. Their
 *   product is the number of elements.
 * @retval AML_SUCCESS  The layout is created.
 * @retval -AML_EINVAL  The strides do not allow these extents.
 * @retval -AML_ENOMEM  Out of memory.
 */
int aml_layout_row_reshape(const struct aml_layout_data *data, struct aml_layout **output,
			   const size_t ndims, const size_t *dims);

/**
 * Create a row-major slice: the slice operator of row-major layouts.
 *
 * @param[in] data  The data of a dense layout.
 * @param[out] output  The new layout. The caller releases it with aml_layout_destroy().
 * @param[in] offsets  The offsets in elements, in row-major order; not NULL.
 * @param[in] dims  The new extents in elements, in row-major order.
 * @param[in] strides  The strides in elements, in row-major order; not NULL.
 * @retval AML_SUCCESS  The layout is created.
 * @retval -AML_EINVAL  The size of the slice overflows.
 * @retval -AML_ENOMEM  Out of memory.
 */
int aml_layout_row_slice(const struct aml_layout_data *data, struct aml_layout **output,
			 const size_t *offsets, const size_t *dims, const size_t *strides);

/**
 * Create a row-major slice: the slice_native operator of row-major layouts.
 *
 * @param[in] data  The data of a dense layout.
 * @param[out] output  The new layout. The caller releases it with aml_layout_destroy().
 * @param[in] offsets  The offsets in elements, in native order; not NULL.
 * @param[in] dims  The new extents in elements, in native order.
 * @param[in] strides  The strides in elements, in native order; not NULL.
 * @retval AML_SUCCESS  The layout is created.
 * @retval -AML_EINVAL  The size of the slice overflows.
 * @retval -AML_ENOMEM  Out of memory.
 */
int aml_layout_row_slice_native(const struct aml_layout_data *data, struct aml_layout **output,
				const size_t *offsets, const size_t *dims, const size_t *strides);

/**
 * Return the number of dimensions: the ndims operator.
 *
 * @param[in] data  The data of a dense layout.
 * @return The number.
 */
size_t aml_layout_dense_ndims(const struct aml_layout_data *data);

/**
 * Return the size of an element: the element_size operator.
 *
 * @param[in] data  The data of a dense layout.
 * @return The size in bytes.
 */
size_t aml_layout_dense_element_size(const struct aml_layout_data *data);

/** The operators of column-major dense layouts. */
extern struct aml_layout_ops aml_layout_column_ops;
/** The operators of row-major dense layouts. */
extern struct aml_layout_ops aml_layout_row_ops;

/** @} */

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif /* AML_LAYOUT_DENSE_H */
