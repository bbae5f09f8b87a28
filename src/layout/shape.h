/* SPDX-License-Identifier: BSD-3-Clause */
/* Query the shape of a layout, in native order. */
#ifndef LAYOUT_SHAPE_H
#define LAYOUT_SHAPE_H

#include <aml/layout.h>

#include "layout/sizes.h"

/*
 * Query and check the shape of a layout. Returns -AML_ENOTSUP if the layout lacks an operator that
 * a copy uses. Returns -AML_EINVAL if the layout or its shape is invalid, or if its nest is deeper
 * than AML_LAYOUT_DEPTH_MAX. Returns the error of an operator that fails.
 */
int layout_shape(const struct aml_layout *layout, struct shape *shape);

/*
 * Check that the shape of a layout is `outline`. Returns -AML_EINVAL if it is not, or an error of
 * layout_shape().
 */
int layout_is(const struct aml_layout *layout, const struct outline *outline);

/* Duplicate a layout whose shape is `outline`. -AML_EINVAL if the duplicate has another shape. */
int layout_duplicate_as(const struct aml_layout *layout, const struct outline *outline,
			struct aml_layout **out, void *ptr);

#endif /* LAYOUT_SHAPE_H */
