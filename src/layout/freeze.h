/* SPDX-License-Identifier: BSD-3-Clause */
/* Copies of layouts for posted requests. */
#ifndef LAYOUT_FREEZE_H
#define LAYOUT_FREEZE_H

#include <aml/layout.h>

#include "layout/sizes.h"

/*
 * Make a copy of a layout of this shape for use in native order that does not need the original.
 * -AML_ENOTSUP: it has neither the fast path nor duplicate, or is a pad or reshape layout over
 * such a one; -AML_EINVAL: the copy would be another layout.
 */
int layout_freeze(const struct aml_layout *layout, const struct outline *outline,
		  struct aml_layout **out);

#endif /* LAYOUT_FREEZE_H */
