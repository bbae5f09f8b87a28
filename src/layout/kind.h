/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Determine the kind of a layout, and make the queries that depend on the kind. Everything is in
 * native order. For dense layouts, see layout/dense.h.
 */
#ifndef LAYOUT_KIND_H
#define LAYOUT_KIND_H

#include <stddef.h>

#include <aml/layout.h>
#include <aml/layout/pad.h>
#include <aml/layout/reshape.h>

#include "layout/sizes.h"

/*
 * The data of a pad, and of a reshape layout. NULL if the layout is of another kind, or if a
 * program replaced some of its operators.
 */
const struct aml_layout_pad *layout_pad(const struct aml_layout *layout);
const struct aml_layout_data_reshape *layout_reshape(const struct aml_layout *layout);

/*
 * Call the fast path of a layout whose shape is `outline`. Store the address of element 0 in
 * `*base`, and the step of each native dimension in `steps`. Returns -AML_ENOTSUP if the layout has
 * no fast path, if the fast path fails, or if the fast path is the library's and a program replaced
 * other operators. Returns -AML_EINVAL if the base is NULL, or if the elements span more than
 * PTRDIFF_MAX bytes. The base and the span of an empty layout are not checked.
 */
int layout_steps(const struct aml_layout *layout, const struct outline *outline, void **base,
		 ptrdiff_t *steps);

/*
 * Check the shape of each target in a nest whose shape is `outline`. Returns -AML_EINVAL if the
 * shape of a target has changed since the layout over it was created, or an error of
 * layout_shape().
 */
int layout_check_targets(const struct aml_layout *layout, const struct outline *outline);

#endif /* LAYOUT_KIND_H */
