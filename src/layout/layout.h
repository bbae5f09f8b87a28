/* SPDX-License-Identifier: BSD-3-Clause */
/* The generic interface of layouts, in what the library itself asks of it. */
#ifndef LAYOUT_LAYOUT_H
#define LAYOUT_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

#include <aml/layout.h>

/*
 * The number of dimensions, 1 to NDIMS_MAX, and their extents, in user or native order. An extent
 * that the layout does not write is 0. -AML_ENOTSUP if the layout lacks an operator, -AML_EINVAL if
 * the number cannot be, or what the operator returns.
 */
int layout_checked_dims(const struct aml_layout *layout, bool native, size_t *ndims, size_t *dims);

#endif /* LAYOUT_LAYOUT_H */
