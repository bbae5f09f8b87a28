/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A custom layout whose elements lie at any steps, also negative ones and ones that are no multiple
 * of the element size. It has the fast path (steps_native in aml/layout.h).
 */
#ifndef STEPS_LAYOUT_H
#define STEPS_LAYOUT_H

#include <aml/layout.h>

/*
 * Create a layout. `base`: the address of element 0. `steps`: in bytes. `dims` and `steps` are in
 * native order, at most SHAPE_NDIMS of them, and are copied. Release the layout with
 * aml_layout_destroy().
 */
int steps_layout_create(struct aml_layout **layout, void *base, size_t element_size, size_t ndims,
			const size_t *dims, const ptrdiff_t *steps);

#endif /* STEPS_LAYOUT_H */
