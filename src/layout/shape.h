/* SPDX-License-Identifier: BSD-3-Clause */
/* The shape that a layout reports, in native order. */
#ifndef LAYOUT_SHAPE_H
#define LAYOUT_SHAPE_H

#include <aml/layout.h>

#include "layout/sizes.h"

/*
 * Ask a layout for its shape. -AML_ENOTSUP if it lacks an operator that a copy uses, -AML_EINVAL if
 * the shape cannot be, or if more pads and reshape layouts lie over each other than may.
 */
int layout_shape(const struct aml_layout *layout, struct shape *shape);

/*
 * Ask a layout for its shape again. -AML_EINVAL if it is not this one, or what layout_shape()
 * returns.
 */
int layout_is(const struct aml_layout *layout, const struct outline *outline);

/* Duplicate a layout of this shape. -AML_EINVAL if the duplicate does not have it. */
int layout_duplicate_as(const struct aml_layout *layout, const struct outline *outline,
			struct aml_layout **out, void *ptr);

#endif /* LAYOUT_SHAPE_H */
