/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file
 * Dense layouts: elements at regular distances, with strides and pitches.
 *
 * In native order, with `cpitch[0]` the element size and `cpitch[i] = cpitch[i - 1] * pitch[i -
 * 1]`, element c lies at `ptr + sum(c[i] * stride[i] * cpitch[i])`. The pitch of a dimension is
 * the number of elements that memory holds along it; the stride is how many of them lie from
 * one element of the layout to the next. With every pitch 1, the strides are the distances
 * themselves, in elements, so that any map whose byte distances are multiples of the element
 * size is a dense layout.
 *
 *     // A 4 × 6 block of a row-major matrix of 100 columns:
 *     struct aml_layout *block;
 *     int err = aml_layout_dense_create(&block, &matrix[10][20],
 *                                       AML_LAYOUT_ORDER_C, sizeof(double), 2,
 *                                       (size_t[]){4, 6}, NULL,
 *                                       (size_t[]){50, 100});
 *
 * A stride of 0 repeats one element: legal where it is copied from. Reshape and slice make
 * dense layouts; a reshape is done where the strides allow one, and is -AML_EINVAL where they
 * do not.
 */
#ifndef AML_LAYOUT_DENSE_H
#define AML_LAYOUT_DENSE_H

#include <aml/layout.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/**
 * The data of a dense layout, in native order. The layout, this structure and its arrays are
 * one allocation, the arrays one after the other. To be read, not changed.
 */
struct aml_layout_dense {
	/** The address of element 0; of an empty layout, any. */
	void *ptr;
	/** The number of dimensions. */
	size_t ndims;
	/** The extents in elements. */
	size_t *dims;
	/** The distance of neighbours, in units of cpitch. */
	size_t *stride;
	/** Cumulated pitches in bytes, `ndims + 1` of them; the first is the element size. */
	size_t *cpitch;
};

/**
 * Create a dense layout.
 *
 * @param layout [out] The layout, to be released with aml_layout_destroy().
 * @param ptr [in] The address of the first element; memory stays the caller's. NULL is legal for
 * an empty layout.
 * @param order [in] The order of the three arrays, and of the layout: AML_LAYOUT_ORDER_…; only
 * this bit counts.
 * @param element_size [in] In bytes, not 0.
 * @param ndims [in] The number of dimensions, 1 to AML_LAYOUT_NDIMS_MAX.
 * @param dims [in] The extents in elements; 0 makes an empty layout.
 * @param stride [in] In elements; NULL: 1 in each dimension.
 * @param pitch [in] In elements; NULL: the same as `dims`.
 * @return AML_SUCCESS;
 *         -AML_EINVAL if `layout` or `dims` is NULL, or `ptr` where no extent is 0,
 *         `element_size` is 0, `ndims` is out of range, or a product or sum of the
 *         sizes overflows;
 *         -AML_ENOMEM.
 */
int aml_layout_dense_create(struct aml_layout **layout, void *ptr, const int order,
			    const size_t element_size, const size_t ndims, const size_t *dims,
			    const size_t *stride, const size_t *pitch);

/**
 * @name Operators
 * For tables of one's own. They do what the entries of struct aml_layout_ops say, for data of
 * type struct aml_layout_dense, and check no more than those promise.
 * @{
 */
void *aml_layout_column_deref(const struct aml_layout_data *data, const size_t *coords);
int aml_layout_column_order(const struct aml_layout_data *data);
int aml_layout_column_reshape(const struct aml_layout_data *data, struct aml_layout **output,
			      const size_t ndims, const size_t *dims);
int aml_layout_column_slice(const struct aml_layout_data *data, struct aml_layout **output,
			    const size_t *offsets, const size_t *dims, const size_t *strides);
void *aml_layout_row_deref(const struct aml_layout_data *data, const size_t *coords);
int aml_layout_row_order(const struct aml_layout_data *data);
int aml_layout_row_dims(const struct aml_layout_data *data, size_t *dims);
int aml_layout_row_reshape(const struct aml_layout_data *data, struct aml_layout **output,
			   const size_t ndims, const size_t *dims);
int aml_layout_row_slice(const struct aml_layout_data *data, struct aml_layout **output,
			 const size_t *offsets, const size_t *dims, const size_t *strides);
int aml_layout_row_slice_native(const struct aml_layout_data *data, struct aml_layout **output,
				const size_t *offsets, const size_t *dims, const size_t *strides);
size_t aml_layout_dense_ndims(const struct aml_layout_data *data);
size_t aml_layout_dense_element_size(const struct aml_layout_data *data);
/** @} */

/** The operators of column-major dense layouts. */
extern struct aml_layout_ops aml_layout_column_ops;
/** The operators of row-major dense layouts. */
extern struct aml_layout_ops aml_layout_row_ops;

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif /* AML_LAYOUT_DENSE_H */
