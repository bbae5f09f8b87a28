/* SPDX-License-Identifier: BSD-3-Clause */
/* Steps layouts for use inside the library. */
#ifndef LAYOUT_STEPS_H
#define LAYOUT_STEPS_H

#include <stddef.h>

#include <aml/layout.h>
#include <aml/layout/steps.h>

#include "layout/sizes.h"

/*
 * Make a steps layout whose shape is `outline`, from an address and steps in native order. `order`
 * is only the user order of the new layout. Returns -AML_ENOMEM, or -AML_EINVAL as
 * aml_layout_steps_create() does.
 */
int steps_make(int order, const struct outline *outline, void *ptr, const ptrdiff_t *steps,
	       struct aml_layout **out);

/*
 * Make a steps layout whose elements are all `element`. The layout has a copy of the element in its
 * own block. The errors are those of steps_make().
 */
int steps_make_constant(const struct outline *outline, const void *element,
			struct aml_layout **out);

/* The operator `concurrent` of steps layouts: always 1. */
int steps_concurrent(const struct aml_layout_data *data);

#endif /* LAYOUT_STEPS_H */
