/* SPDX-License-Identifier: BSD-3-Clause */
/* The part of the generic layout interface that only the library uses. */
#ifndef LAYOUT_LAYOUT_H
#define LAYOUT_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

#include <aml/layout.h>

/*
 * Get the number of dimensions and the extents of a layout, in user order or native order. The
 * number is 1 to NDIMS_MAX. An extent that the operator does not store is 0. Returns -AML_ENOTSUP
 * if the layout lacks an operator, -AML_EINVAL if the layout or the number is invalid, or the error
 * of the operator.
 */
int layout_checked_dims(const struct aml_layout *layout, bool native, size_t *ndims, size_t *dims);

#endif /* LAYOUT_LAYOUT_H */
