/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file
 * Reshape layouts: the elements of any layout, in native linear order, under other dimensions.
 *
 * A dense layout reshapes itself where its strides allow it; this does it for every layout. A
 * reshape layout owns its target: destroying it destroys both. It has no reshape and no slice
 * (-AML_ENOTSUP). Pads and reshape layouts may lie over each other, AML_LAYOUT_DEPTH_MAX of them.
 *
 * The target must keep its number of dimensions, its extents and its element size while a reshape
 * layout lies over it. A copy is refused with -AML_EINVAL when it is posted if the target has not;
 * deref does not ask, since asking takes longer than to deref.
 */
#ifndef AML_LAYOUT_RESHAPE_H
#define AML_LAYOUT_RESHAPE_H

#include <aml/layout.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/**
 * The data of a reshape layout, in native order; one allocation with the layout and its arrays.
 * To be read, not changed.
 */
struct aml_layout_data_reshape {
	/** The layout within; owned. */
	struct aml_layout *target;
	/** The number of dimensions. */
	size_t ndims;
	/** The number of the target's dimensions. */
	size_t target_ndims;
	/** The extents. */
	size_t *dims;
	/** The distance of neighbours in each dimension, in elements of the linear order. */
	size_t *coffsets;
	/** The extents of the target. */
	size_t *target_dims;
};

/**
 * Create a reshape layout.
 *
 * @param layout [out] The layout, to be released with aml_layout_destroy().
 * @param target [in] The layout within. On success it belongs to the new one.
 * @param order [in] The order of `dims` and of the new layout: AML_LAYOUT_ORDER_….
 * @param ndims [in] The number of dimensions, 1 to AML_LAYOUT_NDIMS_MAX.
 * @param dims [in] The extents, in `order`'s order.
 * @return AML_SUCCESS;
 *         -AML_EINVAL if an argument is NULL, `ndims` is out of range, the numbers of
 *         elements differ, the extents or what the target tells of itself overflow, or
 *         the target is the outermost of AML_LAYOUT_DEPTH_MAX pads and reshape layouts;
 *         -AML_ENOTSUP if the target lacks an operator that this takes; -AML_ENOMEM.
 */
int aml_layout_reshape_create(struct aml_layout **layout, struct aml_layout *target,
			      const int order, const size_t ndims, const size_t *dims);

/** The destroy operator of reshape layouts. NULL: nothing happens. */
void aml_layout_reshape_destroy(struct aml_layout *layout);

/** The operators of row-major reshape layouts. */
extern struct aml_layout_ops aml_layout_reshape_row_ops;
/** The operators of column-major reshape layouts. */
extern struct aml_layout_ops aml_layout_reshape_column_ops;

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif /* AML_LAYOUT_RESHAPE_H */
