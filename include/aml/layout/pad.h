/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file
 * Pad layouts: a layout seen with other extents, the outside filled with a neutral element.
 *
 * Coordinates within the target's extents are the target's elements; the others are the neutral
 * element. Where a pad is copied from, they give its value; where it is copied to, they are
 * dropped, and the neutral element is never written. An extent smaller than the target's crops
 * it.
 *
 * A pad owns its target: destroying the pad destroys both. It has no reshape and no slice
 * (-AML_ENOTSUP). Pads and reshape layouts may lie over each other, AML_LAYOUT_DEPTH_MAX of them.
 *
 * The target must keep its number of dimensions, its extents and its element size while the pad
 * lies over it. A copy is refused with -AML_EINVAL when it is posted if the target has not; deref
 * does not ask, since asking takes longer than to deref.
 */
#ifndef AML_LAYOUT_PAD_H
#define AML_LAYOUT_PAD_H

#include <aml/layout.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/**
 * The data of a pad layout, in native order; one allocation with the layout, its arrays and the
 * neutral element. To be read, not changed.
 */
struct aml_layout_pad {
	/** The order: AML_LAYOUT_ORDER_…. */
	int tags;
	/** The layout within; owned. */
	struct aml_layout *target;
	/** The number of dimensions, the target's too. */
	size_t ndims;
	/** The size of an element in bytes, the target's too. */
	size_t element_size;
	/** The extents of the pad. */
	size_t *dims;
	/** The extents of the target. */
	size_t *target_dims;
	/** A copy of the neutral element. */
	void *neutral;
};

/**
 * Create a pad layout.
 *
 * @param layout [out] The layout, to be released with aml_layout_destroy().
 * @param order [in] The order of `dims` and of the new layout: AML_LAYOUT_ORDER_….
 * @param target [in] The layout within. On success it belongs to the pad.
 * @param dims [in] As many extents as the target has, in `order`'s order.
 * @param neutral [in] An element, copied.
 * @return AML_SUCCESS;
 *         -AML_EINVAL if an argument is NULL, the extents or what the target tells
 *         of itself overflow, or the target is the outermost of AML_LAYOUT_DEPTH_MAX
 *         pads and reshape layouts;
 *         -AML_ENOTSUP if the target lacks an operator that this takes; -AML_ENOMEM.
 */
int aml_layout_pad_create(struct aml_layout **layout, const int order, struct aml_layout *target,
			  const size_t *dims, void *neutral);

/** The destroy operator of pad layouts. NULL: nothing happens. */
void aml_layout_pad_destroy(struct aml_layout *layout);

/** The operators of row-major pad layouts. */
extern struct aml_layout_ops aml_layout_pad_row_ops;
/** The operators of column-major pad layouts. */
extern struct aml_layout_ops aml_layout_pad_column_ops;

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif /* AML_LAYOUT_PAD_H */
