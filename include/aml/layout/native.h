/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file
 * Layouts in native order, the order in which the library stores: dimension 0 varies fastest,
 * whatever the layout's own order is. For code that works on any layout and has no use for the
 * user's order.
 */
#ifndef AML_LAYOUT_NATIVE_H
#define AML_LAYOUT_NATIVE_H

#include <aml/layout.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/** aml_layout_deref() with coordinates in native order. */
void *aml_layout_deref_native(const struct aml_layout *layout, const size_t *coords);

/** aml_layout_dims() with extents in native order. */
int aml_layout_dims_native(const struct aml_layout *layout, size_t *dims);

/** aml_layout_slice() with offsets, extents and strides in native order. */
int aml_layout_slice_native(const struct aml_layout *layout, struct aml_layout **output,
			    const size_t *offsets, const size_t *dims, const size_t *strides);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif /* AML_LAYOUT_NATIVE_H */
