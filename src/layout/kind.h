/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What kind of layout one is, and what its kind allows to ask. All in native order. Dense layouts:
 * layout/dense.h.
 */
#ifndef LAYOUT_KIND_H
#define LAYOUT_KIND_H

#include <stddef.h>

#include <aml/layout.h>
#include <aml/layout/pad.h>
#include <aml/layout/reshape.h>

#include "layout/sizes.h"

/* The data of a pad and of a reshape layout; NULL: it is none, or no longer speaks as one. */
const struct aml_layout_pad *layout_pad(const struct aml_layout *layout);
const struct aml_layout_data_reshape *layout_reshape(const struct aml_layout *layout);

/*
 * The fast path of a layout of this shape: the address of element 0 and a byte step for each native
 * dimension. -AML_ENOTSUP if the layout has none, or inherited one that no longer speaks for it;
 * -AML_EINVAL if its elements lie nowhere or out of reach of each other.
 */
int layout_steps(const struct aml_layout *layout, const struct outline *outline, void **base,
		 ptrdiff_t *steps);

/*
 * Ask each layout within one of this shape for its own again. -AML_EINVAL if one is no longer what
 * the layout over it was made for, or what layout_shape() returns.
 */
int layout_check_targets(const struct aml_layout *layout, const struct outline *outline);

#endif /* LAYOUT_KIND_H */
