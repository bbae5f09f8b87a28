/* SPDX-License-Identifier: BSD-3-Clause */
/* Make copies of layouts for posted requests. */
#ifndef LAYOUT_FREEZE_H
#define LAYOUT_FREEZE_H

#include <aml/layout.h>

#include "layout/sizes.h"

/*
 * Make a copy of a layout whose shape is `outline`. The copy does not need the original. Use
 * it only in native order. Returns -AML_ENOTSUP if the layout, or the innermost target of a
 * nest, has neither the fast path nor the operator duplicate. Returns -AML_ENOMEM, -AML_EINVAL if
 * the copy differs from the layout or the fast path is invalid, or the error of a layout's
 * operator.
 */
int layout_freeze(const struct aml_layout *layout, const struct outline *outline,
		  struct aml_layout **out);

#endif /* LAYOUT_FREEZE_H */
